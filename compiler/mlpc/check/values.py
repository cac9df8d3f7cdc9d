"""Values: what an expression comes to, as far as it is known when compiling."""

from __future__ import annotations

from .types import ERROR, Type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..ir.nodes import Json
    from ..resolve.modules import Module
    from ..source import Span
    from ..syntax import tree


class Value:
    """A typed value.

    Where ``known``, ``value`` holds it: bool, int, float, str, None, list, dict, a ``(low, high)`` tuple for a range; numbers
    with a unit in base units. Otherwise ``expr`` is the IR's value expression that computes it. ``entity`` is what a
    reference stands for (a block, an output, a column, a schema …). ``size`` counts the characters and elements in it, each
    as often as it stands there, ``depth`` the lists, maps and operations within each other; see :mod:`mlpc.limits`.
    """

    __slots__ = ("depth", "entity", "expr", "known", "module", "node", "size", "type", "value", "wrong")

    def __init__(
        self,
        type: Type,
        module: Module,
        node: tree.Node,
        *,
        known: bool = False,
        value: Any = None,
        expr: Json = None,
        entity: Entity | None = None,
    ) -> None:
        self.type = type
        #: Whether something about it was reported already. Asked for more often than anything else.
        self.wrong = type.base == "error"
        self.module = module
        self.node = node
        self.known = known
        self.value = value
        self.expr = expr
        self.entity = entity
        self.size = len(value) if type.base == "string" and isinstance(value, str) else 1
        self.depth = 0

    @property
    def span(self) -> Span:
        """Where the value stands."""
        return self.module.span(self.node)

    @property
    def text(self) -> str:
        """The value as written."""
        return self.module.source.text[self.node.start : self.node.end]

    def to_json(self) -> Json:
        """Return the literal or the value expression, in the IR's form."""
        if not self.known:
            return self.expr
        return literal(self.value)

    def at(self, module: Module, node: tree.Node) -> Value:
        """Return the same value, standing somewhere else."""
        # Made without being measured anew: it is as large as this one.
        made = Value.__new__(Value)
        made.type, made.wrong, made.module, made.node = self.type, self.wrong, module, node
        made.known, made.value, made.expr, made.entity = self.known, self.value, self.expr, self.entity
        made.size, made.depth = self.size, self.depth
        return made

    def typed(self, type: Type) -> Value:
        """Return the same value, known to be of ``type``."""
        made = self.at(self.module, self.node)
        made.type, made.wrong = type, type.base == "error"
        return made

    def replace(self, **changes: Any) -> Value:
        """Return a copy with some attributes changed."""
        # It is as large as this one until that is said to be another.
        made = self.at(self.module, self.node)
        for name, value in changes.items():
            setattr(made, name, value)
        if "type" in changes:
            made.wrong = made.type.base == "error"
        return made


def literal(value: Any) -> Json:
    """Return a known value in the IR's form: a range as ``[low, high]``, a map wrapped so that it is no expression."""
    if isinstance(value, tuple):
        return [literal(item) for item in value]
    if isinstance(value, list):
        return [literal(item) for item in value]
    if isinstance(value, dict):
        return {"const": {key: literal(item) for key, item in value.items()}}
    made: Json = value
    return made


def plain(value: Any) -> Json:
    """Return a known value where no expression may stand: as in :func:`literal`, but a map as it is."""
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    made: Json = value
    return made


def shown(value: Any, type: Type | None) -> str:
    """Return a known value as a person would write it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict) and set(value) == {"const"}:
        return shown(value["const"], type)
    of = type.of if type is not None else None
    if type is not None and type.base == "range" and isinstance(value, list | tuple) and len(value) == 2:
        return "..".join(shown(end, of) for end in value)
    if isinstance(value, int | float):
        return type.show_number(value) if type is not None else f"{value:.12g}"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list | tuple):
        return "[" + ", ".join(shown(item, of) for item in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {shown(item, None)}" for name, item in value.items()) + " }"
    return str(value)


class Entity:
    """What a reference stands for.

    ``what`` is one of ``block``, ``output``, ``quantity``, ``slices`` (a figure for each value of a column), ``compared`` (a
    model that is measured beside another), ``column``, ``param``, ``let``, ``secret``, ``schema``, ``component``,
    ``module``, ``device``, ``setting``; the other attributes say which. An ``if`` whose condition is not known yet has both
    values as ``item``. A block with `each` that lacks an index is an
    ``each``, and a ``list`` has the values of its elements as ``item``; ``chosen`` are the keys that both were indexed
    with so far, None for `*`. A ``device`` is ``declared`` in a module.
    """

    __slots__ = ("block", "chosen", "declared", "item", "name", "what")

    def __init__(
        self,
        what: str,
        name: str,
        *,
        block: str = "",
        item: Any = None,
        chosen: tuple[str | None, ...] | None = None,
        declared: tuple[Module, tree.Decl] | None = None,
    ) -> None:
        self.what = what
        self.name = name
        self.block = block
        self.item = item
        self.chosen = chosen
        self.declared = declared


def wrong(module: Module, node: tree.Node) -> Value:
    """Return the value of something that was reported."""
    return Value(ERROR, module, node)
