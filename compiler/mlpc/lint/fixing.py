"""Applies fixes: in passes, since they may overlap, and proves after each that the file is none the worse.

A pass takes the fixes of all findings that do not overlap. What they lead to has to parse and to check without errors;
where it does not, they are tried one by one, and one that breaks the file is refused.
"""

from __future__ import annotations

from .. import codes
from ..source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..diagnostics import Diagnostic, Fix
    from ..source import Loader

    #: Returns what there is to say about the files of a loader: errors of the check first, then findings.
    Look = Callable[[Loader], tuple[bool, list[Diagnostic]]]

#: Passes after which fixes are taken to chase each other.
_MOST = 25
_MEANT = (codes.UNKNOWN_RULE, codes.UNKNOWN_SETTING, codes.WRONG_SETTING)


class Overlay:
    """A loader with some files changed, in memory."""

    __slots__ = ("_beneath", "texts")

    def __init__(self, beneath: Loader, texts: dict[str, str]) -> None:
        self._beneath = beneath
        self.texts = texts

    def read(self, path: str) -> bytes | None:
        """Return the bytes of ``path``."""
        text = self.texts.get(path)
        return self._beneath.read(path) if text is None else text.encode()

    def names(self, folder: str) -> list[str]:
        """Return the sorted file names in ``folder``."""
        return self._beneath.names(folder)

    def what(self, path: str) -> str:
        """Return what stands at ``path`` where it is nothing that can be read."""
        return self._beneath.what(path)


class Mended:
    """What fixing came to: changed texts by path, what is left to say, and how many fixes were applied or refused."""

    __slots__ = ("applied", "left", "refused", "texts")

    def __init__(self, texts: dict[str, str], left: list[Diagnostic], applied: int, refused: int) -> None:
        self.texts = texts
        self.left = left
        self.applied = applied
        self.refused = refused


def mend(loader: Loader, look: Look, lay_out: Callable[[str, str], str], *, unsafe: bool) -> Mended:
    """Apply the fixes of what ``look`` finds until there are none left.

    ``lay_out`` gives a text of a path in the one layout; it is asked for files that had that layout before. ``unsafe`` takes
    those fixes too that may change what the program means.
    """
    texts: dict[str, str] = {}
    broken, found = look(Overlay(loader, texts))
    applied = refused = 0
    bad: set[tuple[str, str, str]] = set()
    for _ in range(_MOST):
        if broken:
            break
        wanted = [(item, fix) for item in found if (fix := _chosen(item, bad, unsafe)) is not None]
        if not wanted:
            break
        # What was meant to be allowed or switched off comes first: it may leave nothing to mend.
        meant = [(item, fix) for item, fix in wanted if item.code in _MEANT]
        wanted = meant or wanted
        taken = _apart([fix for _, fix in wanted])
        batches = [taken, *([fix] for fix in taken)] if len(taken) > 1 else [taken]
        for batch in batches:
            changed = {**texts, **_applied(batch, lay_out)}
            worse, after = look(Overlay(loader, changed))
            if not worse and changed != texts:
                texts, found = changed, after
                applied += len(batch)
                break
            if len(batch) == 1:
                item = next(item for item, fix in wanted if fix is batch[0])
                bad.add(_identity(item, batch[0]))
                refused += 1
    return Mended(texts, found, applied, refused)


def _chosen(item: Diagnostic, bad: set[tuple[str, str, str]], unsafe: bool) -> Fix | None:
    for fix in item.fixes:
        within = not any(span.source.path.startswith("std:") for span, _ in fix.edits)
        if fix.edits and within and (fix.safe or unsafe) and _identity(item, fix) not in bad:
            return fix
    return None


def _identity(item: Diagnostic, fix: Fix) -> tuple[str, str, str]:
    """Return what tells a fix from others, though the places of a text move."""
    return item.code.code, item.message, fix.message


def _apart(fixes: list[Fix]) -> list[Fix]:
    """Return the fixes that touch no place of an earlier one."""
    taken: list[Fix] = []
    used: list[Span] = []
    for fix in fixes:
        spans = [span for span, _ in fix.edits]
        if not any(_touch(span, other) for span in spans for other in used):
            taken.append(fix)
            used.extend(spans)
    return taken


def _touch(span: Span, other: Span) -> bool:
    return span.source.path == other.source.path and span.start <= other.end and other.start <= span.end


def _applied(fixes: list[Fix], lay_out: Callable[[str, str], str]) -> dict[str, str]:
    edits: dict[str, list[tuple[Span, str]]] = {}
    for fix in fixes:
        for span, text in fix.edits:
            edits.setdefault(span.source.path, []).append((span, text))
    changed: dict[str, str] = {}
    for path, own in edits.items():
        before = own[0][0].source.text
        after = before
        for span, text in sorted(own, key=lambda edit: edit[0].start, reverse=True):
            after = after[: span.start] + text + after[span.end :]
        changed[path] = lay_out(path, after) if lay_out(path, before) == before else after
    return changed
