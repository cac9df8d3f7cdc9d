"""Conditions that no figures can fulfil together: `auc >= 0.9` beside `auc <= 0.5`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .typed import TypedCondition

_TURNED = {">=": "<=", ">": "<", "<=": ">=", "<": ">", "==": "=="}


class Bounds:
    """Between what figures lie, as conditions say one after the other."""

    __slots__ = ("_high", "_low")

    def __init__(self) -> None:
        #: By figure: the number, whether it is left out, and the condition that said so.
        self._low: dict[tuple[str, ...], tuple[float, bool, TypedCondition]] = {}
        self._high: dict[tuple[str, ...], tuple[float, bool, TypedCondition]] = {}

    def add(self, condition: TypedCondition) -> tuple[TypedCondition, str] | None:
        """Return the condition, this one or one before, that leaves nothing for ``condition``, with the figure's name."""
        waiting: list[Any] = [condition.expr]
        while waiting:
            expr = waiting.pop()
            if not isinstance(expr, dict):
                continue
            args = expr.get("args")
            if expr.get("op") == "and" and isinstance(args, list):
                waiting.extend(reversed(args))
                continue
            found = self._bound(expr)
            against = self._narrow(*found, condition) if found is not None else None
            if found is not None and against is not None:
                return against, found[0][1]
        return None

    def _bound(self, expr: dict[str, Any]) -> tuple[tuple[str, ...], str, float] | None:
        """Return the figure, the operator and the number of the plain form `figure >= number`."""
        operator, args = str(expr.get("op")), expr.get("args")
        if operator not in _TURNED or not isinstance(args, list) or len(args) != 2:
            return None
        left, right = args
        if not isinstance(left, dict):
            left, right, operator = right, left, _TURNED[operator]
        metric = left.get("metric") if isinstance(left, dict) else None
        if not isinstance(metric, dict) or isinstance(right, bool) or not isinstance(right, int | float):
            return None
        return (str(metric["node"]), str(metric["name"]), str(metric.get("class", ""))), operator, right

    def _narrow(
        self, figure: tuple[str, ...], operator: str, number: float, condition: TypedCondition
    ) -> TypedCondition | None:
        open = operator in ("<", ">")
        if operator in (">=", ">", "=="):
            low = self._low.get(figure)
            if low is None or (number, open) > low[:2]:
                self._low[figure] = (number, open, condition)
        if operator in ("<=", "<", "=="):
            high = self._high.get(figure)
            if high is None or (number, not open) < (high[0], not high[1]):
                self._high[figure] = (number, open, condition)
        low, high = self._low.get(figure), self._high.get(figure)
        if low is None or high is None or low[0] < high[0]:
            return None
        if low[0] == high[0] and not low[1] and not high[1]:
            return None
        return low[2] if high[2] is condition else high[2]


def clash(conditions: list[TypedCondition]) -> list[tuple[TypedCondition, TypedCondition, str]]:
    """Return the pairs that exclude each other, with the name of the figure: the later one, then the one before.

    A condition stands beside itself where its own parts exclude each other. One with `when` is by itself, a `require`
    beside all others of its block.
    """
    found = []
    together = Bounds()
    for condition in conditions:
        against = (together if condition.verb == "require" else Bounds()).add(condition)
        if against is not None:
            found.append((condition, *against))
            together = Bounds()  # said: what follows is compared with what follows
    return found
