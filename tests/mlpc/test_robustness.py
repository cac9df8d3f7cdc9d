"""Whatever stands in a file, checking it ends with diagnostics that say something, and says the same every time."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpc.compilation import Compilation

from ..fuzz.mutator import mutate, mutate_lines
from ..fuzz.seeds import FILES, PROGRAMS, ROOT, TOKEN
from ..fuzz.targets import checked, is_sound
from ..loader import STANDARD, Texts, compiled

WHOLE = [name for name in PROGRAMS if name.startswith(("examples", "tests/specs"))]


def is_handled(text: str) -> None:
    """Check that ``text`` gives sound diagnostics, or a workflow under every environment."""
    compilation = checked(text)
    if compilation is None:
        return
    for environment in ("", *compilation.environments()):
        assert compiled(text, FILES, environment).workflow() is not None


@given(st.sampled_from(sorted(PROGRAMS)), st.integers(0, 2**32), st.integers(1, 4))
def test_tokens_deleted_doubled_swapped_and_replaced(name: str, seed: int, times: int) -> None:
    choose = random.Random(seed)
    tokens = TOKEN.findall(PROGRAMS[name])
    for _ in range(times):
        mutate(tokens, choose)
    is_handled("".join(tokens))


@given(st.sampled_from(sorted(PROGRAMS)), st.integers(0, 2**32), st.integers(1, 5))
def test_lines_deleted_doubled_and_moved(name: str, seed: int, times: int) -> None:
    choose = random.Random(seed)
    lines = PROGRAMS[name].split("\n")
    for _ in range(times):
        mutate_lines(lines, choose)
    is_handled("\n".join(lines))


def test_every_value_of_the_example_replaced_by_every_kind_of_value() -> None:
    """Values of all types where one of another is wanted: each is a mistake or none, never a failure."""
    text = PROGRAMS["examples/tumor/main.mlp"]
    values = """
        7  -1  0.5  1e400  20min  512MiB  7furlongs  "text"  "${forest}"  true  none  []  [1, 2]  { a = 1 }  {}  1..3
        cells  cells.malignant  parts.train  parts  quality.auc  Cell  Cell.malignant  nothing  trees  forest[0]  forest[*]
        max(1, 2)  max()  f(x = 1)  1 + none  -true  not 1  1 / 0  1 in [1]  if true then 1 else 2  env("A")  a.b.c  (1)
    """.strip()
    places = [match.span(1) for match in re.finditer(r"(?:=|>=|<=|require) ([^\s{},]+)", text)]
    assert len(places) > 30
    choose = random.Random(7)
    for start, end in places:
        for value in choose.sample(re.split(r"\s{2,}", values), 8):
            is_handled(text[:start] + value + text[end:])


def test_every_type_of_the_library_replaced() -> None:
    """The declarations of the standard library, each spoilt in turn: what uses them is checked all the same."""

    class Spoilt(Texts):
        def __init__(self, module: str, text: str) -> None:
            super().__init__({**FILES, "main.mlp": PROGRAMS["examples/tumor/main.mlp"]})
            self.module, self.text = module, text

        def read(self, path: str) -> bytes | None:
            return self.text.encode() if path == self.module else super().read(path)

    choose = random.Random(11)
    for file in sorted(STANDARD.glob("*.mlp")):
        text = file.read_text(encoding="utf-8")
        for _ in range(12):
            tokens = TOKEN.findall(text)
            mutate(tokens, choose)
            for diagnostic in Compilation(Spoilt(f"std:{file.stem}", "".join(tokens)), "main.mlp").check():
                is_sound(diagnostic)


@pytest.mark.parametrize(
    "program", ["tests/specs/digits.mlp", "tests/specs/regions.mlp", "tests/specs/tumor.mlp"]
)
def test_the_same_is_said_whatever_the_seed_of_hashes(program: str) -> None:
    folders = [ROOT / "tests" / "cases" / "several_mistakes", ROOT / "tests" / "cases" / "own_components"]
    files = [
        str(ROOT / program),
        *(str(file) for folder in folders for file in sorted(folder.glob("*/main.mlp"))),
    ]
    seen = set()
    for seed in ("0", "1", "4242"):
        done = subprocess.run(
            [sys.executable, "-m", "mlpc_cli", "check", "--error-format", "json", *files],
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=False,
        )
        assert done.returncode == 1, done.stderr
        assert done.stdout.count(b"\n") > 20
        seen.add(done.stdout)
    assert len(seen) == 1


def test_no_mistake_is_found_in_the_reference_programs() -> None:
    for name in WHOLE:
        found = compiled(PROGRAMS[name], FILES).check()
        assert [str(each) for each in found if each.severity == "error"] == [], name


def test_one_mistake_is_mostly_one_diagnostic() -> None:
    """Every word of the example in turn, replaced by one that means nothing: little is said that only follows from it."""
    tokens = TOKEN.findall(PROGRAMS["examples/tumor/main.mlp"])
    counts = []
    for index, token in enumerate(tokens):
        if token.isidentifier():
            text = "".join([*tokens[:index], "zzz", *tokens[index + 1 :]])
            counts.append(sum(item.severity == "error" for item in compiled(text, FILES).check()))
    assert len(counts) > 140
    assert max(counts) <= 4  # a block that is called otherwise, once for each place that names it
    assert sum(count <= 1 for count in counts) >= 0.95 * len(counts)


def test_a_word_of_megabytes_is_not_said_again() -> None:
    """A message holds the beginning of what nobody reads to its end."""
    word = "x" * 1_000_000
    text = f"mlp 1\n\npipeline p {{\n  {word} = {word}\n  {word} s {{\n  }}\n}}\n"
    found = list(compiled(text).check())
    assert len(found) >= 2
    for diagnostic in found:
        is_sound(diagnostic)
        assert len(json.dumps(diagnostic.to_json())) < 2000
        assert "xxx…" in diagnostic.message


def test_a_file_that_is_not_there() -> None:
    (found,) = Compilation(Texts({"main.mlp": "mlp 1\n"}), "man.mlp").check()
    assert (found.code.code, found.message) == ("MLP004", "there is no file `man.mlp`")
    assert found.help == ("did you mean `main.mlp`?",)
