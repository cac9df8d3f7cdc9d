"""Models that take a tensor: it is sent as lists in lists, each as long as the schema says, each number within its bounds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import numpy
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from mlpc_stdlib.runtime.contract import StepError
from mlpc_stdlib.runtime.serving import bundle

from .servers import Server, serving


def make(folder: Path) -> Path:
    """A model that weighs the points of an image of two by three."""
    folder.mkdir()
    weights = numpy.arange(12, dtype=numpy.float32).reshape(6, 2)
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["input"], ["flat"], axis=1),
            helper.make_node("MatMul", ["flat", "weights"], ["scores"]),
        ],
        "model",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 2, 3, 1])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 2])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.checker.check_model(model)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    pixels = {"base": "tensor", "of": {"base": "float", "min": 0, "max": 1}, "shape": [2, 3, 1]}
    signature = {
        "contract": 1,
        "framework": "onnx",
        "task": "classification",
        "features": [{"name": "pixels", "type": pixels, "dtype": "tensor", "nullable": False}],
        "label": {"name": "sort", "type": {"base": "enum", "choices": ["a", "b"]}},
        "classes": ["a", "b"],
        "positive": "b",
        "inputs": [{"name": "input", "dtype": "float32", "shape": [None, 2, 3, 1]}],
        "outputs": [{"name": "scores", "kind": "probability", "dtype": "float32", "shape": [None, 2]}],
        "example": None,
    }
    (folder / "signature.json").write_text(json.dumps(signature), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("tensors")
    with serving(make(folder / "bundle"), folder / "server") as running:
        yield running


IMAGE = [[[0.0], [1.0], [0.5]], [[0], [0], [1]]]


def test_a_tensor_is_taken_as_lists_in_lists(server: Server) -> None:
    assert server.ask({"pixels": IMAGE}).json() == {"label": "b", "scores": {"a": 14.0, "b": 16.5}}
    dark = [[[0.0]] * 3] * 2
    answer = server.ask({"rows": [{"pixels": dark}, {"pixels": IMAGE}]}).json()["predictions"]
    assert [item["scores"]["b"] for item in answer] == [0.0, 16.5]


@pytest.mark.parametrize(
    ("pixels", "place", "message"),
    [
        (IMAGE[:1], [], "Input should be a list of 2, not of 1"),
        ([*IMAGE, IMAGE[0]], [], "Input should be a list of 2, not of 3"),
        ([IMAGE[0], [[0.1], [0.2, 0.3], [0.1]]], [1, 1], "Input should be a list of 1, not of 2"),
        ([IMAGE[0], [[0.1], [1.5], [0.1]]], [1, 1, 0], "Input should be less than or equal to 1"),
        ([IMAGE[0], [[0.1], ["x"], [0.1]]], [1, 1, 0], "Input should be a valid number"),
        ([IMAGE[0], [[0.1], 0.2, [0.1]]], [1, 1], "Input should be a valid array"),
        (None, [], "Input should be a valid array"),
    ],
)
def test_a_tensor_that_does_not_fit_is_refused_by_its_place(
    server: Server, pixels: Any, place: list[int], message: str
) -> None:
    for body, where in (
        ({"pixels": pixels}, ["body"]),
        ({"rows": [{"pixels": pixels}]}, ["body", "rows", 0]),
    ):
        answer = server.ask(body)
        assert answer.status_code == 422
        (mistake,) = answer.json()["detail"]
        assert (mistake["loc"], mistake["msg"]) == ([*where, "pixels", *place], message)


def test_its_description_takes_what_it_takes(server: Server) -> None:
    document = server.client.get("/openapi.json").json()
    row = {**document["components"]["schemas"]["Row"], "components": document["components"]}
    schema = jsonschema.Draft202012Validator(row)
    shown = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    example = shown["one row"]["value"]
    assert schema.is_valid(example)
    assert server.ask(example).status_code == 200
    assert not schema.is_valid({"pixels": IMAGE[:1]})
    assert not schema.is_valid({"pixels": [[[2.0]] * 3] * 2})
    assert "a tensor of numbers in 0..1, [2, 3, 1]" in server.client.get("/").text


def test_a_tensor_beside_other_columns_is_no_model_of_ours(tmp_path: Path) -> None:
    folder = make(tmp_path / "bundle")
    told = json.loads((folder / "signature.json").read_text())
    told["features"].append({"name": "x", "type": {"base": "float"}, "dtype": "float64", "nullable": False})
    (folder / "signature.json").write_text(json.dumps(told))
    with pytest.raises(StepError, match="one tensor, or columns of single values, not both"):
        bundle.load(str(folder))
