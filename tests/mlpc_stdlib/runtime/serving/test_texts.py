"""Models that take texts have an input for each feature; the server sends each its own column."""

from __future__ import annotations

import json
from pathlib import Path

import onnx
from onnx import TensorProto, helper

from .servers import serving


def make(folder: Path) -> Path:
    """A model that scores a region (text) and adds a number, for two classes."""
    folder.mkdir()
    region = helper.make_tensor_value_info("region", TensorProto.STRING, ["batch", 1])
    extra = helper.make_tensor_value_info("extra", TensorProto.FLOAT, ["batch", 1])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 2])
    graph = helper.make_graph(
        [
            helper.make_node(
                "LabelEncoder",
                ["region"],
                ["coded"],
                domain="ai.onnx.ml",
                keys_strings=["eu", "us"],
                values_floats=[1.0, 2.0],
            ),
            helper.make_node("Add", ["coded", "extra"], ["sum"]),
            helper.make_node("Neg", ["sum"], ["against"]),
            helper.make_node("Concat", ["against", "sum"], ["scores"], axis=1),
        ],
        "model",
        [region, extra],
        [scores],
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    onnx.checker.check_model(model)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    signature = {
        "contract": 1,
        "framework": "onnx",
        "task": "classification",
        "features": [
            {"name": "extra", "type": {"base": "float"}, "dtype": "float64", "nullable": False},
            {
                "name": "region",
                "type": {"base": "enum", "choices": ["eu", "us"]},
                "dtype": "string",
                "nullable": False,
            },
        ],
        "label": {"name": "buys", "type": {"base": "enum", "choices": ["no", "yes"]}},
        "classes": ["no", "yes"],
        "positive": "yes",
        "outputs": [{"name": "scores", "kind": "probability"}],
    }
    (folder / "signature.json").write_text(json.dumps(signature), encoding="utf-8")
    return folder


def test_texts_go_to_their_own_input(tmp_path: Path) -> None:
    with serving(make(tmp_path / "bundle"), tmp_path / "server") as server:
        answer = server.ask({"region": "us", "extra": 0.5})
        assert answer.json() == {"label": "yes", "scores": {"no": -2.5, "yes": 2.5}}
        answer = server.ask({"rows": [{"region": "eu", "extra": -2}, {"region": "us", "extra": -1}]})
        assert [item["scores"]["yes"] for item in answer.json()["predictions"]] == [-1.0, 1.0]
        refused = server.ask({"region": "asia", "extra": 0})
        assert refused.status_code == 422
        assert refused.json()["detail"] == [
            {
                "type": "literal_error",
                "loc": ["body", "region"],
                "msg": "Input should be 'eu' or 'us'",
                "input": "asia",
            }
        ]
        row = server.client.get("/openapi.json").json()["components"]["schemas"]["Row"]
        assert row["properties"]["region"] == {"enum": ["eu", "us"], "description": 'one of "eu", "us"'}


def make_strict(folder: Path) -> Path:
    """A model that encodes a town as scikit-learn's `OneHotEncoder` does by default: others than it learned are refused."""
    folder.mkdir()
    town = helper.make_tensor_value_info("town", TensorProto.STRING, ["batch", 1])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 2])
    shape = helper.make_tensor("shape", TensorProto.INT64, [2], [-1, 2])
    encode = helper.make_node(
        "OneHotEncoder",
        ["town"],
        ["coded"],
        domain="ai.onnx.ml",
        cats_strings=["Oslo", "Rome"],
        zeros=0,
    )
    graph = helper.make_graph(
        [encode, helper.make_node("Reshape", ["coded", "shape"], ["scores"])],
        "model",
        [town],
        [scores],
        [shape],
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    signature = {
        "contract": 1,
        "framework": "onnx",
        "task": "classification",
        "features": [{"name": "town", "type": {"base": "string"}, "dtype": "string", "nullable": False}],
        "label": {"name": "warm", "type": {"base": "bool"}},
        "classes": [False, True],
        "positive": True,
        "outputs": [{"name": "scores", "kind": "probability"}],
        "example": {"town": "Oslo"},
    }
    (folder / "signature.json").write_text(json.dumps(signature), encoding="utf-8")
    return folder


def test_a_text_that_the_model_does_not_take_is_a_mistake_of_the_request(tmp_path: Path) -> None:
    with serving(make_strict(tmp_path / "bundle"), tmp_path / "server") as server:
        assert server.ask({"town": "Rome"}).json()["label"] is True
        refused = server.ask({"rows": [{"town": "Oslo"}, {"town": "Atlantis"}]})
        assert refused.status_code == 422
        assert refused.json()["detail"] == [
            {
                "type": "value_error",
                "loc": ["body", "rows", 1],
                "msg": "The model did not learn from such a text, and takes no other: look at `town`",
                "input": {"town": "Atlantis"},
            }
        ]
        assert server.ask({"town": "Oslo"}).status_code == 200
