"""From the facts of columns to the fields of a schema, with what is doubtful about each."""

from __future__ import annotations

import re

from .facts import NULLS, VALUES, Facts
from .names import column_names, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .table import Table

#: An enum has at most so many choices, each seen so often on average, none of them longer than this.
CHOICES = 20
_OFTEN = 5
_LONGEST_CHOICE = 60
#: Whole numbers that are at most so many different ones, without a gap, are given both bounds.
_LEVELS = 12
#: What stands before or behind a number that is written for people.
_SIGNS = "%$€£ "
_INT64 = 2**63
#: Numbers from here on are not held exactly by the numbers of a program.
_EXACT = 2**53

_LABELS = (
    "label", "target", "class", "outcome", "y", "churn", "churned", "survived", "diagnosis", "default", "fraud",
    "is_fraud", "species", "left", "malignant",
)  # fmt: skip
_KEYS = re.compile(r"(.+_)?(id|uuid|guid|key)", re.IGNORECASE)
_TIMES = re.compile(r"(.*_)?(time|timestamp|date|datetime|day|at|ts)", re.IGNORECASE)
_SENSITIVE = re.compile(
    r"(.*_)?(e_?mail|phone|mobile|ssn|iban|passport|address|street|first_?name|last_?name|surname|full_?name"
    r"|birth_?date|date_of_birth|dob|birthday|ip|ip_address)",
    re.IGNORECASE,
)


class Field:
    """A field of a schema: ``remark`` ends its line, each of ``doubts`` has a line above it."""

    __slots__ = ("doubts", "header", "marks", "name", "remark", "type")

    def __init__(self, name: str, header: str) -> None:
        self.name = name
        self.header = header
        self.type = "string"
        self.marks: list[str] = []
        self.doubts: list[str] = []
        self.remark = ""


class Judged:
    """The fields of a file, and the attributes of the block that reads it."""

    __slots__ = ("fields", "settings")

    def __init__(self, fields: list[Field], settings: dict[str, str] | None) -> None:
        self.fields = fields
        self.settings = settings


def judge(table: Table, label: str = "", key: str = "", *, tight: bool = False) -> Judged:
    """Return the fields for ``table``.

    ``label`` and ``key`` are headers that a person named, which count more than what is guessed. With ``tight``, numbers
    get the bounds that were seen.
    """
    missing = _missing(table)
    comma = any(_needs_comma(column) for column in table.columns)
    names = column_names([column.header for column in table.columns])
    fields = []
    for name, column in zip(names, table.columns, strict=True):
        field = Field(name, column.header)
        _type(field, column, missing, table, comma=comma, tight=tight)
        fields.append(field)
    _marks(fields, table, label, key)
    settings = table.settings
    if settings is not None:
        settings = dict(settings)
        if comma:
            settings["decimal"] = ","
        if missing != {""}:
            settings["missing"] = "[" + ", ".join(quoted(text) for text in sorted(missing)) + "]"
    return Judged(fields, settings)


def _missing(table: Table) -> set[str]:
    """Return the texts that mean no value: among numbers, times and truths they can be nothing else."""
    found = {""}
    if table.settings is None:
        return found  # the file knows itself what has no value
    for column in table.columns:
        if column.alive & VALUES:
            found.update(column.nulls)
    return found


def _needs_comma(column: Facts) -> bool:
    return bool(column.counts) and "comma" in column.alive and "float" not in column.alive


def _type(field: Field, column: Facts, missing: set[str], table: Table, *, comma: bool, tight: bool) -> None:
    absent = sum(number for text, number in column.nulls.items() if text in missing)
    present = column.rows - absent
    given = table.types.get(column.header)
    if absent:
        field.marks.append("@nullable")
        share = 100 * absent / column.rows
        field.remark = f"{share:.3g} % have no value"
    if not present:
        field.marks.append("@ignore")
        field.remark = ""
        field.doubts.append("no row has a value here: its type is a guess")
        if given:
            field.type = given
        return
    texts = {text: number for text, number in column.nulls.items() if text not in missing}
    different = {**column.counts, **texts}
    alive = column.alive if not texts else column.alive - VALUES
    if given:
        field.type = given
        if given == "string":
            _text(field, column, different, alive, present, table)
        elif given in ("int", "float") and column.low is not None and column.high is not None:
            _bounds(field, column, different, tight=tight)
    elif "binary" in alive and len(different) == 2:
        field.type = "bool"
        field.doubts.append("only 0 and 1: an `int in 0..1`, if it counts something")
    elif "truth" in alive and "binary" not in alive:
        field.type = "bool"
    elif "int" in alive:
        _int(field, column, different, tight=tight)
    elif "whole" in alive and absent:
        field.type = "int"
        _bounds(field, column, different, tight=tight)
        field.doubts.append("whole numbers written with `.0`, as tools do where values are missing")
    elif "float" in alive or ("comma" in alive and comma):
        field.type = "float"
        _bounds(field, column, different, tight=tight)
        if "float" not in alive and not column.full and all(map(_thousands, different)):
            text = next(iter(different))
            field.doubts.append(
                f"{quoted(text)} is read as {_number(float(text.replace(',', '.')))}: is the comma there for thousands?"
            )
    elif "date" in alive:
        field.type = "date"
    elif "datetime" in alive:
        field.type = "datetime"
    else:
        _text(field, column, different, alive, present, table)
    if len(different) == 1 and not column.full and present > 1:
        field.doubts.append("the same in every row: nothing can be learned from it")


def _int(field: Field, column: Facts, different: dict[str, int], *, tight: bool) -> None:
    assert column.low is not None and column.high is not None  # noqa: PT018 - there are values
    if column.zeros:
        field.doubts.append("digits with a leading zero: a code, not a number")
    elif not -_INT64 <= column.low <= column.high < _INT64:
        field.doubts.append("whole numbers with more digits than an `int` holds")
    else:
        field.type = "int"
        _bounds(field, column, different, tight=tight)


def _bounds(field: Field, column: Facts, different: dict[str, int], *, tight: bool) -> None:
    low, high = column.low, column.high
    assert low is not None and high is not None  # noqa: PT018 - there are values
    whole = field.type == "int"
    if whole:
        low, high = int(low), int(high)
    seen = f"seen: {_number(low)}..{_number(high)}"
    if max(abs(low), abs(high)) > _EXACT:
        # A bound that is rounded would refuse what was seen.
        field.remark = _joined(seen, field.remark)
        return
    levels = whole and not column.full and 1 < len(different) <= _LEVELS and high - low < _LEVELS
    if levels and len({int(float(text.replace(",", "."))) for text in different}) == high - low + 1:
        field.type = f"int in {low}..{high}"
        field.doubts.append(
            "few whole numbers: levels that grow, or codes without an order? A model takes them for numbers"
        )
        return
    if tight and low < high:
        field.type += f" in {_number(low)}..{_number(high)}"
        return
    if low >= 0:
        field.type += " >= 0"
    elif high <= 0:
        field.type += " <= 0"
    field.remark = _joined(seen, field.remark)


def _text(
    field: Field,
    column: Facts,
    different: dict[str, int],
    alive: set[str],
    present: int,
    table: Table,
) -> None:
    field.type = "string"
    if field.doubts:
        return  # a code: neither a choice nor a name
    if "url" in alive:
        field.type = "url"
        return
    if "email" in alive:
        field.marks.append("@sensitive")
        field.doubts.append("addresses of people: no model is to learn from them, and no log to hold them")
        return
    if "other_date" in alive:
        field.doubts.append("looks like dates; a `date` is written 2026-01-31")
        return
    few = not column.full and len(different) <= CHOICES and present >= _OFTEN * len(different)
    if few and len(different) > 1 and column.longest <= _LONGEST_CHOICE:
        choices = sorted(different)
        field.type = "enum(" + ", ".join(quoted(choice) for choice in choices) + ")"
        folded: dict[str, str] = {}
        for choice in choices:
            same = folded.setdefault(" ".join(choice.casefold().split()), choice)
            if same != choice:
                field.doubts.append(f"{quoted(same)} and {quoted(choice)}: two choices, or one?")
        if not table.whole:
            field.doubts.append("only the first rows were read: there may be more choices")
        nulls = [choice for choice in choices if choice.strip().lower() in NULLS]
        if nulls:
            field.doubts.append(f"{quoted(nulls[0])}: a choice, or no value? See `missing`")
        return
    signed = next((text for text in different if _with_sign(text)), None)
    if signed is not None and not column.full and not table.types and all(map(_with_sign, different)):
        field.doubts.append(
            f"numbers written for people, such as {quoted(_clipped(signed))}: digits alone make a float"
        )
        return
    numbers = sum(number for text, number in different.items() if _numeric(text))
    if not column.full and numbers > present / 2 and not table.types:
        odd = next((text for text in different if not _numeric(text)), None)
        field.doubts.append(
            "numbers that no column of numbers holds"
            if odd is None
            else f"most values are numbers, but {quoted(_clipped(odd))} is none"
        )


def _numeric(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _thousands(text: str) -> bool:
    """Return whether `1,234` may be one thousand and more, as well as one and something."""
    whole, comma, rest = text.strip().lstrip("+-").partition(",")
    return bool(comma) and len(rest) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0")


def _with_sign(text: str) -> bool:
    """Return whether `10%` and `$1,234.50` are numbers, written for people."""
    bare = text.strip().strip(_SIGNS)
    return bare != text.strip() and _numeric(bare.replace(",", ""))


def _marks(fields: Sequence[Field], table: Table, label: str, key: str) -> None:
    whole = table.whole
    named = {field.header: field for field in fields}
    keys = [named[each] for each in ([key] if key else table.keys)]
    for field, column in zip(fields, table.columns, strict=True):
        distinct = column.unique and "@nullable" not in field.marks and column.rows > 1
        plain = field.type.split(" ")[0] in ("int", "string")
        if not key and distinct and plain and _KEYS.fullmatch(field.name) and not keys:
            keys.append(field)
            if not (whole and column.looked):
                field.doubts.append("different in every row that was looked at")
        elif distinct and field.type == "string" and column.rows >= CHOICES and field not in keys:
            field.doubts.append("different in every row: `@key` if it names a row, else `@ignore`")
        if _SENSITIVE.fullmatch(field.name) and "@sensitive" not in field.marks:
            field.marks.append("@sensitive")
            field.doubts.append("sounds like what is known of a person")
    for field in keys:
        field.marks.append("@key")
    times = [field for field in fields if field.type in ("date", "datetime") and field not in keys]
    times = [field for field in times if "@sensitive" not in field.marks]
    likely = [field for field in times if _TIMES.fullmatch(field.name)] or times
    if likely:
        likely[0].marks.append("@time")
        if len(times) > 1:
            likely[0].doubts.append("the first of several times: `@time` marks the one that orders the rows")
    _label(fields, named, label)
    for field in fields:
        field.marks.sort(key=_ORDER.index)


_ORDER = ["@label", "@key", "@time", "@sensitive", "@ignore", "@nullable"]


def _label(fields: Sequence[Field], named: dict[str, Field], label: str) -> None:
    if label:
        named[label].marks.append("@label")
        return
    fit = [
        field
        for field in fields
        if not {"@key", "@time", "@ignore", "@nullable", "@sensitive"} & set(field.marks)
        and field.type.split("(")[0].split(" ")[0] in ("bool", "enum", "int", "float")
        and not any("the same in every row" in doubt for doubt in field.doubts)
    ]
    by_name = [field for field in fit if field.name.lower() in _LABELS]
    if by_name:
        chosen = min(by_name, key=lambda field: _LABELS.index(field.name.lower()))
        chosen.marks.append("@label")
        chosen.doubts.append("likely what is to be foretold, by its name")
    elif fit and fit[-1] is fields[-1] and len(fields) > 1:
        fit[-1].marks.append("@label")
        fit[-1].doubts.append("likely what is to be foretold: it stands last")


def _number(value: float | int) -> str:
    """Return a number as the language writes it."""
    if isinstance(value, int):
        return str(value)
    text = repr(value + 0.0 if value else 0.0)
    return text


def _clipped(text: str) -> str:
    return text if len(text) <= 30 else text[:29] + "…"


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)
