"""Keras in, LiteRT out: what LiteRT itself says of the same rows, and the same bytes each time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlpc_stdlib.runtime.contract import Artefact
from tests.mlpc_stdlib.networks import digits, progress, step, tumors

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


@pytest.mark.parametrize("quantize", BOUNDS)
def test_litert_says_what_keras_says(tmp_path: Path, networks: Path, quantize: str) -> None:
    found = export(tmp_path, networks / "digits", digits(tmp_path), quantize=quantize)
    assert found["status"] == "done", found["error"]
    figures = found["metrics"]
    difference, agreement, size = BOUNDS[quantize]
    assert figures["parity.difference"] <= difference
    assert figures["parity.mean_difference"] <= figures["parity.difference"]
    assert figures["parity.agreement"] >= agreement
    assert figures["parity.rows"] == 597
    assert figures["size"] == (tmp_path / "made" / "model.tflite").stat().st_size <= size
    if quantize != "none":
        assert figures["parity.difference"] > 1e-6, "quantisation that changes nothing quantises nothing"


@pytest.mark.parametrize(("quantize", "dtype", "zero"), [("int8", "int8", -128), ("int16x8", "int16", 0)])
def test_whole_numbers_say_what_they_stand_for(
    tmp_path: Path, networks: Path, quantize: str, dtype: str, zero: int
) -> None:
    export(tmp_path, networks / "digits", digits(tmp_path), quantize=quantize)
    signature = json.loads((tmp_path / "made" / "signature.json").read_text())
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


def test_a_model_of_floats_has_a_plain_signature(tmp_path: Path, networks: Path) -> None:
    step(
        "tflite:tflite",
        tmp_path,
        {"model": Artefact(str(networks / "digits"))},
        {"portable": tmp_path / "made"},
        quantize="none",
    )
    signature = json.loads((tmp_path / "made" / "signature.json").read_text())
    assert signature["inputs"] == [{"name": "input", "dtype": "float32", "shape": [1, 8, 8, 1]}]
    assert signature["outputs"] == [
        {"name": "scores", "kind": "probability", "dtype": "float32", "shape": [1, 10]}
    ]
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == ["model.tflite", "signature.json"]


@pytest.mark.parametrize("quantize", ["none", "int8"])
def test_two_processes_write_the_same_bytes(tmp_path: Path, networks: Path, quantize: str) -> None:
    for name in ("a", "b"):
        export(tmp_path / name, networks / "digits", digits(tmp_path), quantize=quantize)
    for file in ("model.tflite", "signature.json"):
        first = (tmp_path / "a" / "made" / file).read_bytes()
        assert first == (tmp_path / "b" / "made" / file).read_bytes()
        assert str(tmp_path).encode() not in first


def test_the_scaling_stays_outside_and_travels_along(tmp_path: Path, networks: Path) -> None:
    found = export(tmp_path, networks / "tumors", tumors(tmp_path), quantize="int8")
    signature = json.loads((tmp_path / "made" / "signature.json").read_text())
    assert len(signature["scaling"]["mean"]) == len(signature["scaling"]["scale"]) == 30
    # With the scaling in the network, whole numbers lose it: a third of the rows would be decided otherwise.
    assert found["metrics"]["parity.agreement"] >= 0.98
    assert signature["outputs"][0]["shape"] == [1, 1]


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
