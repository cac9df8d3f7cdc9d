"""What an expression comes to: types, known values, and the IR's expression for what is known later only."""

from __future__ import annotations

from .. import codes, limits
from ..diagnostics import Diagnostic, Fix, Label, article
from ..resolve.program import BlockDef, ValueDef
from ..resolve.similar import nearest
from ..source import Span
from ..syntax import tree
from ..syntax.edits import removal
from . import intervals
from .late import USE_LET, late
from .order import SHOWN_OF_CIRCLE, names_in
from .scope import Scope
from .types import ARTEFACTS, BLOCK, BOOL, FLOAT, INT, NESTED, NONE, NUMBERS, STRING, TEXTS, Type
from .units import DIMENSIONS, LONG, UNITS, meant, to_base, units_of
from .values import Entity, Value, wrong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..ir.nodes import Json
    from ..resolve.modules import Module
    from ..resolve.program import Program
    from .checker import Checker
    from .instances import Instances
    from .typed import TypedBlock

_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_FUNCTIONS = ("min", "max", "count")
#: What a test may ask beside: whether a block would run, and what is known of it before.
_FACT_FUNCTIONS = ("runs", "estimate")
_LISTED = ("block", "output", "column", "quantity", "schema", "device")


class _Let:
    __slots__ = ("decl", "key", "module", "name", "value")

    def __init__(self, module: Module, name: str, decl: tree.Decl, value: tree.Expr | None) -> None:
        self.module = module
        self.name = name
        self.decl = decl
        self.value = value
        self.key = (module.path, name, decl.start)


def _lets_in(let: _Let, program: Program | None) -> list[_Let]:
    """Return the lets beside ``let`` that its value names."""
    found = []
    for name, _ in names_in(let.value) if let.value is not None else ():
        if program is not None:
            item = program.names.get(name)
            if isinstance(item, ValueDef) and item.decl.kind.text == "let":
                found.append(_Let(item.value_module, name, item.decl, item.value))
        else:
            decl = let.module.find(name, "let")
            if decl is not None:
                found.append(_Let(let.module, name, decl, decl.value))
    return found


class Expressions:
    """Evaluates expressions in a scope; every problem is reported once and gives a wrong value."""

    __slots__ = ("_file_lets", "_given", "_lets", "checker", "report")

    def __init__(self, checker: Checker) -> None:
        self.checker = checker
        self.report = checker.report
        #: What lets came to, by file, name and place: those of the pipeline, and those of files.
        self._lets: dict[tuple[str, str, int], Value] = {}
        self._file_lets: dict[tuple[str, str, int], Value] = {}
        #: Characters and elements that lets, interpolations and lists came to under this environment.
        self._given = 0

    def evaluate(self, node: tree.Expr, scope: Scope) -> Value:
        """Return the value of ``node``."""
        answer = _BY_CLASS.get(node.__class__)
        return answer(self, node, scope) if answer is not None else wrong(scope.module, node)

    def _number(self, node: tree.Number, scope: Scope) -> Value:
        value = node.value
        if isinstance(value, float) and value in (float("inf"), float("-inf")):
            span = scope.module.span(node)
            self.report(Diagnostic(codes.BAD_NUMBER, "this number is too large", span, label="no such float"))
            return wrong(scope.module, node)
        type = INT if isinstance(value, int) else FLOAT
        return Value(type, scope.module, node, known=True, value=value)

    # -- names -------------------------------------------------------------------------------------------------

    def _reference(self, node: tree.Ref, scope: Scope) -> Value:
        value = self._first(node, scope)
        for index in range(1, len(node.names)):
            if value.wrong:
                return wrong(scope.module, node)
            value = self._member(value, node.names[index], node.part(scope.module.source, index), node, scope)
        if value.wrong:
            return wrong(scope.module, node)
        return value if value.node is node else value.at(value.module, node)

    def _first(self, node: tree.Ref, scope: Scope) -> Value:
        name = node.names[0]
        module, program = scope.module, scope.program
        item = program.names.get(name) if program is not None else None
        if scope.values is not None and name in scope.values:
            bound = scope.values[name]
            if program is not None and scope.quantities is not None and name in scope.quantities:
                owner = self.checker.shown(scope.block)
                self.report(
                    Diagnostic(
                        codes.AMBIGUOUS_NAME,
                        f"`{name}` is a quantity of `{owner}` and a variable of its `each`",
                        node.part(module.source, 0),
                        label="which one?",
                        help=[f"write `{owner}.{name}` for the quantity, or give the variable another name"],
                    )
                )
                return wrong(module, node)
            return bound.at(module, node) if not bound.wrong else wrong(module, node)
        if scope.quantities is not None and name in scope.quantities:
            if item is not None:
                return self._either(node, "quantity", item, scope)
            return self._quantity_of(scope.block, scope.prefix + name, name, scope, node)
        if scope.quantities is not None and self._is_compared(scope.block, name):
            if item is None:
                return self._compared_input(scope.block, name, node, scope)
            return self._either(node, "input", item, scope)
        if item is not None:
            return self._item(item, node, scope)
        decl = module.names.get(name)
        if decl is not None:
            return self._declared(module, decl, name, node)
        used = module.aliases.get(name)
        if used is not None:
            return Value(Type("module"), module, node, entity=Entity("module", name, item=used[1]))
        self._unknown(name, node.part(module.source, 0), scope)
        return wrong(module, node)

    def _either(self, node: tree.Ref, what: str, item: BlockDef | ValueDef, scope: Scope) -> Value:
        """Report a name that is a quantity or an input of the block in which it stands, and something of the pipeline as well."""
        owner, name, kind = self.checker.shown(scope.block), node.names[0], item.decl.kind.text
        self.report(
            Diagnostic(
                codes.AMBIGUOUS_NAME,
                f"`{name}` is {article(what)} of `{owner}` and a `{kind}` of the pipeline",
                node.part(scope.module.source, 0),
                label="which one?",
                labels=[Label(item.span, f"the `{kind}`")],
                help=[f"write `{owner}.{name}` for the {what}, or give the `{kind}` another name"],
            )
        )
        return wrong(scope.module, node)

    def _is_compared(self, id: str, name: str) -> bool:
        """Return whether ``name`` is an input of a block that is measured beside what the block judges."""
        typed = self.checker.block(id)
        port = typed.component.inputs.get(name) if typed is not None and typed.component is not None else None
        return port is not None and "compared" in port.marks

    def _compared_input(self, id: str, name: str, node: tree.Node, scope: Scope) -> Value:
        """Return such an input, by which its figures are reached (`baseline.auc`): none where it is not given."""
        typed = self.checker.block(id)
        entity = Entity("compared", name, block=id)
        if typed is not None and name not in typed.inputs:
            return Value(NONE, scope.module, node, known=True, value=None, entity=entity)
        if typed is None or not typed.inputs[name][0].type.optional:
            return Value(Type("model"), scope.module, node, entity=entity)
        # Whether there is one is a figure that the step measures: 1, or none at all.
        there: Json = {"otherwise": [{"metric": {"node": id, "name": name}}, None]}
        return Value(Type("model", optional=True), scope.module, node, expr=there, entity=entity)

    def _of_compared(
        self, value: Value, entity: Entity, name: str, span: Span, node: tree.Node, scope: Scope
    ) -> Value:
        """Return a figure of an input that is measured beside what is judged."""
        if not value.known:
            return self._quantity_of(entity.block, f"{entity.name}.{name}", name, scope, node, span)
        owner = self.checker.shown(entity.block)
        self.report(
            Diagnostic(
                codes.UNKNOWN_MEMBER,
                f"`{owner}` is given no `{entity.name}`, so there is no `{entity.name}.{name}`",
                span,
                label="not measured",
                help=[
                    f"write `{entity.name} = …` in `{owner}`, or ask first: `{entity.name} == none or …`",
                ],
            )
        )
        return wrong(scope.module, node)

    def _declared(self, module: Module, decl: tree.Decl, name: str, node: tree.Node) -> Value:
        kind = decl.kind.text
        if kind == "schema":
            schema = self.checker.declarations.schema(module, decl)
            return Value(Type("schema"), module, node, entity=Entity("schema", name, item=schema))
        if kind == "let" and decl.value is not None:
            return self.let(module, decl, name, node, None)
        if kind == "device":
            return self.checker.device(module, decl, node)
        return Value(Type(kind), module, node, entity=Entity(kind, name, item=(module, decl)))

    def _item(self, item: BlockDef | ValueDef, node: tree.Node, scope: Scope) -> Value:
        module, program = scope.module, scope.program
        if program is not None and item.name.text in program.doubtful:
            return wrong(module, node)
        if isinstance(item, BlockDef):
            if not item.kind:
                return wrong(module, node)
            if item.decl.eaches:
                return Value(BLOCK, module, node, entity=Entity("each", item.id, chosen=()))
            return Value(BLOCK, module, node, entity=Entity("block", item.id, block=item.id))
        name = item.name.text
        kind = item.decl.kind.text
        if kind == "let":
            return self.let(item.value_module, item.decl, name, node, scope, item)
        type = self.checker.value_type(item)
        if type.base == "error":
            return wrong(module, node)
        what = "secret" if kind == "secret" else "param"
        return Value(type, module, node, expr={what: name}, entity=Entity(what, name, item=item))

    def let(
        self,
        module: Module,
        decl: tree.Decl,
        name: str,
        node: tree.Node,
        scope: Scope | None,
        item: ValueDef | None = None,
    ) -> Value:
        """Return what a let of a file, or with ``item`` of the pipeline, comes to, as the value of ``node``."""
        program = scope.program if scope is not None and item is not None else None
        at = scope.module if scope is not None else module
        known = self._lets if program is not None else self._file_lets
        start = _Let(module, name, decl, item.value if item is not None else decl.value)
        if start.key not in known:
            self._evaluate_lets(start, program, known)
        found = known[start.key]
        if found.size > 1 and not self._has_room(found.size, at, node):
            return wrong(at, node)
        return found.at(at, node) if not found.wrong else wrong(at, node)

    def _evaluate_lets(
        self, start: _Let, program: Program | None, known: dict[tuple[str, str, int], Value]
    ) -> None:
        """Evaluate a let, those that it names first, without recursion: there may be thousands in a row."""
        path = [start]
        place = {start.key: 0}
        waiting = [iter(_lets_in(start, program))]
        while path:
            following = next(waiting[-1], None)
            if following is None:
                waiting.pop()
                let = path.pop()
                del place[let.key]
                if let.key not in known:
                    known[let.key] = self._let_value(let, program)
            elif following.key not in known:
                on_path = place.get(following.key)
                if on_path is None:
                    place[following.key] = len(path)
                    path.append(following)
                    waiting.append(iter(_lets_in(following, program)))
                    continue
                self._let_circle(path[on_path:])
                for let in path[on_path:]:
                    known[let.key] = wrong(let.module, let.decl)

    def _let_value(self, let: _Let, program: Program | None) -> Value:
        if let.value is None:
            return wrong(let.module, let.decl)
        if let.decl.type is None:
            return self.evaluate(let.value, Scope(let.module, program))
        type = self.checker.declarations.type(let.module, let.decl.type)
        value = self.evaluate(let.value, Scope(let.module, program, wanted=type))
        if type.base == "error":
            return wrong(let.module, let.value)
        return self.checker.fit(value, type, f"`{let.name}`")

    def _let_circle(self, circle: list[_Let]) -> None:
        first = circle[0]
        self.report(
            Diagnostic(
                codes.CYCLE,
                f"`{first.name}` is declared by way of itself",
                first.module.span(first.decl.name or first.decl),
                labels=[
                    Label(let.module.span(let.decl.name or let.decl), "by way of this")
                    for let in circle[1:SHOWN_OF_CIRCLE]
                ],
                help=["take out one of the names that lead back to it"],
            )
        )

    def forget_lets(self) -> None:
        """Forget what the lets of the pipeline came to: another environment may give them other values."""
        self._lets.clear()
        self._given = 0

    def _has_room(self, size: int, module: Module, node: tree.Node) -> bool:
        """Return whether a value of this size can be had beside those made before; report where it is the first that cannot."""
        before = self._given
        if before > limits.VALUES:
            return False  # said of the first one
        self._given = before + size
        if self._given <= limits.VALUES:
            return True
        self._over(
            f"all values of this pipeline together come to more than {limits.VALUES:,} characters and elements",
            module.span(node),
            "from here on",
            "keep in a file, as data, what is as large as this",
        )
        return False

    def _made(self, value: Value, parts: list[Value]) -> Value:
        """Return ``value``, which was made of ``parts``, with its size; one that is too large or deep is reported."""
        size, depth = 1, 0
        for part in parts:
            size += part.size
            if part.depth > depth:
                depth = part.depth
        if not self._fits(size, depth + 1, value.module, value.node):
            return wrong(value.module, value.node)
        value.size = size
        value.depth = depth + 1
        return value

    def _fits(self, size: int, depth: int, module: Module, node: tree.Node) -> bool:
        """Return whether there may be a value of this size and depth; report where not."""
        if size > limits.VALUE:
            self._over(
                f"this value comes to more than {limits.VALUE:,} characters and elements",
                module.span(node),
                "too large",
                "what is put together of itself again and again doubles each time",
            )
            return False
        if depth > limits.DEPTH_OF_VALUE:
            self._over(
                f"lists, maps and operations stand more than {limits.DEPTH_OF_VALUE} deep in this value",
                module.span(node),
                "too deep, with all the lets that it names",
                "compute it inside a step, or name the parts one beside the other",
            )
            return False
        return size == 1 or self._has_room(size, module, node)

    def _over(self, message: str, span: Span, label: str, help: str) -> None:
        self.report(Diagnostic(codes.OVER_LIMIT, message, span, label=label, help=[help]))

    def _unknown(self, name: str, span: Span, scope: Scope) -> None:
        program = scope.program
        if scope.module.is_lost(name):
            return  # reported where it should have been declared
        wanted = scope.wanted
        if wanted is not None and wanted.base == "call" and wanted.module is not None:
            decl = wanted.module.find(name, "component")
            if decl is not None and decl.type is not None and decl.type.name.text == wanted.framework:
                self._not_called(name, span, wanted)
                return
            from .calls import names

            meant = self.checker.modules.nearest(name, names(wanted))
            if meant is not None:
                self._not_called(name, span, wanted, meant)
                return
        removed = program.removed.get(name) if program is not None else None
        if program is not None and removed is not None:
            self.report(
                Diagnostic(
                    codes.UNKNOWN_NAME,
                    f"`{name}` is needed, but environment `{program.environment}` takes it away",
                    span,
                    label="needed here",
                    labels=[Label(removed, "taken away here")],
                    help=["change or take away what needs it in this environment as well"],
                )
            )
            return
        modules, near = self.checker.modules, None
        if modules.suggests:
            near = modules.nearest(name, scope.likely_names())
        if near is None and program is not None and program.forgives(name):
            return  # most likely what was given a name that was taken: reported there
        artefact = scope.wanted is not None and scope.wanted.base in (*ARTEFACTS, "column")
        if near is None and scope.quantities is None and not artefact and modules.suggests:
            near = self.checker.modules.nearest(name, scope.names())
        near = near or _WORDS.get(name.lower()) or nearest(name, ("true", "false", "none"))
        if scope.quantities is not None:
            shown = ", ".join(f"`{known}`" for known in scope.quantities)
            owner = self.checker.shown(scope.block)
            typed = self.checker.block(scope.block)
            others = self.checker.measured_by(name, typed) if near is None and typed is not None else []
            if others and typed is not None and typed.misfit:
                return  # another component was meant, as was said
            if typed is not None and typed.component is not None and typed.component.may_have(name):
                return
            elsewhere = (
                [f"`{name}` is measured by {', '.join(f'`{each}`' for each in others)}"] if others else []
            )
            self.report(
                Diagnostic(
                    codes.UNKNOWN_METRIC,
                    f"`{owner}` has no quantity `{name}`",
                    span,
                    label=f"did you mean `{near}`?" if near else "not measured here",
                    help=[*elsewhere, f"`{owner}` measures {shown}"] if shown else elsewhere,
                    fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
                )
            )
            return
        wanted = scope.wanted
        if near is None and wanted is not None and wanted.choices is not None and name in wanted.choices:
            near = f'"{name}"'
        self.report(
            Diagnostic(
                codes.UNKNOWN_NAME,
                f"there is no `{name}` here",
                span,
                label=f"did you mean `{near}`?" if near else "not declared",
                help=_in_a_text(name)
                if near is None and span.source.text[span.start - 2 : span.start] == "${"
                else _how_to_declare(name, scope.wanted, near, self.checker.makers(scope.wanted)),
                fixes=[Fix(f"write `{near}`", [(span, near)])]
                if near
                else [Fix(f'write `"{name}"`', [(span, f'"{name}"')], safe=False)]
                if scope.wanted is not None and scope.wanted.base in TEXTS
                else [],
            )
        )

    def _not_called(self, name: str, span: Span, wanted: Type, meant: str = "") -> None:
        message = f"`{name}` is {article(wanted.framework)} that is called"
        if meant:
            message = f"there is no {wanted.framework} `{name}`"
        self.report(
            Diagnostic(
                codes.UNKNOWN_NAME if meant else codes.WRONG_TYPE,
                message,
                span,
                label=f"did you mean `{meant}(…)`?" if meant else "not called",
                help=[f"write `{meant or name}(…)`"],
                fixes=[Fix(f"write `{meant or name}()`", [(span, f"{meant or name}()")], safe=False)],
            )
        )

    def _member(self, value: Value, name: str, span: Span, node: tree.Node, scope: Scope) -> Value:
        if value.wrong:
            return wrong(scope.module, node)
        entity = value.entity
        what = entity.what if entity is not None else ""
        if entity is not None and what == "each":
            self._whole(value, scope, part=name)
            return wrong(scope.module, node)
        if entity is not None and what == "list":
            return self._member_of_all(value, entity, name, span, node, scope)
        if entity is not None and what == "block":
            return self._member_of_block(entity.block, name, span, node, scope)
        if entity is not None and what == "output":
            return self._column_of(value, entity, name, span, node, scope)
        if entity is not None and what == "module":
            used: Module = entity.item
            decl = used.names.get(name)
            if decl is not None:
                return self._declared(used, decl, name, node).replace(module=scope.module)
            if not used.is_lost(name):
                near = self.checker.modules.nearest(name, used.names)
                help = [] if near else [_what_it_declares(used)]
                self._no_member(f"`{entity.name}` declares no `{name}`", span, near, help)
            return wrong(scope.module, node)
        if entity is not None and what == "estimate":
            from .facts import estimated

            return estimated(self.checker, value, name, span, node, scope)
        if entity is not None and what == "compared":
            return self._of_compared(value, entity, name, span, node, scope)
        if entity is not None and what == "nested" and scope.facts:
            typed = self.checker.block(entity.block)
            setting = (
                self._setting(typed, f"{entity.name}.{name}", node, scope) if typed is not None else None
            )
            if setting is not None:
                return setting
        if entity is not None and what == "nested":
            return self._quantity_of(entity.block, f"{entity.name}.{name}", name, scope, node, span)
        if entity is not None and what == "device":
            return self._figure_of(value, entity, name, span, node, scope)
        if entity is not None and what == "secret":
            self._no_member("a secret has no parts", span, None, [])
            return wrong(scope.module, node)
        if entity is not None and what == "schema":
            self._column_of_schema(entity, name, span)
            return wrong(scope.module, node)
        shown = entity.what if entity is not None and what != "if" else value.type.show()
        self._no_member(
            f"{article(shown) if shown != 'none' else '`none`'} has no `{name}`",
            span,
            None,
            _by_key(value, name),
        )
        return wrong(scope.module, node)

    def _figure_of(
        self, value: Value, entity: Entity, name: str, span: Span, node: tree.Node, scope: Scope
    ) -> Value:
        """Return a figure of a device: `boards.nano33.flash`."""
        spec = entity.item
        param = spec.params.get(name)
        if param is None:
            near = self.checker.modules.nearest(name, spec.params)
            shown = ", ".join(f"`{each}`" for each in spec.params)
            self._no_member(
                f"`{entity.name}` is {article(f'`{spec.name}`')} and has no `{name}`",
                span,
                near,
                [] if near else [f"it has {shown}"],
            )
            return wrong(scope.module, node)
        type = param.type.replace(low=None, high=None, limit=None)
        return Value(type, scope.module, node, known=True, value=value.value.get(name))

    # -- instances ---------------------------------------------------------------------------------------------

    def _whole(self, value: Value, scope: Scope, part: str = "") -> Value:
        """Return ``value``, unless it is a block with `each` that lacks an index: that is reported."""
        entity = value.entity
        if entity is None or entity.what != "each":
            return value
        found = self.checker.instances(entity.name)
        if found is not None and not found.lost:
            from .instances import missing_index

            span = value.span
            if part and isinstance(value.node, tree.Ref):
                span = value.node.part(scope.module.source, 0)
            self.report(missing_index(found, entity.chosen or (), span, scope))
        return wrong(value.module, value.node)

    def _indexed(self, node: tree.Expr, scope: Scope) -> Value:
        """Return what is about to be indexed: there a block with `each` may stand by its name alone."""
        if isinstance(node, tree.Ref):
            return self._reference(node, scope)
        return self._index(node, scope) if isinstance(node, tree.Index) else self.evaluate(node, scope)

    def _instance(self, node: tree.Index, entity: Entity, scope: Scope) -> Value:
        """Return the instance, or with `*` all those, that an index means."""
        from .instances import key_of, unknown_instance

        module, chosen = scope.module, entity.chosen or ()
        found = self.checker.instances(entity.name)
        index = None
        if node.index is not None:
            if found is not None and not found.lost and self._quotes_missing(node, found, chosen, scope):
                return wrong(module, node)
            index = self.evaluate(node.index, scope.wanting(None))
        if found is None or found.lost or (index is not None and index.wrong):
            return wrong(module, node)
        if len(chosen) == len(found.axes):
            self._index_too_many(found.definition, node, scope)
            return wrong(module, node)
        key = None
        if index is not None:
            key = key_of(index)
            axis = found.axes[len(chosen)]
            if key is None and not index.known and index.type.base != "block":
                help = ["write an element of the list, or name a `let`"]
                self.report(late("which instance is meant is", index.span, help=help))
                return wrong(module, node)
            if key is None or key not in axis or _join(axis[key].type, index.type) is None:
                self.report(unknown_instance(self.checker, found, len(chosen), index))
                return wrong(module, node)
        chosen = (*chosen, key)
        if None in chosen:
            if not self._has_room(len(list(found.keys(chosen))) * limits.LISTED, module, node):
                return wrong(module, node)
            blocks = [
                Value(BLOCK, module, node, entity=Entity("block", id, block=id))
                for id in map(found.id, found.keys(chosen))
            ]
            whole = Entity("list", entity.name, item=blocks, chosen=chosen)
            return Value(Type("list", of=BLOCK), module, node, entity=whole)
        if len(chosen) < len(found.axes):
            return Value(BLOCK, module, node, entity=Entity("each", entity.name, chosen=chosen))
        id = found.id(tuple(each for each in chosen if each is not None))
        return Value(BLOCK, module, node, entity=Entity("block", id, block=id))

    def _quotes_missing(
        self, node: tree.Index, found: Instances, chosen: tuple[str | None, ...], scope: Scope
    ) -> bool:
        """Report `sales[eu]`, where `eu` is no name: text stands in quotes, and there are these instances only."""
        index = node.index
        name = index.names[0] if isinstance(index, tree.Ref) and len(index.names) == 1 else ""
        if index is None or not name or len(chosen) >= len(found.axes) or scope.sees(name):
            return False
        axis = found.axes[len(chosen)]
        element = axis.get(name)
        span = scope.module.span(index)
        if element is None or not isinstance(element.value, str):
            return element is None and self._no_instance(name, span, node, axis, scope)
        self.report(
            Diagnostic(
                codes.UNKNOWN_NAME,
                f"there is no `{name}` here",
                span,
                label=f'did you mean `"{name}"`?',
                labels=[Label(element.span, "the element is a text")],
                fixes=[Fix(f'write `"{name}"`', [(span, f'"{name}"')])],
            )
        )
        return True

    def _no_instance(
        self, name: str, span: Span, node: tree.Index, axis: dict[str, Value], scope: Scope
    ) -> bool:
        """Report an index that is no name and like none: what instances there are."""
        program, modules = scope.program, self.checker.modules
        if scope.module.is_lost(name) or (
            program is not None and (name in program.removed or program.displaced)
        ):
            return False  # what became of the name is said where names are looked up
        if modules.nearest(name, scope.names()):
            return False
        from .instances import listed, written

        near = modules.nearest(name, list(axis))
        fix = written(axis, near) if near is not None else ""
        text = scope.module.source.text[node.object.start : node.object.end]
        self.report(
            Diagnostic(
                codes.UNKNOWN_NAME,
                f"there is no `{name}` here",
                span,
                label=f"did you mean `{fix}`?" if fix else "not declared",
                help=[] if fix else [f"there is {listed(text, axis)}"],
                fixes=[Fix(f"write `{fix}`", [(span, fix)])] if fix else [],
            )
        )
        return True

    def _index_too_many(self, definition: BlockDef, node: tree.Index, scope: Scope) -> None:
        count = len(definition.decl.eaches)
        many = f"{count} `each`" if count > 1 else "one `each`"
        self._bad_operand(
            f"`{definition.name.text}` has {many}: this is an index too many", scope.module.span(node)
        )

    def _member_of_all(
        self, value: Value, entity: Entity, name: str, span: Span, node: tree.Node, scope: Scope
    ) -> Value:
        """Return the list of what every element of a list has by this name."""
        found: list[Value] = []
        for item in entity.item:
            made = self._member(item, name, span, node, scope)
            if made.wrong:
                return wrong(scope.module, node)  # one mistake, however many instances
            found.append(made)
        if not self._has_room(len(found) * limits.LISTED, scope.module, node):
            return wrong(scope.module, node)
        type = Type("list", of=found[0].type) if found else Type("list", of=Type("any"))
        whole = Entity("list", name, item=found)
        if all(item.known for item in found):
            values = [item.value for item in found]
            return Value(type, scope.module, node, known=True, value=values, entity=whole)
        return Value(type, scope.module, node, expr=[item.to_json() for item in found], entity=whole)

    def _column_of_schema(self, entity: Entity, name: str, span: Span) -> None:
        """Say how a column is named that was named through its schema."""
        schema = entity.item
        near = name if name in schema.columns else self.checker.modules.nearest(name, schema.columns)
        help = [f"such as `{each}.{near or name}`" for each in self.checker.data_of(schema)[:1]]
        message = f"`{entity.name}` is a schema: a column is named through its data"
        self._no_member(message, span, None, help)

    def _no_member(
        self, message: str, span: Span, near: str | None, help: list[str], code: Any = None
    ) -> None:
        self.report(
            Diagnostic(
                code or codes.UNKNOWN_MEMBER,
                message,
                span,
                label=f"did you mean `{near}`?" if near else "not there",
                help=help,
                fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
            )
        )

    def _member_of_block(self, id: str, name: str, span: Span, node: tree.Node, scope: Scope) -> Value:
        module = scope.module
        typed = self.checker.block(id)
        if typed is None or typed.component is None:
            return wrong(module, node)
        own = typed.shown
        output = typed.outputs.get(name)
        if output is not None:
            # What starts a pipeline makes no artefact: the engine gives each run its time, like a param of that name.
            expr: Json = {"param": f"{id}.{name}"} if typed.kind.runs == "trigger" else None
            return Value(output, module, node, expr=expr, entity=Entity("output", name, block=id))
        if name in typed.quantities:
            return self._quantity_of(id, name, name, scope, node, span)
        if self._is_compared(id, name):
            return self._compared_input(id, name, node, scope)
        if scope.facts:
            found = self._setting(typed, name, node, scope)
            if found is not None:
                return found
        if name in typed.component.blocks:
            return Value(NESTED, module, node, entity=Entity("nested", name, block=id))
        spec = typed.component.outputs.get(name)
        if spec is not None:
            self._no_member(
                f"`{own}` has no `{name}`: its `{spec.when}` is not given",
                span,
                None,
                [f"write `{spec.when} = …` in `{own}`"],
            )
            return wrong(module, node)
        datasets = [(port, type) for port, type in typed.outputs.items() if type.base == "dataset"]
        parts = [*typed.outputs, *typed.quantities]
        schema = datasets[0][1].schema if len(datasets) == 1 else None
        if schema is not None and name not in schema.columns:
            meant = self.checker.modules.nearest(name, parts)
            if meant is not None and self.checker.modules.nearest(name, [*schema.columns, meant]) == meant:
                self._no_member(f"`{own}` has no `{name}`", span, meant, [])
                return wrong(module, node)
        if len(datasets) == 1:
            port, type = datasets[0]
            source = Value(type, module, node, entity=Entity("output", port, block=id))
            return self._column_of(source, Entity("output", port, block=id), name, span, node, scope, of=own)
        if typed.component.may_have(name):
            return wrong(module, node)
        known = [*typed.outputs, *typed.quantities, *(typed.given() if scope.facts else ())]
        near = self.checker.modules.nearest(name, known)
        if scope.quantities is not None and typed.quantities:
            shown = ", ".join(f"`{known}`" for known in typed.quantities)
            self._no_member(
                f"`{own}` has no quantity `{name}`",
                span,
                near,
                [f"`{own}` measures {shown}"],
                codes.UNKNOWN_METRIC,
            )
            return wrong(module, node)
        shown = ", ".join(f"`{own}.{each}`" for each in known)
        self._no_member(f"`{own}` has no `{name}`", span, near, [f"there is {shown}"] if shown else [])
        return wrong(module, node)

    def _setting(self, typed: TypedBlock, name: str, node: tree.Node, scope: Scope) -> Value | None:
        """Return what a block is given, or has by default, for a test; None where it takes no such thing."""
        given = typed.setting(name)
        if given is not None:
            return given.at(scope.module, node)
        if typed.has_block(name):
            return Value(NESTED, scope.module, node, entity=Entity("nested", name, block=typed.id))
        return None

    def _column_of(
        self, value: Value, entity: Entity, name: str, span: Span, node: tree.Node, scope: Scope, of: str = ""
    ) -> Value:
        schema = value.type.schema
        where = of or f"{self.checker.shown(entity.block)}.{entity.name}"
        if schema is None and value.type.input:
            return wrong(scope.module, node)
        if schema is None:
            if value.type.base == "dataset":
                self._columns_not_declared(entity, where, span)
            else:
                self._no_member(f"`{where}` is a {value.type.base} and has no `{name}`", span, None, [])
            return wrong(scope.module, node)
        column = schema.columns.get(name)
        if column is not None:
            entity = Entity("column", name, block=entity.block, item=column)
            return Value(Type("column"), scope.module, node, known=True, value=name, entity=entity)
        self.unknown_column(name, span, schema, where)
        return wrong(scope.module, node)

    def _columns_not_declared(self, entity: Entity, where: str, span: Span) -> None:
        typed = self.checker.block(entity.block)
        component = typed.component if typed is not None else None
        port = component.outputs.get(entity.name) if component is not None else None
        labels, help = [], []
        if component is not None and port is not None:
            labels = [Label(port.span, "declared here, without columns")]
            inputs = [name for name, each in component.inputs.items() if each.type.base == "dataset"]
            if inputs:
                help = [
                    f"if it has those of an input, say which: `output {entity.name}: dataset({inputs[0]})`",
                ]
        self.report(
            Diagnostic(
                codes.UNDECLARED_COLUMN,
                f"the columns of `{where}` are not declared, so none can be named",
                span,
                label="not declared",
                labels=labels,
                help=help,
            )
        )

    def unknown_column(self, name: str, span: Span, schema: Any, where: str, prefix: str = "") -> None:
        """Report a column that ``schema`` does not have; ``prefix`` stands before names of columns in fixes."""
        gone = schema.gone.get(name)
        if gone is not None:
            near = gone.new if gone.new in schema.columns else ""
            became = f"renames it to `{gone.new}`" if gone.new else "drops it"
            self.report(
                Diagnostic(
                    codes.UNKNOWN_COLUMN,
                    f"`{where}` has no column `{name}` any more: `{gone.by}` {became}",
                    span,
                    label=f"did you mean `{prefix}{near}`?" if near else "no longer there",
                    labels=[
                        Label(gone.span, f"`{gone.by}` {gone.verb} it here"),
                        Label(gone.column.span, f"`{name}` is declared here"),
                    ],
                    help=[]
                    if near
                    else ["it has " + ", ".join(f"`{each}`" for each in list(schema.columns)[:12])],
                    fixes=[Fix(f"write `{prefix}{near}`", [(span, f"{prefix}{near}")])] if near else [],
                )
            )
            return
        if schema.partial:
            return
        near = self.checker.modules.nearest(name, schema.columns)
        if near is None and schema.rest is not None:
            self.report(
                Diagnostic(
                    codes.UNDECLARED_COLUMN,
                    f"`{name}` is not declared in schema `{schema.name}`: a column that only `...` covers cannot be named",
                    span,
                    label="not declared",
                    labels=[Label(schema.rest_span, "covered by this only")]
                    if schema.rest_span is not None
                    else [],
                    help=[f"declare it in the schema: `{name}: {schema.rest.show()}`"],
                )
            )
            return
        self.report(
            Diagnostic(
                codes.UNKNOWN_COLUMN,
                f"`{where}` has no column `{name}`",
                span,
                label=f"did you mean `{prefix}{near}`?" if near else "no such column",
                labels=[
                    Label(schema.columns[near].span, f"`{near}` is declared here")
                    if near
                    else Label(schema.span, "its columns are declared here")
                ],
                help=[]
                if near
                else ["it has " + ", ".join(f"`{each}`" for each in list(schema.columns)[:12])],
                fixes=[Fix(f"write `{prefix}{near}`", [(span, f"{prefix}{near}")])] if near else [],
            )
        )

    def _quantity_of(
        self, id: str, flat: str, name: str, scope: Scope, node: tree.Node, span: Span | None = None
    ) -> Value:
        typed = self.checker.block(id)
        spec = typed.quantities.get(flat) if typed is not None else None
        if spec is None or typed is None:
            near = self.checker.modules.nearest(flat, typed.quantities) if typed is not None else None
            if near is not None and span is not None:
                near = near.removeprefix(
                    flat.removesuffix(name)
                )  # of what stands before its dot nothing is wrong
            shown = self.checker.shown(id)
            self._no_member(f"`{shown}` has no quantity `{flat}`", span or scope.module.span(node), near, [])
            return wrong(scope.module, node)
        entity = Entity("quantity", flat, block=id, item=spec)
        if scope.estimated is not None and id == scope.block and flat in scope.estimated:
            known = scope.estimated[flat]
            return Value(spec.type, scope.module, node, known=True, value=known, entity=entity)
        return Value(
            spec.type, scope.module, node, expr={"metric": {"node": id, "name": flat}}, entity=entity
        )

    # -- literals ----------------------------------------------------------------------------------------------

    def _quantity(self, node: tree.Quantity, scope: Scope) -> Value:
        unit = node.unit
        module = scope.module
        if unit not in UNITS:
            # Of units that are alike the one of what is asked for is meant: `5m` of a time is no size.
            wanted = scope.wanted.base if scope.wanted is not None else ""
            fitting = [each for each in UNITS if UNITS[each][0] == wanted]
            near = LONG.get(unit.lower()) or self.checker.modules.nearest(unit, fitting or UNITS)
            near = near or meant(unit, wanted if fitting else "", module.source.text)
            near = near or self.checker.modules.nearest(unit, UNITS)
            span = module.span(node)
            number = node.text[: len(node.text) - len(unit)]
            self.report(
                Diagnostic(
                    codes.UNKNOWN_UNIT,
                    f"there is no unit `{unit}`",
                    span,
                    label=f"did you mean `{number}{near}`?" if near else "not a unit",
                    help=[]
                    if near
                    else [
                        "units are "
                        + ", ".join(" ".join(u for u in UNITS if UNITS[u][0] == d) for d in DIMENSIONS)
                    ],
                    fixes=[Fix(f"write `{number}{near}`", [(span, f"{number}{near}")])] if near else [],
                )
            )
            return wrong(module, node)
        return Value(Type(UNITS[unit][0]), module, node, known=True, value=to_base(node.value, unit))

    def _string(self, node: tree.String, scope: Scope) -> Value:
        module, parts = scope.module, node.parts
        if len(parts) == 1 and isinstance(parts[0], str):
            return Value(STRING, module, node, known=True, value=parts[0])
        pieces: list[Any] = []
        secret = failed = False
        known = True
        size = depth = 0
        inside = scope.wanting(None)
        for part in parts:
            if isinstance(part, str):
                pieces.append(part)
                size += len(part)
                continue
            value = self.evaluate(part, inside)
            size += value.size
            depth = max(depth, value.depth)
            if value.wrong:
                failed = True
            elif value.known and isinstance(value.value, bool | int | float | str):
                pieces.append(_shown(value.value))
            elif value.known or value.type.base not in (*NUMBERS, *TEXTS, "bool"):
                self.report(
                    Diagnostic(
                        codes.WRONG_TYPE,
                        "only numbers, texts and truth values can be put into a text",
                        module.span(part),
                        label=article(value.type.show()),
                        help=[_instead_in_a_text(value)],
                    )
                )
                failed = True
            else:
                known = False
                secret = secret or (value.entity is not None and value.entity.what == "secret")
                pieces.append(value.expr)
        if failed or (len(pieces) > 1 and not self._fits(size, depth + 1, module, node)):
            return wrong(module, node)
        if known:
            text = "".join(pieces)
            return Value(STRING, module, node, known=True, value=text)
        entity = Entity("secret", "", item=None) if secret else None
        made = Value(STRING, module, node, expr={"concat": pieces}, entity=entity)
        made.size, made.depth = size + 1, depth + 1
        return made

    def _list(self, node: tree.List, scope: Scope) -> Value:
        module = scope.module
        wanted = scope.wanted
        within = wanted.of if wanted is not None and wanted.base == "list" else None
        inside = scope.wanting(within) if within is not None and within.base == "call" else scope
        items = [self.evaluate(item, inside) for item in node.items]
        if any(item.wrong for item in items):
            return wrong(module, node)
        of = items[0].type if items else Type("any")
        for item in items[1:]:
            joined = _join(of, item.type)
            if joined is None:
                self.report(
                    Diagnostic(
                        codes.WRONG_TYPE,
                        f"a list holds values of one type: this is {item.type.show()}, the first is {of.show()}",
                        item.span,
                        label=item.type.show(),
                        labels=[Label(items[0].span, of.show())],
                        help=[f'write it as a text: `"{item.text}"`']
                        if of.base == "string" and isinstance(item.node, tree.Number)
                        else [],
                    )
                )
                return wrong(module, node)
            of = joined
        type = Type("list", of=of)
        if all(item.known for item in items):
            found = Value(
                type, module, node, known=True, value=[item.value for item in items], entity=_entities(items)
            )
            return self._made(found, items)
        # A literal is copied: one that doubles from let to let has to be stopped before.
        found = self._made(Value(type, module, node, expr=[], entity=_entities(items)), items)
        if not found.wrong:
            found.expr = [item.to_json() for item in items]
        return found

    def _map(self, node: tree.Map, scope: Scope) -> Value:
        module = scope.module
        made: dict[str, Value] = {}
        for entry in node.entries:
            value = self.evaluate(entry.value, scope)
            if isinstance(entry.name, tree.Name):
                key = entry.name.text
            else:
                name = self._string(entry.name, scope)
                if name.wrong or not name.known:
                    return wrong(module, node)
                key = name.value
            if key in made:
                self.report(Diagnostic(codes.DUPLICATE_KEY, f"`{key}` is set twice", module.span(entry.name)))
                return wrong(module, node)
            made[key] = value
        if any(value.wrong for value in made.values()):
            return wrong(module, node)
        # What a map holds need not be alike; where it is, the map can stand where one of that type is asked for.
        joined: Type | None = next(iter(made.values())).type if made else None
        for value in made.values():
            joined = _join(joined, value.type) if joined is not None else None
        type = Type("map", of=joined or Type("any"))
        if all(value.known for value in made.values()):
            whole = Value(type, module, node, known=True, value={k: v.value for k, v in made.items()})
            return self._made(whole, list(made.values()))
        from ..ir.verify import FORMS

        taken = next((key for key in made if key in FORMS), None)
        if taken is not None:
            self.report(
                Diagnostic(
                    codes.BAD_FORMAT,
                    f"a map with values that are known when the pipeline runs only has no key `{taken}`",
                    module.span(node),
                    help=["give it another key"],
                )
            )
            return wrong(module, node)
        secret = any(value.entity is not None and value.entity.what == "secret" for value in made.values())
        entity = Entity("secret", "", item=None) if secret else None
        whole = self._made(Value(type, module, node, expr={}, entity=entity), list(made.values()))
        if not whole.wrong:
            whole.expr = {k: v.to_json() for k, v in made.items()}
        return whole

    def _range(self, node: tree.Range, scope: Scope) -> Value:
        module = scope.module
        low, high = self.evaluate(node.low, scope), self.evaluate(node.high, scope)
        if low.wrong or high.wrong:
            return wrong(module, node)
        of = _join(low.type, high.type)
        if of is None or of.optional or (of.base not in NUMBERS and of.base not in DIMENSIONS):
            self.report(
                Diagnostic(
                    codes.BAD_OPERANDS,
                    f"a range goes from a number to one of its kind, not from {low.type.show()} to {high.type.show()}",
                    module.span(node),
                )
            )
            return wrong(module, node)
        if not low.known or not high.known:
            self.report(late("the ends of a range are", (high if low.known else low).span))
            return wrong(module, node)
        if low.value > high.value:
            self.report(
                Diagnostic(
                    codes.OUT_OF_RANGE,
                    "the range is empty: its low end is above its high end",
                    module.span(node),
                    help=[f"write `{high.text}..{low.text}`"],
                )
            )
            return wrong(module, node)
        return Value(Type("range", of=of), module, node, known=True, value=(low.value, high.value))

    # -- operators ---------------------------------------------------------------------------------------------

    def _unary(self, node: tree.Unary, scope: Scope) -> Value:
        module = scope.module
        value = self.evaluate(node.operand, scope)
        if value.wrong:
            return wrong(module, node)
        if node.operator == "not":
            if not self._truth(value):
                return wrong(module, node)
            if value.known:
                return Value(BOOL, module, node, known=True, value=not value.value)
            return self._made(Value(BOOL, module, node, expr={"op": "not", "args": [value.expr]}), [value])
        if not _numeric(value.type):
            self._bad_operand(f"`-` takes a number, not {value.type.show()}", value.span)
            return wrong(module, node)
        type = Type(value.type.base)
        if value.known:
            return Value(type, module, node, known=True, value=-value.value)
        made = Value(intervals.negative(type, value), module, node, expr={"op": "neg", "args": [value.expr]})
        return self._made(made, [value])

    def _truth(self, value: Value) -> bool:
        if value.type.base == "bool":
            return True
        self.report(
            Diagnostic(
                codes.WRONG_TYPE,
                f"this has to be true or false, but it is {article(value.type.show())}",
                value.span,
                label=article(value.type.show()),
                help=_as_a_comparison(value),
            )
        )
        return False

    def _bad_operand(
        self, message: str, span: Span, labels: list[Label] | None = None, help: list[str] | None = None
    ) -> None:
        self.report(Diagnostic(codes.BAD_OPERANDS, message, span, labels=labels or [], help=help or []))

    def _binary(self, node: tree.Binary, scope: Scope) -> Value:
        module, operator = scope.module, node.operator
        left = self.evaluate(node.left, scope)
        if operator in ("and", "or") and left.known and left.value is (operator == "or"):
            # Decided: the other side may speak of what is not there, `floor == none or auc >= floor`.
            return left.replace(node=node)
        compared = type(node.right) is tree.Quantity and node.right.unit not in UNITS
        right = self.evaluate(node.right, scope.wanting(left.type) if compared else scope)
        if left.wrong or right.wrong:
            return wrong(module, node)
        if operator in ("and", "or"):
            return self._logic(node, left, right, scope)
        if operator in ("in", "not in"):
            return self._contains(node, left, right, scope)
        if operator in _COMPARISONS:
            return self._compare(node, left, right, scope)
        return self._arithmetic(node, left, right, scope)

    def _logic(self, node: tree.Binary, left: Value, right: Value, scope: Scope) -> Value:
        module = scope.module
        if not self._truth(left) or not self._truth(right):
            return wrong(module, node)
        decides = node.operator == "or"
        for one, other in ((left, right), (right, left)):
            if one.known:
                if one.value is decides:
                    return Value(BOOL, module, node, known=True, value=decides)
                return other.replace(node=node)
        expr: Any = {"op": node.operator, "args": [left.expr, right.expr]}
        return self._made(Value(BOOL, module, node, expr=expr), [left, right])

    def _contains(self, node: tree.Binary, left: Value, right: Value, scope: Scope) -> Value:
        module = scope.module
        of = right.type.of
        if right.type.base not in ("range", "list") or of is None:
            self._bad_operand(
                f"`{node.operator}` takes a range or a list, not {right.type.show()}", right.span
            )
            return wrong(module, node)
        if of.base != "any" and not self._comparable(left, right.replace(type=of), node, scope):
            return wrong(module, node)
        negated = node.operator == "not in"
        if left.known and right.known:
            if isinstance(right.value, tuple):
                found = right.value[0] <= left.value <= right.value[1]
            else:
                found = left.value in right.value
            return Value(BOOL, module, node, known=True, value=found is not negated)
        if not self._fits(left.size + right.size, left.depth + right.depth + 2, module, node):
            return wrong(module, node)
        container: Any = right.to_json()
        if isinstance(right.value, tuple):
            container = {"range": container}
        inside: Any = {"op": "in", "args": [left.to_json(), container]}
        expr: Any = {"op": "not", "args": [inside]} if negated else inside
        return self._made(Value(BOOL, module, node, expr=expr), [left, right])

    def _comparable(self, left: Value, right: Value, node: tree.Binary, scope: Scope) -> bool:
        a, b = left.type, right.type
        if "none" in (a.base, b.base):
            return True
        for number, quantity in ((left, right), (right, left)):
            if number.type.base in NUMBERS and quantity.type.base in DIMENSIONS:
                if quantity.known and not number.known:
                    # What is measured is a plain number: the unit is one too many.
                    self.checker.fit(quantity, Type(number.type.base), "what this is compared with")
                else:
                    self._unit_missing(number, quantity.type.base)
                return False
        if a.base in DIMENSIONS and b.base in DIMENSIONS and a.base != b.base:
            this, that = (article(Type(base).show()) for base in (a.base, b.base))
            self.report(
                Diagnostic(
                    codes.WRONG_UNIT,
                    f"{this} and {that} cannot be compared",
                    right.span,
                    label=that,
                    labels=[Label(left.span, this)],
                    help=[f"write it in {units_of(a.base)}"],
                )
            )
            return False
        for one, other in ((a, right), (b, left)):
            if other.known and other.type.base == "string" and _numeric(one):
                name = (left if other is right else right).text
                self.checker.fit(other, one, f"what `{name}` is compared with")
                return False
        if _join(a, b) is None:
            self._bad_operand(
                f"{a.show()} and {b.show()} cannot be compared",
                scope.module.span(node),
                [Label(left.span, a.show()), Label(right.span, b.show())],
                help=self._figures_of(left) or self._figures_of(right),
            )
            return False
        for one, other in ((a, right), (b, left)):
            if (
                one.base == "enum"
                and one.choices is not None
                and other.known
                and other.value not in one.choices
            ):
                self.checker.fit(other, one, "this")
                return False
        return True

    def _unit_missing(self, value: Value, dimension: str, done: str = "compared with") -> None:
        self.checker.fit(value, Type(dimension), f"what this is {done}")

    def _compare(self, node: tree.Binary, left: Value, right: Value, scope: Scope) -> Value:
        module, operator = scope.module, node.operator
        left, right = self._share_of_whole(left, right), self._share_of_whole(right, left)
        if left.wrong or right.wrong or not self._comparable(left, right, node, scope):
            return wrong(module, node)
        ordered = operator not in ("==", "!=")
        if ordered:
            for side in (left, right):
                if not _numeric(side.type) and side.type.base not in ("date", "datetime"):
                    self._bad_operand(f"`{operator}` takes numbers, not {side.type.show()}", side.span)
                    return wrong(module, node)
        if left.known and right.known:
            return Value(BOOL, module, node, known=True, value=_compared(operator, left.value, right.value))
        nones = [side for side in (left, right) if side.known and side.value is None]
        if nones and not any(side.type.optional for side in (left, right)):
            return Value(BOOL, module, node, known=True, value=operator == "!=")
        expr: Any = {"op": operator, "args": [left.to_json(), right.to_json()]}
        return self._made(Value(BOOL, module, node, expr=expr), [left, right])

    def _share_of_whole(self, share: Value, other: Value) -> Value:
        """Return what a share comes to where it is compared with a part of a device's figure: `flash <= 80%`."""
        entity = other.entity
        if entity is None or entity.what != "quantity" or not entity.item.whole or not share.known:
            return share
        if share.type.base == "float" and share.value > 1 and share.text.endswith("%"):
            self.report(
                Diagnostic(
                    codes.OUT_OF_RANGE,
                    f"a share of what the device has is at most 100%, but this is {share.text}",
                    share.span,
                    label="more than there is",
                    labels=[Label(other.span, f"a part of what `{entity.item.whole}` has")],
                    help=["write a share up to `100%`, or a figure with its unit"],
                )
            )
            return wrong(share.module, share.node)
        if share.type.base != "float" or not 0 <= share.value <= 1:
            return share
        typed = self.checker.block(entity.block)
        device = typed.arguments.get(entity.item.whole) if typed is not None else None
        whole = (
            device.value.get(entity.name) if device is not None and isinstance(device.value, dict) else None
        )
        if whole is None:
            return wrong(share.module, share.node)
        return share.replace(type=Type(other.type.base), value=share.value * whole)

    def _arithmetic(self, node: tree.Binary, left: Value, right: Value, scope: Scope) -> Value:
        module, operator = scope.module, node.operator
        type = self._arithmetic_type(node, left, right, scope)
        if type is None:
            return wrong(module, node)
        if operator == "/" and right.known and right.value == 0:
            self.report(
                Diagnostic(
                    codes.DIVISION_BY_ZERO, "this divides by zero", module.span(node), label="no such number"
                )
            )
            return wrong(module, node)
        if left.known and right.known:
            try:
                result = _computed(operator, left.value, right.value)
                if isinstance(result, int) and result.bit_length() > limits.BITS:
                    raise OverflowError
                if isinstance(result, float) and result in (float("inf"), float("-inf")):
                    raise OverflowError
            except OverflowError:
                self.report(Diagnostic(codes.BAD_NUMBER, "the result is too large", module.span(node)))
                return wrong(module, node)
            return Value(type, module, node, known=True, value=result)
        type = intervals.computed(type, operator, left, right)
        expr: Any = {"op": operator, "args": [left.to_json(), right.to_json()]}
        return self._made(Value(type, module, node, expr=expr), [left, right])

    def _arithmetic_type(self, node: tree.Binary, left: Value, right: Value, scope: Scope) -> Type | None:
        a, b, operator = left.type.base, right.type.base, node.operator
        for side in (left, right):
            if not _numeric(side.type):
                help = [_in_one_text(left, right)] if side.type.base in TEXTS and operator == "+" else []
                self._bad_operand(f"`{operator}` takes numbers, not {side.type.show()}", side.span, help=help)
                return None
        if a in NUMBERS and b in NUMBERS:
            if operator == "/":
                return FLOAT
            return INT if a == b == "int" else FLOAT
        if operator in ("+", "-"):
            if a == b:
                return Type(a)
            if a in NUMBERS or b in NUMBERS:
                done = "added to" if operator == "+" else "subtracted from"
                self._unit_missing(*((left, b) if a in NUMBERS else (right, a)), done)
            else:
                self.report(
                    Diagnostic(
                        codes.WRONG_UNIT,
                        f"a {a} and a {b} cannot be added up",
                        scope.module.span(node),
                        labels=[Label(left.span, f"a {a}"), Label(right.span, f"a {b}")],
                    )
                )
            return None
        if operator == "*" and (a in NUMBERS) != (b in NUMBERS):
            return Type(b if a in NUMBERS else a)
        if operator == "/" and b in NUMBERS:
            return Type(a)
        if operator == "/" and a == b:
            return FLOAT
        self._bad_operand(
            f"`{operator}` is not defined for {article(a)} and {article(b)}", scope.module.span(node)
        )
        return None

    def _if(self, node: tree.If, scope: Scope) -> Value:
        module = scope.module
        condition = self.evaluate(node.condition, scope)
        then, otherwise = self.evaluate(node.then, scope), self.evaluate(node.otherwise, scope)
        if condition.wrong or then.wrong or otherwise.wrong or not self._truth(condition):
            return wrong(module, node)
        type = _join(then.type, otherwise.type)
        if type is None:
            self._bad_operand(
                f"both sides of an `if` have one type, not {then.type.show()} and {otherwise.type.show()}",
                module.span(node),
                [Label(then.span, then.type.show()), Label(otherwise.span, otherwise.type.show())],
            )
            return wrong(module, node)
        if condition.known:
            return then if condition.value else otherwise
        if type.base in ("block", "column", "schema", "device", *ARTEFACTS):
            self._chosen_too_late(node, condition, type, scope)
            return wrong(module, node)
        if _numeric(type):
            type = intervals.either(type, [then, otherwise])
        parts = [condition, then, otherwise]
        if not self._fits(sum(part.size for part in parts), 0, module, node):
            return wrong(module, node)
        expr: Any = {"if": [condition.expr, then.to_json(), otherwise.to_json()]}
        branches = Entity("if", "", item=(then, otherwise))
        return self._made(Value(type, module, node, expr=expr, entity=branches), parts)

    def _chosen_too_late(self, node: tree.If, condition: Value, type: Type, scope: Scope) -> None:
        """Report an `if` that would choose what is connected with what, by a value that is known when the pipeline runs."""
        what = (
            "column" if type.base == "column" else "step" if type.base in ("block", *ARTEFACTS) else type.base
        )
        help = [USE_LET]
        if what == "step":
            help.append("or let figures choose: `best_of([first, second], by = maximize(…))`")
        place = scope.module.span(node.condition)
        self.report(late(f"which {what} is meant is", place, condition.entity, help))

    def _index(self, node: tree.Index, scope: Scope) -> Value:
        module = scope.module
        value = self._indexed(node.object, scope)
        if value.wrong:
            if node.index is not None:
                self.evaluate(node.index, scope)  # for its own mistakes
            return wrong(module, node)
        entity = value.entity
        if entity is not None and entity.chosen is not None:
            return self._instance(node, entity, scope)
        made = self.checker.block(entity.block) if entity is not None and entity.what == "block" else None
        if made is not None and made.definition.keys:
            self._index_too_many(made.definition, node, scope)
            return wrong(module, node)
        if node.index is None or (entity is not None and entity.what in ("block", "output")):
            name = entity.name if entity is not None else value.text
            self.report(
                Diagnostic(
                    codes.BAD_OPERANDS,
                    f"`{self.checker.shown(name)}` has no instances: it is declared without `each`"
                    if entity is None or entity.what != "list"
                    else f"`{value.text}` is a list, and only blocks have instances",
                    module.span(node),
                    help=[f"write `{value.text}`"],
                )
            )
            return wrong(module, node)
        index = self.evaluate(node.index, scope)
        if index.wrong:
            return wrong(module, node)
        if entity is not None and entity.what == "quantity" and _is_column(index):
            return self._sliced(node, value, entity, index, scope)
        if entity is not None and entity.what == "slices":
            return self._one_slice(node, value, entity, index, scope)
        if entity is not None and entity.what == "quantity" and entity.item.by_class:
            if not index.known or not isinstance(index.value, bool | int | str):
                self._bad_operand("a class is a value that is known when compiling", index.span)
                return wrong(module, node)
            if self.no_such_class(entity.block, index):
                return wrong(module, node)
            expr: Any = {"metric": {"node": entity.block, "name": entity.name, "class": _shown(index.value)}}
            return Value(value.type, module, node, expr=expr)
        if value.known and index.known:
            found = _element(value.value, index.value)
            if found is not None:
                of = (
                    value.type.of
                    if value.type.of is not None and value.type.of.base != "any"
                    else _type_of(found)
                )
                part = Value(of, module, node, known=True, value=found)
                if isinstance(found, list | dict | tuple):
                    part.size, part.depth = value.size, value.depth
                return part
            if isinstance(value.value, list | dict):
                keys = list(value.value) if isinstance(value.value, dict) else []
                near = self.checker.modules.nearest(str(index.value), [str(key) for key in keys])
                size = len(value.value)
                message = f"there is no `{index.text}` in it"
                help = (
                    [] if near or not keys else ["there is " + ", ".join(f'`"{key}"`' for key in keys[:12])]
                )
                if not isinstance(value.value, dict):
                    message = f"there is no element {index.text} of {size}"
                    help = [
                        f"elements are counted from 0: the last one is `[{size - 1}]`"
                        if size
                        else "the list is empty"
                    ]
                self._no_member(message, index.span, near, help)
                return wrong(module, node)
        if entity is not None and entity.what == "quantity":
            typed = self.checker.block(entity.block)
            known = [
                name
                for name, spec in (typed.quantities if typed is not None else {}).items()
                if spec.by_class
            ]
            help = ["figures of single classes are there for " + ", ".join(f"`{each}`" for each in known)]
            self._bad_operand(
                f"`{value.text}` is one figure for all classes",
                value.span,
                help=[f"write `{value.text}` alone", *(help if known else [])],
            )
        else:
            self._bad_operand(f"{value.type.show()} cannot be indexed", value.span)
        return wrong(module, node)

    def _figures_of(self, value: Value) -> list[str]:
        """Say which figures a block has, where it was named in the place of one."""
        entity = value.entity
        if entity is not None and entity.what == "slices":
            return [f"it is one figure for each value of the column: write `min({value.text})`, or `max`"]
        typed = self.checker.block(entity.block) if entity is not None and entity.what == "block" else None
        if typed is None or not typed.quantities:
            return []
        return [
            "name one of its figures: "
            + ", ".join(f"`{typed.shown}.{name}`" for name in list(typed.quantities)[:4])
        ]

    def _sliced(self, node: tree.Index, value: Value, entity: Entity, index: Value, scope: Scope) -> Value:
        """Return a figure for each value of a column: `recall[cells.plan]`, a figure by itself with a value for each."""
        typed = self.checker.block(entity.block)
        column, item = str(index.value), index.entity.item if index.entity is not None else None
        params = typed.component.params if typed is not None and typed.component is not None else {}
        key = next((name for name, param in params.items() if "slices" in param.marks), "")
        if typed is None or not key:
            self._bad_operand(
                f"`{self.checker.shown(entity.block)}` measures `{value.text}` for all rows, not by column",
                index.span,
            )
            return wrong(scope.module, node)
        given = typed.arguments.get(key)
        if given is None or not given.known:
            return wrong(scope.module, node)  # what is wrong about it was said there
        if column not in given.value:
            at = given.node
            fixes = []
            if isinstance(at, tree.List) and at.items and given.module is scope.module:
                end = Span(given.module.source, at.items[-1].end, at.items[-1].end)
                fixes = [Fix(f"put `{index.text}` into `{key}`", [(end, f", {index.text}")])]
            self.report(
                Diagnostic(
                    codes.BAD_OPERANDS,
                    f"`{self.checker.shown(entity.block)}` does not measure by `{column}`",
                    index.span,
                    labels=[Label(item.span, f"`{column}` is declared here")] if item is not None else [],
                    help=[f"write `{key} = [{index.text}]` in it"]
                    if not given.value
                    else [f"put `{index.text}` into its `{key}`"],
                    fixes=fixes,
                )
            )
            return wrong(scope.module, node)
        spec = entity.item
        whole = Entity("slices", f"{entity.name}[{column}]", block=entity.block, item=(spec, item))
        expr: Any = {"metric": {"node": entity.block, "name": whole.name}}
        return Value(Type("list", of=spec.type), scope.module, node, expr=expr, entity=whole)

    def _one_slice(self, node: tree.Index, value: Value, entity: Entity, index: Value, scope: Scope) -> Value:
        """Return the figure for one value of the column that it is measured by: `recall[cells.plan]["free"]`."""
        spec, column = entity.item
        if not index.known or not isinstance(index.value, bool | int | str):
            self._bad_operand("a value of the column is known when compiling", index.span)
            return wrong(scope.module, node)
        if self._no_such_value(column, index):
            return wrong(scope.module, node)
        expr: Any = {"metric": {"node": entity.block, "name": entity.name, "class": _shown(index.value)}}
        return Value(spec.type, scope.module, node, expr=expr)

    def no_such_class(self, id: str, index: Value) -> bool:
        """Report a class that the label of what is judged does not have; what its declaration leaves open may be any."""
        typed = self.checker.block(id)
        labels = [
            source.type.schema.label
            for sources in (typed.inputs.values() if typed is not None else ())
            for source in sources
            if source.type.base == "dataset" and source.type.schema is not None
        ]
        label = labels[0] if len(labels) == 1 else None
        return label is not None and self._no_such_value(label, index, "class")

    def _no_such_value(self, label: Any, index: Value, what: str = "value") -> bool:
        """Report what a column cannot hold by its declaration."""
        known = ("true", "false") if label.type.base == "bool" else label.type.choices
        if known is None or _shown(index.value) in known:
            return False
        near = self.checker.modules.nearest(_shown(index.value), known)
        self.report(
            Diagnostic(
                codes.UNKNOWN_INSTANCE,
                f"`{label.name}` has no {what} {index.text}",
                index.span,
                label=f'did you mean "{near}"?' if near else f"not a {what}",
                labels=[Label(label.span, f"its {_many(what)} are these")],
                help=[f"the {_many(what)} are " + ", ".join(f'"{each}"' for each in known)],
                fixes=[Fix(f'write "{near}"', [(index.span, f'"{near}"')])] if near else [],
            )
        )
        return True

    def _call(self, node: tree.Call, scope: Scope) -> Value:
        module = scope.module
        name = node.function.text if isinstance(node.function, tree.Ref) else ""
        if scope.wanted is not None and scope.wanted.base == "call":
            from .calls import call

            return call(self.checker, node, scope.wanted, scope)
        if scope.facts and name in _FACT_FUNCTIONS:
            from . import facts

            return (facts.runs if name == "runs" else facts.estimate)(self.checker, node, scope)
        if name == "best_of":
            from .choices import best_of

            return best_of(self.checker, node, scope)
        if name in ("minimize", "maximize"):
            self._bad_operand(
                f"`{name}` says by what something is chosen, and nothing is chosen here",
                module.span(node.function),
                help=["such as `best_of(model[*], by = minimize(quality[*].rmse))`"],
            )
            return wrong(module, node)
        if name not in _FUNCTIONS:
            functions = (*_FACT_FUNCTIONS, *_FUNCTIONS) if scope.facts else _FUNCTIONS
            near = self.checker.modules.nearest(name, (*functions, "best_of", "not"))
            span = module.span(node.function)
            self.report(
                Diagnostic(
                    codes.UNKNOWN_NAME,
                    f"there is no function `{name}` here",
                    span,
                    label=f"did you mean `{near}`?" if near else "not declared",
                    help=[] if near else ["functions are " + ", ".join(f"`{known}`" for known in functions)],
                    fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
                )
            )
            return wrong(module, node)
        values = [self.evaluate(arg.value, scope) for arg in node.args]
        if any(value.wrong for value in values):
            return wrong(module, node)
        named = next((arg for arg in node.args if arg.name is not None), None)
        if named is not None or not values:
            self.report(
                Diagnostic(
                    codes.BAD_ARGUMENT,
                    f"`{name}` takes values, one or more, without names",
                    module.span(named or node),
                    fixes=[Fix("take it away", removal(module.source, named), safe=False)]
                    if named is not None and len(values) > 1
                    else [],
                )
            )
            return wrong(module, node)
        if len(values) == 1 and values[0].known and isinstance(values[0].value, list) and values[0].value:
            of = values[0].type.of or FLOAT
            if name != "count" and (not _numeric(of) or None in values[0].value):
                self._bad_operand(
                    f"`{name}` takes numbers of one kind, not {values[0].type.show()}", values[0].span
                )
                return wrong(module, node)
            result = _aggregate(name, values[0].value)
            return Value(INT if name == "count" else of, module, node, known=True, value=result)
        if len(values) == 1 and values[0].entity is not None and values[0].entity.what == "slices":
            called: Any = {"call": name, "args": [values[0].expr]}
            of = INT if name == "count" else values[0].type.of or FLOAT
            return Value(of, module, node, expr=called)
        if len(values) == 1 and values[0].type.base == "list" and values[0].entity is not None:
            return self._over_all(node, name, values[0], scope)
        type = values[0].type
        for value in values:
            joined = _join(type, value.type)
            if joined is None or not _numeric(value.type):
                self._bad_operand(f"`{name}` takes numbers of one kind, not {value.type.show()}", value.span)
                return wrong(module, node)
            type = joined
        if all(value.known for value in values):
            result = _aggregate(name, [value.value for value in values])
            return Value(INT if name == "count" else type, module, node, known=True, value=result)
        expr: Any = {"call": name, "args": [value.to_json() for value in values]}
        if name == "count":
            return self._made(Value(INT, module, node, expr=expr), values)
        # One figure with several values is a list of them: its least and greatest lie where each of them does.
        found = values if len(values) > 1 else [values[0].replace(known=False)]
        whole = (intervals.least if name == "min" else intervals.greatest)(Type(type.base), found)
        return self._made(Value(whole, module, node, expr=expr), values)

    def _over_all(self, node: tree.Call, name: str, value: Value, scope: Scope) -> Value:
        """Return what a function comes to over a list of things: `max(quality[*].rmse)`, `count(model[*])`."""
        items = value.entity.item if value.entity is not None and value.entity.what == "list" else []
        if name == "count":
            return Value(INT, scope.module, node, known=True, value=len(items))
        of = value.type.of
        if of is None or not _numeric(of):
            self._bad_operand(f"`{name}` takes numbers of one kind, not {value.type.show()}", value.span)
            return wrong(scope.module, node)
        expr: Any = {"call": name, "args": [value.to_json()]}
        return Value(Type(of.base).replace(low=of.low, high=of.high), scope.module, node, expr=expr)


def _is_column(value: Value) -> bool:
    return value.entity is not None and value.entity.what == "column"


def _many(what: str) -> str:
    return f"{what}es" if what.endswith("s") else f"{what}s"


def _what_it_declares(module: Module) -> str:
    if not module.names:
        return "it declares nothing that could be used"
    return "it declares " + ", ".join(f"`{name}`" for name in list(module.names)[:12])


# Words of other languages for what has one of its own here.
_WORDS = {"null": "none", "nil": "none", "nan": "none", "na": "none", "yes": "true", "no": "false",
          "on": "true", "off": "false", "true": "true", "false": "false", "none": "none"}  # fmt: skip


def _in_a_text(name: str) -> list[str]:
    return [
        f"declare it: `let {name} = …`; variables of the environment are not read",
        f"if these signs are meant, write `\\${{{name}}}`",
    ]


def _how_to_declare(name: str, wanted: Type | None, near: str | None, fitting: list[str]) -> list[str]:
    base = wanted.base if wanted is not None else ""
    if base in TEXTS:
        return [f'write `"{name}"` if text is meant']
    if near is not None:
        return []
    if base == "schema":
        return [f"declare it: `schema {name} {{ … }}`"]
    if fitting:
        return ["there is " + ", ".join(f"`{each}`" for each in fitting)]
    if base in ARTEFACTS:
        return ["name a block of the pipeline"]
    return [f'declare it, or write `"{name}"` if text is meant']


def _in_one_text(left: Value, right: Value) -> str:
    """Say how to write what was to be added to a text: in the words that stand there, where a name is among them."""
    words = '"some ${name} and more"'
    if any(isinstance(side.node, tree.Ref) for side in (left, right)):
        parts = []
        for side in (left, right):
            node = side.node
            if isinstance(node, tree.String) and not node.block:
                parts.append(side.text[1:-1])
            else:
                parts.append(side.text if isinstance(node, tree.Number) else f"${{{side.text}}}")
        words = f'"{"".join(parts)}"'
    return f"put them together in one text: `{words}`"


def _by_key(value: Value, name: str) -> list[str]:
    """Say how a part of a map is reached that was named like a member."""
    return [f'what a map holds is reached by its key: `…["{name}"]`'] if value.type.base == "map" else []


def _numeric(type: Type) -> bool:
    return type.base in NUMBERS or type.base in DIMENSIONS


def _join(a: Type, b: Type) -> Type | None:
    if a.base == b.base:
        if a.base in ("list", "range") and a.of is not None and b.of is not None:
            of = (
                _join(a.of, b.of)
                if "any" not in (a.of.base, b.of.base)
                else (b.of if a.of.base == "any" else a.of)
            )
            return Type(a.base, of=of) if of is not None else None
        return a if not a.bounded and a.choices is None else Type(a.base)
    if a.base in NUMBERS and b.base in NUMBERS:
        return FLOAT
    if a.base in TEXTS and b.base in TEXTS:
        return STRING
    if a.base == "none":
        return b.replace(optional=True)
    if b.base == "none":
        return a.replace(optional=True)
    return None


def _entities(items: list[Value]) -> Entity | None:
    """Keep what the elements of a list refer to, where they are things that are declared."""
    if any(item.entity is not None and item.entity.what in _LISTED for item in items):
        return Entity("list", "", item=items)
    return None


def _instead_in_a_text(value: Value) -> str:
    """Say what of ``value``, which is neither a number nor a text, could stand in one."""
    if value.type.base == "list":
        return f"name one of its elements: `${{{value.text}[0]}}`"
    if value.type.base == "map":
        return f"name one of its values: `${{{value.text}.key}}`"
    if value.type.base in ("block", *ARTEFACTS):
        return f"write its name as plain text: `{value.text}`; or name a figure, a param or a let"
    return "name a number or a text: a figure, a param or a let"


def _as_a_comparison(value: Value) -> list[str]:
    """Say how ``value``, which is neither true nor false, is made one of the two."""
    base = value.type.base
    if base in NUMBERS or base in DIMENSIONS:
        zero = "0" if base in NUMBERS else f"0{units_of(base).split('`')[1]}"
        return [f"compare it with something: `{value.text} > {zero}`"]
    return [f'compare it with something: `{value.text} == "…"`'] if base in TEXTS else []


def _compared(operator: str, left: Any, right: Any) -> bool:
    if operator == "==":
        return bool(left == right)
    if operator == "!=":
        return bool(left != right)
    if operator == "<":
        return bool(left < right)
    if operator == "<=":
        return bool(left <= right)
    if operator == ">":
        return bool(left > right)
    return bool(left >= right)


def _computed(operator: str, left: Any, right: Any) -> Any:
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    return left / right


def _aggregate(name: str, values: list[Any]) -> Any:
    if name == "count":
        return len(values)
    return min(values) if name == "min" else max(values)


def _element(value: Any, index: Any) -> Any:
    if isinstance(value, list) and isinstance(index, int) and not isinstance(index, bool):
        return value[index] if 0 <= index < len(value) else None
    if isinstance(value, dict) and isinstance(index, str):
        return value.get(index)
    return None


def _type_of(value: Any) -> Type:
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return INT
    if isinstance(value, float):
        return FLOAT
    return STRING if isinstance(value, str) else Type("any")


def _shown(value: bool | int | float | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


# By class: a chain of `isinstance` would be a tenth of a check.
_BY_CLASS: dict[type[tree.Node], Callable[[Expressions, Any, Scope], Value]] = {
    tree.Ref: lambda self, node, scope: self._whole(self._reference(node, scope), scope),
    tree.Number: Expressions._number,
    tree.Quantity: Expressions._quantity,
    tree.String: Expressions._string,
    tree.Bool: lambda self, node, scope: Value(BOOL, scope.module, node, known=True, value=node.value),
    tree.NoneLiteral: lambda self, node, scope: Value(NONE, scope.module, node, known=True, value=None),
    tree.Paren: lambda self, node, scope: self.evaluate(node.inner, scope),
    tree.Binary: Expressions._binary,
    tree.Unary: Expressions._unary,
    tree.List: Expressions._list,
    tree.Range: Expressions._range,
    tree.If: Expressions._if,
    tree.Map: Expressions._map,
    tree.Member: lambda self, node, scope: self._member(
        self.evaluate(node.object, scope), node.name.text, scope.module.span(node.name), node, scope
    ),
    tree.Index: lambda self, node, scope: self._whole(self._index(node, scope), scope),
    tree.Call: Expressions._call,
}
