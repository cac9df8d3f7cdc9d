"""What `each` makes of a block: one instance for every element of a list that is known when compiling.

The body is checked for every instance, and what is wrong in it is said once: :class:`Gathered` holds what was reported
until all are done.
"""

from __future__ import annotations

from .. import codes, limits
from ..diagnostics import Diagnostic, Fix, Label, article
from ..syntax import tree
from .late import late
from .scope import Scope
from .types import Type
from .values import Value, wrong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..resolve.modules import Module
    from ..resolve.program import BlockDef, Program
    from ..source import Span
    from .checker import Checker

#: What a declared thing is called by the entity that stands for it.
_DECLARED = ("block", "component", "device", "output", "schema")
_SHOWN = 8


class Instances:
    """The instances of one block: for each of its `each` the elements by key, in the order of the list."""

    __slots__ = ("axes", "definition", "lost")

    def __init__(self, definition: BlockDef, axes: list[dict[str, Value]], lost: bool) -> None:
        self.definition = definition
        self.axes = axes
        #: Whether a list is wrong, which was reported: nobody knows what there is.
        self.lost = lost

    def blocks(self) -> Iterator[BlockDef]:
        """Yield every instance, the last list running fastest."""
        variables = [each.variable.text for each in self.definition.decl.eaches]
        for keys in self.keys(()):
            bound = {name: axis[key] for name, axis, key in zip(variables, self.axes, keys, strict=True)}
            yield self.definition.instance(keys, bound)

    def keys(self, chosen: tuple[str | None, ...]) -> Iterator[tuple[str, ...]]:
        """Yield the keys of the instances that ``chosen`` leaves: a key or None (all) for the first lists."""
        made: list[tuple[str, ...]] = [()]
        for position, axis in enumerate(self.axes):
            wanted = chosen[position] if position < len(chosen) else None
            made = [(*keys, key) for keys in made for key in ([wanted] if wanted is not None else axis)]
        yield from made

    def id(self, keys: tuple[str, ...]) -> str:
        """Return the id of an instance."""
        return self.definition.name.text + "".join(f"[{key}]" for key in keys)

    def written(self, keys: tuple[str, ...]) -> str:
        """Return how an instance is named from outside: `fit["eu"]`."""
        indices = (written(axis, key) for axis, key in zip(self.axes, keys, strict=True))
        return self.definition.name.text + "".join(f"[{index}]" for index in indices)


def instances(checker: Checker, program: Program, definition: BlockDef) -> Instances:
    """Return what the lists of a block make of it; a list that is wrong is reported.

    Where one is, there is one instance whose variables have a wrong value, so that the body is checked all the same.
    """
    axes: list[dict[str, Value] | None] = []
    seen: dict[str, tree.Name] = {}
    for each in definition.decl.eaches:
        name = each.variable.text
        if name in seen:
            module = definition.module
            checker.report(
                Diagnostic(
                    codes.DUPLICATE_NAME,
                    f"`{name}` is declared twice",
                    module.span(each.variable),
                    label="declared again",
                    labels=[Label(module.span(seen[name]), "declared first")],
                    help=["give one of them another name"],
                )
            )
            axes.append(None)
            continue
        seen[name] = each.variable
        room = limits.INSTANCES
        for axis in axes:
            room //= max(1, len(axis or ()))
        axes.append(_Axis(checker, program, definition.module, each, room).elements())
    lost = any(axis is None for axis in axes)
    made = [
        axis if axis is not None else {each.variable.text: wrong(definition.module, each.over)}
        for axis, each in zip(axes, definition.decl.eaches, strict=True)
    ]
    return Instances(definition, made, lost)


class _Axis:
    """One `each x in list`; ``room`` is how many elements it may have."""

    __slots__ = ("checker", "each", "module", "program", "room")

    def __init__(
        self, checker: Checker, program: Program, module: Module, each: tree.Each, room: int
    ) -> None:
        self.checker = checker
        self.program = program
        self.module = module
        self.each = each
        self.room = room

    def elements(self) -> dict[str, Value] | None:
        """Return the elements by key, or None after reporting what is wrong with the list."""
        over = self.each.over
        value = self.checker.expressions.evaluate(over, Scope(self.module, self.program))
        if value.wrong:
            return None
        if value.type.base not in ("list", "range"):
            self._bad(
                f"`each` goes through a list, but this is {article(value.type.show())}",
                value.span,
                f"write `each {self.each.variable.text} in [{value.text}]` if it is meant alone"
                if value.type.base not in ("map", "module")
                else 'write a list: `["a", "b"]`, `1..3`, or the name of a `let` that is one',
            )
            return None
        values = self._values(value)
        if values is None:
            return None
        found: dict[str, Value] = {}
        numbers: dict[float, Value] = {}
        for item in values:
            key = key_of(item)
            if key is None or not _fits(key):
                self._no_element(item, key)
                return None
            first = found.get(key)
            if first is None and item.type.base == "float":
                first = numbers.setdefault(item.value, item)  # `1.0` and `1` are one number
                first = None if first is item else first
            if first is not None:
                self._twice(item, first, key)
                return None
            found[key] = item
        return found

    def _twice(self, item: Value, first: Value, key: str) -> None:
        """Report an element that another is equal to, or called like."""
        labels = [Label(first.span, "stands here first")] if first.span != item.span else []
        if _is_declared(item) and item.text != first.text:
            self._bad(
                f"two instances would be called `{key}`",
                item.span,
                "an instance is called by the last part of the name of its element: declare one of them by another name",
                [Label(first.span, "so is the one of this")],
            )
            return
        self._bad(
            f"`{_written(item)}` stands twice in this list",
            item.span,
            "each element makes one instance: keep one of them",
            labels,
        )

    def _values(self, value: Value) -> list[Value] | None:
        declared = value.entity is not None and value.entity.what == "list"
        if not value.known and not declared:
            self.checker.report(late("what `each` goes through is", value.span))
            return None
        if isinstance(value.value, tuple):
            low, high = value.value
            if (
                not isinstance(low, int)
                or not isinstance(high, int)
                or value.type.of is None
                or value.type.of.base != "int"
            ):
                self._bad(
                    "`each` goes through whole numbers, and this range has others",
                    value.span,
                    "write the elements as a list: `[0.1, 0.2]`",
                )
                return None
            if high - low >= self.room:
                self._too_many(high - low + 1, value)
                return None
            raw: list[object] = list(range(low, high + 1))
        else:
            raw = list(value.entity.item) if declared and value.entity is not None else list(value.value)
        if not raw:
            self._bad(
                "this list is empty, so there would be no instance at all",
                value.span,
                "write at least one element, or take the block away: `remove`",
            )
            return None
        if len(raw) > self.room:
            self._too_many(len(raw), value)
            return None
        if declared:
            return [item for item in raw if isinstance(item, Value)]
        over = self.each.over
        nodes: tuple[tree.Expr, ...] = over.items if isinstance(over, tree.List) else ()
        of = value.type.of or Type("any")
        return [
            Value(of, self.module, nodes[number] if nodes else over, known=True, value=item)
            for number, item in enumerate(raw)
        ]

    def _no_element(self, item: Value, key: str | None) -> None:
        if key is None:
            message = f"an instance cannot be named by {article(item.type.show())}"
            help = "elements are texts, numbers, truth values and declared things"
        elif not key.strip():
            message, help = "an instance cannot be named by an empty text", 'write a text, such as `"all"`'
        elif len(key) > limits.KEY:
            message = f"an instance cannot be named by a text of {len(key)} characters"
            help = f"it has {limits.KEY} at most: choose a short name, and let an `if` or a map give the long text"
        else:
            message = "an instance cannot be named by a text with brackets or characters that do not print"
            help = "choose a plain name, and let an `if` or a map give the text"
        self._bad(message, item.span, help)

    def _too_many(self, size: int, value: Value) -> None:
        several = self.room < limits.INSTANCES
        self.checker.report(
            Diagnostic(
                codes.TOO_MANY_INSTANCES,
                f"this list has {size} elements"
                + (
                    f", which with those before makes more than {limits.INSTANCES} instances"
                    if several
                    else f", and a block has {limits.INSTANCES} instances at most"
                ),
                value.span,
                label="too many",
                help=["an instance is a step of its own: go through larger parts, and loop inside the step"],
            )
        )

    def _bad(self, message: str, span: Span, help: str, labels: list[Label] | None = None) -> None:
        self.checker.report(Diagnostic(codes.BAD_EACH, message, span, labels=labels or [], help=[help]))


def key_of(value: Value) -> str | None:
    """Return the key of the instance that an element names, or None where it can name none."""
    entity = value.entity
    if entity is not None and entity.what in _DECLARED:
        return (entity.block or entity.name).rpartition(".")[2]
    raw = value.value
    if not value.known or raw is None:
        return None
    if isinstance(raw, str):
        return raw
    if value.type.base not in ("bool", "int", "float"):
        return None
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return repr(raw)


def _fits(key: str) -> bool:
    return bool(key.strip()) and len(key) <= limits.KEY and key.isprintable() and not set(key) & set("[]")


def _is_declared(value: Value) -> bool:
    return value.entity is not None and value.entity.what in _DECLARED


def _written(value: Value) -> str:
    if value.entity is not None and value.entity.what in _DECLARED:
        return value.text  # with the name of the module in front: `boards.nano`
    return f'"{value.value}"' if isinstance(value.value, str) else key_of(value) or value.text


def written(axis: dict[str, Value], key: str) -> str:
    """Return how an index is written that names the element ``key`` of a list."""
    return _written(axis[key])


def listed(text: str, axis: dict[str, Value]) -> str:
    """Return the instances of the block that is written ``text``, for a help text: the first few of many."""
    known = ", ".join(f"`{text}[{written(axis, key)}]`" for key in list(axis)[:_SHOWN])
    return known + (", …" if len(axis) > _SHOWN else "")


def missing_index(found: Instances, chosen: tuple[str | None, ...], span: Span, scope: Scope) -> Diagnostic:
    """Return the diagnostic for a block with `each` that is named as if there were one of it only."""
    name = found.definition.name.text
    axis = found.axes[len(chosen)]
    text = span.text
    fitting = [
        variable for variable, value in (scope.values or {}).items() if value.wrong or key_of(value) in axis
    ]
    fixes = (
        [Fix(f"write `{text}[{fitting[0]}]`", [(span, f"{text}[{fitting[0]}]")], safe=False)]
        if fitting
        else []
    )
    return Diagnostic(
        codes.MISSING_INDEX,
        f"`{text}` stands for {len(list(found.keys(chosen)))} instances: which one is meant?"
        if not chosen
        else f"`{text}` lacks an index: `{name}` has {len(found.axes)} `each`",
        span,
        label=f"did you mean `{text}[{fitting[0]}]`?" if fitting else "which one?",
        labels=[
            Label(
                found.definition.module.span(found.definition.decl.eaches[len(chosen)]),
                "one for each of these",
            )
        ],
        help=[f"there is {listed(text, axis)}; all of them are `{text}[*]`"],
        fixes=fixes,
    )


def unknown_instance(checker: Checker, found: Instances, position: int, index: Value) -> Diagnostic:
    """Return the diagnostic for an index that is no element of the list."""
    name = found.definition.name.text
    axis = found.axes[position]
    each = found.definition.decl.eaches[position]
    labels = [Label(found.definition.module.span(each.over), "its elements are these")]
    key = key_of(index)
    literal = isinstance(index.node, tree.String | tree.Number | tree.Bool)
    near = (
        checker.modules.nearest(key, list(axis)) if isinstance(index.value, str) and key is not None else None
    )
    fix = written(axis, near) if near is not None else ""
    shown = index.text if literal or key is None else f"{_written(index)}"
    known = ", ".join(written(axis, each) for each in list(axis)[:_SHOWN]) + (
        ", …" if len(axis) > _SHOWN else ""
    )
    return Diagnostic(
        codes.UNKNOWN_INSTANCE,
        f"`{name}` has no instance {shown}"
        if key is not None
        else f"`{name}` has no instance named by {article(index.type.show())}",
        index.span,
        label=f"did you mean `{fix}`?" if fix else "not in the list" if literal else f"this comes to {shown}",
        labels=labels,
        help=[] if fix else [f"there is {known}"],
        fixes=[Fix(f"write `{fix}`", [(index.span, fix)])] if fix and literal else [],
    )


class Gathered:
    """What was reported of the instances of one block, each mistake once."""

    __slots__ = ("_found", "_now")

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, int, int], tuple[Diagnostic, list[BlockDef]]] = {}
        self._now: BlockDef | None = None

    def at(self, instance: BlockDef) -> None:
        """Take what is reported from now on as said of ``instance``."""
        self._now = instance

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep a diagnostic, unless the same mistake was found in another instance."""
        span = diagnostic.span
        place = (span.source.path, span.start, span.end) if span is not None else ("", 0, 0)
        _, where = self._found.setdefault((diagnostic.code.code, *place), (diagnostic, []))
        if self._now is not None and (not where or where[-1] is not self._now):
            where.append(self._now)

    def tell(self, checker: Checker, first: BlockDef) -> None:
        """Report what was found; what is wrong in some instances only says in which."""
        for diagnostic, where in self._found.values():
            if where and where[0] is not first:
                shown = ", ".join(f"`{block.id}`" for block in where[:_SHOWN])
                more = f" and {len(where) - _SHOWN} more" if len(where) > _SHOWN else ""
                diagnostic.help = (*diagnostic.help, f"it is so in {shown}{more} only")
            checker.report(diagnostic)
