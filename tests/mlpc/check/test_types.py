"""Types: bounds, what is wider than what, and how both are shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpc.check.types import Type, widens

BOUND = st.none() | st.integers(-5, 5)
TYPES = st.builds(
    Type, st.just("float"), low=BOUND, high=BOUND, low_open=st.booleans(), high_open=st.booleans()
)


@pytest.mark.parametrize(
    ("type", "text"),
    [
        (Type("int"), "int"),
        (Type("int", low=10, high=1000), "int in 10..1000"),
        (Type("float", low=0, low_open=True), "float > 0"),
        (Type("float", low=0), "float >= 0"),
        (Type("float", high=1), "float <= 1"),
        (Type("float", low=0, high=1, high_open=True), "float >= 0 and < 1"),
        (Type("duration", low=3600), "duration >= 1h"),
        (Type("list", of=Type("column")), "list(column)"),
        (Type("range", of=Type("int", low=1)), "range(int >= 1)"),
        (Type("enum", choices=("a", "b")), 'enum("a", "b")'),
        (Type("tensor", of=Type("float"), shape=(8, 8, 1)), "tensor(float, [8, 8, 1])"),
        (Type("model", framework="onnx"), 'model("onnx")'),
        (Type("file", format="png"), 'file("png")'),
        (Type("dataset"), "dataset"),
    ],
)
def test_a_type_is_shown_as_it_is_written(type: Type, text: str) -> None:
    assert type.show() == text


@pytest.mark.parametrize(
    ("type", "json"),
    [
        (Type("int", low=10, high=1000), {"base": "int", "min": 10, "max": 1000}),
        (Type("float", low=0, low_open=True), {"base": "float", "min": 0, "min_open": True}),
        (Type("USD"), {"base": "money", "currency": "USD"}),
        (Type("enum", choices=("a", "b")), {"base": "enum", "choices": ["a", "b"]}),
        (Type("list", of=Type("int")), {"base": "list", "of": {"base": "int"}}),
        (Type("metrics"), {"type": "metrics"}),
        (Type("file", format="png"), {"type": "file", "format": "png"}),
        (
            Type("model", framework="sklearn", label="sick"),
            {"type": "model", "framework": "sklearn", "label": "sick", "schema": None},
        ),
    ],
)
def test_a_type_in_the_workflow(type: Type, json: dict[str, object]) -> None:
    assert type.to_json() == json


def test_nan_lies_within_no_bounds() -> None:
    assert not Type("float").holds(float("nan"))
    assert not Type("float", low=0).holds(float("nan"))


@given(TYPES, TYPES, st.integers(-60, 60))
def test_what_a_narrow_type_holds_a_wider_one_holds(wide: Type, narrow: Type, tenths: int) -> None:
    value = tenths / 10
    if widens(wide, narrow) and narrow.holds(value):
        assert wide.holds(value)


@given(TYPES)
def test_a_type_is_as_wide_as_itself_and_the_unbounded_is_wider(type: Type) -> None:
    assert widens(type, type)
    assert widens(Type("float"), type)
    if type.bounded:
        assert not widens(type, Type("float"))


@given(TYPES)
def test_a_copy_is_alike_and_the_original_stays(type: Type) -> None:
    before = type.show()
    copy = type.replace(optional=True)
    assert copy.optional
    assert not type.optional
    assert copy.show() == type.show() == before
