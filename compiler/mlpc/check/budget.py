"""`budget { require cost <= 40USD }`, decided before anything runs.

What a run costs and how long it takes at most follows from what is declared: a step runs no longer than its `timeout`, as often
as its `retry` says, on what its `resources` ask for, at the prices of the project. Services are not counted: they stay up.
"""

from __future__ import annotations

from .. import codes
from ..diagnostics import Diagnostic, Fix, Label, article
from ..ir.nodes import metrics_read
from ..resolve.similar import nearest
from ..syntax import tree
from .binding import condition_body
from .late import USE_LET, given_when_it_runs
from .order import names_in
from .scope import Scope
from .specs import CHECK
from .typed import TypedCondition
from .types import Type
from .units import show
from .values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..resolve.modules import Module
    from ..resolve.program import ConditionDef, NestedDef, Program
    from ..source import Span
    from .checker import Checker
    from .specs import QuantitySpec
    from .typed import TypedBlock, TypedProgram

_HOUR, _GIB = 3600.0, 2**30
#: What is estimated.
ESTIMATED = ("cost", "time")
#: Steps that a message names.
_SHOWN = 3


class Estimate:
    """At most ``amount``, of which ``parts`` is each step's, or unknown for the reasons in ``unknown``."""

    __slots__ = ("amount", "parts", "unknown")

    def __init__(self) -> None:
        self.amount = 0.0
        self.parts: dict[str, float] = {}
        #: What is missing, each with the place where it is missed and, where a setting of a step is, the step and its name.
        self.unknown: list[tuple[str, Span | None, tuple[str, str] | None]] = []


class Budget:
    """The `budget` block of one pipeline."""

    __slots__ = ("checker", "estimates", "nested", "quantities", "report", "typed")

    def __init__(self, checker: Checker, typed: TypedProgram, nested: NestedDef) -> None:
        self.checker = checker
        self.typed = typed
        self.nested = nested
        self.report = checker.report
        self.estimates = Estimates(checker, typed)
        self.quantities: dict[str, QuantitySpec] = {}

    def check(self) -> None:
        """Decide every condition; what does not hold, and what cannot be decided, is reported."""
        library = self.checker.modules.standard("budget")
        decl = library.find("budget", "component") if library is not None else None
        if library is None or decl is None:
            return
        self.quantities = self.checker.declarations.component(library, decl).quantities
        body = self.nested.body
        for attr in body.attrs.values():
            name = attr.node.name.text
            measured = name in self.quantities
            self.report(
                Diagnostic(
                    codes.UNKNOWN_KEY,
                    f"a budget holds conditions, no value `{name}`",
                    attr.span,
                    label="a value",
                    help=[f"write `require {name} <= …`"] if measured else ["write `require cost <= 40USD`"],
                )
            )
        others = [nested.module.span(nested.node.name) for nested in body.blocks.values()]
        others += [module.span(item) for module, item in body.others]
        for place in others:
            self.report(
                Diagnostic(
                    codes.WRONG_PLACE,
                    "a budget holds conditions only",
                    place,
                    help=["write `require cost <= 40USD`"],
                )
            )
        for condition in body.conditions:
            self._condition(condition)

    # -- conditions --------------------------------------------------------------------------------------------

    def _condition(self, condition: ConditionDef) -> None:
        node, module = condition.node, condition.module
        if node.verb.text != "require":
            near = nearest(node.verb.text, ["require"])
            self.report(
                Diagnostic(
                    codes.WRONG_CONDITION,
                    f"`{node.verb.text}` cannot stand in a budget",
                    module.span(node.verb),
                    label=f"did you mean `{near}`?" if near else "not here",
                    help=["`require` says what has to hold"],
                )
            )
            return
        estimates = self.estimates.all()
        currency = self._currency(node.expr)
        values = {}
        for name, estimate in estimates.items():
            type = Type("duration") if name == "time" else Type(currency)
            known = not estimate.unknown
            values[name] = Value(
                type,
                module,
                node.expr,
                known=known,
                value=estimate.amount if known else None,
                expr={"budget": name},
            )
        made = TypedCondition(node.verb.text, "", None, "", module.span(node), CHECK, "budget")
        made.severity, made.message = condition_body(self.checker, self.typed, condition)
        named = [name for name, _ in names_in(node.expr) if name in values]
        for name, place in names_in(node.expr):
            if name not in values and name not in _seen(module, self.typed.program):
                self._unknown(name, module.span(place))
                return
        scope = Scope(module, self.typed.program, values=values)
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
                    help=[f"compare it: `require {value.text} <= …`"],
                )
            )
        elif not value.known and self._measured(condition, value):
            pass  # said there
        elif not value.known:
            self._undecided(condition, named, estimates)
        elif not value.value:
            self._over(condition, named, estimates, currency, made)

    def _currency(self, expr: tree.Expr) -> str:
        prices = self.checker.prices
        if prices.there:
            return prices.currency
        text = self.nested.module.source.text[expr.start : expr.end]
        return "EUR" if text.rstrip().endswith("EUR") else "USD"

    def _unknown(self, name: str, span: Span) -> None:
        near = nearest(name, self.quantities)
        self.report(
            Diagnostic(
                codes.UNKNOWN_METRIC,
                f"a budget has no quantity `{name}`",
                span,
                label=f"did you mean `{near}`?" if near else "not estimated",
                help=[] if near else ["it has " + ", ".join(f"`{each}`" for each in self.quantities)],
                fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
            )
        )

    def _measured(self, condition: ConditionDef, value: Value) -> bool:
        """Report a condition on what is known when the pipeline runs: a figure, or a param."""
        node, module = condition.node, condition.module
        figures = metrics_read(value.to_json())
        if figures:
            id, figure = figures[0]
            owner = self.typed.blocks[id].shown if id in self.typed.blocks else id
            self.report(
                Diagnostic(
                    codes.WRONG_CONDITION,
                    f"a budget is decided before anything runs, and `{owner}` measures `{figure}` when it does",
                    module.span(node.expr),
                    label="not known yet",
                    help=[f"write it in `{owner}`: there it is a gate"],
                )
            )
            return True
        for name, place in names_in(node.expr):
            item = self.typed.program.names.get(name)
            if name in self.typed.params and item is not None:
                self.report(
                    Diagnostic(
                        codes.NOT_KNOWN_YET,
                        f"a budget is decided before anything runs, and `{name}` gets its value when the pipeline does",
                        module.span(place),
                        label="not known yet",
                        labels=[given_when_it_runs("param", item.span)],
                        help=[USE_LET],
                    )
                )
                return True
        return False

    def _undecided(self, condition: ConditionDef, named: list[str], estimates: dict[str, Estimate]) -> None:
        node, module = condition.node, condition.module
        # The instances of an `each` are said once.
        missing = list(dict.fromkeys(each for name in named for each in estimates[name].unknown))
        if self.checker.prices.wrong:
            return  # the prices were reported
        text = " ".join(module.source.text[node.expr.start : node.expr.end].split())
        said = [reason for reason, *_ in missing]
        listed = "; ".join(dict.fromkeys(said[:_SHOWN])) + (
            f"; and {len(said) - _SHOWN} more" if len(said) > _SHOWN else ""
        )
        self.report(
            Diagnostic(
                codes.UNDECIDED_BUDGET,
                f"whether `{text}` holds is not known: {listed}",
                module.span(node.expr),
                label="not decided",
                labels=[Label(span, reason) for reason, span, _ in missing[:_SHOWN] if span is not None],
                help=[
                    "the budget counts each step with its `timeout`, `resources` and the project's prices",
                    *_to_write([setting for *_, setting in missing if setting is not None]),
                ],
            )
        )

    def _over(
        self,
        condition: ConditionDef,
        named: list[str],
        estimates: dict[str, Estimate],
        currency: str,
        made: TypedCondition,
    ) -> None:
        node, module = condition.node, condition.module
        text = " ".join(module.source.text[node.expr.start : node.expr.end].split())
        shown, labels = [], []
        for name in dict.fromkeys(named):
            estimate, unit = estimates[name], "duration" if name == "time" else currency
            shown.append(f"{name} may come to {told(estimate.amount, unit)}")
            largest = sorted(estimate.parts.items(), key=lambda part: -part[1])[:_SHOWN]
            for id, part in largest:
                labels.append(Label(self.typed.blocks[id].span, f"up to {told(part, unit)}"))
        self.report(
            Diagnostic(
                codes.OVER_BUDGET,
                f"`{text}` does not hold: {' and '.join(shown)}"
                + (f" ({made.message})" if made.message else ""),
                module.span(node.expr),
                label="over the budget",
                labels=labels,
                help=["a shorter `timeout`, fewer attempts or smaller `resources` make it less"],
                severity="warning" if made.severity == "warn" else None,
            )
        )


class Estimates:
    """What one run of a pipeline may come to."""

    __slots__ = ("_found", "checker", "typed")

    def __init__(self, checker: Checker, typed: TypedProgram) -> None:
        self.checker = checker
        self.typed = typed
        self._found: dict[str, Estimate] | None = None

    def all(self) -> dict[str, Estimate]:
        """Return what is estimated, by the name of the quantity."""
        if self._found is None:
            self._found = {"cost": self._cost(), "time": self._time()}
        return self._found

    def unit(self, name: str) -> str:
        """Return in what the estimate called ``name`` is told: a currency, or `duration`."""
        return "duration" if name == "time" else self.checker.prices.currency

    def _steps(self) -> list[TypedBlock]:
        return [
            block
            for block in self.typed.blocks.values()
            if block.kind.runs == "task"
            and block.component is not None
            # A choice only compares figures: it takes no time worth a `timeout`.
            and block.choice is None
        ]

    def _seconds(self, block: TypedBlock, estimate: Estimate, *, pauses: bool) -> float | None:
        timeout = _known(block, "timeout")
        if timeout is None:
            setting = (block.shown, "timeout")
            estimate.unknown.append((f"`{block.shown}` has no `timeout`", block.span, setting))
            return None
        attempts = int(_known(block, "retry.attempts") or 1)
        seconds = timeout * attempts
        if pauses and attempts > 1:
            default = block.kind.blocks["retry"].params["backoff"].default
            backoff = _known(block, "retry.backoff")
            first = backoff if backoff is not None else float(default.value) if default is not None else 0.0
            seconds += first * (2 ** (attempts - 1) - 1)
        return seconds

    def _cost(self) -> Estimate:
        prices, estimate = self.checker.prices, Estimate()
        if not prices.there:
            estimate.unknown.append(("`mlpc.toml` gives no `[prices]`", None, None))
            return estimate
        for block in self._steps():
            hourly = self._hourly(block, estimate)
            seconds = self._seconds(block, estimate, pauses=False)
            if hourly is not None and seconds is not None:
                estimate.parts[block.id] = hourly * seconds / _HOUR
        estimate.amount = sum(estimate.parts.values())
        return estimate

    def _hourly(self, block: TypedBlock, estimate: Estimate) -> float | None:
        prices = self.checker.prices
        hourly, known = prices.plain.get("hour", 0.0), True
        for key, name, unit in (("cpu_hour", "cpu", 1.0), ("memory_hour", "memory", _GIB)):
            price = prices.plain.get(key)
            if price is None:
                continue
            asked = _known(block, f"resources.{name}")
            if asked is None:
                known = False
                reason = f"`{block.shown}` does not say its `resources.{name}`"
                estimate.unknown.append((reason, block.span, (block.shown, name)))
            else:
                hourly += price * asked / unit
        gpus = _known(block, "resources.gpu") or 0
        if gpus:
            value = block.common.get("resources.gpu_type")
            sort = str(value.value) if value is not None and value.value else ""
            if sort in prices.gpu:
                hourly += prices.gpu[sort] * gpus
            else:
                known = False
                near = nearest(sort, prices.gpu)
                reason = f"`{block.shown}` asks for a GPU of no type"
                if sort:
                    reason = f"there is no price for `{sort}`" + (f" (`{near}`?)" if near else "")
                setting = None if sort else (block.shown, "gpu_type")
                place = value.span if value is not None else block.span
                estimate.unknown.append((reason, place, setting))
        return hourly if known else None

    def _above(self, block: TypedBlock) -> set[str]:
        """Return the steps that ``block`` waits for; behind a choice its candidates and what judges them."""
        above = {source.block for sources in block.inputs.values() for source in sources}
        for id in list(above):
            choice = self.typed.blocks[id]
            if choice.choice is not None:
                above |= self._above(choice) | {read for read, _ in metrics_read(choice.choice[1])}
                above |= {
                    judge.id
                    for judge in self.typed.blocks.values()
                    if judge.kind.judges and self._above(judge) & above
                }
        return above

    def _time(self) -> Estimate:
        """The longest way through the steps; what promotes waits for all that judges."""
        estimate = Estimate()
        steps = self._steps()
        ends: dict[str, float] = {}
        lengths: dict[str, float] = {}
        before: dict[str, str] = {}
        judged = ""
        for block in sorted(steps, key=lambda block: block.kind.promotes):  # otherwise after what they name
            seconds = self._seconds(block, estimate, pauses=True)
            lengths[block.id] = seconds or 0.0
            above = self._above(block)
            if block.kind.promotes:
                above.add(judged)
            last = max((id for id in above if id in ends), key=lambda id: (ends[id], id), default="")
            before[block.id] = last
            ends[block.id] = lengths[block.id] + ends.get(last, 0.0)
            if block.kind.judges and ends[block.id] > ends.get(judged, -1.0):
                judged = block.id
        place = max(ends, key=lambda id: ends[id], default="")
        estimate.amount = ends.get(place, 0.0)
        while place:
            estimate.parts[place] = lengths[place]
            place = before[place]
        return estimate


def _to_write(missing: list[tuple[str, str]]) -> list[str]:
    """Say what to write in which steps; those that lack the same are told of together."""
    lacking: dict[str, dict[str, None]] = {}
    for step, name in missing:
        lacking.setdefault(step, {})[name] = None
    steps: dict[str, list[str]] = {}
    for step, names in lacking.items():
        parts = ["`timeout = …`"] if "timeout" in names else []
        asked = ", ".join(f"{name} = …" for name in names if name != "timeout")
        parts += [f"`resources {{ {asked} }}`"] if asked else []
        steps.setdefault(" and ".join(parts), []).append(f"`{step}`")
    return [
        f"write {what} in {', '.join(found[:_SHOWN])}"
        + (f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else "")
        for what, found in steps.items()
    ][:_SHOWN]


def _known(block: TypedBlock, name: str) -> float | None:
    value = block.common.get(name)
    if value is None and name == "timeout":
        value = block.arguments.get(name)
    raw = value.value if value is not None and value.known else None
    return float(raw) if isinstance(raw, int | float) and not isinstance(raw, bool) else None


def told(amount: float, unit: str) -> str:
    """Return an estimate as a person would write it: of a duration, or of a currency."""
    if amount >= 1e15:
        return f"{amount:.3g}{'s' if unit == 'duration' else unit}"
    if unit == "duration":
        for name, seconds in (("d", 86400.0), ("h", _HOUR), ("min", 60.0)):
            if amount >= 2 * seconds:
                return f"{amount / seconds:.3g}{name}"
    return show(round(amount, 2), unit)


def _seen(module: Module, program: Program) -> set[str]:
    return {*program.names, *module.names, *module.aliases}
