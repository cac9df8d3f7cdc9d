"""Models in, figures out: compared with figures worked out by hand and with those of scikit-learn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from sklearn import metrics as reference
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from mlpc_stdlib.runtime import evaluate, models, tables
from mlpc_stdlib.runtime.contract import Artefact, Result, StepError, write_json
from mlpc_stdlib.runtime.schema import Column
from tests.mlpc_stdlib.bundles import FLOWERS, column, dataset, flowers, make_dataset, make_model, step


class Told(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Foretells what its columns say: one probability for each class."""

    def __init__(self, classes: tuple[Any, ...] = (False, True)) -> None:
        self.classes = classes

    @property
    def classes_(self) -> Any:
        return numpy.asarray(self.classes)

    def predict_proba(self, rows: pandas.DataFrame) -> Any:
        return rows.to_numpy()

    def predict(self, rows: pandas.DataFrame) -> Any:
        return self.classes_[rows.to_numpy().argmax(axis=1)]


class Same(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Foretells its one column."""

    def predict(self, rows: pandas.DataFrame) -> Any:
        return rows.to_numpy()[:, 0]


def measure(
    folder: Path,
    scores: Any,
    labels: list[Any],
    classes: tuple[Any, ...],
    label: dict[str, Any],
    **arguments: Any,
) -> Result:
    """Measure a classifier that gives these probabilities for rows with these labels."""
    names = [f"p{number}" for number in range(len(classes))]
    type = dataset(*(column(name) for name in names), label)
    frame = pandas.DataFrame(numpy.asarray(scores, dtype=float), columns=names).assign(label=labels)
    data = Artefact(str(folder / "rows.parquet"), type)
    tables.write(data.path, frame, type, "rows")
    marked = Column(label)
    signature = models.make_signature(
        [Column(column(name)) for name in names],
        marked,
        "classification",
        list(classes),
        models.positive_of(list(classes), marked),
    )
    models.save(str(folder / "model"), Told(classes), signature)
    return step(
        evaluate.classification, {"model": Artefact(str(folder / "model")), "data": data}, {}, **arguments
    )


BOOL = column("label", "bool", "label")


def test_figures_for_two_classes_worked_out_by_hand(tmp_path: Path) -> None:
    # Foretold true: 0.9 0.8 0.6 (of which 2 are), false: 0.4 0.2 (of which 1 is not).
    positive = [0.9, 0.8, 0.6, 0.4, 0.2]
    result = measure(
        tmp_path, [[1 - p, p] for p in positive], [True, False, True, True, False], (False, True), BOOL
    )
    assert result.metrics["accuracy"] == 3 / 5
    assert result.metrics["precision"] == {"": 2 / 3, "false": 1 / 2, "true": 2 / 3}
    assert result.metrics["recall"] == {"": 2 / 3, "false": 1 / 2, "true": 2 / 3}
    assert result.metrics["f1"][""] == pytest.approx(2 / 3)
    # Of the six pairs of a true and a false row, four are in the right order.
    assert result.metrics["auc"][""] == pytest.approx(4 / 6)
    assert result.metrics["log_loss"] == pytest.approx(-numpy.log([0.9, 0.2, 0.6, 0.4, 0.8]).mean())
    assert result.metrics["brier"] == pytest.approx(numpy.mean([0.01, 0.64, 0.16, 0.36, 0.04]))
    assert result.metrics["support"] == {"": 5, "false": 2, "true": 3}
    report: Any = result.report
    assert report["confusion"] == [[1, 1], [1, 2]]
    assert report["positive"] == "true"
    assert result.messages == [{"level": "info", "text": "`label` = true is the positive class"}]


def test_the_positive_class_can_be_said(tmp_path: Path) -> None:
    scores = [[0.1, 0.9], [0.8, 0.2], [0.7, 0.3]]
    label = column("label", "enum", "label", choices=["ill", "well"])
    rows: list[Any] = ["well", "ill", "well"]
    (tmp_path / "usual").mkdir()
    usual = measure(tmp_path / "usual", scores, rows, ("ill", "well"), label)
    said = measure(tmp_path, scores, rows, ("ill", "well"), label, positive="ill")
    assert usual.metrics["recall"][""] == usual.metrics["recall"]["well"] == 1 / 2
    assert said.metrics["recall"][""] == said.metrics["recall"]["ill"] == 1.0
    with pytest.raises(StepError) as caught:
        measure(tmp_path, scores, rows, ("ill", "well"), label, positive="sick")
    assert str(caught.value) == (
        'MLP722 impossible-setting: `positive` is "sick", which is no class of the label'
    )
    assert caught.value.help == ['the classes are: "ill", "well"']


@pytest.mark.parametrize("label", ["bool", "enum", "int"])
@pytest.mark.parametrize("estimator", ["random_forest", "logistic_regression"])
def test_figures_agree_with_those_of_scikit_learn(tmp_path: Path, label: str, estimator: str) -> None:
    model = make_model(tmp_path, label, estimator)
    data = make_dataset(tmp_path / "other", label, rows=150, seed=8)
    found = step(evaluate.classification, {"model": model, "data": data}, {}).metrics
    fitted, signature = models.load(model)
    frame = tables.read(data)
    rows = models.matrix(signature, frame, "")
    foretold, scores = fitted.predict(rows), fitted.predict_proba(rows)
    actual = frame["label"].to_numpy(dtype=object if label == "enum" else None)
    classes = fitted.classes_
    average = "binary" if label == "bool" else "macro"
    assert found["accuracy"] == reference.accuracy_score(actual, foretold)
    for name in ("precision", "recall", "f1"):
        score = getattr(reference, f"{name}_score")
        assert found[name][""] == pytest.approx(score(actual, foretold, average=average), rel=1e-12)
        assert list(found[name].values())[1:] == pytest.approx(
            list(score(actual, foretold, average=None)), rel=1e-12
        )
    assert found["log_loss"] == pytest.approx(reference.log_loss(actual, scores, labels=classes), rel=1e-12)
    area = (
        reference.roc_auc_score(actual, scores[:, 1])
        if label == "bool"
        else reference.roc_auc_score(actual, scores, multi_class="ovr", labels=classes)
    )
    assert found["auc"][""] == pytest.approx(area, rel=1e-12)
    if label == "bool":
        assert found["brier"] == pytest.approx(reference.brier_score_loss(actual, scores[:, 1]), rel=1e-12)


def test_figures_read_back_exactly(tmp_path: Path) -> None:
    model = make_model(tmp_path, "enum")
    outputs = {"metrics": Artefact(str(tmp_path / "metrics")), "report": Artefact(str(tmp_path / "report"))}
    result = step(evaluate.classification, {"model": model, "data": make_dataset(tmp_path, "enum")}, outputs)
    assert json.loads((tmp_path / "metrics").read_text()) == result.metrics
    assert json.loads((tmp_path / "report" / "report.json").read_text())["metrics"] == result.metrics
    write_json(str(tmp_path / "result.json"), result.to_json())
    assert json.loads((tmp_path / "result.json").read_text())["metrics"] == result.metrics


def test_the_same_rows_give_the_same_figures_on_several_threads(tmp_path: Path) -> None:
    model = make_model(tmp_path, "enum", trees=40)
    fitted, signature = models.load(model)
    models.save(model.path, fitted.set_params(n_jobs=4), signature)
    data = make_dataset(tmp_path, "enum")
    found = [step(evaluate.classification, {"model": model, "data": data}, {}).metrics for _ in range(4)]
    assert all(one == found[0] for one in found)


def test_rows_of_one_class_only(tmp_path: Path) -> None:
    result = measure(tmp_path, [[0.2, 0.8], [0.7, 0.3]], [True, True], (False, True), BOOL)
    assert "auc" not in result.metrics
    assert result.metrics["recall"] == {"": 0.5, "true": 0.5}
    assert "`auc` is not defined: every row has the label true" in [
        message["text"] for message in result.messages
    ]
    result = measure(tmp_path, [[0.2, 0.8], [0.7, 0.3]], [False, False], (False, True), BOOL)
    assert "" not in result.metrics["recall"]
    assert {"level": "warning", "text": "`recall` is not defined on these rows"} in result.messages


def test_a_class_that_is_never_foretold_has_precision_0(tmp_path: Path) -> None:
    result = measure(tmp_path, [[0.2, 0.8], [0.3, 0.7]], [True, False], (False, True), BOOL)
    assert result.metrics["precision"] == {"": 0.5, "false": 0.0, "true": 0.5}
    assert {"level": "warning", "text": "the model never foretells false"} in result.messages


def test_classes_that_the_model_never_saw_count_as_wrong(tmp_path: Path) -> None:
    label = column("label", "enum", "label", choices=list(FLOWERS))
    result = measure(tmp_path, [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]], list(FLOWERS), ("iris", "lily"), label)
    assert result.metrics["accuracy"] == 2 / 3
    assert result.metrics["recall"]["rose"] == 0.0
    assert result.metrics["log_loss"] > 10
    assert result.messages[0]["text"] == "the model never saw `label` = rose: such rows count as wrong"


def test_figures_of_a_regression_worked_out_by_hand(tmp_path: Path) -> None:
    type = dataset(column("x"), column("y", "float", "label"))
    data = Artefact(str(tmp_path / "rows.parquet"), type)
    tables.write(
        data.path, pandas.DataFrame({"x": [1.0, 2.0, 3.0, 8.0], "y": [1.0, 4.0, 3.0, 4.0]}), type, "rows"
    )
    signature = models.make_signature(
        [Column(column("x"))], Column(column("y", "float", "label")), "regression"
    )
    models.save(str(tmp_path / "model"), Same(), signature)
    result = step(evaluate.regression, {"model": Artefact(str(tmp_path / "model")), "data": data}, {})
    assert result.metrics == {
        "rmse": numpy.sqrt(5.0),
        "mae": 1.5,
        "r2": pytest.approx(1 - 20 / 6),
        "max_error": 4.0,
        "mape": pytest.approx((0 + 0.5 + 0 + 1) / 4),
        "support": 4,
    }
    report: Any = result.report
    assert report["points"] == [[1.0, 1.0], [4.0, 2.0], [3.0, 3.0], [4.0, 8.0]]


def test_r2_of_a_constant_label_and_mape_with_zeros_are_no_figures(tmp_path: Path) -> None:
    type = dataset(column("x"), column("y", "float", "label"))
    data = Artefact(str(tmp_path / "rows.parquet"), type)
    tables.write(data.path, pandas.DataFrame({"x": [1.0, 2.0], "y": [0.0, 0.0]}), type, "rows")
    signature = models.make_signature(
        [Column(column("x"))], Column(column("y", "float", "label")), "regression"
    )
    models.save(str(tmp_path / "model"), Same(), signature)
    result = step(evaluate.regression, {"model": Artefact(str(tmp_path / "model")), "data": data}, {})
    assert sorted(result.metrics) == ["mae", "max_error", "rmse", "support"]
    assert result.messages == [{"level": "warning", "text": "`r2` is not defined for these rows"}]


# What does not fit


def refused(function: Any, model: Artefact, data: Artefact) -> StepError:
    with pytest.raises(StepError) as caught:
        step(function, {"model": model, "data": data}, {})
    return caught.value


def test_the_wrong_kind_of_measure(tmp_path: Path) -> None:
    classifier, regressor = make_model(tmp_path / "c"), make_model(tmp_path / "r", "float")
    error = refused(evaluate.classification, regressor, make_dataset(tmp_path, "float"))
    assert str(error) == (
        "MLP730 model-misfits-data: the model foretells numbers, and this step measures classes"
    )
    error = refused(evaluate.regression, classifier, make_dataset(tmp_path))
    assert error.message == "the model foretells classes, and this step measures numbers"


def test_data_without_a_column_or_the_label_of_the_model(tmp_path: Path) -> None:
    model = make_model(tmp_path)
    frame, type = flowers()

    def without(*names: str) -> Artefact:
        kept = [item for item in type["schema"]["columns"] if item["name"] not in names]
        less = Artefact(str(tmp_path / "less.parquet"), dataset(*kept))
        tables.write(less.path, frame.drop(columns=list(names)), less.type, "rows")
        return less

    error = refused(evaluate.classification, model, without("width", "wild"))
    assert error.message == "the model learned from a column `width` and 1 more, which the data does not have"
    error = refused(evaluate.classification, model, without("label"))
    assert error.message == "the model foretells `label`, and the data has no such column"


def test_labels_of_another_kind(tmp_path: Path) -> None:
    error = refused(evaluate.classification, make_model(tmp_path), make_dataset(tmp_path / "x", "enum"))
    assert error.message == (
        "no value of the label `label` is a class of the model: the data has iris, lily, rose, the model false, true"
    )


def test_a_model_that_is_none(tmp_path: Path) -> None:
    data, model = make_dataset(tmp_path), make_model(tmp_path / "m")
    (Path(model.path) / "model.joblib").write_bytes(b"broken")
    error = refused(evaluate.classification, model, data)
    assert str(error).startswith("MLP731 unreadable-model: the model cannot be loaded: ")
    (Path(model.path) / "signature.json").unlink()
    assert refused(evaluate.classification, model, data).message.endswith("has no signature.json")


# Beside another, and by the values of columns


def by_plan(folder: Path, plans: list[str | None], **arguments: Any) -> Result:
    """Measure two models for five rows of these plans; the second foretells that all is false."""
    scores = numpy.asarray([[0.1, 0.9], [0.2, 0.8], [0.4, 0.6], [0.6, 0.4], [0.8, 0.2]])
    names = ["p0", "p1"]
    type = dataset(*(column(name) for name in names), column("plan", "string", "ignore", nullable=True), BOOL)
    frame = pandas.DataFrame(scores, columns=names)
    frame = frame.assign(plan=pandas.Series(plans, dtype=object), label=[True, False, True, True, False])
    data = Artefact(str(folder / "rows.parquet"), type)
    tables.write(data.path, frame, type, "rows")
    inputs = {"data": data}
    for port, order in (("model", names), ("baseline", ["p1", "p0"])):
        signature = models.make_signature(
            [Column(column(name)) for name in order], Column(BOOL), "classification", [False, True], True
        )
        models.save(str(folder / port), Told(), signature)
        inputs[port] = Artefact(str(folder / port))
    return step(evaluate.classification, inputs, {}, **arguments)


def test_the_baseline_is_measured_on_the_same_rows(tmp_path: Path) -> None:
    result = by_plan(tmp_path, ["a"] * 5)
    # What one gets right the other gets wrong.
    assert result.metrics["accuracy"] == pytest.approx(3 / 5)
    assert result.metrics["baseline.accuracy"] == pytest.approx(2 / 5)
    assert result.metrics["recall"][""] == pytest.approx(2 / 3)
    assert result.metrics["baseline.recall"] == pytest.approx({"": 1 / 3, "false": 1 / 2, "true": 1 / 3})
    assert result.metrics["baseline.auc"][""] == pytest.approx(1 - result.metrics["auc"][""])


def test_each_figure_by_the_values_of_a_column(tmp_path: Path) -> None:
    result = by_plan(tmp_path, ["a", "a", "b", "b", None], slices=["plan"])
    assert result.metrics["accuracy[plan]"] == {"a": 1 / 2, "b": 1 / 2, "none": 1.0}
    # There is no positive row without a plan: what share of them was found is not known, and that is said.
    assert result.metrics["recall[plan]"] == {"a": 1.0, "b": 1 / 2}
    assert result.metrics["support[plan]"] == {"a": 2, "b": 2, "none": 1}
    assert result.metrics["baseline.recall[plan]"] == {"a": 0.0, "b": 1 / 2}
    said = [message["text"] for message in result.messages if message["level"] == "warning"]
    assert "`recall[plan]` is not defined for none on these rows" in said
    assert "the baseline: `recall[plan]` is not defined for none on these rows" in said


def test_errors_by_the_values_of_a_column(tmp_path: Path) -> None:
    type = dataset(column("x"), column("shop", "int"), column("y", "float", "label"))
    frame = pandas.DataFrame({"x": [1.0, 2.0, 3.0], "shop": [1, 1, 2], "y": [1.0, 3.0, 7.0]})
    data = Artefact(str(tmp_path / "rows.parquet"), type)
    tables.write(data.path, frame, type, "rows")
    signature = models.make_signature(
        [Column(column("x"))], Column(column("y", "float", "label")), "regression"
    )
    models.save(str(tmp_path / "model"), Same(), signature)
    model = Artefact(str(tmp_path / "model"))
    result = step(evaluate.regression, {"model": model, "data": data, "baseline": model}, {}, slices=["shop"])
    assert result.metrics["mae[shop]"] == {"1": 0.5, "2": 4.0}
    assert result.metrics["rmse"] == result.metrics["baseline.rmse"]


def test_columns_that_no_figure_can_be_given_by(tmp_path: Path) -> None:
    with pytest.raises(StepError) as caught:
        by_plan(tmp_path, ["a"] * 5, slices=["plam"])
    assert caught.value.message == (
        "figures are asked for by `plam`, and the data has no such column; did you mean `plan`?"
    )
    frame, type = flowers(rows=1000)
    data = Artefact(str(tmp_path / "many.parquet"), type)
    tables.write(data.path, frame, type, "rows")
    inputs = {"model": make_model(tmp_path / "m"), "data": data}
    with pytest.raises(StepError) as caught:
        step(evaluate.classification, inputs, {}, slices=["length"])
    assert caught.value.message.startswith("figures are asked for by `length`, which has ")


def test_a_baseline_of_another_kind(tmp_path: Path) -> None:
    inputs = {
        "model": make_model(tmp_path / "m"),
        "baseline": make_model(tmp_path / "b", "float"),
        "data": make_dataset(tmp_path),
    }
    with pytest.raises(StepError) as caught:
        step(evaluate.classification, inputs, {})
    assert caught.value.message == "the baseline: the model foretells numbers, and this step measures classes"
