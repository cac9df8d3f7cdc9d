"""Finds tests by what a table calls them: ``tests/test_layout.py::test_name``, from the root of the project."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def lacking(names: list[str]) -> list[str]:
    """Return those of ``names`` that no test has."""
    return [name for name in names if name.partition("::")[2] not in _tests(name.partition("::")[0])]


@cache
def _tests(file: str) -> frozenset[str]:
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return frozenset(node.name for node in body if isinstance(node, ast.FunctionDef))
