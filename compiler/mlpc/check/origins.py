"""Where a value comes from: the environment, the pipeline, the default of the component, and what its expression names."""

from __future__ import annotations

import re

from .. import codes
from ..diagnostics import Diagnostic
from ..resolve.program import AttrDef, BlockDef, BodyDef, NestedDef, ValueDef
from ..resolve.similar import nearest
from .footprint import ESTIMATED, OF_NETWORK, footprint
from .order import names_in
from .shapes import show
from .specs import CHECK
from .units import about
from .values import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..resolve.modules import Module
    from ..source import Span
    from ..syntax import tree
    from .checker import Checker
    from .specs import ParamSpec
    from .typed import TypedBlock, TypedProgram
    from .values import Value

#: Names in expressions that are followed, one through the other.
_DEEPEST = 20
#: Instances that a message names.
_SHOWN = 8


class Origin:
    """One thing that gave a value, or would have: ``counts`` says which. ``depth`` is how far it lies behind the name asked for.

    ``text`` is what is written there, ``what`` who says so, ``value`` what it comes to.
    """

    __slots__ = ("counts", "depth", "name", "span", "text", "value", "what")

    def __init__(
        self, name: str, depth: int, span: Span, text: str, what: str, counts: bool, value: str = ""
    ) -> None:
        self.name = name
        self.depth = depth
        self.span = span
        self.text = text
        self.what = what
        self.counts = counts
        self.value = value


def origins(
    typed: TypedProgram, name: str, checker: Checker | None = None
) -> tuple[list[Origin], list[Diagnostic]]:
    """Return what gave the value called ``name``, the one that counts first; without any, why there is none.

    Of figures that are estimated by ``checker`` these are the layers.
    """
    return _Origins(typed, checker).of(name)


class _Origins:
    __slots__ = ("checker", "found", "seen", "typed")

    def __init__(self, typed: TypedProgram, checker: Checker | None) -> None:
        self.checker = checker
        self.typed = typed
        self.found: list[Origin] = []
        self.seen: set[str] = set()

    def of(self, name: str) -> tuple[list[Origin], list[Diagnostic]]:
        first, keys, rest = _parts(name)
        item = self.typed.program.names.get(first)
        if isinstance(item, BlockDef) and (keys or item.decl.eaches):
            return self._instance(name, item, keys, rest)
        if isinstance(item, ValueDef) and not rest:
            self._value(first, item, 0)
            return self.found, []
        if isinstance(item, BlockDef):
            block = self.typed.blocks.get(item.id)
            if block is None:
                return [], []  # something about it was reported
            problem = self._block(name, block, rest)
            return self.found, [problem] if problem is not None else []
        if not rest and first in self.typed.program.body.attrs:
            self._attributes(name, self.typed.program.body.attrs[first], 0, None)
            return self.found, []
        settings = self.typed.program.settings.get(first)
        if settings is not None and rest in settings.body.attrs:
            self._attributes(name, settings.body.attrs[rest], 0, None)
            return self.found, []
        removed = self.typed.program.removed.get(first)
        if removed is not None:
            message = f"environment `{self.typed.program.environment}` takes `{first}` away"
            return [], [Diagnostic(codes.UNKNOWN_NAME, message, removed)]
        return [], [self._unknown(first)]

    def _instance(
        self, name: str, item: BlockDef, keys: list[str], rest: str
    ) -> tuple[list[Origin], list[Diagnostic]]:
        """Find a value of one of the instances that an `each` makes: `fit[eu].trees`."""
        found = self.typed.instances.get(item.id)
        if found is None and keys:
            message = f"`{item.id}` has no instances: it is declared without `each`"
            return [], [Diagnostic(codes.BAD_OPERANDS, message, item.span, help=[f"ask for `{item.id}`"])]
        if found is None or found.lost:
            return [], []  # something about it was reported
        block = self.typed.blocks.get(found.id(tuple(keys)))
        if block is not None:
            problem = self._block(name, block, rest)
            return self.found, [problem] if problem is not None else []
        ids = [found.id(each) for each in found.keys(())]
        near = nearest(found.id(tuple(keys)), ids) if keys else None
        shown = ", ".join(f"`{id}.{rest}`" if rest else f"`{id}`" for id in ids[:_SHOWN])
        more = ", …" if len(ids) > _SHOWN else ""
        written = name.removesuffix(f".{rest}") if rest else name
        return [], [
            Diagnostic(
                codes.UNKNOWN_INSTANCE if keys else codes.MISSING_INDEX,
                f"`{item.id}` has no instance `{written}`"
                if keys
                else f"`{item.id}` stands for {len(ids)} instances: say which one",
                item.span,
                help=[
                    f"did you mean `{near}.{rest}`?"
                    if near and rest
                    else f"did you mean `{near}`?"
                    if near
                    else f"there is {shown}{more}"
                ],
            )
        ]

    def _unknown(self, name: str) -> Diagnostic:
        program = self.typed.program
        known = [*program.names, *program.body.attrs, *program.settings]
        near = nearest(name, known)
        help = (
            [f"did you mean `{near}`?"]
            if near
            else ["it has " + ", ".join(f"`{each}`" for each in known[:12])]
        )
        return Diagnostic(
            codes.UNKNOWN_NAME, f"the pipeline has no `{name}`", None, help=help if known else []
        )

    # -- params, lets, secrets ---------------------------------------------------------------------------------

    def _value(self, name: str, item: ValueDef, depth: int) -> None:
        kind = item.decl.kind.text
        given = [*item.before, (item.value, item.value_module, item.environment)]
        for place, (node, module, environment) in enumerate(reversed(given)):
            span = module.span(node) if node is not None else item.span
            text = _written(span) if node is not None else "(no value)"
            self.found.append(
                Origin(
                    name,
                    depth,
                    span,
                    text,
                    _who(environment),
                    place == 0,
                    self._comes_to(name, kind) if place == 0 else "",
                )
            )
        if kind == "param" and depth == 0:
            self.found[0].what += f"; `--set {name}=…` gives another when it runs"
        if item.value is not None:
            self._named(item.value_module, item.value, depth + 1)

    def _comes_to(self, name: str, kind: str) -> str:
        if kind == "param" and name in self.typed.params:
            _, type, value = self.typed.params[name]
            return shown(value.value, type)
        if kind == "let":
            value_of = self.typed.lets.get(name)
            return _shown(value_of)
        return ""

    def _named(self, module: Module, node: tree.Expr, depth: int) -> None:
        """Follow the names in an expression."""
        if depth > _DEEPEST:
            return
        for name, _ in names_in(node):
            if name in self.seen:
                continue
            item = self.typed.program.names.get(name)
            if isinstance(item, ValueDef):
                self.seen.add(name)
                self._value(name, item, depth)
                continue
            decl = module.find(name, "let") if item is None else None
            if decl is not None and decl.value is not None:
                self.seen.add(name)
                span = module.span(decl.value)
                self.found.append(Origin(name, depth, span, _written(span), "the file", True))
                self._named(module, decl.value, depth + 1)

    # -- blocks ------------------------------------------------------------------------------------------------

    def _block(self, name: str, block: TypedBlock, rest: str) -> Diagnostic | None:
        if not rest:
            known = [*block.definition.body.attrs, *block.given()]
            return Diagnostic(
                codes.UNKNOWN_MEMBER,
                f"`{name}` is a block: say which of its values",
                block.span,
                help=["it has " + ", ".join(f"`{name}.{each}`" for each in dict.fromkeys(known))]
                if known
                else [],
            )
        *path, last = rest.split(".")
        attr = _attribute(block.definition.body, path, last)
        param, owner = _declared(block, path, last)
        condition = next(
            (
                c
                for c in block.definition.body.conditions
                if not path and c.node.name is not None and c.node.name.text == last
            ),
            None,
        )
        if attr is None and param is None and condition is not None:
            first = True
            while condition is not None:
                span = condition.module.span(condition.node)
                self.found.append(Origin(name, 0, span, _written(span), _who(condition.environment), first))
                condition, first = condition.before, False
            return None
        if block.kind.runs == "trigger" and rest in block.outputs:
            said = "the schedule, for each run; `--at` says another"
            self.found.append(Origin(name, 0, block.span, "(the time of the run)", said, True))
            return None
        if attr is None and param is None and not path and self._estimated(name, block, last):
            return None
        if attr is None and param is None:
            if (problem := self._no_value(name, block, path, last)) is not None:
                return problem
            spec = block.component
            known = _names(block, path)
            near = nearest(last, known)
            where = ".".join([block.id, *path])
            component = f" (`{spec.name}`)" if spec is not None and not path else ""
            help = (
                [f"did you mean `{where}.{near}`?"]
                if near
                else ["it has " + ", ".join(f"`{each}`" for each in known)]
            )
            return Diagnostic(
                codes.UNKNOWN_MEMBER,
                f"`{where}`{component} has no `{last}`",
                None,
                help=help if known else [],
            )
        if attr is not None:
            self._attributes(name, attr, 0, block.setting(rest))
        before = block.definition.before
        while before is not None:
            old = _attribute(before.body, path, last)
            if old is not None:
                span = old.module.span(old.node.value)
                self.found.append(
                    Origin(
                        name,
                        0,
                        span,
                        _written(span),
                        f"{_who(old.environment)}, whose block was put aside whole",
                        False,
                    )
                )
            before = before.before
        if param is not None:
            self._default(name, param, owner, counts=attr is None)
        self.found.sort(key=lambda origin: origin.depth > 0)
        return None

    def _no_value(self, name: str, block: TypedBlock, path: list[str], last: str) -> Diagnostic | None:
        """Return what is there under that name, and is no value that a spec could give."""
        if block.has_block(".".join([*path, last])):
            known = _names(block, [*path, last])
            message = f"`{name}` is a block: say which of its values"
            help = ["it has " + ", ".join(f"`{name}.{each}`" for each in known)] if known else []
        elif not path and last in block.quantities:
            live = block.quantities[last].when == "live"
            message = f"`{name}` is measured " + (
                "while it is up: no spec gives it a value"
                if live
                else "when the pipeline runs: no spec gives it a value"
            )
            help = [] if live else ["`mlpc runs` lists the runs, and shows what one has measured"]
        elif not path and last in block.outputs:
            message = f"`{name}` is made when the pipeline runs: no spec gives it a value"
            help = []
        else:
            return None
        return Diagnostic(codes.UNKNOWN_MEMBER, message, None, help=help)

    def _estimated(self, name: str, block: TypedBlock, figure: str) -> bool:
        """Tell what a figure of a block is estimated to be, and of what; return whether there is such an estimate."""
        spec = block.quantities.get(figure)
        if self.checker is None or figure not in ESTIMATED or (spec is None and figure not in OF_NETWORK):
            return False
        estimate = footprint(self.checker, self.typed, block)
        value = estimate.figures.get(figure)
        if value is None and (spec is None or spec.when != CHECK):
            return False
        place = spec.span if spec is not None else block.span
        text = shown(value, spec.type if spec is not None else None) if value is not None else "not known"
        said = "estimated before anything is trained" if value is not None else estimate.why
        if value is not None and figure == "flash":
            said += f": {about(estimate.figures['size'])} of model, the rest is program"
        self.found.append(Origin(name, 0, place, text, said, True, text))
        for part in estimate.parts if value is not None else ():
            what = {
                "parameters": f"{part.parameters:,} parameters",
                "multiplications": f"gives {show(part.shape)}",
                "ram": f"{about(part.values)} come out of it",
            }.get(figure, f"{about(part.weights)} of weights")
            self.found.append(Origin(part.name, 1, part.span, _written(part.span), what, True))
        return True

    def _attributes(self, name: str, attr: AttrDef, depth: int, value: Value | None) -> None:
        first, current = attr, True
        place: AttrDef | None = attr
        while place is not None:
            span = place.module.span(place.node.value)
            self.found.append(
                Origin(
                    name,
                    depth,
                    span,
                    _written(span),
                    _who(place.environment),
                    current,
                    _shown(value) if current else "",
                )
            )
            place, current = place.before, False
        self._named(first.module, first.node.value, depth + 1)

    def _default(self, name: str, param: ParamSpec, owner: str, *, counts: bool) -> None:
        default = param.default
        if default is None and not param.type.optional:
            return
        text = shown(default.value, param.type) if default is not None else "none"
        self.found.append(
            Origin(name, 0, param.span, text, f"default of `{owner}`", counts, text if counts else "")
        )


def _parts(name: str) -> tuple[str, list[str], str]:
    """Return the first name, the keys of an instance behind it, and the rest: of `fit["eu"].search.trees`."""
    match = re.fullmatch(r"([^.\[\]]+)((?:\[[^\[\]]*\])+)(?:\.(.*))?", name, re.DOTALL)
    if match is None:
        first, _, rest = name.partition(".")
        return first, [], rest
    keys = [key.strip().strip('"') for key in re.findall(r"\[([^\[\]]*)\]", match[2])]
    return match[1], keys, match[3] or ""


def _attribute(body: BodyDef, path: list[str], last: str) -> AttrDef | None:
    for part in path:
        nested: NestedDef | None = body.blocks.get(part)
        if nested is None:
            return None
        body = nested.body
    return body.attrs.get(last)


def _declared(block: TypedBlock, path: list[str], last: str) -> tuple[ParamSpec | None, str]:
    for owner, inner in block.specs(path):
        if last in inner.params:
            return inner.params[last], owner
    return None, ""


def _names(block: TypedBlock, path: list[str]) -> list[str]:
    found: list[str] = []
    for _, inner in block.specs(path):
        found += [*inner.inputs, *inner.params]
    return list(dict.fromkeys(found))


def _who(environment: str) -> str:
    return f"environment `{environment}`" if environment else "the pipeline"


def _written(span: Span) -> str:
    return " ".join(span.text.split())


def _shown(value: Value | None) -> str:
    if value is None or value.wrong or not value.known:
        return ""
    return shown(value.value, value.type)
