"""The exception with which a file that is no workflow is refused."""

from __future__ import annotations

from ..diagnostics import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class IRError(Exception):
    """A workflow that cannot be read or written; ``diagnostics`` says all that is wrong with it."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("; ".join(f"{item.code.code} {item.message}" for item in self.diagnostics))
