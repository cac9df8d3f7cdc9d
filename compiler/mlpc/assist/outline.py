"""What a file consists of: its symbols, and what can be folded."""

from __future__ import annotations

from ..syntax import tree
from .places import children

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


class Symbol:
    """A declaration: ``kind`` is its word, ``detail`` the component; ``name_at`` and ``at`` are ranges of offsets."""

    __slots__ = ("at", "below", "detail", "kind", "name", "name_at")

    def __init__(
        self, name: str, kind: str, detail: str, at: tuple[int, int], name_at: tuple[int, int]
    ) -> None:
        self.name = name
        self.kind = kind
        self.detail = detail
        self.at = at
        self.name_at = name_at
        self.below: list[Symbol] = []


def symbols(file: tree.File) -> list[Symbol]:
    """Return the declarations of a file with what they hold, in its order."""
    return [found for item in file.items for found in _symbol(item)]


def _symbol(item: tree.Item) -> Iterator[Symbol]:
    if isinstance(item, tree.Decl):
        place: tree.Node = item.name if item.name is not None else item.kind
        name = item.kind.text
        if isinstance(item.name, tree.Name):
            name = item.name.text
        elif isinstance(item.name, tree.String):
            name = "".join(part for part in item.name.parts if isinstance(part, str)) or name
        detail = item.type.name.text if item.type is not None else ""
        made = Symbol(name, item.kind.text, detail, (item.start, item.end), (place.start, place.end))
        for inner in item.body.items if item.body is not None else ():
            if isinstance(inner, (tree.Decl, tree.Block, tree.Field)):
                made.below += _symbol(inner)
        yield made
    elif isinstance(item, tree.Block):
        yield Symbol(item.name.text, "block", "", (item.start, item.end), (item.name.start, item.name.end))
    elif isinstance(item, tree.Field) and item.name is not None:
        at = item.name
        yield Symbol(at.text, "column", item.type.name.text, (item.start, item.end), (at.start, at.end))


def folds(file: tree.File) -> list[tuple[int, int]]:
    """Return the ranges of offsets that an editor can fold: bodies, lists, maps, and text blocks, if they have several lines."""
    text = file.source.text
    found = []
    stack: list[tree.Node] = [file]
    while stack:
        node = stack.pop()
        stack.extend(children(node))
        if (
            isinstance(node, (tree.Body, tree.List, tree.Map, tree.String))
            and "\n" in text[node.start : node.end]
        ):
            found.append((node.start, node.end))
    return sorted(found)
