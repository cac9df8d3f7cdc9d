"""Brings data in from outside; every row is checked against the schema when it is read."""

from __future__ import annotations

import os

from . import codes, schema, tables
from .contract import Artefact, Result, StepError, Task, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any, BinaryIO

    from .contract import JsonObject

#: How many cells that do not fit are listed in the log.
LISTED = 20
#: Seconds without a byte after which a download is given up.
TIMEOUT = 60.0
#: What an answer of a web server means, if not that it has a trouble.
_ANSWERS = {
    401: codes.ACCESS_REFUSED,
    403: codes.ACCESS_REFUSED,
    404: codes.MISSING_DATA,
    410: codes.MISSING_DATA,
}


def csv(task: Task, result: Result) -> None:
    """Read a file of comma-separated values, with a header, into a dataset.

    Raises:
        StepError: the file cannot be read, its columns are not those of the schema, or rows do not fit.
    """
    source, output = task.input("path"), task.output("rows")
    reader = Reader(
        path=local(source),
        file=shown(task, source),
        separator=task.argument("separator", ","),
        encoding=task.argument("encoding", "utf-8"),
        decimal=task.argument("decimal", "."),
        missing=task.argument("missing", [""]),
    )
    table = reader.read(output.type)
    keys = schema.keys_of(output.type)
    if keys:
        _look_at_keys(table, keys, task.argument("unique_keys", False), reader, result)
    result.rows["rows"] = tables.write_arrow(output.path, table)


class Reader:
    """Reads one file; ``file`` is what messages call it."""

    def __init__(
        self,
        path: str,
        file: str,
        separator: str = ",",
        encoding: str = "utf-8",
        decimal: str = ".",
        missing: Sequence[str] = ("",),
    ) -> None:
        self.path = path
        self.file = file
        self.separator = {"\\t": "\t", "tab": "\t"}.get(separator, separator)
        self.encoding = encoding
        self.decimal = decimal
        self.missing = list(missing)
        if len(self.separator) != 1 or not self.separator.isascii():
            raise StepError(
                codes.IMPOSSIBLE_SETTING, f"a separator is one character, and {separator!r} is not"
            )

    def read(self, type: JsonObject) -> Any:
        """Return the rows as an Arrow table, columns in the order of the file.

        Raises:
            StepError: something does not fit.
        """
        import pyarrow

        texts = self._texts()
        columns = schema.match_headers(type, texts.column_names, self.file)
        schema.refuse_tensors(columns, "a file of comma-separated values")
        if not texts.num_rows:
            raise StepError(codes.TOO_FEW_ROWS, f"{self.file} has a header and no rows")
        parsed = [
            schema.parse(column, texts.column(position).combine_chunks(), self.missing, self.decimal)
            for position, column in enumerate(columns)
        ]
        self._refuse_bad(parsed)
        return pyarrow.table([item.values for item in parsed], names=[column.name for column in columns])

    def _texts(self) -> Any:
        """Return every cell as text.

        Raises:
            StepError: the file is no table.
        """
        import csv as python_csv
        import gzip
        import zlib

        import pyarrow
        from pyarrow import csv as arrow_csv

        try:
            with self._open() as stream:
                names = self._headers()
                return arrow_csv.read_csv(
                    stream,
                    read_options=arrow_csv.ReadOptions(
                        encoding=_codec(self.encoding), use_threads=False, column_names=names, skip_rows=0
                    ),
                    parse_options=arrow_csv.ParseOptions(delimiter=self.separator, newlines_in_values=True),
                    convert_options=arrow_csv.ConvertOptions(
                        column_types=dict.fromkeys(names, pyarrow.string()), strings_can_be_null=False
                    ),
                ).slice(1)
        except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
            raise unreadable(self.file, error) from None
        except LookupError:
            raise StepError(
                codes.IMPOSSIBLE_SETTING,
                f"there is no encoding {self.encoding!r}",
                'for example "utf-8", "latin-1"',
            ) from None
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise StepError(
                codes.UNREADABLE_DATA,
                f"{self.file} is packed by gzip, and damaged: {error}",
                "bring it again",
            ) from None
        except UnicodeDecodeError:
            raise self._wrong_encoding() from None
        except (pyarrow.ArrowInvalid, python_csv.Error) as error:
            raise self._no_table(str(error)) from None

    def _open(self) -> BinaryIO:
        """Open the file, unpacked where it is packed by gzip."""
        import gzip

        with open(self.path, "rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        if packed:
            return gzip.open(self.path, "rb")  # type: ignore[return-value]
        return open(self.path, "rb")

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the line on which each record begins, 1-based, and its cells; empty lines are left out."""
        import csv as python_csv
        import io

        python_csv.field_size_limit(2**31 - 1)
        with self._open() as stream:
            text = io.TextIOWrapper(stream, encoding=_codec(self.encoding, signature=True), newline="")
            reader = python_csv.reader(text, delimiter=self.separator)
            line = 1
            for record in reader:
                if record:
                    yield line, record
                line = reader.line_num + 1

    def _headers(self) -> list[str]:
        for _, record in self._records():
            return [header.strip() for header in record]
        raise StepError(codes.UNREADABLE_DATA, f"{self.file} is empty")

    def lines_of(self, rows: Sequence[int]) -> dict[int, int]:
        """Return the line on which each of some rows begins; the first row below the header is 0."""
        wanted, found = set(rows), {}
        for number, (line, _) in enumerate(self._records(), start=-1):
            if number in wanted:
                found[number] = line
                if len(found) == len(wanted):
                    break
        return found

    def _refuse_bad(self, parsed: list[schema.Parsed]) -> None:
        import heapq

        counts = [int(item.bad.sum()) for item in parsed]
        total = sum(counts)
        if not total:
            return
        cells: list[tuple[int, int]] = []
        for position, (item, count) in enumerate(zip(parsed, counts, strict=True)):
            if count:
                cells.extend((int(row), position) for row in item.bad.nonzero()[0][:LISTED])
        cells = heapq.nsmallest(LISTED, cells)
        lines = self.lines_of([row for row, _ in cells])
        said = [
            f"{self.file}, row {lines.get(row, row + 2)}, column `{parsed[position].column.header}`: "
            f"{parsed[position].reason(row)}"
            for row, position in cells
        ]
        bad_rows = 0
        if total > 1:
            every = parsed[0].bad.copy()
            for item in parsed[1:]:
                every |= item.bad
            bad_rows = int(every.sum())
            for line in said:
                say(line)
            if total > len(said):
                say(f"… and {total - len(said)} more")
        row, position = cells[0]
        first = parsed[position]
        more = ""
        if total > 1:
            others = "1 more value does" if total == 2 else f"{total - 1} more values do"
            more = f" ({others} not fit, in {bad_rows} {'row' if bad_rows == 1 else 'rows'} in all)"
        raise StepError(
            codes.ROW_DOES_NOT_FIT,
            said[0] + more,
            self._help(first, row),
            {"file": self.file, "line": lines.get(row, row + 2), "column_name": first.column.header},
        )

    def _help(self, parsed: schema.Parsed, row: int) -> list[str]:
        column = parsed.column
        text = parsed.texts[row].as_py().strip()
        name = "the columns of `...`" if column.rest else f"`{column.name}`"
        if parsed.missing[row]:
            if column.rest:
                return [f"declare `{column.name}` in the schema, with `@nullable`, or fill the gap"]
            return [f"mark the column `@nullable` in the schema, or fill the gap: {column.name}: … @nullable"]
        if text.lower() in ("na", "n/a", "nan", "null", "none", "-", "?", ""):
            listed = ", ".join(f'"{item}"' for item in dict.fromkeys([*self.missing, text]))
            return [f"if {text!r} stands for no value: missing = [{listed}], and `@nullable` on the column"]
        comma = self.decimal == "." and text.count(",") == 1 and text.replace(",", "").lstrip("+-").isdigit()
        if comma and column.dtype in ("float64", "int64"):
            return ['if the file writes decimals with a comma: decimal = ","']
        return [f"mend the file, or widen {name} in the schema"]

    def _wrong_encoding(self) -> StepError:
        line = 0
        place: JsonObject = {"file": self.file}
        try:
            with self._open() as stream:
                for content in stream:
                    line += 1
                    content.decode(_codec(self.encoding))
        except UnicodeDecodeError:
            place["line"] = line
        return StepError(
            codes.UNREADABLE_DATA,
            f"{self.file}, row {line}: not every byte is {self.encoding} text",
            'say how the file is encoded, for example: encoding = "latin-1"',
            place,
        )

    def _no_table(self, said: str) -> StepError:
        try:
            records = self._records()
            _, header = next(records)
            for line, record in records:
                if len(record) != len(header):
                    values = "1 value" if len(record) == 1 else f"{len(record)} values"
                    return StepError(
                        codes.UNREADABLE_DATA,
                        f"{self.file}, row {line}: has {values}, and the header has {len(header)}",
                        'a text that holds the separator stands in quotes: "a, b"',
                        {"file": self.file, "line": line},
                    )
        except UnicodeDecodeError:
            return self._wrong_encoding()
        except Exception:  # noqa: BLE001 - then what Arrow said is the best that there is
            pass
        if "UTF8" in said or "UTF-8" in said:
            return self._wrong_encoding()
        return StepError(codes.UNREADABLE_DATA, f"{self.file} is no table: {said}", place={"file": self.file})


def _codec(encoding: str, signature: bool = False) -> str:
    """Return Python's name of an encoding; with ``signature`` one that drops a byte-order mark.

    Raises:
        LookupError: there is no such encoding.
    """
    import codecs

    if "\0" in encoding:
        raise LookupError(encoding)
    name = codecs.lookup(encoding).name
    return "utf-8-sig" if signature and name == "utf-8" else name


def _look_at_keys(table: Any, keys: list[str], unique: bool, reader: Reader, result: Result) -> None:
    frame = table.select(keys).to_pandas()
    repeated = frame.duplicated(keep=False).to_numpy()
    count = int(repeated.sum())
    if not count:
        return
    names = " and ".join(f"`{name}`" for name in keys)
    if not unique:
        result.info(f"{count} rows share their key {names} with another row; a split keeps them together")
        return
    second = int(frame.duplicated().to_numpy().argmax())
    same = (frame == frame.iloc[second]).all(axis=1).to_numpy()
    first = int(same.argmax())
    lines = reader.lines_of([first, second])
    value = ", ".join(str(item) for item in frame.iloc[second])
    raise StepError(
        codes.DUPLICATE_KEY,
        f"{reader.file}, row {lines.get(second)}: the key {names} is {value} again, as in row {lines.get(first)}"
        f" ({count} rows share their key with another)",
        "remove the double rows, or say `unique_keys = false`",
        {"file": reader.file, "line": lines.get(second)},
    )


# Where data lies


def unreadable(file: str, error: OSError) -> StepError:
    """Say why a file of data, which messages call ``file``, cannot be opened."""
    if isinstance(error, FileNotFoundError):
        return StepError(codes.UNREADABLE_DATA, f"there is no file {file}", "a path is relative to the spec")
    if isinstance(error, IsADirectoryError):
        return StepError(codes.UNREADABLE_DATA, f"{file} is a folder")
    return StepError(codes.UNREADABLE_DATA, f"{file} may not be read by this user")


def shown(task: Task, source: Artefact) -> str:
    """Return how to call data in a message: its URL without credentials, or its path in the project."""
    return _without_credentials(source.url) if source.url else task.shown(source.path)


def local(source: Artefact) -> str:
    """Return a local path of an input; data at a URL is fetched into the temporary directory.

    Raises:
        StepError: it cannot be had.
    """
    if not source.url:
        return source.path
    scheme = source.url.partition(":")[0].lower()
    if scheme == "file":
        from urllib.parse import unquote, urlsplit

        return unquote(urlsplit(source.url).path)
    if scheme in ("http", "https"):
        return _download(source.url)
    if scheme in ("s3", "gs", "gcs", "abfs", "abfss"):
        return _from_store(source.url)
    raise StepError(
        codes.UNREACHABLE_DATA,
        f"no data can be fetched by `{scheme}`",
        "https, s3, gs, abfs and files can be read",
    )


def _temporary(url: str) -> str:
    import tempfile

    handle, path = tempfile.mkstemp(suffix=os.path.basename(url.partition("?")[0])[-40:])
    os.close(handle)
    return path


def _download(url: str) -> str:
    import shutil
    import urllib.error
    import urllib.request

    path = _temporary(url)
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer, open(path, "wb") as file:
            shutil.copyfileobj(answer, file, 1 << 20)
            expected = answer.headers.get("Content-Length")
    except urllib.error.HTTPError as error:
        code = _ANSWERS.get(error.code, codes.UNREACHABLE_DATA)
        raise StepError(
            code,
            f"{_without_credentials(url)} answers {error.code} {error.reason}",
            final=error.code == 400 or code != codes.UNREACHABLE_DATA,
        ) from None
    except (urllib.error.URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        raise StepError(
            codes.UNREACHABLE_DATA, f"{_without_credentials(url)} cannot be reached: {reason}", final=False
        ) from None
    if expected is not None and os.path.getsize(path) != int(expected):
        raise StepError(
            codes.UNREACHABLE_DATA,
            f"{_without_credentials(url)}: the connection ended too early",
            final=False,
        )
    return path


def _from_store(url: str) -> str:
    from . import stores

    path = _temporary(url)
    stores.fetch(url, path)
    return path


def _without_credentials(url: str) -> str:
    """Return a URL without user, password and query, which may hold a token."""
    from urllib.parse import urlsplit, urlunsplit

    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
