"""What stands behind the text: what expressions come to, what environments make of values, and what a run may cost.

A hint is given where it says more than is written: nothing is said of a literal, nor of what is known only when the pipeline
runs. Layers tell the shape that they give; what networks, their files and boards take is estimated.
"""

from __future__ import annotations

from ..check.budget import ESTIMATED, Estimates
from ..check.budget import told as told_amount
from ..check.footprint import estimate_of, footprint, is_network
from ..check.order import names_in
from ..check.shapes import show
from ..check.values import shown
from ..resolve.program import ValueDef
from ..syntax import tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..check.typed import TypedProgram
    from ..check.values import Value
    from ..resolve.modules import Module
    from ..resolve.program import AttrDef, BodyDef
    from .view import View

#: Expressions whose value is not there to be read.
_COMPUTED = (tree.Ref, tree.Member, tree.Index, tree.Call, tree.Unary, tree.Binary, tree.If, tree.Paren)
#: What is no value that a person would write: references to these are what they are.
_THINGS = (
    "block",
    "output",
    "column",
    "schema",
    "component",
    "module",
    "device",
    "quantity",
    "call",
    "choice",
    "each",
)
#: Characters of a value, and instances with values of their own, that are shown.
_LONGEST, _MOST = 48, 3


class Hint:
    """``label`` stands behind ``offset``; ``whole`` is all that there is to say where that is more."""

    __slots__ = ("label", "offset", "whole")

    def __init__(self, offset: int, label: str, whole: str = "") -> None:
        self.offset = offset
        self.label = label
        self.whole = whole


def hints(view: View, start: int = 0, end: int | None = None) -> list[Hint]:
    """Return the hints of the file at the root of ``view`` between two offsets, in its order."""
    module = view.module
    if module is None:
        return []
    stop = len(module.source.text) if end is None else end
    found = [*_top(view, module), *_values(view, module), *_budget(view, module), *_footprints(view, module)]
    return sorted((hint for hint in found if start <= hint.offset <= stop), key=lambda hint: hint.offset)


def _top(view: View, module: Module) -> Iterator[Hint]:
    """Yield what the lets of the file itself come to."""
    for decl in module.names.values():
        if decl.kind.text == "let" and decl.value is not None and _computed(decl.value):
            told = _told(view.checker.constant(module, decl.value))
            if told:
                yield _hint(decl.value.end, f"= {told}")


def _values(view: View, module: Module) -> Iterator[Hint]:
    """Yield what the values of the pipeline come to, and to what else under environments."""
    plain = view.compilation.program("")
    if plain is None:
        return
    places: dict[str, int] = {}
    written: dict[int, _Written] = {}
    for key, within, node, value in _given(plain):
        if within is module:
            places[key] = node.end
            written.setdefault(node.end, _Written(_computed(node))).add("", _told(value, plain))
    for environment in view.compilation.environments():
        typed = view.compilation.program(environment)
        for key, _, _, value in _given(typed) if typed is not None else ():
            if key in places:
                written[places[key]].add(environment, _told(value, typed))
    for place, found in written.items():
        label = found.label()
        if label:
            yield _hint(place, label)


class _Written:
    """A value where it is written: what it comes to under each environment, in each of several instances."""

    __slots__ = ("computed", "told")

    def __init__(self, computed: bool) -> None:
        self.computed = computed
        self.told: dict[str, dict[str, None]] = {}

    def add(self, environment: str, told: str) -> None:
        """Take over what the value comes to, if that is known."""
        self.told.setdefault(environment, {})
        if told:
            self.told[environment][told] = None

    def label(self) -> str:
        """Return what to say of it, or nothing."""
        plain = self.told.get("", {})
        words = [f"= {_listed(plain)}"] if self.computed and plain else []
        words += [
            f"{environment}: {_listed(told)}"
            for environment, told in self.told.items()
            if environment and told and plain and told != plain
        ]
        return "; ".join(words)


def _given(typed: TypedProgram) -> Iterator[tuple[str, Module, tree.Node, Value]]:
    """Yield the values that are given in a pipeline: what of, the module and node that give it, the value."""
    values = [*typed.lets.items(), *((name, value) for name, (_, _, value) in typed.params.items())]
    for name, value in values:
        item = typed.program.names.get(name)
        if isinstance(item, ValueDef) and item.value is not None:
            yield name, item.value_module, item.value, value
    for block in typed.blocks.values():
        for table in (block.arguments, block.common, block.externals):
            for name, value in table.items():
                attr = _attr(block.definition.body, name)
                if attr is not None:
                    yield f"{block.id}.{name}", attr.module, attr.node.value, value


def _attr(body: BodyDef, dotted: str) -> AttrDef | None:
    """Return what gives the value called ``dotted`` in a block; None where that is its default."""
    *blocks, last = dotted.split(".")
    for name in blocks:
        nested = body.blocks.get(name)
        if nested is None:
            return None
        body = nested.body
    return body.attrs.get(last)


def _computed(node: tree.Node) -> bool:
    """Return whether what ``node`` comes to cannot be read from it."""
    if isinstance(node, tree.Unary):
        return not tree.is_literal(node.operand)
    if isinstance(node, tree.String):
        return not node.block and any(not isinstance(part, str) for part in node.parts)
    return isinstance(node, _COMPUTED)


def _told(value: Value, typed: TypedProgram | None = None) -> str:
    """Return a value as a person would write it; nothing where it is not known, or is a thing that has a name."""
    if not value.known and isinstance(value.node, tree.Ref) and typed is not None:
        # A param is known when the pipeline runs; until then its default speaks.
        found = typed.params.get(value.node.text)
        value = found[2] if found is not None else value
    if value.wrong or not value.known or (value.entity is not None and value.entity.what in _THINGS):
        return ""
    return " ".join(shown(value.value, value.type).split())


def _budget(view: View, module: Module) -> Iterator[Hint]:
    """Yield what the figures of a budget come to at most, behind the conditions that bound them."""
    typed = view.typed
    nested = typed.program.body.blocks.get("budget") if typed is not None else None
    if typed is None or nested is None:
        return
    estimates = Estimates(view.checker, typed)
    for condition in nested.body.conditions:
        if condition.module is not module:
            continue
        named = {first for first, _ in names_in(condition.node.expr)}
        told = [
            f"{name} {told_amount(found.amount, estimates.unit(name))} at most"
            for name in ESTIMATED
            if name in named and not (found := estimates.all()[name]).unknown and found.amount > 0
        ]
        if told:
            yield _hint(condition.node.expr.end, "; ".join(told))


def _footprints(view: View, module: Module) -> Iterator[Hint]:
    """Yield what is estimated of networks behind their components, and behind each layer what it gives."""
    typed = view.typed
    told: dict[int, dict[str, None]] = {}
    for block in typed.blocks.values() if typed is not None else ():
        decl = block.definition.decl
        if typed is None or block.definition.module is not module or decl.type is None:
            continue
        said = estimate_of(view.checker, typed, block)
        if said:
            told.setdefault(decl.type.end, {})[", ".join(said)] = None
        for part in footprint(view.checker, typed, block).parts if said and is_network(block) else ():
            if part.span.source is module.source:
                learned = f", {part.parameters:,} parameters" if part.parameters else ""
                told.setdefault(part.span.end, {})[f"{show(part.shape)}{learned}"] = None
    for place, found in told.items():
        yield _hint(place, _listed(found))


def _listed(told: dict[str, None]) -> str:
    more = ", …" if len(told) > _MOST else ""
    return ", ".join(list(told)[:_MOST]) + more


def _hint(offset: int, label: str) -> Hint:
    if len(label) <= _LONGEST:
        return Hint(offset, label)
    return Hint(offset, label[: _LONGEST - 1] + "…", label)
