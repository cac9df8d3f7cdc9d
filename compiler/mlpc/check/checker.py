"""The checker: binds every block of a program to its component and checks what it says."""

from __future__ import annotations

from .. import codes, limits
from ..diagnostics import Diagnostic, Fix, Label, article
from ..resolve.modules import TOP_KINDS, Module, Modules, beside
from ..resolve.program import PIPELINE_BLOCKS, PIPELINE_KEYS, BlockDef, ConditionDef, Program, ValueDef
from ..resolve.similar import nearest
from ..source import Span
from ..syntax import tree
from ..syntax.edits import colon_for_equals
from .binding import Binder
from .declared import Declarations
from .expressions import Expressions
from .fit import Fitter
from .forms import forms
from .late import late
from .order import Lets, block_order, names_in
from .overlay import Overlay
from .scope import Scope
from .specs import CHOICE, ComponentSpec, KindSpec
from .typed import TypedBlock, TypedProgram
from .types import ERROR, STRING, VALUE_TYPES, Type
from .values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ..codes import Code
    from ..diagnostics import Diagnostics
    from .budget import Estimate
    from .devices import Devices
    from .facts import TypedTest
    from .functions import PythonFile
    from .instances import Gathered, Instances
    from .prices import Prices
    from .schemas import Schema
    from .specs import ParamSpec

#: Blocks that a help text names.
_SHOWN = 3


class Checker:
    """Checks one root module, under no environment and under each that it declares."""

    __slots__ = (
        "_blocks_made",
        "_devices",
        "_gathered",
        "_kinds",
        "_prices",
        "_python_files",
        "_python_told",
        "_typed",
        "changed",
        "declarations",
        "diagnostics",
        "expressions",
        "fitter",
        "literals",
        "modules",
        "program",
        "told",
    )

    def __init__(self, modules: Modules, diagnostics: Diagnostics) -> None:
        self.modules = modules
        self.diagnostics = diagnostics
        #: Number of diagnostics that were added here.
        self.told = 0
        self.fitter = Fitter(self.report)
        self.declarations = Declarations(self)
        self.expressions = Expressions(self)
        self.program: Program | None = None
        self._typed: TypedProgram | None = None
        self._devices: Devices | None = None
        self._prices: Prices | None = None
        self._blocks_made = 0
        #: The user's own Python files, by path, or why they cannot be read.
        self._python_told: set[str] = set()
        self._python_files: dict[str, PythonFile | tuple[str, Span | None]] = {}
        self._kinds: dict[tuple[Module | None, str], KindSpec] = {}
        #: What literals came to as values of parameters, where there was nothing to say of them.
        self.literals: dict[tuple[tree.Expr, ParamSpec], Value] = {}
        #: Columns that blocks make of others, by what they are made of and how.
        self.changed: dict[tuple[object, ...], Schema] = {}
        #: Holds what is said of the instances of one block, until all of them are checked.
        self._gathered: Gathered | None = None

    def report(self, diagnostic: Diagnostic) -> None:
        """Add a diagnostic."""
        self.told += 1
        (self.diagnostics if self._gathered is None else self._gathered).add(diagnostic)

    def way_out(self, code: Code, place: Span, fix: Fix) -> None:
        """Offer ``fix`` for the mistake ``code`` that was reported within ``place`` when the text was read."""
        for item in self.diagnostics.within(code, place):
            if not item.fixes:
                item.fixes = (fix,)

    def fit(self, value: Value, type: Type, what: str) -> Value:
        """Return ``value`` as one of ``type``; see :class:`mlpc.check.fit.Fitter`."""
        return self.fitter.fit(value, type, what)

    # -- a file ------------------------------------------------------------------------------------------------

    def file(self, module: Module) -> None:
        """Check the declarations of a file that are no pipeline."""
        forms(self, module)
        for name, decl in module.names.items():
            kind = decl.kind.text
            if decl.eaches:
                self.misplaced_each(module, decl)
            if kind == "schema":
                self.declarations.schema(module, decl)
            elif kind == "component":
                self.role(module, decl)
                self.declarations.component(module, decl)
            elif kind == "kind":
                if not module.path.startswith("std:"):
                    self.declarations.own_kind(module, decl)
            elif kind == "device":
                self.device(module, decl, decl)
            elif kind == "let":
                self._let(module, decl, name)
        if module.tests:
            from .facts import Tests

            Tests(self, module).names()
        if not module.pipelines and not module.lost:
            for decl in module.environments.values():
                self.report(
                    Diagnostic(
                        codes.WRONG_PLACE,
                        "an environment belongs to the file of its pipeline",
                        module.span(decl.kind),
                        help=["this file has no pipeline"],
                    )
                )
        circles: set[tree.Decl] = set()
        fine: set[tree.Decl] = set()
        for decl in module.environments.values():
            self._environment(module, decl, circles, fine)

    def _let(self, module: Module, decl: tree.Decl, name: str) -> None:
        if decl.value is None and decl.body is not None:
            return  # told where forms are looked at
        if decl.value is None:
            self.report(
                Diagnostic(
                    codes.BAD_DECLARATION,
                    f"`{name}` has no value",
                    module.span(decl.name or decl),
                    help=[f"write `let {name} = …`; what is given when the pipeline runs is a `param`"],
                )
            )
        else:
            self.expressions.let(module, decl, name, decl, None)

    def role(self, module: Module, decl: tree.Decl) -> None:
        """Report a role that there is not, of a component or of a nested block that one plays."""
        kinds = self.modules.standard("kinds")
        if decl.type is None or kinds is None:
            return
        role = decl.type.name.text
        if (self.modules.kind(module, role) is None or role in ("task", "service")) and not self.is_role(
            role
        ):
            known = [name for name in kinds.names if name not in ("task", "service")]
            known += [name for name in self.modules.own_kinds(module) if name not in known]
            near = nearest(role, known)
            span = module.span(decl.type.name)
            self.report(
                Diagnostic(
                    codes.UNKNOWN_KIND,
                    f"there is no kind `{role}` that a component could play",
                    span,
                    label=f"did you mean `{near}`?" if near else "not a kind",
                    help=[] if near else ["kinds are " + ", ".join(f"`{k}`" for k in known)],
                    fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
                )
            )

    def is_role(self, name: str) -> bool:
        """Return whether ``name`` is a role that components play outside of pipelines, such as `device`."""
        roles = self.modules.standard("roles")
        return roles is not None and roles.find(name, "kind") is not None

    @property
    def prices(self) -> Prices:
        """What the project says that machines cost."""
        if self._prices is None:
            from .prices import read

            self._prices = read(self.modules.loader, self.report)
        return self._prices

    def device(self, module: Module, decl: tree.Decl, node: tree.Node) -> Value:
        """Return the device that ``decl`` declares, as the value of ``node``."""
        if self._devices is None:
            from .devices import Devices

            self._devices = Devices(self)
        found = self._devices.value(module, decl)
        return found.replace(module=module, node=node)

    def _environment(
        self, module: Module, decl: tree.Decl, circles: set[tree.Decl], fine: set[tree.Decl]
    ) -> None:
        """Check what an environment builds on.

        ``circles`` are those on a circle that was reported, ``fine`` those that lead to none.
        """
        seen = [decl]
        seen_name = decl.name.text if isinstance(decl.name, tree.Name) else ""
        while decl.type is not None:
            name = decl.type.name.text
            base = module.environments.get(name)
            span = module.span(decl.type.name)
            if base is None:
                if decl is not seen[0]:
                    return  # said of the one that names it
                near = nearest(name, module.environments)
                self.report(
                    Diagnostic(
                        codes.UNKNOWN_ENVIRONMENT,
                        f"there is no environment `{name}`",
                        span,
                        label=f"did you mean `{near}`?" if near else "not declared",
                        help=[]
                        if near or len(module.environments) == 1
                        else [
                            "there is " + _listed([each for each in module.environments if each != seen_name])
                        ],
                        fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
                    )
                )
                return
            if base in fine:
                break
            if base in seen:
                if not circles.intersection(seen):
                    self.report(
                        Diagnostic(
                            codes.CYCLE,
                            f"environment `{name}` builds on itself",
                            span,
                            labels=[
                                Label(module.span(each.name or each), "by way of this") for each in seen[1:]
                            ],
                            help=["take one of the bases out"],
                        )
                    )
                circles.update(seen)
                return
            seen.append(base)
            decl = base
        fine.update(seen)

    # -- a pipeline --------------------------------------------------------------------------------------------

    def begin(self, diagnostics: Diagnostics) -> None:
        """Report to ``diagnostics`` from now on: pipelines are checked that differ a little from sound ones before."""
        self.diagnostics = diagnostics
        self._blocks_made = 0
        self._python_told.clear()

    def pipeline(
        self, program: Program, plain: TypedProgram | None = None, touched: set[str] | None = None
    ) -> TypedProgram:
        """Return the typed program; what is wrong is reported and left out.

        ``plain`` is one of which nothing was to be said: what comes to the same is taken over. It is the one under no
        environment, or with ``touched`` the one before these blocks changed.
        """
        self.program = program
        self.expressions.forget_lets()
        typed = self._typed = TypedProgram(program)
        lets = Lets(program)
        self._values(typed, lets)
        for name, settings in program.settings.items():
            from .settings import settings as read_settings

            found = read_settings(self, program, name, settings)
            if found is not None:
                typed.settings[name] = found
        overlay = Overlay(program, plain, touched) if plain is not None else None
        if overlay is not None:
            typed.references = overlay.references()
        order = block_order(program, lets, self.report, typed.references)
        if overlay is not None and len(order) < len(program.blocks):
            overlay.left_out({block.id for block in program.blocks}.difference(block.id for block in order))
        for definition in order:
            name = definition.id
            if overlay is not None and overlay.leaves(definition, typed.references[name]):
                self._has_room(definition, overlay.take_over(name, typed))
                continue
            if definition.kind:
                self._blocks(typed, definition)
            if overlay is not None:
                overlay.checked(name, typed)
        # Attributes, and lets that nobody used, may name blocks.
        self._attributes(typed)
        for name, item in program.names.items():
            if isinstance(item, ValueDef) and item.decl.kind.text == "let" and lets.blocks(name):
                self._pipeline_let(program, name, item)
        return typed

    def tests(self, module: Module, typed: TypedProgram) -> list[TypedTest]:
        """Return the tests under the environment of ``typed``, the program that was checked last."""
        if not module.tests:
            return []
        from .facts import Tests

        return Tests(self, module).under(typed)

    def estimates(self) -> dict[str, Estimate]:
        """Return what one run of the pipeline that was checked last may come to."""
        from .budget import Estimates

        return Estimates(self, self._typed).all() if self._typed is not None else {}

    @property
    def typed(self) -> TypedProgram:
        """The pipeline that is checked, or was last."""
        assert self._typed is not None  # asked of what stands in one
        return self._typed

    def block(self, id: str) -> TypedBlock | None:
        """Return a block that was checked already, or None where it could not be."""
        return self._typed.blocks.get(id) if self._typed is not None else None

    def data_of(self, schema: object) -> list[str]:
        """Return the blocks, as they would be written, that have rows of ``schema``; for help texts."""
        blocks = self._typed.blocks if self._typed is not None else {}
        return [
            block.shown if len(block.outputs) == 1 else f"{block.shown}.{name}"
            for block in blocks.values()
            for name, type in block.outputs.items()
            if type.base == "dataset" and type.schema is schema
        ]

    def makers(self, wanted: Type | None) -> list[str]:
        """Return the first of the blocks that make what is wanted; for help texts."""
        if wanted is None or self._typed is None:
            return []
        base = "dataset" if wanted.base == "column" else wanted.base
        return list(dict.fromkeys(map(self.shown, self._typed.made.get((base, wanted.framework), []))))[:6]

    def shown(self, id: str) -> str:
        """Return what messages call a block."""
        block = self.block(id)
        return block.shown if block is not None else id

    def written(self, id: str) -> str:
        """Return how a block is named from outside: an instance of an `each` with its own index, `fit["eu"]`."""
        block = self.block(id)
        found = self.instances(block.definition.name.text) if block is not None else None
        if block is None or found is None:
            return id
        return found.written(block.definition.keys)

    def instances(self, name: str) -> Instances | None:
        """Return what a block with `each` became, or None where it could not be checked."""
        return self._typed.instances.get(name) if self._typed is not None else None

    def _has_room(self, definition: BlockDef, size: int) -> bool:
        """Return whether so many blocks more can be checked; report where they are the first that cannot."""
        before = self._blocks_made
        self._blocks_made = before + size
        if self._blocks_made <= limits.BLOCKS:
            return True
        if before <= limits.BLOCKS:
            self.report(
                Diagnostic(
                    codes.OVER_LIMIT,
                    f"a pipeline has {limits.BLOCKS:,} blocks and instances at most, under all its environments together",
                    definition.span,
                    label="not checked, nor what stands behind it",
                    help=["go through larger parts with `each`, or divide the pipeline"],
                )
            )
        return False

    def misplaced_each(self, module: Module, decl: tree.Decl) -> None:
        """Report an `each` on what is no block of a pipeline."""
        self.report(
            Diagnostic(
                codes.WRONG_PLACE,
                f"{article(f'`{decl.kind.text}`')} has no `each`: only the blocks of a pipeline have instances",
                module.span(decl.eaches[0]),
                help=["take it out"],
            )
        )

    def _blocks(self, typed: TypedProgram, definition: BlockDef) -> None:
        """Check a block, or every instance that its `each` makes; what is wrong in several is said once."""
        if not definition.decl.eaches:
            if not self._has_room(definition, 1):
                return
            binder = self._block(typed, definition)
            if binder is not None:
                binder.bind()
                binder.judge()
            return
        from .instances import Gathered, instances

        found = typed.instances[definition.id] = instances(self, typed.program, definition)
        made = list(found.blocks())
        if not self._has_room(definition, len(made)):
            found.lost = True
            return
        gathered = self._gathered = Gathered()
        binders = []
        for instance in made:
            gathered.at(instance)
            binder = self._block(typed, instance)
            if binder is not None:
                binder.bind()
                binders.append(binder)
        # A condition may speak of the figures of other instances: it is read once all are there.
        for binder in binders:
            gathered.at(binder.block.definition)
            binder.judge()
        self._gathered = None
        gathered.tell(self, made[0])

    def _attributes(self, typed: TypedProgram) -> None:
        program = typed.program
        for name, attr in program.body.attrs.items():
            if name not in PIPELINE_KEYS:
                given = program.names.get(name)
                declared = given.decl if isinstance(given, ValueDef) else None
                near = nearest(name, PIPELINE_KEYS) if declared is None else None
                owner = self.owner(name) if near is None else None
                if declared is not None:
                    changed = f"`env prod {{ {declared.kind.text} {name} = … }}`"
                    owner = f"`{name}` has its value where it is declared; under an environment, {changed} gives it another"
                self.report(
                    Diagnostic(
                        codes.UNKNOWN_KEY,
                        f"a pipeline has no `{name}`",
                        attr.span,
                        label=f"did you mean `{near}`?" if near else "unknown",
                        help=[]
                        if near
                        else [owner]
                        if owner
                        else ["it has " + ", ".join(f"`{key}`" for key in PIPELINE_KEYS)],
                        fixes=[Fix(f"write `{near}`", [(attr.span, near)])] if near else [],
                    )
                )
                continue
            value = self.expressions.evaluate(attr.node.value, Scope(attr.module, program))
            fitted = self.fit(value, Type("list", of=STRING) if name == "tags" else STRING, f"`{name}`")
            if not fitted.wrong:
                typed.attributes[name] = fitted
        for name, nested in program.body.blocks.items():
            if name in PIPELINE_BLOCKS:
                from .budget import Budget

                Budget(self, typed, nested).check()
                continue
            near = nearest(name, PIPELINE_BLOCKS)
            node = nested.node.type
            place = self.find_component(nested.module, "data", node.name.names) if node is not None else None
            kind = self.declarations.component(*place).role if place is not None else None
            played = node.name.text if node is not None else ""
            span = nested.module.span(nested.node.name)
            self.report(
                Diagnostic(
                    codes.UNKNOWN_KEY,
                    f"a pipeline has no block `{name}`",
                    span,
                    label=f"did you mean `{near}`?" if near else "unknown",
                    help=["a block of a pipeline begins with its kind: `train forest: … { … }`"],
                )
                if kind is None
                else Diagnostic(
                    codes.MISSING_NAME,
                    f"`{name}` does not say what kind of block it is",
                    span,
                    label="the kind is missing before this",
                    help=[f"write `{kind} {name}: {played} {{ … }}`"],
                    fixes=[Fix(f"write `{kind} {name}`", [(span, f"{kind} {name}")])],
                )
            )
        for condition in program.body.conditions:
            self.report(
                Diagnostic(
                    codes.WRONG_CONDITION,
                    f"`{condition.node.verb.text}` belongs to a block, not to the pipeline",
                    condition.module.span(condition.node.verb),
                    help=self.measured_in(program, condition)
                    or ["write it in the `evaluate`, `export` or `deploy` that it speaks of"],
                )
            )

    def _pipeline_let(self, program: Program, name: str, item: ValueDef) -> None:
        scope = Scope(item.module, program)
        found = self.expressions.let(item.value_module, item.decl, name, item.decl, scope, item)
        if self._typed is not None:
            self._typed.lets[name] = found

    def _values(self, typed: TypedProgram, lets: Lets) -> None:
        program = typed.program
        for name, item in program.names.items():
            if not isinstance(item, ValueDef):
                continue
            if item.decl.eaches:
                self.misplaced_each(item.module, item.decl)
            kind = item.decl.kind.text
            if kind == "let":
                if item.value is None:
                    if item.decl.body is None:  # else it was told what is wrong with that
                        self.report(Diagnostic(codes.BAD_DECLARATION, f"`{name}` has no value", item.span))
                elif not lets.blocks(name):
                    self._pipeline_let(program, name, item)
            elif kind == "param":
                self._param(typed, name, item, lets)
            else:
                self._secret(typed, name, item)

    def _param(self, typed: TypedProgram, name: str, item: ValueDef, lets: Lets) -> None:
        type = self.value_type(item)
        untold = item.decl.type is None or type.base != "error"
        if item.value is None and (not untold or item.decl.body is not None):
            return
        if item.value is None:
            self.report(
                Diagnostic(
                    codes.MISSING_KEY,
                    f"param `{name}` has no default",
                    item.span,
                    help=["`mlpc run` works without `--set`: write `= …` behind the type"],
                )
            )
            return
        opaque = next((first for first, _ in names_in(item.value) if lets.blocks(first)), None)
        value = None
        if opaque is None:
            value = self.expressions.evaluate(
                item.value, Scope(item.value_module, typed.program, wanted=type)
            )
        if untold and (value is None or (not value.wrong and not value.known)):
            help = ["write a value, or name a `let`"]
            self.report(late("the default of a param is", item.value_module.span(item.value), help=help))
            return
        if value is None or type.base == "error":
            return
        fitted = self.fit(value, type, f"`{name}`")
        if not fitted.wrong:
            typed.params[name] = (item, type, fitted)

    def _secret(self, typed: TypedProgram, name: str, item: ValueDef) -> None:
        type = self.value_type(item)
        source: Value | None = None
        node = item.value
        if node is not None:
            module = item.value_module
            function = (
                node.function.text
                if isinstance(node, tree.Call) and isinstance(node.function, tree.Ref)
                else ""
            )
            args = node.args if isinstance(node, tree.Call) else ()
            if function in ("env", "file") and len(args) == 1 and args[0].name is None:
                text = self.fit(
                    self.expressions.evaluate(args[0].value, Scope(module, typed.program)),
                    STRING,
                    f"`{function}`",
                )
                if text.known and not text.wrong:
                    if text.value and not set("\0=" if function == "env" else "\0").intersection(text.value):
                        source = text.replace(value={function: text.value})
                    else:
                        self._bad_source(module, args[0], function)
            else:
                near = nearest(function, ("env", "file")) if function not in ("", "env", "file") else None
                is_type = isinstance(node, tree.Ref) and item.decl.type is None and node.text in VALUE_TYPES
                fixes = colon_for_equals(module.source, node) if is_type else []
                self.report(
                    Diagnostic(
                        codes.BAD_DECLARATION,
                        "a spec says where a secret comes from, never what it is",
                        fixes[0].edits[0][0]
                        if fixes
                        else module.span(node.function if near and isinstance(node, tree.Call) else node),
                        label=f"did you mean `{near}`?" if near else "not a source of secrets",
                        help=['write `env("NAME")` for an environment variable, or `file("path")`'],
                        fixes=[Fix(f"write `{near}`", [(module.span(node.function), near)])]
                        if near and isinstance(node, tree.Call)
                        else fixes,
                    )
                )
        if type.base != "error":
            typed.secrets[name] = (item, type, source)

    def _bad_source(self, module: Module, node: tree.Node, function: str) -> None:
        what = "environment variable" if function == "env" else "file"
        self.report(
            Diagnostic(
                codes.BAD_FORMAT,
                f"no {what} can have such a name",
                module.span(node),
                help=['write `env("NAME")`' if function == "env" else 'write `file("path")`'],
            )
        )

    def value_type(self, item: ValueDef) -> Type:
        """Return the type of a param or secret as declared."""
        if item.decl.type is not None:
            return self.declarations.type(item.module, item.decl.type)
        if item.decl.kind.text == "secret":
            return STRING
        if item.value is not None:
            # `param trees = 20` in a pipeline takes the type of its default.
            value = self.constant(item.value_module, item.value)
            return Type(value.type.base, of=value.type.of) if not value.wrong else ERROR
        return ERROR

    def constant(self, module: Module, node: tree.Expr) -> Value:
        """Return the value of an expression in a declaration, which sees the names of its own file only."""
        return self.expressions.evaluate(node, Scope(module))

    # -- blocks ------------------------------------------------------------------------------------------------

    def kind(self, name: str, module: Module | None = None) -> KindSpec | None:
        """Return what a kind declares: as seen from ``module``, or without it one of the standard library."""
        within = module if module is not None else self.modules.standard("kinds")
        known = self._kinds.get((within, name))
        if known is not None:
            return known
        found = self.modules.kind(within, name) if within is not None else None
        if found is None:
            return None
        made = self._kinds[within, name] = self.declarations.kind(*found)
        return made

    def _block(self, typed: TypedProgram, definition: BlockDef) -> Binder | None:
        kind = self.kind(definition.kind, definition.module)
        if kind is None:
            return None
        block = TypedBlock(definition, kind)
        typed.blocks[definition.id] = block
        component = self._component(definition, kind)
        if component is None:
            return None
        block.component = component
        return Binder(self, typed, block)

    def _component(self, definition: BlockDef, kind: KindSpec) -> ComponentSpec | None:
        module, node = definition.module, definition.decl.type
        if node is None:
            if kind.default:
                found = self.find_component(kind.module, kind.name, tuple(kind.default.split(".")))
                if found is not None:
                    return self.declarations.component(*found)
            known = self.component_names(module, kind.name)
            likely = self._likely_component(definition, kind)
            fixes = colon_for_equals(module.source, definition.decl.value)
            if likely is not None and not fixes:
                fixes = self._played_by(definition, likely)
                for fix in fixes:
                    self.way_out(codes.MISSING_VALUE, fix.edits[0][0], fix)
            self.report(
                Diagnostic(
                    codes.MISSING_COMPONENT,
                    f"`{definition.shown}` does not say which component plays it",
                    fixes[0].edits[0][0] if definition.decl.value is not None and fixes else definition.span,
                    help=[
                        f"write `{kind.name} {definition.name.text}: {known[0] if len(known) == 1 else '…'} {{ … }}`"
                        + (f"; components for `{kind.name}`: {_listed(known)}" if len(known) > 1 else "")
                    ]
                    if known
                    else [_components(kind.name, known)],
                    fixes=fixes,
                )
            )
            return None
        names = node.name.names
        found = self.find_component(module, kind.name, names)
        if found is None:
            if not self.is_lost(module, names):
                self.unknown_component(module, kind.name, node.name)
            return None
        spec = self.declarations.component(*found)
        if node.args or node.refinement is not None or node.marks:
            extra = (node.args or (None,))[0] or node.refinement or (node.marks or (None,))[0]
            self.report(
                Diagnostic(
                    codes.BAD_ARGUMENT,
                    f"component `{node.name.text}` takes what it needs in braces",
                    module.span(extra or node),
                    help=[f"write `{kind.name} {definition.name.text}: {node.name.text} {{ … }}`"],
                )
            )
        if spec.role and spec.role != kind.name:
            if not self.is_role(spec.role) and self.kind(spec.role) is None:
                return None  # there is no such kind, as was said where the component is declared
            place = module.span(node.name)
            likely = self._likely_component(definition, kind, spec)
            fixes = [Fix(f"write `{likely}`", [(place, likely)], safe=False)] if likely is not None else []
            if self.kind(spec.role) is not None:
                word = module.span(definition.decl.kind)
                fixes.append(Fix(f"write `{spec.role}` for `{kind.name}`", [(word, spec.role)], safe=False))
            self.report(
                Diagnostic(
                    codes.WRONG_ROLE,
                    f"`{node.name.text}` plays `{spec.role}`, not `{kind.name}`",
                    place,
                    label=f"a component for `{spec.role}`",
                    labels=[Label(module.span(definition.decl.kind), "the kind of this block")],
                    help=[_components(kind.name, self.component_names(module, kind.name))],
                    fixes=fixes,
                )
            )
            return None
        return spec

    def _likely_component(
        self, definition: BlockDef, kind: KindSpec, besides: ComponentSpec | None = None
    ) -> str | None:
        """Return the component that most likely plays a block, rather than one of another role that it names."""
        from .likely import component, fits

        if self._typed is None:
            return None
        role = self.kind(besides.role) if besides is not None else None
        if besides is not None and role is not None and fits(self._typed, definition, role, besides):
            return None
        return component(self, self._typed, definition, kind)

    def _played_by(self, definition: BlockDef, component: str) -> list[Fix]:
        """Return the way out where the name of a component is missing behind that of the block, with or without a colon."""
        source, decl = definition.module.source, definition.decl
        behind = decl.eaches[-1].end if decl.eaches else definition.name.end
        end = decl.body.start if decl.body is not None else decl.end
        if source.text[behind:end].strip() not in ("", ":"):
            return []
        written = f": {component}" + (" " if decl.body is not None else "")
        place = Span(source, behind, end)
        return [Fix(f"write `: {component}`", [(place, written)], safe=False)]

    def find_component(
        self, module: Module, kind: str, names: tuple[str, ...]
    ) -> tuple[Module, tree.Decl] | None:
        """Look a component up in the file, then in what it uses, then in the standard library."""
        if len(names) == 1:
            decl = module.find(names[0], "component")
            if decl is not None:
                return module, decl
        if len(names) == 2 and names[0] in module.aliases:
            used = module.aliases[names[0]][1]
            decl = used.find(names[1], "component")
            return (used, decl) if decl is not None else None
        return self.standard_component(kind, names)

    def standard_component(self, kind: str, names: tuple[str, ...]) -> tuple[Module, tree.Decl] | None:
        """Look a component up in the standard library."""
        if len(names) > 2:
            return None
        library = self.modules.standard(names[0] if len(names) == 2 else kind)
        decl = library.find(names[-1], "component") if library is not None else None
        if len(names) == 1 and decl is None:
            library = self.modules.standard(f"{kind}_{names[0]}")
            decl = library.find(names[0], "component") if library is not None else None
        if library is not None and decl is not None:
            return library, decl
        if len(names) == 1:
            # A bare name of another kind's module is found too, so that the message can say whose it is.
            for name in self.modules.standard_names():
                other = self.modules.standard(name)
                decl = other.find(names[0], "component") if other is not None else None
                if other is not None and decl is not None and (self._plain(name) or _alone(name, decl)):
                    return other, decl
        return None

    def _plain(self, name: str) -> bool:
        kinds = self.modules.standard("kinds")
        return (kinds is not None and kinds.find(name, "kind") is not None) or self.is_role(name)

    def owner(self, name: str, besides: str = "", *, nested: bool = True) -> str | None:
        """Say with which kind the key ``name`` would be at home, but for the kind ``besides``; None where with none.

        With ``nested``, nested blocks of components count as well.
        """
        kinds = self.modules.standard("kinds")
        known = list(kinds.names) if kinds is not None else []
        for kind in known if not besides else ():
            spec = self.kind(kind)
            if spec is not None and (name in spec.params or name in spec.blocks):
                some = "train" if kind == "task" else "deploy" if kind == "service" else kind
                return f"this key belongs to the blocks of a pipeline, such as `{some}`"
        within = None
        # A kind's own module first: what is played by one framework alone is not said of the kind.
        names = self.modules.standard_names()
        own = [each for kind in known for each in names if each == kind or each.startswith(f"{kind}_")]
        for library_name in dict.fromkeys((*own, *names)):
            library = self.modules.standard(library_name)
            for decl in library.names.values() if library is not None else ():
                role = decl.type.name.text if decl.type is not None else ""
                if library is None or decl.kind.text != "component" or role == besides or role not in known:
                    continue
                component = self.declarations.component(library, decl)
                bare = library_name in known or _alone(library_name, decl)
                written = component.name if bare else f"{library_name}.{component.name}"
                if name in component.params or name in component.inputs or name in component.blocks:
                    return f"this key belongs to `{component.role}`, such as `{component.role} …: {written}`"
                for block, inner in component.blocks.items() if nested and within is None else ():
                    if name in inner.params or name in inner.inputs:
                        within = f"this key belongs to `{block}` of `{component.role}`, such as `{component.role} …: {written}`"
        return within

    def measured_by(self, quantity: str, block: TypedBlock) -> list[str]:
        """Return the other components of the kind of ``block`` that measure ``quantity``."""
        among = self.components(block.definition.module, block.kind.name)
        return [name for name, spec in among if quantity in spec.quantities]

    def measured_in(self, program: Program, condition: ConditionDef, of: str = "") -> list[str]:
        """Say in which blocks of the pipeline a condition can stand: in those that measure what it speaks of.

        Where some of them name the block ``of``, it is about these.
        """
        for name, node in names_in(condition.node.expr):
            named = program.names.get(name)
            among, figure = program.blocks, name
            if isinstance(named, BlockDef):
                among, figure = (
                    [named],
                    node.names[1] if isinstance(node, tree.Ref) and node.names[1:] else "",
                )
            found = [block for block in among if figure in self._measures(block)]
            about = [
                block
                for block in found
                if any(
                    of == first
                    for attr in block.body.attrs.values()
                    for first, _ in names_in(attr.node.value)
                )
            ]
            shown = [f"`{block.name.text}`" for block in about or found]
            if shown:
                listed = " or ".join(shown[:_SHOWN]) + (", …" if len(shown) > _SHOWN else "")
                return [f"write it in {listed}: `{figure}` is measured there"]
        return []

    def _measures(self, definition: BlockDef) -> Collection[str]:
        """Return the quantities that the component of a block declares; none where there is no such component."""
        node = definition.decl.type
        place = (
            self.find_component(definition.module, definition.kind, node.name.names)
            if node is not None and definition.kind
            else None
        )
        return self.declarations.component(*place).quantities if place is not None else ()

    def component_names(self, module: Module, kind: str) -> list[str]:
        """Return the names under which components for ``kind`` can be written in ``module``."""
        found = [name for name, decl in module.names.items() if _plays(decl, kind)]
        for alias, (_, used) in module.aliases.items():
            found.extend(f"{alias}.{name}" for name, decl in used.names.items() if _plays(decl, kind))
        for library_name in self.modules.standard_names():
            library = self.modules.standard(library_name)
            prefix = "" if self._plain(library_name) else f"{library_name}."
            for name, decl in library.names.items() if library is not None else ():
                if _plays(decl, kind) and (library_name, name) != CHOICE:
                    found.append(name if _alone(library_name, decl) else prefix + name)
        return sorted(set(found))

    def components(self, module: Module, kind: str) -> Iterator[tuple[str, ComponentSpec]]:
        """Yield the components for ``kind``, with the names under which they can be written in ``module``."""
        for name in self.component_names(module, kind):
            place = self.find_component(module, kind, tuple(name.split(".")))
            spec = self.declarations.component(*place) if place is not None else None
            if spec is not None:
                yield name, spec

    def is_lost(self, module: Module, names: tuple[str, ...]) -> bool:
        """Return whether ``names`` lead to what could not be declared or used; that was reported."""
        if len(names) == 2 and names[0] in module.aliases:
            return module.aliases[names[0]][1].is_lost(names[1])
        return module.is_lost(names[0])

    def unknown_component(self, module: Module, kind: str, node: tree.Ref) -> None:
        """Report a component that there is not, for the kind or role ``kind``."""
        other = self._declaration(module, node.names)
        if other is not None:
            self.report(
                Diagnostic(
                    codes.UNKNOWN_COMPONENT,
                    f"`{node.text}` is {TOP_KINDS[other[1].kind.text]}, not a component",
                    module.span(node),
                    label="not a component",
                    labels=[Label(other[0].span(other[1].name or other[1]), "declared here")],
                    help=[_components(kind, self.component_names(module, kind))],
                )
            )
            return
        known = self.component_names(module, kind)
        from ..resolve.closed import closed

        gone = closed(self.modules, node.names)
        if gone is not None:
            self.report(
                Diagnostic(
                    codes.CLOSED_SYSTEM,
                    f"there is no component `{node.text}` for `{kind}`, and there will be none",
                    module.span(node),
                    label="a system that is gone",
                    help=[gone[1], *([f"components for `{kind}`: {_listed(known)}"] if known else [])],
                )
            )
            return
        near = nearest(node.text, known)
        if near is None:
            last = {name.rsplit(".", 1)[-1]: name for name in known}
            tail = nearest(node.names[-1], last)
            near = last[tail] if tail else None
        span = module.span(node)
        self.report(
            Diagnostic(
                codes.UNKNOWN_COMPONENT,
                f"there is no component `{node.text}` for `{kind}`",
                span,
                label=f"did you mean `{near}`?" if near else "not a component",
                help=[] if near else [_components(kind, known)],
                fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
            )
        )

    def _declaration(self, module: Module, names: tuple[str, ...]) -> tuple[Module, tree.Decl] | None:
        if len(names) == 2 and names[0] in module.aliases:
            module, names = module.aliases[names[0]][1], names[1:]
        decl = module.names.get(names[0]) if len(names) == 1 else None
        return (module, decl) if decl is not None else None

    # -- look-ups for others -----------------------------------------------------------------------------------

    def named(self, module: Module, node: tree.Ref, kind: str) -> tuple[Module, tree.Decl] | None:
        """Return the declaration of ``kind`` that ``node`` names in ``module``, or None after reporting."""
        within, prefix, name = module, "", node.names[-1]
        if self.is_lost(module, node.names):
            return None
        if len(node.names) == 2 and node.names[0] in module.aliases:
            within, prefix = module.aliases[node.names[0]][1], f"{node.names[0]}."
        elif len(node.names) != 1:
            name = ""
        found = within.find(name, kind)
        if found is not None:
            return within, found
        near = None
        if self.modules.suggests:
            known = [f"{prefix}{each}" for each, decl in within.names.items() if decl.kind.text == kind]
            near = self.modules.nearest(node.text, known)
        span = module.span(node)
        self.report(
            Diagnostic(
                codes.UNKNOWN_NAME,
                f"there is no {kind} `{node.text}`",
                span,
                label=f"did you mean `{near}`?" if near else "not declared",
                help=[] if near else [f"declare {TOP_KINDS[kind]}: `{kind} {node.names[-1]} {{ … }}`"],
                fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
            )
        )
        return None

    def user_function(
        self, module: Module, node: tree.Node, target: str, name: str, spec: ComponentSpec
    ) -> None:
        """Set the action of a component that runs the user's own function, read from its source, never imported."""
        path = beside(module.path.rpartition("/")[0], target)
        if path is None:
            self.report(
                Diagnostic(
                    codes.OUTSIDE_PROJECT,
                    f"`{target}` leaves the project",
                    module.span(node),
                    help=["code that a spec names lies in its project, the folder of `mlpc.toml`"],
                )
            )
            return
        spec.action = ("project", path, name, ())
        if {path, f"{path}:{name}"} & self._python_told:
            return  # one mistake, however many components name it
        data = self.modules.loader.read(path) if not target.startswith("/") else None
        if data is None:
            self._python_told.add(path)
            folder, _, file = path.rpartition("/")
            known = [each for each in self.modules.loader.names(folder) if each.endswith(".py")]
            near = nearest(file, known)
            written = f'"{target.removesuffix(file)}{near}:{name}"'
            is_what = self.modules.loader.what(path) if not target.startswith("/") else ""
            self.report(
                Diagnostic(
                    codes.MISSING_FUNCTION,
                    f"`{path}` is {is_what}" + ("" if "file" in is_what else ", and no Python file")
                    if is_what
                    else f"there is no file `{path}` in the project",
                    module.span(node),
                    label=f"did you mean `{near}`?" if near else "not found",
                    fixes=[Fix(f"write `{written}`", [(module.span(node), written)])] if near else [],
                )
            )
            return
        from .functions import read
        from .signatures import Signature, find

        span = module.span(node)
        source = self._python_files.get(path)
        if source is None:
            source = self._python_files[path] = read(path, data)
        if isinstance(source, tuple):
            self._python_told.add(path)
            problem, place = source
            self.report(
                Diagnostic(
                    codes.MISSING_FUNCTION,
                    f"Python cannot read `{path}`: {problem}",
                    span,
                    label="named here",
                    labels=[Label(place, "here")] if place is not None else [],
                    help=[
                        "save it as UTF-8, or name its encoding in its first line: `# -*- coding: latin-1 -*-`"
                    ]
                    if "codec" in problem or "encoding" in problem
                    else [],
                )
            )
            return
        function = find(self.report, source, path, name, target, span)
        if function is None:
            self._python_told.add(f"{path}:{name}")
        else:
            Signature(self.report, function, path, spec, span).check()

    def span(self, module: Module, node: tree.Node) -> Span:
        """Return the place of ``node`` in ``module``."""
        return module.span(node)


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _components(kind: str, known: list[str]) -> str:
    if not known:
        return f"this version brings no component for `{kind}`: declare one of your own"
    return f"components for `{kind}`: {_listed(known)}"


def _plays(decl: tree.Decl, kind: str) -> bool:
    return decl.kind.text == "component" and decl.type is not None and decl.type.name.text == kind


def _alone(library: str, decl: tree.Decl) -> bool:
    """Return whether ``decl`` is what a module of the standard library is there for: `tflite` in `std.export_tflite`."""
    name = decl.name.text if isinstance(decl.name, tree.Name) else ""
    return decl.type is not None and library == f"{decl.type.name.text}_{name}"
