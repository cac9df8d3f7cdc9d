"""Shapes on their way through the layers of a network, from the rows to a score for each class.

A trainer marks the parameter that holds its layers: `param layers: list(call(layer)) @network(data, to = "classes")`, and each
layer declares what it takes and gives: `takes = [height, width, channels]` names the dimensions, `gives` says what comes out, in
terms of these, of its parameters, of `values` (how many come in), of `last` (the last dimension of them) and of
`window(n, kernel, stride, padding)` (how often a window fits). One that says neither leaves the shape as it is. A dimension
that is not known when compiling is None, and so is what follows from it.
"""

from __future__ import annotations

from .. import codes
from ..diagnostics import Diagnostic, Fix, Label
from ..syntax import tree
from .schemas import Column

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any

    from ..source import Span
    from .checker import Checker
    from .schemas import Schema
    from .specs import ComponentSpec, NetworkSpec
    from .typed import TypedBlock
    from .values import Value

    Shape = tuple[int | None, ...]

#: Marks of columns that no model learns from.
_NOT_LEARNED = frozenset({"label", "key", "time", "ignore"})
#: Layers of which the way is shown whole.
_SHOWN = 8


def follow(checker: Checker, block: TypedBlock, network: NetworkSpec, layers: Value) -> None:
    """Report the first layer of ``layers`` that does not fit what comes before it, and a last one that does not fit the label."""
    sources = block.inputs.get(network.input, [])
    schema = sources[0].type.schema if sources else None
    written = written_layers(layers)
    if schema is None or schema.partial or not written:
        return
    shape, column = _of_rows(checker, block, schema)
    if shape is None:
        return
    at, given = schema.span, f"{shape[0]} columns to learn from" if shape[0] is not None else "the columns"
    if column is not None:
        at, given = column.span, f"`{column.name}` is {show(shape)}"
    way = _Way(checker, layers, shape, at, given)
    used = {settings.get("component", "") for _, settings in written}
    declared = declared_layers(checker, layers, used)
    for node, settings in written:
        spec = declared.get(settings.get("component", ""))
        if spec is None or not way.passes(node, spec, settings):
            return
    _end(checker, block, network, schema, way, written[-1][0])


def declared_layers(
    checker: Checker, layers: Value, used: Collection[str] | None = None
) -> dict[str, ComponentSpec]:
    """Return the declarations of the layers that there are, by name; with ``used``, of these only."""
    wanted = layers.type.of
    if wanted is None or wanted.module is None:
        return {}
    from .calls import names

    return {
        name: checker.declarations.component(wanted.module, decl)
        for name, decl in names(wanted).items()
        if used is None or name in used
    }


def written_layers(layers: Value) -> list[tuple[tree.Expr, dict[str, Any]]]:
    """Return the layers of a network: where each is written, and its settings, with `component`.

    What is known only when the pipeline runs is an expression of the IR there. Empty where they are not written as a list.
    """
    told = layers.value if layers.known else layers.expr
    if not isinstance(layers.node, tree.List) or not isinstance(told, list):
        return []
    nodes = layers.node.items
    if len(told) != len(nodes):
        return []
    return [
        (node, raw.get("const", raw) if isinstance(raw, dict) else {})
        for node, raw in zip(nodes, told, strict=True)
    ]


def _of_rows(checker: Checker, block: TypedBlock, schema: Schema) -> tuple[Shape | None, Column | None]:
    """Return what :func:`shape_of_rows` does, after reporting where there is no shape."""
    shape, column = shape_of_rows(schema)
    if shape is not None or column is None:
        return shape, column
    others = [each for each in schema.columns.values() if each is not column and _learned(each)]
    place = others[0].span if others else schema.rest_span
    checker.report(
        Diagnostic(
            codes.LAYER_MISFIT,
            f"`{block.shown}` learns from one tensor or from numbers, not from both",
            column.span,
            label="a tensor",
            labels=[Label(place, "beside it")] if place is not None else [],
            help=["mark what the network is not to see `@ignore`"],
        )
    )
    return None, None


def _learned(column: Column) -> bool:
    return not _NOT_LEARNED.intersection(column.marks)


def shape_of_rows(schema: Schema) -> tuple[Shape | None, Column | None]:
    """Return the shape of one row, and the column that it is where it is one; without a shape, a tensor that is not alone."""
    learned = [column for column in schema.columns.values() if _learned(column)]
    tensors = [column for column in learned if column.type.base == "tensor"]
    if not tensors:
        return (None if schema.rest is not None else len(learned),), None
    if len(learned) == 1 and schema.rest is None:
        return tensors[0].type.shape or (), tensors[0]
    return None, tensors[0]


def names_of(spec: ComponentSpec, settings: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """Return what expressions in the declaration of a layer may name, where it is given ``shape``."""
    names: dict[str, Any] = {"values": product(shape), "last": shape[-1] if shape else None, **settings}
    if spec.takes is not None:
        names.update(zip(spec.takes, shape, strict=True))
    return names


def after(spec: ComponentSpec, settings: Mapping[str, Any], shape: Shape) -> Shape:
    """Return the shape behind a layer that takes ``shape``."""
    if spec.gives is None:
        return shape
    names = names_of(spec, settings, shape)
    return tuple(_whole(compute(each, names)) for each in spec.gives)


class _Way:
    """The way of one row through the layers, as far as it was followed."""

    def __init__(self, checker: Checker, layers: Value, shape: Shape, at: Span, given: str) -> None:
        self.checker = checker
        self.layers = layers
        self.module = layers.module
        self.shape = shape
        self.steps = [show(shape)]
        #: What gave the shape: a layer, or the column or schema at the beginning.
        self.made_at = at
        self.made_by = given
        self.spec: ComponentSpec | None = None
        self.settings: Mapping[str, Any] = {}

    def passes(self, node: tree.Expr, spec: ComponentSpec, settings: Mapping[str, Any]) -> bool:
        """Go through one more layer; report why not and return False where that is impossible."""
        if spec.takes is not None and len(spec.takes) != len(self.shape):
            self._misfit(
                node,
                f"`{spec.name}` takes [{', '.join(spec.takes)}], and is given {show(self.shape)}",
                f"given {show(self.shape)}",
                self._before(node, spec),
            )
            return False
        given = after(spec, settings, self.shape)
        if any(each is not None and each < 1 for each in given):
            self._misfit(
                node,
                f"`{spec.name}` leaves nothing of {show(self.shape)}",
                f"would give {show(given)}",
                (self._smaller(spec), []),
            )
            return False
        self.shape = given
        self.spec, self.settings = spec, settings
        self.steps.append(f"`{spec.name}` {show(self.shape)}")
        self.made_at = self.module.span(node)
        self.made_by = f"`{spec.name}` gives {show(self.shape)}"
        return True

    def way(self) -> list[str]:
        """Return the shapes so far as a line of help; nothing where there is only the first."""
        if len(self.steps) < 2:
            return []
        shown = self.steps if len(self.steps) <= _SHOWN else [self.steps[0], "…", *self.steps[-_SHOWN + 2 :]]
        return ["on the way: " + " → ".join(shown)]

    def _misfit(self, node: tree.Expr, message: str, label: str, more: tuple[list[str], list[Fix]]) -> None:
        self.checker.report(
            Diagnostic(
                codes.LAYER_MISFIT,
                message,
                self.module.span(node),
                label=label,
                labels=[Label(self.made_at, self.made_by)],
                help=[*more[0], *self.way()],
                fixes=more[1],
            )
        )

    def _before(self, node: tree.Expr, spec: ComponentSpec) -> tuple[list[str], list[Fix]]:
        """Return what could stand before a layer so that it is given what it takes."""
        declared = declared_layers(self.checker, self.layers)
        wanted = len(spec.takes or ())
        found = [
            name
            for name, each in declared.items()
            if each.gives is not None
            and len(each.gives) == wanted
            and (each.takes is None or len(each.takes) == len(self.shape))
            and all(param.default is not None for param in each.params.values())
        ]
        if not found:
            return [], []
        # What takes any shape first: it loses nothing.
        found.sort(key=lambda name: declared[name].takes is not None)
        span = self.module.span(node)
        fix = Fix(
            f"write `{found[0]}()` before it", [(span, f"{found[0]}(), {span.text}")], safe=len(found) == 1
        )
        return ["put " + " or ".join(f"`{name}()`" for name in found) + " before it"], [fix]

    def _smaller(self, spec: ComponentSpec) -> list[str]:
        same = spec.params.get("padding")
        pads = same is not None and same.type.choices is not None and "same" in same.type.choices
        return [
            'make its window smaller, or write `padding = "same"`'
            if pads
            else "make its window smaller, or leave it out"
        ]


def _end(
    checker: Checker,
    block: TypedBlock,
    network: NetworkSpec,
    schema: Schema,
    way: _Way,
    last: tree.Expr,
) -> None:
    """Report a last layer that does not give what the label asks for."""
    if way.spec is None:
        return
    label = schema.label
    wanted = 1 if network.to == "value" else classes_of(label) if label is not None else None
    span = way.module.span(last)
    labels = [Label(label.span, _needs(label, network.to, wanted))] if label is not None else []
    activation = way.settings.get("activation")
    if len(way.shape) != 1 or (wanted is not None and way.shape[0] is not None and way.shape[0] != wanted):
        classes = f"{wanted} classes" if wanted is not None else "the classes"
        what = "one value" if network.to == "value" else f"a score for each of {classes}"
        first = last.args[0] if isinstance(last, tree.Call) and last.args else None
        units = first.value if first is not None and first.name is None else None
        fixes = []
        if isinstance(units, tree.Number) and wanted is not None and len(way.shape) == 1:
            fixes = [Fix(f"write `{wanted}`", [(way.module.span(units), str(wanted))])]
        checker.report(
            Diagnostic(
                codes.LAYER_MISFIT,
                f"the last layer of `{block.shown}` gives {show(way.shape)}, and the label needs {what}",
                span,
                label=f"gives {show(way.shape)}",
                labels=labels,
                help=[_last(network, wanted), *way.way()],
                fixes=fixes,
            )
        )
        return
    if network.last and "activation" not in way.spec.params:
        checker.report(
            Diagnostic(
                codes.LAYER_MISFIT,
                f"scores of classes come from `{network.last[0]}`, and the last layer of `{block.shown}` has no activation",
                span,
                label="the last layer",
                labels=labels,
                help=[_last(network, wanted)],
            )
        )
    elif network.last and isinstance(activation, str) and activation not in network.last:
        given = None
        if isinstance(last, tree.Call):
            given = next((a for a in last.args if a.name is not None and a.name.text == "activation"), None)
        choice = network.last[0]
        place = way.module.span(given.value) if given is not None else span
        checker.report(
            Diagnostic(
                codes.LAYER_MISFIT,
                f"scores of classes come from `{choice}`, and the last layer of `{block.shown}` ends in `{activation}`",
                place,
                label=f"no {choice}" if given is not None else f"`activation` is `{activation}` by default",
                labels=labels,
                help=[f'write `activation = "{choice}"`'],
                fixes=[Fix(f'write `"{choice}"`', [(place, f'"{choice}"')])] if given is not None else [],
            )
        )


def _last(network: NetworkSpec, wanted: int | None) -> str:
    units = "…" if wanted is None else str(wanted)
    activation = f', activation = "{network.last[0]}"' if network.last else ""
    return f"end with `dense({units}{activation})`"


def _needs(label: Column, to: str, wanted: int | None) -> str:
    if to == "value":
        return f"`{label.name}` is one value"
    if wanted is None:
        return "the label"
    return f"`{label.name}` has {wanted} classes"


def classes_of(label: Column) -> int | None:
    """Return how many classes a label has, by its type alone; None where that does not say."""
    type = label.type
    if type.base == "bool":
        return 2
    if type.base == "enum" and type.choices is not None:
        return len(type.choices)
    if type.base == "int" and type.low is not None and type.high is not None:
        low, high = int(type.low) + type.low_open, int(type.high) - type.high_open
        return high - low + 1
    return None


def show(shape: Shape) -> str:
    """Return a shape as it would be written, `?` for what is not known."""
    return "[" + ", ".join("?" if each is None else str(each) for each in shape) + "]"


def product(shape: Shape) -> int | None:
    """Return how many values there are in a shape."""
    size = 1
    for each in shape:
        if each is None:
            return None
        size *= each
    return size


def compute(node: tree.Expr, names: Mapping[str, Any]) -> Any:
    """Return what a dimension in `gives` comes to, or None where that is not known."""
    if isinstance(node, tree.Number):
        return int(node.text) if node.text.isdigit() else None
    if isinstance(node, tree.Ref):
        value = names.get(node.text)
        return None if isinstance(value, (dict, list)) else value
    if isinstance(node, tree.Paren):
        return compute(node.inner, names)
    if isinstance(node, tree.Binary):
        left, right = compute(node.left, names), compute(node.right, names)
        if not isinstance(left, int) or not isinstance(right, int):
            return None
        if node.operator == "+":
            return left + right
        if node.operator == "-":
            return left - right
        if node.operator == "*":
            return left * right
        return left // right if node.operator == "/" and right else None
    if isinstance(node, tree.Call) and isinstance(node.function, tree.Ref) and node.function.text == "window":
        given = [compute(arg.value, names) for arg in node.args]
        return window(*given) if len(given) == 4 else None
    return None


def window(n: Any, kernel: Any, stride: Any, padding: Any) -> int | None:
    """Return how often a window of ``kernel`` fits in ``n`` values, moved by ``stride``.

    As Keras counts (https://keras.io/api/layers/convolution_layers/convolution2d/): with ``same`` the borders are padded, so
    that only the stride makes less of it.
    """
    if not isinstance(n, int) or not isinstance(stride, int) or padding not in ("same", "valid"):
        return None
    if padding == "same":
        return -(-n // stride)
    return (n - kernel) // stride + 1 if isinstance(kernel, int) else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
