"""Ways to look at a tree in a test."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from mlpc.diagnostics import ERROR, Diagnostic
from mlpc.source import Source
from mlpc.syntax.parser import Parsed, parse
from mlpc.syntax.tree import Comment, Doc, File, Node, String


def read(text: str) -> Parsed:
    """Parse ``text``."""
    return parse(Source("main.mlp", text))


def good(text: str) -> File:
    """Parse a text that has no mistakes."""
    parsed = read(text)
    assert [str(one) for one in parsed.diagnostics] == []
    return parsed.file


def value(text: str) -> Any:
    """Return the tree of one value."""
    return good(f"mlp 1\n\nlet x = {text}\n").items[0].value  # type: ignore[union-attr]


def errors(parsed: Parsed) -> list[Diagnostic]:
    """Return the diagnostics that are errors."""
    return [one for one in parsed.diagnostics if one.severity == ERROR]


def fields(node: Node) -> list[tuple[str, Any]]:
    """Return what a node holds, by name, without its place."""
    found = []
    for kind in type(node).__mro__:
        found += [(name, getattr(node, name)) for name in getattr(kind, "__slots__", ())]
    return sorted((name, held) for name, held in found if name not in ("start", "end", "source", "comments"))


def children(node: Node) -> list[Node]:
    """Return the nodes right below ``node``, in the order of their places."""
    found: list[Node] = []
    for _, held in fields(node):
        for one in held if isinstance(held, tuple) else (held,):
            if isinstance(one, Node):
                found.append(one)
    return sorted(found, key=lambda one: (one.start, one.end))


def walk(file: File) -> Iterator[tuple[Node, Node]]:
    """Yield every node below ``file`` with its parent."""
    waiting: list[Node] = [file]
    while waiting:
        parent = waiting.pop()
        for child in children(parent):
            yield parent, child
            waiting.append(child)


def dump(node: object, *, places: bool = False) -> Any:
    """Return a tree as plain nested tuples; strings as written."""
    if isinstance(node, tuple):
        return tuple(dump(one, places=places) for one in node)
    if not isinstance(node, Node):
        return node
    head: tuple[Any, ...] = (type(node).__name__,)
    if places:
        head += (node.start, node.end)
    if isinstance(node, String):
        return (*head, node.text)
    return head + tuple(
        dump(held, places=places)
        for name, held in fields(node)
        if name not in ("doc", "one_line", "operator_start")
    )


def assert_places_are_sound(file: File) -> None:
    """Every node lies in its parent and beside its siblings."""
    size = len(file.source.text)
    for parent, child in walk(file):
        assert 0 <= child.start <= child.end <= size, (child, child.start, child.end)
        if not isinstance(child, Doc | Comment):
            assert parent.start <= child.start, (parent, child)
            assert child.end <= parent.end, (parent, child)
    for node in [file, *(child for _, child in walk(file))]:
        beside = [one for one in children(node) if not isinstance(one, Doc)]
        for left, right in pairwise(beside):
            assert left.end <= right.start, (left, right)


def say(source: Source, found: list[Diagnostic]) -> list[str]:
    """Return one line for each diagnostic: `LINE:COLUMN CODE message`."""
    lines = []
    for one in found:
        assert one.span is not None
        line, column = source.position(one.span.start)
        lines.append(f"{line}:{column} {one.code.code} {one.message}")
    return lines
