"""Whether two programs say the same: their trees without places and layout, and their comments in order."""

from __future__ import annotations

from ..syntax import tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

#: What tells of places and layout only. The text of a string counts by its parts, which have escapes resolved
#: and the indentation of blocks taken off.
_LAYOUT = frozenset({"start", "end", "operator_start", "one_line", "source", "comments"})
_SLOTS: dict[type, tuple[str, ...]] = {}


def nodes(root: tree.Node) -> Iterator[tree.Node]:
    """Yield ``root`` and all nodes below it, in no particular order."""
    stack: list[Any] = [root]
    while stack:
        item = stack.pop()
        if isinstance(item, tuple):
            stack.extend(item)
        elif isinstance(item, tree.Node):
            yield item
            stack.extend(getattr(item, name) for name in _slots(type(item)))


def difference(ours: tree.File, theirs: tree.File) -> tuple[int, int] | None:
    """Return where two files first say something different, as an offset in each; None where they do not."""
    stack: list[tuple[Any, Any, int, int]] = [(ours, theirs, 0, 0)]
    while stack:
        left, right, left_at, right_at = stack.pop()
        if type(left) is not type(right):
            return _start(left, left_at), _start(right, right_at)
        if isinstance(left, tree.Doc):
            left, right = (tuple(line.rstrip() for line in doc.lines) for doc in (left, right))
        if isinstance(left, tuple):
            if len(left) != len(right):
                return left_at, right_at
            stack.extend(
                (a, b, left_at, right_at) for a, b in zip(reversed(left), reversed(right), strict=True)
            )
        elif isinstance(left, tree.Node):
            for name in reversed(_slots(type(left))):
                stack.append((getattr(left, name), getattr(right, name), left.start, right.start))
        elif left != right:
            return left_at, right_at
    return _comments(ours, theirs)


def _start(item: object, otherwise: int) -> int:
    return item.start if isinstance(item, tree.Node) else otherwise


def _comments(ours: tree.File, theirs: tree.File) -> tuple[int, int] | None:
    """Compare the comments; blanks at the end of one do not count."""
    for left, right in zip(ours.comments, theirs.comments, strict=False):
        if left.doc is not right.doc or left.text.rstrip() != right.text.rstrip():
            return left.start, right.start
    if len(ours.comments) == len(theirs.comments):
        return None
    shared = min(len(ours.comments), len(theirs.comments))
    return (
        ours.comments[shared].start if len(ours.comments) > shared else ours.end,
        theirs.comments[shared].start if len(theirs.comments) > shared else theirs.end,
    )


def _slots(kind: type) -> tuple[str, ...]:
    """The attributes of a class of nodes that say something."""
    known = _SLOTS.get(kind)
    if known is None:
        left_out = _LAYOUT | {"text"} if kind is tree.String else _LAYOUT
        names = [name for base in reversed(kind.__mro__) for name in getattr(base, "__slots__", ())]
        known = _SLOTS[kind] = tuple(name for name in names if name not in left_out)
    return known
