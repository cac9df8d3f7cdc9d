"""Binds what a block says to what its component declares: inputs first, since columns depend on them."""

from __future__ import annotations

from .. import codes
from ..diagnostics import Diagnostic, Fix, Label, article
from ..ir.nodes import metrics_read
from ..resolve.modules import duplicate
from ..resolve.program import AttrDef, BodyDef, ConditionDef, NestedDef, make_body
from ..resolve.similar import nearest
from ..source import Span
from ..syntax import tree
from ..syntax.edits import removal, unlisted
from .artefacts import ArtefactChecks
from .fit import fits_plainly, limits
from .late import USE_LET, late
from .order import names_in
from .scope import Scope
from .specs import (
    AFTER,
    CHECK,
    LIVE,
    BlockSpec,
    ParamSpec,
    QuantitySpec,
    called_in_a_block,
    of_all_rows,
    played,
)
from .typed import TypedBlock, TypedCondition, TypedProgram, TypedSource
from .types import ARTEFACTS, NUMBERS, STRING, Type, widens
from .units import DIMENSIONS
from .values import Value, wrong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..ir.nodes import Json
    from ..resolve.modules import Module
    from ..resolve.program import ValueDef
    from .checker import Checker
    from .schemas import Schema
    from .specs import ComponentSpec, ParamSpec, PortSpec

_CONDITION_KEYS = ("severity", "message")


class Binder:
    """Binds one block."""

    __slots__ = (
        "_at_check",
        "artefacts",
        "block",
        "checker",
        "component",
        "declared",
        "given",
        "label",
        "mentioned",
        "report",
        "typed",
    )

    def __init__(self, checker: Checker, typed: TypedProgram, block: TypedBlock) -> None:
        self.checker = checker
        self.typed = typed
        self.block = block
        assert block.component is not None  # bound by the caller
        self.component: ComponentSpec = block.component
        self.report = checker.report
        node = block.definition.decl.type
        self.label = node.name.text if node is not None else self.component.name
        self.artefacts = ArtefactChecks(checker, typed, block)
        #: Keys of which something was said already: they were misspelt, or have a value that does not fit.
        self.mentioned: set[str] = set()
        #: Of nested blocks that a component plays, what the block around declares of them; by dotted name.
        self.declared: dict[str, BlockSpec] = {}
        #: Nested blocks that are given, by dotted name.
        self.given: dict[str, tuple[BlockSpec, NestedDef]] = {}
        #: Conditions of which all is known before anything runs.
        self._at_check: list[tuple[tree.Condition, Scope, TypedCondition]] = []

    def bind(self) -> None:
        """Bind inputs, parameters, nested blocks and outputs."""
        block = self.block
        body = block.definition.body
        self._quantities(self.component, "")
        self._collect(body)
        self._inputs(self.component, body, "")
        for prefix, (spec, nested) in self.given.items():
            if not self._of_kind(prefix) or prefix in self.block.played:
                self._inputs(spec, nested.body, prefix + ".")
        self.artefacts.relations()
        self._params(self.component, body, "", block.arguments)
        self._params(block.kind, body, "", block.common, also=self.component)
        for prefix, (spec, nested) in self.given.items():
            target = block.common if self._of_kind(prefix) else block.arguments
            self._params(spec, nested.body, prefix + ".", target)
        self._defaults()
        for name in self.component.related:
            self._related(name)
        for name, port in self.component.inputs.items():
            if "compatible" in port.marks:
                from .compatibility import judge

                judge(self.checker, self.typed, block, name)
        self._outputs()
        self._requirements()

    def judge(self) -> None:
        """Read the conditions, which may speak of what was bound, here and in other instances of the block."""
        self._conditions(self.block.definition.body)
        if any(spec.when == CHECK for spec in self.block.quantities.values()):
            from .room import Room

            Room(self.checker, self.typed, self.block).judge(self._at_check)
        conditions = self.block.conditions
        if len(conditions) > 1 or (conditions and _joined(conditions[0].expr)):
            self._contradictions([each for each in conditions if not each.declared])

    def _contradictions(self, conditions: list[TypedCondition]) -> None:
        """Report conditions that exclude each other."""
        from .contradictions import clash

        for condition, other, figure in clash(conditions):
            alone = other is condition
            self.report(
                Diagnostic(
                    codes.NEVER_HOLDS,
                    f"this never holds: its parts leave nothing that `{figure}` could be"
                    if alone
                    else f"these never hold together: they leave nothing that `{figure}` could be",
                    condition.span,
                    label="no figure is like that" if alone else "and this",
                    labels=[] if alone else [Label(other.span, "this")],
                    help=["mend one of the bounds"],
                )
            )

    def _of_kind(self, prefix: str) -> bool:
        return prefix.split(".")[0] not in self.component.blocks

    # -- what stands in the body -------------------------------------------------------------------------------

    def _quantities(self, spec: BlockSpec, prefix: str) -> None:
        if prefix:
            for name, quantity in spec.quantities.items():
                self.block.quantities[prefix + name] = quantity
        else:
            self.block.quantities.update(spec.quantities)
        for name, inner in spec.blocks.items():
            self._quantities(inner, f"{prefix}{name}.")

    def _collect(self, body: BodyDef) -> None:
        """Check the keys of the body and of nested blocks, and gather the nested blocks that are given."""
        block = self.block
        self._keys(body, (self.component, block.kind), block.shown, "")
        for name, nested in body.blocks.items():
            spec = self.component.blocks.get(name) or block.kind.blocks.get(name)
            if spec is not None:
                self._collect_nested(name, spec, nested)

    def _collect_nested(self, prefix: str, spec: BlockSpec, nested: NestedDef) -> None:
        if nested.node.type is not None or spec.role:
            component = self._player(prefix, spec, nested)
            if component is None:
                return
            self.declared[prefix] = spec
            spec = played(spec, component)
            self.block.played[prefix] = (component, spec)
            self._quantities(component, prefix + ".")
        self.given[prefix] = (spec, nested)
        self._keys(nested.body, (spec,), f"{self.block.shown}.{prefix}", prefix)
        for name, inner in nested.body.blocks.items():
            if name in spec.blocks:
                self._collect_nested(f"{prefix}.{name}", spec.blocks[name], inner)

    def _player(self, prefix: str, spec: BlockSpec, nested: NestedDef) -> ComponentSpec | None:
        """Return the component that plays a nested block, or None after reporting what is wrong about it."""
        node, module = nested.node.type, nested.module
        name = nested.node.name.text
        if node is None:
            known = self.checker.component_names(module, spec.role)
            self.report(
                Diagnostic(
                    codes.MISSING_COMPONENT,
                    f"`{self.block.shown}.{prefix}` does not say which component plays it",
                    module.span(nested.node.name),
                    help=[
                        f"write `{name}: {known[0] if len(known) == 1 else '…'} {{ … }}`"
                        + ("; there is " + ", ".join(f"`{each}`" for each in known) if len(known) > 1 else "")
                    ]
                    if known
                    else [f"declare one: `component some_{spec.role}: {spec.role} {{ … }}`"],
                )
            )
            return None
        span = module.span(node)
        if not spec.role:
            gap = Span(module.source, nested.node.name.end, node.end)
            self.report(
                Diagnostic(
                    codes.WRONG_ROLE,
                    f"`{name}` is a plain block, which no component plays",
                    span,
                    label="not here",
                    labels=[Label(spec.span, f"`{name}` is declared here, without a role")],
                    help=[f"write `{name} {{ … }}`"],
                    fixes=[Fix(f"write `{name} {{ … }}`", [(gap, "")])],
                )
            )
            return None
        found = self.checker.find_component(module, spec.role, node.name.names)
        if found is None:
            if not self.checker.is_lost(module, node.name.names):
                self.checker.unknown_component(module, spec.role, node.name)
            return None
        component = self.checker.declarations.component(*found)
        if component.role and component.role != spec.role:
            known = self.checker.component_names(module, spec.role)
            self.report(
                Diagnostic(
                    codes.WRONG_ROLE,
                    f"`{node.name.text}` plays `{component.role}`, and `{name}` is played by a `{spec.role}`",
                    span,
                    label=f"a component for `{component.role}`",
                    labels=[Label(spec.span, "its role is declared here")],
                    help=["there is " + ", ".join(f"`{each}`" for each in known)] if known else [],
                )
            )
            return None
        if node.args or node.refinement is not None or node.marks:
            self.report(
                Diagnostic(
                    codes.BAD_ARGUMENT,
                    f"component `{node.name.text}` takes what it needs in braces",
                    span,
                    help=[f"write `{name}: {node.name.text} {{ … }}`"],
                )
            )
        return component

    def _keys(self, body: BodyDef, specs: tuple[BlockSpec, ...], where: str, prefix: str) -> None:
        others = [(name, attr) for name, attr in body.attrs.items() if not _is_value(name, specs)]
        if not others and not body.blocks and not body.others:
            return
        values = [name for spec in specs for name in (*spec.inputs, *spec.params)]
        blocks = [name for spec in specs for name in spec.blocks]
        for name, attr in others:
            if specs[0].rest is not None:
                self._tuned_key(name, attr, where)
                continue
            if name in blocks:
                self.report(
                    Diagnostic(
                        codes.UNKNOWN_KEY,
                        f"`{name}` of `{where}` is a block",
                        attr.span,
                        label="not a value",
                        help=[f"write `{name} {{ … }}`"],
                    )
                )
                continue
            self._unknown_key(name, attr.span, specs, body, prefix, attr.node)
        for name, nested in body.blocks.items():
            span = nested.module.span(nested.node.name)
            if name in blocks:
                continue
            if name in values:
                self.report(
                    Diagnostic(
                        codes.UNKNOWN_KEY,
                        f"`{name}` of `{where}` is a value",
                        span,
                        label="not a block",
                        help=[f"write `{name} = …`"],
                    )
                )
                continue
            if not prefix and name in {*self.component.verbs, *self.block.kind.verbs}:
                self.report(
                    Diagnostic(
                        codes.WRONG_PLACE,
                        f"`{name}` does not say when",
                        span,
                        help=[f"write `{name} when … {{ … }}`"],
                    )
                )
                continue
            self._unknown_key(name, span, specs, body, prefix, nested.node)
        for module, item in body.others:
            kind = item.kind.text if isinstance(item, tree.Decl) else ""
            if isinstance(item, tree.Decl) and kind in (*values, *blocks) and item.name is not None:
                from ..syntax.messages import forgotten_sign

                self.report(forgotten_sign(module.source, item, item.name, sets=kind in values))
                self.mentioned.add(self._dotted(prefix, kind))
                continue
            if isinstance(item, tree.Field) and item.name is not None:
                self.mentioned.add(self._dotted(prefix, item.name.text))
            self._misplaced(
                module, item, where, values if specs[0].rest is None else [*self.component.params]
            )

    def _tuned_key(self, name: str, attr: AttrDef, where: str) -> None:
        """Report a key of a block whose keys are the parameters of the component, where it is none of them."""
        known = [each for each, param in self.component.params.items() if _tunable(param.type)]
        if name in known:
            return
        near = nearest(name, known)
        there = self.component.params.get(name)
        self.report(
            Diagnostic(
                codes.UNKNOWN_KEY,
                f"`{self.label}` has no parameter `{name}` that could be varied",
                attr.span,
                label=f"did you mean `{near}`?"
                if near
                else "unknown"
                if there is None
                else "not a number or a choice",
                labels=[Label(there.span, "declared here")] if there is not None else [],
                help=[] if near else [f"`{where}` takes " + ", ".join(f"`{each}`" for each in known)],
                fixes=[Fix(f"write `{near}`", [(attr.span, near)])] if near else [],
            )
        )

    def _misplaced(self, module: Module, item: tree.Item, where: str, values: list[str]) -> None:
        """Report what no block holds: declarations and columns."""
        help = "a block holds values (`name = …`), nested blocks and conditions (`require …`)"
        fixes: list[Fix] = []
        span = module.span(item.kind if isinstance(item, tree.Decl) else item)
        message = "this cannot stand inside a block"
        if isinstance(item, tree.Decl):
            message = f"`{item.kind.text}` cannot stand inside `{where}`"
            verbs = {*self.component.verbs, *self.block.kind.verbs}
            if item.kind.text in verbs and item.type is not None and item.name is not None:
                gap = Span(module.source, item.name.end, item.type.start)
                message = f"what comes about stands behind `when`: `{item.kind.text} {module.span(item.name).text} when …`"
                help, fixes = "write `when`", [Fix("write `when`", [(gap, " when ")])]
                span = gap
            elif item.kind.text in verbs and item.name is not None:
                named = module.span(item.name).text
                message = f"`{item.kind.text} {named}` does not say when"
                help = f"write `{item.kind.text} {named} when … {{ … }}`"
                span = module.span(item.name)
                said = next(
                    (
                        module.span(each.node.expr).text
                        for each in self.block.definition.body.conditions
                        if each.node.name is not None
                        and each.node.name.text == named
                        and each.module is module
                    ),
                    None,
                )
                if said is not None:
                    help = (
                        f"a condition is replaced whole: write `{item.kind.text} {named} when {said} {{ … }}`"
                    )
                    behind = Span(module.source, span.end, span.end)
                    fixes = [Fix(f"insert `when {said}`", [(behind, f" when {said}")])]
            elif (near := nearest(item.kind.text, ("require", *verbs))) is not None:
                help, fixes = f"did you mean `{near}`?", [Fix(f"write `{near}`", [(span, near)])]
            if item.value is not None and isinstance(item.name, tree.Name):
                shown = module.source.text[item.value.start : item.value.end]
                help = f"write `{item.name.text} = {shown}`"
                if item.name.text in values:
                    fixes = [Fix(help, [(module.span(item), f"{item.name.text} = {shown}")])]
        elif isinstance(item, tree.Field) and item.name is not None and not item.type.marks:
            shown = module.source.text[item.type.start : item.type.end]
            message = f"`{item.name.text}` is declared here like a column; a value is given with `=`"
            help = f"write `{item.name.text} = {shown}`"
            if item.name.text in values:
                fixes = [Fix(help, [(span, f"{item.name.text} = {shown}")])]
        self.report(Diagnostic(codes.WRONG_PLACE, message, span, help=[help], fixes=fixes))

    def _unknown_key(
        self,
        name: str,
        span: Span,
        specs: tuple[BlockSpec, ...],
        body: BodyDef,
        prefix: str,
        statement: tree.Node,
    ) -> None:
        if any(spec.may_have(name) for spec in specs):
            return
        shown = self.label if not prefix else f"{self.label}.{prefix}"
        node, called = self.block.definition.decl.type, self.label
        named = self.block.definition.module.span(node.name) if node is not None else None
        nested = self.given[prefix][1] if prefix in self.block.played else None
        if nested is not None and nested.node.type is not None:
            named = nested.module.span(nested.node.type.name)
            shown = called = nested.node.type.name.text
        known = [each for spec in specs for each in (*spec.inputs, *spec.params)]
        known += [each for spec in specs for each in spec.blocks]
        here = next((key for spec in specs for key, each in spec.params.items() if name in each.called), None)
        near = here or nearest(name, known)
        owner = None if here or (near is not None and _same(name, near)) else self._owner(name, prefix)
        label = f"did you mean `{near}`?" if near else "unknown"
        if here is not None:
            label = f"called `{here}` here"
        safe = True
        if owner is not None:
            near = None
        elif near is None:
            # Most likely the only key that is missing was called by another name.
            from .likely import needed

            missing = [each for spec in specs for each in needed(spec) if each not in body.attrs]
            if len(missing) == 1 and self._dotted(prefix, missing[0]) not in self.mentioned:
                near, safe = missing[0], False
                label = f"did you mean `{near}`, which is missing?"
            else:
                owner = self.checker.owner(name, self.block.kind.name)
        if near is not None:
            self.mentioned.add(self._dotted(prefix, near))
        help = [owner] if owner else []
        others = self._others_with(name) if near is None and owner is None and not prefix else []
        if others:
            help = [f"with such a key: {', '.join(others)}"]
        if near is None and owner is None:
            help.append(f"`{shown}` takes " + ", ".join(f"`{each}`" for each in dict.fromkeys(known)))
        if near is not None and (here is None or here not in body.attrs):
            fixes = [Fix(f"write `{near}`", [(span, near)], safe=safe)]
        else:
            fixes = self._elsewhere(name, span, body, prefix, statement)
        self.report(
            Diagnostic(
                codes.UNKNOWN_KEY,
                f"`{shown}` has no `{name}`",
                span,
                label=label if near else "unknown",
                labels=[Label(named, f"`{called}` is named here")] if named is not None else [],
                help=help,
                fixes=fixes,
            )
        )

    def _elsewhere(
        self, name: str, span: Span, body: BodyDef, prefix: str, statement: tree.Node
    ) -> list[Fix]:
        """Return the way out for a key that is none here: into the nested block that it belongs to, or away."""
        around = (self.component, self.block.kind)
        if prefix and any(name in spec.params or name in spec.inputs for spec in around):
            return []
        homes = [
            inner
            for spec in (() if prefix else around)
            for inner, nested in spec.blocks.items()
            if name in nested.params or name in nested.inputs
        ]
        if homes:
            text = span.source.text[statement.start : statement.end]
            written = f"{homes[0]} {{ {text} }}"
            if homes[0] in body.blocks or not isinstance(statement, tree.Attr) or "\n" in text:
                return []
            return [Fix(f"write `{written}`", [(statement.span(span.source), written)])]
        return [Fix(f"take `{name}` away", removal(span.source, statement), safe=False)]

    def _others_with(self, name: str) -> list[str]:
        """Return the components of the same kind that have a key ``name``."""
        return [
            f"`{each}`"
            for each, spec in self.checker.components(self.block.definition.module, self.block.kind.name)
            if name in spec.params or name in spec.inputs or name in spec.blocks
        ]

    def _dotted(self, prefix: str, name: str) -> str:
        return f"{prefix}.{name}" if prefix else name

    def _owner(self, name: str, prefix: str) -> str | None:
        """Say where a key would be at home: in a nested block, in the block around, or with another kind."""
        around = (self.component, self.block.kind)
        if prefix and any(name in spec.params or name in spec.inputs for spec in around):
            return f"this key belongs to `{self.block.shown}` itself, outside of `{prefix} {{ … }}`"
        for spec in around:
            for inner, nested in spec.blocks.items():
                if inner != prefix and (name in nested.params or name in nested.inputs):
                    return f"this key belongs to `{inner}`: write `{inner} {{ {name} = … }}`"
            called = "" if prefix else called_in_a_block(name, spec)
            if called:
                return called
        return self.checker.owner(name, self.block.kind.name, nested=False)

    # -- inputs ------------------------------------------------------------------------------------------------

    def _inputs(self, spec: BlockSpec, body: BodyDef, prefix: str) -> None:
        for name, port in spec.inputs.items():
            if "judging" in port.marks:
                continue
            attr = body.attrs.get(name)
            if attr is None:
                if not port.type.optional:
                    self._missing(name, port.type, body, prefix)
                continue
            value = self._evaluate(attr, port.type)
            if value.wrong:
                self._no_value(attr, prefix + name, port.type)
                self.mentioned.add(prefix + name)
            if value.wrong or (value.known and value.value is None and port.type.optional):
                continue
            source = self.artefacts.source(value, port.type, prefix + name)
            if source is not None and self.artefacts.may_be_missing(source, port, prefix + name):
                self.mentioned.add(prefix + name)
            elif source is not None and self.artefacts.made_as_allowed(source, port, prefix + name):
                self.block.inputs[prefix + name] = [source]
                if "compared" in port.marks:
                    for figure, quantity in spec.quantities.items():
                        self.block.quantities[f"{prefix}{name}.{figure}"] = quantity
            else:
                self.mentioned.add(prefix + name)

    def _missing(self, name: str, type: Type, body: BodyDef, prefix: str) -> None:
        node = self.block.definition.decl.type
        if (
            prefix + name in self.mentioned
            or _recovered(body)
            or (node is not None and node.args and not prefix)
        ):
            return  # what is missing may stand in what could not be read, or in parentheses
        where = self.block.shown if not prefix else f"{self.block.shown}.{prefix[:-1]}"
        if prefix:
            nested = self.given[prefix[:-1]][1]
            module, span = nested.module, nested.module.span(nested.node.name)
            holder: tree.Decl | tree.Block = nested.node
        else:
            module, holder, span = body.module, self.block.definition.decl, self.block.span
        help = f"write `{name} = …`, {article(type.show())}"
        fitting = self.artefacts.candidates(type)
        likely = self._likely(prefix + name, type)
        if fitting:
            help = f"write `{name} = …`; what fits is " + ", ".join(f"`{each}`" for each in fitting[:6])
        self.report(
            Diagnostic(
                codes.MISSING_KEY,
                f"`{where}` needs `{name}`",
                span,
                label=f"`{name}` is missing",
                help=[help],
                fixes=self._added(module, holder, f"{name} = {likely}") if likely is not None else [],
            )
        )

    def _likely(self, name: str, type: Type, param: ParamSpec | None = None) -> str | None:
        """Return what the key ``name`` is most likely to be given, as it is written; None where nothing tells."""
        from .likely import declared, other_choice

        if type.base in ("schema", "device"):
            return declared(self.block, self.typed.program, type.base, type.framework)
        if type.base in ARTEFACTS:
            return self.artefacts.likely(type, name)
        return other_choice(param) if param is not None else None

    def _added(self, module: Module, holder: tree.Decl | tree.Block, statement: str) -> list[Fix]:
        from ..syntax.edits import addition

        return [Fix(f"add `{statement}`", addition(module.source, holder, statement), safe=False)]

    def _no_value(self, attr: AttrDef, name: str, type: Type, param: ParamSpec | None = None) -> None:
        """Say what a key is most likely to be given behind whose `=` nothing stands; that nothing does was said."""
        value = attr.node.value
        if not isinstance(value, tree.ErrorExpr) or value.start != value.end:
            return
        likely = self._likely(name, type, param)
        text = attr.module.source.text
        behind = value.end + len(text[value.end :]) - len(text[value.end :].lstrip(" "))
        place = Span(
            attr.module.source, value.start, behind if text[behind : behind + 1] in ",\n" else value.end
        )
        if likely is not None:
            fix = Fix(f"write `{attr.node.name.text} = {likely}`", [(place, f" {likely}")], safe=False)
        elif param is not None and param.default is not None and param.default.value is not None:
            shown = param.default.text
            fix = Fix(
                f"take `{name}` away: it is `{shown}` then",
                removal(attr.module.source, attr.node),
                safe=False,
            )
        else:
            return
        self.checker.way_out(codes.MISSING_VALUE, Span(attr.module.source, attr.node.start, value.end), fix)

    def _evaluate(self, attr: AttrDef, wanted: Type) -> Value:
        scope = Scope(
            attr.module,
            self.typed.program,
            values=self.block.definition.bound,
            wanted=wanted,
            block=self.block.id,
        )
        return self.checker.expressions.evaluate(attr.node.value, scope)

    def _requirements(self) -> None:
        """Gather what the process needs; what reads a model follows from its framework, which a port may leave open."""
        needed = list(self.component.requirements)
        for name, sources in self.block.inputs.items():
            port = self.component.inputs.get(name)
            # A service for which something is built is given that, and no model.
            built = self.component.build is not None
            if port is None or port.type.base != "model" or port.type.framework or built:
                continue
            if port.type.frameworks and self.block.kind.runs != "task":
                continue  # what a service takes of several frameworks, it reads by its own means
            for framework in dict.fromkeys(source.type.framework for source in sources):
                needed += self.checker.declarations.reading(framework)
        for param, chosen in self._chosen(self.component, ""):
            needed += _of_choices(param.requires, chosen)
            self.block.programs += _of_choices(param.programs, chosen)
        self.block.requirements = tuple(dict.fromkeys(needed))

    def _chosen(self, spec: BlockSpec, prefix: str) -> Iterator[tuple[ParamSpec, Value]]:
        """Yield the parameters whose values may need something, with these, also of nested blocks that are given."""
        for name, param in spec.choosing().items():
            value = self.block.arguments.get(prefix + name)
            if value is not None:
                yield param, value
        for name, inner in spec.blocks.items():
            if prefix + name in self.given:
                yield from self._chosen(inner, f"{prefix}{name}.")

    # -- parameters --------------------------------------------------------------------------------------------

    def _params(
        self,
        spec: BlockSpec,
        body: BodyDef,
        prefix: str,
        into: dict[str, Value],
        also: BlockSpec | None = None,
    ) -> None:
        for name, param in spec.params.items():
            if also is not None and (name in also.params or name in also.inputs):
                continue
            attr = body.attrs.get(name)
            if attr is None:
                if param.default is None and not param.type.optional:
                    self._missing(name, param.type, body, prefix)
                continue
            node = attr.node.value
            # What a literal comes to is the same under every environment and in every instance.
            literal = (node, param) if tree.is_literal(node) else None
            known = self.checker.literals.get(literal) if literal is not None else None
            if literal is not None and known is None and "secret" not in param.marks and not param.listed:
                known = fits_plainly(attr.module, node, param.type)
                if known is not None:
                    self.checker.literals[literal] = known
            if known is not None:
                self._set(prefix + name, param, known, into)
                continue
            what = f"`{name}` of `{self.label}`" if not prefix else f"`{prefix}{name}`"
            fixed = param.type.base in ("path", "range") or "fixed" in param.marks
            fixed = fixed or (name in self.component.shaping and spec is self.component)
            fixed = fixed or self.block.kind.runs == "trigger" or into is self.block.common
            told = self.checker.told
            value = self._param(param, attr, body, what, spec if fixed else None)
            if (
                literal is not None
                and value.known
                and self.checker.told == told
                and "secret" not in param.marks
            ):
                self.checker.literals[literal] = value
            if value.wrong:
                self._no_value(attr, prefix + name, param.type, param)
                self.mentioned.add(prefix + name)
                continue
            if not value.known and fixed:
                self._too_late(value, what, param, spec)
            elif not value.known and self._live(value, what):
                continue
            else:
                self._set(prefix + name, param, value, into)
            if param.network is not None:
                from .shapes import follow

                follow(self.checker, self.block, param.network, value)
        if spec.rest is not None:
            self._tuned(spec.rest, body, prefix, into)

    def _set(self, name: str, param: ParamSpec, value: Value, into: dict[str, Value]) -> None:
        """Keep a value under its dotted name: a file that is read comes from outside."""
        if param.type.base == "path" and value.value is not None:
            self.block.externals[name] = value
        else:
            into[name] = value

    def _tuned(self, type: Type, body: BodyDef, prefix: str, into: dict[str, Value]) -> None:
        """Bind what parameters of the component may be, in a block such as `search { … }`."""
        for name, attr in body.attrs.items():
            param = self.component.params.get(name)
            if param is None or not _tunable(param.type):
                continue
            value = self.checker.fit(self._evaluate(attr, type), type, f"`{prefix}{name}`")
            if value.wrong or value.entity is None:
                continue
            into[prefix + name] = value
            called, given = value.entity.item
            for key, arg in given.items():
                if "tuned" not in called.params[key].marks:
                    continue
                items = arg.value.items if isinstance(arg.value, tree.List) else (arg.value,)
                for item in items:
                    scope = Scope(attr.module, self.typed.program, values=self.block.definition.bound)
                    fitted = self.checker.expressions.evaluate(item, scope)
                    if self.checker.fit(fitted, param.type, f"`{name}` of `{self.label}`").wrong:
                        into.pop(prefix + name, None)

    def _live(self, value: Value, what: str) -> bool:
        """Report a value that is known only while something serves, where a step needs one."""
        found = self._live_figure(value.expr)
        if found is None:
            return False
        owner, spec = found
        self.report(
            Diagnostic(
                codes.NOT_KNOWN_YET,
                f"{what} is known when its step begins, but `{spec.name}` is known only while `{owner}` serves",
                value.span,
                label="known live only",
                labels=[Label(spec.span, "declared `@live`")],
                help=["name a figure that a step measures, or a `param`"],
            )
        )
        return True

    def _live_figure(self, expr: Json) -> tuple[str, QuantitySpec] | None:
        """Return the first figure in ``expr`` that is known live only, with the block that measures it."""
        for id, metric in metrics_read(expr):
            typed = self.typed.blocks.get(id)
            spec = typed.quantities.get(of_all_rows(metric)) if typed is not None else None
            if typed is not None and spec is not None and spec.when == LIVE:
                return typed.shown, spec
        return None

    def _too_late(self, value: Value, what: str, param: ParamSpec, spec: BlockSpec) -> None:
        """Report a value that is known when the pipeline runs, where one is needed that shapes the graph."""
        bound = f"{param.name}_params"
        help = USE_LET
        if bound in spec.params:
            help = f"write `:name` in the text, and give the value by `{bound} = {{ name = … }}`"
        self.report(late(f"{what} is", value.span, value.entity, [help]))

    def _param(
        self, param: ParamSpec, attr: AttrDef, body: BodyDef, what: str, fixed: BlockSpec | None
    ) -> Value:
        """Return the value of a parameter; what is ``fixed``, with what declares it, is known when compiling."""
        type = param.type
        node = attr.node.value
        if "secret" in param.marks:
            return self._secret(param, attr, what)
        if type.base == "column" and isinstance(node, tree.Ref) and len(node.names) == 1:
            bare = self._bare_column(type, attr, node)
            if bare is not None:
                return bare
        value = self._evaluate(attr, type)
        if value.wrong or (value.known and value.value is None and type.optional):
            return value
        if type.base == "device" and (value.type.base, value.type.framework) != ("device", type.framework):
            return self._no_device(value, type, what)
        if type.base == "block":
            return self._named_block(value, type, what)
        if value.entity is not None and value.entity.what == "secret":
            self.report(
                Diagnostic(
                    codes.WRONG_TYPE,
                    f"{what} takes no secret: its value would be written down",
                    value.span,
                    label="a secret",
                    labels=[Label(param.span, "declared here, without `@secret`")],
                    help=["write a `let` or a `param` here; a secret is given to what is declared `@secret`"],
                )
            )
            return wrong(value.module, value.node)
        if fixed is not None and type.base == "enum" and not value.known and value.type.base == "string":
            # That it is any text is not what is wrong: no declaration of it would do.
            self._too_late(value, what, param, fixed)
            return wrong(value.module, value.node)
        if type.base == "column":
            return self.artefacts.column(value, type, what)
        if type.base == "schema":
            if value.entity is not None and value.entity.what == "schema":
                return value
            self._no_schema(value, what)
            return wrong(value.module, value.node)
        if type.base == "list" and type.of is not None and type.of.base == "column":
            return self._columns(value, type.of, what)
        fitted = self.checker.fit(value, type, what)
        if param.listed and fitted.known and not fitted.wrong:
            return self._listed(fitted, param.listed, what)
        return fitted

    def _related(self, name: str) -> None:
        """Compare what a parameter is with what it has to do with: a class of the label, the names that a text binds."""
        param, value = self.component.params[name], self.block.arguments.get(name)
        if value is None or value.wrong or not self.mentioned.isdisjoint((name, param.binds)):
            return  # one of them is wrong, and reported
        if "class" in param.marks:
            if value.known and isinstance(value.value, str):
                self.checker.expressions.no_such_class(self.block.id, value)
            return
        text = self.block.arguments.get(param.binds)
        if text is None or not text.known or not isinstance(text.value, str):
            return
        given = value.value if value.known else value.expr
        if not isinstance(given, dict) or not (value.known or isinstance(value.node, tree.Map)):
            return  # which names it holds is known when the pipeline runs
        self._bound_names(name, param, value, text, list(map(str, given)))

    def _bound_names(self, name: str, param: ParamSpec, value: Value, text: Value, given: list[str]) -> None:
        """Report a `:name` of a text that nothing is given for, and what is given and not named there."""
        from .bound_names import bound_names

        asked = bound_names(text.value)
        at = value if name in self.block.definition.body.attrs else None
        missing = [each for each in asked if each not in given]
        spare = [each for each in given if each not in asked]
        for each in missing:
            near = nearest(each, spare)
            place = at.span if at is not None else text.span
            if near is not None:
                spare.remove(near)
                place = _key_span(value, near)
            self.report(
                Diagnostic(
                    codes.MISSING_KEY,
                    f"`:{each}` in `{param.binds}` is given no value",
                    place,
                    label=f"did you mean `{each}`?" if near is not None else f"`{each}` is missing",
                    labels=[Label(text.span, "named in this text")] if at is not None else [],
                    fixes=[Fix(f"write `{each}`", [(place, each)])] if near is not None else [],
                    help=[]
                    if near is not None
                    else [
                        f"write `{name} = {{ {each} = … }}`; a colon that is meant is `\\\\:`"
                        if not given
                        else f"put `{each} = …` into `{name}`; a colon that is meant is `\\\\:`"
                    ],
                )
            )
        for each in spare:
            near = nearest(each, asked)
            self.report(
                Diagnostic(
                    codes.UNKNOWN_KEY,
                    f"`{param.binds}` names no `:{each}`",
                    _key_span(value, each),
                    label="given for nothing",
                    labels=[Label(text.span, "no name of this text")],
                    help=[f"it names {', '.join(f'`:{known}`' for known in asked)}"]
                    if asked
                    else [f"write `:{each}` where it belongs in the text, or take it away"],
                )
            )

    def _listed(self, value: Value, name: str, what: str) -> Value:
        """Return a text that is one of the names in a module of the library, or report that it is none."""
        data = self.checker.modules.loader.read(f"std:{name}") or b""
        # Hundreds of names are read whole only where this one is not among them.
        if f'\n  "{value.value}",\n'.encode("utf-8", "surrogatepass") in data:
            return value
        module = self.checker.modules.standard(name)
        decl = module.find("names", "let") if module is not None else None
        if module is None or decl is None or decl.value is None:
            return value
        names = self.checker.constant(module, decl.value)
        choices = tuple(names.value) if names.known else ()
        return self.checker.fit(value, Type("enum", choices=choices), what)

    def _named_block(self, value: Value, type: Type, what: str) -> Value:
        """Return a block of the kind that ``type`` asks for, as its name."""
        entity = value.entity
        above = self.typed.blocks.get(entity.block) if entity is not None and entity.what == "block" else None
        if above is not None and above.kind.name == type.framework:
            return value.replace(known=True, value=above.id)
        known = [b.shown for b in self.typed.blocks.values() if b.kind.name == type.framework]
        near = nearest(value.text, known)
        shown = article(f"`{above.kind.name}`") if above is not None else article(value.type.show())
        self.report(
            Diagnostic(
                codes.WRONG_TYPE,
                f"{what} is {article(f'`{type.framework}`')} of the pipeline, but this is {shown}",
                value.span,
                label=shown,
                help=["there is " + ", ".join(f"`{each}`" for each in dict.fromkeys(known))]
                if known
                else [f"declare one: `{type.framework} team: … {{ … }}`"],
                fixes=[Fix(f"write `{near}`", [(value.span, near)], safe=False)] if near else [],
            )
        )
        return wrong(value.module, value.node)

    def _no_device(self, value: Value, type: Type, what: str) -> Value:
        module = value.module
        known = [name for name, decl in module.names.items() if _is_device(decl, type)]
        for alias, (_, used) in module.aliases.items():
            known += [f"{alias}.{name}" for name, decl in used.names.items() if _is_device(decl, type)]
        shown = article(value.type.show())
        if value.type.base in ("block", "none"):
            shown = "a block" if value.type.base == "block" else "none"
        elif value.type.base == "device":
            shown = f"one of the sort `{value.type.framework}`"
        fixes = unlisted(module.source, value.node)
        if value.known and value.value in known:
            fixes = [Fix(f"write `{value.value}`", [(value.span, str(value.value))])]
        self.report(
            Diagnostic(
                codes.WRONG_TYPE,
                f"{what} is a device of the sort `{type.framework}`, but this is {shown}",
                value.span,
                label="not a device"
                if value.type.base != "device"
                else f"of the sort `{value.type.framework}`",
                help=["there is " + ", ".join(f"`{each}`" for each in known[:6])]
                if known
                else [f"declare one at the top level: `device {type.framework}_1: {type.framework} {{ … }}`"],
                fixes=fixes,
            )
        )
        return wrong(module, value.node)

    def _no_schema(self, value: Value, what: str) -> None:
        fixes = []
        if value.type.base == "schema":
            self.report(
                Diagnostic(
                    codes.NOT_KNOWN_YET,
                    f"{what} is known when compiling, but this is chosen when the pipeline runs only",
                    value.span,
                    label="not known yet",
                    help=["write one schema, or let an `env` give another; a `let` may choose as well"],
                )
            )
            return
        if value.known and isinstance(value.value, str) and value.module.find(value.value, "schema"):
            fixes = [Fix(f"write `{value.value}`, without quotes", [(value.span, value.value)])]
        fixes = fixes or unlisted(value.module.source, value.node)
        self.report(
            Diagnostic(
                codes.WRONG_TYPE,
                f"{what} is a schema, but this is {article(value.type.show())}",
                value.span,
                label=article(value.type.show()),
                help=["declare one: `schema Row { … }`, and name it"] if not fixes else [fixes[0].message],
                fixes=fixes,
            )
        )

    def _columns(self, value: Value, of: Type, what: str) -> Value:
        items = value.entity.item if value.entity is not None and value.entity.what == "list" else [value]
        if value.known and value.value == []:
            return value
        names = []
        for item in items:
            column = self.artefacts.column(item, of, what)
            if column.wrong:
                return wrong(value.module, value.node)
            names.append(column.value)
        return value.replace(known=True, value=names)

    def _bare_column(self, type: Type, attr: AttrDef, node: tree.Ref) -> Value | None:
        """A column that is named without its data: say how to name it."""
        sources = self.block.inputs.get(type.input)
        source = sources[0] if sources else None
        schema: Schema | None = source.type.schema if source is not None else None
        if source is None or schema is None or node.names[0] in self.typed.program.names:
            return None
        near = nearest(node.names[0], schema.columns)
        if near is None:
            return None
        shown = self.typed.blocks[source.block].shown
        written = f"{shown}.{near}" if self._single(source) else f"{shown}.{source.port}.{near}"
        span = attr.module.span(node)
        self.report(
            Diagnostic(
                codes.UNKNOWN_NAME,
                f"there is no `{node.names[0]}` here: a column is named through its data",
                span,
                label=f"did you mean `{written}`?",
                labels=[Label(schema.columns[near].span, "the column")],
                fixes=[Fix(f"write `{written}`", [(span, written)])],
            )
        )
        return wrong(attr.module, node)

    def _single(self, source: TypedSource) -> bool:
        typed = self.typed.blocks[source.block]
        return sum(1 for type in typed.outputs.values() if type.base == "dataset") == 1

    def _secret(self, param: ParamSpec, attr: AttrDef, what: str) -> Value:
        node = attr.node.value
        names = self.typed.program.names
        if isinstance(node, tree.NoneLiteral) and param.type.optional:
            return Value(STRING, attr.module, node, known=True, value=None)
        if isinstance(node, tree.Ref) and len(node.names) == 1 and node.names[0] not in names:
            secrets = [name for name, item in names.items() if item.decl.kind.text == "secret"]
            near = nearest(node.names[0], secrets)
            span = attr.module.span(node)
            declared = f"secret {node.names[0]}: {param.type.base}"
            pipeline = self.typed.program.decl.body
            place = (
                Span(self.typed.program.root.source, pipeline.start + 1, pipeline.start + 1)
                if pipeline
                else span
            )
            self.report(
                Diagnostic(
                    codes.UNDECLARED_SECRET,
                    f"there is no secret `{node.names[0]}`",
                    span,
                    label=f"did you mean `{near}`?" if near else "not declared",
                    help=[] if near else [f"declare it in the pipeline: `{declared}`"],
                    fixes=[Fix(f"write `{near}`", [(span, near)])]
                    if near
                    else [Fix(f"declare `{declared}`", [(place, f"\n  {declared}")])],
                )
            )
            return wrong(attr.module, node)
        scope = Scope(attr.module, self.typed.program, values=self.block.definition.bound)
        value = self.checker.expressions.evaluate(node, scope)
        if value.entity is not None and value.entity.what == "secret" and value.entity.item is not None:
            return self._secret_type(value, param, what)
        if value.wrong or (value.entity is not None and value.entity.what == "secret"):
            return value
        secrets = [name for name, item in names.items() if item.decl.kind.text == "secret"]
        fixes = unlisted(attr.module.source, node)
        if value.known and value.value in secrets:
            fixes = [Fix(f"write `{value.value}`", [(value.span, str(value.value))])]
        self.report(
            Diagnostic(
                codes.UNDECLARED_SECRET,
                f"{what} takes a secret, never a value that stands in the spec",
                attr.module.span(node),
                label="not a secret",
                labels=[Label(param.span, "marked `@secret` here")],
                help=[
                    f"declare `secret {param.name}: {param.type.base}` in the pipeline, and name it: `{param.name}`"
                ],
                fixes=fixes,
            )
        )
        return wrong(attr.module, node)

    def _secret_type(self, value: Value, param: ParamSpec, what: str) -> Value:
        """Return a secret that is declared as what ``param`` takes; one without a type takes that of the param."""
        type, wanted = value.type, param.type
        assert value.entity is not None  # the caller looked
        item: ValueDef = value.entity.item
        node = item.decl.type
        if node is None:
            found = self.typed.secrets.get(item.name.text)
            if found is not None and found[1].base == "string" and wanted.base != "string":
                self.typed.secrets[item.name.text] = (found[0], wanted.replace(optional=False), found[2])
            return value
        fits = wanted.base == type.base and widens(wanted, type)
        fits = fits and (wanted.choices is None or set(type.choices or ()) <= set(wanted.choices))
        if fits or wanted.base in ("string", "error"):
            return value
        declared = f"secret {item.name.text}: {wanted.show()}"
        self.report(
            Diagnostic(
                codes.WRONG_TYPE,
                f"{what} takes a secret of type `{wanted.show()}`, but `{value.text}` is declared as `{type.show()}`",
                value.span,
                label=f"`{type.show()}`",
                labels=[Label(item.module.span(node), "its type stands here"), *limits(wanted)],
                help=[f"write `{declared}`: whoever reads it then sees to it that it is one"],
                fixes=[Fix(f"write `{declared}`", [(item.module.span(node), wanted.show())], safe=False)],
            )
        )
        return wrong(value.module, value.node)

    def _defaults(self) -> None:
        """Add the defaults of everything that is not given, for what the step is told."""
        self._default(self.component, "", self.block.arguments)
        for prefix, (spec, nested) in self.given.items():
            into = self.block.arguments
            if self._of_kind(prefix):
                if prefix not in self.block.played:
                    continue
                into = self.block.common
            self._default(spec, prefix + ".", into)
            if prefix in self.block.played:
                name = self.block.played[prefix][0].name
                into[f"{prefix}.component"] = Value(
                    STRING, nested.module, nested.node, known=True, value=name
                )

    def _default(self, spec: BlockSpec, prefix: str, into: dict[str, Value]) -> None:
        for name, param in spec.params.items():
            dotted = prefix + name
            if "bound" in param.marks:
                self.block.untold.add(dotted)
            if param.default is None or dotted in into or param.type.base == "schema":
                continue
            if dotted not in self.block.externals:
                into[dotted] = param.default

    # -- outputs -----------------------------------------------------------------------------------------------

    def _outputs(self) -> None:
        for name, port in self.component.outputs.items():
            if port.when:
                value = self.block.arguments.get(port.when)
                if value is None or (value.known and value.value in (None, False)):
                    continue
            self.block.outputs[name] = self._changed(port, self._output_type(port.type))
        self.typed.add_outputs(self.block)

    def _changed(self, port: PortSpec, type: Type) -> Type:
        """Return the type of an output with the columns that the step adds, drops and renames."""
        sources = self.block.inputs.get(port.type.input)
        if port.changes is None or type.input or not sources:
            return type
        from .changes import changed

        found = changed(self.checker, self.block, port, sources[0])
        if found is None:
            return type
        label = found[0].label
        return type.replace(schema=found[0], label=label.name if label is not None else "", changes=found[1])

    def _output_type(self, type: Type) -> Type:
        if type.base not in ("dataset", "model") or not type.input:
            return type.replace(bases=None) if type.bases is not None else type
        attr = self.block.definition.body.attrs.get(type.input)
        if type.input in self.component.params and attr is not None:
            value = self.block.arguments.get(type.input)
            entity = value.entity if value is not None else None
            if entity is not None and entity.what == "schema":
                schema = entity.item
                label = schema.label.name if schema.label is not None else ""
                return type.replace(schema=schema, label=label, input="", bases=None)
            return type  # keeps its `input`: what it follows is wrong and was reported, so its columns are not known
        sources = self.block.inputs.get(type.input)
        if not sources or sources[0].type.input:
            return type
        above = sources[0].type
        label = above.label or (above.schema.label.name if above.schema and above.schema.label else "")
        return type.replace(schema=above.schema, label=label, input="", bases=None)

    # -- conditions --------------------------------------------------------------------------------------------

    def _conditions(self, body: BodyDef) -> None:
        for condition in body.conditions:
            self._condition(condition, self.component.quantities, "", "", self.component)
        for prefix, (spec, nested) in self.given.items():
            for condition in nested.body.conditions:
                # A block that measures nothing of its own speaks of what is measured around it.
                quantities, inside = (
                    (spec.quantities, prefix + ".") if spec.quantities else (self.component.quantities, "")
                )
                self._condition(condition, quantities, inside, prefix, spec)
            if not self._of_kind(prefix) or prefix in self.block.played:
                self._declared(spec, prefix, nested)
            if prefix in self.declared:
                self._declared(self.declared[prefix], prefix, nested)
        self._declared(self.component, "", None)

    def _condition(
        self,
        condition: ConditionDef,
        quantities: dict[str, QuantitySpec],
        prefix: str,
        nested: str,
        spec: BlockSpec,
    ) -> None:
        node, module = condition.node, condition.module
        verb = node.verb.text
        verbs = dict(spec.verbs) if nested else {**self.block.kind.verbs, **spec.verbs}
        if verb != "require" and verb not in verbs:
            self._wrong_verb(condition, verbs, nested)
            return
        if not quantities:
            self.report(
                Diagnostic(
                    codes.WRONG_CONDITION,
                    f"`{self.block.shown}` measures nothing that a condition could speak of",
                    module.span(node),
                    labels=[Label(self.component.span, f"`{self.label}` declares no quantity")],
                    help=self.checker.measured_in(
                        self.typed.program, condition, self.block.definition.name.text
                    )
                    or [
                        "conditions stand where something is measured: in an `evaluate`, a `parity`, a `deploy`"
                    ],
                )
            )
            return
        bound = self.block.definition.bound
        if verb == "require":
            said, settings = condition_body(self.checker, self.typed, condition, bound), {}
        else:
            said, settings = ("error", ""), self._verb_body(condition, verbs[verb])
        scope = Scope(
            module,
            self.typed.program,
            block=self.block.id,
            prefix=prefix,
            quantities=quantities,
            values=bound,
        )
        value = self.checker.expressions.evaluate(node.expr, scope)
        if value.wrong:
            return
        if value.type.base != "bool":
            self.report(
                Diagnostic(
                    codes.NOT_A_CONDITION,
                    f"a condition is true or false, but this is {article(value.type.show())}",
                    module.span(node.expr),
                    label=value.type.show(),
                    help=[f"compare it: `require {value.text} >= …`"]
                    if value.type.base in (*NUMBERS, *DIMENSIONS)
                    else [
                        f"name what `{self.label}` measures: " + ", ".join(f"`{name}`" for name in quantities)
                    ],
                )
            )
            return
        if value.known:
            if not (value.value and self._asks_for_input(node.expr)):
                self._decided(bool(value.value), node, module.span(node.expr))
            return
        if not self._possible(node.expr, scope) or not self._asked_first(node.expr, value):
            return
        live = self._live_figure(value.expr) if self.block.kind.runs != "service" else None
        if live is not None:
            self._level_elsewhere(module.span(node.expr), *live)
            return
        text = module.source.text[node.expr.start : node.expr.end]
        made = self._add(
            verb, node.name.text if node.name else "", value.to_json(), text, module.span(node), nested
        )
        made.severity, made.message = said
        made.settings = settings
        if made.when == CHECK and not nested:
            self._at_check.append((node, scope, made))

    def _asked_first(self, expr: tree.Expr, value: Value) -> bool:
        """Return whether a condition that reads figures of a model which may be missing asks whether it is; else report it."""
        read = {
            name.partition(".")[0]
            for id, name in metrics_read(value.expr)
            if id == self.block.id and "." in name
        }
        for name in sorted(read):
            sources = self.block.inputs.get(name)
            port = self.component.inputs.get(name)
            if not sources or port is None or "compared" not in port.marks or not sources[0].type.optional:
                continue
            if (self.block.id, name) in metrics_read(value.expr):
                continue
            maker = self.typed.blocks[sources[0].block]
            span = self.block.definition.body.attrs[name].span
            self.report(
                Diagnostic(
                    codes.WRONG_CONDITION,
                    f"the `{name}` of `{self.block.shown}` may be missing, and this condition could never hold then",
                    value.span,
                    label=f"needs `{name}`",
                    labels=[Label(span, f"`{maker.shown}` may have none")],
                    help=[f"ask first: `require {name} == none or {value.text}`"],
                )
            )
            return False
        return True

    def _asks_for_input(self, expr: tree.Expr) -> bool:
        """Return whether a condition speaks of an input that may be given or not: `baseline == none or …`."""
        inputs = self.component.inputs
        return any(name in inputs and "compared" in inputs[name].marks for name, _ in names_in(expr))

    def _level_elsewhere(self, span: Span, owner: str, spec: QuantitySpec) -> None:
        """Report a condition on a live figure in a step, which ends before anything serves."""
        self.report(
            Diagnostic(
                codes.WRONG_CONDITION,
                f"`{self.block.shown}` cannot wait for `{spec.name}`, which is known only while `{owner}` serves",
                span,
                label="known live only",
                labels=[Label(spec.span, "declared `@live`")],
                help=[f"write the `require` in `{owner}`: there it is a service level"],
            )
        )

    def _wrong_verb(self, condition: ConditionDef, verbs: dict[str, BlockSpec], nested: str) -> None:
        node, module = condition.node, condition.module
        verb = node.verb.text
        where = f"`{nested}`" if nested else article(f"`{self.block.kind.name}`")
        near = nearest(verb, verbs)
        around = (self.component, self.block.kind)
        owner = next(
            (n for spec in around for n, b in spec.blocks.items() if verb in b.verbs and n != nested), ""
        )
        help = ["`require` says what has to hold"]
        if owner:
            help = [f"it belongs to `{owner}`: write `{owner} {{ {verb} when … }}`"]
        elif verbs:
            help = ["what can stand here is `require`, " + ", ".join(f"`{each} when`" for each in verbs)]
        else:
            kinds = [name for name in self._kinds_with(verb) if name != self.block.kind.name]
            if kinds:
                help.append(f"`{verb} when` belongs to {article(f'`{kinds[0]}`')}")
        span = module.span(node.verb)
        self.report(
            Diagnostic(
                codes.WRONG_CONDITION,
                f"`{verb}` cannot stand in {where}",
                span,
                label=f"did you mean `{near}`?" if near else "not here",
                help=[] if near else help,
                fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
            )
        )

    def _kinds_with(self, verb: str) -> list[str]:
        kinds = self.checker.modules.standard("kinds")
        found = []
        for name in kinds.names if kinds is not None else ():
            spec = self.checker.kind(name)
            if spec is not None and verb in spec.verbs:
                found.append(name)
        return found

    def _verb_body(self, condition: ConditionDef, spec: BlockSpec) -> dict[str, Any]:
        """Return what the body of a condition such as `alert when … { severity = "page" }` sets, by what its verb declares."""
        node, module = condition.node, condition.module
        settings: dict[str, Any] = {}
        body = make_body(self.checker.modules, module, node, node.body, condition.environment)
        verb = node.verb.text
        for name, attr in body.attrs.items():
            param = spec.params.get(name)
            if param is not None:
                value = self._param(param, attr, body, f"`{name}` of `{verb}`", None)
                if not value.wrong and not value.known:
                    self._too_late(value, f"`{name}` of `{verb}`", param, spec)
                elif not value.wrong:
                    settings[name] = value.value
                continue
            near = nearest(name, spec.params)
            self.report(
                Diagnostic(
                    codes.UNKNOWN_KEY,
                    f"`{verb}` has no `{name}`",
                    attr.span,
                    label=f"did you mean `{near}`?" if near else "unknown",
                    labels=[Label(spec.span, f"`{verb}` is declared here")],
                    help=[] if near else [f"`{verb}` takes " + ", ".join(f"`{key}`" for key in spec.params)],
                    fixes=[Fix(f"write `{near}`", [(attr.span, near)])] if near else [],
                )
            )
        places = [nested.module.span(nested.node.name) for nested in body.blocks.values()]
        places += [each.module.span(each.node) for each in body.conditions]
        from .figures import without_signs

        said, others = without_signs(self.checker, body, spec.params)
        places += others
        for place in places:
            self.report(
                Diagnostic(
                    codes.WRONG_PLACE,
                    f"this cannot stand in the body of `{verb}`",
                    place,
                    help=[f"`{verb}` takes " + ", ".join(f"`{key}`" for key in spec.params)],
                )
            )
        for name, param in spec.params.items():
            if name not in body.attrs and param.default is not None and param.default.value is not None:
                settings[name] = param.default.value
            elif name not in body.attrs and name not in said and not param.type.optional:
                span = module.span(node.verb)
                self.report(
                    Diagnostic(
                        codes.MISSING_KEY,
                        f"`{verb}` needs `{name}`",
                        span,
                        label=f"`{name}` is missing",
                        labels=[Label(param.span, "declared here")],
                        help=[f"write `{verb} when … {{ {name} = … }}`, {article(param.type.show())}"],
                    )
                )
        return settings

    def _decided(self, holds: bool, node: tree.Condition, span: Span) -> None:
        if holds:
            self.report(
                Diagnostic(
                    codes.ALWAYS_HOLDS,
                    "this condition always holds",
                    span,
                    help=["it speaks of nothing that is measured: take it out, or name a quantity"],
                )
            )
        else:
            self.report(
                Diagnostic(
                    codes.NEVER_HOLDS,
                    "this condition never holds",
                    span,
                    help=["it speaks of nothing that is measured: name a quantity"],
                )
            )

    def _possible(self, expr: tree.Expr, scope: Scope) -> bool:
        """Compare the bound of a condition with what its quantity can be at all."""
        while isinstance(expr, tree.Paren):
            expr = expr.inner
        if not isinstance(expr, tree.Binary) or expr.operator not in ("<", "<=", ">", ">=", "==", "!="):
            return True
        left = self.checker.expressions.evaluate(expr.left, scope)
        right = self.checker.expressions.evaluate(expr.right, scope)
        operator = expr.operator
        if not left.known and not right.known and left.expr == right.expr and left.expr is not None:
            self._with_itself(operator, left, right)
            return False
        if left.known and not right.known:
            left, right = right, left
            operator = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(operator, operator)
        bound = right.value
        if left.known or not right.known or isinstance(bound, bool) or not isinstance(bound, int | float):
            return True
        type = left.type
        outside = type.bounded and not type.holds(bound)
        never = outside and operator == "=="
        always = outside and operator == "!="
        if type.low is not None:
            never = (
                never or (operator == "<" and bound <= type.low) or (operator == "<=" and bound < type.low)
            )
            always = (
                always or (operator == ">=" and bound <= type.low) or (operator == ">" and bound < type.low)
            )
        if type.high is not None:
            never = (
                never or (operator == ">" and bound >= type.high) or (operator == ">=" and bound > type.high)
            )
            always = (
                always or (operator == "<=" and bound >= type.high) or (operator == "<" and bound > type.high)
            )
        if not never and not always:
            return True
        name = left.text
        help = ["choose a bound inside of that limit, one that can be met and missed"]
        fixes = []
        if type.base in NUMBERS and not isinstance(right.node, tree.Number | tree.Unary):
            help = [f"`{right.text}` comes to {bound:g}"]
        plain = isinstance(right.node, tree.Number) and not right.text.endswith("%")
        if never and type.high == 1 and 1 < bound <= 100 and plain:
            help = [f"`{right.text}%`?"]
            fixes = [Fix(f"write `{right.text}%`", [(right.span, f"{right.text}%")], safe=False)]
        self.report(
            Diagnostic(
                codes.NEVER_HOLDS if never else codes.ALWAYS_HOLDS,
                f"this {'never' if never else 'always'} holds: `{name}` is {type.show_bounds()}",
                right.span,
                label=f"`{name}` is {type.show_bounds()}",
                labels=[Label(type.limit, "the limit comes from here")] if type.limit is not None else [],
                help=help,
                fixes=fixes,
            )
        )
        return always

    def _with_itself(self, operator: str, left: Value, right: Value) -> None:
        """Report what compares a figure with itself."""
        holds = operator in ("==", "<=", ">=")
        self.report(
            Diagnostic(
                codes.ALWAYS_HOLDS if holds else codes.NEVER_HOLDS,
                f"this {'always' if holds else 'never'} holds: both sides are `{left.text}`",
                right.span,
                label="the same as on the other side",
                labels=[Label(left.span, "this")] if left.span != right.span else [],
                help=[f"compare it with a bound, `{left.text} {operator} 90%`, or with another figure"]
                if left.type.low == 0 and left.type.high == 1
                else ["compare it with a bound, or with another figure"],
            )
        )

    def _add(self, verb: str, name: str, expr: Json, text: str, span: Span, nested: str) -> TypedCondition:
        times = {CHECK: 0, AFTER: 1, LIVE: 2}
        when = CHECK
        for id, metric in metrics_read(expr):
            typed = self.typed.blocks.get(id)
            spec = typed.quantities.get(of_all_rows(metric)) if typed is not None else None
            if spec is not None and times[spec.when] > times[when]:
                when = spec.when
        made = TypedCondition(verb, name, expr, " ".join(text.split()), span, when, nested)
        self.block.conditions.append(made)
        return made

    def _declared(self, spec: BlockSpec, prefix: str, nested: NestedDef | None) -> None:
        """Add the conditions that the component itself declares, with the parameters as they are given."""
        if not spec.requires:
            return
        dotted = prefix + "." if prefix else ""
        values = {}
        for name, param in spec.params.items():
            value = self.block.arguments.get(dotted + name)
            if value is None:
                if param.type.optional:
                    value = Value(param.type, spec.module, spec.requires[0], known=True, value=None)
                else:
                    return  # reported
            values[name] = value
        asked = [[name for name, _ in names_in(condition.expr)] for condition in spec.requires]
        for name in dict.fromkeys(name for names in asked for name in names if name in spec.inputs):
            given = dotted + name in self.block.inputs
            values[name] = Value(
                Type("artefact", optional=True),
                spec.module,
                spec.requires[0],
                known=True,
                value=given or None,
            )
        span = nested.module.span(nested.node.name) if nested is not None else self.block.span
        for condition, names in zip(spec.requires, asked, strict=True):
            if any(dotted + name in self.mentioned for name in names):
                continue  # what is demanded of it follows from what was reported
            scope = Scope(
                spec.module,
                None,
                block=self.block.id,
                prefix=dotted,
                quantities=spec.quantities,
                values=values,
            )
            value = self.checker.expressions.evaluate(condition.expr, scope)
            if value.known and value.value is False and not value.wrong:
                self._against_declaration(condition, spec, span, dotted)
            if value.wrong or value.known:
                continue
            expr = value.to_json()
            made = self._add(
                "require", condition.name.text if condition.name else "", expr, show(expr), span, prefix
            )
            made.declared = True

    def _against_declaration(
        self, condition: tree.Condition, spec: BlockSpec, span: Span, dotted: str
    ) -> None:
        """Report a condition of the declaration that what is given does not fulfil, whatever is measured."""
        text = " ".join(spec.module.source.text[condition.expr.start : condition.expr.end].split())
        said = next(
            (
                item.value.parts[0]
                for item in (condition.body.items if condition.body is not None else ())
                if isinstance(item, tree.Attr)
                and item.name.text == "message"
                and isinstance(item.value, tree.String)
            ),
            f"it demands `{text}`",
        )
        labels = [Label(spec.module.span(condition.expr), f"`{self.label}` demands this")]
        body = self.given[dotted[:-1]][1].body if dotted else self.block.definition.body
        for name in dict.fromkeys(name for name, _ in names_in(condition.expr)):
            if name in body.attrs:
                labels.insert(0, Label(body.attrs[name].span, f"`{name}` is set here"))
        self.report(
            Diagnostic(
                codes.AGAINST_DECLARATION,
                f"`{self.block.shown}` cannot be as it is: {said}",
                span,
                labels=labels,
                help=[f"`{self.label}` declares `require {text}`"],
            )
        )


def _of_choices(needed: dict[str, tuple[str, ...]], value: Value) -> list[str]:
    """Return what a value of a parameter needs; all there is where it is known only later."""
    chosen = value.value if isinstance(value.value, list | tuple) else [value.value]
    return [each for name, texts in needed.items() if not value.known or name in chosen for each in texts]


def _key_span(value: Value, key: str) -> Span:
    """Return where a key of a map stands, or the map where it is written elsewhere."""
    for entry in value.node.entries if isinstance(value.node, tree.Map) else ():
        if isinstance(entry.name, tree.Name) and entry.name.text == key:
            return value.module.span(entry.name)
    return value.span


def _joined(expr: Json) -> bool:
    return isinstance(expr, dict) and expr.get("op") == "and"


def _tunable(type: Type) -> bool:
    return type.base in (*NUMBERS, *DIMENSIONS, "enum", "bool", "string")


def _is_device(decl: tree.Decl, type: Type) -> bool:
    return decl.kind.text == "device" and decl.type is not None and decl.type.name.text == type.framework


def condition_body(
    checker: Checker,
    typed: TypedProgram,
    condition: ConditionDef,
    bound: dict[str, Value] | None = None,
) -> tuple[str, str]:
    """Return the severity and the message of a `require`; ``bound`` are the variables of an `each` around it."""
    said = {"severity": "error", "message": ""}
    body = condition.node.body
    module = condition.module
    seen: dict[str, tree.Node] = {}
    for item in body.items if body is not None else ():
        if isinstance(item, tree.ErrorItem):
            continue
        name = item.name.text if isinstance(item, tree.Attr) else ""
        if not isinstance(item, tree.Attr) or name not in _CONDITION_KEYS:
            near = nearest(name, _CONDITION_KEYS) if name else None
            span = module.span(item.name if isinstance(item, tree.Attr) else item)
            checker.report(
                Diagnostic(
                    codes.UNKNOWN_KEY,
                    f"a condition has no `{name}`" if name else "this cannot stand in a condition",
                    span,
                    label=f"did you mean `{near}`?" if near else "unknown",
                    help=["a condition takes " + ", ".join(f"`{key}`" for key in _CONDITION_KEYS)],
                    fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
                )
            )
            continue
        if name in seen:
            checker.report(duplicate(module, item.name, seen[name], item))
            continue
        seen[name] = item
        value = checker.expressions.evaluate(item.value, Scope(module, typed.program, values=bound))
        type = Type("enum", choices=("error", "warn")) if name == "severity" else STRING
        fitted = checker.fit(value, type, f"`{name}`")
        if not fitted.wrong and fitted.known:
            said[name] = fitted.value
    return said["severity"], said["message"]


def show(expr: Json) -> str:
    """Return a value expression as a person would write it."""
    if isinstance(expr, dict):
        metric = expr.get("metric")
        if isinstance(metric, dict):
            return str(metric["name"])
        if "checked" in expr:
            return show(expr["checked"])
        if "param" in expr:
            return str(expr["param"])
        args = expr.get("args")
        if isinstance(args, list) and len(args) == 2:
            return f"{show(args[0])} {expr.get('op')} {show(args[1])}"
        if isinstance(args, list) and len(args) == 1:
            return f"{expr.get('op') or expr.get('call')} ({show(args[0])})"
    if isinstance(expr, float):
        return f"{expr:.12g}"
    return str(expr)


def _same(left: str, right: str) -> bool:
    return left.replace("_", "").lower() == right.replace("_", "").lower()


def _recovered(body: BodyDef) -> bool:
    node = body.node
    return isinstance(node, tree.Body) and any(isinstance(item, tree.ErrorItem) for item in node.items)


def _is_value(name: str, specs: tuple[BlockSpec, ...]) -> bool:
    """Return whether ``name`` is set by a value in a block that one of ``specs`` declares."""
    for spec in specs:  # noqa: SIM110 - asked for each key of a program
        if name in spec.params or name in spec.inputs:
            return True
    return False
