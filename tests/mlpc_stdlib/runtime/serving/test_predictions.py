"""A row goes in, a prediction comes out: what onnxruntime says of the same numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy
import onnxruntime
import pytest

from tests.mlpc_stdlib.bundles import make_bundle

from .servers import Server, serving

ROW = {"length": 9.0, "width": 4.5, "petals": 7, "wild": True}
SMALL = {"length": 1.0, "width": 0.5, "petals": 3, "wild": False}


def expected(bundle: Path, *rows: dict[str, Any]) -> Any:
    session = onnxruntime.InferenceSession(str(bundle / "model.onnx"), providers=["CPUExecutionProvider"])
    matrix = numpy.array([list(row.values()) for row in rows], dtype=numpy.float32)
    return session.run(None, {"input": matrix})[0].tolist()


def test_one_row(server: Server, bundle: Path) -> None:
    answer = server.ask(ROW)
    [[no, yes]] = expected(bundle, ROW)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"label": yes > no, "scores": {"false": no, "true": yes}}
    assert answer.json()["label"] is True


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_boosted_trees_are_served_like_others(tmp_path: Path, library: str) -> None:
    made = make_bundle(tmp_path, "enum", library)
    with serving(made, tmp_path) as server:
        answers = server.ask({"rows": [SMALL, ROW]}).json()["predictions"]
    assert [list(item["scores"].values()) for item in answers] == expected(made, SMALL, ROW)
    assert [item["label"] for item in answers] == ["iris", "rose"]


def test_several_rows_in_their_order(server: Server, bundle: Path) -> None:
    answer = server.ask({"rows": [SMALL, ROW, SMALL]})
    assert answer.status_code == 200
    scores = [[item["scores"]["false"], item["scores"]["true"]] for item in answer.json()["predictions"]]
    assert scores == expected(bundle, SMALL, ROW, SMALL)
    assert [item["label"] for item in answer.json()["predictions"]] == [False, True, False]


def test_a_batch_of_one_is_a_batch(server: Server) -> None:
    assert list(server.ask({"rows": [ROW]}).json()) == ["predictions"]


def test_the_order_of_keys_does_not_matter(server: Server) -> None:
    turned = dict(reversed(ROW.items()))
    assert server.ask(turned).json() == server.ask(ROW).json()
    assert server.ask({"rows": [turned]}).json() == server.ask({"rows": [ROW]}).json()


def test_rows_may_stand_behind_white_space(server: Server) -> None:
    body = json.dumps({"rows": [ROW]}, indent=4).encode()
    assert server.client.post("/predict", content=b"\n\n " + body).status_code == 200


def test_a_body_needs_no_content_type(server: Server) -> None:
    assert server.client.post("/predict", content=json.dumps(ROW).encode()).status_code == 200


def test_the_same_row_gives_the_same_bytes(server: Server) -> None:
    assert len({server.ask(ROW).content for _ in range(5)}) == 1


def test_three_classes(three: Path, tmp_path: Path) -> None:
    with serving(three, tmp_path) as server:
        answer = server.ask(ROW).json()
    [scores] = expected(three, ROW)
    assert answer == {"label": "rose", "scores": dict(zip(["iris", "lily", "rose"], scores, strict=True))}


def test_a_regression_gives_a_value(lengths: Path, tmp_path: Path) -> None:
    with serving(lengths, tmp_path) as server:
        assert server.ask(ROW).json() == {"value": expected(lengths, ROW)[0][0]}
        values = [item["value"] for item in server.ask({"rows": [ROW, SMALL]}).json()["predictions"]]
        assert values == [row[0] for row in expected(lengths, ROW, SMALL)]
        assert server.client.get("/openapi.json").json()["components"]["schemas"]["Prediction"] == {
            "type": "object",
            "properties": {"value": {"type": "number", "description": "label"}},
            "required": ["value"],
            "additionalProperties": False,
        }


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_it_says_that_it_is_well(server: Server, path: str) -> None:
    assert server.client.get(path).status_code == 200


def test_the_model_page_says_what_is_served(server: Server, bundle: Path) -> None:
    import hashlib

    answer = server.client.get("/model").json()
    assert answer["digest"] == "sha256:" + hashlib.sha256((bundle / "model.onnx").read_bytes()).hexdigest()
    assert answer["signature"] == json.loads((bundle / "signature.json").read_bytes())
    assert answer["figures"]["quality"]["accuracy"] == 0.93
    assert answer["pipeline"] == "flowers"
    assert answer["limits"] == {"body": 20_000, "rows": 50, "concurrency": 128, "time": 10.0}


def test_what_is_not_there(server: Server) -> None:
    answer = server.client.get("/predictions")
    assert (answer.status_code, answer.json()) == (
        404,
        {"detail": "there is nothing at /predictions; the API is described at /docs"},
    )


def test_another_method(server: Server) -> None:
    answer = server.client.get("/predict")
    assert (answer.status_code, answer.json()) == (405, {"detail": "/predict takes POST"})
    assert answer.headers["allow"] == "POST"
