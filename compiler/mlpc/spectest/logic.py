"""Value expressions of the IR under facts, with a third answer where what decides is not known."""

from __future__ import annotations

from ..ir.nodes import BUILD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..ir.nodes import Json


class _Unknown:
    """The third answer."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()


class Figures:
    """What is given: figures by node, name and class, values of params, and which nodes run.

    What was asked for and not there gathers in ``missing``, as a person would give it; ``unknown`` says of estimates why there is
    none. ``written`` is how the instances of an `each` are written, by node.
    """

    __slots__ = ("_given", "_params", "_runs", "_written", "missing", "unknown", "without_estimate")

    def __init__(
        self,
        given: Mapping[tuple[str, str, str], Any],
        params: Mapping[str, Any],
        runs: Mapping[str, Any],
        written: Mapping[str, str],
    ) -> None:
        self._given = given
        self._written = written
        self._params = params
        self._runs = runs
        self.missing: list[str] = []
        self.unknown: dict[str, str] = {}
        self.without_estimate: list[str] = []

    def figure(self, metric: Mapping[str, Any]) -> Any:
        """Return a figure, or that it is not known."""
        # What is measured before a service starts is given, and told, as a figure of the service.
        node = str(metric["node"]).removesuffix(BUILD)
        name, of = str(metric["name"]), str(metric.get("class", ""))
        if (node, name, of) in self._given:
            return self._given[node, name, of]
        if any(each == node and figure.startswith(f"{name}.") for each, figure, _ in self._given):
            return 1  # a model that is compared with is there where figures of it are given
        self.missing.append(self._called(node, name, of))
        return UNKNOWN

    def _called(self, node: str, name: str, of: str) -> str:
        text = f"{self._written.get(node, node)}.{name}"
        return f'{text}["{of}"]' if of else text

    def param(self, name: str) -> Any:
        """Return the value of a param."""
        return self._params.get(name, UNKNOWN)

    def run(self, id: str) -> Any:
        """Return whether a node runs; what is no node (a trigger that is not there) is not known."""
        return self._runs.get(id, UNKNOWN)

    def estimate(self, asked: Mapping[str, Any]) -> Any:
        """Return a figure that is known before anything runs."""
        node, name = str(asked["node"]), str(asked["name"])
        if (node, name, "") in self._given:
            return self._given[node, name, ""]
        if "value" in asked:
            return asked["value"]
        reasons = asked.get("unknown")
        if isinstance(reasons, list):
            for reason in reasons:
                self.unknown[str(reason)] = str(reason)
        else:
            called = self._called(node, name, "")
            self.without_estimate.append(called)
            self.unknown[called] = f"{asked['because']}: give the figure, `given {called} = …`"
        return UNKNOWN

    def read(self, expr: Json) -> list[tuple[str, Any]]:
        """Return the figures that ``expr`` reads, as a person would write them, with their values; each once."""
        found: dict[str, Any] = {}
        waiting: list[Any] = [expr]
        while waiting:
            item = waiting.pop()
            if isinstance(item, dict) and "const" not in item:
                metric = item.get("metric")
                if isinstance(metric, dict):
                    before = len(self.missing)
                    value = self.figure(metric)
                    del self.missing[before:]
                    node = str(metric["node"]).removesuffix(BUILD)
                    called = self._called(node, metric["name"], metric.get("class", ""))
                    found.setdefault(called, value)
                else:
                    waiting.extend(reversed(list(item.values())))
            elif isinstance(item, list):
                waiting.extend(reversed(item))
        return list(found.items())


def evaluate(expr: Any, figures: Figures) -> Any:
    """Return the value of ``expr``, or :data:`UNKNOWN`."""
    if isinstance(expr, list):
        return [evaluate(item, figures) for item in expr]
    if not isinstance(expr, dict):
        return expr
    if "const" in expr:
        return expr["const"]
    if "checked" in expr:
        return evaluate(expr["checked"], figures)
    if "metric" in expr:
        return figures.figure(expr["metric"])
    if "param" in expr:
        return figures.param(expr["param"])
    if "runs" in expr:
        return figures.run(expr["runs"])
    if "estimate" in expr:
        return figures.estimate(expr["estimate"])
    if "if" in expr:
        test, then, other = expr["if"]
        chosen = evaluate(test, figures)
        return UNKNOWN if chosen is UNKNOWN else evaluate(then if chosen else other, figures)
    if "otherwise" in expr:
        value, other = (evaluate(part, figures) for part in expr["otherwise"])
        return other if value is None else value
    if "range" in expr:
        ends = [evaluate(end, figures) for end in expr["range"]]
        return UNKNOWN if UNKNOWN in ends else tuple(ends)
    if "concat" in expr:
        parts = [evaluate(part, figures) for part in expr["concat"]]
        return UNKNOWN if UNKNOWN in parts else "".join(_text(part) for part in parts)
    if "op" in expr:
        return _operation(expr["op"], expr["args"], figures)
    if "call" in expr:
        return _call(expr["call"], [evaluate(arg, figures) for arg in expr["args"]])
    return UNKNOWN  # a secret


def _operation(operator: str, args: list[Any], figures: Figures) -> Any:
    values = [evaluate(arg, figures) for arg in args]
    if operator in ("and", "or"):
        decides = operator == "or"
        if any(value is decides for value in values):
            return decides
        return UNKNOWN if UNKNOWN in values else not decides
    if UNKNOWN in values:
        return UNKNOWN
    if operator == "not":
        return not values[0]
    if operator == "neg":
        return -values[0]
    if operator in ("==", "!="):
        return _equal(values[0], values[1]) is (operator == "==")
    if operator == "in":
        held = values[1]
        if isinstance(held, tuple):
            return bool(held[0] <= values[0] <= held[1])
        return any(_equal(values[0], item) for item in held)
    if operator in _ORDERS:
        return _ORDERS[operator](values[0], values[1])
    total = values[0]
    for value in values[1:]:
        if operator == "+":
            total += value
        elif operator == "-":
            total -= value
        elif operator == "*":
            total *= value
        elif value == 0:
            return UNKNOWN
        else:
            total /= value
    return total


_ORDERS: dict[str, Any] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def _equal(left: Any, right: Any) -> bool:
    # True and 1 are equal to Python, but not to a spec.
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return list(left) == list(right)
    return bool(left == right)


def _call(name: str, values: list[Any]) -> Any:
    if UNKNOWN in values:
        return UNKNOWN
    if len(values) == 1 and isinstance(values[0], dict | list):
        values = list(values[0].values()) if isinstance(values[0], dict) else values[0]
        if UNKNOWN in values:
            return UNKNOWN if name != "count" else len(values)
    if name == "count":
        return len(values)
    if not values:
        return UNKNOWN
    return min(values) if name == "min" else max(values)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)
