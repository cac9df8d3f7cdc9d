"""What was read of a file: the facts of its columns, and how the file is written."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .facts import Facts


class Table:
    """A file that was read.

    ``settings`` are the attributes of `data …: csv { … }` that its way of being written asks for, beside `path` and
    `schema`; None where no component reads such files. ``whole`` says whether all of its rows were read. ``types`` gives
    the type of a column where the file itself says it. ``doubts`` are about the file as a whole.
    """

    __slots__ = ("columns", "doubts", "rows", "settings", "types", "whole")

    def __init__(
        self,
        columns: Sequence[Facts],
        rows: int,
        *,
        settings: dict[str, str] | None,
        whole: bool,
        types: dict[str, str] | None = None,
        doubts: Sequence[str] = (),
    ) -> None:
        self.columns = list(columns)
        self.rows = rows
        self.settings = settings
        self.whole = whole
        self.types = types or {}
        self.doubts = list(doubts)
