"""Projects whose files multiply, go in circles or cannot be read end in a clear error, with bounded memory and time.

The command checks real files in a process that the operating system holds to what it may take.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
from pathlib import Path

import pytest

from mlpc import limits

from .command import EXECUTABLE, environment

#: Bytes and seconds of the processor that a check may take; it needs 30 MiB and a fifth of a second for a small spec.
MEMORY = 1 << 30
SECONDS = 30
OWN = """
component c: train {
  param text: string = ""
  param number: float = 1
  output model: model("own")
  run = none
}
"""


def uses(*names: str) -> str:
    return "".join(f'use "./{name}.mlp" as {name}\n' for name in names)


def spec(body: str, *used: str, beside: str = "") -> str:
    """A spec whose pipeline holds ``body``, and that uses files."""
    return f"mlp 1\n\n{uses(*used)}\npipeline p {{\n  param k: int = 1\n{body}\n}}\n{OWN}{beside}"


def library(body: str, *used: str) -> str:
    return f"mlp 1\n\n{uses(*used)}\n{body}\n"


def chain(body: str, last: str, length: int) -> dict[str, str]:
    """Files `f0` to `fN` of which each uses the next; `@` in ``body`` stands for that one."""
    files = {f"f{n}.mlp": library(body.replace("@", f"f{n + 1}"), f"f{n + 1}") for n in range(length - 1)}
    return {**files, f"f{length - 1}.mlp": library(last)}


def all_of_all(length: int) -> dict[str, str]:
    """Files of which each uses all that come before it, and puts their texts together."""
    files = {"f0.mlp": library('let x = "ab"')}
    for number in range(1, length):
        before = [f"f{n}" for n in range(number)]
        text = "".join(f"${{{name}.x}}" for name in before)
        files[f"f{number}.mlp"] = library(f'let x = "{text}"', *before)
    return files


def large(count: int, size: int) -> dict[str, str]:
    """Files with one declaration, ``size`` bytes each."""
    text = library("let x = 1")
    return {f"f{n}.mlp": text + "#" * (size - len(text)) for n in range(count)}


USE = "  train t: c {}"
TRAIN = "  train t each i in lib.many: c { number = i }"
#: Files of a project, and what is said of it: code and beginning of the message, each once.
PROJECTS: dict[str, tuple[dict[str, str], list[tuple[str, str]]]] = {
    "each over a list from a file": (
        {"main.mlp": spec(TRAIN, "lib"), "lib.mlp": library(f"let many = [{'1, ' * 100_000}1]")},
        [("MLP141", "this list has 100001 elements, and a block has 1000 instances at most")],
    ),
    "each over a range from a file": (
        {"main.mlp": spec(TRAIN, "lib"), "lib.mlp": library("let many = 1..1000000000")},
        [("MLP141", "this list has 1000000000 elements, and a block has 1000 instances at most")],
    ),
    "each over what a chain of files hands on": (
        {
            "main.mlp": spec(TRAIN.replace("lib.many", "f0.x"), "f0"),
            **chain("let x = @.x", "let x = 1..1000000", 90),
        },
        [("MLP141", "this list has 1000000 elements, and a block has 1000 instances at most")],
    ),
    "each of a file under many environments": (
        {
            "main.mlp": spec(USE, "lib", beside="\n".join(f"env e{n} {{\n{TRAIN}\n}}\n" for n in range(100))),
            "lib.mlp": library("let many = 1..900"),
        },
        [("MLP145", "a pipeline has 50,000 blocks and instances at most, under all its environments")],
    ),
    "a text that doubles from file to file": (
        {
            "main.mlp": spec("  train t: c { text = f0.x }", "f0"),
            **chain('let x = "${@.x}${@.x}"', 'let x = "ab"', 90),
        },
        [("MLP145", "this value comes to more than 1,000,000 characters and elements")],
    ),
    "a text of all files before": (
        {"main.mlp": spec("  train t: c { text = f40.x }", "f40"), **all_of_all(41)},
        [
            ("MLP145", "this value comes to more than 1,000,000 characters and elements"),
            ("MLP145", "all values of this pipeline together come to more than 20,000,000"),
        ],
    ),
    "more files than a spec uses": (
        {"main.mlp": spec(USE, *(f"f{n}" for n in range(1200))), **large(1200, 20)},
        [("MLP145", "a spec uses 1,000 files at most, those that these use among them")],
    ),
    "files of files": (
        {
            "main.mlp": spec(USE, *(f"f{n}" for n in range(40))),
            **{f"f{n}.mlp": library("", *(f"g{n}_{k}" for k in range(40))) for n in range(40)},
            **{f"g{n}_{k}.mlp": library("") for n in range(40) for k in range(40)},
        },
        [("MLP145", "a spec uses 1,000 files at most, those that these use among them")],
    ),
    "larger files than a spec uses": (
        {"main.mlp": spec(USE, *(f"f{n}" for n in range(8))), **large(8, 2 << 20)},
        [("MLP145", "a spec uses 8 MiB of files at most, those that these use among them")],
    ),
    "one file that is too large": (
        {"main.mlp": spec(USE, "lib"), "lib.mlp": "#" * (limits.FILE_BYTES + 1)},
        [("MLP111", "`lib.mlp` is a file of more than 8,388,608 bytes")],
    ),
    "a chain that is too long": (
        {"main.mlp": spec("  train t: c { number = f0.x }", "f0"), **chain("let x = @.x", "let x = 1", 500)},
        [("MLP019", "more than 100 files use each other one through the other")],
    ),
    "a circle of files behind what an environment changes": (
        {
            "main.mlp": spec(
                USE, "a", beside="env prod {\n  param k = a.x\n  train more: c { number = a.x }\n}\n"
            ),
            "a.mlp": library("let x = b.y", "b"),
            "b.mlp": library("let y = a.x", "a"),
        },
        [("MLP113", "files use each other in a circle: `a.mlp` uses `b.mlp` uses `a.mlp`")],
    ),
    "a circle through the spec with its environments": (
        {
            "main.mlp": spec(USE, "a", beside="env prod { param k = a.x }\n"),
            "a.mlp": 'mlp 1\n\nuse "./main.mlp" as whole\n\nlet x = 1\n',
        },
        [("MLP113", "files use each other in a circle: `main.mlp` uses `a.mlp` uses `main.mlp`")],
    ),
}


def checked(folder: Path, files: dict[str, str]) -> list[tuple[str, str]]:
    """Write a project and check it, held to memory and time; return codes and messages of its errors."""
    for path, text in files.items():
        (folder / path).write_text(text, encoding="utf-8")
    return said(folder, (str(EXECUTABLE),))


def said(folder: Path, command: tuple[str, ...]) -> list[tuple[str, str]]:
    def held() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))

    done = subprocess.run(
        [*command, "check", "--no-cache", "--error-format", "json", "main.mlp"],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=held,
    )
    assert done.returncode in (0, 1), (done.returncode, done.stderr[-2000:])
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return [(item["code"], item["message"]) for item in found if item.get("severity") == "error"]


@pytest.mark.parametrize("name", PROJECTS)
def test_a_project_made_to_exhaust_the_compiler(name: str, tmp_path: Path) -> None:
    files, expected = PROJECTS[name]
    found = checked(tmp_path, files)
    assert len(found) == len(expected), found
    for (code, message), (wanted, begin) in zip(sorted(found), sorted(expected), strict=True):
        assert code == wanted
        assert message.startswith(begin)


def test_a_list_of_one_number_takes_most_memory(tmp_path: Path, full: bool) -> None:
    """Nothing that can be written is larger for its length, once read; in the full run it fills what may be read."""
    size = limits.BYTES // (1 if full else 8)
    line = "let x{} = [" + "1," * 2000 + "1]\n"
    count = size // len(line) - 2
    files = {"main.mlp": spec(USE, "lib"), "lib.mlp": "mlp 1\n\n" + "".join(map(line.format, range(count)))}
    assert checked(tmp_path, files) == []


def test_thousands_of_files_that_are_not_there_among_thousands_that_are(tmp_path: Path) -> None:
    """What each was meant to be is looked for among the first hundreds only."""
    for number in range(3000):
        (tmp_path / f"there{number}.mlp").touch()
    found = checked(tmp_path, {"main.mlp": spec(USE, *(f"gone{n}" for n in range(3000)))})
    assert len(found) == 3000
    assert {code for code, _ in found} == {"MLP111"}


#: Root may read everything; without these rights it may read what its own bits say.
_AS_OTHERS = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


def test_what_may_not_be_read_is_called_that(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir()
    for path in ("kept.mlp", "closed/inner.mlp", "steps.py"):
        (tmp_path / path).write_text("mlp 1\n", encoding="utf-8")
    (tmp_path / "main.mlp").write_text(
        'mlp 1\n\nuse "./kept.mlp" as kept\nuse "./closed/inner.mlp" as inner\n\n'
        'component c: train {\n  output model: model("own")\n  run = python("steps.py:fit")\n}\n',
        encoding="utf-8",
    )
    for path in ("kept.mlp", "closed", "steps.py"):
        (tmp_path / path).chmod(0)
    try:
        command = (*(_AS_OTHERS if os.getuid() == 0 else ()), str(EXECUTABLE))
        assert said(tmp_path, command) == [
            ("MLP111", "`kept.mlp` is a file that may not be read"),
            ("MLP111", "`closed/inner.mlp` is in a folder that may not be looked into"),
            ("MLP125", "`steps.py` is a file that may not be read"),
        ]
    finally:
        (tmp_path / "closed").chmod(0o700)
