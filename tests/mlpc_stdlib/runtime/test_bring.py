"""Models made elsewhere: what fits the schema is brought in and says what it said before; what does not is refused."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import joblib
import numpy
import onnx
import pandas
import pytest
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.linear_model import LinearRegression, LogisticRegression

from mlpc_stdlib.runtime import bring, codes, evaluate, export, models
from mlpc_stdlib.runtime.contract import Artefact, Result, StepError
from tests.mlpc_stdlib.bundles import FLOWERS, flowers, make_dataset, step

FEATURES = ["length", "width", "petals", "wild"]


def made(label: str) -> tuple[Any, pandas.DataFrame, dict[str, Any]]:
    """Fit an estimator; return it with the rows and the type of a model that it could be."""
    frame, type = flowers(label)
    estimator = LinearRegression() if label == "float" else LogisticRegression(max_iter=2000)
    features = frame[FEATURES].astype(float)
    estimator.fit(features, frame["label"])
    return estimator, features, {"type": "model", "schema": type["schema"], "label": "label"}


def brought(function: Any, folder: Path, file: Path, type: dict[str, Any], **arguments: Any) -> Artefact:
    """Bring the model in ``file`` in."""
    output = Artefact(str(folder / "brought"), {**type, "framework": function.__name__})
    step(function, {"path": Artefact(str(file))}, {"model": output}, **arguments)
    return output


def written(folder: Path, estimator: Any, width: int = 4, **options: Any) -> Path:
    """Write an estimator as anyone would write it for onnxruntime."""
    place = folder / "some.onnx"
    place.write_bytes(
        to_onnx(
            estimator,
            initial_types=[("X", FloatTensorType([None, width]))],
            options={"zipmap": False, **options} if hasattr(estimator, "predict_proba") else None,
        ).SerializeToString()
    )
    return place


def refused(call: Any) -> StepError:
    """Return why a call was refused."""
    with pytest.raises(StepError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize("label", ["bool", "enum", "float"])
def test_an_estimator_says_what_it_said_before(tmp_path: Path, label: str) -> None:
    estimator, features, type = made(label)
    joblib.dump(estimator, tmp_path / "some.joblib")
    model, signature = models.load(brought(bring.sklearn, tmp_path, tmp_path / "some.joblib", type))
    assert (model.predict(features) == estimator.predict(features)).all()
    assert [item["name"] for item in signature["features"]] == FEATURES
    assert signature["label"]["name"] == "label"
    assert signature["classes"] == (None if label == "float" else list(estimator.classes_))


@pytest.mark.parametrize("label", ["bool", "enum", "float"])
def test_an_onnx_model_gets_the_one_form_and_says_what_it_said_before(tmp_path: Path, label: str) -> None:
    estimator, features, type = made(label)
    classes = {"classes": list(estimator.classes_)} if label == "enum" else {}
    output = brought(bring.onnx, tmp_path, written(tmp_path, estimator), type, **classes)
    signature = models.read_signature(output.path)
    session = export.open_session(f"{output.path}/model.onnx")
    assert [item.name for item in session.get_inputs()] == [export.INPUT]
    assert [item.name for item in session.get_outputs()] == [signature["outputs"][0]["name"]]
    found = export.run(session, features.to_numpy())
    if label == "float":
        assert numpy.abs(found[:, 0] - estimator.predict(features)).max() < 1e-4
    else:
        assert signature["classes"] == list(estimator.classes_)
        assert numpy.abs(found - estimator.predict_proba(features)).max() < 1e-5


def test_a_digest_is_compared(tmp_path: Path) -> None:
    estimator, _, type = made("bool")
    file = written(tmp_path, estimator)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    brought(bring.onnx, tmp_path, file, type, sha256=digest)
    error = refused(lambda: brought(bring.onnx, tmp_path, file, type, sha256="0" * 64))
    assert error.code == codes.UNREADABLE_MODEL[0]
    assert digest in error.message


def test_code_from_a_url_is_not_run_without_its_digest(tmp_path: Path) -> None:
    _, _, type = made("bool")
    source = Artefact("", {}, url="https://models.example.org/some.joblib")
    output = Artefact(str(tmp_path / "brought"), {**type, "framework": "sklearn"})
    error = refused(lambda: step(bring.sklearn, {"path": source}, {"model": output}))
    assert error.code == codes.IMPOSSIBLE_SETTING[0]
    assert "sha256" in error.help[0]


def test_an_estimator_that_learned_other_columns_is_refused(tmp_path: Path) -> None:
    estimator, features, type = made("bool")
    estimator.fit(features.rename(columns={"wild": "grown"}), features["length"] > 5)
    joblib.dump(estimator, tmp_path / "some.joblib")
    error = refused(lambda: brought(bring.sklearn, tmp_path, tmp_path / "some.joblib", type))
    assert "`grown`" in error.message or "`grown`" in str(error)


@pytest.mark.parametrize("content", [b"", b"no model", b"\x80\x04N."])
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    _, _, type = made("bool")
    file = tmp_path / "some"
    file.write_bytes(content)
    for function in (bring.sklearn, bring.onnx):
        error = refused(lambda function=function: brought(function, tmp_path, file, type))
        assert error.code in (codes.UNREADABLE_MODEL[0], codes.WRONG_RETURN[0], codes.MODEL_MISFITS_DATA[0])


def test_a_graph_that_takes_other_columns_is_refused(tmp_path: Path) -> None:
    estimator, features, type = made("bool")
    estimator.fit(features[["length", "width"]], features["length"] > 5)
    error = refused(lambda: brought(bring.onnx, tmp_path, written(tmp_path, estimator, 2), type))
    assert error.code == codes.MODEL_MISFITS_DATA[0]
    assert "takes 2 columns, and the schema has 4" in error.message


def test_a_graph_with_more_classes_than_the_label_is_refused(tmp_path: Path) -> None:
    estimator, _, _ = made("enum")
    _, _, type = made("bool")
    error = refused(lambda: brought(bring.onnx, tmp_path, written(tmp_path, estimator), type))
    assert "2x3 numbers, not with 2x2" in error.message


def test_scores_in_a_list_of_maps_are_refused_with_the_way_out(tmp_path: Path) -> None:
    estimator, _, type = made("bool")
    error = refused(lambda: brought(bring.onnx, tmp_path, written(tmp_path, estimator, zipmap=True), type))
    assert "zipmap" in error.help[0]


def test_the_order_of_classes_is_not_guessed(tmp_path: Path) -> None:
    estimator, _, type = made("enum")
    file = written(tmp_path, estimator)
    assert "in which order" in refused(lambda: brought(bring.onnx, tmp_path, file, type)).message
    wrong = [*FLOWERS[:2], "tulip"]
    assert '"tulip"' in refused(lambda: brought(bring.onnx, tmp_path, file, type, classes=wrong)).message
    twice = [*FLOWERS[:2], FLOWERS[0]]
    assert "twice" in refused(lambda: brought(bring.onnx, tmp_path, file, type, classes=twice)).message


def test_columns_that_only_the_rest_covers_have_no_order(tmp_path: Path) -> None:
    estimator, _, type = made("bool")
    open_ended = {**type, "schema": {**type["schema"], "rest": {"base": "float"}}}
    error = refused(lambda: brought(bring.onnx, tmp_path, written(tmp_path, estimator), open_ended))
    assert "`...`" in error.message


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    estimator, _, type = made("bool")
    file = written(tmp_path, estimator)
    contents = []
    for name in ("a", "b"):
        output = brought(bring.onnx, tmp_path / name, file, type)
        contents.append((Path(output.path) / "model.onnx").read_bytes())
    assert contents[0] == contents[1]
    assert onnx.load_model_from_string(contents[0]).graph.input[0].name == export.INPUT


def test_what_came_is_said(tmp_path: Path) -> None:
    estimator, _, type = made("bool")
    joblib.dump(estimator, tmp_path / "some.joblib")
    output = Artefact(str(tmp_path / "brought"), {**type, "framework": "sklearn"})
    result: Result = step(bring.sklearn, {"path": Artefact(str(tmp_path / "some.joblib"))}, {"model": output})
    assert "a LogisticRegression that takes 4 columns" in str(result.to_json()["messages"])


@pytest.mark.parametrize("label", ["bool", "enum", "float"])
def test_a_model_in_onnx_is_judged_like_the_estimator_that_it_was(tmp_path: Path, label: str) -> None:
    estimator, _, type = made(label)
    classes = {"classes": list(estimator.classes_)} if label == "enum" else {}
    given = brought(bring.onnx, tmp_path, written(tmp_path, estimator), type, **classes)
    joblib.dump(estimator, tmp_path / "some.joblib")
    original = brought(bring.sklearn, tmp_path / "original", tmp_path / "some.joblib", type)
    judge = evaluate.regression if label == "float" else evaluate.classification
    found = []
    for model in (given, original):
        outputs = {name: Artefact(str(tmp_path / name)) for name in ("metrics", "report")}
        found.append(step(judge, {"model": model, "data": make_dataset(tmp_path, label)}, outputs).metrics)
    figures = ("rmse", "r2") if label == "float" else ("accuracy", "auc", "recall")
    for name in figures:
        whole = [item[name] if isinstance(item[name], float) else item[name][""] for item in found]
        assert whole[0] == pytest.approx(whole[1], abs=1e-6)
