"""Reads a file of separated values as the step `csv` of the standard library would."""

from __future__ import annotations

import csv
import gzip
import io
import os
import zlib

from mlpc import codes

from ..errors import CommandError, UsageError, reason
from .facts import Facts
from .table import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

#: Signs that separate values, the likeliest first.
_SEPARATORS = (",", ";", "\t", "|")
_TRIED = 64 * 1024
#: Rows between two looks at how far it got.
_STEP = 5000


def read(
    path: str,
    *,
    separator: str = "",
    encoding: str = "",
    rows: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Table:
    """Read the file: all of it, or at most so many ``rows``, in memory that does not grow with it.

    ``progress`` is told which share of the file was read.

    Raises:
        CommandError: the file cannot be read, or is no table.
        UsageError: there is no such encoding.
    """
    codec = _codec(encoding)
    try:
        size = os.stat(path).st_size
        with open(path, "rb") as raw:
            return _Reader(path, raw, codec, size, progress).table(separator, encoding, rows)
    except OSError as error:
        raise CommandError(
            codes.NO_SUCH_FILE if isinstance(error, FileNotFoundError) else codes.UNREADABLE_FILE,
            f"there is no file `{path}`"
            if isinstance(error, FileNotFoundError)
            else f"`{path}` cannot be read: {reason(error)}",
        ) from None
    except (EOFError, zlib.error) as error:
        raise _no_table(f"`{path}` is packed by gzip, and damaged: {error}") from None
    except UnicodeError:
        tried = encoding or "UTF-8"
        raise _no_table(
            f"`{path}` is not written in {tried}",
            "say how it is written: `--encoding latin-1` or `--encoding utf-16`, for example",
        ) from None


def _codec(encoding: str) -> str:
    import codecs

    try:
        name = codecs.lookup(encoding or "utf-8").name
        "a".encode(name)
    except (LookupError, ValueError, TypeError):
        raise UsageError(
            f"there is no encoding `{encoding}`", help=["for example `utf-8`, `latin-1`, `utf-16`"]
        ) from None
    return "utf-8-sig" if name == "utf-8" else name


class _Reader:
    def __init__(
        self, path: str, raw: BinaryIO, codec: str, size: int, progress: Callable[[float], None] | None
    ) -> None:
        self.path = path
        self.raw = raw
        self.codec = codec
        self.size = size
        self.progress = progress

    def table(self, separator: str, encoding: str, most: int) -> Table:
        packed = self.raw.read(2) == b"\x1f\x8b"
        self.raw.seek(0)
        stream = gzip.GzipFile(fileobj=self.raw) if packed else self.raw
        text = io.TextIOWrapper(stream, encoding=self.codec, newline="")
        start = text.read(_TRIED)
        chosen = separator or _separator(start)
        records = csv.reader(_lines(start, text), delimiter=chosen, strict=True)
        csv.field_size_limit(2**31 - 1)
        try:
            header = next((record for record in records if record), None)
            if header is None:
                raise _no_table(f"`{self.path}` is empty")
            columns = [Facts(name.strip()) for name in header]
            self._named(columns)
            number, whole = self._rows(records, columns, most)
        except csv.Error as error:
            if "end of data" in str(error):
                raise _no_table(
                    f"`{self.path}`: a text begins with a quote and has no end, up to row {records.line_num}",
                    'a quote inside a text is written twice, and the text stands in quotes: "2"" pipe"',
                ) from None
            raise _no_table(f"`{self.path}`, row {records.line_num}: {error}") from None
        if not number:
            raise _no_table(f"`{self.path}` has a header and no rows")
        settings = {}
        if chosen != ",":
            settings["separator"] = "tab" if chosen == "\t" else chosen
        if encoding and self.codec != "utf-8-sig":
            settings["encoding"] = encoding
        doubts = []
        if all(name[:1].isdigit() for name in header):
            doubts.append("the first row looks like values: a file needs a header, which names its columns")
        if len(columns) == 1 and any(mark in header[0] for mark in _SEPARATORS):
            doubts.append("there is one column, whose name holds a separator: see `--separator`")
        return Table(columns, number, settings=settings, whole=whole, doubts=doubts)

    def _named(self, columns: list[Facts]) -> None:
        seen: set[str] = set()
        for at, column in enumerate(columns, 1):
            if not column.header:
                raise _no_table(
                    f"column {at} of `{self.path}` has no name",
                    "give it one; pandas writes such a column unless it is told `index=False`",
                )
            if column.header in seen:
                raise _no_table(
                    f"two columns of `{self.path}` are called `{column.header}`", "rename one in the file"
                )
            seen.add(column.header)

    def _rows(self, records: Iterator[list[str]], columns: list[Facts], most: int) -> tuple[int, bool]:
        number = 0
        adders = [column.add for column in columns]
        wide = len(adders)
        for record in records:
            if not record:
                continue
            if len(record) != wide:
                line = getattr(records, "line_num", 0)
                held = "1 value" if len(record) == 1 else f"{len(record)} values"
                raise _no_table(
                    f"`{self.path}`, row {line}: has {held}, and the header has {wide}",
                    'a text that holds the separator stands in quotes: "a, b"',
                )
            for add, cell in zip(adders, record, strict=True):
                add(cell)
            number += 1
            if number == most:
                return number, next(records, None) is None
            if number % _STEP == 0 and self.progress is not None and self.size:
                self.progress(min(self.raw.tell() / self.size, 1.0))
        return number, True


def _lines(start: str, rest: io.TextIOWrapper) -> Iterator[str]:
    """Yield the lines of ``start`` and what follows it, line ends included."""
    first = io.StringIO(start, newline="").readlines()
    last = first.pop() if first else ""
    yield from first
    if not last.endswith("\n"):
        more = rest.readline()
        if last.endswith("\r") and more != "\n":
            yield last
            last = ""
        last += more
    if last:
        yield last
    yield from rest


def _separator(start: str) -> str:
    """Return what separates values: the sign that divides the first rows alike, into the most parts."""
    best, found = 0, ","
    for mark in _SEPARATORS:
        widths = []
        try:
            for record in csv.reader(io.StringIO(start, newline=""), delimiter=mark):
                if record:
                    widths.append(len(record))
                if len(widths) > 20:
                    break
        except csv.Error:
            continue
        # The last row may be cut off.
        if len(widths) > 2 and len(start) >= _TRIED:
            widths.pop()
        if widths and len(set(widths)) == 1 and widths[0] > max(best, 1):
            best, found = widths[0], mark
    return found


def _no_table(message: str, *help: str) -> CommandError:
    return CommandError(codes.UNREADABLE_DATA, message, help=help)
