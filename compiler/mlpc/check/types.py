"""The types of values, columns and artefacts.

One class for all, told apart by :attr:`Type.base`; what a base does not use stays None. Types are never changed
after they are made: narrowing makes a new one.
"""

from __future__ import annotations

from .units import DIMENSIONS, show

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..ir.nodes import Json, JsonObject
    from ..resolve.modules import Module
    from ..source import Span
    from .schemas import Schema

#: Bases whose values are numbers without a unit.
NUMBERS = ("int", "float")
#: Bases whose values are written as strings.
TEXTS = ("string", "date", "datetime", "url", "path", "cron", "enum")
#: Bases that name things which steps make.
ARTEFACTS = ("dataset", "model", "metrics", "report", "file", "endpoint")
#: Names that a spec may use as a type of a value.
VALUE_TYPES = ("bool", "int", "float", *TEXTS, *DIMENSIONS[:5], "money", "list", "map", "range", "tensor")

#: Of more choices a message names those that come near only.
MANY_CHOICES = 20


class Type:
    """A type.

    ``low`` and ``high`` bound numbers and quantities (base units), included unless ``low_open`` or ``high_open``.
    ``of`` is the element of ``list``, ``map``, ``range`` and ``tensor``. ``input`` names the input port whose columns a
    ``column``, or whose data a ``dataset`` or ``model``, follows; ``bases`` restricts the type of that column or of the
    label. ``limit`` is the place where a bound was declared. ``frameworks`` are those of which an input takes any.
    ``changes`` of an output are what its step does to the columns of an input, as it is told.
    Of a ``device``, a ``call`` and a ``block``, ``framework`` is the component, role or kind, and ``module`` the one
    whose names a call sees.
    """

    __slots__ = (
        "base",
        "bases",
        "changes",
        "choices",
        "format",
        "framework",
        "frameworks",
        "high",
        "high_open",
        "input",
        "label",
        "limit",
        "low",
        "low_open",
        "module",
        "of",
        "optional",
        "schema",
        "shape",
    )

    def __init__(
        self,
        base: str,
        *,
        of: Type | None = None,
        low: int | float | None = None,
        high: int | float | None = None,
        low_open: bool = False,
        high_open: bool = False,
        choices: tuple[str, ...] | None = None,
        shape: tuple[int, ...] | None = None,
        input: str = "",
        bases: tuple[str, ...] | None = None,
        framework: str = "",
        format: str = "",
        schema: Schema | None = None,
        label: str = "",
        optional: bool = False,
        limit: Span | None = None,
        frameworks: tuple[str, ...] = (),
        module: Module | None = None,
        changes: JsonObject | None = None,
    ) -> None:
        self.base = base
        self.of = of
        self.low = low
        self.high = high
        self.low_open = low_open
        self.high_open = high_open
        self.choices = choices
        self.shape = shape
        self.input = input
        self.bases = bases
        self.framework = framework
        self.format = format
        self.schema = schema
        self.label = label
        self.optional = optional
        self.limit = limit
        self.frameworks = frameworks
        self.module = module
        self.changes = changes

    def replace(self, **changes: object) -> Type:
        """Return a copy with some attributes changed."""
        # Attribute by attribute: a call with twenty names takes three times as long, and every output has such a copy.
        made = Type.__new__(Type)
        made.base, made.of, made.schema, made.module = self.base, self.of, self.schema, self.module
        made.low, made.high, made.low_open, made.high_open = (
            self.low,
            self.high,
            self.low_open,
            self.high_open,
        )
        made.choices, made.shape, made.input, made.bases = self.choices, self.shape, self.input, self.bases
        made.framework, made.frameworks, made.format = self.framework, self.frameworks, self.format
        made.label, made.optional, made.limit, made.changes = (
            self.label,
            self.optional,
            self.limit,
            self.changes,
        )
        for name, value in changes.items():
            setattr(made, name, value)
        return made

    @property
    def bounded(self) -> bool:
        """Whether the type has a bound."""
        return self.low is not None or self.high is not None

    def holds(self, value: int | float) -> bool:
        """Return whether a number lies within the bounds. NaN does not."""
        if self.low is not None and not (value > self.low if self.low_open else value >= self.low):
            return False
        if self.high is not None and not (value < self.high if self.high_open else value <= self.high):
            return False
        return bool(value == value)

    def show_number(self, value: int | float) -> str:
        """Return a number of this type as a person would write it."""
        if self.base in DIMENSIONS:
            return show(value, self.base)
        if self.base == "float" and isinstance(value, float):
            return f"{value:.12g}"
        return str(value)

    def show_bounds(self) -> str:
        """Return the bounds as a refinement: ``in 10..1000``, ``>= 0``; empty where there are none."""
        low, high = self.low, self.high
        if low is not None and high is not None and not self.low_open and not self.high_open:
            return f"in {self.show_number(low)}..{self.show_number(high)}"
        parts = []
        if low is not None:
            parts.append(f"{'>' if self.low_open else '>='} {self.show_number(low)}")
        if high is not None:
            parts.append(f"{'<' if self.high_open else '<='} {self.show_number(high)}")
        return " and ".join(parts)

    def show(self) -> str:
        """Return the type as a person would write it."""
        base = self.base
        if base in ("list", "map", "range") and self.of is not None:
            text = f"{base}({self.of.show()})"
        elif base == "tensor" and self.of is not None:
            text = f"tensor({self.of.show()}, [{', '.join(map(str, self.shape or ()))}])"
        elif base == "enum" and self.choices is not None:
            many = len(self.choices) > MANY_CHOICES
            shown = [f'"{choice}"' for choice in (self.choices[:2] if many else self.choices)]
            more = len(self.choices) - len(shown)
            text = "enum(" + ", ".join([*shown, *([f"… {more} more"] if more else [])]) + ")"
        elif base == "model" and (self.framework or self.frameworks):
            text = "model(" + ", ".join(f'"{each}"' for each in self.frameworks or (self.framework,)) + ")"
        elif base in ("device", "call", "block") and self.framework:
            text = f"{base}({self.framework})"
        elif base == "dataset" and self.schema is not None:
            text = f"dataset({self.schema.name})"
        elif base == "file" and self.format:
            text = f'file("{self.format}")'
        else:
            text = f"amount in {base}" if base in ("USD", "EUR") else base
        bounds = self.show_bounds()
        return f"{text} {bounds}" if bounds else text

    def to_json(self) -> JsonObject:
        """Return the JSON form of :mod:`mlpc.ir.types`."""
        if self.base in ARTEFACTS:
            return self._port()
        base = "money" if self.base in ("USD", "EUR") else self.base
        made: JsonObject = {"base": base}
        if base == "money":
            made["currency"] = self.base
        if self.low is not None:
            made["min"] = self.low
            if self.low_open:
                made["min_open"] = True
        if self.high is not None:
            made["max"] = self.high
            if self.high_open:
                made["max_open"] = True
        if self.choices is not None:
            choices: list[Json] = list(self.choices)
            made["choices"] = choices
        if self.of is not None:
            made["of"] = self.of.to_json()
        if self.shape is not None:
            shape: list[Json] = list(self.shape)
            made["shape"] = shape
        return made

    def _port(self) -> JsonObject:
        made: JsonObject = {"type": self.base}
        if self.base == "model":
            made["framework"] = self.framework
            made["label"] = self.label or None
            if self.optional:
                made["optional"] = True
        if self.base in ("dataset", "model"):
            made["schema"] = self.schema.to_json() if self.schema is not None else None
        if self.base == "file":
            made["format"] = self.format
        if self.changes is not None:
            made["changes"] = self.changes
        return made


#: Of something already reported: fits everywhere, and nothing more is said about it.
ERROR = Type("error")
BOOL = Type("bool")
INT = Type("int")
FLOAT = Type("float")
STRING = Type("string")
NONE = Type("none")
#: Of what is named, and no value itself.
BLOCK = Type("block")
NESTED = Type("nested")


def widens(wide: Type, narrow: Type) -> bool:
    """Return whether the bounds of ``wide`` hold for every value within those of ``narrow``."""
    if wide.low is not None:
        if narrow.low is None or narrow.low < wide.low:
            return False
        if narrow.low == wide.low and wide.low_open and not narrow.low_open:
            return False
    if wide.high is not None:
        if narrow.high is None or narrow.high > wide.high:
            return False
        if narrow.high == wide.high and wide.high_open and not narrow.high_open:
            return False
    return True
