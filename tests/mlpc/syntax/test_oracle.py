"""Our lexer and driver against Lark's own, over the same grammar: what is accepted, and every node and place."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given

from mlpc import codes
from tests.mlpc.syntax import oracle, trees
from tests.mlpc.syntax.corpus import PROGRAMS
from tests.mlpc.syntax.mutants import SPECS, mutants
from tests.strategies.programs import programs

ROOT = Path(__file__).resolve().parents[3]
FILES = [*SPECS, *sorted(ROOT.glob("stdlib/mlpc_stdlib/*.mlp")), *sorted(ROOT.glob("examples/*/*.mlp"))]
# What only ours looks at: what stands inside strings and numbers, and the order of statements.
BEYOND_THE_GRAMMAR = {codes.BAD_ESCAPE, codes.BAD_INTERPOLATION, codes.BAD_NUMBER, codes.MISPLACED_USE}


def assert_same(text: str) -> None:
    """Both accept ``text`` and make the same tree of it."""
    theirs = oracle.parse(text)
    assert theirs is not None, "Lark refuses it"
    file = trees.read(text)
    assert trees.errors(file) == []
    assert trees.dump(file.file, places=True) == oracle.dump(theirs, len(text))


def test_the_four_specs_are_there() -> None:
    assert [spec.name for spec in SPECS] == ["boards.mlp", "digits.mlp", "regions.mlp", "tumor.mlp"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_of_the_project(path: Path) -> None:
    assert_same(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_construct(name: str) -> None:
    assert_same(PROGRAMS[name])


@given(programs())
def test_generated_programs(text: str) -> None:
    assert_same(text)


@pytest.mark.parametrize(
    "text",
    [
        "mlp 1\nlet a = b < c < d\n",
        "mlp 1\nlet a = 1..2..3\n",
        "mlp 1\nlet a = b == not c\n",
        "mlp 1\nlet a =\n  1\n",
        "mlp 1\nlet a:\n  int\n",
        "mlp 1\npipeline p\n{\n}\n",
        "mlp 1\nlet in = 1\n",
        "mlp 1\nlet a = b.in\n",
        "mlp 1\na = 1\n",
        "mlp 1\nrequire a\n",
        "mlp 1\nlet a = f(,)\n",
        "mlp 1\nlet a = [1,,2]\n",
        "mlp 1\npipeline p { , a = 1 }\n",
        "mlp 1\npipeline p { a = 1,, b = 2 }\n",
        "mlp 1\nlet a = (1, 2)\n",
        "mlp 1\nlet a = 5(1)\n",
        'mlp 1\nlet a = "b"[0]\n',
        "mlp 1\nlet a = 1_000\n",
        "mlp 1\nlet a = 20m2\n",
        "mlp 1\nlet a = .5\n",
        "mlp 1\nlet a = 5.\n",
        "mlp 1\nlet a = 'b'\n",
        "mlp 1\nlet a = b ; let c = d\n",
        "mlp 1\nlet a = b\nelse c\n",
        "mlp 1\nstep a { b = c d = e }\n",
        "mlp 1\nstep a { require = 3 }\n",
        "mlp 1\nlet a = b +\nlet c = d\n",
        "mlp 1\nlet a = { 1 = 2 }\n",
        "mlp 1\nlet a = b. c\n",
        "mlp 1\nlet a = b // c\n",
        "mlp 1\nlet a = b % c\n",
        "mlp 1\nlet größe = 1\n",
        "mlp 1 2\n",
        "mlp 1 pipeline p {}\n",
        "mlp 1\nmlp 1\n",
    ],
)
def test_both_refuse(text: str) -> None:
    assert oracle.parse(text) is None
    assert trees.errors(trees.read(text)) != []


def test_mutants_are_accepted_or_refused_by_both(full: bool) -> None:
    chosen = mutants() if full else random.Random(7).sample(mutants(), 250)
    for mutant in chosen:
        parsed = trees.read(mutant.text)
        ours = all(one.code in BEYOND_THE_GRAMMAR for one in trees.errors(parsed))
        theirs = oracle.parse(mutant.text)
        assert ours == (theirs is not None), mutant.text
        if theirs is not None and ours:
            assert trees.dump(parsed.file, places=True) == oracle.dump(theirs, len(mutant.text))
