"""Keras in, ONNX out: what onnxruntime says of the same rows, and the same bytes each time."""

from __future__ import annotations

import json
from pathlib import Path

import numpy
import onnx
import pytest
from onnx import TensorProto, helper

from mlpc_stdlib.runtime import codes, export, onnx_networks
from mlpc_stdlib.runtime.contract import Artefact, StepError
from tests.mlpc_stdlib import cells
from tests.mlpc_stdlib.networks import digits, images, step, tumors
from tests.mlpc_stdlib.runtime.exports import test_broken
from tests.mlpc_stdlib.runtime.serving.servers import serving
from tests.mlpc_stdlib.runtime.web import browser

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, networks: Path) -> list[Path]:
    """Two exports of the digits, each made in processes of its own."""
    folder = tmp_path_factory.mktemp("exported-onnx")
    for name in ("a", "b"):
        found = step(
            "export:onnx",
            folder / name,
            {"model": Artefact(str(networks / "digits")), "parity.data": digits(folder)},
            {"portable": folder / name / "made", "report": folder / name / "report"},
        )
        assert found["status"] == "done", found["error"]
        assert found["metrics"]["parity.difference"] < 1e-5
        assert found["metrics"]["parity.agreement"] == 1.0
    return [folder / "a" / "made", folder / "b" / "made"]


def test_onnxruntime_says_what_keras_says_and_two_processes_write_the_same_bytes(
    exported: list[Path],
) -> None:
    contents = [
        [(folder / file).read_bytes() for file in ("model.onnx", "signature.json")] for folder in exported
    ]
    assert contents[0] == contents[1]
    loaded = onnx.load_from_string(contents[0][0])
    assert (loaded.producer_name, loaded.producer_version, loaded.ir_version) == ("mlpc", "", 8)
    assert [(item.domain, item.version) for item in loaded.opset_import] == [("", 18)]
    signature = json.loads(contents[0][1])
    assert signature["inputs"] == [{"name": "input", "dtype": "float32", "shape": [None, 8, 8, 1]}]
    assert signature["outputs"] == [
        {"name": "scores", "kind": "probability", "dtype": "float32", "shape": [None, 10]}
    ]


def test_a_server_says_what_keras_says(tmp_path: Path, networks: Path, exported: list[Path]) -> None:
    (place, _) = exported
    wanted = numpy.load(networks / "digits" / "said.npy")[:20]
    with serving(place, tmp_path) as server:
        answer = server.ask({"rows": [{"pixels": image.tolist()} for image in images()[:20]]})
    found = [[row["scores"][str(digit)] for digit in range(10)] for row in answer.json()["predictions"]]
    assert numpy.abs(numpy.array(found) - wanted).max() < 1e-5


def test_what_lies_behind_layers_is_found_in_the_graph(exported: list[Path]) -> None:
    told = json.loads((exported[0].parent / "report" / "report.json").read_text())
    layers = {each["layer"]: each["difference"] for each in told["layers"]}
    assert {"conv2d", "dense"} <= set(layers)
    assert max(layers.values()) < 1e-4


@pytest.mark.full
def test_the_first_layer_that_differs_is_named(tmp_path: Path, networks: Path) -> None:
    found = step(
        "export:onnx",
        tmp_path / "step",
        {"model": Artefact(str(networks / "digits")), "parity.data": digits(tmp_path)},
        {"portable": tmp_path / "made"},
        runtime=test_broken.runtime_with(test_broken.FAULTS["transposed input"], tmp_path / "stdlib"),
    )
    assert found["metrics"]["parity.agreement"] < 0.9
    (message,) = found["messages"]
    assert message["text"].startswith("the first layer that differs is `conv2d`")


def test_onnxruntime_web_says_what_keras_says(tmp_path: Path, networks: Path, exported: list[Path]) -> None:
    """What a page loads, in Node."""
    browser.programs()
    (place, _) = exported
    answers = cells.run_in_pages([cells.in_page(place, images())], tmp_path)
    answer = answers[str(place / "model.onnx")]
    assert answer["error"] is None
    said = numpy.fromfile(place / "said.f32", "<f4").reshape(answer["shape"])
    assert numpy.abs(said - numpy.load(networks / "digits" / "said.npy")).max() < 1e-5


def test_what_has_no_form_is_told_and_not_left_in_the_graph(tmp_path: Path) -> None:
    """tf2onnx leaves operations that it does not know as they are, and says so in its log alone."""
    rows = helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["batch", 2])
    said = helper.make_tensor_value_info("said", TensorProto.FLOAT, ["batch", 2])
    graph = helper.make_graph([helper.make_node("Erfc", ["rows"], ["said"])], "net", [rows], [said])
    job = {"shape": [2], "output": "scores", "classes": 2, "scaling": None}
    with pytest.raises(StepError) as caught:
        onnx_networks.canonical(helper.make_model(graph), "rows", "said", job)
    assert (caught.value.code, caught.value.name) == codes.NOT_EXPORTABLE
    assert caught.value.message.startswith("the network has no ONNX form: No Op registered for Erfc")
    assert caught.value.help


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
