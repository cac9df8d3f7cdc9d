"""Text for people: source with what is wrong marked in it."""

from __future__ import annotations

import sys

from ..terminal import GREEN, Paint, emit, harmless, wants_colour, width_of
from .report import Finding, Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class Text(Report):
    """Draws each diagnostic, and ends with a line that counts them."""

    __slots__ = ("_colour", "_columns", "_lines")

    def __init__(self, colour: str = "auto") -> None:
        super().__init__()
        self._colour = wants_colour(sys.stdout, colour)
        self._columns = width_of(sys.stdout)
        self._lines: list[str] = []

    def write(self, finding: Finding) -> None:
        """Draw it."""
        # Most specs are right, and nothing is to be drawn.
        from ..render import render

        self._lines.append(
            render(finding.item, colour=self._colour, columns=self._columns, shown=finding.shown)
        )

    def close(self, checked: Sequence[str]) -> None:
        """Write all of it."""
        if self._lines:
            from ..render import counted

            closing = counted(self.counts, len(self.files), colour=self._colour)
        else:
            ok = Paint(self._colour)(GREEN, "ok")
            closing = f"{harmless(checked[0]) if len(checked) == 1 else f'{len(checked)} files'}: {ok}"
        self._lines.append(closing + "\n")
        emit("\n".join(self._lines))
