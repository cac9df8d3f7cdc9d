"""How figures are said: short, never like a bound that they miss, in the unit of what they are held against."""

from __future__ import annotations

from typing import Any

import pytest

from mlpc.check.units import UNITS
from mlpc_run.figures import figure, measured, seconds, sentence, size, unit_of


def verdict(text: str, **changes: Any) -> dict[str, Any]:
    return {"name": "", "text": text, "reason": "", "figures": [], "comparison": None, **changes}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.00 s"),
        (0.123, "0.12 s"),
        (3.21, "3.2 s"),
        (59.94, "59.9 s"),
        (125, "2 min 5 s"),
        (3780, "1 h 3 min"),
    ],
)
def test_durations(value: float, text: str) -> None:
    assert seconds(value) == text


@pytest.mark.parametrize(
    ("value", "bound", "text"),
    [
        (0.964912, 0.92, "0.9649"),
        (0.91999, 0.92, "0.91999"),
        (0.92, 0.92, "0.92"),
        (1.2345e-7, 1e-4, "1.235e-07"),
        (5, 3, "5"),
        (True, None, "true"),
        (None, None, "none"),
        (0.50001, [0.5, 0.6], "0.50001"),
        ({"a": 0.123456, "": 1}, None, "{a: 0.1235, : 1}"),
    ],
)
def test_a_figure_is_short_but_never_looks_like_the_bound_that_it_misses(
    value: object, bound: object, text: str
) -> None:
    assert figure(value, bound) == text


def test_what_was_measured() -> None:
    comparison = {"measured": 0.8372, "operator": ">=", "required": 0.85}
    assert measured(verdict("recall >= 0.85", comparison=comparison)) == "0.8372"
    assert measured(verdict("recall >= 0.85", reason="recall was not measured")) == "recall was not measured"
    figures = [
        {"node": "quality", "name": "recall", "class": "legal", "value": 0.5},
        {"node": "quality", "name": "auc", "class": None, "value": 0.75},
    ]
    assert measured(verdict("…", figures=figures)) == 'recall["legal"] 0.5, auc 0.75'


def test_sizes() -> None:
    told = [size(each) for each in (None, 12, 4096, 5 * 2**20, 3 * 2**40)]
    assert told == ["", "12 B", "4.0 KiB", "5.0 MiB", "3.0 TiB"]


@pytest.mark.parametrize(
    ("condition", "measured_value", "bound", "text"),
    [
        ("size <= 4MiB", 3_717_492, 4 * 2**20, "3.5 MiB"),
        ("size <= 256KB", 10_841, 256_000, "10.6 KiB"),
        ("size <= 4MiB", 4 * 2**20 + 1, 4 * 2**20, "4194305 B"),
        ("latency.p99 <= 50ms", 0.0312, 0.05, "31.2 ms"),
        ("time <= 2h", 7_300, 7_200, "2 h 1 min"),
        ("accuracy >= 95%", 0.97772, 0.95, "97.77%"),
        ("accuracy >= 95%", 0.949999, 0.95, "94.9999%"),
        ("accuracy >= 95%", 0.29, 0.95, "29%"),
        ("accuracy >= 0.95", 0.97772, 0.95, "0.9777"),
        ("size <= limit", 3_717_492, 4 * 2**20, "3717492"),
    ],
)
def test_a_figure_has_the_unit_of_its_bound(
    condition: str, measured_value: float, bound: float, text: str
) -> None:
    comparison = {"measured": measured_value, "operator": "<=", "required": bound}
    figures = [{"node": "n", "name": "it", "class": None, "value": measured_value}]
    told = verdict(condition, comparison=comparison, figures=figures)
    assert measured(told) == text
    assert sentence("g", told) == f"`g`: {condition} (it is {text})"


@pytest.mark.parametrize("dimension", ["size", "duration"])
def test_every_unit_of_the_language_says_what_a_figure_is(dimension: str) -> None:
    units = [unit for unit, (name, _) in UNITS.items() if name == dimension]
    assert [unit for unit in units if unit_of(f"it <= 4{unit}") != dimension] == []


def test_what_is_reckoned_with_has_no_unit() -> None:
    figures = [
        {"node": "n", "name": "size", "class": None, "value": 2048},
        {"node": "n", "name": "rows", "class": "legal", "value": 2},
    ]
    comparison = {"measured": 1024, "operator": "<=", "required": 512}
    told = verdict("size / rows <= 512B", comparison=comparison, figures=figures)
    assert measured(told) == "1.0 KiB"
    assert sentence("g", told) == '`g`: size / rows <= 512B (size is 2048, rows["legal"] is 2)'


@pytest.mark.parametrize("condition", ["", "a", "auc >= 0.9", "size <= limit", "x in 1ms..2ms", "a == 1e-4"])
def test_what_names_no_unit(condition: str) -> None:
    assert unit_of(condition) == ""
