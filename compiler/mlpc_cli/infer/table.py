"""What was read of a file, or of a table of a database: the facts of its columns, and how it is written."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .facts import Facts


class Table:
    """A file that was read.

    ``settings`` are the attributes of `data …: csv { … }` that its way of being written asks for, beside `path` and
    `schema`; None where no component reads such files. ``whole`` says whether all of its rows were read. ``types`` gives
    the type of a column where the file itself says it. ``doubts`` are about the file as a whole. Of a database, ``query``
    gives the rows, and ``keys`` are the columns of the primary key.
    """

    __slots__ = ("columns", "doubts", "keys", "query", "rows", "settings", "types", "whole")

    def __init__(
        self,
        columns: Sequence[Facts],
        rows: int,
        *,
        settings: dict[str, str] | None,
        whole: bool,
        types: dict[str, str] | None = None,
        doubts: Sequence[str] = (),
        query: str = "",
        keys: Sequence[str] = (),
    ) -> None:
        self.columns = list(columns)
        self.rows = rows
        self.settings = settings
        self.whole = whole
        self.types = types or {}
        self.doubts = list(doubts)
        self.query = query
        self.keys = list(keys)
