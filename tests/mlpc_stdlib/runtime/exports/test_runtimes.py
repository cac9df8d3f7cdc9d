"""Networks are run where they will be run: by TFLite Micro for boards, in Chromium for pages; what differs there is seen."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mlpc_stdlib.runtime.contract import Artefact
from tests.mlpc_stdlib.networks import STDLIB, digits, step
from tests.mlpc_stdlib.runtime.exports import test_broken
from tests.mlpc_stdlib.runtime.web.browser import programs

pytestmark = pytest.mark.engine

#: As in `test_broken`: the file of the runtime, what stands there, and what is put in its place.
ON_BOARDS = (
    "tflm.py",
    "interpreter.set_input(tflite.whole(row[None], taken), 0)",
    "interpreter.set_input(tflite.whole(row[None, ::-1], taken), 0)",
)
IN_PAGES = (
    "web/assets/measure.js",
    "rows.subarray(start, start + size)",
    "rows.slice(start, start + size).reverse()",
)
Fault = tuple[str, str, str]


def export(
    folder: Path, networks: Path, to: str, runtimes: list[str], fault: Fault | None = None
) -> dict[str, Any]:
    programs()
    data = digits(folder)
    inputs = {"model": Artefact(str(networks / "digits")), "parity.data": data}
    arguments: dict[str, Any] = {"parity__runtimes": runtimes}
    if to == "tflite":
        inputs["calibrate"] = data
        arguments["quantize"] = "int8"
    return step(
        f"{to}:{to}",
        folder / "step",
        inputs,
        {"portable": folder / "made", "report": folder / "report"},
        runtime=test_broken.runtime_with(fault, folder / "stdlib") if fault else STDLIB,
        **arguments,
    )


@pytest.mark.full
@pytest.mark.parametrize(
    ("to", "runtimes", "bound"),
    [("tflite", ["litert", "tflm"], 0.2), ("tfjs", ["node", "chromium"], 1e-5)],
)
def test_each_runtime_says_what_keras_says(
    tmp_path: Path, networks: Path, to: str, runtimes: list[str], bound: float
) -> None:
    found = export(tmp_path, networks, to, runtimes)
    assert found["status"] == "done", found["error"]
    figures = found["metrics"]
    for name in runtimes:
        assert figures[f"parity.{name}.agreement"] >= 0.98
        assert 0.0 < figures[f"parity.{name}.difference"] <= bound
    assert figures["parity.difference"] == max(figures[f"parity.{name}.difference"] for name in runtimes)
    told = json.loads((tmp_path / "report" / "report.json").read_text())
    assert [each["name"] for each in told["runtimes"]] == runtimes
    assert test_broken.promoted(figures)


@pytest.mark.parametrize(
    ("fault", "to", "runtimes"),
    [
        (ON_BOARDS, "tflite", ["litert", "tflm"]),
        (IN_PAGES, "tfjs", ["node", "chromium"]),
    ],
)
def test_what_is_right_in_one_runtime_and_wrong_in_the_other_is_not_promoted(
    tmp_path: Path, networks: Path, fault: Fault, to: str, runtimes: list[str]
) -> None:
    right, wrong = runtimes
    found = export(tmp_path, networks, to, runtimes, fault)
    assert found["status"] == "done", found["error"]
    figures = found["metrics"]
    assert figures[f"parity.{right}.agreement"] >= 0.98
    assert figures["parity.agreement"] == figures[f"parity.{wrong}.agreement"] < 0.9
    assert not test_broken.promoted(figures)


@pytest.mark.full
@pytest.mark.parametrize(("to", "runtime"), [("tflite", "tflm"), ("tfjs", "chromium")])
def test_a_broken_model_is_caught_by_the_runtime_that_was_added_alone(
    tmp_path: Path, networks: Path, to: str, runtime: str
) -> None:
    found = export(tmp_path, networks, to, [runtime], test_broken.FAULTS["transposed input"])
    assert found["status"] == "done", found["error"]
    assert found["metrics"]["parity.agreement"] < 0.9
    assert not test_broken.promoted(found["metrics"])


@pytest.mark.full
def test_an_operation_that_tflite_micro_lacks_is_named(tmp_path: Path, networks: Path) -> None:
    """A spec that says so is refused when it is checked; a network that was made elsewhere may have it."""
    data = digits(tmp_path)
    inputs = {"model": Artefact(str(networks / "digits")), "parity.data": data}
    outputs = {"portable": tmp_path / "made"}
    found = step(
        "tflite:tflite", tmp_path, inputs, outputs, quantize="float16", parity__runtimes=["litert", "tflm"]
    )
    assert found["status"] == "failed"
    assert found["error"]["code"] == "MLP750"
    assert re.match("TFLite Micro does not take the model: ", found["error"]["message"])
