"""Reads a Parquet file with pyarrow, which mlpc itself does not need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlpc import codes

from ..errors import CommandError, reason
from .facts import Facts
from .table import Table

if TYPE_CHECKING:
    from collections.abc import Callable

_BATCH = 16 * 1024


def read(path: str, *, rows: int = 0, progress: Callable[[float], None] | None = None) -> Table:
    """Read the file: all of it, or at most so many ``rows``, a batch at a time.

    Raises:
        CommandError: pyarrow is not installed, or the file cannot be read or holds what no table of mlpc holds.
    """
    try:
        import pyarrow
        import pyarrow.parquet as parquet
    except ImportError:
        raise CommandError(
            codes.MISSING_LIBRARY,
            "a Parquet file is read by pyarrow, which is not installed",
            help=["install it: `pip install 'mlpc[parquet]'`"],
        ) from None
    try:
        with parquet.ParquetFile(path) as file:
            return _table(file, path, rows, progress)
    except FileNotFoundError:
        raise CommandError(codes.NO_SUCH_FILE, f"there is no file `{path}`") from None
    except (pyarrow.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise CommandError(codes.UNREADABLE_FILE, f"`{path}` cannot be read: {reason(error)}") from None
        said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise CommandError(codes.UNREADABLE_DATA, f"`{path}` is no Parquet file: {said}") from None


def _table(file: Any, path: str, most: int, progress: Callable[[float], None] | None) -> Table:
    schema = file.schema_arrow
    types = {}
    for field in schema:
        found = _type(field.type)
        if found is None:
            raise CommandError(
                codes.UNSUPPORTED_COLUMN,
                f"column `{field.name}` of `{path}` holds {field.type}, which no table of mlpc holds",
                help=["leave it out of the file, or make columns of its parts"],
            )
        types[field.name] = found
    for name in schema.names:
        if not name.strip():
            raise CommandError(codes.UNREADABLE_DATA, f"a column of `{path}` has no name")
    if len(types) < len(schema.names):
        raise CommandError(codes.UNREADABLE_DATA, f"two columns of `{path}` have the same name")
    total = file.metadata.num_rows
    wanted = min(total, most or total)
    if not wanted:
        raise CommandError(codes.UNREADABLE_DATA, f"`{path}` has no rows")
    columns = [Facts(name) for name in schema.names]
    number = 0
    for batch in file.iter_batches(_BATCH, use_threads=False):
        batch = batch.slice(0, wanted - number)
        for column, values in zip(columns, batch.columns, strict=True):
            for value in values.to_pylist():
                column.add(_text(value))
        number += batch.num_rows
        if number >= wanted:
            break
        if progress is not None:
            progress(number / wanted)
    return Table(columns, number, settings=None, whole=number == total, types=types)


def _text(value: Any) -> str:
    """Return a value as a file of separated values would hold it."""
    if value is None or value != value:  # not a number
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value) if isinstance(value, float) else str(value)


def _type(type: Any) -> str | None:
    """Return the type of the language for an Arrow type, or None where there is none."""
    from pyarrow import types

    if types.is_dictionary(type):
        return _type(type.value_type)
    if types.is_boolean(type):
        return "bool"
    if types.is_integer(type):
        return "int"
    if types.is_floating(type) or types.is_decimal(type):
        return "float"
    if types.is_date(type):
        return "date"
    if types.is_timestamp(type):
        return "datetime"
    if types.is_string(type) or types.is_large_string(type):
        return "string"
    return None
