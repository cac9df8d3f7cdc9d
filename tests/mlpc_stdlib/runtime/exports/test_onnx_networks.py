"""Keras in, ONNX out: what onnxruntime says of the same rows, and the same bytes each time."""

from __future__ import annotations

import json
from pathlib import Path

import numpy
import onnx
import pytest

from mlpc_stdlib.runtime import export
from mlpc_stdlib.runtime.contract import Artefact
from tests.mlpc_stdlib.networks import digits, step, tumors

pytestmark = pytest.mark.engine


def test_onnxruntime_says_what_keras_says_and_two_processes_write_the_same_bytes(
    tmp_path: Path, networks: Path
) -> None:
    contents = []
    for name in ("a", "b"):
        found = step(
            "export:onnx",
            tmp_path / name,
            {"model": Artefact(str(networks / "digits")), "parity.data": digits(tmp_path)},
            {"portable": tmp_path / name / "made", "report": tmp_path / name / "report"},
        )
        assert found["status"] == "done", found["error"]
        assert found["metrics"]["parity.difference"] < 1e-5
        assert found["metrics"]["parity.agreement"] == 1.0
        contents.append(
            [(tmp_path / name / "made" / file).read_bytes() for file in ("model.onnx", "signature.json")]
        )
    assert contents[0] == contents[1]
    loaded = onnx.load_from_string(contents[0][0])
    assert (loaded.producer_name, loaded.producer_version, loaded.ir_version) == ("mlpc", "", 8)
    assert [(item.domain, item.version) for item in loaded.opset_import] == [("", 18)]
    signature = json.loads(contents[0][1])
    assert signature["inputs"] == [{"name": "input", "dtype": "float32", "shape": [None, 8, 8, 1]}]
    assert signature["outputs"] == [
        {"name": "scores", "kind": "probability", "dtype": "float32", "shape": [None, 10]}
    ]


def test_the_scaling_is_in_the_graph_and_each_class_has_a_score(tmp_path: Path, networks: Path) -> None:
    found = step(
        "export:onnx",
        tmp_path,
        {"model": Artefact(str(networks / "tumors")), "parity.data": tumors(tmp_path)},
        {"portable": tmp_path / "made"},
    )
    assert found["status"] == "done", found["error"]
    assert found["metrics"]["parity.difference"] < 1e-5
    signature = json.loads((tmp_path / "made" / "signature.json").read_text())
    assert "scaling" not in signature
    session = export.open_session(str(tmp_path / "made" / "model.onnx"))
    scores = export.run(session, numpy.full((3, 30), 10.0))
    assert scores.shape == (3, 2)
    assert scores.sum(axis=1) == pytest.approx(1.0)
