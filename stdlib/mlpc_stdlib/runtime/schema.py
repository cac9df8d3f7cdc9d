"""What the schema of a dataset says: its columns, which of them a model may learn from, which values fit.

Values are judged whole columns at a time (Arrow and NumPy); what does not fit is put into words only for the few
cells that are shown.
"""

from __future__ import annotations

import json

from . import codes
from .contract import StepError, did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    import numpy

    from .contract import JsonObject

    Mask = numpy.ndarray[Any, numpy.dtype[numpy.bool_]]

#: How a column of a value type is stored: the ``dtype`` of a signature.
DTYPES = {
    "bool": "bool",
    "int": "int64",
    "float": "float64",
    "duration": "float64",
    "size": "float64",
    "frequency": "float64",
    "power": "float64",
    "energy": "float64",
    "money": "float64",
    "string": "string",
    "enum": "string",
    "url": "string",
    "path": "string",
    "date": "timestamp",
    "datetime": "timestamp",
    "tensor": "tensor",
}
#: Marks of columns that no model learns from.
NOT_LEARNED = frozenset({"label", "key", "time", "ignore"})
#: Cells that a message lists one by one.
SHOWN = 5

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_WHOLE = r"^[+-]?\d+(\.0*)?$"
_TRUE, _FALSE = ("true", "1", "yes"), ("false", "0", "no")


class Column:
    """A column as the schema declares it; ``rest`` where only ``...`` covers it."""

    __slots__ = ("base", "header", "marks", "name", "nullable", "rest", "type")

    def __init__(self, raw: JsonObject, rest: bool = False) -> None:
        self.name: str = raw["name"]
        self.type: JsonObject = raw["type"]
        self.header: str = raw.get("header") or self.name
        self.nullable = bool(raw.get("nullable"))
        self.marks = frozenset(raw.get("marks") or ())
        self.base: str = self.type.get("base", "")
        self.rest = rest

    @property
    def dtype(self) -> str:
        """How the values are stored.

        Raises:
            StepError: a table cannot hold such values.
        """
        found = DTYPES.get(self.base)
        if found is None:
            raise StepError(
                codes.UNSUPPORTED_COLUMN, f"column `{self.name}`: a table holds no values of type {self.base}"
            )
        return found

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one value: of a tensor as declared, of all others ``()``."""
        return tuple(self.type.get("shape") or ())

    @property
    def element(self) -> JsonObject:
        """The type of one number of a tensor; of other columns their type."""
        found: JsonObject = self.type.get("of") or self.type if self.base == "tensor" else self.type
        return found

    @property
    def learned(self) -> bool:
        """Whether a model learns from it."""
        return not (self.marks & NOT_LEARNED)

    @property
    def expected(self) -> str:
        """The type in words, as in ``a float in 0..1``."""
        return describe(self.type)


def describe(type: JsonObject) -> str:
    """Put a value type into words: ``a float >= 0``, ``one of "eu", "us"``."""
    base = type.get("base", "")
    if base == "enum":
        choices = type.get("choices") or []
        shown = ", ".join(f'"{choice}"' for choice in choices[:8])
        return f"one of {shown}" + (f" and {len(choices) - 8} more" if len(choices) > 8 else "")
    if base == "tensor":
        of = type.get("of") or {}
        bounds = range_of(of)
        numbers = "whole numbers" if of.get("base") == "int" else "numbers"
        return f"a tensor of {numbers}{' ' if bounds else ''}{bounds}, {type.get('shape')}"
    name = {
        "bool": "true or false",
        "int": "a whole number",
        "string": "a text",
        "date": "a date such as 2026-01-31",
        "datetime": "a time such as 2026-01-31T12:00:00",
        "url": "a URL",
        "path": "a path",
    }.get(base, "a number")
    bounds = range_of(type)
    return f"{name} {bounds}" if bounds else name


def written(type: JsonObject) -> str:
    """Return a value type without its bounds, as it stands in a schema: ``float``, ``enum("eu", "us")``."""
    base = str(type.get("base", ""))
    if base == "enum":
        return f"enum({', '.join(json.dumps(choice, ensure_ascii=False) for choice in type.get('choices') or [])})"
    if base == "tensor":
        return f"tensor({(type.get('of') or {}).get('base', 'float')}, {type.get('shape')})"
    return base


def range_of(type: JsonObject) -> str:
    """Return the refinement as it stands in a program: ``in 0..1``, ``>= 0``; empty where there is none."""
    low, high = type.get("min"), type.get("max")
    if low is not None and high is not None and not type.get("min_open") and not type.get("max_open"):
        return f"in {low:g}..{high:g}"
    parts = []
    if low is not None:
        parts.append(f"{'>' if type.get('min_open') else '>='} {low:g}")
    if high is not None:
        parts.append(f"{'<' if type.get('max_open') else '<='} {high:g}")
    return " and ".join(parts)


def declared(type: JsonObject) -> list[Column]:
    """Return the columns that the schema of a port names."""
    schema = type.get("schema") or {}
    return [Column(raw) for raw in schema.get("columns") or ()]


def rest_of(type: JsonObject) -> JsonObject | None:
    """Return the type of the columns that the schema does not name, or None where there may be none."""
    schema = type.get("schema") or {}
    found: JsonObject | None = schema.get("rest")
    return found


def resolve(type: JsonObject, names: Iterable[str], what: str = "the data") -> list[Column]:
    """Return the column of each name that data really has, in that order.

    Raises:
        StepError: a name is covered neither by a column nor by ``...``.
    """
    known = {column.name: column for column in declared(type)}
    rest = rest_of(type)
    found = []
    for name in names:
        column = known.get(name)
        if column is None:
            if rest is None:
                raise StepError(
                    codes.UNEXPECTED_COLUMN,
                    f"{what} has a column `{name}`, which its schema does not have"
                    + did_you_mean(name, list(known)),
                )
            column = Column({"name": name, "type": rest}, rest=True)
        found.append(column)
    return found


def refuse_tensors(columns: Iterable[Column], where: str) -> None:
    """Refuse columns of tensors where data cannot hold them.

    Raises:
        StepError: there is one.
    """
    for column in columns:
        if column.dtype == "tensor":
            raise StepError(
                codes.UNSUPPORTED_COLUMN,
                f"column `{column.name}` is {column.expected}, and {where} holds none",
                "keep the data as arrays of NumPy: `data …: npz { … }`",
            )


def label_of(type: JsonObject) -> Column | None:
    """Return the column that is to be foretold, or None."""
    return next((column for column in declared(type) if "label" in column.marks), None)


def keys_of(type: JsonObject) -> list[str]:
    """Return the names of the columns that together are a row's key."""
    return [column.name for column in declared(type) if "key" in column.marks]


def match_headers(type: JsonObject, headers: Sequence[str], file: str, what: str = "column") -> list[Column]:
    """Find the column of each header of a file; ``what`` is how the file's own columns are called.

    Raises:
        StepError: headers repeat, a column is missing, or one is there that the schema does not have.
    """
    seen: set[str] = set()
    for header in headers:
        if header in seen:
            raise StepError(
                codes.UNREADABLE_DATA, f"{file}: two {what}s are called `{header}`", "rename one in the file"
            )
        seen.add(header)
    columns = declared(type)
    by_header = {column.header: column for column in columns}
    rest = rest_of(type)
    place: JsonObject = {"file": file, "line": 1} if what == "column" else {"file": file}
    unknown = [header for header in headers if header not in by_header]
    missing = [column for column in columns if column.header not in seen]
    if missing:
        first = missing[0]
        name = f"`{first.header}`" + ("" if first.header == first.name else f" (for `{first.name}`)")
        more = f", nor {_count(len(missing) - 1, f'other {what}')} of the schema" if len(missing) > 1 else ""
        help = []
        near = did_you_mean(first.header, unknown)
        if near:
            wrong = near.split("`")[1]
            help.append(f"the file has `{wrong}`; say so in the schema: `@from({_quoted(wrong)})`")
        else:
            help.append(f"the file has: {_listed(headers)}")
            if len(headers) == 1 and any(mark in headers[0] for mark in ";\t|"):
                mark = next(mark for mark in ";\t|" if mark in headers[0])
                help.append(f"are its values separated by {_quoted(mark)}? Then: separator = {_quoted(mark)}")
        raise StepError(codes.MISSING_COLUMN, f"{file} has no {what} {name}{more}", help, place)
    if unknown and rest is None:
        more = f" and {_count(len(unknown) - 1, 'more')}" if len(unknown) > 1 else ""
        raise StepError(
            codes.UNEXPECTED_COLUMN,
            f"{file} has {'an' if what[0] in 'aeiou' else 'a'} {what} `{unknown[0]}`{more}, which the schema does not have"
            + did_you_mean(unknown[0], [column.header for column in columns]),
            "declare it, with `@ignore` if no model is to learn from it, or take all others with `...: TYPE`",
            place,
        )
    return [by_header.get(header) or Column({"name": header, "type": rest}, rest=True) for header in headers]


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("s" if number != 1 and what != "more" else "")


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)


def _listed(names: Sequence[str], most: int = 12) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


# Texts to values


class Parsed:
    """A column read from texts: Arrow ``values``, where it was ``missing``, where it is ``bad``."""

    __slots__ = ("bad", "column", "missing", "texts", "values")

    def __init__(self, column: Column, texts: Any, values: Any, missing: Mask, bad: Mask) -> None:
        self.column = column
        self.texts = texts
        self.values = values
        self.missing = missing
        self.bad = bad

    def reason(self, row: int) -> str:
        """Say what is wrong with the cell of a row."""
        text = self.texts[row].as_py()
        if self.missing[row]:
            shown = "is empty" if text.strip() == "" else f"{_quoted(text)} stands for no value"
            return f"{shown}, and the column is not @nullable"
        return f"{_quoted(_shortened(text))} is not {self.column.expected}"


def parse(column: Column, texts: Any, missing_texts: Sequence[str], decimal: str = ".") -> Parsed:
    """Read the values of a column from their texts (an Arrow string array without nulls)."""
    import numpy
    import pyarrow
    import pyarrow.compute as compute

    trimmed = compute.utf8_trim_whitespace(texts)
    known_missing = pyarrow.array(list(missing_texts), pyarrow.string())
    missing = _mask(compute.or_(compute.is_in(texts, known_missing), compute.is_in(trimmed, known_missing)))
    dtype = column.dtype
    if dtype == "string":
        values, good = texts, numpy.ones(len(texts), bool)
    elif dtype == "bool":
        lowered = compute.utf8_lower(trimmed)
        true = compute.is_in(lowered, pyarrow.array(_TRUE))
        values = true
        good = _mask(compute.or_(true, compute.is_in(lowered, pyarrow.array(_FALSE))))
    elif dtype == "timestamp":
        values, good = _times(trimmed, column.base == "date")
    else:
        if decimal != ".":
            trimmed = compute.replace_substring(trimmed, decimal, ".")
        matched = compute.match_substring_regex(trimmed, _WHOLE if dtype == "int64" else _NUMBER)
        good = _mask(matched)
        if dtype == "int64":
            plain = compute.replace_substring_regex(trimmed, r"^\+|\.0*$", "")
            values, good = _whole(plain, good)
        else:
            plain = compute.replace_substring_regex(trimmed, r"^\+", "")
            values = compute.if_else(pyarrow.array(good), plain, pyarrow.scalar(None, pyarrow.string()))
            values = values.cast(pyarrow.float64())
            good = good & _mask(compute.is_finite(values))
    present = good & ~missing
    values = compute.if_else(pyarrow.array(present), values, pyarrow.scalar(None, values.type))
    bad = ~good & ~missing
    bad |= present & outside(column, values)
    if not column.nullable:
        bad |= missing
    return Parsed(column, texts, values, missing, bad)


def outside(column: Column, values: Any) -> Mask:
    """Return where values (an Arrow array) are present but not what the column's type allows."""
    import numpy
    import pyarrow
    import pyarrow.compute as compute

    none = numpy.zeros(len(values), bool)
    if column.base == "enum":
        allowed = compute.is_in(values, pyarrow.array(column.type.get("choices") or [], pyarrow.string()))
        return ~_mask(allowed) & _mask(compute.is_valid(values))
    if column.base == "tensor":
        return _tensors_outside(column, values)
    low, high = column.type.get("min"), column.type.get("max")
    if column.dtype not in ("int64", "float64") or (low is None and high is None):
        return none
    if low is not None:
        test = compute.less_equal if column.type.get("min_open") else compute.less
        none |= _mask(test(values, low))
    if high is not None:
        test = compute.greater_equal if column.type.get("max_open") else compute.greater
        none |= _mask(test(values, high))
    return none


def _tensors_outside(column: Column, values: Any) -> Mask:
    """Return where a tensor (a row of an Arrow array of lists of fixed size) has a number that does not fit."""
    import numpy

    there = numpy.asarray(values.is_valid().to_numpy(zero_copy_only=False), bool)
    found = numpy.zeros(len(values), bool)
    numbers = values.flatten().to_numpy(zero_copy_only=False).reshape(-1, values.type.list_size)
    found[there] = numbers_outside(column, numbers).any(axis=1)
    return found


def numbers_outside(column: Column, numbers: Any) -> Mask:
    """Return which numbers of tensors, in any shape, are not finite or not what the column's type allows."""
    import numpy

    type = column.element
    low, high = type.get("min"), type.get("max")
    bad: Mask = ~numpy.isfinite(numbers)
    if low is not None:
        bad |= numbers <= low if type.get("min_open") else numbers < low
    if high is not None:
        bad |= numbers >= high if type.get("max_open") else numbers > high
    return bad


def first_outside(column: Column, numbers: Any) -> str:
    """Say which number of one tensor does not fit: ``1.5 at [3, 2, 0] is not a number in 0..1``."""
    import numpy

    bad = numbers_outside(column, numbers)
    place = tuple(int(index) for index in numpy.unravel_index(int(bad.argmax()), column.shape))
    value = numbers.reshape(column.shape)[place]
    return f"{value:g} at {list(place)} is not {describe(column.element)}"


def _mask(values: Any) -> Mask:
    import numpy
    import pyarrow.compute as compute

    filled = compute.fill_null(values, False)
    made: Mask = numpy.asarray(filled.to_numpy(zero_copy_only=False), bool)
    return made


def _whole(plain: Any, good: Mask) -> tuple[Any, Mask]:
    import pyarrow
    import pyarrow.compute as compute

    kept = compute.if_else(pyarrow.array(good), plain, pyarrow.scalar(None, pyarrow.string()))
    try:
        return kept.cast(pyarrow.int64()), good
    except pyarrow.ArrowInvalid:
        # Some number has too many digits: find out which.
        numbers = [None if text is None else int(text) for text in kept.to_pylist()]
        fits = [number is not None and -(2**63) <= number < 2**63 for number in numbers]
        values = pyarrow.array(
            [number if fit else None for number, fit in zip(numbers, fits, strict=True)], pyarrow.int64()
        )
        return values, _mask(pyarrow.array(fits))


def _times(trimmed: Any, date: bool) -> tuple[Any, Mask]:
    import numpy
    import pandas
    import pyarrow

    texts = pandas.Series(trimmed.to_pandas(), dtype=object)
    form = "%Y-%m-%d" if date else "ISO8601"
    times = pandas.to_datetime(texts, format=form, errors="coerce", utc=True)
    naive = times.dt.tz_localize(None)
    values = pyarrow.array(naive, from_pandas=True).cast(pyarrow.timestamp("us"), safe=False)
    good: Mask = numpy.asarray(times.notna(), bool)
    return values, good


def _shortened(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
