"""What stands at an offset: the nodes of the tree that hold it, the outermost first."""

from __future__ import annotations

from ..syntax import tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

#: Attributes of nodes that hold no node of the tree, or one that stands elsewhere.
_OUTSIDE = frozenset({"source", "comments"})


def children(node: tree.Node) -> Iterator[tree.Node]:
    """Yield the nodes right below ``node``."""
    for name in node.__slots__:
        if name in _OUTSIDE:
            continue
        value = getattr(node, name)
        if isinstance(value, tree.Node):
            yield value
        elif isinstance(value, tuple):
            for item in value:
                if isinstance(item, tree.Node):
                    yield item


def path_at(file: tree.File, offset: int) -> list[tree.Node]:
    """Return the nodes that hold ``offset``, the file first; at the end of a node it counts as inside."""
    path: list[tree.Node] = [file]
    while True:
        inside = [child for child in children(path[-1]) if child.start <= offset <= child.end]
        if not inside:
            return path
        # Of two that touch, the one that begins here: a cursor stands before what follows it.
        path.append(max(inside, key=lambda child: (child.start, -child.end)))
