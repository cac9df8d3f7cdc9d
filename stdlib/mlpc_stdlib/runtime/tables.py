"""Datasets on disk: one Parquet file each, the same bytes for the same rows."""

from __future__ import annotations

import os

from . import codes, schema
from .contract import Artefact, StepError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import pandas

    from .contract import JsonObject


def read(artefact: Artefact) -> pandas.DataFrame:
    """Read a dataset.

    Columns are ``bool``, ``int64``, ``float64``, text or ``datetime64[us]``; one that may lack values is
    ``boolean`` or ``Int64`` instead of the first two, and has NaN, None or NaT in the others. A tensor is an array of
    one dimension, of ``float32`` or ``int64``, row-major: its shape stands in the schema.

    Raises:
        StepError: the file is no dataset.
    """
    import pandas

    table = read_arrow(artefact)
    nullable = {"bool": pandas.BooleanDtype(), "int64": pandas.Int64Dtype()}
    columns: dict[str, Any] = {}
    for name in table.column_names:
        values = table.column(name)
        kind = nullable.get(str(values.type))
        if kind is not None and values.null_count:
            columns[name] = values.to_pandas(types_mapper={values.type: kind}.get)
        else:
            columns[name] = values.to_pandas()
    return pandas.DataFrame(columns, columns=list(table.column_names))


def read_arrow(artefact: Artefact) -> Any:
    """Read a dataset as an Arrow table.

    Raises:
        StepError: the file is no dataset.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        return pyarrow.parquet.read_table(artefact.path, use_threads=False, memory_map=False)
    except FileNotFoundError:
        raise StepError(
            codes.UNREADABLE_DATA, f"the dataset {artefact.path} is not there", final=False
        ) from None
    except pyarrow.ArrowInvalid as error:
        raise StepError(codes.UNREADABLE_DATA, f"{artefact.path} is no Parquet file: {error}") from None


def column_type(column: schema.Column) -> Any:
    """Return the Arrow type in which a column is stored: a tensor as a list of fixed size."""
    import math

    import pyarrow

    if column.dtype == "tensor":
        number = pyarrow.int64() if column.element.get("base") == "int" else pyarrow.float32()
        # The name and nullability that a Parquet file gives back: what is written is what is read.
        return pyarrow.list_(pyarrow.field("element", number), math.prod(column.shape))
    return arrow_type(column.dtype)


def arrow_type(dtype: str) -> Any:
    """Return the Arrow type in which a column of a ``dtype`` is stored."""
    import pyarrow

    return {
        "bool": pyarrow.bool_(),
        "int64": pyarrow.int64(),
        "float64": pyarrow.float64(),
        "string": pyarrow.string(),
        "timestamp": pyarrow.timestamp("us"),
    }[dtype]


def empty(dtype: str) -> Any:
    """Return a column of a ``dtype`` that has no value yet."""
    import pyarrow

    return pyarrow.array([], arrow_type(dtype))


def write_arrow(path: str, table: Any) -> int:
    """Write an Arrow table as a dataset; return its number of rows.

    No metadata is kept: it would name versions of libraries.
    """
    import pyarrow.parquet

    temporary = f"{path}.part"
    pyarrow.parquet.write_table(
        table.replace_schema_metadata(None),
        temporary,
        compression="zstd",
        # Without Arrow's own schema a list of fixed size would come back as one of any size.
        store_schema=any(pyarrow.types.is_fixed_size_list(field.type) for field in table.schema),
        use_dictionary=[field.name for field in table.schema if str(field.type) == "string"],
    )
    with open(temporary, "rb+") as file:
        os.fsync(file.fileno())
    os.replace(temporary, path)
    return int(table.num_rows)


def write(path: str, frame: pandas.DataFrame, type: JsonObject, origin: str) -> int:
    """Write a frame as a dataset of a port type, each column as its schema says; return the number of rows.

    ``origin`` says in messages where the frame comes from. A schema that names no column at all takes any.

    Raises:
        StepError: columns are missing or too many, or a value does not fit.
    """
    import pyarrow

    names = [str(name) for name in frame.columns]
    known = schema.declared(type)
    free = not known and schema.rest_of(type) is None
    missing = [column.name for column in known if column.name not in names]
    if missing:
        raise StepError(
            codes.MISSING_COLUMN, f"{origin} has no column `{missing[0]}`, which its schema declares"
        )
    arrays = []
    columns = [None] * len(names) if free else schema.resolve(type, names, origin)
    for position, (name, column) in enumerate(zip(names, columns, strict=True)):
        series = frame.iloc[:, position]
        wanted = None if column is None else column_type(column)
        row = None if column is None else _first_altered(series, column)
        try:
            if column is not None and column.dtype == "tensor":
                values = _tensors(list(series), column, origin)
            elif row is None:
                values = pyarrow.array(series, type=wanted, from_pandas=True)
        except _refusals() as error:
            row = None if column is None else _first_refused(series, wanted)
            if row is None:
                said = f"not every value is {column.expected if column else 'of one type'}: {error}"
                raise StepError(codes.ROW_DOES_NOT_FIT, f"{origin}, column `{name}`: {said}") from None
        if row is not None and column is not None:
            said = f"{_shown(series.iloc[row])} is not {column.expected}"
            raise StepError(codes.ROW_DOES_NOT_FIT, f"{origin}: row {row}, column `{name}`: {said}")
        if column is None:
            values = values.cast(arrow_type(_plain(name, values.type, origin)))
        else:
            _judge(origin, column, values)
        arrays.append(values)
    return write_arrow(path, pyarrow.table(arrays, names=names))


def from_tensors(column: schema.Column, numbers: Any, missing: Any = None) -> Any:
    """Return tensors, ``[rows, …]``, as an Arrow array; ``missing`` says of which rows they are not there, ``[rows]``."""
    import numpy
    import pyarrow

    type = column_type(column)
    flat = numpy.ascontiguousarray(numbers).astype(type.value_type.to_pandas_dtype(), copy=False).reshape(-1)
    mask = None if missing is None or not missing.any() else pyarrow.array(missing)
    return pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(flat), type=type, mask=mask)


def _tensors(items: list[Any], column: schema.Column, origin: str) -> Any:
    """Return tensors that stand in a column of a frame, each of its shape or flat, as an Arrow array.

    Raises:
        StepError: one has another shape, or holds something else than numbers.
    """
    import math

    import numpy

    size, kinds = math.prod(column.shape), "iu" if column.element.get("base") == "int" else "biuf"
    rows = numpy.zeros((len(items), size), column_type(column).value_type.to_pandas_dtype())
    missing = numpy.zeros(len(items), bool)
    for row, item in enumerate(items):
        if item is None or (isinstance(item, float) and item != item):
            missing[row] = True
            continue
        try:
            given = numpy.asarray(item)
        except ValueError:
            given = numpy.asarray(None)
        if given.dtype.kind not in kinds or given.shape not in (column.shape, (size,)):
            said = (
                f"has the shape {list(given.shape)}"
                if given.dtype.kind in kinds
                else f"holds {given.dtype}"
                if given.dtype.kind != "O"
                else "is no array of numbers"
            )
            raise StepError(
                codes.ROW_DOES_NOT_FIT,
                f"{origin}: row {row}, column `{column.name}`: {said}, and it has to be {column.expected}",
            )
        with numpy.errstate(over="ignore"):
            rows[row] = given.reshape(-1)
    return from_tensors(column, rows, missing)


def comparable(table: Any) -> Any:
    """Return an Arrow table in which a tensor is the bytes of its numbers: a value that can be compared and sorted."""
    import pyarrow

    for position, field in enumerate(table.schema):
        if pyarrow.types.is_fixed_size_list(field.type):
            items = [None if item is None else item.tobytes() for item in table.column(position).to_pandas()]
            table = table.set_column(position, field.name, pyarrow.array(items, pyarrow.binary()))
    return table


def _plain(name: str, type: Any, origin: str) -> str:
    """Return the ``dtype`` that holds an Arrow type of a column that no schema describes."""
    from pyarrow import types

    if types.is_boolean(type):
        return "bool"
    if types.is_integer(type):
        return "int64"
    if types.is_floating(type):
        return "float64"
    if types.is_string(type) or types.is_large_string(type) or types.is_dictionary(type):
        return "string"
    if types.is_timestamp(type) or types.is_date(type):
        return "timestamp"
    raise StepError(
        codes.UNSUPPORTED_COLUMN, f"{origin}, column `{name}`: a dataset holds no values of type {type}"
    )


def _first_altered(series: pandas.Series, column: schema.Column) -> int | None:
    """Return the number of the first row whose value Arrow would make another of without a word, or None.

    Among objects it cuts the fraction off for whole numbers, and of any number but 0 it makes true.
    """
    if column.dtype == "int64" and series.dtype == object:
        for row, value in enumerate(series):
            if hasattr(value, "is_integer") and value - value == 0 and not value.is_integer():
                return row
    if column.dtype == "bool" and series.dtype.kind in "iuf":
        other = ((series != 0) & (series != 1) & series.notna()).to_numpy(dtype=bool)
        return int(other.argmax()) if other.any() else None
    return None


def _first_refused(series: pandas.Series, type: Any) -> int | None:
    """Return the number of the first row whose value Arrow does not take as ``type``, or None where it takes each."""
    import pyarrow

    low, high = 0, len(series)
    while low < high:
        middle = (low + high + 1) // 2
        try:
            pyarrow.array(series.iloc[low:middle], type=type, from_pandas=True)
            low = middle
        except _refusals():
            if middle == low + 1:
                return low
            high = middle
    return None


def _shown(value: Any) -> str:
    """Return how a value stands in a message: as a spec would have it."""
    import json

    from .conditions import text

    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, str):
        return json.dumps(plain if len(plain) <= 60 else plain[:59] + "…", ensure_ascii=False)
    if hasattr(plain, "isoformat"):
        return str(plain)
    return text(plain) if isinstance(plain, bool | int | float) else repr(plain)


def _refusals() -> tuple[type[Exception], ...]:
    """Return what Arrow raises for a value that it does not take."""
    import pyarrow

    return pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, pyarrow.ArrowNotImplementedError, OverflowError


def _judge(origin: str, column: schema.Column, values: Any) -> None:
    import numpy

    bad = schema.outside(column, values)
    empty = numpy.asarray(values.is_null(nan_is_null=True).to_numpy(zero_copy_only=False), bool)
    if not column.nullable:
        bad = bad | empty
    count = int(bad.sum())
    if not count:
        return
    row = int(bad.argmax())
    value = values[row].as_py()
    said = f"{_shown(value)} is not {column.expected}"
    if empty[row]:
        said = "is empty, and the column is not @nullable"
    elif column.dtype == "tensor":
        said = schema.first_outside(column, numpy.asarray(value))
    more = f" (and {count - 1} more)" if count > 1 else ""
    raise StepError(codes.ROW_DOES_NOT_FIT, f"{origin}: row {row}, column `{column.name}`: {said}{more}")
