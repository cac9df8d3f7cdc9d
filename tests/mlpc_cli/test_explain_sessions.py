"""Codes that need more than a spec to come about: the sessions on their pages say what the command says, wrong and right."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from mlpc import codes
from tests.pages import PAGE_TEXTS, session

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    path
    for folder in ("compiler", "backends", "stdlib")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path.name != "codes.py"
]
CONSTANTS = {code.name: name for name, code in vars(codes).items() if isinstance(code, codes.Code)}
# The step runtime has a list of its own, in which one code has another name.
CONSTANTS_OF_STEPS = {"repeated-key": "DUPLICATE_KEY"}
#: What is said by a file that leaves the code to those who call it.
SAID_BY = {("value-does-not-fit", "conditions.py")}
SESSIONS = sorted(name for name, text in PAGE_TEXTS.items() if session(text, "Wrong"))


def pattern(node: ast.AST) -> str:
    """Return what a text that is put together in the source looks like, as a regular expression."""
    if isinstance(node, ast.Constant):
        return re.escape(str(node.value))
    if isinstance(node, ast.JoinedStr):
        return "".join(pattern(part) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return pattern(node.left) + pattern(node.right)
    return ".*"


@cache
def written(path: Path) -> list[str]:
    """Return the texts of a file, as far as they say anything."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    found = [pattern(node) for node in nodes if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp)]
    return [each for each in found if len(each.replace(".*", "")) >= 12]


@cache
def words(path: Path) -> set[str]:
    return set(re.findall(r"\b[A-Z_]+\b", path.read_text(encoding="utf-8")))


def templates(name: str) -> Iterator[str]:
    """Yield the texts of all files that name a code."""
    constants = {CONSTANTS[name], CONSTANTS_OF_STEPS.get(name, "")}
    for path in SOURCES:
        if constants & words(path) or (name, path.name) in SAID_BY:
            yield from written(path)


@pytest.mark.parametrize("name", SESSIONS)
def test_the_wrong_session_ends_with_the_code_and_a_message_of_the_source(name: str) -> None:
    code = codes.find(name)
    assert code is not None
    wrong = session(PAGE_TEXTS[name], "Wrong")
    assert wrong[0].startswith("$ ")
    head = f"{code.severity}[{code.code}] {name}: "
    (said,) = [line.removeprefix(head) for line in wrong if line.startswith(head)]
    assert [line for line in wrong[1:] if "[MLP" in line and not line.startswith(head)] == []
    # What is wrong with a workflow is said behind the place in it.
    assert any(re.fullmatch(rf"(?:\$[\w.\[\]]*: )?{template}", said) for template in templates(name)), said


@pytest.mark.parametrize("name", SESSIONS)
def test_the_right_session_is_another_one_and_says_no_code(name: str) -> None:
    right = session(PAGE_TEXTS[name], "Right")
    assert right[0].startswith("$ ")
    assert "[MLP" not in "\n".join(right)
    assert right != session(PAGE_TEXTS[name], "Wrong")[:1]
