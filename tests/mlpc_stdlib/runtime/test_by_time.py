"""The newest rows are for testing: nothing that a model learns from comes after what it is judged by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpc_stdlib.runtime import codes, split, tables
from mlpc_stdlib.runtime.contract import Artefact, Result, StepError
from tests.mlpc_stdlib.bundles import column, dataset, step

DAYS = dataset(column("day", "date", "time"), column("value", "int"))
TIMES = dataset(column("day", "datetime", "time"), column("value", "int"))
DAY = 86400.0


def parts(
    folder: Path, days: list[Any], type: dict[str, Any] = DAYS, column: str = "day", **arguments: Any
) -> tuple[dict[str, list[int]], Result]:
    """Return the values of the rows of each part; a row's value is its place."""
    frame = pandas.DataFrame(
        {"day": pandas.to_datetime(days).astype("datetime64[us]"), "value": range(len(days))}
    )
    data = Artefact(str(folder / "rows.parquet"), type)
    tables.write(data.path, frame, type, "rows")
    names = ["train", "test", *(["validation"] if "validation" in arguments else [])]
    outputs = {name: Artefact(str(folder / f"{name}.parquet"), type) for name in names}
    result = step(split.by_time, {"data": data}, outputs, column=column, **arguments)
    return {name: tables.read(output)["value"].tolist() for name, output in outputs.items()}, result


def test_two_weeks_of_days_are_the_last_fourteen(tmp_path: Path) -> None:
    days = list(pandas.date_range("2026-01-01", periods=30))
    found, result = parts(tmp_path, days, test=14 * DAY)
    assert found == {"train": list(range(16)), "test": list(range(16, 30))}
    assert result.rows == {"train": 16, "test": 14}


def test_validation_lies_between(tmp_path: Path) -> None:
    days = list(pandas.date_range("2026-01-01", periods=30))
    found, _ = parts(tmp_path, days, test=7 * DAY, validation=3 * DAY)
    assert found == {
        "train": list(range(20)),
        "validation": list(range(20, 23)),
        "test": list(range(23, 30)),
    }


def test_rows_need_not_be_sorted_and_keep_their_order(tmp_path: Path) -> None:
    found, _ = parts(tmp_path, ["2026-03-01", "2026-01-01", "2026-02-28", "2026-01-02"], test=2 * DAY)
    assert found == {"train": [1, 3], "test": [0, 2]}


def test_times_are_cut_to_the_second(tmp_path: Path) -> None:
    times = ["2026-01-01 00:00:00", "2026-01-01 11:00:00", "2026-01-01 11:00:01", "2026-01-01 12:00:00"]
    found, _ = parts(tmp_path, times, TIMES, test=3600.0)
    assert found == {"train": [0, 1], "test": [2, 3]}


@given(days=st.lists(st.integers(0, 400), min_size=2, max_size=60, unique=True), length=st.integers(1, 399))
@settings(max_examples=30, deadline=None)
def test_whatever_is_learned_from_is_older(
    tmp_path_factory: pytest.TempPathFactory, days: list[int], length: int
) -> None:
    moments = [pandas.Timestamp("2026-01-01") + pandas.Timedelta(days=number) for number in days]
    folder = tmp_path_factory.mktemp("split")
    if max(days) - min(days) < length:
        with pytest.raises(StepError, match="no row is left for `train`"):
            parts(folder, moments, test=length * DAY)
        return
    found, _ = parts(folder, moments, test=length * DAY)
    assert sorted(found["train"] + found["test"]) == list(range(len(days)))
    assert max(days[row] for row in found["train"]) < min(days[row] for row in found["test"])
    assert all(max(days) - days[row] < length for row in found["test"])


@pytest.mark.parametrize(
    ("days", "arguments", "code", "message"),
    [
        (
            ["2026-01-01", "2026-01-05"],
            {"test": 14 * DAY},
            codes.IMPOSSIBLE_SPLIT,
            (
                "no row is left for `train`: `day` goes from 2026-01-01 00:00:00 to 2026-01-05 00:00:00, "
                "and the parts take 14 days for test"
            ),
        ),
        (
            ["2026-01-01", "2026-01-31"],
            {"test": 7 * DAY, "validation": 7 * DAY},
            codes.IMPOSSIBLE_SPLIT,
            (
                "no row is left for `validation`: `day` goes from 2026-01-01 00:00:00 to 2026-01-31 00:00:00, "
                "and the parts take 7 days for test and 7 days for validation"
            ),
        ),
        (
            ["2026-01-01"],
            {"test": DAY, "column": "dai"},
            codes.MISSING_COLUMN,
            "`column` names a column `dai`, which the data does not have; did you mean `day`?",
        ),
    ],
)
def test_what_cannot_be_divided(
    tmp_path: Path, days: list[str], arguments: dict[str, Any], code: codes.Code, message: str
) -> None:
    with pytest.raises(StepError) as caught:
        parts(tmp_path, days, **arguments)
    assert (caught.value.code, caught.value.message) == (code[0], message)


def test_a_row_without_a_time_belongs_nowhere(tmp_path: Path) -> None:
    type = {
        **DAYS,
        "schema": {**DAYS["schema"], "columns": [dict(c, nullable=True) for c in DAYS["schema"]["columns"]]},
    }
    with pytest.raises(StepError, match="1 of 2 rows have no `day`"):
        parts(tmp_path, ["2026-01-01", None], type, test=DAY)
