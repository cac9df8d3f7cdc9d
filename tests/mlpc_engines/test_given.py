"""Values of parameters that are given as texts: typed as the parameter is, or refused with what it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mlpc_backends.airflow.emit import schema
from mlpc_engines.errors import SubmitError
from mlpc_engines.given import typed

if TYPE_CHECKING:
    from mlpc.ir.nodes import JsonObject

INT: JsonObject = {"base": "int", "min": 0, "max": 9}
RATE: JsonObject = {"base": "float", "min": 0, "min_open": True, "max": 1, "max_open": True}


@pytest.mark.parametrize(
    ("type", "text", "value"),
    [
        (INT, "3", 3),
        (INT, "3.0", 3),
        (RATE, "0.5", 0.5),
        ({"base": "float"}, "-1e3", -1000.0),
        ({"base": "duration"}, "90", 90),
        ({"base": "bool"}, "true", True),
        ({"base": "string"}, "3", "3"),
        ({"base": "string"}, "", ""),
        ({"base": "string"}, '{{ x }} "y"', '{{ x }} "y"'),
        ({"base": "enum", "choices": ["eu", "us"]}, "us", "us"),
        ({"base": "date"}, "2026-02-28", "2026-02-28"),
        ({"base": "list", "of": {"base": "int"}}, "[1, 2]", [1, 2]),
        ({"base": "map", "of": {"base": "float"}}, '{"a": 1}', {"a": 1}),
    ],
)
def test_a_text_stands_for_a_value(type: JsonObject, text: str, value: Any) -> None:
    found = typed({"x": text}, {"x": schema(type)})["x"]
    assert (found, found.__class__) == (value, value.__class__)


@pytest.mark.parametrize(
    ("type", "text", "wanted"),
    [
        (INT, "10", "a whole number >= 0 and <= 9"),
        (INT, "3.5", "a whole number >= 0 and <= 9"),
        (INT, "true", "a whole number >= 0 and <= 9"),
        (INT, "", "a whole number >= 0 and <= 9"),
        (RATE, "0", "a number > 0 and < 1"),
        ({"base": "float"}, "NaN", "a number"),
        ({"base": "float"}, "1e999", "a number"),
        ({"base": "float"}, "null", "a number"),
        ({"base": "bool"}, "yes", "true or false"),
        ({"base": "enum", "choices": ["eu", "us"]}, "asia", "one of `eu`, `us`"),
        ({"base": "date"}, "2026-02-30", "a date such as 2026-01-31"),
        ({"base": "list", "of": {"base": "int"}}, '["a"]', "a list in JSON, each a whole number"),
        ({"base": "list", "of": {"base": "int"}}, "[" * 100_000, "a list in JSON, each a whole number"),
        ({"base": "map", "of": {"base": "float"}}, "[]", "an object in JSON, each a number"),
    ],
)
def test_a_text_that_stands_for_none(type: JsonObject, text: str, wanted: str) -> None:
    with pytest.raises(SubmitError) as caught:
        typed({"x": text}, {"x": schema(type)})
    assert caught.value.message == f"the parameter `x` cannot be `{text}`: it is {wanted}"
    assert (caught.value.code.name, caught.value.exit_code) == ("bad-parameter", 1)


def test_a_parameter_without_a_default_takes_what_its_type_does() -> None:
    without = {**schema(INT), "type": ["null", "integer"]}
    assert typed({"x": "3"}, {"x": without}) == {"x": 3}
    with pytest.raises(SubmitError, match="it is a whole number >= 0 and <= 9"):
        typed({"x": "null"}, {"x": without})


def test_a_parameter_that_there_is_not() -> None:
    with pytest.raises(SubmitError) as caught:
        typed({"tres": "3"}, {"trees": schema(INT)})
    assert caught.value.message == "the pipeline has no parameter `tres`"
    assert caught.value.help == ("did you mean `trees`?",)
    with pytest.raises(SubmitError) as caught:
        typed({"x": "3"}, {})
    assert caught.value.help == ("it has none",)
