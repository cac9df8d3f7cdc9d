"""Reads declarations: types, schemas, components and kinds, from whatever module they stand in."""

from __future__ import annotations

from .. import codes, limits
from ..diagnostics import Diagnostic, Fix, Label, article
from ..resolve.modules import Module, duplicate
from ..resolve.similar import nearest
from ..source import INSTALLED, Span
from ..syntax import tree
from ..syntax.edits import colon_for_equals
from .fit import fits_plainly
from .kept import keep, kept
from .order import SHOWN_OF_CIRCLE, names_in
from .runs import run
from .schemas import COLUMN_MARKS, Column, Schema
from .specs import (
    AFTER,
    CHECK,
    LIVE,
    BlockSpec,
    ComponentSpec,
    KindSpec,
    NetworkSpec,
    ParamSpec,
    PortSpec,
    QuantitySpec,
)
from .types import ARTEFACTS, ERROR, NUMBERS, TEXTS, VALUE_TYPES, Type
from .units import DIMENSIONS
from .values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from .checker import Checker

    _Spec = TypeVar("_Spec", ComponentSpec, KindSpec)

#: Types that are no more than a word, and those of them that only declarations take.
_OF_INPUTS = ("schema", "quantity", "any")
_PLAIN = {base: Type(base) for base in (*VALUE_TYPES, "USD", "EUR", *_OF_INPUTS)}
_INSIDE = ("param", "input", "output", "quantity", "block", "verb")
#: Types that a value of a spec cannot have, though a param of a component can.
_OF_COMPONENTS = ("column", "schema", "quantity", "any", "device", "call", "block")
#: Types that name a component or a role, which only declarations take.
_OF_NAMES = {
    "device": ("the component of its devices", "device(mcu)"),
    "call": ("the role of what is called", "call(layer)"),
    "block": ("the kind of the block", "block(notify)"),
}


class Declarations:
    """Specifications and schemas, each read once, by the declaration that they come from."""

    __slots__ = (
        "_asked",
        "_components",
        "_followed",
        "_kinds",
        "_reading",
        "_schemas",
        "checker",
        "report",
    )

    def __init__(self, checker: Checker) -> None:
        self.checker = checker
        self.report = checker.report
        self._schemas: dict[tree.Decl, Schema] = {}
        #: Names of inputs that types of the component being read follow, with their places.
        self._followed: list[tuple[str, Span]] = []
        self._components: dict[tree.Decl, ComponentSpec] = {}
        self._kinds: dict[tree.Decl, KindSpec] = {}
        #: Paths of the modules from which one of the library was read; and how many are being read now.
        self._asked: dict[tree.Decl, set[str]] = {}
        self._reading = 0

    # -- types -------------------------------------------------------------------------------------------------

    def type(self, module: Module, node: tree.Type, *, inputs: bool = False) -> Type:
        """Return the type that ``node`` declares; artefact types only where ``inputs`` allows them."""
        made = self._type_of(module, node.name, node.args, node, inputs)
        if node.refinement is not None and made is not ERROR:
            made = self._refined(module, made, node, node.refinement)
        return made

    def _type_of(
        self, module: Module, name: tree.Ref, args: tuple[tree.Arg, ...] | None, node: tree.Node, inputs: bool
    ) -> Type:
        base = name.text
        given = args or ()
        if base == "enum":
            return self._enum(module, given, node)
        if base in ("list", "map", "range"):
            return self._collection(module, base, given, node, inputs)
        if base == "tensor":
            return self._tensor(module, given, node)
        if inputs and (base == "column" or base in ARTEFACTS):
            return self._artefact(module, base, given, node)
        if base in _OF_NAMES and inputs:
            return self._of_name(module, base, given, node)
        plain = _PLAIN.get(base)
        if plain is not None and (inputs or base not in _OF_INPUTS):
            if given:
                return self._bad(module, node, f"`{base}` takes nothing in parentheses", f"write `{base}`")
            return plain
        known = [*VALUE_TYPES, *(ARTEFACTS if inputs else ()), *(("column", "schema") if inputs else ())]
        near = nearest(base, known) or _TYPE_WORDS.get(base.lower())
        span = module.span(name)
        if base in ARTEFACTS or base in _OF_COMPONENTS:
            self.report(
                Diagnostic(
                    codes.UNKNOWN_TYPE,
                    f"`{base}` is no type of a value"
                    if base in ARTEFACTS
                    else f"`{base}` is a type of params of a component only",
                    span,
                    label="made by a step" if base in ARTEFACTS else "not here",
                    help=["inputs and outputs of a component have it: `input data: dataset`"]
                    if base in ARTEFACTS
                    else ["types are " + ", ".join(f"`{k}`" for k in known)],
                )
            )
            return ERROR
        self.report(
            Diagnostic(
                codes.UNKNOWN_TYPE,
                f"there is no type `{base}`",
                span,
                label=f"did you mean `{near}`?" if near else "not a type",
                help=[] if near else ["types are " + ", ".join(f"`{k}`" for k in known)],
                fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
            )
        )
        return ERROR

    def _collection(
        self, module: Module, base: str, given: tuple[tree.Arg, ...], node: tree.Node, inputs: bool
    ) -> Type:
        if not given and base == "map":
            return Type(base, of=Type("any"))
        if not given:
            return self._bad(module, node, f"`{base}` needs the type of its elements", f"write `{base}(int)`")
        if len(given) > 1:
            last = module.source.text[given[-1].start : given[-1].end]
            help = f"write `{base}({last})`" if base == "map" else f"write `{base}(int)`"
            message = f"`{base}` takes one type, that of its {'values' if base == 'map' else 'elements'}"
            if base == "map":
                message += "; its keys are texts"
            return self._bad(module, given[0] if base == "map" else given[1], message, help)
        of = self._argument_type(module, given[0].value, inputs)
        if of.base in ARTEFACTS:
            return self._bad(
                module,
                given[0],
                f"there is no {base} of artefacts",
                f"take one by each input: `input data: {of.base}`",
            )
        return ERROR if of is ERROR else Type(base, of=of)

    def _of_name(self, module: Module, base: str, given: tuple[tree.Arg, ...], node: tree.Node) -> Type:
        """`device(mcu)`: a device of that component; `call(layer)`: a call of one with this role; `block(notify)`: a block."""
        value = given[0].value if len(given) == 1 and given[0].name is None else None
        if isinstance(value, tree.Ref) and len(value.names) == 1:
            return Type(base, framework=value.names[0], module=module)
        what, example = _OF_NAMES[base]
        return self._bad(module, node, f"`{base}` takes {what}", f"write `{example}`")

    def bad(self, module: Module, node: tree.Node, message: str, *help: str) -> None:
        """Report a declaration that makes no sense."""
        self._bad(module, node, message, *help)

    def _bad(self, module: Module, node: tree.Node, message: str, *help: str) -> Type:
        self.report(Diagnostic(codes.BAD_DECLARATION, message, module.span(node), help=help))
        return ERROR

    def _argument_type(self, module: Module, value: tree.Expr, inputs: bool) -> Type:
        if isinstance(value, tree.ErrorExpr):
            return ERROR
        if isinstance(value, tree.Ref):
            return self._type_of(module, value, None, value, inputs)
        if isinstance(value, tree.Call) and isinstance(value.function, tree.Ref):
            return self._type_of(module, value.function, value.args, value, inputs)
        return self._bad(module, value, "a type was expected here", "write `list(int)`, `map(string)` …")

    def texts(self, module: Module, items: tuple[tree.Expr, ...]) -> list[str] | None:
        """Return the plain texts that ``items`` are, or None after reporting one that is none."""
        texts = []
        for item in items:
            if isinstance(item, tree.ErrorExpr):
                return None
            if not isinstance(item, tree.String) or any(not isinstance(part, str) for part in item.parts):
                plain = isinstance(item, tree.Ref) and len(item.names) == 1
                shown = item.names[0] if plain and isinstance(item, tree.Ref) else "…"
                self._bad(module, item, "plain text was expected here", f'write `"{shown}"`')
                return None
            texts.append("".join(part for part in item.parts if isinstance(part, str)))
        return texts

    def _enum(self, module: Module, given: tuple[tree.Arg, ...], node: tree.Node) -> Type:
        texts = self.texts(module, tuple(arg.value for arg in given))
        if texts is None:
            return ERROR
        named = next((arg.name for arg in given if arg.name is not None), None)
        if named is not None:
            return self._bad(module, named, "the choices of an enum have no names", 'write `enum("a", "b")`')
        if not texts:
            return self._bad(module, node, "an enum needs its choices", 'write `enum("a", "b")`')
        for text in texts:
            if texts.count(text) > 1:
                return self._bad(module, node, f'the choice "{text}" stands twice', "each choice stands once")
        return Type("enum", choices=tuple(texts))

    def _tensor(self, module: Module, given: tuple[tree.Arg, ...], node: tree.Node) -> Type:
        if len(given) == 2 and isinstance(given[1].value, tree.List):
            items = given[1].value.items
            if items and all(
                isinstance(i, tree.Number) and isinstance(i.value, int) and i.value > 0 for i in items
            ):
                shape = tuple(
                    i.value for i in items if isinstance(i, tree.Number) and isinstance(i.value, int)
                )
                of = self._argument_type(module, given[0].value, inputs=False)
                if of.base in (*NUMBERS, "error"):
                    return ERROR if of is ERROR else Type("tensor", of=of, shape=shape)
        return self._bad(module, node, "a tensor has a type and a shape", "write `tensor(float, [8, 8, 1])`")

    def _artefact(self, module: Module, base: str, given: tuple[tree.Arg, ...], node: tree.Node) -> Type:
        made = Type(base)
        for arg in given:
            value = arg.value
            name = arg.name.text if arg.name is not None else ""
            if name in ("of", "label") and isinstance(value, tree.List):
                texts = self.texts(module, value.items)
                if texts is None:
                    return ERROR
                made.bases = tuple(texts)
            elif not name and isinstance(value, tree.String) and base in ("model", "file"):
                texts = self.texts(module, (value,))
                if texts is None:
                    return ERROR
                if base == "model" and (made.framework or made.frameworks):
                    made.frameworks = (*(made.frameworks or (made.framework,)), texts[0])
                    made.framework = ""
                elif base == "model":
                    made.framework = texts[0]
                else:
                    made.format = texts[0]
            elif not name and isinstance(value, tree.Ref) and len(value.names) <= 2:
                made.input = value.text
                self._followed.append((made.input, module.span(value)))
            else:
                help = [_ARTEFACT_FORMS[base]]
                if base == "dataset" and name:
                    help.append("columns that come or go are told behind it: `dataset(data) { adds { … } }`")
                return self._bad(module, arg, f"`{base}` does not take this", *help)
        return made

    def _refined(self, module: Module, made: Type, node: tree.Type, refinement: tree.Refinement) -> Type:
        target = made.of if made.base in ("tensor", "list", "range") and made.of is not None else made
        if target.base not in NUMBERS and target.base not in DIMENSIONS:
            return self._takes_no_bounds(module, target, node, refinement)
        limit = module.span(refinement)
        plain = target.replace(low=None, high=None) if target.bounded else target
        value = refinement.value
        if refinement.operator == "in":
            if not isinstance(value, tree.Range):
                return self._bad(module, refinement, "`in` needs a range here", _as_range(value))
            low = self._bound(module, value.low, plain)
            high = self._bound(module, value.high, plain)
            if low is None or high is None:
                return ERROR
            if low > high:
                shown = (module.source.text[end.start : end.end] for end in (value.high, value.low))
                return self._bad(
                    module,
                    refinement,
                    "the range is empty: its low end is above its high end",
                    f"write `in {'..'.join(shown)}`",
                )
            bounded = target.replace(low=low, high=high, limit=limit)
        else:
            bound = self._bound(module, value, plain)
            if bound is None:
                return ERROR
            if refinement.operator in (">=", ">"):
                bounded = target.replace(low=bound, low_open=refinement.operator == ">", limit=limit)
            elif refinement.operator in ("<=", "<"):
                bounded = target.replace(high=bound, high_open=refinement.operator == "<", limit=limit)
            else:
                return self._bad(module, refinement, "this is no bound", "write `in 0..1`, `>= 0` or `> 0`")
        return bounded if target is made else made.replace(of=bounded)

    def _takes_no_bounds(
        self, module: Module, made: Type, node: tree.Type, refinement: tree.Refinement
    ) -> Type:
        choices = refinement.value.items if isinstance(refinement.value, tree.List) else ()
        enum = ""
        if made.base in ("string", "enum") and choices and all(isinstance(i, tree.String) for i in choices):
            enum = f"enum({', '.join(module.source.text[item.start : item.end] for item in choices)})"
        # In `list(string) in ["a"]` it is the elements that are chosen.
        span = Span(module.source, node.name.start, refinement.end)
        plain = enum and node.args is None
        self.report(
            Diagnostic(
                codes.BAD_DECLARATION,
                f"`{made.base}` takes no bounds",
                module.span(refinement),
                help=[
                    f"one of a few texts is `{enum}`"
                    if enum
                    else "numbers and quantities do: `float in 0..1`"
                ],
                fixes=[Fix(f"write `{enum}`", [(span, enum)])] if plain else [],
            )
        )
        return ERROR

    def _bound(self, module: Module, node: tree.Expr, type: Type) -> int | float | None:
        fitted = fits_plainly(module, node, type)
        if fitted is None:
            fitted = self.checker.fit(self.checker.constant(module, node), type, "a bound")
        if fitted.wrong:
            return None
        if isinstance(fitted.value, int | float) and not isinstance(fitted.value, bool):
            return fitted.value
        self._bad(module, node, "a bound is a number that is known when compiling")
        return None

    # -- schemas -----------------------------------------------------------------------------------------------

    def schema(self, module: Module, decl: tree.Decl) -> Schema:
        """Return the schema that ``decl`` declares."""
        known = self._schemas.get(decl)
        if known is not None:
            return known
        # Upwards to what is known, then down again: without recursion, a chain may be long.
        chain = [(module, decl)]
        seen = {decl}
        bases: list[tree.Decl | None] = []
        while len(bases) < len(chain):
            within, extended = chain[-1]
            base = (
                self.checker.named(within, extended.type.name, "schema")
                if extended.type is not None
                else None
            )
            if base is not None and base[1] in seen:
                circle = chain[chain.index(base) :]
                self._schema_circle(circle)
                bases[len(chain) - len(circle) :] = [None] * (len(circle) - 1)
                base = None
            bases.append(base[1] if base is not None else None)
            if base is not None and base[1] not in self._schemas:
                chain.append(base)
                seen.add(base[1])
        for (within, extended), above in zip(reversed(chain), reversed(bases), strict=True):
            if extended not in self._schemas:
                self._make_schema(within, extended, self._schemas[above] if above is not None else None)
        return self._schemas[decl]

    def _schema_circle(self, circle: list[tuple[Module, tree.Decl]]) -> None:
        module, decl = circle[-1]
        names = [each.span(made.name or made) for each, made in circle]
        self.report(
            Diagnostic(
                codes.CYCLE,
                f"schema `{names[0].text}` extends itself",
                module.span(decl.type.name if decl.type is not None else decl),
                labels=[Label(span, "by way of this") for span in names[1:SHOWN_OF_CIRCLE]],
                help=["take one of the bases out"],
            )
        )

    def _too_deep(self, module: Module, node: tree.Type) -> None:
        self.report(
            Diagnostic(
                codes.NESTED_TOO_DEEP,
                f"more than {limits.DEPTH_OF_USE} schemas extend each other one through the other",
                module.span(node),
                help=["declare the columns in fewer schemas"],
            )
        )

    def _make_schema(self, module: Module, decl: tree.Decl, above: Schema | None) -> None:
        name = decl.name.text if isinstance(decl.name, tree.Name) else ""
        made = Schema(name, module.span(decl.name or decl), doc_of(decl.doc))
        self._schemas[decl] = made
        items = decl.body.items if decl.body is not None else ()
        made.partial = any(isinstance(item, tree.ErrorItem) for item in items)
        if above is not None and above.depth < limits.DEPTH_OF_USE:
            made.depth = above.depth + 1
            made.partial = made.partial or above.partial
            made.label_lost = above.label_lost
            made.extend(above)
            made.rest, made.rest_span = above.rest, above.rest_span
        elif decl.type is not None:
            made.partial = True
            if above is not None:
                made.depth = limits.DEPTH_OF_USE + 1
            if above is not None and above.depth == limits.DEPTH_OF_USE:
                self._too_deep(module, decl.type)
        own: dict[str, tree.Field] = {}
        for item in decl.body.items if decl.body is not None else ():
            if isinstance(item, tree.ErrorItem):
                continue
            if not isinstance(item, tree.Field):
                made.partial = True
                self.report(
                    Diagnostic(
                        codes.WRONG_PLACE,
                        "a schema holds columns only",
                        module.span(item),
                        help=_as_column(item),
                        fixes=colon_for_equals(module.source, item.value)
                        if isinstance(item, tree.Attr)
                        else _typed_column(module, item),
                    )
                )
                continue
            self.field(module, made, item, own)
        empty = not made.columns and made.rest is None and not made.partial
        if decl.body is None or (empty and not decl.body.items):
            self.report(Diagnostic(codes.BAD_DECLARATION, f"schema `{name}` has no column", made.span))

    def field(self, module: Module, schema: Schema, item: tree.Field, own: dict[str, tree.Field]) -> None:
        """Add the column that ``item`` declares to ``schema``; ``own`` holds those that it declared so far."""
        type = self.type(module, item.type)
        span = module.span(item.name or item)
        if item.name is None:
            if "..." in own:
                self.report(
                    Diagnostic(
                        codes.DUPLICATE_NAME,
                        "`...` stands twice: it is the type of every column not named",
                        module.span(item),
                        label="a second one",
                        labels=[Label(module.span(own["..."]), "the first one")],
                        help=["keep one of them"],
                    )
                )
                return
            own["..."] = item
            schema.rest, schema.rest_span = type, module.span(item)
            for mark in item.type.marks:
                self.report(
                    Diagnostic(
                        codes.BAD_DECLARATION,
                        f"`...` takes no marks: `@{mark.name.text}` belongs to one column",
                        module.span(mark),
                        help=["declare that column by its name"],
                    )
                )
            return
        name = item.name.text
        if name in own:
            self.report(duplicate(module, item.name, own[name], item))
            return
        own[name] = item
        marks, header, nullable = [], "", False
        self._marks_once(module, item.type)
        for mark in item.type.marks:
            text = mark.name.text
            if text not in COLUMN_MARKS:
                self._unknown_mark(module, mark, COLUMN_MARKS)
                schema.label_lost = True
            elif text == "from":
                texts = self.texts(module, tuple(arg.value for arg in mark.args or ()))
                if texts is not None and len(texts) == 1 and texts[0]:
                    header = texts[0]
                elif texts is not None:
                    self._bad(
                        module,
                        mark,
                        "`@from` takes the header of the column",
                        'write `@from("sepal length")`',
                    )
            elif mark.args:
                self._bad(module, mark, f"`@{text}` takes nothing in parentheses", f"write `@{text}`")
            elif text == "nullable":
                nullable = True
            else:
                marks.append(text)
        column = Column(name, type, span, tuple(marks), header, nullable, doc_of(item.doc))
        before = schema.label
        schema.add(column)
        if "label" in marks and before is not None and before.name != name:
            self.report(
                Diagnostic(
                    codes.SECOND_LABEL,
                    f"schema `{schema.name}` has a label already",
                    span,
                    label="a second label",
                    labels=[Label(before.span, "the first one")],
                    help=["one column is what a model predicts; the others may be `@ignore`d"],
                )
            )

    def _marks_once(self, module: Module, type: tree.Type) -> None:
        """Report a mark that stands behind ``type`` a second time."""
        first: dict[str, tree.Mark] = {}
        for mark in type.marks:
            before = first.setdefault(mark.name.text, mark)
            if before is not mark:
                self.report(
                    Diagnostic(
                        codes.DUPLICATE_KEY,
                        f"`@{mark.name.text}` stands here twice",
                        module.span(mark),
                        label="again",
                        labels=[Label(module.span(before), "first")],
                        help=["keep one of them"],
                        fixes=[Fix("take the second one away", [(self._with_blanks(module, mark), "")])],
                    )
                )

    def _with_blanks(self, module: Module, node: tree.Node) -> Span:
        start = node.start
        while module.source.text[start - 1] in " \t":
            start -= 1
        return Span(module.source, start, node.end)

    def _unknown_mark(self, module: Module, mark: tree.Mark, known: tuple[str, ...]) -> None:
        near = nearest(mark.name.text, known)
        if near is None and _MARK_WORDS.get(mark.name.text.lower()) in known:
            near = _MARK_WORDS[mark.name.text.lower()]
        span = Span(module.source, mark.start, mark.name.end)
        self.report(
            Diagnostic(
                codes.UNKNOWN_NAME,
                f"there is no mark `@{mark.name.text}` here",
                span,
                label=f"did you mean `@{near}`?" if near else "not a mark",
                help=[] if near else ["marks are " + ", ".join(f"`@{k}`" for k in known)],
                fixes=[Fix(f"write `@{near}`", [(span, f"@{near}")])] if near else [],
            )
        )

    # -- components and kinds ----------------------------------------------------------------------------------

    def _once(
        self,
        module: Module,
        decl: tree.Decl,
        here: dict[tree.Decl, _Spec],
        read: Callable[[Module, tree.Decl], _Spec],
    ) -> _Spec:
        """Return what ``decl`` declares: read here before, by an earlier spec of this process if it is the library's, or now."""
        found = here.get(decl)
        if found is not None:
            if self._reading:
                self.checker.modules.asked.update(self._asked.get(decl, ()))
            return found
        if not module.path.startswith(INSTALLED):
            return read(module, decl)
        modules = self.checker.modules
        before, modules.asked = modules.asked, {module.path}
        known = kept(modules, decl)
        if known is not None:
            here[decl] = known  # type: ignore[assignment]
        else:
            told = self.checker.told
            self._reading += 1
            read(module, decl)
            self._reading -= 1
            if self.checker.told == told:
                keep(modules, decl, here[decl], modules.asked)
        self._asked[decl] = modules.asked
        modules.asked = before | modules.asked if self._reading else before
        return here[decl]

    def component(self, module: Module, decl: tree.Decl) -> ComponentSpec:
        """Return what ``component NAME: ROLE { … }`` declares."""
        return self._once(module, decl, self._components, self._component)

    def _component(self, module: Module, decl: tree.Decl) -> ComponentSpec:
        name = decl.name.text if isinstance(decl.name, tree.Name) else ""
        role = decl.type.name.text if decl.type is not None else ""
        made = ComponentSpec(name, module, module.span(decl.name or decl), doc_of(decl.doc), role)
        self._components[decl] = made
        if not role:
            self._no_role(module, decl, name)
        self._followed = []
        # What is no step, such as a layer, may have a shape.
        shape = ("takes", "gives", "becomes") if self.checker.is_role(role) else ()
        kind = self.checker.kind(role, module) if role else None
        # What a service serves may have to be made first.
        building = ("build", "build_requires") if kind is not None and kind.runs == "service" else ()
        self._body(module, made, decl.body, ("run", "requires", "outside", *shape, *building))
        self._inputs_exist(made)
        for item in decl.body.items if decl.body is not None else ():
            if isinstance(item, tree.Attr) and item.name.text == "run":
                run(self, module, made, item.value)
            elif isinstance(item, tree.Attr) and item.name.text == "requires":
                self._requires(module, made, item)
            elif isinstance(item, tree.Attr) and item.name.text in shape:
                self._shape(module, made, item)
            elif isinstance(item, tree.Attr) and item.name.text == "build" and building:
                self._build(module, made, item)
            elif isinstance(item, tree.Attr) and item.name.text == "build_requires" and building:
                made.build_requirements = self._required(module, item)
            elif isinstance(item, tree.Attr) and item.name.text == "outside":
                if isinstance(item.value, tree.Bool):
                    made.outside = item.value.value
                elif not isinstance(item.value, tree.ErrorExpr):
                    self._bad(module, item.value, "`outside` is true or false", "write `outside = true`")
        self._links(made)
        self._changes(module, made)
        self._port_requirements(made)
        self._something_runs(module, made, decl)
        return made

    def _no_role(self, module: Module, decl: tree.Decl, name: str) -> None:
        """Report a component without a role; the kind of the blocks that it plays is the one that it should have."""
        played = {
            item.kind.text
            for pipeline in module.pipelines
            for item in (pipeline.body.items if pipeline.body is not None else ())
            if isinstance(item, tree.Decl) and item.type is not None and item.type.name.text == name
        }
        fixes = colon_for_equals(module.source, decl.value)
        if not fixes and len(played) == 1 and decl.name is not None and decl.body is not None:
            role = played.pop()
            gap = Span(module.source, decl.name.end, decl.body.start)
            if gap.text.strip() in ("", ":"):
                fixes = [Fix(f"write `component {name}: {role}`", [(gap, f": {role} ")], safe=False)]
                self.checker.way_out(codes.MISSING_VALUE, gap, fixes[0])
        self.report(
            Diagnostic(
                codes.BAD_DECLARATION,
                f"component `{name}` has no role",
                fixes[0].edits[0][0] if decl.value is not None and fixes else module.span(decl.name or decl),
                help=[f"write `component {name}: train`"] if not fixes else [],
                fixes=fixes,
            )
        )

    def _inputs_exist(self, spec: ComponentSpec) -> None:
        """Report types and outputs that follow an input or parameter which is not there."""
        module = spec.module
        schemas = [name for name, param in spec.params.items() if param.type.base == "schema"]
        for name, span in self._followed:
            if name not in spec.inputs and name not in schemas and self._schema_called(module, name) is None:
                declared = [each for each, decl in module.names.items() if decl.kind.text == "schema"]
                known = [*spec.inputs, *schemas, *declared]
                self._no_such(spec, f"`{spec.name}` has no input `{name}`", name, known, span)
        for port in _ports(spec):
            if port.type.base == "dataset" and port.type.input not in (*spec.inputs, *schemas):
                found = self._schema_called(module, port.type.input)
                if found is not None:
                    label = found.label
                    name = label.name if label is not None else ""
                    port.type = port.type.replace(input="", schema=found, label=name)
        for quantity in spec.quantities.values():
            whole = spec.params.get(quantity.whole)
            if quantity.whole and (whole is None or whole.type.base != "device"):
                devices = [name for name, param in spec.params.items() if param.type.base == "device"]
                message = f"`{spec.name}` has no param `{quantity.whole}` that is a device"
                self._no_such(spec, message, quantity.whole, devices, quantity.span)
        for port in spec.outputs.values():
            if port.when and port.when not in spec.params:
                message = f"`{spec.name}` has no param `{port.when}`"
                self._no_such(spec, message, port.when, list(spec.params), port.span)

    def _schema_called(self, module: Module, name: str) -> Schema | None:
        """Return the schema of the file, or with a dot of one that it uses, or None."""
        first, _, last = name.partition(".")
        within = module
        if last:
            if first not in module.aliases:
                return None
            within = module.aliases[first][1]
        decl = within.find(last or first, "schema") if name else None
        return self.schema(within, decl) if decl is not None else None

    def _no_such(self, spec: BlockSpec, message: str, name: str, known: list[str], span: Span) -> None:
        if spec.may_have(name):
            return
        near = nearest(name, known)
        self.report(
            Diagnostic(
                codes.UNKNOWN_NAME,
                message,
                span,
                label=f"did you mean `{near}`?" if near else "not declared",
                help=[] if near or not known else ["it has " + ", ".join(f"`{each}`" for each in known)],
                fixes=[Fix(f"write `{near}`", [(span, near)])] if near and span.text == name else [],
            )
        )

    def _something_runs(self, module: Module, spec: ComponentSpec, decl: tree.Decl) -> None:
        items = decl.body.items if decl.body is not None else ()
        if "" in spec.lost or any(
            isinstance(item, tree.Attr | tree.Field) and item.name is not None and item.name.text == "run"
            for item in items
        ):
            return
        kind = self.checker.kind(spec.role, module)
        if kind is not None and kind.runs not in ("trigger", "nothing"):
            self._bad(
                module,
                decl.name or decl,
                f"component `{spec.name}` does not say what runs",
                'write `run = python("train.py:fit")` or `run = container(image = "…", command = ["…"])`',
            )

    def kind(self, module: Module, decl: tree.Decl) -> KindSpec:
        """Return what ``kind NAME { … }`` declares; ``kind NAME: BASE`` has what BASE has."""
        return self._once(module, decl, self._kinds, self._kind)

    def _kind(self, module: Module, decl: tree.Decl) -> KindSpec:
        name = decl.name.text if isinstance(decl.name, tree.Name) else ""
        made = KindSpec(name, module, module.span(decl.name or decl), doc_of(decl.doc))
        self._kinds[decl] = made
        base = self._base_of(module, decl)
        if base is not None:
            above = self.kind(*base)
            made.params.update(above.params)
            made.blocks.update(above.blocks)
            made.verbs.update(above.verbs)
            made.runs, made.judges, made.promotes, made.effect = (
                above.runs,
                above.judges,
                above.promotes,
                above.effect,
            )
        if name == "service":
            made.runs = "service"
        self._body(module, made, decl.body, ("runs", "default", "judges", "promotes", "effect"))
        for item in decl.body.items if decl.body is not None else ():
            if isinstance(item, tree.Attr):
                self._of_kind(module, made, item.name.text, item.value)
        return made

    def _of_kind(self, module: Module, made: KindSpec, key: str, value: tree.Expr) -> None:
        """Set what an attribute of a kind says."""
        text = value.parts[0] if isinstance(value, tree.String) and len(value.parts) == 1 else None
        if key in ("judges", "promotes", "effect"):
            if isinstance(value, tree.Bool):
                setattr(made, key, value.value)
            else:
                self._bad(module, value, f"`{key}` is true or false", f"write `{key} = true`")
        elif key == "runs":
            # Triggers are the engines' own matter: a schedule is the only one they know.
            allowed = (
                "task",
                "service",
                "nothing",
                *(("trigger",) if module.path.startswith("std:") else ()),
            )
            if text in allowed:
                made.runs = str(text)
            else:
                self._bad(
                    module,
                    value,
                    "`runs` says how the blocks of a kind run",
                    'write `runs = "task"`, `"service"` or `"nothing"`',
                )
        elif key == "default":
            if isinstance(text, str):
                made.default = text
            else:
                self._bad(module, value, "`default` is the name of a component", 'write `default = "…"`')

    def _base_of(self, module: Module, decl: tree.Decl) -> tuple[Module, tree.Decl] | None:
        """Return the kind that ``kind NAME: BASE`` builds on, unless that leads back to itself."""
        seen = [decl]
        within: tuple[Module, tree.Decl] | None = (module, decl)
        first = None
        while within is not None and within[1].type is not None:
            within = self.checker.modules.kind(within[0], within[1].type.name.text)
            first = first or within
            if within is not None and within[1] in seen:
                return None  # reported by `own_kind`
            if within is not None:
                seen.append(within[1])
        return first

    def _leads_back(self, module: Module, decl: tree.Decl) -> bool:
        """Return whether a kind builds on itself, and is the one of its circle of which that is said: the first in the file."""
        seen: list[tree.Decl] = []
        at: tuple[Module, tree.Decl] | None = (module, decl)
        while at is not None and at[1] not in seen:
            seen.append(at[1])
            at = self.checker.modules.kind(at[0], at[1].type.name.text) if at[1].type is not None else None
        return at is not None and at[1] is decl and decl.start == min(each.start for each in seen)

    def own_kind(self, module: Module, decl: tree.Decl) -> None:
        """Check a kind that a file of the project declares."""
        name = decl.name.text if isinstance(decl.name, tree.Name) else ""
        place = decl.name or decl
        from ..resolve.modules import TOP_KINDS
        from ..resolve.program import LANGUAGE_KINDS, PIPELINE_BLOCKS

        if name in (*TOP_KINDS, *LANGUAGE_KINDS, *PIPELINE_BLOCKS, *_INSIDE, "remove", "task", "service"):
            self._bad(
                module,
                place,
                f"`{name}` is a word of the language and no name of a kind",
                "give it another name",
            )
            return
        if decl.type is not None:
            base = decl.type.name.text
            span = module.span(decl.type.name)
            if self.checker.modules.kind(module, base) is None:
                library = self.checker.modules.standard("kinds")
                known = [
                    *(library.names if library is not None else ()),
                    *self.checker.modules.own_kinds(module),
                ]
                near = nearest(base, [each for each in known if each != name])
                self.report(
                    Diagnostic(
                        codes.UNKNOWN_KIND,
                        f"there is no kind `{base}`",
                        span,
                        label=f"did you mean `{near}`?" if near else "not a kind",
                        help=[]
                        if near
                        else ["a kind of one's own builds on `task`, mostly: `kind clean: task {}`"],
                        fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
                    )
                )
            elif self._leads_back(module, decl):
                self.report(
                    Diagnostic(
                        codes.CYCLE,
                        f"kind `{name}` builds on itself",
                        span,
                        help=[f"write `kind {name}: task {{ … }}`"],
                    )
                )
        made = self.kind(module, decl)
        items = decl.body.items if decl.body is not None else ()
        says = any(isinstance(item, tree.Attr) and item.name.text == "runs" for item in items)
        if decl.type is None and not says:
            self._bad(
                module,
                place,
                f"kind `{name}` does not say how its blocks run",
                f'write `kind {name}: task {{ … }}`, or `runs = "nothing"` in it',
            )
        for table, what in (
            (made.inputs, "inputs"),
            (made.outputs, "outputs"),
            (made.quantities, "quantities"),
        ):
            for member in table.values():
                self.report(
                    Diagnostic(
                        codes.BAD_DECLARATION,
                        f"a kind has no {what}: they belong to its components",
                        member.span,
                        help=[f"declare it in a component: `component some_{name}: {name} {{ … }}`"],
                    )
                )
        for condition in made.requires:
            self._bad(module, condition, "a kind holds no conditions: they belong to its components")

    def _body(self, module: Module, spec: BlockSpec, body: tree.Body | None, attrs: tuple[str, ...]) -> None:
        seen: dict[str, tree.Node] = {}
        for item in body.items if body is not None else ():
            if isinstance(item, tree.ErrorItem):
                spec.lost |= {""}
                continue
            if isinstance(item, tree.Field) and item.name is None and not isinstance(spec, ComponentSpec):
                spec.rest = self.type(module, item.type, inputs=True)
                continue
            if isinstance(item, tree.Condition) and item.verb.text == "require":
                spec.requires.append(item)
            elif isinstance(item, tree.Attr) and item.name.text in attrs:
                if item.name.text in seen:
                    self.report(duplicate(module, item.name, seen[item.name.text], item))
                seen[item.name.text] = item
            elif (
                isinstance(item, tree.Decl) and item.kind.text in _INSIDE and isinstance(item.name, tree.Name)
            ):
                self._member(module, spec, item, item.name)
            elif isinstance(item, tree.Decl) and item.kind.text not in _INSIDE:
                spec.lost |= {item.name.text if isinstance(item.name, tree.Name) else ""}
                near = nearest(item.kind.text, _INSIDE)
                span = module.span(item.kind)
                self.report(
                    Diagnostic(
                        codes.UNKNOWN_KIND,
                        f"a component has no `{item.kind.text}`",
                        span,
                        label=f"did you mean `{near}`?" if near else "not here",
                        help=["a component declares " + ", ".join(f"`{k}`" for k in _INSIDE)],
                        fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
                    )
                )
            elif isinstance(item, tree.Field) and item.name is not None and item.name.text in attrs:
                seen[item.name.text] = item
                colon = Span(module.source, item.name.end, item.type.start)
                text = module.source.text[item.type.start : item.type.end]
                self.report(
                    Diagnostic(
                        codes.WRONG_PLACE,
                        f"what `{item.name.text}` is to be stands behind `=`",
                        colon,
                        label="expected `=`",
                        help=[f"write `{item.name.text} = {text}`"],
                        fixes=[Fix("write ` =`", [(colon, " = ")])],
                    )
                )
            elif isinstance(item, tree.Attr):
                spec.lost |= {item.name.text}
                near = nearest(item.name.text, (*attrs, *_INSIDE))
                span = module.span(item.name)
                self.report(
                    Diagnostic(
                        codes.UNKNOWN_KEY,
                        f"`{item.name.text}` cannot be set here",
                        span,
                        label=f"did you mean `{near}`?" if near else "unknown",
                        help=["what can be set is " + ", ".join(f"`{k}`" for k in attrs)] if attrs else [],
                    )
                )
            else:
                name = item.name if isinstance(item, tree.Field | tree.Block) else None
                spec.lost |= {name.text if isinstance(name, tree.Name) else ""}
                help = "it declares " + ", ".join(f"`{k}`" for k in _INSIDE)
                if isinstance(item, tree.Field) and item.name is not None:
                    text = module.source.text[item.start : item.end].split("\n")[0]
                    help = f"say what it is: `param {text}`, `input {text}`, `output {text}` …"
                self.report(
                    Diagnostic(
                        codes.WRONG_PLACE,
                        "this cannot stand in a declaration of this kind",
                        module.span(item),
                        help=[help],
                    )
                )
        self._judged(module, spec)

    def _judged(self, module: Module, spec: BlockSpec) -> None:
        """Leave out conditions that name what the declaration does not have, after reporting them."""
        known = [*spec.quantities, *spec.params, *spec.inputs]
        kept = []
        for condition in spec.requires:
            unknown = [(name, node) for name, node in names_in(condition.expr) if name not in known]
            for name, node in unknown:
                if spec.may_have(name):
                    continue
                near = nearest(name, known)
                span = module.span(node)
                self.report(
                    Diagnostic(
                        codes.UNKNOWN_METRIC,
                        f"`{spec.name}` declares no quantity or param `{name}`",
                        span,
                        label=f"did you mean `{near}`?" if near else "not declared",
                        help=[]
                        if near or not known
                        else ["it declares " + ", ".join(f"`{k}`" for k in known)],
                        fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
                    )
                )
            if not unknown:
                kept.append(condition)
        spec.requires = kept

    def _member(self, module: Module, spec: BlockSpec, item: tree.Decl, name: tree.Name) -> None:
        kind, text, span, doc = item.kind.text, name.text, module.span(name), doc_of(item.doc)
        tables: dict[str, dict[str, object]] = {
            "param": spec.params,  # type: ignore[dict-item]
            "input": spec.inputs,  # type: ignore[dict-item]
            "output": spec.outputs,  # type: ignore[dict-item]
            "quantity": spec.quantities,  # type: ignore[dict-item]
            "block": spec.blocks,  # type: ignore[dict-item]
            "verb": spec.verbs,  # type: ignore[dict-item]
        }
        clash = next(
            (
                table[text]
                for k, table in tables.items()
                if text in table and (k == kind or {k, kind} <= _KEYS)
            ),
            None,
        )
        if clash is not None:
            self.report(
                Diagnostic(
                    codes.DUPLICATE_NAME,
                    f"`{text}` is declared twice",
                    span,
                    label="declared again",
                    labels=[Label(clash.span, "declared first")],  # type: ignore[attr-defined]
                    help=["give one of them another name"],
                )
            )
            return
        if kind in ("block", "verb"):
            inner = BlockSpec(text, module, span, doc)
            if item.type is not None:
                inner.role = item.type.name.text
                if kind == "verb" or item.type.args or item.type.refinement or item.type.marks:
                    self._bad(
                        module,
                        item.type,
                        "a verb is played by nothing"
                        if kind == "verb"
                        else "a block takes the role of the component that plays it, and nothing else",
                        f"write `{kind} {text} {{ … }}`"
                        if kind == "verb"
                        else f"write `block {text}: {inner.role} {{ … }}`",
                    )
                elif not module.path.startswith("std:"):
                    self.checker.role(module, item)
            self._body(module, inner, item.body, ())
            (spec.blocks if kind == "block" else spec.verbs)[text] = inner
            return
        if item.type is None:
            spec.lost |= {text}
            fixes = colon_for_equals(module.source, item.value)
            told = Diagnostic(
                codes.BAD_DECLARATION,
                f"{kind} `{text}` has no type",
                fixes[0].edits[0][0] if fixes else span,
                label="expected `:`" if fixes else "",
                help=[f"write `{kind} {text}: …`"],
                fixes=fixes,
            )
            self.report(told)
            return
        type = self.type(module, item.type, inputs=True)
        if type is not ERROR and not self._of_the_kind(module, item, kind, type, spec):
            type = ERROR
        marks = {mark.name.text: mark for mark in item.type.marks}
        self._marks_once(module, item.type)
        if kind == "param":
            known = (
                "secret",
                "bound",
                "tuned",
                "fixed",
                "network",
                "listed",
                "doc",
                "docs",
                "name",
                "slices",
                "class",
                "binds",
                "called",
                "requires",
                "programs",
            )
            self._known_marks(module, marks, known)
            self._param(module, spec, item, text, type, tuple(marks))
            if "network" in marks:
                spec.params[text].network = self._network(module, marks["network"])
            if "listed" in marks:
                texts = self.texts(module, tuple(arg.value for arg in marks["listed"].args or ()))
                spec.params[text].listed = texts[0] if texts else ""
            if "called" in marks:
                texts = self.texts(module, tuple(arg.value for arg in marks["called"].args or ()))
                spec.params[text].called = tuple(texts or ())
                if texts == []:
                    help = 'write `@called("n_estimators")`'
                    self._bad(
                        module, marks["called"], "`@called` takes names that the param has elsewhere", help
                    )
            if "requires" in marks:
                spec.params[text].requires = self._by_choice(module, marks["requires"], 'gpu = ["cupy>=13"]')
                self._packages_of(module, marks["requires"])
            if "programs" in marks:
                spec.params[text].programs = self._by_choice(module, marks["programs"], 'page = ["chromium"]')
            choices = (type.of or type).choices or ()
            for choice in {**spec.params[text].requires, **spec.params[text].programs}:
                if choice not in choices:
                    self._no_such(spec, f'`{text}` has no choice "{choice}"', choice, list(choices), span)
            if "binds" in marks:
                args = marks["binds"].args or ()
                first = args[0].value if args else None
                spec.params[text].binds = first.text if isinstance(first, tree.Ref) else ""
            if ("class" in marks or "binds" in marks) and isinstance(spec, ComponentSpec):
                spec.related += (text,)
        elif kind == "input":
            self._known_marks(module, marks, ("judging", "made_with", "compatible", "compared"))
            optional = isinstance(item.value, tree.NoneLiteral)
            if optional:
                type = type.replace(optional=True)
            elif item.value is not None and not isinstance(item.value, tree.ErrorExpr):
                self._bad(
                    module, item.value, "an input has no default but `none`", "write `= none`, or nothing"
                )
            port = spec.inputs[text] = PortSpec(text, type, span, tuple(marks), "", doc)
            if "made_with" in marks:
                port.made_with = self._by_choice(module, marks["made_with"], 'quantize = ["int8"]')
        elif kind == "output":
            self._known_marks(module, marks, ("when", "family", "optional"))
            when = ""
            mark = marks.get("when")
            if mark is not None and mark.args and isinstance(mark.args[0].value, tree.Ref):
                when = mark.args[0].value.text
            if "optional" in marks and type is not ERROR:
                type = type.replace(optional=True)
            port = spec.outputs[text] = PortSpec(text, type, span, tuple(marks), when, doc)
            port.body = item.body
            if "family" in marks:
                texts = self.texts(module, tuple(arg.value for arg in marks["family"].args or ()))
                port.family = texts[0] if texts else ""
        else:
            self._known_marks(module, marks, (CHECK, AFTER, LIVE, "by_class", "of"))
            times = [time for time in (CHECK, AFTER, LIVE) if time in marks]
            misspelt = any(mark not in (*times, "by_class", "of") for mark in marks)
            if len(times) > 1 or not (times or misspelt):
                said = "says more than once" if times else "does not say"
                self._bad(
                    module,
                    name,
                    f"quantity `{text}` {said} when it is known",
                    "mark it `@check`, `@after` (the step) or `@live`",
                )
            spec.quantities[text] = QuantitySpec(
                text, type, span, (times or [AFTER])[0], "by_class" in marks, doc, self._whole(module, marks)
            )

    def _starts(self, module: Module, spec: BlockSpec) -> bool:
        """Return whether a component starts pipelines: what it gives is no artefact, but the time of the run."""
        kind = self.checker.kind(spec.role, module)
        return kind is not None and kind.runs == "trigger"

    def _of_the_kind(self, module: Module, item: tree.Decl, kind: str, type: Type, spec: BlockSpec) -> bool:
        """Return whether what ``item`` declares can have ``type``: a param a value, an input an artefact; report where not."""
        place = item.type if item.type is not None else item
        base = type.base
        if kind == "quantity":
            if base in NUMBERS or base in DIMENSIONS or base == "money":
                return True
            self._bad(
                module, place, f"a quantity is a number, and no {base}", "such as `float in 0..1 @after`"
            )
            return False
        if (kind == "param") != (base in ARTEFACTS):
            if kind != "param" or base != "tensor":
                return True
            self._bad(module, place, "only columns are tensors", "a param takes a `list(float)`")
            return False
        if kind == "output" and base == "datetime" and self._starts(module, spec):
            return True
        if kind == "output":
            self._bad(
                module,
                place,
                f"an output is an artefact, and `{base}` is a value",
                "a number that the step measures is a `quantity`; artefacts are "
                + ", ".join(f"`{each}`" for each in ARTEFACTS),
            )
            return False
        other = "input" if kind == "param" else "param"
        what = (
            "takes a value, and `{}` is an artefact"
            if kind == "param"
            else "takes an artefact, and `{}` is a value"
        )
        span = module.span(item.kind)
        self.report(
            Diagnostic(
                codes.BAD_DECLARATION,
                f"{article(kind)} {what.format(base)}",
                module.span(place),
                help=[f"declare it as {article(f'`{other}`')}"],
                fixes=[Fix(f"write `{other}`", [(span, other)])],
            )
        )
        return False

    def _by_choice(self, module: Module, mark: tree.Mark, example: str) -> dict[str, tuple[str, ...]]:
        """Return the texts that a mark lists by name: what `@made_with(quantize = ["none", "int8"])` allows."""
        found = {}
        name = mark.name.text
        for arg in mark.args or ():
            texts = self.texts(module, arg.value.items) if isinstance(arg.value, tree.List) else None
            if arg.name is None or not texts:
                what = "choices" if name == "made_with" else "what choices need"
                self._bad(module, mark, f"`@{name}` takes {what}", f"write `@{name}({example})`")
                return {}
            found[arg.name.text] = tuple(texts)
        return found

    def _packages_of(self, module: Module, mark: tree.Mark) -> None:
        """Report what `@requires(…)` lists and is no package, where it is not the library's."""
        for arg in (mark.args or ()) if not module.path.startswith(INSTALLED) else ():
            if isinstance(arg.value, tree.List):
                self._packages(module, arg.value, tuple(self.texts(module, arg.value.items) or ()))

    def _whole(self, module: Module, marks: dict[str, tree.Mark]) -> str:
        """Return the parameter that `@of(board)` names, or nothing."""
        mark = marks.get("of")
        if mark is None:
            return ""
        if mark.args and len(mark.args) == 1 and isinstance(mark.args[0].value, tree.Ref):
            return mark.args[0].value.text
        self._bad(module, mark, "`@of` takes the parameter with the device", "write `@of(board)`")
        return ""

    def _known_marks(self, module: Module, marks: dict[str, tree.Mark], known: tuple[str, ...]) -> None:
        for name, mark in marks.items():
            if name not in known:
                self._unknown_mark(module, mark, known)
            elif mark.args and name in _PLAIN_MARKS:
                self._bad(module, mark, f"`@{name}` takes nothing in parentheses", f"write `@{name}`")

    def _param(
        self, module: Module, spec: BlockSpec, item: tree.Decl, text: str, type: Type, marks: tuple[str, ...]
    ) -> None:
        default: Value | None = None
        if item.value is not None:
            value = self.checker.constant(module, item.value)
            if value.known and value.value is None:
                type = type.replace(optional=True)
                default = value
            else:
                default = self.checker.fit(value, type, f"`{text}`")
        name = item.name
        spec.params[text] = ParamSpec(text, type, default, module.span(name or item), marks, doc_of(item.doc))

    def _shape(self, module: Module, spec: ComponentSpec, item: tree.Attr) -> None:
        """Read which shape a layer takes or gives, and what it becomes."""
        key, value = item.name.text, item.value
        if not isinstance(value, tree.List) or (
            key == "takes" and any(not isinstance(each, tree.Ref) for each in value.items)
        ):
            if not isinstance(value, tree.ErrorExpr):
                self._bad(
                    module,
                    value,
                    f"`{key}` is a list of {'operators' if key == 'becomes' else 'dimensions'}",
                    "write `becomes = [fully_connected(values * units, units)]`"
                    if key == "becomes"
                    else "write `takes = [height, width, channels]` and `gives = [height, width, filters]`",
                )
        elif key == "takes":
            spec.takes = tuple(each.text for each in value.items if isinstance(each, tree.Ref))
        elif key == "becomes":
            spec.becomes = tuple(value.items)
        else:
            spec.gives = tuple(value.items)

    def _network(self, module: Module, mark: tree.Mark) -> NetworkSpec | None:
        """Return what `@network(data, to = "classes", last = ["softmax"])` says."""
        input, to = "", ""
        last: tuple[str, ...] = ()
        for arg in mark.args or ():
            name = arg.name.text if arg.name is not None else ""
            if not name and isinstance(arg.value, tree.Ref):
                input = arg.value.text
            elif name == "to":
                to = (self.texts(module, (arg.value,)) or ("",))[0]
            elif name == "last" and isinstance(arg.value, tree.List):
                last = tuple(self.texts(module, arg.value.items) or ())
        if input and to in ("classes", "value"):
            return NetworkSpec(input, to, last)
        self._bad(
            module,
            mark,
            "`@network` takes the input whose rows go through the layers, and what comes out",
            'write `@network(data, to = "classes")` or `@network(data, to = "value")`',
        )
        return None

    def _build(self, module: Module, spec: ComponentSpec, item: tree.Attr) -> None:
        """Read what makes what a service serves: said as `run` says what runs."""
        running = spec.action
        run(self, module, spec, item.value)
        spec.build, spec.action = spec.action, running

    def _requires(self, module: Module, spec: ComponentSpec, item: tree.Attr) -> None:
        spec.requirements = self._required(module, item)

    def _required(self, module: Module, item: tree.Attr) -> tuple[str, ...]:
        """Return the requirements that `requires = […]` lists."""
        texts: tuple[str, ...] = ()
        if isinstance(item.value, tree.List):
            texts = tuple(self.texts(module, item.value.items) or ())
            # The library that comes with the compiler is trusted, and read at every keystroke.
            if not module.path.startswith(INSTALLED):
                self._packages(module, item.value, texts)
        elif not isinstance(item.value, tree.ErrorExpr):
            self._bad(
                module,
                item.value,
                f"`{item.name.text}` is a list of requirements",
                'write `["scikit-learn>=1.6,<2"]`',
            )
        return texts

    def _packages(self, module: Module, node: tree.List, texts: tuple[str, ...]) -> None:
        """Report what an installer would take for something else than a package."""
        from ..ir.requirements import is_requirement

        for item, text in zip(node.items, texts, strict=False):
            if not is_requirement(text):
                self.report(
                    Diagnostic(
                        codes.BAD_REQUIREMENT,
                        "this is no requirement of a package",
                        module.span(item),
                        help=['write a name and, where it matters, versions: `"scikit-learn>=1.6,<2"`'],
                    )
                )

    def _port_requirements(self, spec: ComponentSpec) -> None:
        """Add what a function of the user's own needs for its ports to be read and written: `std.ports` says."""
        if spec.action is None or spec.action[0] != "project":
            return
        needed = list(spec.requirements)
        for port in (*spec.inputs.values(), *spec.outputs.values()):
            needed += self.reading(port.type.framework or port.type.base)
        spec.requirements = tuple(dict.fromkeys(needed))

    def reading(self, name: str) -> list[str]:
        """Return the requirements of whatever reads an artefact of this type or framework, as `std.ports` says."""
        from .compatibility import constant

        return list(constant(self.checker, "ports", name) or ())

    def _changes(self, module: Module, spec: ComponentSpec) -> None:
        """Read what outputs say of the columns that they add, drop and rename."""
        for port in spec.outputs.values():
            if port.body is not None and port.type.base != "error":
                from .changes import read

                port.changes = read(self, module, spec, port)
                spec.shaping |= port.changes.params() if port.changes is not None else set()

    def _links(self, spec: ComponentSpec) -> None:
        """Fill in what an own component leaves out: a model or dataset made from its only dataset input."""
        datasets = [name for name, port in spec.inputs.items() if port.type.base == "dataset"]
        for port in spec.outputs.values():
            links = (
                port.type.base in ("dataset", "model") and not port.type.input and port.type.schema is None
            )
            if links and len(datasets) == 1:
                port.type = port.type.replace(input=datasets[0])


_KEYS = {"param", "input", "block"}


def _ports(spec: BlockSpec) -> list[PortSpec]:
    """Return the inputs and outputs of a component, and the inputs of its nested blocks."""
    found = [*spec.inputs.values(), *spec.outputs.values()]
    for inner in spec.blocks.values():
        found += _ports(inner)
    return found


def doc_of(doc: tree.Doc | None) -> str:
    """Return the text of a doc comment."""
    return "\n".join(doc.lines).strip() if doc is not None else ""


def is_text(type: Type) -> bool:
    """Return whether values of ``type`` are written as strings."""
    return type.base in TEXTS


def _as_column(item: tree.Item) -> list[str]:
    """Return how what stands in a schema is written as a column: `sepal length: float` has a header of two words."""
    if isinstance(item, tree.Decl) and isinstance(item.name, tree.Name) and item.type is not None:
        header = f"{item.kind.text} {item.name.text}"
        named = f"{item.kind.text}_{item.name.text}"
        return [f'a column whose header is no name is reached by another one: `{named}: … @from("{header}")`']
    if isinstance(item, tree.Attr):
        return [f"write `{item.name.text}: …`, with the type of the column, such as `age: int in 0..120`"]
    return ["a column is `name: type`, such as `age: int in 0..120`"]


def _typed_column(module: Module, item: tree.Item) -> list[Fix]:
    """Return the way out for `age int`, which reads as a kind and a name: the name of a type gives it away."""
    if not isinstance(item, tree.Decl) or not isinstance(item.name, tree.Name):
        return []
    bare = item.type is None and item.value is None and item.body is None and not item.eaches
    if not bare or item.name.text not in (*NUMBERS, *TEXTS, *DIMENSIONS, "bool", "date", "datetime"):
        return []
    gap = Span(module.source, item.kind.end, item.name.start)
    return [Fix(f"write `{item.kind.text}: {item.name.text}`", [(gap, ": ")])]


# How types of artefacts are written.
_ARTEFACT_FORMS = {
    "dataset": "write `dataset`, `dataset(data)` with an input, or `dataset(Sale)` with a schema",
    "model": 'write `model`, `model("onnx")`, or `model("onnx", data)` with an input',
    "file": 'write `file("html")`',
    **dict.fromkeys(("metrics", "report", "endpoint"), "it takes nothing in parentheses"),
    "column": 'write `column(data)`, or `column(data, of = ["bool", "enum"])`',
}

_PLAIN_MARKS = (
    "secret", "bound", "tuned", "fixed", "judging", "compatible", "by_class", "slices",
    "compared", "optional", "class", CHECK, AFTER, LIVE,
)  # fmt: skip

# What other languages call types and marks.
_TYPE_WORDS = {
    "double": "float", "real": "float", "number": "float", "decimal": "float", "numeric": "float", "float64": "float",
    "text": "string", "varchar": "string", "char": "string", "object": "string", "uuid": "string",
    "timestamp": "datetime", "time": "datetime", "category": "enum", "categorical": "enum", "bigint": "int",
    "integer": "int", "long": "int", "array": "list", "dict": "map", "interval": "duration", "timedelta": "duration",
}  # fmt: skip
_MARK_WORDS = {"optional": "nullable", "null": "nullable", "target": "label", "id": "key", "unique": "key",
               "private": "sensitive", "pii": "sensitive", "skip": "ignore", "name": "from", "column": "from"}  # fmt: skip


def _as_range(value: tree.Expr) -> str:
    """Return how bounds are written, with the numbers that were meant: `in 0-120`, `in [1, 2, 3]`."""
    ends: list[tree.Expr] = []
    while isinstance(value, tree.Paren):
        value = value.inner
    if isinstance(value, tree.Range):
        ends = [value.low, value.high]
    if isinstance(value, tree.Binary) and value.operator == "-":
        ends = [value.left, value.right]
    elif isinstance(value, tree.List) and len(value.items) > 1:
        ends = [value.items[0], value.items[-1]]
    if len(ends) == 2 and all(isinstance(end, (tree.Number, tree.Quantity)) for end in ends):
        return (
            "write `in "
            + "..".join(end.text for end in ends if isinstance(end, (tree.Number, tree.Quantity)))
            + "`"
        )
    return "write both ends: `in 0..1`"
