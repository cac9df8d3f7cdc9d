"""Every example of the language reference is parsed, and every construct of the grammar has one."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlpc.limits import DEPTH_OF_SYNTAX
from mlpc.syntax import tables, tree
from mlpc.syntax.lexer import RESERVED
from tests.mlpc.syntax import trees
from tools.documentation.examples import Fence, faults, fences, within

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "grammar" / "mlpc_grammar" / "reference"
PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.md"))}
TEXT = "\n".join(PAGES.values())
EXAMPLES = [
    (name, fence) for name, page in PAGES.items() for fence in fences(page) if fence.language == "mlp"
]


def program(fence: Fence) -> str:
    """Return the program that an example is a part of."""
    words = [word for word in fence.words if word != "loose"]
    if words == ["statements"]:
        return f"mlp 1\nstep s {{\n{fence.text}}}\n"
    if words == ["declarations"]:
        return f"mlp 1\n{fence.text}"
    if words == ["values"]:
        return "mlp 1\n" + "".join(f"let x = {line}\n" for line in fence.text.splitlines())
    if "in" in words:
        return within(words[words.index("in") + 1], fence.text)
    return fence.text


@pytest.mark.parametrize(("page", "fence"), EXAMPLES, ids=lambda value: str(value)[:40])
def test_an_example_is_what_the_page_says(page: str, fence: Fence) -> None:
    assert faults(fence) == []


def test_every_fence_is_found() -> None:
    assert len(EXAMPLES) == TEXT.count("```mlp") >= 15


def test_every_page_is_listed() -> None:
    for name in PAGES:
        if name != "index.md":
            assert f"]({name})" in PAGES["index.md"]
            assert f"\n{name.removesuffix('.md')}\n" in PAGES["index.md"]


def test_every_kind_of_node_has_an_example() -> None:
    seen = {
        type(node).__name__
        for _, fence in EXAMPLES
        if not set(fence.words) & {"wrong", "lint"}
        for _, node in trees.walk(trees.good(program(fence)))
    }
    nodes = {
        name
        for name, kind in vars(tree).items()
        if isinstance(kind, type) and issubclass(kind, tree.Node) and name not in ("Node", "File", "Comment")
    }
    assert nodes - seen == {"ErrorExpr", "ErrorItem"}


def test_the_reference_names_what_is_reserved() -> None:
    assert "    " + " ".join(RESERVED) + "\n" in TEXT
    assert f"nest at most {DEPTH_OF_SYNTAX} deep" in TEXT
    assert {"REQUIRE", "GIVEN", "EXPECT"} <= set(tables.KINDS)
