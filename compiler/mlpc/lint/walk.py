"""Walks trees: every node below one, every reference, every text."""

from __future__ import annotations

from ..syntax import tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def walk(node: tree.Node) -> Iterator[tree.Node]:
    """Yield ``node`` and every node below it, in the order of the text as far as that is the order of the slots."""
    stack: list[object] = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, tuple):
            stack.extend(reversed(current))
        elif isinstance(current, tree.Node):
            yield current
            stack.extend([getattr(current, slot) for slot in reversed(type(current).__slots__)])


def references(node: tree.Node) -> Iterator[tree.Ref]:
    """Yield every reference below ``node``; what a `use` names is none."""
    for item in node.items if isinstance(node, tree.File) else (node,):
        for found in walk(item):
            if isinstance(found, tree.Ref):
                yield found


def texts(node: tree.Node) -> Iterator[tuple[tree.String, str]]:
    """Yield every string below ``node`` with its text; an interpolation counts as `…`."""
    for found in walk(node):
        if isinstance(found, tree.String):
            yield found, "".join(part if isinstance(part, str) else "…" for part in found.parts)


def attributes(node: tree.Node) -> Iterator[tree.Attr]:
    """Yield every `name = value` below ``node``."""
    for found in walk(node):
        if isinstance(found, tree.Attr):
            yield found
