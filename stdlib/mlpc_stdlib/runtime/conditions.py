"""Evaluates value expressions of the IR over measured figures, and judges conditions by them.

Every engine judges gates with this module, so that one spec means one thing. Expressions are plain JSON as
``mlpc.ir.types`` describes them. A figure that was not measured or is not a number (NaN) is no figure: what reads
it has no value, and a condition without a value has not passed. Only the standard library is imported.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, TypeAlias

    #: Figures by node and name: a number, or numbers by class or slice.
    Metrics: TypeAlias = Mapping[str, Mapping[str, Any]]

_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
#: The name of the whole among the values of a figure by class.
WHOLE = ""
_FORMS = frozenset(
    {"checked", "const", "param", "secret", "metric", "op", "call", "if", "range", "concat", "otherwise"}
)


class NoValue(Exception):
    """An expression has no value; the text says why, for a person."""


class Unfit(NoValue):
    """A value came to something that its type does not allow; ``place`` is where it stands in the spec."""

    def __init__(self, message: str, text: str, place: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.text = text
        self.place = dict(place)

    @property
    def help(self) -> str:
        """Where to look."""
        place = self.place
        return f"{place['file']}:{place['line']}:{place['column']} says `{self.text}`"


class Range:
    """``low..high``, both ends included."""

    __slots__ = ("high", "low")

    def __init__(self, low: Any, high: Any) -> None:
        self.low = low
        self.high = high


def evaluate(expr: Any, metrics: Metrics, params: Mapping[str, Any]) -> Any:
    """Return the value of an expression.

    Raises:
        NoValue: a figure is missing or no number, an operator does not take its operands, a division by zero.
    """
    if isinstance(expr, list):
        return [evaluate(item, metrics, params) for item in expr]
    if not isinstance(expr, dict):
        return expr
    form = _form(expr)
    if form is None:
        return {name: evaluate(item, metrics, params) for name, item in expr.items()}
    if form == "const":
        return expr["const"]
    if form == "checked":
        return _checked(expr, evaluate(expr["checked"], metrics, params))
    if form == "param":
        if expr["param"] not in params:
            raise NoValue(f"the parameter `{expr['param']}` has no value")
        return params[expr["param"]]
    if form == "metric":
        return _figure(expr["metric"], metrics)
    if form == "if":
        test, then, other = expr["if"]
        return evaluate(then if _truth(evaluate(test, metrics, params)) else other, metrics, params)
    if form == "range":
        low, high = (evaluate(item, metrics, params) for item in expr["range"])
        return Range(low, high)
    if form == "concat":
        return "".join(text(evaluate(item, metrics, params)) for item in expr["concat"])
    if form == "otherwise":
        try:
            return evaluate(expr["otherwise"][0], metrics, params)
        except NoValue:
            return evaluate(expr["otherwise"][1], metrics, params)
    if form == "call":
        return _call(expr["call"], [_values(item, metrics, params) for item in expr["args"]])
    if form == "op":
        return _operation(expr["op"], expr["args"], metrics, params)
    raise NoValue(f"`{form}` has no value here")


def _checked(expr: Mapping[str, Any], value: Any) -> Any:
    """Return a value that is what its type says.

    Raises:
        Unfit: it is not.
    """
    from .refinements import fits, wanted

    type = expr["type"]
    if value is None or fits(type, value):
        return int(value) if type["base"] == "int" and isinstance(value, float) else value
    shown = text(value) if not isinstance(value, list | dict) else str(value)
    raise Unfit(f"{expr['what']} is {wanted(type)}, but comes to {shown}", str(expr["text"]), expr["place"])


def early(arguments: Mapping[str, Any], params: Mapping[str, Any]) -> None:
    """See to it that values which wait for no figure are what their types say, before anything runs.

    Raises:
        Unfit: one is not.
    """
    pending = list(arguments.values())
    while pending:
        item = pending.pop(0)
        if isinstance(item, list):
            pending.extend(item)
        elif isinstance(item, dict) and _form(item) != "const":
            if _form(item) == "checked":
                try:
                    evaluate(item, {}, params)
                except Unfit:
                    raise
                except NoValue:
                    continue  # it waits for a figure, or has no value at all: told where it is needed
            else:
                pending.extend(item.values())


def judge(
    conditions: Sequence[Mapping[str, Any]], metrics: Metrics, params: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return a verdict for each condition (an object with ``expr`` and ``text`` at least).

    A verdict is ``{"name", "text", "severity", "message", "place", "passed", "reason", "figures",
    "comparison"}``: ``reason`` says why there is no value, ``figures`` are the figures read as ``{"node", "name",
    "class", "value"}``, ``comparison`` is ``{"measured", "operator", "required"}`` where the condition is one
    comparison, with the measured side first, else None. A condition of severity ``warn`` that did not pass is
    a verdict like any other: what it blocks is for :func:`blocks` to say.
    """
    return [_verdict(condition, metrics, params) for condition in conditions]


def blocks(verdicts: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether what waits for these verdicts may not run."""
    return any(not item["passed"] and item["severity"] != "warn" for item in verdicts)


def text(value: Any) -> str:
    """Return how a value stands in a text: as it would be written in a spec, a text without its quotes."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _verdict(condition: Mapping[str, Any], metrics: Metrics, params: Mapping[str, Any]) -> dict[str, Any]:
    expr = condition["expr"]
    reason = ""
    try:
        passed = _truth(evaluate(expr, metrics, params))
    except NoValue as problem:
        passed, reason = False, str(problem)
    return {
        "name": condition.get("name", ""),
        "text": condition.get("text", ""),
        "severity": condition.get("severity", "error"),
        "message": condition.get("message", ""),
        "place": condition.get("place"),
        "passed": passed,
        "reason": reason,
        "figures": _figures(expr, metrics),
        "comparison": _comparison(expr, metrics, params),
    }


def _figures(expr: Any, metrics: Metrics) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    pending = [expr]
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            pending.extend(reversed(item))
        elif isinstance(item, dict) and "const" not in item:
            if _form(item) != "metric":
                pending.extend(reversed(list(item.values())))
                continue
            metric = item["metric"]
            figure = {"node": metric["node"], "name": metric["name"], "class": metric.get("class")}
            try:
                figure["value"] = _figure(metric, metrics)
            except NoValue:
                figure["value"] = None
            if figure not in found:
                found.append(figure)
    return found


def _comparison(expr: Any, metrics: Metrics, params: Mapping[str, Any]) -> dict[str, Any] | None:
    if not isinstance(expr, dict) or _form(expr) != "op":
        return None
    operator = expr["op"]
    if operator not in _MIRRORED and operator != "in":
        return None
    left, right = expr["args"]
    if operator != "in" and not _figures(left, metrics) and _figures(right, metrics):
        left, right, operator = right, left, _MIRRORED[operator]
    return {
        "measured": _or_none(left, metrics, params),
        "operator": operator,
        "required": _or_none(right, metrics, params),
    }


def _or_none(expr: Any, metrics: Metrics, params: Mapping[str, Any]) -> Any:
    try:
        value = evaluate(expr, metrics, params)
    except NoValue:
        return None
    return [value.low, value.high] if isinstance(value, Range) else value


def _form(expr: Mapping[str, Any]) -> str | None:
    found = [name for name in expr if name in _FORMS]
    return found[0] if len(found) == 1 else None


def _values(expr: Any, metrics: Metrics, params: Mapping[str, Any]) -> Any:
    """Return what a call such as ``min`` is over: of a figure the values by class, without the whole."""
    if isinstance(expr, dict) and _form(expr) == "metric":
        return _figure(expr["metric"], metrics, by_class=True)
    return evaluate(expr, metrics, params)


def _figure(metric: Mapping[str, Any], metrics: Metrics, by_class: bool = False) -> Any:
    node, name, wanted = metric["node"], metric["name"], metric.get("class")
    if node not in metrics or name not in metrics[node] or metrics[node][name] is None:
        raise NoValue(f"`{node}` did not measure {name}")
    value = metrics[node][name]
    if wanted is not None:
        if not isinstance(value, dict) or value.get(wanted) is None:
            known = ", ".join(sorted(filter(None, value))) if isinstance(value, dict) else "none"
            raise NoValue(f'`{node}` did not measure {name}["{wanted}"] (classes that it did: {known})')
        value = value[wanted]
        name = f'{name}["{wanted}"]'
    elif isinstance(value, dict) and not by_class and WHOLE in value:
        value = value[WHOLE]
    elif isinstance(value, dict) and by_class:
        value = {key: item for key, item in value.items() if key != WHOLE}
    for part in value.values() if isinstance(value, dict) else (value,):
        if isinstance(part, float) and part != part:
            raise NoValue(f"{name} of `{node}` is not a number (NaN)")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise NoValue(f"{_kind(value)} is neither true nor false")
    return value


def _operation(operator: str, args: Sequence[Any], metrics: Metrics, params: Mapping[str, Any]) -> Any:
    if operator in ("and", "or"):
        for item in args:
            if _truth(evaluate(item, metrics, params)) is (operator == "or"):
                return operator == "or"
        return operator == "and"
    values = [evaluate(item, metrics, params) for item in args]
    if operator == "not":
        return not _truth(values[0])
    if operator == "neg":
        return -_number(values[0], operator)
    if operator in ("==", "!="):
        return _equal(values[0], values[1]) is (operator == "==")
    if operator == "in":
        return _contains(values[0], values[1])
    if operator in _MIRRORED:
        left, right = values
        if isinstance(left, str) and isinstance(right, str):
            pass
        else:
            left, right = _number(left, operator), _number(right, operator)
        if operator == "<":
            return left < right
        if operator == "<=":
            return left <= right
        if operator == ">":
            return left > right
        return left >= right
    if operator == "+" and all(isinstance(value, list) for value in values):
        return [item for value in values for item in value]
    total = _number(values[0], operator)
    for value in values[1:]:
        number = _number(value, operator)
        if operator == "+":
            total += number
        elif operator == "-":
            total -= number
        elif operator == "*":
            total *= number
        elif operator == "/":
            if number == 0:
                raise NoValue("a division by zero")
            total /= number
        else:
            raise NoValue(f"the operator `{operator}` is not known")
    if isinstance(total, float) and total != total:
        raise NoValue("the result of a calculation is not a number (NaN)")
    return total


def _number(value: Any, operator: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NoValue(f"`{operator}` needs a number, not {_kind(value)}")
    if value != value:
        raise NoValue("a value is not a number (NaN)")
    return value


def _equal(left: Any, right: Any) -> bool:
    # True and 1 are equal to Python, but not to a spec.
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    return bool(left == right)


def _contains(value: Any, many: Any) -> bool:
    if isinstance(many, Range):
        number = value if isinstance(value, str) else _number(value, "in")
        try:
            return (many.low is None or number >= many.low) and (many.high is None or number <= many.high)
        except TypeError:
            raise NoValue(f"{_kind(value)} cannot be compared with the ends of the range") from None
    if isinstance(many, list | dict):
        return any(_equal(value, item) for item in many)
    raise NoValue(f"`in` needs a range or a list, not {_kind(many)}")


def _call(name: str, args: Sequence[Any]) -> Any:
    value: list[Any] = []
    for item in args:
        # Figures by class and lists count by what they hold.
        value += item.values() if isinstance(item, dict) else item if isinstance(item, list) else [item]
    if name == "count":
        return len(value)
    if name not in ("min", "max"):
        raise NoValue(f"the function `{name}` is not known")
    if not value:
        raise NoValue(f"`{name}` of no values at all")
    numbers = [_number(item, name) for item in value]
    return min(numbers) if name == "min" else max(numbers)


def _kind(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a figure with a value for each class"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, Range):
        return "a range"
    return f"the text `{value}`" if isinstance(value, str) else str(value)
