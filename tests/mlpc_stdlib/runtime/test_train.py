"""Rows in, a model out: which columns it learns from, the same bytes each time, and what it refuses."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest

from mlpc_stdlib.runtime import models, sklearn, tables
from mlpc_stdlib.runtime.contract import Artefact, Result, StepError
from tests.mlpc_stdlib.bundles import column, dataset, flowers, make_model, step


def train(
    folder: Path,
    frame: pandas.DataFrame,
    type: dict[str, Any],
    estimator: str = "random_forest",
    **arguments: Any,
) -> tuple[Any, dict[str, Any], Result]:
    data = Artefact(str(folder / "rows.parquet"), type)
    tables.write(data.path, frame, type, "rows")
    output = Artefact(str(folder / "model"), {"type": "model", "framework": "sklearn"})
    if estimator == "random_forest":
        arguments = {"trees": 5, **arguments}
    result = step(getattr(sklearn, estimator), {"data": data}, {"model": output}, **arguments)
    return *models.load(output), result


def test_marks_say_what_is_no_feature(tmp_path: Path) -> None:
    frame, _ = flowers()
    frame["id"] = [f"n{number}" for number in range(len(frame))]
    frame["at"] = pandas.Timestamp("2026-01-01")
    frame["note"] = "x"
    type = dataset(
        column("id", "string", "key"),
        column("at", "datetime", "time"),
        column("note", "string", "ignore"),
        column("label", "bool", "label"),
        column("wild", "bool"),
        column("petals", "int"),
        rest={"base": "float", "min": 0},
    )
    model, signature, result = train(tmp_path, frame, type)
    assert [(feature["name"], feature["dtype"]) for feature in signature["features"]] == [
        ("length", "float64"),
        ("width", "float64"),
        ("petals", "int64"),
        ("wild", "bool"),
    ]
    assert signature["features"][0]["type"] == {"base": "float", "min": 0}
    assert list(model.feature_names_in_) == ["length", "width", "petals", "wild"]
    assert result.messages[0]["text"] == "learned 2 classes of `label` from 4 columns of 200 rows"


@pytest.mark.parametrize("estimator", ["random_forest", "logistic_regression"])
@pytest.mark.parametrize(
    ("label", "task", "classes", "positive"),
    [
        ("bool", "classification", [False, True], True),
        ("enum", "classification", ["iris", "lily", "rose"], None),
        ("int", "classification", [0, 1, 2], None),
    ],
)
def test_the_signature_says_what_the_model_is(
    tmp_path: Path, estimator: str, label: str, task: str, classes: list[Any], positive: Any
) -> None:
    signature = models.read_signature(make_model(tmp_path, label, estimator).path)
    assert signature["task"] == task
    assert signature["classes"] == classes
    assert signature["positive"] == positive
    assert signature["label"]["name"] == "label"
    assert signature["outputs"] == [
        {"name": "scores", "kind": "probability", "dtype": "float64", "shape": [None, len(classes)]}
    ]
    assert signature["example"] == {"length": 5.147, "width": 2.485, "petals": 6, "wild": False}


def test_a_float_label_makes_a_regression(tmp_path: Path) -> None:
    signature = models.read_signature(make_model(tmp_path, "float").path)
    assert (signature["task"], signature["classes"], signature["positive"]) == ("regression", None, None)


def test_the_last_choice_of_an_enum_is_positive(tmp_path: Path) -> None:
    frame, _ = flowers()
    frame["label"] = numpy.where(frame["label"], "benign", "malign")
    type = dataset(column("label", "enum", "label", choices=["malign", "benign"]), rest={"base": "float"})
    _, signature, _ = train(tmp_path, frame.drop(columns="wild"), type)
    assert signature["classes"] == ["benign", "malign"]
    assert signature["positive"] == "benign"


def test_goal_makes_a_regression_of_whole_numbers(tmp_path: Path) -> None:
    frame, type = flowers("int")
    _, signature, _ = train(tmp_path, frame, type, goal="regression")
    assert signature["task"] == "regression"


def test_parameters_reach_the_estimator(tmp_path: Path) -> None:
    frame, type = flowers()
    forest, _, _ = train(
        tmp_path,
        frame,
        type,
        trees=7,
        max_depth=3,
        min_samples_leaf=2,
        max_features="log2",
        class_weight="balanced",
        seed=9,
    )
    told = forest.get_params()
    assert {name: told[name] for name in ("n_estimators", "max_depth", "min_samples_leaf")} == {
        "n_estimators": 7,
        "max_depth": 3,
        "min_samples_leaf": 2,
    }
    assert (told["max_features"], told["class_weight"], told["random_state"], told["n_jobs"]) == (
        "log2",
        "balanced",
        9,
        None,
    )


@pytest.mark.parametrize("penalty", ["l2", "l1", "elasticnet", "none"])
def test_penalties(tmp_path: Path, penalty: str) -> None:
    frame, type = flowers()
    model, _, result = train(
        tmp_path, frame, type, "logistic_regression", penalty=penalty, c=0.02, max_iter=4000
    )
    size = float(numpy.abs(model[-1].coef_).sum())
    zeros = int((model[-1].coef_ == 0.0).sum())
    assert (size > 5) is (penalty == "none")
    assert (zeros > 0) is (penalty in ("l1", "elasticnet"))
    assert [message["level"] for message in result.messages] == ["info"]


def test_a_fit_that_does_not_converge_is_warned_of(tmp_path: Path) -> None:
    frame, type = flowers()
    _, _, result = train(tmp_path, frame, type, "logistic_regression", max_iter=1)
    assert result.messages[0] == {
        "level": "warning",
        "text": "the fit did not converge in 1 iterations; raise `max_iter`, or `standardize = true`",
    }


@pytest.mark.parametrize("estimator", ["random_forest", "logistic_regression"])
def test_missing_values_of_nullable_columns(tmp_path: Path, estimator: str) -> None:
    frame, _ = flowers()
    frame.loc[::7, "length"] = None
    frame["petals"] = frame["petals"].astype("Int64").mask(frame.index % 5 == 0)
    type = dataset(
        column("length", "float", nullable=True),
        column("width", "float"),
        column("petals", "int", nullable=True),
        column("wild", "bool"),
        column("label", "bool", "label"),
    )
    model, signature, _ = train(tmp_path, frame, type, estimator)
    assert [feature["nullable"] for feature in signature["features"]] == [True, False, True, False]
    features = models.matrix(signature, frame, "the rows")
    scores = models.predict_scores(model, signature, features)
    assert scores is not None
    assert numpy.isfinite(scores).all()


def test_an_example_shows_no_text_of_a_sensitive_column() -> None:
    from mlpc_stdlib.runtime.schema import Column

    frame = pandas.DataFrame({"name": ["Ann", "Ann", "Bob"], "town": ["x", "y", "y"]})
    columns = [Column(column("name", "string", "sensitive")), Column(column("town", "string"))]
    assert models.example_of(frame, columns) == {"name": "…", "town": "y"}


# Determinism


@pytest.mark.parametrize(("label", "estimator"), [("bool", "random_forest"), ("enum", "logistic_regression")])
def test_the_same_rows_and_seed_give_the_same_bytes(tmp_path: Path, label: str, estimator: str) -> None:
    digests = set()
    for name in ("one", "two"):
        model = make_model(tmp_path / name, label, estimator)
        digests.add(hashlib.sha256((Path(model.path) / "model.joblib").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_another_seed_gives_another_forest(tmp_path: Path) -> None:
    first, second = make_model(tmp_path / "a", seed=1), make_model(tmp_path / "b", seed=2)
    assert (Path(first.path) / "model.joblib").read_bytes() != (
        Path(second.path) / "model.joblib"
    ).read_bytes()


# What does not fit


def refused(
    folder: Path, frame: pandas.DataFrame, type: dict[str, Any], *given: Any, **more: Any
) -> StepError:
    with pytest.raises(StepError) as caught:
        train(folder, frame, type, *given, **more)
    assert not (folder / "model").exists()
    return caught.value


@pytest.mark.parametrize(
    ("base", "said", "written"),
    [
        ("string", "a text", "string"),
        ("enum", 'one of "a", "b"', 'enum("a", "b")'),
        ("date", "a date such as 2026-01-31", "date"),
    ],
)
def test_a_column_that_is_no_number(tmp_path: Path, base: str, said: str, written: str) -> None:
    frame, type = flowers()
    frame["extra"] = pandas.Timestamp("2026-01-01") if base == "date" else "a"
    refined = {"choices": ["a", "b"]} if base == "enum" else {}
    type["schema"]["columns"].append(column("extra", base, **refined))
    error = refused(tmp_path, frame, type)
    assert str(error) == (
        f"MLP720 not-a-feature: column `extra` is {said}, and this estimator learns from numbers"
    )
    assert error.help[0] == f"leave it out: extra: {written} @ignore"


def test_no_label_a_label_with_gaps_and_one_with_a_single_value(tmp_path: Path) -> None:
    frame, type = flowers()
    plain = dataset(column("label", "bool"), rest={"base": "float"})
    assert refused(tmp_path, frame.astype({"wild": float}), plain).message == (
        "the data has no column that is marked @label"
    )
    type["schema"]["columns"][-1]["nullable"] = True
    gaps = frame.astype({"label": "boolean"})
    gaps.loc[:2, "label"] = None
    assert str(refused(tmp_path, gaps, type)) == (
        "MLP721 unfit-label: the label `label` is missing in 3 of 200 rows"
    )
    assert refused(tmp_path, frame.assign(label=True), type).message == (
        "the label `label` is true in all 200 rows: there is nothing to tell apart"
    )


def test_a_goal_that_the_label_cannot_have(tmp_path: Path) -> None:
    frame, type = flowers("enum")
    assert refused(tmp_path, frame, type, goal="regression").message == (
        'a regression foretells numbers, and the label `label` is one of "iris", "lily", "rose"'
    )
    frame, type = flowers("float")
    assert refused(tmp_path, frame, type, "logistic_regression").message == (
        "a classifier foretells classes, and the label `label` is a float"
    )
    assert refused(tmp_path, frame, type, class_weight="balanced").message == (
        "`class_weight` is for classes, and the label is a number"
    )


def test_only_a_label_and_no_features(tmp_path: Path) -> None:
    type = dataset(column("label", "bool", "label"))
    error = refused(tmp_path, pandas.DataFrame({"label": [True, False]}), type)
    assert error.message == "the data has no column to learn from beside its label"


def test_an_amount_taken_for_classes_is_warned_of(tmp_path: Path) -> None:
    frame, type = flowers("int")
    type["schema"]["columns"][-1]["type"] = {"base": "int"}
    frame["label"] = numpy.arange(200) // 2
    _, _, result = train(tmp_path, frame, type)
    assert result.messages[0]["text"] == (
        'the label `label` has 100 different whole numbers, each taken as a class; for an amount: goal = "regression"'
    )
