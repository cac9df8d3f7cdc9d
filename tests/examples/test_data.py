"""The data of the examples is what the kept scripts make of scikit-learn's copies."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def script(example: str) -> ModuleType:
    specification = importlib.util.spec_from_file_location(
        f"{example}_data", EXAMPLES / example / "make_data.py"
    )
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("name", "small"), [("cells.csv", False), ("cells_small.csv", True)])
def test_tumor_has_the_wisconsin_data(name: str, small: bool) -> None:
    make = script("tumor")
    rows = make.small(make.cells()) if small else make.cells()
    assert (EXAMPLES / "tumor/data" / name).read_text(encoding="utf-8") == make.csv(rows)


def test_the_small_file_is_a_stratified_sample() -> None:
    every = pd.read_csv(EXAMPLES / "tumor/data/cells.csv")
    small = pd.read_csv(EXAMPLES / "tumor/data/cells_small.csv")
    assert len(small) == 150
    assert len(small.merge(every, how="inner")) == 150
    assert small["malignant"].mean() == pytest.approx(every["malignant"].mean(), abs=0.005)


def test_values_are_written_as_precisely_as_the_source_has_them() -> None:
    pd.testing.assert_frame_equal(pd.read_csv(EXAMPLES / "tumor/data/cells.csv"), script("tumor").cells())


def test_own_code_has_the_diabetes_data() -> None:
    patients = script("own_code").patients()
    written = pd.read_csv(EXAMPLES / "own_code/data/patients.csv")
    pd.testing.assert_frame_equal(written, patients)


def test_digits_has_the_uci_data() -> None:
    made = script("digits").digits()
    with np.load(EXAMPLES / "digits/data/digits.npz", allow_pickle=False) as written:
        assert sorted(written.files) == sorted(made)
        for name, values in made.items():
            assert written[name].dtype == values.dtype
            np.testing.assert_array_equal(written[name], values)
