"""Bounds of what is computed: no result lies outside of them, and ends that are reached are not left out."""

from __future__ import annotations

import operator
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mlpc.check import intervals
from mlpc.check.types import Type
from mlpc.check.values import Value
from mlpc.resolve.modules import Module
from mlpc.source import Source
from mlpc.syntax import tree

OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
ENDS = st.none() | st.integers(-4, 4)
PLAIN = Type("float")
#: Where nothing stands: bounds look at no place.
SOURCE = Source("main.mlp", "")
MODULE = Module("main.mlp", SOURCE, tree.File(SOURCE, None, (), (), (), 0, 0))


def value(low: Any = None, high: Any = None, *, low_open: bool = False, high_open: bool = False) -> Value:
    type = Type("float", low=low, high=high, low_open=low_open, high_open=high_open)
    return Value(type, MODULE, tree.NoneLiteral(0, 0))


@st.composite
def within(draw: st.DrawFn) -> tuple[Value, float]:
    """A value with bounds, and a number that lies within them."""
    low, high = draw(ENDS), draw(ENDS)
    made = value(low, high, low_open=draw(st.booleans()), high_open=draw(st.booleans()))
    number = draw(st.integers(-20, 20).map(lambda n: n / 4))
    assume(made.type.holds(number))
    return made, number


@given(st.sampled_from(sorted(OPERATORS)), within(), within())
def test_no_result_lies_outside(sign: str, left: tuple[Value, float], right: tuple[Value, float]) -> None:
    assume(sign != "/" or right[1] != 0)
    found = intervals.computed(PLAIN, sign, left[0], right[0])
    assert found.holds(OPERATORS[sign](left[1], right[1])), found.show()


@given(within(), within())
def test_nor_does_one_of_several(left: tuple[Value, float], right: tuple[Value, float]) -> None:
    both, numbers = [left[0], right[0]], (left[1], right[1])
    assert intervals.least(PLAIN, both).holds(min(numbers))
    assert intervals.greatest(PLAIN, both).holds(max(numbers))
    assert all(intervals.either(PLAIN, both).holds(number) for number in numbers)
    assert intervals.negative(PLAIN, left[0]).holds(-left[1])


@given(within(), within())
def test_types_that_share_a_number_are_not_apart(
    left: tuple[Value, float], right: tuple[Value, float]
) -> None:
    if right[0].type.holds(left[1]) or left[0].type.holds(right[1]):
        assert not intervals.apart(left[0].type, right[0].type)


@pytest.mark.parametrize(
    ("sign", "left", "right", "bounds"),
    [
        ("+", value(1, 2), value(10, 20), "in 11..22"),
        ("-", value(1, 2), value(10, 20), "in -19..-8"),
        ("*", value(1, 50), value(10, 10), "in 10..500"),
        ("*", value(-2, 3), value(-5, 7), "in -15..21"),
        ("*", value(0), value(0), ">= 0"),
        ("*", value(0, low_open=True), value(2, 2), "> 0"),
        ("*", value(), value(2, 2), ""),
        ("/", value(1, 2), value(4, 8), "in 0.125..0.5"),
        ("/", value(1, 2), value(0, 8, low_open=True), ">= 0.125"),
        ("/", value(1, 2), value(-1, 8), ""),
        ("-", value(0, 1), value(0, 1, high_open=True), "> -1 and <= 1"),
    ],
)
def test_bounds(sign: str, left: Value, right: Value, bounds: str) -> None:
    assert intervals.computed(PLAIN, sign, left, right).show_bounds() == bounds
