"""Models in, ONNX out: one form, the same bytes, and a measure of parity that sees what is wrong."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy
import onnx
import pandas
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
)
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from mlpc_stdlib.runtime import export, lightgbm, models, parity, tables, xgboost
from mlpc_stdlib.runtime.contract import Artefact, StepError
from mlpc_stdlib.runtime.schema import Column
from mlpc_stdlib.runtime.serving import bundle
from tests.mlpc_stdlib import flats
from tests.mlpc_stdlib.bundles import column, dataset, flowers, make_dataset, make_model, step

ROOT = Path(__file__).resolve().parents[3]
KINDS = [
    ("random_forest", "bool"),
    ("random_forest", "enum"),
    ("random_forest", "int"),
    ("random_forest", "float"),
    ("logistic_regression", "bool"),
    ("logistic_regression", "enum"),
    *((library, label) for library in ("xgboost", "lightgbm") for label in ("bool", "enum", "int", "float")),
]


def exported(folder: Path, model: Artefact, data: Artefact | None = None, **arguments: Any) -> dict[str, Any]:
    """Export a model to ``bundle`` and return the figures."""
    inputs = {"model": model, **({"parity.data": data} if data is not None else {})}
    return step(export.onnx, inputs, {"portable": Artefact(str(folder / "bundle"))}, **arguments).metrics


def fitted(folder: Path, estimator: Any, label: str = "bool") -> tuple[Artefact, Artefact]:
    """Fit any estimator on the flowers; return the model and the rows."""
    data = make_dataset(folder, label)
    frame, _type = flowers(label)
    names = ["length", "width", "petals", "wild"]
    estimator.fit(frame[names].astype(float), frame["label"])
    output = Artefact(str(folder / "model"), {"type": "model", "framework": "sklearn"})
    models.save(output.path, estimator, models.describe(estimator, output, data, frame, "it"))
    return output, data


@pytest.mark.parametrize(("estimator", "label"), KINDS)
def test_the_export_says_what_the_original_says(tmp_path: Path, estimator: str, label: str) -> None:
    model = make_model(tmp_path, label, estimator)
    data = make_dataset(tmp_path / "other", label, rows=500, seed=11)
    found = exported(tmp_path, model, data, parity__max_abs=1e-5)
    assert found["parity.difference"] < 5e-6
    assert found["parity.mean_difference"] <= found["parity.difference"]
    assert found["parity.agreement"] == 1.0
    assert found["parity.rows"] == 500
    assert found["size"] == (tmp_path / "bundle" / "model.onnx").stat().st_size


@pytest.mark.parametrize(("estimator", "label"), KINDS)
def test_the_bundle_is_one_input_and_one_output(tmp_path: Path, estimator: str, label: str) -> None:
    exported(tmp_path, make_model(tmp_path, label, estimator))
    graph = onnx.load(tmp_path / "bundle" / "model.onnx").graph
    signature = models.read_signature(str(tmp_path / "bundle"))
    regression = label == "float"
    name, width = ("value", 1) if regression else ("scores", len(signature["classes"]))
    shape = graph.output[0].type.tensor_type.shape.dim
    assert [item.name for item in graph.input] == ["input"]
    assert [item.name for item in graph.output] == [name]
    assert (shape[0].dim_param, shape[1].dim_value) == ("batch", width)
    assert signature["framework"] == "onnx"
    assert signature["inputs"] == [{"name": "input", "dtype": "float32", "shape": [None, 4]}]
    kind = "value" if regression else "probability"
    assert signature["outputs"] == [{"name": name, "kind": kind, "dtype": "float32", "shape": [None, width]}]
    session = export.open_session(str(tmp_path / "bundle" / "model.onnx"))
    assert export.run(session, [[1, 2, 3, 0]] * 3).shape == (3, width)


@pytest.mark.parametrize("estimator", ["random_forest", "xgboost", "lightgbm"])
def test_the_bytes_are_the_same_and_name_no_tool(tmp_path: Path, estimator: str) -> None:
    digests = set()
    for name in ("a", "b"):
        exported(tmp_path / name, make_model(tmp_path / name, "enum", estimator))
        content = (tmp_path / name / "bundle" / "model.onnx").read_bytes()
        digests.add(hashlib.sha256(content).hexdigest())
        loaded = onnx.load_from_string(content)
        assert (loaded.producer_name, loaded.producer_version, loaded.ir_version) == ("mlpc", "", 8)
        assert {(item.domain, item.version) for item in loaded.opset_import} == {("", 18), ("ai.onnx.ml", 3)}
    assert len(digests) == 1


def test_real_data(tmp_path: Path) -> None:
    frame = pandas.read_csv(ROOT / "examples" / "tumor" / "data" / "cells.csv")
    type = dataset(column("malignant", "bool", "label"), rest={"base": "float", "min": 0})
    data = Artefact(str(tmp_path / "cells.parquet"), type)
    tables.write(data.path, frame, type, "cells")
    from mlpc_stdlib.runtime import sklearn

    model = Artefact(str(tmp_path / "model"), {"type": "model", "framework": "sklearn"})
    step(sklearn.random_forest, {"data": data}, {"model": model}, trees=60, max_depth=8, seed=7)
    found = exported(tmp_path, model, data, parity__max_abs=1e-4)
    assert found["parity.difference"] < 1e-6
    assert found["parity.agreement"] == 1.0


def test_missing_values_are_taken_alike(tmp_path: Path) -> None:
    from mlpc_stdlib.runtime import sklearn

    frame, type = flowers()
    for item in type["schema"]["columns"][:2]:
        item["nullable"] = True
    frame.loc[::3, "length"] = None
    frame.loc[::4, "width"] = None
    data = Artefact(str(tmp_path / "rows.parquet"), type)
    tables.write(data.path, frame, type, "rows")
    model = Artefact(str(tmp_path / "model"), {"type": "model", "framework": "sklearn"})
    for estimator in (sklearn.random_forest, sklearn.logistic_regression):
        step(estimator, {"data": data}, {"model": model})
        found = exported(tmp_path, model, data, parity__max_abs=1e-5)
        assert found["parity.difference"] < 5e-6
        assert found["parity.agreement"] == 1.0


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
@pytest.mark.parametrize("objective", ["absolute_error", "poisson"])
def test_objectives_of_boosted_trees(tmp_path: Path, library: str, objective: str) -> None:
    model = make_model(tmp_path, "float", library, objective=objective, trees=40)
    found = exported(
        tmp_path, model, make_dataset(tmp_path / "other", "float", seed=11), parity__max_abs=1e-4
    )
    assert found["parity.difference"] < 2e-5
    assert found["parity.agreement"] == 1.0


@pytest.mark.parametrize("library", [xgboost, lightgbm])
@pytest.mark.parametrize("in_the_training", [True, False])
def test_boosted_trees_take_missing_values_alike(tmp_path: Path, library: Any, in_the_training: bool) -> None:
    frame, type = flowers("enum", rows=400)
    for item in type["schema"]["columns"][:2]:
        item["nullable"] = True
    gaps = frame.copy()
    gaps.loc[::3, "length"] = None
    gaps.loc[::4, "width"] = None
    data, other = (Artefact(str(tmp_path / f"{name}.parquet"), type) for name in ("rows", "gaps"))
    tables.write(data.path, gaps if in_the_training else frame, type, "rows")
    tables.write(other.path, gaps, type, "rows")
    model = Artefact(str(tmp_path / "model"), {"type": "model"})
    step(library.classifier, {"data": data}, {"model": model}, trees=30)
    found = exported(tmp_path, model, other)
    assert found["parity.difference"] < 2e-6
    assert found["parity.agreement"] == 1.0


def test_thresholds_of_lightgbm_keep_rows_on_their_side(tmp_path: Path) -> None:
    """A threshold in 64 bits between two neighbours in 32 bits: rounded to the nearest, the upper one would cross it."""
    low = numpy.float32(0.1)
    high = numpy.nextafter(low, numpy.float32(1))
    frame = pandas.DataFrame({"x": numpy.repeat([float(low), float(high)], 100)})
    frame["label"] = frame["x"] == float(high)
    type = dataset(column("x", "float"), column("label", "bool", "label"))
    data = Artefact(str(tmp_path / "rows.parquet"), type)
    tables.write(data.path, frame, type, "rows")
    model = Artefact(str(tmp_path / "model"), {"type": "model"})
    step(lightgbm.classifier, {"data": data}, {"model": model}, trees=5)
    path = tmp_path / "model" / "model.txt"
    told = [line for line in path.read_text().splitlines() if line.startswith("threshold=")]
    # Three quarters of the way up, where LightGBM could have put it as well.
    between = float(low) + (float(high) - float(low)) * 0.75
    assert told
    text = path.read_text()
    for line in set(told):
        text = text.replace(line, f"threshold={between!r}")
    path.write_text(
        "\n".join(line for line in text.splitlines() if not line.startswith("tree_sizes=")) + "\n"
    )
    loaded, signature = models.load(model)
    assert (
        models.predict_values(loaded, models.matrix(signature, frame, "it")).tolist()
        == frame["label"].tolist()
    )
    found = exported(tmp_path, model, data, parity__max_abs=0.0)
    assert found["parity.difference"] < 1e-6
    assert found["parity.agreement"] == 1.0


@pytest.mark.parametrize(
    ("estimator", "label"),
    [
        (GradientBoostingClassifier(n_estimators=5), "enum"),
        (HistGradientBoostingRegressor(max_iter=5), "float"),
        (make_pipeline(StandardScaler(), PCA(2), Ridge()), "float"),
        (CalibratedClassifierCV(RidgeClassifier(), cv=2), "bool"),
    ],
)
def test_estimators_of_the_users_choice(tmp_path: Path, estimator: Any, label: str) -> None:
    model, data = fitted(tmp_path, estimator, label)
    found = exported(tmp_path, model, data, parity__max_abs=1e-4)
    assert found["parity.difference"] < 1e-4
    assert found["parity.agreement"] == 1.0


# A model that differs is seen to differ


def broken(folder: Path, data: Artefact, change: Any, **arguments: Any) -> dict[str, Any]:
    """Compare a model with its export after ``change`` was made to the exported graph."""
    model, signature = models.load(Artefact(str(folder / "model")))
    path = folder / "bundle" / "model.onnx"
    made = onnx.load(path)
    change(made.graph)
    path.write_bytes(made.SerializeToString())
    features = models.matrix(signature, tables.read(data), "the rows")
    answering = partial(export.answer, export.open_session(str(path)))
    return export.compare(model, signature, answering, features, **arguments).figures()


def move_thresholds(graph: Any) -> None:
    for item in graph.node[0].attribute:
        if item.name == "nodes_values":
            item.floats[:] = [value + 0.5 for value in item.floats]


def test_swapped_classes_are_measured(tmp_path: Path) -> None:
    model = make_model(tmp_path, "enum")
    exported(tmp_path, model)

    def rotate(graph: Any) -> None:
        for item in graph.node[0].attribute:
            if item.name == "class_ids":
                item.ints[:] = [(number + 1) % 3 for number in item.ints]

    found = broken(tmp_path, make_dataset(tmp_path, "enum"), rotate, max_abs=1e-4)
    assert found["difference"] > 0.5
    assert found["agreement"] < 0.1


def test_wrong_thresholds_are_measured(tmp_path: Path) -> None:
    exported(tmp_path, make_model(tmp_path, "enum"))
    found = broken(tmp_path, make_dataset(tmp_path, "enum"), move_thresholds, max_abs=1e-4)
    assert found["difference"] > 0.05
    assert 0.5 < found["agreement"] < 0.99
    assert 0.0 < found["mean_difference"] < found["difference"]


def test_wrong_values_of_a_regression_are_measured(tmp_path: Path) -> None:
    exported(tmp_path, make_model(tmp_path, "float"))
    found = broken(tmp_path, make_dataset(tmp_path, "float"), move_thresholds, max_abs=0.01)
    assert found["difference"] > 0.1
    assert found["agreement"] < 0.9


@pytest.mark.parametrize(("unit", "middle"), [(1e-6, 0.0), (1.0, 1.0), (1e6, 0.0), (100.0, 1e6)])
def test_values_agree_by_default_by_how_they_spread(tmp_path: Path, unit: float, middle: float) -> None:
    """Whatever the unit of a label is: what 32 bits change is nothing, and a hundredth of its spread is seen."""
    data = make_dataset(tmp_path, "float")
    frame, _ = flowers("float")
    frame["label"] = frame["label"] * unit + middle
    estimator = GradientBoostingRegressor(n_estimators=20, random_state=1)
    estimator.fit(frame[["length", "width", "petals", "wild"]].astype(float), frame["label"])
    output = Artefact(str(tmp_path / "model"), {"type": "model", "framework": "sklearn"})
    models.save(output.path, estimator, models.describe(estimator, output, data, frame, "it"))
    found = exported(tmp_path, output, data)
    assert found["parity.agreement"] == 1.0
    values = numpy.asarray(frame["label"], dtype=float).reshape(-1, 1)
    off = values + 0.01 * values.std()
    assert not parity.Compared(values, off).alike.any()
    assert parity.Compared(values, off, max_abs=0.02 * values.std()).alike.all()


def test_scores_that_are_no_numbers_never_agree(tmp_path: Path) -> None:
    exported(tmp_path, make_model(tmp_path, "float", "random_forest"))

    def poison(graph: Any) -> None:
        for item in graph.node[0].attribute:
            if item.name == "target_weights":
                item.floats[:] = [float("nan")] * len(item.floats)

    found = broken(tmp_path, make_dataset(tmp_path, "float"), poison, max_abs=1.0)
    assert found["agreement"] == 0.0
    assert found["difference"] > 1e300
    json.dumps(found, allow_nan=False)


class Told(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Gives its columns as probabilities."""

    classes_ = numpy.array([False, True])

    def predict_proba(self, rows: pandas.DataFrame) -> Any:
        return rows.to_numpy()

    def predict(self, rows: pandas.DataFrame) -> Any:
        return self.classes_[rows.to_numpy().argmax(axis=1)]


class Session:
    """An exported model that gives these scores."""

    def __init__(self, scores: list[list[float]]) -> None:
        self.scores = scores

    def run(self, outputs: None, inputs: dict[str, Any]) -> list[Any]:
        return [numpy.asarray(self.scores, dtype=numpy.float32)]


@pytest.mark.parametrize(
    ("max_abs", "agreement"),
    # The first row lies 0.001 off the boundary, the second 0.1; both are decided otherwise. The third agrees.
    [(None, 1 / 3), (0.0005, 1 / 3), (0.002, 2 / 3), (0.2, 1.0)],
)
def test_rows_at_the_boundary_count_as_agreeing(max_abs: float | None, agreement: float) -> None:
    rows = pandas.DataFrame({"no": [0.499, 0.4, 0.9], "yes": [0.501, 0.6, 0.1]})
    signature = models.make_signature(
        [Column(column("no")), Column(column("yes"))], None, "classification", [False, True]
    )
    session = Session([[0.501, 0.499], [0.6, 0.4], [0.9, 0.1]])
    found = export.compare(Told(), signature, partial(export.answer, session), rows, max_abs).figures()
    assert found["agreement"] == pytest.approx(agreement)
    assert found["difference"] == pytest.approx(0.2)


# What cannot be exported


def refused(folder: Path, model: Artefact) -> StepError:
    with pytest.raises(StepError) as caught:
        exported(folder, model)
    assert not (folder / "bundle").exists()
    return caught.value


def test_a_classifier_without_probabilities(tmp_path: Path) -> None:
    model, _ = fitted(tmp_path, RidgeClassifier())
    error = refused(tmp_path, model)
    assert str(error) == (
        "MLP750 not-exportable: the model foretells classes without probabilities,"
        " and its export answers with probabilities"
    )
    assert error.help == ["wrap the estimator: sklearn.calibration.CalibratedClassifierCV(estimator)"]


def test_a_class_without_an_onnx_form(tmp_path: Path) -> None:
    model, _ = fitted(tmp_path, Halves())
    error = refused(tmp_path, model)
    assert error.message.startswith("a Halves has no ONNX form: ")


class Halves(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Does not know."""

    def fit(self, rows: pandas.DataFrame, labels: Any) -> Halves:
        self.classes_ = numpy.unique(labels)
        self.feature_names_in_ = numpy.asarray(rows.columns, dtype=object)
        return self

    def predict_proba(self, rows: pandas.DataFrame) -> Any:
        return numpy.full((len(rows), 2), 0.5)

    def predict(self, rows: pandas.DataFrame) -> Any:
        return self.classes_[[0] * len(rows)]


def test_a_model_that_learned_from_texts_has_an_input_for_each_column(tmp_path: Path) -> None:
    made, figures = flats.exported(tmp_path, street="scores")
    assert figures["parity.agreement"] == 1.0
    assert figures["parity.difference"] < 1e-6
    assert figures["parity.rows"] == 300
    graph = onnx.load(str(made / "model.onnx")).graph
    told = json.loads((made / "signature.json").read_text())
    names = [feature["name"] for feature in told["features"]]
    assert [item.name for item in graph.input] == [item["name"] for item in told["inputs"]] == names
    assert [item["dtype"] for item in told["inputs"]] == [
        "string" if name in ("city", "scores") else "float32" for name in names
    ]
    # A column has the name that the output would have had.
    assert [item.name for item in graph.output] == [told["outputs"][0]["name"]] == ["scores_"]
    again, _ = flats.exported(tmp_path / "again", street="scores")
    for file in ("model.onnx", "signature.json"):
        assert (again / file).read_bytes() == (made / file).read_bytes()


def test_a_model_of_texts_is_judged_and_served_like_its_original(tmp_path: Path) -> None:
    made, _ = flats.exported(tmp_path)
    rows = flats.rows(40, seed=9)[0]
    original, signature = models.load(Artefact(str(tmp_path / "model")))
    wanted = models.predict_scores(original, signature, models.matrix(signature, rows, "it"))
    portable, told = models.load(Artefact(str(made)))
    taken = models.matrix(told, rows, "it")
    found = models.predict_scores(portable, told, taken)
    assert wanted is not None
    assert found is not None
    assert numpy.abs(found - wanted).max() < 1e-6
    assert (models.predict_values(portable, taken) == models.predict_values(original, taken)).all()
    served = bundle.load(str(made))
    asked = taken.astype(object).where(taken.notna(), None)
    assert numpy.abs(served.run(asked.values.tolist()) - wanted).max() < 1e-6


def one_text(folder: Path, base: str = "string", **more: Any) -> Artefact:
    """A model that learned from one column alone."""
    value = ["a", "b"] if base == "string" else pandas.to_datetime(["2026-01-01", "2026-02-01"])
    frame = pandas.DataFrame({"plan": list(value) * 20, "y": [0.5, 1.5] * 20})
    type = dataset(column("plan", base, **more), column("y", "float", "label"))
    data = Artefact(str(folder / "rows.parquet"), type)
    tables.write(data.path, frame, type, "rows")
    estimator = make_pipeline(OneHotEncoder(), Ridge()).fit(frame[["plan"]], frame["y"])
    output = Artefact(str(folder / "model"), {"type": "model", "framework": "sklearn"})
    models.save(output.path, estimator, models.describe(estimator, output, data, frame, "it"))
    return output


def test_a_model_of_one_text(tmp_path: Path) -> None:
    exported(tmp_path, one_text(tmp_path))
    served = bundle.load(str(tmp_path / "bundle"))
    assert served.run([["a"], ["b"]]).tolist() == pytest.approx([0.5, 1.5], abs=0.1)


def test_a_text_that_the_training_has_not_seen_is_told(tmp_path: Path) -> None:
    exported(tmp_path, one_text(tmp_path))
    portable, _ = models.load(Artefact(str(tmp_path / "bundle")))
    with pytest.raises(
        StepError, match=r"does not run the model on such rows: .*Unknown Category"
    ) as refusal:
        models.predict_values(portable, pandas.DataFrame({"plan": ["a", "c"]}))
    assert "handle_unknown" in refusal.value.help[0]


def test_what_has_no_form_as_texts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "missing").mkdir()
    (tmp_path / "date").mkdir()
    found = refused(tmp_path, one_text(tmp_path / "missing", nullable=True))
    assert (
        found.message
        == "the model learns from `plan`, a text that may be missing, and ONNX has no missing text"
    )
    assert found.help == [
        'fill the gaps with a text of their own, such as "unknown", in a step before the training'
    ]
    found = refused(tmp_path, one_text(tmp_path / "date", "date"))
    assert found.message == (
        "the model learns from `plan`, which is timestamp; its export takes numbers and texts only"
    )


def test_rows_without_a_text_are_refused(tmp_path: Path) -> None:
    made, _ = flats.exported(tmp_path)
    rows = flats.rows(5)[0]
    rows.loc[2, "street"] = None
    portable, told = models.load(Artefact(str(made)))
    with pytest.raises(StepError, match="`street` is missing in 1 of 5 rows, and ONNX has no missing text"):
        models.predict_scores(portable, told, models.matrix(told, rows, "it"))


def test_parity_rows_without_a_column_of_the_model(tmp_path: Path) -> None:
    model = make_model(tmp_path)
    frame, type = flowers()
    less = Artefact(str(tmp_path / "less.parquet"), dataset(*type["schema"]["columns"][1:]))
    tables.write(less.path, frame.drop(columns="length"), less.type, "rows")
    with pytest.raises(StepError, match=r"from a column `length`, which `parity\.data` does not have"):
        exported(tmp_path, model, less)
