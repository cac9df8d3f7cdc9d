"""Brings in the rows that a query gives; every one is checked against the schema, as those of a file are.

The query runs in one transaction that is never committed, where the database can do so in one that may only read. Values
that are known when the pipeline runs are bound by the driver and never become part of the query's text.
"""

from __future__ import annotations

import datetime
import decimal
import math

from . import codes, schema, tables
from .contract import Result, StepError, Task, first_line, missing_library, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

#: Rows that are fetched and judged at a time.
BATCH = 20_000
#: How many values that do not fit are listed in the log.
LISTED = 20
#: What brings in a database that a URL names without saying by what.
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
#: What the states of SQL mean to the person who runs the pipeline; the first two characters are a class of them.
_STATES = {
    "28": codes.ACCESS_REFUSED,
    "3D": codes.MISSING_DATA,
    "42": codes.QUERY_REFUSED,
    "42501": codes.ACCESS_REFUSED,
    "42P01": codes.MISSING_DATA,
    "08": codes.UNREACHABLE_DATA,
    "53": codes.UNREACHABLE_DATA,
    "57": codes.UNREACHABLE_DATA,
    "40": codes.UNREACHABLE_DATA,
}
_NAME = "the query"


def sql(task: Task, result: Result) -> None:
    """Run ``query`` on the database at the secret ``url`` and write its rows as a dataset.

    Raises:
        StepError: the database cannot be reached or refuses the query, its columns are not those of the schema, or
            rows do not fit.
    """
    output = task.output("rows")
    query = str(task.argument("query", ""))
    params = task.argument("query_params", {})
    table = read(task.secret("url") or "", query, params, output.type)
    result.rows["rows"] = tables.write_arrow(output.path, table)


def read(url: str, query: str, params: dict[str, Any], type: dict[str, Any]) -> Any:
    """Return the rows of a query as an Arrow table whose columns stand in the order of the query.

    Raises:
        StepError: as :func:`sql`.
    """
    import pyarrow
    import sqlalchemy

    engine = connect_to(url)
    try:
        with engine.connect() as connection:
            options: dict[str, Any] = {"stream_results": True, "max_row_buffer": BATCH}
            if engine.dialect.name == "postgresql":
                options["postgresql_readonly"] = True
            connection = connection.execution_options(**options)
            found = connection.execute(sqlalchemy.text(query), params)
            if not found.returns_rows:
                raise StepError(
                    codes.QUERY_REFUSED, "the query gives no rows", "data is brought in by a `select`"
                )
            columns = schema.match_headers(type, list(found.keys()), _NAME)
            judge = _Judge(columns)
            for rows in found.partitions(BATCH):
                judge.take(rows)
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise _refused(error, query) from None
    finally:
        engine.dispose()
    judge.refuse_bad()
    if not judge.rows:
        raise StepError(
            codes.TOO_FEW_ROWS, "the query gives no row", "look at what stands behind its `where`"
        )
    return pyarrow.table(
        [pyarrow.chunked_array(judge.chunks[at]).combine_chunks() for at in range(len(columns))],
        names=[column.name for column in columns],
    )


def connect_to(url: str) -> Any:
    """Return SQLAlchemy's engine for a URL.

    Raises:
        StepError: the URL is none of a database, or its driver is not installed.
    """
    import sqlalchemy

    help = "such as `postgresql://user:password@host/database`"
    try:
        parsed = sqlalchemy.engine.make_url(url.strip())
        parsed = parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))
        return sqlalchemy.create_engine(parsed, poolclass=sqlalchemy.pool.NullPool)
    except sqlalchemy.exc.NoSuchModuleError:
        raise StepError(
            codes.IMPOSSIBLE_SETTING, f"no database is reached by `{parsed.drivername}`", help
        ) from None
    except ModuleNotFoundError as error:
        raise missing_library(error.name or parsed.drivername) from None
    except (sqlalchemy.exc.ArgumentError, ValueError):
        # What the URL says is a secret: not even a part of it is shown.
        raise StepError(codes.IMPOSSIBLE_SETTING, "the `url` is none of a database", help) from None


def _refused(error: Exception, query: str) -> StepError:
    """Return what an error of the database means."""
    import sqlalchemy

    cause = getattr(error, "orig", None)
    if not isinstance(error, sqlalchemy.exc.DBAPIError) or cause is None:
        # A parameter that the query names and nobody gives, or the other way round.
        said = str(error).splitlines()[0]
        return StepError(
            codes.QUERY_REFUSED,
            f"the query cannot be run: {said}",
            "what stands as `:name` in the query is given by `query_params = { name = … }`; a colon that is meant is `\\\\:`",
        )
    state = str(getattr(cause, "sqlstate", None) or "")
    said = first_line(cause)
    code = _STATES.get(state) or _STATES.get(state[:2])
    if code is None and isinstance(error, sqlalchemy.exc.OperationalError) and not state:
        lowered = said.lower()
        if "authentication failed" in lowered or "no password supplied" in lowered:
            code = codes.ACCESS_REFUSED
        elif "no such table" in lowered or ("database" in lowered and "does not exist" in lowered):
            code = codes.MISSING_DATA
        elif "syntax error" in lowered or "no such column" in lowered:
            code = codes.QUERY_REFUSED
        else:
            code = codes.UNREACHABLE_DATA
    code = code or codes.QUERY_REFUSED
    shown = " ".join(query.split())
    help = f"the query was: {shown[:300]}{' …' if len(shown) > 300 else ''}"
    what = {
        codes.ACCESS_REFUSED: "the database refuses access",
        codes.UNREACHABLE_DATA: "the database cannot be reached",
        codes.MISSING_DATA: "what the query reads is not there",
    }.get(code, "the database refuses the query")
    return StepError(code, f"{what}: {said}", help, final=code != codes.UNREACHABLE_DATA)


class _Judge:
    """Takes rows batch by batch, turns their values into those of the schema and remembers what does not fit."""

    def __init__(self, columns: Sequence[schema.Column]) -> None:
        schema.refuse_tensors(columns, "what a query gives")
        self.columns = columns
        self.chunks: list[list[Any]] = [[tables.empty(column.dtype)] for column in columns]
        self.rows = 0
        self.bad = 0
        self.bad_rows = 0
        #: Row (the first is 1), column and value of the first that do not fit.
        self.shown: list[tuple[int, schema.Column, Any]] = []

    def take(self, rows: Sequence[Sequence[Any]]) -> None:
        """Judge and keep a batch."""
        import numpy
        import pyarrow

        every = numpy.zeros(len(rows), bool)
        found: list[tuple[int, int]] = []
        for at, column in enumerate(self.columns):
            convert = _CONVERT[column.dtype if column.base != "date" else "date"]
            made, bad = [], numpy.zeros(len(rows), bool)
            for number, row in enumerate(rows):
                value = row[at]
                kept = None if value is None else convert(value)
                bad[number] = kept is None and not (value is None and column.nullable)
                made.append(kept)
            values = pyarrow.array(made, tables.arrow_type(column.dtype))
            bad |= schema.outside(column, values)
            self.chunks[at].append(values)
            self.bad += int(bad.sum())
            every |= bad
            found.extend((int(number), at) for number in bad.nonzero()[0][:LISTED])
        for number, at in sorted(found)[: max(0, LISTED - len(self.shown))]:
            self.shown.append((self.rows + number + 1, self.columns[at], rows[number][at]))
        self.bad_rows += int(every.sum())
        self.rows += len(rows)

    def refuse_bad(self) -> None:
        """Raise an error that tells the first value that does not fit, and how many more.

        Raises:
            StepError: there is one.
        """
        if not self.bad:
            return
        said = [
            f"{_NAME}, row {row}, column `{column.header}`: {_reason(column, value)}"
            for row, column, value in self.shown
        ]
        if self.bad > 1:
            for line in said:
                say(line)
            if self.bad > len(said):
                say(f"… and {self.bad - len(said)} more")
        row, column, value = self.shown[0]
        more = ""
        if self.bad > 1:
            others = "1 more value does" if self.bad == 2 else f"{self.bad - 1} more values do"
            more = f" ({others} not fit, in {self.bad_rows} {'row' if self.bad_rows == 1 else 'rows'} in all)"
        if value is None:
            help = f"mark the column `@nullable` in the schema, or leave such rows out: `where {column.header} is not null`"
        else:
            help = "leave such rows out in the query, convert them there, or widen the column in the schema"
        raise StepError(
            codes.ROW_DOES_NOT_FIT,
            said[0] + more,
            help,
            {"file": _NAME, "line": row, "column_name": column.header},
        )


def _reason(column: schema.Column, value: Any) -> str:
    if value is None:
        return "is null, and the column is not @nullable"
    shown = str(value)
    shown = shown if len(shown) <= 60 else shown[:59] + "…"
    return f"{shown!r} ({type(value).__name__}) is not {column.expected}"


# What a driver gives, as what a table holds; None where it is nothing of the kind


def _text(value: Any) -> Any:
    import uuid

    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, uuid.UUID) else None


def _bool(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    # Databases without truth values write 0 and 1.
    return bool(value) if isinstance(value, int) and value in (0, 1) else None


def _whole(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | decimal.Decimal):
        return None
    if not math.isfinite(value) or value != int(value):
        return None
    return int(value) if -(2**63) <= int(value) < 2**63 else None


def _float(value: Any) -> Any:
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, bool) or not isinstance(value, int | float | decimal.Decimal):
        return None
    try:
        made = float(value)
    except OverflowError:
        return None
    return made if math.isfinite(made) else None


def _time(value: Any) -> Any:
    if isinstance(value, str):
        # SQLite keeps times as texts.
        try:
            value = datetime.datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).replace(tzinfo=None) if value.tzinfo is not None else value
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day)
    return None


def _date(value: Any) -> Any:
    made = _time(value)
    return made if made is not None and made.time() == datetime.time() else None


_CONVERT: dict[str, Callable[[Any], Any]] = {
    "bool": _bool,
    "int64": _whole,
    "float64": _float,
    "string": _text,
    "timestamp": _time,
    "date": _date,
}
