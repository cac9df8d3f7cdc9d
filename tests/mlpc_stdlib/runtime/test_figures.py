"""Figures are what the component declares that measures them; what is wrong with one is told with its value."""

from __future__ import annotations

from typing import Any

import pytest

from mlpc_stdlib.runtime import figures

SHARE = {"base": "float", "min": 0, "max": 1}
COUNT = {"base": "int", "min": 1}
PLACE = {"file": "main.mlp", "line": 9, "column": 3}


def said(type: dict[str, Any], value: Any) -> str:
    """What is said of a figure ``share``; nothing where it is what it is declared as."""
    wrong = figures.unfit("fit[eu]", "my.fit", {"share": {"type": type, "place": PLACE}}, {"share": value})
    if wrong is None:
        return ""
    assert (wrong.code, wrong.name, wrong.place, wrong.final) == ("MLP744", "not-as-declared", PLACE, True)
    assert wrong.help[0] == "main.mlp:9:3 declares it"
    return wrong.message


@pytest.mark.parametrize(
    ("type", "value"),
    [
        (SHARE, 0),
        (SHARE, 1.0),
        (SHARE, {"": 0.5, "true": 1, "false": 0.25}),
        (COUNT, 3),
        (COUNT, 3.0),
        ({"base": "float"}, -1e300),
        ({"base": "duration", "min": 0, "min_open": True}, 0.001),
        # A figure that is not there has not been measured, which is for its gate to say.
        (SHARE, None),
        (SHARE, {"": 0.5, "true": None}),
        # Sums in another order.
        (SHARE, 1.0000000000000002),
        (SHARE, -2.2e-16),
    ],
)
def test_what_fits(type: dict[str, Any], value: Any) -> None:
    assert said(type, value) == ""


@pytest.mark.parametrize(
    ("type", "value", "shown", "wanted"),
    [
        (SHARE, 1.7, "`share` as 1.7", "a number >= 0 and <= 1"),
        (SHARE, 1.000001, "`share` as 1.000001", "a number >= 0 and <= 1"),
        (SHARE, -1, "`share` as -1", "a number >= 0 and <= 1"),
        (SHARE, {"": 0.5, "legal": 95}, '`share["legal"]` as 95', "a number >= 0 and <= 1"),
        (SHARE, {"": 2.0, "legal": 0.5}, "`share` as 2", "a number >= 0 and <= 1"),
        (COUNT, 0, "`share` as 0", "a whole number >= 1"),
        (COUNT, 2.5, "`share` as 2.5", "a whole number >= 1"),
        (COUNT, 0.9999999999999999, "`share` as 0.9999999999999999", "a whole number >= 1"),
        ({"base": "duration", "min": 0, "min_open": True}, 0.0, "`share` as 0", "a number of seconds > 0"),
        # What an image of the user's own may write.
        ({"base": "float"}, "many", '`share` as "many"', "a number"),
        ({"base": "float"}, True, "`share` as true", "a number"),
        ({"base": "float"}, float("nan"), "`share` as nan", "a number"),
        ({"base": "float"}, [1], "`share` as a list", "a number"),
        ({"base": "float"}, "x" * 99, '`share` as "' + "x" * 40 + '…"', "a number"),
    ],
)
def test_what_does_not(type: dict[str, Any], value: Any, shown: str, wanted: str) -> None:
    assert said(type, value) == (
        f"`fit[eu]` measured {shown}, and its component `my.fit` declares `share` as {wanted}"
    )


def test_figures_that_nobody_declares_are_the_business_of_who_measures_them() -> None:
    assert figures.unfit("fit", "my.fit", {"share": {"type": SHARE, "place": None}}, {"loss": -3}) is None


def test_a_component_of_the_library_has_no_place_in_the_project() -> None:
    wrong = figures.unfit("fit", "fit", {"share": {"type": SHARE, "place": None}}, {"share": 2})
    assert wrong is not None
    assert (wrong.place, wrong.help) == (None, ["mend what measures it, or declare what it can come to"])


@pytest.mark.parametrize("declared", ["shere", "shares", "Share", "share_of"])
def test_one_name_that_is_written_in_two_ways(declared: str) -> None:
    figure = {"type": SHARE, "place": PLACE}
    wrong = figures.unfit("rate", "my.rated", {declared: figure}, {"share": 0.5, "loss": 3})
    assert wrong is not None
    assert (wrong.code, wrong.name, wrong.place, wrong.final) == ("MLP744", "not-as-declared", PLACE, True)
    assert wrong.message == (
        f"`rate` did not measure `{declared}`, which its component `my.rated` declares; did you mean `share`?"
    )
    assert wrong.help == [
        "main.mlp:9:3 declares it",
        "it measured `loss`, `share`, which nothing declares: give both the same name",
    ]


@pytest.mark.parametrize(
    "measured",
    [
        {},
        {"loss": 3},
        # It is there, and was not defined this time.
        {"share": None, "shere": 0.5},
        {"share[cells.plan]": {"free": 0.5}, "shere": 0.5},
    ],
)
def test_a_figure_that_is_left_out_is_no_misspelt_one(measured: dict[str, Any]) -> None:
    assert figures.unfit("rate", "rated", {"share": {"type": SHARE, "place": PLACE}}, measured) is None


def test_a_figure_that_is_declared_itself_is_not_another_one_misspelt() -> None:
    declared = {name: {"type": SHARE, "place": PLACE} for name in ("share_of_a", "share_of_b")}
    assert figures.unfit("rate", "rated", declared, {"share_of_b": 0.5}) is None
