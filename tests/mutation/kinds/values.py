"""Values of another type, without a unit, out of range."""

from __future__ import annotations

from collections.abc import Iterator

from mlpc.check.units import UNITS
from mlpc.syntax import tree
from mlpc.syntax.tree import (
    Attr,
    Binary,
    Condition,
    Decl,
    List,
    Node,
    Number,
    Quantity,
    Range,
    Ref,
    String,
    Unary,
)

from ..declared import Keys, component_of, declarations, keys, name_of, names, outputs, type_name
from ..mutant import Changed, change, kind
from ..programs import Program


def _typed(program: Program) -> Iterator[tuple[Attr, Decl]]:
    """Yield the attributes of which it is declared what they take."""
    for body in keys(program):
        for attr, declared in body.attributes:
            if declared is not None:
                yield attr, declared


def _quantities(program: Program) -> Iterator[tuple[Quantity, tuple[Node, ...]]]:
    """Yield quantities where one has to stand: as a typed value or compared with one."""
    typed = {id(attr) for attr, _ in _typed(program)}
    for node, around in program.nodes:
        if isinstance(node, Quantity):
            owner = around[-1]
            if (
                id(owner) in typed
                or isinstance(owner, Binary | Range)
                or (isinstance(owner, Unary) and isinstance(around[-2], Binary))
            ):
                yield node, around


@kind("missing unit")
def missing_unit(program: Program) -> Iterator[Changed]:
    """`20` for `20min`; not for shares of a figure that a device has, where a number may stand."""
    for node, _ in _quantities(program):
        yield change(node.start, node.end, node.text[: -len(node.unit)])


_OTHER = {
    "duration": "GiB",
    "size": "min",
    "frequency": "MiB",
    "power": "s",
    "energy": "s",
    "USD": "h",
    "EUR": "h",
}


@kind("wrong unit")
def wrong_unit(program: Program) -> Iterator[Changed]:
    """A unit of something else: `20GiB` for `20min`."""
    for node, _ in _quantities(program):
        if node.unit in UNITS:
            yield change(node.start, node.end, node.text[: -len(node.unit)] + _OTHER[UNITS[node.unit][0]])


_NUMBERS = (
    "int",
    "float",
    "bool",
    "duration",
    "size",
    "frequency",
    "power",
    "energy",
    "money",
    "range",
    "list",
)


@kind("value in quotes")
def in_quotes(program: Program) -> Iterator[Changed]:
    """`"200"` for `200`: numbers, quantities, truth values and ranges."""
    for attr, declared in _typed(program):
        if type_name(declared) in _NUMBERS and isinstance(attr.value, Number | Quantity | tree.Bool | Range):
            yield change(attr.value.start, attr.value.end, f'"{program.of(attr.value)}"')
    for node, around in program.nodes:
        if (
            isinstance(node, Number | Quantity)
            and isinstance(around[-1], Binary)
            and isinstance(around[-2], Condition)
        ):
            yield change(
                node.start,
                node.end,
                f'"{program.of(node)}"',
                (node.start, node.end, around[-1].start, around[-1].end),
            )


@kind("name in quotes")
def name_in_quotes(program: Program) -> Iterator[Changed]:
    """`data = "parts.train"`, where an artefact, a schema, a column or a device is asked for."""
    for attr, declared in _typed(program):
        wants = declared.kind.text == "input" or type_name(declared) in ("schema", "column", "device")
        if wants and isinstance(attr.value, Ref):
            yield change(attr.value.start, attr.value.end, f'"{attr.value.text}"')


@kind("list for one value")
def list_for_one(program: Program) -> Iterator[Changed]:
    """`data = [parts.train]`, `seed = [7]`."""
    for attr, declared in _typed(program):
        if type_name(declared) not in ("", "list", "any", "map", "call") and not isinstance(attr.value, List):
            start, end = attr.value.start, attr.value.end
            yield change(start, end, f"[{program.of(attr.value)}]")


@kind("share without `%`")
def no_percent(program: Program) -> Iterator[Changed]:
    """`20` for `20%`, and `92` for `0.92`: far beyond what a share can be."""
    shares = {
        id(attr.value)
        for attr, declared in _typed(program)
        if isinstance(attr.value, Number) and _bounds(declared) == (0, 1)
    }
    for node, around in program.nodes:
        compared = isinstance(around[-1], Binary) and any(isinstance(one, Condition) for one in around)
        if not isinstance(node, Number) or not node.text.endswith("%") or float(node.text[:-1]) <= 1:
            continue
        if id(node) in shares or compared:
            yield change(node.start, node.end, node.text[:-1])


def _bounds(declared: Decl) -> tuple[float | None, float | None]:
    refinement = declared.type.refinement if declared.type is not None else None
    if refinement is None:
        return None, None
    value = refinement.value
    if isinstance(value, Range):
        low, high = value.low, value.high
        if isinstance(low, Number) and isinstance(high, Number):
            return low.value, high.value
    elif isinstance(value, Number | Quantity) and refinement.operator in (">", ">="):
        return value.value, None
    return None, None


@kind("number out of range")
def out_of_range(program: Program) -> Iterator[Changed]:
    """A sign or a digit too many."""
    found = [(attr.value, declared) for attr, declared in _typed(program)]
    for item in program.blocks:
        if item.kind.text == "param" and item.value is not None:
            found.append((item.value, item))
    for value, declared in found:
        low, high = _bounds(declared)
        if not isinstance(value, Number | Quantity) or type_name(declared) == "any":
            continue
        if high is not None and isinstance(value, Number) and type_name(declared) == "int":
            text = value.text
            while int(text) <= high and len(text) < 20:
                text += "0"
            if int(text) > high and value.value:
                yield change(value.start, value.end, text)
        elif low is not None and value.value > 0 and low >= 0:
            yield change(value.start, value.start, "-", (value.start, value.end, value.start, value.end))


@kind("artefact of another type")
def wrong_artefact(program: Program) -> Iterator[Changed]:
    """A model where data is asked for, or data for a model: something that comes before, so that nothing goes in a circle."""
    ports: list[tuple[str, str]] = []
    for item in program.blocks:
        if item.eaches or component_of(program, item) is None:
            continue
        for body in _bodies(program, item):
            for attr, declared in body.attributes:
                wanted = type_name(declared)
                if declared is None or declared.kind.text != "input" or not isinstance(attr.value, Ref):
                    continue
                other = next(
                    (
                        port
                        for port, made in reversed(ports)
                        if made in ("dataset", "model") and made != wanted
                    ),
                    None,
                )
                if wanted in ("dataset", "model") and other is not None:
                    yield change(attr.value.start, attr.value.end, other)
        made = outputs(program, item)
        found = [(name, type_) for name, type_ in made.items() if name != "validation"]
        ports += [
            (name_of(item) if len(found) == 1 else f"{name_of(item)}.{name}", type_) for name, type_ in found
        ]


def _bodies(program: Program, item: Decl) -> Iterator[Keys]:
    for body in keys(program):
        if item.start <= body.body.start < item.end:
            yield body


@kind("no block for an artefact")
def number_for_artefact(program: Program) -> Iterator[Changed]:
    """A param, let, secret or schema where an artefact is asked for."""
    others = [
        word
        for word, declared in names(program).items()
        if isinstance(declared, Decl) and declared.kind.text in ("param", "secret", "schema")
    ]
    for attr, declared in _typed(program):
        if others and declared.kind.text == "input" and isinstance(attr.value, Ref):
            yield change(attr.value.start, attr.value.end, others[0])


@kind("choice that is none")
def no_choice(program: Program) -> Iterator[Changed]:
    """A text that is none of those asked for, and near none of them."""
    for attr, declared in _typed(program):
        if declared.type is not None and declared.type.name.text == "enum" and isinstance(attr.value, String):
            yield change(attr.value.start, attr.value.end, '"yellow"')


@kind("figure that is not measured")
def other_metric(program: Program) -> Iterator[Changed]:
    """One of another kind of evaluation."""
    for item in program.blocks:
        component = component_of(program, item)
        if item.kind.text != "evaluate" or component is None or item.body is None:
            continue
        measured = declarations(component, "quantity")
        other = "rmse" if "rmse" not in measured else "accuracy"
        for node, around in program.nodes:
            inside = item.start <= node.start < item.end
            if not inside or other in measured or not isinstance(around[-1], Binary):
                continue
            if (
                isinstance(node, Ref)
                and node.text in measured
                and any(isinstance(one, Condition) for one in around)
            ):
                yield change(node.start, node.end, other)
