"""`mlpc check`, as a person sees it: output and exit codes."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from mlpc_cli.check import read_arguments
from tests.mlpc_cli.command import mlpc

ROOT = Path(__file__).resolve().parents[2]
SNAPSHOTS = Path(__file__).with_name("snapshots")

SPEC = """\
mlp 1

pipeline demo {
  data cells: csv { path = "cells.csv", schema = Cell }

  split parts: random { data = cells, test = 20%, stratify = cells.malignant }
}

schema Cell {
  radius: float >= 0
  malignant: bool @label
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.mlp").write_text(SPEC, encoding="utf-8")
    return tmp_path


def wrong(folder: Path, **changes: str) -> None:
    """Write main.mlp with each key of ``changes`` replaced by its value."""
    text = SPEC
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "main.mlp").write_text(text, encoding="utf-8")


def same_as_snapshot(name: str, text: str) -> None:
    """Compare with the file of that name; MLPC_SNAPSHOTS=write writes it anew."""
    file = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("MLPC_SNAPSHOTS") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


# What is right


def test_a_file_without_mistakes(folder: Path) -> None:
    answer = mlpc("check", "main.mlp", cwd=folder)
    assert (answer.code, answer.out, answer.err) == (0, "main.mlp: ok\n", "")


def test_several_files(folder: Path) -> None:
    shutil.copy(folder / "main.mlp", folder / "other.mlp")
    answer = mlpc("check", "main.mlp", "other.mlp", cwd=folder)
    assert (answer.code, answer.out) == (0, "2 files: ok\n")


def test_a_folder_stands_for_the_specs_in_it(folder: Path) -> None:
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    for place in ("deep/a.mlp", "deep/er/b.mlp", ".hidden/c.mlp", "notes.txt"):
        shutil.copy(folder / "main.mlp", folder / place)
    assert mlpc("check", ".", cwd=folder).out == "3 files: ok\n"
    assert mlpc("check", cwd=folder).out == "3 files: ok\n"


def test_a_folder_is_searched_for_what_people_wrote(folder: Path) -> None:
    """The store, a virtual environment, packages of npm and what `mlpc compile` wrote hold no specs of the project."""
    for place, mark in (
        (".mlpc", "x"), ("env", "pyvenv.cfg"), ("node_modules", "x"), ("build", ".mlpc-compiled"), ("__pycache__", "x"),
    ):  # fmt: skip
        (folder / place).mkdir()
        (folder / place / mark).touch()
        (folder / place / "broken.mlp").write_text("mlp 1\n\nlet x = nope\n", encoding="utf-8")
    assert mlpc("check", ".", cwd=folder).out == "main.mlp: ok\n"
    assert "1 error in 1 file" in mlpc("check", "build", cwd=folder).out


def test_the_examples_are_clean() -> None:
    answer = mlpc("check", "examples", cwd=ROOT)
    assert (answer.code, answer.err) == (0, "")


# What is wrong


def test_mistakes_are_shown_with_places_and_help(folder: Path) -> None:
    wrong(folder, **{"cells.malignant }": "cells.malignent }", "20%": "20", "float >= 0": "flaot >= 0"})
    answer = mlpc("check", "main.mlp", cwd=folder)
    assert answer.code == 1
    same_as_snapshot("mistakes", answer.out)


def test_a_mistake_in_a_file_that_is_used(folder: Path) -> None:
    (folder / "lib").mkdir()
    (folder / "lib" / "shared.mlp").write_text("mlp 1\n\nlet limit = 20mins\n", encoding="utf-8")
    (folder / "main.mlp").write_text('mlp 1\n\nuse "./lib/shared.mlp" as shared\n', encoding="utf-8")
    answer = mlpc("check", "main.mlp", cwd=folder)
    assert answer.code == 1
    assert "--> lib/shared.mlp:3:13\n" in answer.out
    assert answer.out.endswith("\n1 error in 1 file\n")


def test_a_mistake_that_two_specs_share_is_one(folder: Path) -> None:
    (folder / "shared.mlp").write_text("mlp 1\n\nlet limit = 20mins\n", encoding="utf-8")
    for name in ("a.mlp", "b.mlp"):
        (folder / name).write_text('mlp 1\n\nuse "./shared.mlp" as shared\n', encoding="utf-8")
    answer = mlpc("check", "a.mlp", "b.mlp", "shared.mlp", cwd=folder)
    assert answer.out.endswith("\n1 error in 1 file\n")


def test_a_file_that_is_named_twice_is_checked_once(folder: Path) -> None:
    wrong(folder, **{"20%": "20"})
    answer = mlpc("check", "main.mlp", "./main.mlp", ".", str(folder / "main.mlp"), cwd=folder)
    assert answer.out.endswith("\n1 error in 1 file\n")


def test_what_a_spec_uses_is_told_once_however_it_is_reached(folder: Path) -> None:
    (folder / "deep").mkdir()
    (folder / "mlpc.toml").touch()
    (folder / "shared.mlp").write_text("mlp 1\n\nlet limit = 20mins\n", encoding="utf-8")
    (folder / "deep" / "main.mlp").write_text('mlp 1\n\nuse "../shared.mlp" as shared\n', encoding="utf-8")
    answer = mlpc("check", "deep/main.mlp", str(folder / "shared.mlp"), cwd=folder)
    assert answer.out.endswith("\n1 error in 1 file\n")


def test_paths_are_shown_as_they_are_reached_from_here(folder: Path) -> None:
    wrong(folder, **{"20%": "20"})
    (folder / "deep").mkdir()
    for given, cwd in (
        ("main.mlp", folder),
        ("../main.mlp", folder / "deep"),
        (f"{folder.name}/main.mlp", folder.parent),
    ):
        assert f"--> {given}:6:" in mlpc("check", given, cwd=cwd).out


def test_warnings_alone_are_no_failure(folder: Path) -> None:
    (folder / "main.mlp").write_text(SPEC + "\n## The end.\n", encoding="utf-8")
    answer = mlpc("check", "main.mlp", cwd=folder)
    assert answer.code == 0
    assert answer.out.endswith("\n1 warning in 1 file\n")


# For programs


def test_json_is_one_object_a_line(folder: Path) -> None:
    wrong(folder, **{"cells.malignant }": "cells.malignent }", "20%": "20"})
    answer = mlpc("check", "main.mlp", "--error-format", "json", cwd=folder)
    assert (answer.code, answer.err) == (1, "")
    first, second = (json.loads(line) for line in answer.out.splitlines())
    assert list(first) == [
        "code", "name", "severity", "message", "file", "line", "column", "end_line", "end_column", "help", "labels", "fixes",
        "fingerprint",
    ]  # fmt: skip
    assert {item["name"] for item in (first, second)} == {"out-of-range", "unknown-column"}
    column = second if second["name"] == "unknown-column" else first
    assert (column["file"], column["line"], column["column"]) == ("main.mlp", 6, 67)
    assert (column["end_line"], column["end_column"]) == (6, 76)
    (fix,) = column["fixes"]
    assert fix["edits"] == [
        {"file": "main.mlp", "line": 6, "column": 67, "end_line": 6, "end_column": 76, "text": "malignant"}
    ]


def test_json_of_a_clean_file_is_empty(folder: Path) -> None:
    answer = mlpc("check", "main.mlp", "--error-format=json", cwd=folder)
    assert (answer.code, answer.out) == (0, "")


def test_json_names_files_as_they_are_reached_from_here(folder: Path) -> None:
    wrong(folder, **{"20%": "20"})
    answer = mlpc("check", f"{folder.name}/main.mlp", "--error-format=json", cwd=folder.parent)
    assert json.loads(answer.out)["file"] == f"{folder.name}/main.mlp"


def test_a_missing_file_in_json(folder: Path) -> None:
    answer = mlpc("check", "mian.mlp", "--error-format=json", cwd=folder)
    assert answer.code == 4
    item = json.loads(answer.out)
    assert (item["name"], item["file"], item["help"]) == ("no-such-file", None, ["did you mean `main.mlp`?"])


# Files


def test_a_file_that_is_not_there(folder: Path) -> None:
    answer = mlpc("check", "mian.mlp", cwd=folder)
    assert answer.code == 4
    assert answer.out == (
        "error[MLP691] no-such-file: there is no file `mian.mlp`\n  = help: did you mean `main.mlp`?\n\n1 error\n"
    )


def test_the_other_files_are_checked_all_the_same(folder: Path) -> None:
    wrong(folder, **{"20%": "20"})
    answer = mlpc("check", "nope.mlp", "main.mlp", cwd=folder)
    assert answer.code == 4
    assert "no-such-file" in answer.out
    assert "out-of-range" in answer.out


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe.mlp")
    answer = mlpc("check", "pipe.mlp", cwd=folder)
    assert answer.code == 4
    assert "`pipe.mlp` cannot be read: not a regular file" in answer.out


def test_a_folder_without_specs(tmp_path: Path) -> None:
    answer = mlpc("check", ".", cwd=tmp_path)
    assert answer.code == 4
    assert "the folder `.` holds no `.mlp` file" in answer.out


@pytest.mark.parametrize("way", ["link", "path"])
def test_nothing_outside_the_project_is_read(folder: Path, way: str) -> None:
    project = folder / "project"
    project.mkdir()
    (folder / "secret.mlp").write_text("mlp 1\n\nlet password = hunter2\n", encoding="utf-8")
    if way == "link":
        (project / "shared.mlp").symlink_to(folder / "secret.mlp")
    target = "./shared.mlp" if way == "link" else "../secret.mlp"
    (project / "main.mlp").write_text(f'mlp 1\n\nuse "{target}" as shared\n', encoding="utf-8")
    answer = mlpc("check", "project/main.mlp", cwd=folder)
    assert answer.code == 1
    assert "hunter2" not in answer.out


def test_a_project_file_makes_the_folder_above_the_root(folder: Path) -> None:
    (folder / "specs").mkdir()
    (folder / "shared.mlp").write_text("mlp 1\n\nlet seed = 11\n", encoding="utf-8")
    (folder / "specs" / "main.mlp").write_text('mlp 1\n\nuse "../shared.mlp" as shared\n', encoding="utf-8")
    assert mlpc("check", "specs/main.mlp", cwd=folder).code == 1
    (folder / "mlpc.toml").touch()
    assert mlpc("check", "specs/main.mlp", cwd=folder).code == 0


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 100, b"\xff\xfe", b"mlp 1\n" + b"{" * 5000, bytes(range(256)) * 50]
)
def test_whatever_the_bytes_there_is_no_traceback(folder: Path, data: bytes) -> None:
    (folder / "main.mlp").write_bytes(data)
    answer = mlpc("check", "main.mlp", cwd=folder)
    assert answer.code == 1
    assert "Traceback" not in answer.out + answer.err
    assert not any(ord(character) < 32 and character != "\n" for character in answer.out)


# The quick way and the way through click say the same


@pytest.mark.parametrize(
    ("arguments", "read"),
    [
        (["a.mlp"], (["a.mlp"], "", "text", "auto", True, "")),
        (["a.mlp", "b.mlp", "--env", "ci"], (["a.mlp", "b.mlp"], "ci", "text", "auto", True, "")),
        (["--error-format=json", "--color=never", "a.mlp"], (["a.mlp"], "", "json", "never", True, "")),
        (["--help"], None),
        ([], None),
        (["a.mlp", "--env"], None),
        (["a.mlp", "--error-format", "xml"], None),
        (["--", "a.mlp"], None),
        (["a.mlp", "--unknown=1"], None),
    ],
)
def test_what_the_quick_way_reads(arguments: list[str], read: object) -> None:
    assert read_arguments(arguments) == read


def test_click_is_not_imported_for_a_plain_check(folder: Path) -> None:
    script = (
        "import sys; from mlpc_cli.__main__ import main; code = main(['check', 'main.mlp']);"
        "heavy = {'click', 'rich', 'json', 'dataclasses', 'inspect', 'pathlib', 'typing'};"
        "heavy &= set(sys.modules);"
        "print(code, sorted(heavy))"
    )
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-I", "-c", script], cwd=folder, capture_output=True, text=True, check=True
    )
    bare = subprocess.run(
        [sys.executable, "-I", "-c", "import sys; print(sorted({'typing', 'pathlib', 'inspect'} & set(sys.modules)))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == f"main.mlp: ok\n0 {bare.stdout}"


def test_both_ways_give_the_same(folder: Path) -> None:
    wrong(folder, **{"20%": "20"})
    quick = mlpc("check", "main.mlp", cwd=folder)
    slow = mlpc("check", "--", "main.mlp", cwd=folder)
    assert (quick.code, quick.out, quick.err) == (slow.code, slow.out, slow.err)


def test_an_unknown_environment(folder: Path) -> None:
    answer = mlpc("check", "main.mlp", "--env", "prod", cwd=folder)
    assert answer.code == 1
    assert "unknown-environment" in answer.out


# Colour


@pytest.mark.parametrize(
    ("arguments", "variables", "coloured"),
    [
        ([], {}, False),
        (["--color", "always"], {}, True),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "0"}, False),
    ],
)
def test_colour_when_piped(
    folder: Path, arguments: list[str], variables: dict[str, str], coloured: bool
) -> None:
    answer = mlpc("check", "main.mlp", *arguments, cwd=folder, **variables)
    assert ("\x1b[" in answer.out) is coloured


def test_a_terminal_that_knows_no_unicode(folder: Path) -> None:
    wrong(folder, **{"schema = Cell }": "schema = Cel } # für später"})
    answer = mlpc("check", "main.mlp", cwd=folder, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert answer.code == 1
    assert r"# f\xfcr sp\xe4ter" in answer.out
