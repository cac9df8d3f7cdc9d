"""Exports that are broken on purpose do not pass their gate: the step runs from a copy of the runtime with one fault in it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from mlpc.ir.nodes import Gate, Task
from mlpc_run import gates
from mlpc_stdlib.runtime.contract import Artefact
from tests.loader import compiled
from tests.mlpc_stdlib.networks import STDLIB, digits, step, tumors

pytestmark = pytest.mark.engine

#: What is asked of the export by those who wrote the spec.
SPEC = """mlp 1

pipeline digits {
  data images: npz { path = "digits.npz", schema = Digit }
  split parts: random { data = images, test = 20%, stratify = images.digit, seed = 7 }
  train net: fit { data = parts.train }
  export tiny: tflite {
    model = net
    quantize = "int8"
    calibrate = parts.train
    parity { data = parts.test, agree = 98% }
  }
  register shelf: keep { model = tiny }
}

component fit: train {
  input data: dataset
  output model: model("keras", data)
  run = python("steps.py:fit")
}

component keep: register {
  input model: model("tflite")
  run = python("steps.py:keep")
}

schema Digit {
  pixels: tensor(float, [8, 8, 1]) in 0..1
  digit: int in 0..9 @label
}
"""
STEPS = """
from pathlib import Path


def fit(data: Path, model: Path): ...


def keep(model: Path): ...
"""


def gate_of_the_export() -> Gate:
    """The gate that stands between the export and the registry."""
    workflow = compiled(SPEC, {"steps.py": STEPS}).workflow()
    assert workflow is not None
    nodes = {node.id: node for node in workflow.nodes}
    (gate,) = [node for node in workflow.nodes if isinstance(node, Gate)]
    shelf = nodes["shelf"]
    assert isinstance(shelf, Task)
    assert gate.id in shelf.after
    return gate


def promoted(figures: dict[str, Any]) -> bool:
    """Whether the gate lets the registry have the export."""
    return gates.judge(gate_of_the_export(), {"tiny": figures}, {}).passed is True


#: By fault: the file of the runtime, what stands there, and what is put in its place.
FAULTS = {
    "wrong quantisation range": (
        "tflite.py",
        'rows = numpy.load(job["calibrate"])',
        'rows = numpy.load(job["calibrate"]) * 0.05',
    ),
    "transposed input": (
        "graphs.py",
        "    model.export(",
        "    model = keras.Sequential([keras.Input(shape), keras.layers.Permute((2, 1, 3)), model])\n    model.export(",
    ),
    "swapped classes": (
        "tflite.py",
        'made["framework"] = "tflite"',
        'made["framework"], made["classes"] = "tflite", made["classes"][::-1]',
    ),
    "wrong preprocessing": (
        "tflite.py",
        'made["framework"] = "tflite"',
        'made["framework"], made["scaling"] = "tflite", {"mean": [0.0] * 30, "scale": [100.0] * 30}',
    ),
}


def runtime_with(fault: tuple[str, str, str], folder: Path) -> Path:
    """Return a copy of the standard library with one fault in it: a file, what stands in it, and what is put in its place."""
    file, before, after = fault
    shutil.copytree(
        STDLIB / "mlpc_stdlib", folder / "mlpc_stdlib", ignore=shutil.ignore_patterns("__pycache__")
    )
    path = folder / "mlpc_stdlib" / "runtime" / file
    text = path.read_text()
    assert text.count(before) == 1
    path.write_text(text.replace(before, after))
    return folder


def export(folder: Path, networks: Path, fault: str = "") -> dict[str, Any]:
    folder.mkdir()
    wrong_scale = fault == "wrong preprocessing"
    data = tumors(folder) if wrong_scale else digits(folder)
    return step(
        "tflite:tflite",
        folder / "step",
        {
            "model": Artefact(str(networks / ("tumors" if wrong_scale else "digits"))),
            "parity.data": data,
            "calibrate": data,
        },
        {"portable": folder / "made", "report": folder / "report"},
        runtime=runtime_with(FAULTS[fault], folder / "stdlib") if fault else STDLIB,
        quantize="int8",
    )


def test_what_is_whole_passes(tmp_path: Path, networks: Path) -> None:
    found = export(tmp_path / "whole", networks)
    assert promoted(found["metrics"])
    assert found["messages"] == []
    assert "Layer by layer" in (tmp_path / "whole" / "report" / "index.html").read_text()


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_broken_is_not_promoted(tmp_path: Path, networks: Path, fault: str) -> None:
    found = export(tmp_path / "broken", networks, fault)
    assert found["status"] == "done", found["error"]
    assert not promoted(found["metrics"])
    assert found["metrics"]["parity.agreement"] < 0.9
    if fault in ("wrong quantisation range", "transposed input"):
        *before, message = found["messages"]
        assert [
            each["text"].startswith("`pixels` lies beyond all that `calibrate` showed") for each in before
        ] == ([True] if fault == "wrong quantisation range" else [])
        assert message["text"].startswith("the first layer that differs is `conv2d`")
