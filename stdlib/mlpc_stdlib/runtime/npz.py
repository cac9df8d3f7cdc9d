"""Reads arrays that lie in one file of NumPy, each a column: single values or tensors, whole arrays at a time.

A file of NumPy may hold pickled objects, which may run any code when they are read: those are never read.
"""

from __future__ import annotations

import struct

from . import codes, schema, tables
from .contract import Result, StepError, Task
from .data import local, shown, unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    import numpy

    Array = numpy.ndarray[Any, Any]
    Mask = numpy.ndarray[Any, numpy.dtype[numpy.bool_]]

#: The kinds of arrays (``numpy.dtype.kind``) that hold the values of a column, and how the first of them is called.
_KINDS = {
    "bool": ("b", "bool"),
    "int64": ("iu", "int64"),
    "float64": ("fiu", "float64"),
    "string": ("U", "str"),
    "timestamp": ("M", "datetime64"),
}
#: What NumPy and `zipfile` raise for files that are damaged or something else.
_DAMAGED = (ValueError, EOFError, SyntaxError, KeyError, NotImplementedError, RuntimeError, struct.error)


def npz(task: Task, result: Result) -> None:
    """Read a file that ``numpy.savez`` wrote into a dataset: ``[rows]`` an array, ``[rows, *shape]`` one of tensors.

    Raises:
        StepError: the file cannot be read, its arrays are not those of the schema, or values do not fit.
    """
    import pyarrow

    source, output = task.input("path"), task.output("rows")
    file = shown(task, source)
    arrays = _read(local(source), file)
    columns = schema.match_headers(output.type, list(arrays), file, "array")
    for column in columns:
        _judge_form(arrays[column.header], column, file)
    _judge_lengths({column.header: len(arrays[column.header]) for column in columns}, file)
    values = []
    for column in columns:
        array = arrays[column.header]
        missing = _missing(array, column)
        _judge_values(array, missing, column, file)
        values.append(_to_arrow(array, missing, column))
    result.rows["rows"] = tables.write_arrow(
        output.path, pyarrow.table(values, names=[column.name for column in columns])
    )


def _read(path: str, file: str) -> dict[str, Array]:
    """Return the arrays of a file by name.

    Raises:
        StepError: it cannot be read, or holds something else than arrays.
    """
    import zipfile
    import zlib

    import numpy

    try:
        opened = numpy.load(path, allow_pickle=False)
        if isinstance(opened, numpy.ndarray):
            raise StepError(
                codes.UNREADABLE_DATA,
                f"{file} holds one array without a name",
                "write each column under its name: numpy.savez(file, pixels=…, digit=…)",
                {"file": file},
            )
        with opened as found:
            arrays = {}
            for name in found.files:
                try:
                    arrays[name] = found[name]
                except ValueError as error:
                    if "pickle" not in str(error):
                        raise
                    _refuse(
                        file,
                        name,
                        "holds objects of Python, which may run any code when they are read",
                        "write it as an array of numbers or texts: its `dtype` may not be `object`",
                        codes.UNREADABLE_DATA,
                    )
                if not isinstance(arrays[name], numpy.ndarray):
                    _refuse(file, name, "is no array", "numpy.savez writes one", codes.UNREADABLE_DATA)
            return arrays
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise unreadable(file, error) from None
    except (*_DAMAGED, zipfile.BadZipFile, zlib.error) as error:
        pickled = "pickle" in str(error)
        raise StepError(
            codes.UNREADABLE_DATA,
            f"{file} is no file of arrays of NumPy" + ("" if pickled else f": {error}"),
            "such a file is written by numpy.savez or numpy.savez_compressed",
            {"file": file},
        ) from None


def _judge_form(array: Array, column: schema.Column, file: str) -> None:
    """Compare type and shape of an array with its column.

    Raises:
        StepError: they do not fit.
    """
    numbers = column.dtype == "tensor"
    dtype = schema.DTYPES[column.element["base"]] if numbers else column.dtype
    kinds, name = _KINDS[dtype]
    if array.dtype.kind not in kinds + ("b" if numbers and dtype == "float64" else ""):
        said = {"S": "bytes", "U": "texts"}.get(array.dtype.kind, str(array.dtype))
        helps = f"write it as {name}: {column.header}.astype({name!r})"
        if array.dtype.kind == "f" and dtype == "int64":
            helps = f"write it as whole numbers: {column.header}.astype('int64'); or declare it as `float`"
        elif dtype == "timestamp":
            helps = f"write it as times: {column.header}.astype('datetime64[us]')"
        _refuse(file, column.header, f"is an array of {said}, and the schema says {column.expected}", helps)
    wanted = column.shape
    if array.ndim and array.shape[1:] == wanted:
        return
    rows = array.shape[0] if array.ndim else 1
    shape = (rows, *wanted)
    helps = f"a row has to have the shape {list(wanted)}; declare the shape that the array has, or write other rows"
    if array.size == _product(shape):
        helps = f"write it in that shape: {column.header}.reshape({', '.join(map(str, (-1, *wanted)))})"
    _refuse(
        file,
        column.header,
        f"has the shape {_shape(array.shape)}, and the schema asks for {_shape(shape)}: {column.expected} for each row",
        helps,
    )


def _product(sizes: tuple[int, ...]) -> int:
    import math

    return math.prod(sizes)


def _shape(sizes: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, sizes))}]"


def _judge_lengths(lengths: dict[str, int], file: str) -> None:
    first, *others = lengths
    for name in others:
        if lengths[name] != lengths[first]:
            _refuse(
                file,
                name,
                f"has {lengths[name]} rows, and `{first}` has {lengths[first]}",
                "every array has one entry for each row",
            )
    if not lengths[first]:
        raise StepError(codes.TOO_FEW_ROWS, f"{file} has arrays and no rows")


def _missing(array: Array, column: schema.Column) -> Mask:
    """Return where a single value is missing: not a number, or no time, ``[rows]``. A tensor is always there."""
    import numpy

    if column.dtype == "tensor" or array.dtype.kind not in "fM":
        return numpy.zeros(len(array), bool)
    found: Mask = numpy.isnan(array) if array.dtype.kind == "f" else numpy.isnat(array)
    return found


def _judge_values(array: Array, missing: Mask, column: schema.Column, file: str) -> None:
    """Compare the values of an array with the type of its column.

    Raises:
        StepError: one does not fit.
    """
    import numpy

    numbers = array.dtype.kind in "fiub" and column.dtype in ("tensor", "int64", "float64")
    if numbers:
        bad = schema.numbers_outside(column, array)
        if array.dtype.kind == "u":
            bad |= array > numpy.iinfo(numpy.int64).max
        if column.dtype == "tensor":
            # What 32 bits cannot hold is no number there.
            bad |= numpy.abs(array) > numpy.finfo(numpy.float32).max if array.dtype.kind == "f" else False
        else:
            bad &= ~missing
    else:
        bad = schema.outside(column, _to_arrow(array, missing, column))
    if not column.nullable:
        bad |= missing.reshape(-1, *(1,) * (array.ndim - 1))
    count = int(bad.sum())
    if not count:
        return
    place = tuple(int(index) for index in numpy.unravel_index(int(bad.argmax()), bad.shape))
    value = array[place]
    more = ""
    if count > 1:
        rows = int(bad.reshape(len(bad), -1).any(axis=1).sum())
        others = "1 more value does" if count == 2 else f"{count - 1} more values do"
        more = f" ({others} not fit, in {rows} {'row' if rows == 1 else 'rows'} in all)"
    said = f"is {value if numbers else repr(value.item())}, which is not {schema.describe(column.element)}"
    helps = f"mend the file, or widen `{column.name}` in the schema"
    if missing[place[0]]:
        said = "is empty, and the column is not @nullable"
        helps = f"mark the column `@nullable` in the schema, or fill the gap: {column.name}: … @nullable"
    elif numbers and column.element.get("max") == 1 and array.max() == 255:
        helps = f"write it between 0 and 1: {column.header} / 255"
    _refuse(file, column.header, f"{_at(place)} {said}{more}", helps, place={"row": place[0]})


def _at(place: tuple[int, ...]) -> str:
    return f"row {place[0]}" + (f", at {list(place[1:])}," if len(place) > 1 else "")


def _to_arrow(array: Array, missing: Mask, column: schema.Column) -> Any:
    import numpy
    import pyarrow

    if column.dtype == "tensor":
        return tables.from_tensors(column, array)
    type = tables.column_type(column)
    if column.dtype == "timestamp":
        array = array.astype("datetime64[us]")
    elif column.dtype in ("int64", "float64"):
        array = array.astype(numpy.dtype(column.dtype))
    return pyarrow.array(array, type=type, mask=missing if missing.any() else None)


def _refuse(
    file: str,
    name: str,
    said: str,
    help: str,
    code: codes.Code = codes.ROW_DOES_NOT_FIT,
    place: dict[str, Any] | None = None,
) -> NoReturn:
    raise StepError(
        code, f"{file}, array `{name}`: {said}", help, {"file": file, "column_name": name, **(place or {})}
    )
