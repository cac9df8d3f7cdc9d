"""What a value has to be that is known only when the pipeline runs."""

from __future__ import annotations

from typing import Any

import pytest

from mlpc_stdlib.runtime import conditions, refinements

COUNT = {"base": "int", "min": 1, "max": 9}
SHARE = {"base": "float", "min": 0, "max": 1, "max_open": True}


@pytest.mark.parametrize(
    ("type", "fitting", "others"),
    [
        (COUNT, [1, 9, 9.0], [0, 10, 1.5, True, "1", None, float("nan"), float("inf")]),
        (SHARE, [0, 0.5], [1, -0.1, 1.0]),
        ({"base": "duration", "min": 0, "min_open": True}, [1, 0.5], [0]),
        ({"base": "bool"}, [True, False], [0, "true"]),
        ({"base": "enum", "choices": ["a", "b"]}, ["a"], ["c", 1]),
        ({"base": "list", "of": COUNT}, [[], [1, 9]], [[0], 1, [1, "2"]]),
        ({"base": "map", "of": SHARE}, [{}, {"a": 0.5}], [{"a": 2}, []]),
        (
            {"base": "date"},
            ["2026-01-31", "2024-02-29"],
            ["2026-02-29", "2026-1-31", "31.1.2026", "", 20260131],
        ),
        (
            {"base": "datetime"},
            ["2026-01-31T12:00:00Z", "2026-01-31 12:00"],
            ["2026-01-31", "2026-01-31T25:00"],
        ),
        ({"base": "url"}, ["https://example.org", "s3://bucket/key"], ["example.org", "https://a b"]),
        ({"base": "string"}, ["", "any"], [1, None]),
    ],
)
def test_what_fits(type: dict[str, Any], fitting: list[Any], others: list[Any]) -> None:
    assert [value for value in fitting if not refinements.fits(type, value)] == []
    assert [value for value in others if refinements.fits(type, value)] == []


def test_a_secret_is_read_as_its_type_says() -> None:
    assert refinements.secret_fits({"base": "url"}, "postgresql://user:word@host/database\n")
    assert not refinements.secret_fits({"base": "url"}, "word")
    assert refinements.secret_fits(COUNT, "9")
    assert not refinements.secret_fits(COUNT, "10")
    assert not refinements.secret_fits(COUNT, "nine")
    assert not refinements.secret_fits({"base": "bool"}, "yes")


def checked(expr: Any, type: dict[str, Any]) -> dict[str, Any]:
    place = {"file": "main.mlp", "line": 7, "column": 3}
    return {
        "checked": expr,
        "type": type,
        "what": "`trees` of `forest`",
        "text": "factor * 10",
        "place": place,
    }


TEN = {"op": "*", "args": [{"param": "factor"}, 10]}


def test_a_value_that_does_not_fit_is_told_with_its_place() -> None:
    assert conditions.evaluate(checked(TEN, {"base": "int", "max": 50}), {}, {"factor": 5}) == 50
    with pytest.raises(conditions.Unfit) as caught:
        conditions.evaluate(checked(TEN, {"base": "int", "min": 1, "max": 50}), {}, {"factor": 6})
    assert str(caught.value) == "`trees` of `forest` is a whole number >= 1 and <= 50, but comes to 60"
    assert caught.value.help == "main.mlp:7:3 says `factor * 10`"
    assert caught.value.place == {"file": "main.mlp", "line": 7, "column": 3}


def test_a_whole_number_that_was_measured_comes_as_one() -> None:
    made = conditions.evaluate(
        checked({"metric": {"node": "q", "name": "rows"}}, COUNT), {"q": {"rows": 3.0}}, {}
    )
    assert made == 3
    assert isinstance(made, int)


def test_what_waits_for_no_figure_is_looked_at_early() -> None:
    late = {"op": "+", "args": [TEN, {"metric": {"node": "q", "name": "rows"}}]}
    type = {"base": "int", "max": 50}
    conditions.early({"a": checked(TEN, type), "b": checked(late, type), "c": 1}, {"factor": 5})
    conditions.early({"b": checked(late, type)}, {"factor": 6})
    with pytest.raises(conditions.Unfit):
        conditions.early({"a": [1, checked(TEN, type)]}, {"factor": 6})


def test_a_condition_over_a_value_that_does_not_fit_has_not_passed() -> None:
    share = checked({"param": "share"}, SHARE)
    expr = {"op": ">=", "args": [{"metric": {"node": "q", "name": "agreement"}}, share]}
    (verdict,) = conditions.judge([{"expr": expr, "text": ""}], {"q": {"agreement": 3.0}}, {"share": 2.0})
    assert not verdict["passed"]
    assert verdict["reason"] == "`trees` of `forest` is a number >= 0 and < 1, but comes to 2"
