"""What a network takes before it is trained: weights, multiplications, its file, flash and RAM of a board.

Each layer declares what it becomes as a file of LiteRT: `becomes = [fully_connected(values * units, units)]` names operators
with their weights and biases, in terms of what `gives` may name. `times` is how often one stands there with the same weights,
`turns` how often it is computed, `inside` how many values lie in between. `footprint.mlp` of the standard library says what an
operator takes. Values between layers share the arena as TFLite Micro's planner has it (`greedy_memory_planner.cc`).

What is not known when compiling (a setting of a layer, a layer without `becomes`) leaves the figures unknown, with the reason.
"""

from __future__ import annotations

from ..syntax import tree
from .compatibility import back, constant
from .shapes import after, compute, declared_layers, names_of, product, shape_of_rows, written_layers
from .units import about

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..resolve.modules import Module
    from ..source import Span
    from .checker import Checker
    from .shapes import Shape
    from .specs import ComponentSpec
    from .typed import TypedBlock, TypedProgram
    from .values import Value

    Row = dict[str, Any]

#: What is estimated, with the type of each: of the network, of its file, and of what it takes of a board.
ESTIMATED = {"parameters": "int", "multiplications": "int", "size": "size", "flash": "size", "ram": "size"}
#: What asks for no export: the network alone decides it.
OF_NETWORK = ("parameters", "multiplications")
#: What a number in `becomes` is that has no name.
_GIVEN = ("weights", "biases")
#: The module with the table; it has nothing to use.
TABLE = "footprint"
#: Bytes at which what lies in the arena begins, and of which flash and RAM are told as a whole number.
_ALIGNED, _TOLD = 16, 1024


class Part:
    """What one layer takes: ``weights`` bytes in the file, ``values`` bytes that come out of it while it is computed.

    ``shape`` is that of what it gives, ``parameters`` how many numbers it learns.
    """

    __slots__ = ("_module", "_node", "name", "parameters", "shape", "values", "weights")

    def __init__(self, name: str, module: Module, node: tree.Expr, shape: Shape) -> None:
        self.name = name
        self._module = module
        self._node = node
        self.shape = shape
        self.parameters = 0
        self.weights = 0
        self.values = 0

    @property
    def span(self) -> Span:
        """Where the layer stands now: an estimate is kept while the text above it is written."""
        return self._module.span(self._node)


class Footprint:
    """What is estimated, by name; ``why`` says why something is not.

    ``parts`` are the layers, ``form`` is how the file keeps numbers.
    """

    __slots__ = ("figures", "form", "parts", "why")

    def __init__(self) -> None:
        self.figures: dict[str, int] = {}
        self.form = ""
        self.parts: list[Part] = []
        self.why = ""


class _Operator:
    """What a layer becomes: a row of the table, and how much of it there is; ``gives`` values come out of it."""

    __slots__ = ("biases", "folded", "gives", "inside", "name", "part", "row", "times", "turns", "weights")

    def __init__(self, name: str, row: Row, part: Part, gives: int, counts: Mapping[str, int]) -> None:
        self.name = name
        self.row = row
        self.part = part
        self.gives = gives
        self.weights = counts.get("weights", 0)
        self.biases = counts.get("biases", 0)
        self.times = counts.get("times", 1)
        self.turns = counts.get("turns", self.times)
        self.inside = counts.get("inside", gives * row.get("inside", 0))
        #: Whether it becomes part of the one before it.
        self.folded = False


class _UnknownError(Exception):
    """Why something is not estimated; nothing where what is wrong was reported."""


def footprint(checker: Checker, typed: TypedProgram, block: TypedBlock, quantize: str = "") -> Footprint:
    """Return what is known of the network that ``block`` trains, exports or deploys; with ``quantize``, as if it were kept so."""
    found = Footprint()
    try:
        way = _way(typed, block)
    except _UnknownError as unknown:
        found.why = str(unknown)
        return found
    # What is made of the same blocks is the same: asked by conditions, tests and editors, under each environment.
    known = block.footprints.get(quantize)
    if known is not None and known[0] == way:
        return known[1]
    block.footprints[quantize] = (way, found)
    form = None
    try:
        form = _form(checker, _export(checker, block, way), quantize)
        found.form = form["quantize"]
    except _UnknownError as unknown:
        found.why = str(unknown)
    try:
        network = _Network(checker, way[-1])
        operators = network.operators()
        found.parts = network.parts
        found.figures["parameters"] = sum(each.weights + each.biases for each in operators)
        found.figures["multiplications"] = sum(
            each.weights * each.turns * max(1, each.gives // each.biases) for each in operators if each.biases
        )
        if form is not None:
            whole = constant(checker, TABLE, "whole")
            kept = [each for each in operators if not each.folded]
            found.figures.update(_takes(kept, network.taken, form, whole))
    except _UnknownError as unknown:
        found.why = str(unknown) and (found.why or str(unknown))
    return found


def estimate_of(checker: Checker, typed: TypedProgram, block: TypedBlock) -> list[str]:
    """Return what is estimated of a block, as it is told: of a training, of the file of an export, of what is put on a board."""
    # Others have nothing that they add to a network.
    if not is_network(block) and not any(name in ESTIMATED for name in block.quantities):
        return []
    return told(block, footprint(checker, typed, block).figures)


def told(block: TypedBlock, figures: Mapping[str, int]) -> list[str]:
    """Return how the figures are told that are a block's own."""
    if is_network(block):
        return [f"{figures[name]:,} {name}" for name in OF_NETWORK if name in figures]
    names = [name for name in ("flash", "ram") if name in block.quantities and name in figures]
    if names:
        return [f"about {about(figures[name])} of {name}" for name in names]
    return [f"about {about(figures['size'])}"] if "size" in block.quantities and "size" in figures else []


def _way(typed: TypedProgram, block: TypedBlock) -> list[TypedBlock]:
    """Return what leads to a block, itself first and the training of a network last."""
    way = [block]
    if not is_network(block):
        above = [each[0] for each in block.inputs.values() if len(each) == 1 and each[0].type.base == "model"]
        if len(above) != 1:
            raise _UnknownError("")
        way += [each for each, _ in back(typed, above[0])]
    if not is_network(way[-1]):
        raise _UnknownError(f"`{way[-1].shown}` is no network whose layers stand here")
    return way


def _layers(block: TypedBlock) -> tuple[str, Value] | None:
    """Return the input whose rows go through the layers of a training, and these; None where it has none."""
    for name, param in block.component.params.items() if block.component is not None else ():
        if param.network is not None and name in block.arguments:
            return param.network.input, block.arguments[name]
    return None


def is_network(block: TypedBlock) -> bool:
    """Return whether a block trains a network of layers."""
    return _layers(block) is not None


def _export(checker: Checker, block: TypedBlock, way: list[TypedBlock]) -> TypedBlock:
    """Return the export on the way, whose file is estimated."""
    known = constant(checker, TABLE, "format")
    exports = [each for each in way if each.kind.name == "export"]
    if not exports:
        raise _UnknownError(f"`{block.shown}` is not exported")
    name = exports[0].component.name if exports[0].component is not None else ""
    if name != known:
        raise _UnknownError(f"`{exports[0].shown}` is `{name}`, and only the file of `{known}` is estimated")
    return exports[0]


def _form(checker: Checker, export: TypedBlock, quantize: str) -> Row:
    """Return what the table says of how an export keeps numbers, or of ``quantize``."""
    value = export.setting("quantize")
    if not quantize and (value is None or not value.known):
        raise _UnknownError(f"`quantize` of `{export.shown}` gets its value when the pipeline runs")
    forms = {row["quantize"]: row for row in constant(checker, TABLE, "forms")}
    name = quantize or str(value.value if value is not None else "")
    if name not in forms:
        known = ", ".join(f'"{each}"' for each in forms)
        raise _UnknownError(f'`quantize` of `{export.shown}` is "{name}", and what is estimated is {known}')
    found: Row = forms[name]
    return found


class _Network:
    """The layers of a network, as operators."""

    def __init__(self, checker: Checker, trained: TypedBlock) -> None:
        network = _layers(trained)
        assert network is not None  # seen to by the caller
        self.checker = checker
        self.trained = trained
        self.input, self.layers = network
        self.parts: list[Part] = []
        #: Values of one row.
        self.taken = 0

    def operators(self) -> list[_Operator]:
        """Return the operators in the order in which they are computed."""
        shape = self._rows()
        self.taken = product(shape) or 0
        written = written_layers(self.layers)
        if not written:
            raise _UnknownError(f"the layers of `{self.trained.shown}` are not written as a list")
        declared = declared_layers(self.checker, self.layers)
        fused = constant(self.checker, TABLE, "fused")
        found: list[_Operator] = []
        #: Whether what comes last are weights without an activation.
        plain = False
        for node, settings in written:
            spec = declared.get(settings.get("component", ""))
            if spec is None or (spec.takes is not None and len(spec.takes) != len(shape)):
                raise _UnknownError("")
            late = [name for name, value in settings.items() if isinstance(value, dict)]
            if late:
                raise _UnknownError(f"`{late[0]}` of `{spec.name}` gets its value when the pipeline runs")
            given = after(spec, settings, shape)
            if any(each is not None and each < 1 for each in given):
                raise _UnknownError("")
            part = Part(spec.name, self.layers.module, node, given)
            self.parts.append(part)
            made = self._becomes(spec, settings, shape, product(given), part)
            part.parameters = sum(each.weights + each.biases for each in made)
            for operator in made:
                operator.folded = plain and bool(operator.row.get("folds"))
            activation = str(settings.get("activation", "none"))
            if activation not in fused:
                made.append(_Operator(activation, self._row(activation), part, product(given) or 0, {}))
            if made:
                plain = activation == "none" and bool(made[-1].biases)
            found += made
            shape = given
        return found

    def _rows(self) -> Shape:
        sources = self.trained.inputs.get(self.input, [])
        schema = sources[0].type.schema if sources else None
        shape = None if schema is None or schema.partial else shape_of_rows(schema)[0]
        if shape is None or None in shape:
            raise _UnknownError(f"how many values go into `{self.trained.shown}` is not said by its data")
        return shape

    def _row(self, name: str) -> Row:
        found: Row | None = constant(self.checker, TABLE, name)
        if found is None:
            raise _UnknownError(f"nothing is known of what `{name}` takes")
        return found

    def _becomes(
        self, spec: ComponentSpec, settings: Mapping[str, Any], shape: Shape, gives: int | None, part: Part
    ) -> list[_Operator]:
        """Return the operators of one layer."""
        if spec.becomes is None:
            raise _UnknownError(f"nothing is known of what `{spec.name}` takes")
        names = names_of(spec, settings, shape)
        found = []
        for call in spec.becomes:
            while isinstance(call, tree.If):
                call = call.then if compute(call.condition, names) else call.otherwise
            if not isinstance(call, tree.Call) or not isinstance(call.function, tree.Ref):
                raise _UnknownError(f"nothing is known of what `{spec.name}` takes")
            given = iter(_GIVEN)
            counts = {
                arg.name.text if arg.name is not None else next(given, ""): compute(arg.value, names)
                for arg in call.args
            }
            if gives is None or not all(isinstance(each, int) for each in counts.values()):
                raise _UnknownError(f"how much `{spec.name}` computes is not known")
            name = call.function.text
            found.append(_Operator(name, self._row(name), part, gives, counts))
        return found


def _takes(operators: list[_Operator], taken: int, form: Row, whole: Row) -> dict[str, int]:
    """Return what operators take as a file, and of a board; ``taken`` values go in."""
    file, arena, data = whole["file"], whole["arena"] + form["arena"], 0
    sorts: set[str] = set()
    #: Bytes that values take, and the numbers of the first and the last computation that needs them.
    planned: list[tuple[int, int, int]] = []
    before, since, place = taken * form["value"], 0, 0
    for each in operators:
        row, value = each.row, form["value"]
        weights = each.weights * form["weight"] + each.biases * (form["bias"] + form["channel"])
        each.part.weights += weights
        each.part.values = max(each.part.values, each.gives * value)
        data += weights
        file += each.times * (row["file"] + row["tensors"] * form["tensor"] + _in(row, "more", form))
        kept = row["arena"] + _in(row, "held", form)
        if form["channel"] or row.get("always"):
            kept += each.biases * row.get("channels", 1) * whole["channel"]
        arena += each.times * kept
        sorts.update(row["operators"].split() if "operators" in row else (each.name,))
        last = place + bool(each.inside)
        planned.append((before, since, place if row.get("in_turn") else last))
        if each.inside:
            planned.append((each.inside * value, place, last))
        before, since, place = each.gives * value, last, last + 1
    planned.append((before, since, since))
    size = _up(data + (file + len(sorts) * whole["sort"]) * whole["margin"], _ALIGNED)
    return {
        "size": size,
        "flash": _up(size + whole["program"] + len(sorts) * whole["operator"], _TOLD),
        "ram": _up((arena + plan(planned)) * whole["margin"], _TOLD),
    }


def _in(row: Row, what: str, form: Row) -> int:
    """Return what a row has in one form beside what it has in all."""
    found: int = row.get(what, {}).get(form["quantize"], 0)
    return found


def plan(wanted: list[tuple[int, int, int]]) -> int:
    """Return how many bytes hold values of ``(bytes, first, last)`` operator that needs them, as TFLite Micro lays them out.

    The largest first, of equal ones the last, each into the first gap between what is needed at the same time:
    ``greedy_memory_planner.cc``.
    """
    #: Where what is needed at a time lies, by that time.
    placed: dict[int, list[tuple[int, int]]] = {}
    highest = 0
    for size, first, last in sorted(wanted, key=lambda each: each[0])[::-1]:
        offset, size = 0, _up(size, _ALIGNED)
        times = range(first, last + 1)
        for start, end in sorted(each for time in times for each in placed.get(time, ())):
            if start - offset >= size:
                break
            offset = max(offset, end)
        for time in times:
            placed.setdefault(time, []).append((offset, offset + size))
        highest = max(highest, offset + size)
    return highest


def _up(amount: float, step: int) -> int:
    """Return a whole number of ``step``, not below ``amount``."""
    return -int(-amount // step) * step
