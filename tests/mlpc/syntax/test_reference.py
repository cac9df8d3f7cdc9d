"""Every example of the language reference is parsed, and every construct of the grammar has one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mlpc.ir.verify import problems
from mlpc.syntax import tables, tree
from mlpc.syntax.lexer import MAX_DEPTH, RESERVED
from tests.loader import compiled
from tests.mlpc.syntax import trees

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "grammar" / "mlpc_grammar" / "reference.md").read_text(encoding="utf-8")
FENCES = [
    (TEXT.count("\n", 0, found.start()) + 1, found[1].strip(), found[2])
    for found in re.finditer(r"^```mlp(.*)\n((?s:.*?))^```$", TEXT, re.MULTILINE)
]


def program(kind: str, text: str) -> str:
    """Return the program that an example is a part of."""
    if kind == "statements":
        return f"mlp 1\nstep s {{\n{text}}}\n"
    if kind == "declarations":
        return f"mlp 1\n{text}"
    if kind == "values":
        return "mlp 1\n" + "".join(f"let x = {line}\n" for line in text.splitlines())
    assert kind == ""
    assert text.startswith("mlp 1\n")
    return text


@pytest.mark.parametrize(("line", "kind", "text"), FENCES, ids=lambda value: str(value).split("\n")[0][:30])
def test_examples_have_no_mistakes(line: int, kind: str, text: str) -> None:
    trees.good(program(kind, text))


def test_every_fence_is_found() -> None:
    assert len(FENCES) == TEXT.count("```mlp") >= 15
    assert TEXT.count("```") == 2 * len(FENCES)


def test_every_kind_of_node_has_an_example() -> None:
    seen = {
        type(node).__name__
        for _, kind, text in FENCES
        for _, node in trees.walk(trees.good(program(kind, text)))
    }
    nodes = {
        name
        for name, kind in vars(tree).items()
        if isinstance(kind, type) and issubclass(kind, tree.Node) and name not in ("Node", "File", "Comment")
    }
    assert nodes - seen == {"ErrorExpr", "ErrorItem"}


def test_the_reference_names_what_is_reserved() -> None:
    assert "    " + " ".join(RESERVED) + "\n" in TEXT
    assert f"nest at most {MAX_DEPTH} deep" in TEXT
    assert {"REQUIRE", "GIVEN", "EXPECT"} <= set(tables.KINDS)


WHOLE = [
    (line, text) for line, kind, text in FENCES if kind == "" and "\npipeline " in text and "each " in text
]


@pytest.mark.parametrize(("line", "text"), WHOLE, ids=lambda value: str(value).split("\n")[0][:30])
def test_whole_programs_are_fine_and_can_be_lowered(line: int, text: str) -> None:
    compilation = compiled(text)
    assert [str(item.message) for item in compilation.check()] == []
    workflow = compilation.workflow()
    assert workflow is not None
    assert problems(workflow) == []


def test_each_and_best_of_are_among_them() -> None:
    assert len(WHOLE) >= 2
    assert any("best_of(" in text for _, text in WHOLE)
