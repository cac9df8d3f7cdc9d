"""Conditions over figures: an expression, the figures, and what comes out."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from mlpc_stdlib.runtime.conditions import NoValue, Range, blocks, evaluate, judge

FIGURES = {
    "q": {
        "accuracy": 0.92,
        "n": 7,
        "nan": math.nan,
        "none": None,
        "recall": {"legal": 0.95, "spam": 0.7},
        "holes": {"a": 1.0, "b": math.nan},
    }
}


def figure(name: str, of: str | None = None, node: str = "q") -> dict[str, Any]:
    return {"metric": {"node": node, "name": name, **({"class": of} if of else {})}}


def op(name: str, *args: Any) -> dict[str, Any]:
    return {"op": name, "args": list(args)}


@pytest.mark.parametrize(
    ("expr", "value"),
    [
        (3, 3),
        ({"const": {"op": "+"}}, {"op": "+"}),
        ({"param": "trees"}, 50),
        ([1, {"param": "trees"}], [1, 50]),
        ({"a": {"param": "trees"}}, {"a": 50}),
        (figure("accuracy"), 0.92),
        (figure("recall", "legal"), 0.95),
        (op("+", 1, 2, 3), 6),
        (op("+", [1], [2]), [1, 2]),
        (op("-", 1, 2), -1),
        (op("*", 2, 3.5), 7.0),
        (op("/", 1, 4), 0.25),
        (op("neg", 2), -2),
        (op("and", True, True), True),
        (op("and", False, figure("missing")), False),
        (op("or", True, figure("missing")), True),
        (op("not", False), True),
        (op("==", "a", "a"), True),
        (op("==", True, 1), False),
        (op("==", None, None), True),
        (op("!=", 1, 1.0), False),
        (op("<", "a", "b"), True),
        (op("in", 3, {"range": [1, 3]}), True),
        (op("in", 3.0000001, {"range": [1, 3]}), False),
        (op("in", "b", ["a", "b"]), True),
        (op("in", 1, [True]), False),
        ({"call": "min", "args": [figure("recall")]}, 0.7),
        ({"call": "max", "args": [figure("recall")]}, 0.95),
        ({"call": "count", "args": [figure("recall")]}, 2),
        ({"call": "min", "args": [[3, 1, 2]]}, 1),
        ({"call": "min", "args": [3, 1, 2]}, 1),
        ({"call": "max", "args": [0.1, figure("recall"), [0.5]]}, 0.95),
        ({"call": "count", "args": [3, [1, 2]]}, 3),
        ({"if": [op(">", figure("n"), 5), "many", figure("missing")]}, "many"),
        ({"concat": ["a ", 2.0, " ", True, " ", None, " ", 0.5]}, "a 2 true none 0.5"),
    ],
)
def test_what_has_a_value(expr: Any, value: Any) -> None:
    found = evaluate(expr, FIGURES, {"trees": 50})
    assert found == value
    assert type(found) is type(value)


def test_a_range_has_both_ends() -> None:
    found = evaluate({"range": [1, {"param": "high"}]}, {}, {"high": 4})
    assert isinstance(found, Range)
    assert (found.low, found.high) == (1, 4)


@pytest.mark.parametrize(
    ("expr", "reason"),
    [
        (figure("acuracy"), "`q` did not measure acuracy"),
        (figure("accuracy", node="other"), "`other` did not measure accuracy"),
        (figure("none"), "`q` did not measure none"),
        (figure("nan"), "nan of `q` is not a number (NaN)"),
        (figure("holes"), "holes of `q` is not a number (NaN)"),
        (figure("recall", "ham"), '`q` did not measure recall["ham"] (classes that it did: legal, spam)'),
        (op(">=", figure("recall"), 1), "`>=` needs a number, not a figure with a value for each class"),
        (op(">=", "a", 1), "`>=` needs a number, not the text `a`"),
        (op("+", True, 1), "`+` needs a number, not true"),
        (op("/", 1, 0), "a division by zero"),
        (op("and", 1, True), "1 is neither true nor false"),
        (op("not", figure("missing")), "`q` did not measure missing"),
        (op("in", 1, 2), "`in` needs a range or a list, not 2"),
        (op("in", "a", {"range": [1, 2]}), "the text `a` cannot be compared with the ends of the range"),
        ({"call": "min", "args": [[]]}, "`min` of no values at all"),
        ({"param": "trees"}, "the parameter `trees` has no value"),
        ({"secret": "key"}, "`secret` has no value here"),
        (op("-", math.inf, math.inf), "the result of a calculation is not a number (NaN)"),
    ],
)
def test_what_has_none(expr: Any, reason: str) -> None:
    with pytest.raises(NoValue) as caught:
        evaluate(expr, FIGURES, {})
    assert str(caught.value) == reason


def verdict(expr: Any, **more: Any) -> dict[str, Any]:
    (found,) = judge([{"expr": expr, "text": "…", **more}], FIGURES, {})
    return found


@pytest.mark.parametrize(
    ("bound", "passed"),
    [(0.92, True), (math.nextafter(0.92, 1), False), (math.nextafter(0.92, 0), True)],
)
def test_a_bound_just_either_side(bound: float, passed: bool) -> None:
    assert verdict(op(">=", figure("accuracy"), bound))["passed"] is passed
    assert verdict(op("<=", bound, figure("accuracy")))["passed"] is passed
    assert verdict(op("<", figure("accuracy"), bound))["passed"] is not passed


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">=", "==", "!="])
@pytest.mark.parametrize("negated", [False, True])
@pytest.mark.parametrize("name", ["nan", "missing"])
def test_no_comparison_with_what_is_no_figure_ever_passes(operator: str, negated: bool, name: str) -> None:
    expr = op(operator, figure(name), 0.5)
    found = verdict(op("not", expr) if negated else expr)
    assert found["passed"] is False
    assert name in found["reason"]


def test_a_verdict_has_the_figures_and_what_was_asked_of_them() -> None:
    found = verdict(
        op("<=", 0.9, figure("recall", "legal")), name="floor", severity="warn", message="too low"
    )
    assert found == {
        "name": "floor",
        "text": "…",
        "severity": "warn",
        "message": "too low",
        "place": None,
        "passed": True,
        "reason": "",
        "figures": [{"node": "q", "name": "recall", "class": "legal", "value": 0.95}],
        "comparison": {"measured": 0.95, "operator": ">=", "required": 0.9},
    }
    assert verdict(op("in", figure("n"), {"range": [1, 9]}))["comparison"] == {
        "measured": 7,
        "operator": "in",
        "required": [1, 9],
    }
    assert verdict(op("or", False, op(">", figure("n"), 1)))["comparison"] is None


def test_what_blocks() -> None:
    good, bad = op(">", figure("n"), 1), op(">", figure("n"), 9)
    assert not blocks([verdict(good), verdict(bad, severity="warn")])
    assert blocks([verdict(good), verdict(bad)])
    assert not blocks([])


def test_random_arithmetic_agrees_with_python() -> None:
    dice = random.Random(7)

    def make(depth: int) -> tuple[Any, str]:
        if depth == 0:
            number = dice.choice([0, 1, 2, 0.5, -3, 1e-3])
            return number, f"({number!r})"
        name = dice.choice("+-*/")
        (left, first), (right, second) = make(depth - 1), make(depth - 1)
        return op(name, left, right), f"({first}{name}{second})"

    for _ in range(500):
        expr, python = make(dice.randint(1, 4))
        try:
            wanted = eval(python)  # noqa: S307 - made three lines above
        except ZeroDivisionError:
            with pytest.raises(NoValue):
                evaluate(expr, {}, {})
        else:
            assert evaluate(expr, {}, {}) == wanted
