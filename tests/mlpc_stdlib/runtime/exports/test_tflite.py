"""Keras in, LiteRT out: what LiteRT itself says of the same rows, and the same bytes each time."""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest

from mlpc_stdlib.runtime import preparation, tables, tensors, tflite
from mlpc_stdlib.runtime.contract import Artefact
from tests.mlpc_stdlib import cells
from tests.mlpc_stdlib.networks import digits, images, progress, step, tumors

pytestmark = pytest.mark.engine

#: By `quantize`: the largest difference of a score from Keras, the least agreement, the most bytes.
BOUNDS = {
    "none": (1e-5, 1.0, 14_500),
    "float16": (5e-3, 0.995, 9_500),
    "dynamic": (5e-2, 0.99, 9_500),
    "int8": (0.2, 0.98, 7_800),
    "int16x8": (0.1, 0.99, 8_700),
}


def export(folder: Path, model: Path, data: Artefact, **arguments: Any) -> dict[str, Any]:
    inputs = {"model": Artefact(str(model)), "parity.data": data}
    if arguments.get("quantize") in ("int8", "int16x8"):
        inputs["calibrate"] = data
    return step("tflite:tflite", folder, inputs, {"portable": folder / "made"}, **arguments)


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory, networks: Path) -> Callable[[str], Path]:
    """Exports of the digits by `quantize`, each made once: a folder with `made` and `result.json`."""
    home = tmp_path_factory.mktemp("exported")
    data = digits(home)

    def made(quantize: str) -> Path:
        folder = home / quantize
        if not folder.exists():
            found = export(folder, networks / "digits", data, quantize=quantize)
            assert found["status"] == "done", found["error"]
        return folder

    return made


def signature_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "made" / "signature.json").read_text())
    return found


#: Every converter has a cell in every run; those that only change a setting of it run in the long version.
LONG = {"float16", "dynamic", "int16x8"}
KINDS = [pytest.param(name, marks=[pytest.mark.full] if name in LONG else []) for name in BOUNDS]


@pytest.mark.parametrize("quantize", KINDS)
def test_litert_says_what_keras_says(exported: Callable[[str], Path], quantize: str) -> None:
    folder = exported(quantize)
    figures = json.loads((folder / "result.json").read_text())["metrics"]
    difference, agreement, size = BOUNDS[quantize]
    assert figures["parity.difference"] <= difference
    assert figures["parity.mean_difference"] <= figures["parity.difference"]
    assert figures["parity.agreement"] >= agreement
    assert figures["parity.rows"] == 597
    assert figures["size"] == (folder / "made" / "model.tflite").stat().st_size <= size
    if quantize != "none":
        assert figures["parity.difference"] > 1e-6, "quantisation that changes nothing quantises nothing"


@pytest.mark.parametrize("quantize", [pytest.param("none", marks=pytest.mark.full), "int8"])
def test_tflite_micro_says_what_keras_says(
    tmp_path: Path, networks: Path, exported: Callable[[str], Path], quantize: str
) -> None:
    """The interpreter that boards run, fed by what the signature says of whole numbers."""
    made = exported(quantize) / "made"
    numpy.save(tmp_path / "rows.npy", images())
    answers = cells.run_on_boards([cells.on_board(made, tmp_path / "rows.npy")], tmp_path)
    assert answers[str(made)]["error"] is None
    found = cells.near_to(numpy.load(networks / "digits" / "said.npy"), numpy.load(made / "board.npy"))
    difference, agreement, _ = BOUNDS[quantize]
    assert found.difference <= difference
    assert found.agreement >= agreement
    (made / "board.npy").unlink()


@pytest.mark.parametrize(
    ("quantize", "dtype", "zero"),
    [("int8", "int8", -128), pytest.param("int16x8", "int16", 0, marks=pytest.mark.full)],
)
def test_whole_numbers_say_what_they_stand_for(
    exported: Callable[[str], Path], quantize: str, dtype: str, zero: int
) -> None:
    signature = signature_of(exported(quantize))
    (taken,), (said,) = signature["inputs"], signature["outputs"]
    assert (signature["framework"], taken["name"], said["name"]) == ("tflite", "input", "scores")
    assert (taken["dtype"], taken["shape"], said["dtype"], said["shape"]) == (
        dtype,
        [1, 8, 8, 1],
        dtype,
        [1, 10],
    )
    assert taken["quantization"]["zero_point"] == said["quantization"]["zero_point"] == zero
    # The pixels lie in 0..1, and so do the scores.
    steps = 255 if quantize == "int8" else 32767
    assert taken["quantization"]["scale"] == pytest.approx(1 / steps, rel=0.01)
    assert said["quantization"]["scale"] == pytest.approx(1 / steps, rel=0.01)


def test_a_model_of_floats_has_a_plain_signature(exported: Callable[[str], Path]) -> None:
    signature = signature_of(exported("none"))
    assert signature["inputs"] == [{"name": "input", "dtype": "float32", "shape": [1, 8, 8, 1]}]
    assert signature["outputs"] == [
        {"name": "scores", "kind": "probability", "dtype": "float32", "shape": [1, 10]}
    ]
    files = sorted(path.name for path in (exported("none") / "made").iterdir())
    assert files == ["model.tflite", "signature.json"]


def test_two_processes_write_the_same_bytes(
    tmp_path: Path, networks: Path, exported: Callable[[str], Path]
) -> None:
    export(tmp_path, networks / "digits", digits(tmp_path), quantize="int8")
    for file in ("model.tflite", "signature.json"):
        first = (tmp_path / "made" / file).read_bytes()
        assert first == (exported("int8") / "made" / file).read_bytes()
        assert str(tmp_path).encode() not in first


def test_the_scaling_stays_outside_and_travels_along(tmp_path: Path, networks: Path) -> None:
    found = export(tmp_path, networks / "tumors", tumors(tmp_path), quantize="int8")
    signature = signature_of(tmp_path)
    assert len(signature["scaling"]["mean"]) == len(signature["scaling"]["scale"]) == 30
    # With the scaling in the network, whole numbers lose it: a third of the rows would be decided otherwise.
    assert found["metrics"]["parity.agreement"] >= 0.98
    assert signature["outputs"][0]["shape"] == [1, 1]
    # It travels as code as well, and that comes to what the gate measured.
    data = tables.read(tumors(tmp_path))
    prepare = runpy.run_path(str(tmp_path / "made" / preparation.PYTHON))["prepare"]
    details = {
        "dtype": numpy.dtype("int8"),
        "quantization": tuple(signature["inputs"][0]["quantization"][key] for key in ("scale", "zero_point")),
    }
    wanted = tflite.whole(tensors.of_frame(signature, data, "the rows"), details)
    assert [prepare(row).tolist() for row in data.drop(columns="benign").to_numpy()] == wanted.tolist()
    files = {path.name for path in (tmp_path / "made").iterdir()}
    assert files == {"model.tflite", "signature.json", *preparation.files(signature)}


def test_rows_unlike_those_that_were_looked_at_are_told(tmp_path: Path, networks: Path) -> None:
    data = tumors(tmp_path)
    frame = tables.read(data)
    numbers = frame.drop(columns="benign")
    # The hundred that are nearest to the middle in all columns.
    near = ((numbers - numbers.mean()) / numbers.std()).abs().max(axis=1).argsort()[:100]
    small = Artefact(str(tmp_path / "small.parquet"), data.type)
    tables.write(small.path, frame.iloc[near].reset_index(drop=True), data.type, "rows")
    inputs = {"model": Artefact(str(networks / "tumors")), "parity.data": data, "calibrate": small}
    found = step("tflite:tflite", tmp_path, inputs, {"portable": tmp_path / "made"}, quantize="int8")
    assert re.match(
        r"`\w+` lies beyond all that `calibrate` showed in \d+ of 569 rows of `parity\.data`, and is cut off there",
        found["messages"][0]["text"],
    )


@pytest.mark.full
def test_a_regression(tmp_path: Path, networks: Path) -> None:
    found = export(
        tmp_path, networks / "progress", progress(tmp_path), quantize="float16", parity__max_abs=5e-3
    )
    assert found["metrics"]["parity.difference"] < 5e-3
    assert found["metrics"]["parity.agreement"] == 1.0


def test_whole_numbers_without_rows_are_refused(tmp_path: Path, networks: Path) -> None:
    found = step(
        "tflite:tflite",
        tmp_path,
        {"model": Artefact(str(networks / "digits"))},
        {"portable": tmp_path / "made"},
        quantize="int8",
    )
    assert (found["error"]["code"], found["error"]["message"]) == (
        "MLP722",
        "`int8` needs rows to choose the ranges by",
    )
