"""What is not said of a file that could not be read whole: most of it would follow from what was misread.

Where brackets or quotes do not match, nothing is certain about what belongs to what, and only that is said. Otherwise the
blocks that were read whole are checked as ever, but nothing is called missing or unknown: it may stand in what was not read.
What is nearly the name of something that was read is a mistake of its own, though, unless a whole statement was lost.
"""

from __future__ import annotations

from .. import codes
from ..diagnostics import Diagnostic
from ..syntax import tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..resolve.modules import Module
    from ..source import Span

_STRUCTURE = (
    codes.UNCLOSED_BRACKET.code,
    codes.STRAY_BRACKET.code,
    codes.UNTERMINATED_STRING.code,
    codes.NESTED_TOO_DEEP.code,
    codes.MERGE_CONFLICT.code,
)
_ABSENCE = (
    codes.UNKNOWN_KIND.code,
    codes.UNKNOWN_NAME.code,
    codes.UNKNOWN_KEY.code,
    codes.UNKNOWN_MEMBER.code,
    codes.UNKNOWN_METRIC.code,
    codes.UNKNOWN_COLUMN.code,
    codes.UNDECLARED_COLUMN.code,
    codes.UNDECLARED_SECRET.code,
    codes.MISSING_KEY.code,
    codes.MISSING_COMPONENT.code,
    codes.MISSING_LABEL.code,
    codes.NOTHING_TO_CHANGE.code,
    codes.NO_PIPELINE.code,
    codes.UNKNOWN_ENVIRONMENT.code,
)
# Of these, what has a fix is nearly the name of something that is there.
_MISSPELT = (
    codes.UNKNOWN_NAME.code,
    codes.UNKNOWN_KEY.code,
    codes.UNKNOWN_METRIC.code,
    codes.UNKNOWN_COLUMN.code,
)

# What holds things that are read each by itself.
_OF_PARTS = ("pipeline", "env", "schema")


def is_syntax(diagnostic: Diagnostic) -> bool:
    """Return whether ``diagnostic`` is an error that speaks of the text, not of what it means."""
    return diagnostic.code.code < "MLP100" and diagnostic.severity == "error"


def without_cascades(found: list[Diagnostic], module: Module) -> list[Diagnostic]:
    """Return what is worth saying of ``module`` among ``found``."""
    path = module.path
    unread = [d.span for d in found if d.span is not None and d.span.source.path == path and is_syntax(d)]
    if not unread:
        return found
    unclear = any(
        d.code.code in _STRUCTURE for d in found if d.span is not None and d.span.source.path == path
    )
    items = _items(module)
    ranges = [(item.start, item.end) for item in items]
    touched = [
        r
        for r in ranges
        if any(r[0] <= span.start <= r[1] or span.start <= r[0] < span.end for span in unread)
    ]

    def untouched(place: Span) -> bool:
        return place.source.path != path or not any(start <= place.start <= end for start, end in touched)

    lost = bool(module.lost) or any(isinstance(item, tree.ErrorItem) for item in items)
    # A mistake in the first line of a block leaves open what is declared there.
    renamed = any(
        item.start <= span.start <= (item.body.start if item.body is not None else item.end)
        for item in items
        if isinstance(item, tree.Decl)
        for span in unread
    )
    kept = []
    for diagnostic in found:
        span = diagnostic.span
        if (
            span is None
            or span.source.path != path
            or is_syntax(diagnostic)
            or diagnostic.code.code < "MLP100"
        ):
            kept.append(diagnostic)
        elif unclear or not untouched(span):
            continue
        elif diagnostic.code.code not in _ABSENCE:
            kept.append(diagnostic)
        elif diagnostic.code.code in _MISSPELT and diagnostic.fixes and not lost:
            if renamed and diagnostic.code is codes.UNKNOWN_NAME:
                continue
            if all(untouched(label.span) for label in diagnostic.labels):
                kept.append(diagnostic)
    return kept


def without_other_spellings(found: list[Diagnostic]) -> list[Diagnostic]:
    """Leave out that an environment replaces no condition, where the one it means was said to misspell its metric."""
    misspelt = [d.span for d in found if d.code is codes.UNKNOWN_METRIC and d.fixes and d.span is not None]
    if not misspelt:
        return found
    return [
        d
        for d in found
        if d.code is not codes.NOTHING_TO_CHANGE
        or not any(
            label.span.source.path == span.source.path and label.span.start <= span.start <= label.span.end
            for label in d.labels
            for span in misspelt
        )
    ]


def _items(module: Module) -> list[tree.Item]:
    """Return the smallest things that are read as a whole: blocks of pipelines, columns, and other declarations."""
    found: list[tree.Item] = []
    for item in module.file.items:
        if isinstance(item, tree.Decl) and item.kind.text in _OF_PARTS and item.body is not None:
            found.extend(item.body.items)
        else:
            found.append(item)
    return found
