"""`best_of(model[*], by = minimize(quality[*].rmse))`: one of several artefacts, chosen by a figure when all are there."""

from __future__ import annotations

from .. import codes
from ..diagnostics import Diagnostic, Fix, Label, article
from ..syntax import tree
from .schemas import alike
from .specs import AFTER, CHOICE
from .typed import TypedBlock, TypedSource
from .types import NUMBERS, Type
from .units import DIMENSIONS
from .values import Entity, Value, wrong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..source import Span
    from .artefacts import ArtefactChecks
    from .checker import Checker
    from .scope import Scope

#: What a figure is to be.
GOALS = ("minimize", "maximize")
_HELP = "such as `best_of(model[*], by = minimize(quality[*].rmse))`"


class Choice:
    """What may be chosen, by key, and the figure of each that decides."""

    __slots__ = ("candidates", "figures", "goal")

    def __init__(self, candidates: dict[str, Value], figures: list[Value], goal: str) -> None:
        self.candidates = candidates
        self.figures = figures
        self.goal = goal


def best_of(checker: Checker, node: tree.Call, scope: Scope) -> Value:
    """Return the choice that a call of `best_of` describes; what is wrong with it is reported."""
    return _Reader(checker, node, scope).read()


class _Reader:
    __slots__ = ("checker", "node", "scope")

    def __init__(self, checker: Checker, node: tree.Call, scope: Scope) -> None:
        self.checker = checker
        self.node = node
        self.scope = scope

    def read(self) -> Value:
        module, node = self.scope.module, self.node
        plain = [arg for arg in node.args if arg.name is None]
        by = next((arg for arg in node.args if arg.name is not None and arg.name.text == "by"), None)
        other = next((arg for arg in node.args if arg.name is not None and arg.name.text != "by"), None)
        if other is not None and other.name is not None:
            span = module.span(other.name)
            self._bad_argument(f"`best_of` has no `{other.name.text}`", span, by is None)
            return wrong(module, node)
        if len(plain) != 1 or by is None:
            missing = "what to choose from" if not plain else "by which figure" if by is None else ""
            message = (
                f"`best_of` does not say {missing}" if missing else "`best_of` takes one list to choose from"
            )
            self._bad_argument(message, module.span(plain[1] if len(plain) > 1 else node), False)
            return wrong(module, node)
        candidates = self._candidates(plain[0].value)
        goal, figures = self._figures(by.value)
        if candidates is None or figures is None:
            return wrong(module, node)
        ordered = self._paired(candidates, figures, plain[0].value, by.value)
        if ordered is None:
            return wrong(module, node)
        choice = Choice(candidates, ordered, goal)
        return Value(Type("choice"), module, node, entity=Entity("choice", "best_of", item=choice))

    def _candidates(self, given: tree.Expr) -> dict[str, Value] | None:
        value = self.checker.expressions.evaluate(given, self.scope.wanting(None))
        if value.wrong:
            return None
        items = _items(value)
        if not items or any(
            item.entity is None or item.entity.what not in ("block", "output") for item in items
        ):
            self._bad(
                f"`best_of` chooses from several artefacts, but this is {article(value.type.show())}",
                value.span,
                "write all instances of a block, `model[*]`, or a list of blocks, `[forest, linear]`",
            )
            return None
        found: dict[str, Value] = {}
        for item in items:
            key = self._key(item)
            if key in found:
                self._bad(f"`{key}` stands twice among the candidates", item.span, "keep one of them")
                return None
            found[key] = item
        return found

    def _figures(self, given: tree.Expr) -> tuple[str, list[Value] | None]:
        module = self.scope.module
        function = given.function if isinstance(given, tree.Call) else None
        goal = function.text if isinstance(function, tree.Ref) else ""
        if not isinstance(given, tree.Call) or goal not in GOALS:
            near = self.checker.modules.nearest(goal, GOALS) if goal else None
            span = module.span(function or given)
            self.checker.report(
                Diagnostic(
                    codes.BAD_CHOICE,
                    "`by` says whether a figure is to be small or large",
                    span,
                    label=f"did you mean `{near}`?" if near else "neither `minimize` nor `maximize`",
                    help=[f"write `minimize(…)` or `maximize(…)`, {_HELP}"] if near is None else [],
                    fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
                )
            )
            return "", None
        if len(given.args) != 1 or given.args[0].name is not None:
            self._bad(f"`{goal}` takes one figure of all candidates", module.span(given), _HELP)
            return goal, None
        value = self.checker.expressions.evaluate(given.args[0].value, self.scope.wanting(None))
        if value.wrong:
            return goal, None
        items = _items(value)
        for item in items:
            entity = item.entity
            if entity is None or entity.what != "quantity" or item.type.base not in (*NUMBERS, *DIMENSIONS):
                items = []
                break
            if entity.item.when != AFTER:
                self._bad(
                    f"`{value.text}` is known once a service answers, and the choice is made before",
                    value.span,
                    "choose by what an `evaluate` measures",
                )
                return goal, None
        if not items:
            self._bad(
                f"`{goal}` takes a figure of every candidate, but this is {article(value.type.show())}",
                value.span,
                f"name what an `evaluate` of them measures, {_HELP}",
            )
            return goal, None
        return goal, items

    def _paired(
        self, candidates: dict[str, Value], figures: list[Value], left: tree.Expr, right: tree.Expr
    ) -> list[Value] | None:
        """Return the figures in the order of the candidates: by key where both have one, else by place."""
        module = self.scope.module
        listed = isinstance(left, tree.List) or isinstance(_argument(right), tree.List)
        by_key = {self._key(figure): figure for figure in figures}
        if set(by_key) == set(candidates) and len(figures) == len(candidates):
            return [by_key[key] for key in candidates]
        if listed and len(figures) == len(candidates):
            return figures
        lacking = [key for key in candidates if key not in by_key]
        if lacking and not listed:
            message = f"there is no figure for the candidate `{lacking[0]}`"
        else:
            message = f"there are {len(candidates)} candidates and {len(figures)} figures"
        self.checker.report(
            Diagnostic(
                codes.BAD_CHOICE,
                message,
                module.span(right),
                labels=[Label(module.span(left), "the candidates")],
                help=["each candidate has one figure: let both blocks go through the same list"],
            )
        )
        return None

    def _key(self, value: Value) -> str:
        """Return what a candidate, or what a figure speaks of, is called: the keys of an instance, or a name."""
        id = value.entity.block if value.entity is not None else ""
        block = self.checker.block(id)
        return ",".join(block.definition.keys) if block is not None and block.definition.keys else id

    def _bad(self, message: str, span: Span, help: str) -> None:
        self.checker.report(Diagnostic(codes.BAD_CHOICE, message, span, help=[help]))

    def _bad_argument(self, message: str, span: Span, near: bool) -> None:
        self.checker.report(
            Diagnostic(
                codes.BAD_ARGUMENT,
                message,
                span,
                label="did you mean `by`?" if near else "",
                help=[f"it takes a list and `by`, {_HELP}"],
                fixes=[Fix("write `by`", [(span, "by")])] if near else [],
            )
        )


def _items(value: Value) -> list[Value]:
    entity = value.entity
    return list(entity.item) if entity is not None and entity.what == "list" else []


def _argument(by: tree.Expr) -> tree.Expr | None:
    return by.args[0].value if isinstance(by, tree.Call) and by.args else None


def chosen(checks: ArtefactChecks, value: Value, wanted: Type, port: str) -> TypedSource | None:
    """Return the output of the step that makes a choice, for an input that takes ``wanted``.

    The step is added to the program; where two inputs are given the same choice, both take it from one step.
    """
    checker, typed = checks.checker, checks.typed
    entity = value.entity
    assert entity is not None  # the caller looked
    choice: Choice = entity.item
    sources: list[TypedSource] = []
    for key, candidate in choice.candidates.items():
        source = checks.source(candidate, wanted, port)
        if source is None:
            return None  # one mistake, however many candidates
        source.key = key
        sources.append(source)
    first = sources[0]
    for source in sources[1:]:
        if source.type.framework != first.type.framework or not alike(source.type.schema, first.type.schema):
            ours, theirs = (checker.shown(each.block) for each in (first, source))
            what = "framework" if source.type.framework != first.type.framework else "columns"
            checker.report(
                Diagnostic(
                    codes.BAD_CHOICE,
                    f"`{ours}` and `{theirs}` have not the same {what}, so what is chosen would have no certain type",
                    value.span,
                    labels=[
                        Label(typed.blocks[first.block].span, first.type.show()),
                        Label(typed.blocks[source.block].span, source.type.show()),
                    ],
                    help=["choose among models that were made from the same columns in the same framework"],
                )
            )
            return None
    figures = [figure.to_json() for figure in choice.figures]
    taken = [(source.block, source.port, source.key) for source in sources]
    same = typed.choices.setdefault(tuple(taken), [])
    for block in same:
        if block.choice == (taken, figures, choice.goal):
            return TypedSource(block.id, "chosen", first.type, value.span)
    kind = checker.kind("step")
    place = checker.standard_component("step", CHOICE)
    if kind is None or place is None:
        return None
    made = TypedBlock(checks.block.definition, kind)
    made.id = f"{checks.block.id}.{port}"
    made.shown = f"{checks.block.shown}.{port}"
    made.choice = (taken, figures, choice.goal)
    made.component = checker.declarations.component(*place)
    made.inputs["candidates"] = sources
    made.outputs["chosen"] = first.type
    for name, given in (("goal", choice.goal), ("figures", figures)):
        made.arguments[name] = Value(Type("any"), value.module, value.node, expr=given)
    typed.blocks[made.id] = made
    same.append(made)
    return TypedSource(made.id, "chosen", first.type, value.span)
