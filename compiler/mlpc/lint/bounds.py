"""What a condition bounds, where it is the plain form `quantity >= number`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..check.typed import TypedCondition
    from ..ir.nodes import Json

_TURNED = {">=": "<=", ">": "<", "<=": ">=", "<": ">"}


class Bound:
    """`quantity >= number`: ``operator`` is one of `>= > <= <`, ``key`` the class in `recall["true"]` or empty."""

    __slots__ = ("key", "number", "operator", "quantity")

    def __init__(self, quantity: str, key: str, operator: str, number: float) -> None:
        self.quantity = quantity
        self.key = key
        self.operator = operator
        self.number = number

    @property
    def lower(self) -> bool:
        """Whether it holds up from its number."""
        return self.operator in (">=", ">")

    @property
    def what(self) -> tuple[str, str, bool]:
        """What is bounded, and from which side."""
        return self.quantity, self.key, self.lower

    def looser_than(self, other: Bound) -> bool:
        """Return whether it lets more through than ``other``, a bound of the same thing."""
        if self.number != other.number:
            return self.number < other.number if self.lower else self.number > other.number
        return len(self.operator) > len(other.operator)


def exact_of(condition: TypedCondition) -> Bound | None:
    """Return the number that ``condition`` wants a quantity to be, `quantity == number`, as the bound from below."""
    expr = condition.expr
    args = expr.get("args") if isinstance(expr, dict) and expr.get("op") == "==" else None
    return _bound(">=", *args) if isinstance(args, list) and len(args) == 2 else None


def bound_of(condition: TypedCondition) -> Bound | None:
    """Return what ``condition`` bounds, or None where it is anything but a quantity and a number."""
    expr = condition.expr
    if not isinstance(expr, dict) or expr.get("op") not in _TURNED:
        return None
    operator, args = str(expr["op"]), expr.get("args")
    if not isinstance(args, list) or len(args) != 2:
        return None
    return _bound(operator, *args)


def _bound(operator: str, left: Json, right: Json) -> Bound | None:
    if not isinstance(left, dict):
        left, right, operator = right, left, _TURNED[operator]
    metric = left.get("metric") if isinstance(left, dict) else None
    if not isinstance(metric, dict) or isinstance(right, bool) or not isinstance(right, int | float):
        return None
    return Bound(str(metric.get("name", "")), str(metric.get("class", "")), operator, right)
