"""Every code is shown by what brings it about: a case of the corpus, a case of the linter, or a test that expects it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from mlpc import codes

TESTS = Path(__file__).parent
NUMBER = re.compile(r"\bMLP\d{3}\b")
NAME = re.compile(r"[a-z]+(?:-[a-z]+)+(?=\Z| at )")
# Tests that go through all codes show none of them; nor do those that make up a finding to print it in some format.
OF_ALL = {"test_every_code.py", "test_explain.py", "test_codes.py", "test_render.py"}
MADE_UP = {"formats", "mutation", "benchmarks"}
ATTRIBUTES = {name: code for name, code in vars(codes).items() if isinstance(code, codes.Code)}


def in_the_corpus() -> Iterator[str]:
    """What `mlpc check` prints for the programs of the corpus, and the rules that the cases of the linter are named after."""
    for path in (TESTS / "cases").glob("*/*/check.txt"):
        yield from NUMBER.findall(path.read_text(encoding="utf-8"))
    for path in (TESTS / "mlpc" / "lint" / "cases").glob("*.mlp"):
        rule = codes.find(path.stem)
        if rule is not None:
            yield rule.code


def expected(node: ast.AST) -> Iterator[str]:
    """What a piece of a test names: codes by number, by name where that is no ordinary word, or as `codes.NAME`."""
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield from NUMBER.findall(part.value)
            name = NAME.match(part.value)
            named = codes.find(name[0]) if name else None
            if named is not None:
                yield named.code
        elif (
            isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "codes"
        ) and part.attr in ATTRIBUTES:
            yield ATTRIBUTES[part.attr].code


def in_tests() -> Iterator[str]:
    """What tests expect: in an `assert`, in `pytest.raises`, in their parameters, in the tables of a module."""
    for path in TESTS.rglob("test_*.py"):
        if path.name in OF_ALL or MADE_UP & set(path.parts):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assert):
                yield from expected(node.test)
            elif isinstance(node, ast.With):
                for item in node.items:
                    yield from expected(item.context_expr)
            elif isinstance(node, ast.FunctionDef):
                for decorator in node.decorator_list:
                    yield from expected(decorator)
            elif isinstance(node, ast.Assign | ast.AnnAssign | ast.For) and isinstance(
                table := node.iter if isinstance(node, ast.For) else node.value,
                ast.List | ast.Tuple | ast.Dict,
            ):
                yield from expected(table)


def test_every_code_is_shown() -> None:
    shown = {*in_the_corpus(), *in_tests()}
    assert [f"{code.code} {code.name}" for code in codes.ALL.values() if code.code not in shown] == []


def test_what_a_spec_alone_brings_about_stands_in_the_corpus() -> None:
    """Codes below 500 are those of `mlpc check`; the rest of them need more than a text, or one that no editor shows."""
    shown = set(in_the_corpus())
    checked = [code for code in codes.ALL.values() if code.code < "MLP500"]
    assert {code.name for code in checked if code.code not in shown} <= {
        "unreadable-text",  # no case is a file that is no text
        "no-file",
        "no-pipeline",
        "step-not-built",
        "too-many-mistakes",
    }
