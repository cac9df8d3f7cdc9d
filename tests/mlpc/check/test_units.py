"""Units: exact where they can be, and shown as a person would write them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpc.check.units import DIMENSIONS, UNIT_OF_BASE, UNITS, USUAL, about, show, to_base

UNIT = st.sampled_from(sorted(UNITS))


def exactly(value: int | float, unit: str) -> Fraction:
    above, below = UNITS[unit][1]
    return Fraction(value) * above / below


@pytest.mark.parametrize(
    ("value", "unit", "base"),
    [
        (20, "min", 1200),
        (1, "w", 604_800),
        (50, "ms", 0.05),
        (1500, "ms", 1.5),
        (2000, "ms", 2),
        (512, "MiB", 536_870_912),
        (512, "MB", 512_000_000),
        (1.5, "GiB", 1_610_612_736),
        (64, "MHz", 64_000_000),
        (1, "kWh", 3_600_000),
        (40, "USD", 40),
        (0, "h", 0),
    ],
)
def test_to_base(value: int | float, unit: str, base: int | float) -> None:
    found = to_base(value, unit)
    assert found == base
    assert type(found) is type(base)


def test_an_unknown_unit_is_the_callers_mistake() -> None:
    with pytest.raises(KeyError):
        to_base(1, "parsec")


@given(st.integers(-(10**15), 10**15), UNIT)
def test_whole_numbers_lose_nothing(value: int, unit: str) -> None:
    found = to_base(value, unit)
    exact = exactly(value, unit)
    if exact.denominator == 1:
        assert isinstance(found, int)
        assert found == exact
    else:
        assert isinstance(found, float)
        assert found == float(exact)


@given(st.floats(-1e12, 1e12, allow_nan=False), UNIT)
def test_fractions_are_off_by_rounding_only(value: float, unit: str) -> None:
    assert float(to_base(value, unit)) == pytest.approx(float(exactly(value, unit)), rel=1e-15, abs=1e-300)


@given(st.integers(1, 10**6), UNIT)
def test_what_is_shown_reads_back(value: int, unit: str) -> None:
    dimension = UNITS[unit][0]
    base = to_base(value, unit)
    text = show(base, dimension)
    number = text.rstrip("".join(set("".join(UNITS))))
    again = to_base(float(number) if "." in number or "e" in number else int(number), text[len(number) :])
    # Six digits are shown where no unit gives a whole number.
    assert float(again) == pytest.approx(float(base), rel=1e-5)
    if "." not in text and "e" not in text:
        assert again == base


@pytest.mark.parametrize(
    ("value", "dimension", "text"),
    [
        (1200, "duration", "20min"),
        (90, "duration", "90s"),
        (0.05, "duration", "50ms"),
        (0, "duration", "0s"),
        (604_800, "duration", "1w"),
        (-60, "duration", "-1min"),
        (536_870_912, "size", "512MiB"),
        (512_000_000, "size", "512MB"),
        (1, "size", "1B"),
        (64_000_000, "frequency", "64MHz"),
        (0.001, "power", "1mW"),
        (40, "USD", "40USD"),
    ],
)
def test_show(value: int | float, dimension: str, text: str) -> None:
    assert show(value, dimension) == text


def test_every_dimension_has_its_units() -> None:
    assert {dimension for dimension, _ in UNITS.values()} == set(DIMENSIONS) == set(UNIT_OF_BASE)
    for dimension, units in USUAL.items():
        assert units
        assert all(UNITS[unit][0] == dimension for unit in units)
        assert UNITS[UNIT_OF_BASE[dimension]][1] == (1, 1)


def test_amounts_have_three_digits() -> None:
    assert [about(each) for each in (0, 976, 1000, 7152, 86016, 1_023_000, 1024**2, 3_400_000)] == [
        "0B",
        "976B",
        "0.977KiB",
        "6.98KiB",
        "84KiB",
        "999KiB",
        "1MiB",
        "3.24MiB",
    ]
