"""Rows go in, parts that share none come out: exact in size, the same each time, keys never torn apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpc_stdlib.runtime import split, tables
from mlpc_stdlib.runtime.contract import Artefact, Result, StepError
from tests.mlpc_stdlib.bundles import column, dataset, step

VISITS = dataset(column("patient", "int", "key"), column("value", "float"), column("ill", "bool", "label"))
PLAIN = dataset(column("patient", "int"), column("value", "float"), column("ill", "bool", "label"))


def visits(rows: int, patients: int | None = None, ill: float = 0.3) -> pandas.DataFrame:
    random = numpy.random.RandomState(3)
    patient = numpy.arange(rows) if patients is None else random.randint(0, patients, rows)
    return pandas.DataFrame(
        {"patient": patient, "value": numpy.arange(rows) / 7.0, "ill": numpy.arange(rows) < round(rows * ill)}
    )


def parts(
    folder: Path, frame: pandas.DataFrame, type: dict[str, Any] = VISITS, **arguments: Any
) -> tuple[dict[str, pandas.DataFrame], Result]:
    data = Artefact(str(folder / "rows.parquet"), type)
    tables.write(data.path, frame, type, "rows")
    names = ["train", "test", *(["validation"] if "validation" in arguments else [])]
    outputs = {name: Artefact(str(folder / f"{name}.parquet"), type) for name in names}
    result = step(split.random, {"data": data}, outputs, **arguments)
    return {name: tables.read(output) for name, output in outputs.items()}, result


def test_every_row_is_in_one_part_and_keeps_its_order(tmp_path: Path) -> None:
    frame = visits(101)
    found, result = parts(tmp_path, frame, test=0.2, validation=0.1, seed=7)
    assert result.rows == {"train": 71, "test": 20, "validation": 10}
    together = pandas.concat(found.values()).sort_values("value", ignore_index=True)
    pandas.testing.assert_frame_equal(together, frame)
    assert all(part["value"].is_monotonic_increasing for part in found.values())


@pytest.mark.parametrize(
    ("rows", "test", "validation", "counts"),
    [
        (10, 0.2, None, [8, 2]),
        (569, 0.2, None, [455, 114]),
        (10, 0.25, 0.25, [5, 3, 2]),
        (3, 0.34, 0.33, [1, 1, 1]),
        (1000, 0.1, 0.1, [800, 100, 100]),
        (100, 0.29, None, [71, 29]),
    ],
)
def test_sizes_are_exact_by_largest_remainder(
    tmp_path: Path, rows: int, test: float, validation: float | None, counts: list[int]
) -> None:
    more: dict[str, Any] = {} if validation is None else {"validation": validation}
    _, result = parts(tmp_path, visits(rows), test=test, **more)
    assert list(result.rows.values()) == counts


def test_a_stratified_split_keeps_the_shares_exactly(tmp_path: Path) -> None:
    found, _ = parts(tmp_path, visits(200, ill=0.35), test=0.2, validation=0.1, stratify="ill", seed=5)
    assert {name: int(part["ill"].sum()) for name, part in found.items()} == {
        "train": 49,
        "test": 14,
        "validation": 7,
    }


def test_the_seed_decides_and_nothing_else(tmp_path: Path) -> None:
    frame = visits(50)
    first, _ = parts(tmp_path, frame, test=0.2, seed=7)
    again, _ = parts(tmp_path, frame, test=0.2, seed=7)
    other, _ = parts(tmp_path, frame, test=0.2, seed=8)
    assert first["test"].equals(again["test"])
    assert not first["test"].equals(other["test"])


def test_the_order_is_drawn_alike_by_every_version_of_numpy() -> None:
    strata, groups = numpy.zeros(10, numpy.int64), numpy.arange(10)
    assert split.assign(strata, groups, [0.7, 0.3], 7).tolist() == [0, 1, 0, 0, 0, 1, 0, 1, 0, 0]


@pytest.mark.parametrize("stratify", [None, "ill"])
def test_rows_with_one_key_stay_together(tmp_path: Path, stratify: str | None) -> None:
    found, _ = parts(tmp_path, visits(300, patients=60), test=0.2, validation=0.1, seed=1, stratify=stratify)
    seen = [set(part["patient"]) for part in found.values()]
    assert not seen[0] & seen[1]
    assert not seen[0] & seen[2]
    assert not seen[1] & seen[2]
    assert len(found["test"]) == pytest.approx(60, abs=6)
    assert len(found["validation"]) == pytest.approx(30, abs=6)


def test_a_few_repeated_keys_cost_no_row_of_the_sizes(tmp_path: Path) -> None:
    frame = visits(100)
    frame.loc[1, "patient"] = 0
    frame.loc[51, "patient"] = 50
    _, result = parts(tmp_path, frame, test=0.2, seed=1)
    assert result.rows == {"train": 80, "test": 20}


def test_two_key_columns_are_one_key(tmp_path: Path) -> None:
    type = dataset(column("clinic", "string", "key"), column("number", "int", "key"), column("x", "float"))
    frame = pandas.DataFrame(
        {"clinic": ["a", "b"] * 40, "number": numpy.arange(80) // 4, "x": numpy.arange(80) / 3}
    )
    found, _ = parts(tmp_path, frame, type, test=0.25, seed=2)
    keys = [set(zip(part["clinic"], part["number"], strict=True)) for part in found.values()]
    assert not keys[0] & keys[1]
    assert len(found["test"]) == 20


@given(
    sizes=st.lists(st.integers(1, 5), min_size=4, max_size=40),
    test=st.floats(0.05, 0.6),
    validation=st.none() | st.floats(0.05, 0.3),
    seed=st.integers(0, 2**32 - 1),
    kinds=st.integers(1, 3),
)
def test_keys_are_never_torn_and_no_row_is_lost(
    sizes: list[int], test: float, validation: float | None, seed: int, kinds: int
) -> None:
    groups = numpy.repeat(numpy.arange(len(sizes)), sizes)
    strata = numpy.arange(len(groups)) % kinds
    shares = [1 - test - (validation or 0.0), test, *([validation] if validation else [])]
    part = split.assign(strata, groups, shares, seed)
    assert set(part) <= set(range(len(shares)))
    for group in range(len(sizes)):
        assert len(set(part[groups == group])) == 1
    # As near to the shares as whole keys allow: off by less than the largest key a stratum and part.
    for number, share in enumerate(shares):
        assert abs(int((part == number).sum()) - share * len(part)) <= max(sizes) * kinds + len(shares)


@given(rows=st.integers(4, 200), test=st.floats(0.05, 0.9), kinds=st.integers(1, 5), seed=st.integers(0, 999))
def test_without_repeated_keys_every_stratum_is_exact(rows: int, test: float, kinds: int, seed: int) -> None:
    strata = (numpy.arange(rows) ** 2) % kinds
    strata = numpy.unique(strata, return_inverse=True)[1]
    part = split.assign(strata, numpy.arange(rows), [1 - test, test], seed)
    assert abs(int(part.sum()) - rows * test) <= 0.5 + 1e-6
    for kind in range(int(strata.max()) + 1):
        assert abs(int(part[strata == kind].sum()) - test * int((strata == kind).sum())) < 1.5


def test_rows_on_both_sides_word_for_word_are_warned_of(tmp_path: Path) -> None:
    frame = pandas.DataFrame({"patient": [1] * 20, "value": [0.5] * 20, "ill": [True] * 20})
    _, result = parts(tmp_path, frame, PLAIN, test=0.25)
    (message,) = result.messages
    assert message["level"] == "warning"
    assert message["text"] == (
        "5 rows of `test` stand word for word in `train` too;"
        " mark what identifies a row with @key to keep such rows on one side"
    )


def test_data_that_was_drawn_with_the_seed_of_the_split_is_warned_of(tmp_path: Path) -> None:
    """Both are the stream of PCG64: what is small is in one part, what is large in the other."""
    value = numpy.random.default_rng(3).uniform(100, 540, 400)
    frame = pandas.DataFrame({"patient": range(400), "value": value, "ill": [True, False] * 200})
    _, result = parts(tmp_path, frame, PLAIN, test=0.2, seed=3)
    (message,) = result.messages
    assert message["text"] == (
        "`train` has other values of `value` than chance gives it: were they drawn with the seed of this split?"
        " take another `seed`"
    )
    _, result = parts(tmp_path, frame, PLAIN, test=0.2, seed=4)
    assert result.messages == []


@given(seed=st.integers(0, 2**31), rows=st.integers(2, 300), wild=st.booleans())
def test_of_other_data_nothing_is_said_of_its_seed(
    tmp_path_factory: pytest.TempPathFactory, seed: int, rows: int, wild: bool
) -> None:
    value = numpy.arange(rows) ** (6 if wild else 1) * 1.0
    frame = pandas.DataFrame({"patient": range(rows), "value": value, "ill": [True] * rows})
    _, result = parts(tmp_path_factory.mktemp("rows"), frame, PLAIN, test=0.5, seed=seed)
    assert not [each for each in result.messages if "seed" in each["text"]]


def test_one_row_on_both_sides_stands_there(tmp_path: Path) -> None:
    frame = pandas.DataFrame({"patient": [1] * 2, "value": [0.5] * 2, "ill": [True] * 2})
    _, result = parts(tmp_path, frame, PLAIN, test=0.5)
    assert result.messages[0]["text"].startswith("1 row of `test` stands word for word in `train` too;")


def test_a_value_too_rare_for_a_part_is_warned_of(tmp_path: Path) -> None:
    _, result = parts(tmp_path, visits(100, ill=0.01), test=0.2, stratify="ill")
    assert [message["text"] for message in result.messages] == [
        "`test` has no row with ill = true: too few have it"
    ]


@pytest.mark.parametrize(
    ("rows", "arguments", "message"),
    [
        (10, {"test": 0.0}, "shares of test 0 leave no row for `test`"),
        (10, {"test": 1.0}, "shares of test 1 leave no row for `train`"),
        (
            10,
            {"test": 0.7, "validation": 0.3},
            "shares of test 0.7 and validation 0.3 leave no row for `train`",
        ),
        (3, {"test": 0.1}, "3 rows in shares of 0.9 for train, 0.1 for test leave none for `test`"),
    ],
)
def test_a_split_that_leaves_a_part_empty(
    tmp_path: Path, rows: int, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(StepError) as caught:
        parts(tmp_path, visits(rows), **arguments)
    assert str(caught.value) == f"MLP710 impossible-split: {message}"


def test_a_column_to_stratify_by_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StepError) as caught:
        parts(tmp_path, visits(10), test=0.2, stratify="il")
    assert caught.value.message == (
        "`stratify` names a column `il`, which the data does not have; did you mean `ill`?"
    )
