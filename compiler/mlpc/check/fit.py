"""Whether a value fits a type, and what to say where it does not."""

from __future__ import annotations

import re

from .. import codes
from ..diagnostics import Diagnostic, Fix, Label, article
from ..resolve.similar import nearest
from ..syntax import tree
from .intervals import apart
from .types import ARTEFACTS, MANY_CHOICES, NUMBERS, TEXTS, Type, widens
from .units import DIMENSIONS, UNITS, USUAL, to_base, units_of, written_in
from .values import Value, wrong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..ir.nodes import Json, JsonObject
    from ..resolve.modules import Module

# Compiled when they are needed: most programs have no date, and compiling costs more than checking one block.
# Digits are those of ASCII: an engine reads no others.
_DATE = r"(?a:\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))\Z"
_DATETIME = r"(?a:\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)\Z"
_URL = r"[A-Za-z][A-Za-z0-9+.-]*://\S+\Z"
#: Texts of which not every one will do.
_WITH_FORM = ("date", "datetime", "url", "cron")
_CRON_FIELDS = (
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day of the month", 1, 31),
    ("month", 1, 12),
    ("weekday", 0, 7),
)
#: So many units are offered where one is missing.
_UNITS = 5
_CRON_PART = r"(?a:(\*|\d+(?:-\d+)?)(?:/(\d+))?)\Z"


class Fitter:
    """Fits values to types; reports through ``report``."""

    __slots__ = ("report",)

    def __init__(self, report: Callable[[Diagnostic], None]) -> None:
        self.report = report

    def fit(self, value: Value, type: Type, what: str) -> Value:
        """Return ``value`` as one of ``type``, or a wrong value after reporting why it is none.

        ``what`` names what takes the value, for the message: "`trees` of `sklearn.random_forest`".
        """
        if value.wrong or type.base in ("error", "any"):
            return value
        if value.known and value.value is None:
            if type.optional:
                return value
            return self._mismatch(value, type, what)
        base = type.base
        if base in ARTEFACTS or base in ("column", "schema"):
            # Bound by the checker, which knows what stands around.
            return value
        if value.type.base in ("block", "dataset", "model"):
            return self._mismatch(value, type, what)
        if not value.known and value.entity is not None and value.entity.what == "if":
            judged = self._branches(value, type, what)
            if judged is not None:
                return judged
        if base in NUMBERS or base in DIMENSIONS or base == "money":
            return self._number(value, type, what)
        if base in TEXTS:
            return self._text(value, type, what)
        if base in ("list", "map", "range"):
            return self._collection(value, type, what)
        if value.type.base != base or value.type.framework != type.framework:
            return self._mismatch(value, type, what)
        return value if base == "device" else value.typed(type)

    def _branches(self, value: Value, type: Type, what: str) -> Value | None:
        """Return an `if` of known values as one of ``type``, each judged by itself; None where some are not known yet."""
        if not isinstance(value.expr, dict) or "if" not in value.expr or value.entity is None:
            return None
        made: list[Json] = [value.expr["if"][0]]  # type: ignore[index]
        failed, known = False, True
        for branch in value.entity.item:
            fitted: Value | None = branch
            if branch.known:
                fitted = self.fit(branch, type, what)
            elif branch.entity is not None and branch.entity.what == "if":
                fitted = self._branches(branch, type, what)
            else:
                known = (
                    False  # what the condition asks may be what makes it fit: it is compared when it is known
                )
            known = known and fitted is not None
            failed = failed or (fitted is not None and fitted.wrong)
            made.append(fitted.to_json() if fitted is not None else None)
        if failed:
            return wrong(value.module, value.node)
        return value.replace(type=type, expr={"if": made}) if known else None

    # -- numbers -----------------------------------------------------------------------------------------------

    def _number(self, value: Value, type: Type, what: str) -> Value:
        base, given = type.base, value.type.base
        if base == "money":
            if given in ("USD", "EUR"):
                return value
            return self._mismatch(value, type, what)
        if given in DIMENSIONS and base in DIMENSIONS and given != base:
            self.report(
                Diagnostic(
                    codes.WRONG_UNIT,
                    f"{what} is a {base}, but this is a {given}",
                    value.span,
                    label=f"a {given}",
                    labels=limits(type),
                    help=[f"write it in {units_of(base)}"],
                )
            )
            return wrong(value.module, value.node)
        if given in NUMBERS and base in DIMENSIONS:
            return self._missing_unit(value, type, what)
        if given in DIMENSIONS and base in NUMBERS:
            number = re.match(r"-?[0-9.eE+]+", value.text)
            plain = number.group() if number else ""
            self.report(
                Diagnostic(
                    codes.UNIT_OF_NOTHING,
                    f"{what} is a plain {_number_word(base)}, without a unit",
                    value.span,
                    label=f"a {given}",
                    labels=limits(type),
                    help=[f"write `{plain}`"] if plain else [],
                    fixes=[Fix("leave the unit out", [(value.span, plain)], safe=False)] if plain else [],
                )
            )
            return wrong(value.module, value.node)
        if base == "int" and given == "float" and not (value.known and float(value.value).is_integer()):
            self.report(
                Diagnostic(
                    codes.WRONG_TYPE,
                    f"{what} is a whole number, but this is not",
                    value.span,
                    label="a float",
                    labels=limits(type),
                )
            )
            return wrong(value.module, value.node)
        if given not in NUMBERS and given != base:
            return self._mismatch(value, type, what)
        if value.known:
            number_value = int(value.value) if base == "int" else value.value
            if not type.holds(number_value):
                return self._out_of_range(value, type, what)
            fitted = value.typed(type)
            fitted.value = number_value
            return fitted
        if (
            type.bounded
            and value.entity is not None
            and value.entity.what == "param"
            and not widens(type, value.type)
        ):
            return self._may_leave(value, type, what)
        if type.bounded and not widens(type, value.type):
            if apart(type, value.type):
                return self._never_fits(value, type, what)
            return self._when_known(value, type, what)
        return value

    def _when_known(self, value: Value, type: Type, what: str) -> Value:
        """Return ``value`` as one that is compared with ``type`` when it is known: a run refuses what does not fit."""
        line, column = value.span.source.position(value.span.start)
        place: JsonObject = {"file": value.span.source.path, "line": line, "column": column}
        expr: JsonObject = {
            "checked": value.to_json(),
            "type": type.to_json(),
            "what": what,
            "text": " ".join(value.text.split()),
            "place": place,
        }
        return value.replace(known=False, value=None, expr=expr)

    def _never_fits(self, value: Value, type: Type, what: str) -> Value:
        self.report(
            Diagnostic(
                codes.OUT_OF_RANGE,
                f"{what} is {type.show_bounds()}, but `{value.text}` is {value.type.show_bounds()}",
                value.span,
                label=f"never {type.show_bounds()}",
                labels=limits(type),
            )
        )
        return wrong(value.module, value.node)

    def _missing_unit(self, value: Value, type: Type, what: str) -> Value:
        text = value.text
        plain = isinstance(value.node, tree.Number) and not text.endswith("%")
        used = written_in(value.module.source.text, type.base)
        units = list(dict.fromkeys((*used, *USUAL[type.base])))[:_UNITS]
        written = [f"`{text}{unit}`" for unit in units] if plain else [f"`{unit}`" for unit in units]
        self.report(
            Diagnostic(
                codes.MISSING_UNIT,
                f"{what} is {article(Type(type.base).show())}: it needs a unit",
                value.span,
                label="no unit",
                labels=limits(type),
                help=[f"{' or '.join(written)}?" if plain else f"such as {', '.join(written)}"],
                fixes=[Fix(f"write `{text}{u}`", [(value.span, f"{text}{u}")], safe=False) for u in units]
                if plain
                else [],
            )
        )
        return wrong(value.module, value.node)

    def _out_of_range(self, value: Value, type: Type, what: str) -> Value:
        help = []
        fixes = []
        raw = value.value
        named = isinstance(value.node, tree.Ref)
        shares = type.base == "float" and isinstance(value.node, tree.Number) and not value.text.endswith("%")
        if shares and 1 < raw <= 100 and type.holds(raw / 100):
            help = [f"`{value.text}%`?"]
            fixes = [Fix(f"write `{value.text}%`", [(value.span, f"{value.text}%")], safe=False)]
        slip = _slip(value, type) if not fixes else ""
        if slip:
            fixes = [Fix(f"write `{slip}`", [(value.span, slip)], safe=False)]
        if not help:
            bound = None
            if type.low is not None and raw <= type.low and not type.low_open:
                bound = type.low
            elif type.high is not None and raw >= type.high and not type.high_open:
                bound = type.high
            nearest = type.show_number(bound) if bound is not None else slip
            help = [f"the nearest value that fits is `{nearest}`"] if bound is not None else []
            if slip and slip != nearest:
                help.insert(0, f"`{slip}`?")
        self.report(
            Diagnostic(
                codes.OUT_OF_RANGE,
                f"{what} is {type.show_bounds()}, but "
                + (f"`{value.text}` is {type.show_number(raw)}" if named else f"this is {value.text}"),
                value.span,
                label=f"not {type.show_bounds()}",
                labels=limits(type),
                help=help,
                fixes=fixes,
            )
        )
        return wrong(value.module, value.node)

    def _may_leave(self, value: Value, type: Type, what: str) -> Value:
        bounds = value.type.show_bounds()
        self.report(
            Diagnostic(
                codes.OUT_OF_RANGE,
                f"{what} is {type.show_bounds()}, but `{value.text}` may be "
                + (value.type.show() if bounds else f"any {value.type.base}"),
                value.span,
                label=f"may not be {type.show_bounds()}",
                labels=limits(value.type) or limits(type),
                help=[f"declare the parameter as `{value.type.base} {type.show_bounds()}`"]
                if " and " not in type.show_bounds()
                else [],
            )
        )
        return wrong(value.module, value.node)

    # -- texts -------------------------------------------------------------------------------------------------

    def _text(self, value: Value, type: Type, what: str) -> Value:
        base = type.base
        if value.type.base not in TEXTS:
            return self._mismatch(value, type, what)
        if not value.known:
            if base == "enum" and value.type.base == "enum" and type.choices and value.type.choices:
                if not set(value.type.choices) <= set(type.choices):
                    return self._mismatch(value, type, what)
            elif base == "enum":
                return self._mismatch(value, type, what)
            if base in _WITH_FORM and value.type.base in _WITH_FORM and value.type.base != base:
                return self._mismatch(value, type, what)
            if base in _WITH_FORM and value.type.base not in (base, "enum"):
                return self._when_known(value, type, what)
            return value
        text = str(value.value)
        if base == "enum" and type.choices is not None and text not in type.choices:
            near = nearest(text, type.choices)
            alike, many = type.choices, len(type.choices) > MANY_CHOICES
            if many:
                # `Berlin` for one of six hundred time zones.
                alike = tuple(each for each in alike if text and text.lower() in each.lower())[:MANY_CHOICES]
                near = alike[0] if len(alike) == 1 else None if _is_short(text) else near
            self.report(
                Diagnostic(
                    codes.NOT_A_CHOICE,
                    f'{what} has no choice "{text}"',
                    value.span,
                    label=f'did you mean "{near}"?' if near else "not a choice",
                    labels=limits(type),
                    help=_choices(type, alike, near),
                    # `UTC+2` is not `UTC`, and `PST8PDT` is not `PST`.
                    fixes=[
                        Fix(
                            f'write "{near}"',
                            [(value.span, f'"{near}"')],
                            safe=not (many and (text.startswith(near) or _is_short(text))),
                        )
                    ]
                    if near
                    else [],
                )
            )
            return wrong(value.module, value.node)
        problem, help = _format_problem(base, text)
        if problem:
            code = codes.OUTSIDE_PROJECT if problem.startswith("leaves") else codes.BAD_FORMAT
            self.report(Diagnostic(code, f"{what}: this {problem}", value.span, help=[help] if help else []))
            return wrong(value.module, value.node)
        return value.typed(type)

    # -- collections -------------------------------------------------------------------------------------------

    def _collection(self, value: Value, type: Type, what: str) -> Value:
        if type.base == "range" and value.type.base == "int" and type.of is not None:
            fitted = self.fit(value, type.of, what)
            return fitted if fitted.wrong else value.replace(type=type, value=(fitted.value, fitted.value))
        if value.type.base != type.base:
            return self._mismatch(value, type, what)
        of = type.of
        if of is None or of.base == "any":
            return value
        node = value.node
        items: list[tuple[tree.Node, object]] = []
        if value.known and isinstance(value.value, list):
            nodes = (
                node.items if isinstance(node, tree.List) and len(node.items) == len(value.value) else None
            )
            items = [(nodes[i] if nodes else node, item) for i, item in enumerate(value.value)]
        elif value.known and isinstance(value.value, dict):
            entries = [entry.value for entry in node.entries] if isinstance(node, tree.Map) else None
            items = [(entries[i] if entries else node, item) for i, item in enumerate(value.value.values())]
        elif value.known and isinstance(value.value, tuple):
            ends = (node.low, node.high) if isinstance(node, tree.Range) else (node, node)
            items = list(zip(ends, value.value, strict=True))
        element = value.type.of
        if element is None:
            return value
        for place, item in items:
            each = element
            if isinstance(item, bool):
                each = Type("bool")
            elif isinstance(item, int) and element.base in (*NUMBERS, "any"):
                each = Type("int")
            elif element.base == "any" and isinstance(item, float | str):
                each = Type("string" if isinstance(item, str) else "float")
            if self.fit(Value(each, value.module, place, known=True, value=item), of, what).wrong:
                return wrong(value.module, node)
        if not value.known and element.base != of.base and not (element.base == "int" and of.base == "float"):
            return self._mismatch(value, type, what)
        if not value.known and (of.bounded or of.base in _WITH_FORM or of.choices is not None):
            inner = element if element.base != "any" else None
            if inner is None or inner.base != of.base or not widens(of, inner) or inner.choices != of.choices:
                return self._when_known(value, type, what)
        return value.typed(type)

    def _mismatch(self, value: Value, type: Type, what: str) -> Value:
        help = []
        fixes = []
        given = value.type.base
        if type.base in TEXTS and given in NUMBERS and not isinstance(value.node, tree.Ref):
            help = [f'write `"{value.text}"`']
        elif type.base in (*NUMBERS, *DIMENSIONS) and given == "string" and value.known:
            inner = str(value.value)
            unit = re.match(r"-?\d+(\.\d+)?([A-Za-z]+|%|)\Z", inner)
            written = unit.group(2) if unit is not None else ""
            if unit and ((written in ("", "%")) if type.base in NUMBERS else written in UNITS):
                help = [f"write `{inner}`, without quotes"]
                fixes = [Fix(f"write `{inner}`", [(value.span, inner)])]
        elif type.base == "bool" and given == "string":
            help = ["write `true` or `false`"]
        elif type.base == "call":
            from .calls import names

            help = ["write a call of one of " + ", ".join(f"`{name}`" for name in names(type))]
        elif given == "column" and type.base in (*NUMBERS, *DIMENSIONS):
            help = ["a column has a value for each row; one number stands here"]
        elif type.base in NUMBERS and given == "string":
            help = ["write a number, without quotes"]
        elif given == "list" and type.base not in ("map", "any"):
            from ..syntax.edits import unlisted

            fixes = unlisted(value.module.source, value.node)
        elif type.base == "list":
            help = [f"write `[{value.text}]`"] if type.of is not None and given == type.of.base else []
        elif type.base == "map":
            help = ["a map has names: `{ name = … }`"]
        elif given == "list" and value.type.of is not None and value.type.of.base == type.base:
            help = ["it takes one value; a block for each of several is made by `each x in list`"]
        elif given == "list" and type.base == "path":
            help = ["it takes one path; a block for each of several is made by `each x in list`"]
        shown = value.type.show() if given not in ("block",) else "a block"
        self.report(
            Diagnostic(
                codes.WRONG_TYPE,
                f"{what} is {article(type.show())}, but this is {shown if given in ('block', 'none') else article(shown)}",
                value.span,
                label=shown,
                labels=limits(type),
                help=help,
                fixes=fixes,
            )
        )
        return wrong(value.module, value.node)


def _slip(value: Value, type: Type) -> str:
    """Return the number that was meant where one is outside of its range by a sign or by digits too many; else nothing."""
    text, raw = value.text, value.value
    if text.startswith("-") and isinstance(value.node, tree.Unary) and type.holds(-raw):
        return text[1:].strip()
    while isinstance(raw, int) and isinstance(value.node, tree.Number) and text.endswith("00"):
        text, raw = text[:-1], raw // 10
        if type.holds(raw):
            return text
    return ""


def _is_short(text: str) -> bool:
    """Return whether a text stands for a name by its first letters, as `PST` does: of such, one letter makes another."""
    return text.isalpha() and text.isupper() and len(text) <= 5


def _choices(type: Type, alike: tuple[str, ...], near: str | None) -> list[str]:
    choices = type.choices or ()
    if len(choices) <= MANY_CHOICES or len(alike) > 1:
        return ["the choices are " + ", ".join(f'"{choice}"' for choice in alike)]
    return [] if near else [f'there are {len(choices)} choices, such as "{choices[len(choices) // 2]}"']


def limits(type: Type) -> list[Label]:
    """Return the place where the bounds of a type were declared, for a message."""
    return [Label(type.limit, "the limit comes from here")] if type.limit is not None else []


def _number_word(base: str) -> str:
    return "whole number" if base == "int" else "number"


def is_url(text: str) -> bool:
    """Return whether a text has the form of a URL; as a path, any other text is one of a file."""
    return "://" in text and re.match(_URL, text) is not None


def _format_problem(base: str, text: str) -> tuple[str, str]:
    if base == "date" and not (re.match(_DATE, text) and _day_exists(text)):
        return "is no date", "a date is written 2026-01-31"
    if base == "datetime" and not (re.match(_DATETIME, text) and _day_exists(text)):
        return "is no point in time", "write 2026-01-31T09:30:00Z"
    if base == "url" and not is_url(text):
        return "is no URL", "a URL has a scheme: https://…, s3://…"
    if base == "path":
        return _path_problem(text)
    if base == "cron":
        return _cron_problem(text)
    return "", ""


def _day_exists(text: str) -> bool:
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    if month == 2:
        return day <= (29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28)
    return day <= (30 if month in (4, 6, 9, 11) else 31)


def _path_problem(text: str) -> tuple[str, str]:
    if not text:
        return "path is empty", "write a path relative to the spec, or a URL"
    if "\0" in text or "\\" in text:
        return "is no path", "paths are written with `/`"
    if is_url(text):
        return "", ""
    if text.startswith(("/", "~")) or (text[1:2] == ":" and text[0].isalpha()):
        return "leaves the project: it is an absolute path", "write it relative to the spec"
    if len(text.encode()) > 4095 or any(len(part.encode()) > 255 for part in text.split("/")):
        return "is too long for a path", "Linux takes 255 bytes in a name and 4,095 in a path"
    depth = 0
    for part in text.split("/"):
        depth += -1 if part == ".." else 0 if part in (".", "") else 1
        if depth < 0:
            return (
                "leaves the project",
                "data lies in the project, the folder of `mlpc.toml` (else of the spec), or behind a URL",
            )
    return "", ""


def _cron_problem(text: str) -> tuple[str, str]:
    fields = text.split()
    if len(fields) != 5:
        return (
            f"has {len(fields)} field{'' if len(fields) == 1 else 's'}, a cron expression five",
            "minute, hour, day, month, weekday: `0 3 * * *`",
        )
    for field, (name, low, high) in zip(fields, _CRON_FIELDS, strict=True):
        for part in field.split(","):
            match = re.match(_CRON_PART, part)
            numbers = [int(n) for n in match.group(1).split("-") if n.isdigit()] if match else []
            if match is None or any(not low <= n <= high for n in numbers) or numbers != sorted(numbers):
                article = "an" if name == "hour" else "a"
                return f"has a wrong {name}: `{part}`", f"{article} {name} lies in {low}..{high}, or is `*`"
            if match.group(2) is not None and int(match.group(2)) == 0:
                return f"has a wrong {name}: `{part}`", "a step is at least 1"
    return "", ""


def fits_plainly(module: Module, node: tree.Expr, type: Type) -> Value | None:
    """Return the literal ``node`` as a value of ``type``; None where :class:`Fitter` has to look, and may have something to say.

    Most of what a program says is a whole number, a quantity, a text, a choice or a truth value that is as it should be.
    """
    value: int | float | str | bool
    if isinstance(node, tree.Number):
        if type.base not in NUMBERS or not isinstance(node.value, int) or not type.holds(node.value):
            return None
        value = node.value
    elif isinstance(node, tree.Quantity):
        if UNITS.get(node.unit, ("",))[0] != type.base:
            return None
        value = to_base(node.value, node.unit)
        if not type.holds(value):
            return None
    elif isinstance(node, tree.Bool):
        if type.base != "bool":
            return None
        value = node.value
    elif isinstance(node, tree.String) and len(node.parts) == 1 and isinstance(node.parts[0], str):
        value = node.parts[0]
        if type.base != "string" and (type.base != "enum" or value not in (type.choices or ())):
            return None
    else:
        return None
    made = Value(type, module, node, known=True, value=value)
    made.size = len(value) if isinstance(value, str) else 1
    return made
