"""Gradient-boosted trees of two libraries: what they learn, when they stop, the same bytes each time, and what they refuse."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest

from mlpc_stdlib.runtime import boosted, evaluate, lightgbm, models, tables, xgboost
from mlpc_stdlib.runtime.contract import Artefact, Result, StepError
from tests.mlpc_stdlib.bundles import column, dataset, flowers, make_dataset, make_model, step

STDLIB = Path(__file__).resolve().parents[3] / "stdlib"
LIBRARIES = {"xgboost": xgboost, "lightgbm": lightgbm}
both = pytest.mark.parametrize("library", sorted(LIBRARIES))


def train(
    folder: Path,
    library: str,
    frame: pandas.DataFrame,
    type: dict[str, Any],
    goal: str = "classifier",
    validation: Artefact | None = None,
    **arguments: Any,
) -> tuple[Any, dict[str, Any], Result]:
    data = Artefact(str(folder / "rows.parquet"), type)
    tables.write(data.path, frame, type, "rows")
    output = Artefact(str(folder / "model"), {"type": "model", "framework": library})
    inputs = {"data": data, **({"validation": validation} if validation is not None else {})}
    function = getattr(LIBRARIES[library], goal)
    result = step(function, inputs, {"model": output}, **{"trees": 20, **arguments})
    return *models.load(output), result


@both
@pytest.mark.parametrize(
    ("label", "task", "classes", "positive"),
    [
        ("bool", "classification", [False, True], True),
        ("enum", "classification", ["iris", "lily", "rose"], None),
        ("int", "classification", [0, 1, 2], None),
        ("float", "regression", None, None),
    ],
)
def test_the_signature_says_what_the_model_is(
    tmp_path: Path, library: str, label: str, task: str, classes: list[Any] | None, positive: Any
) -> None:
    model = make_model(tmp_path, label, library)
    signature = models.read_signature(model.path)
    told = (signature["framework"], signature["task"], signature["classes"], signature["positive"])
    assert told == (library, task, classes, positive)
    assert sorted(os.listdir(model.path)) == sorted([boosted.FILES[library], "signature.json"])
    assert list(signature["libraries"]) == [library]


@both
@pytest.mark.parametrize(("label", "figure", "at_least"), [("bool", "auc", 0.95), ("enum", "accuracy", 0.85)])
def test_what_they_foretell_is_measured(
    tmp_path: Path, library: str, label: str, figure: str, at_least: float
) -> None:
    model = make_model(tmp_path, label, library, trees=60)
    data = make_dataset(tmp_path / "other", label, seed=9)
    found = step(evaluate.classification, {"model": model, "data": data}, {}).metrics[figure]
    assert (found[""] if isinstance(found, dict) else found) > at_least


@both
@pytest.mark.parametrize("objective", ["squared_error", "absolute_error", "poisson"])
def test_a_regressor_is_near_to_the_values(tmp_path: Path, library: str, objective: str) -> None:
    model = make_model(tmp_path, "float", library, trees=80, objective=objective)
    data = make_dataset(tmp_path / "other", "float", seed=9)
    found = step(evaluate.regression, {"model": model, "data": data}, {}).metrics
    assert found["rmse"] < 1.6
    assert found["r2"] > 0.7


@both
def test_whole_numbers_are_an_amount_for_a_regressor(tmp_path: Path, library: str) -> None:
    frame, type = flowers("int")
    _, signature, result = train(tmp_path, library, frame, type, "regressor")
    assert (signature["task"], signature["classes"]) == ("regression", None)
    assert result.metrics == {"rounds": 20}


def test_parameters_reach_xgboost(tmp_path: Path) -> None:
    model, _ = models.load(
        make_model(
            tmp_path,
            "bool",
            "xgboost",
            trees=7,
            max_depth=2,
            learning_rate=0.05,
            subsample=0.7,
            colsample_bytree=0.5,
            gamma=0.1,
            reg_lambda=2.0,
            reg_alpha=0.5,
            min_child_weight=3,
            max_bin=32,
            seed=4,
        )
    )
    assert model.booster.num_boosted_rounds() == 7
    told = model.get_params()
    wanted = {
        "max_depth": "2",
        "learning_rate": "0.05",
        "subsample": "0.7",
        "colsample_bytree": "0.5",
        "gamma": "0.1",
        "reg_lambda": "2.0",
        "reg_alpha": "0.5",
        "min_child_weight": "3",
        "max_bin": "32",
        "seed": "4",
    }
    assert {name: told[name] for name in wanted} == wanted
    depth = max(line.count("\t") for tree in model.booster.get_dump() for line in tree.splitlines())
    assert depth <= 2


def test_parameters_reach_lightgbm(tmp_path: Path) -> None:
    model, _ = models.load(
        make_model(
            tmp_path,
            "bool",
            "lightgbm",
            trees=7,
            num_leaves=5,
            learning_rate=0.05,
            subsample=0.7,
            colsample_bytree=0.5,
            min_split_gain=0.1,
            reg_lambda=2.0,
            reg_alpha=0.5,
            min_child_samples=11,
            min_child_weight=0.5,
            max_bin=32,
            seed=4,
        )
    )
    assert model.booster.num_trees() == 7
    told = model.get_params()
    wanted = {
        "num_leaves": 5,
        "learning_rate": 0.05,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "feature_fraction": 0.5,
        "min_gain_to_split": 0.1,
        "lambda_l2": 2.0,
        "lambda_l1": 0.5,
        "min_data_in_leaf": 11,
        "min_sum_hessian_in_leaf": 0.5,
        "max_bin": 32,
        "seed": 4,
    }
    assert {name: told[name] for name in wanted} == pytest.approx(wanted)
    assert max(tree["num_leaves"] for tree in model.booster.dump_model()["tree_info"]) <= 5


@both
def test_the_rarer_class_weighs_more_if_wanted(tmp_path: Path, library: str) -> None:
    frame, type = flowers(rows=400)
    frame["label"] = numpy.arange(400) % 20 == 0
    scores = {}
    for weight in ("none", "balanced"):
        (tmp_path / weight).mkdir()
        model, signature, _ = train(tmp_path / weight, library, frame, type, class_weight=weight, trees=3)
        found = models.predict_scores(model, signature, models.matrix(signature, frame, "the rows"))
        assert found is not None
        scores[weight] = float(found[:, 1].mean())
    assert scores["none"] < 0.2 < 0.35 < scores["balanced"]


# Rows that say when it is enough


@both
@pytest.mark.parametrize(
    ("label", "goal"), [("bool", "classifier"), ("enum", "classifier"), ("float", "regressor")]
)
def test_the_best_round_on_other_rows_is_kept(tmp_path: Path, library: str, label: str, goal: str) -> None:
    frame, type = flowers(label)
    other = make_dataset(tmp_path / "other", label, seed=9)
    settings = {"trees": 400, "learning_rate": 0.3, "seed": 1}
    model, signature, result = train(tmp_path, library, frame, type, goal, other, **settings)
    rounds, loss = result.metrics["rounds"], result.metrics["loss"]
    assert 1 < rounds < 390
    assert result.rows == {"validation": 200, "data": 200}
    features = models.matrix(signature, tables.read(other), "the rows")
    actual = tables.read(other)["label"].tolist()
    if label == "float":
        foretold = models.predict_values(model, features)
        assert numpy.sqrt(((foretold - actual) ** 2).mean()) == pytest.approx(loss, rel=1e-5)
    else:
        scores = models.predict_scores(model, signature, features)
        assert scores is not None
        chance = [row[signature["classes"].index(value)] for row, value in zip(scores, actual, strict=True)]
        assert -numpy.log(chance).mean() == pytest.approx(loss, rel=1e-5)
    # The same as if no more had been asked for: what came after the best round is gone.
    (tmp_path / "short").mkdir()
    again, _, _ = train(tmp_path / "short", library, frame, type, goal, **{**settings, "trees": rounds})
    assert models.predict_values(again, features).tolist() == models.predict_values(model, features).tolist()


@both
def test_patience(tmp_path: Path, library: str) -> None:
    frame, type = flowers()
    other = make_dataset(tmp_path / "other", seed=9)
    found = {}
    for patience in (1, 60):
        (tmp_path / str(patience)).mkdir()
        _, _, result = train(
            tmp_path / str(patience),
            library,
            frame,
            type,
            validation=other,
            trees=100,
            learning_rate=0.5,
            subsample=0.5,
            early_stopping_rounds=patience,
        )
        found[patience] = (result.metrics["rounds"], result.metrics["loss"])
        # The loss after each round is kept for reports, also of those that were too many.
        report: Any = result.report
        losses = report["history"]["validation loss"]
        assert min(losses) == pytest.approx(result.metrics["loss"], rel=1e-9)
        assert losses.index(min(losses)) == result.metrics["rounds"] - 1
    assert found[1][0] < found[60][0]
    assert found[1][1] > found[60][1]


# Missing values


@both
def test_missing_values_are_taken_as_they_are(tmp_path: Path, library: str) -> None:
    frame, _ = flowers(rows=600)
    # Whether the value is there says everything.
    frame["length"] = frame["length"].mask(frame["label"])
    type = dataset(
        column("length", "float", nullable=True),
        column("width", "float"),
        column("label", "bool", "label"),
    )
    model, signature, _ = train(tmp_path, library, frame[["length", "width", "label"]], type)
    features = models.matrix(signature, frame, "the rows")
    assert (models.predict_values(model, features) == frame["label"]).all()


# Determinism


def in_a_process(folder: Path, library: str, label: str, threads: int) -> dict[str, bytes]:
    """Train in a process of its own and return the files of the model."""
    data = make_dataset(folder, label, rows=3000)
    other = make_dataset(folder / "other", label, seed=9)

    def at(artefact: Artefact) -> dict[str, Any]:
        return {"path": artefact.path, "type": artefact.type}

    task = {
        "contract": 1,
        "task": "trees",
        "action": {
            "kind": "runtime",
            "target": f"mlpc_stdlib.runtime.{library}",
            "function": "classifier",
        },
        "inputs": {"data": at(data), "validation": at(other)},
        "outputs": {"model": {"path": str(folder / "model"), "type": {"type": "model"}}},
        "arguments": {"trees": 30, "subsample": 0.7, "colsample_bytree": 0.6, "seed": 3},
        "project": str(folder),
        "result": str(folder / "result.json"),
        "threads": threads,
    }
    (folder / "task.json").write_text(json.dumps(task))
    found = subprocess.run(
        [sys.executable, "-m", "mlpc_stdlib.runtime", "--task", folder / "task.json"],
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(STDLIB), "PYTHONHASHSEED": str(threads)},
    )
    assert found.returncode == 0, found.stderr
    return {path.name: path.read_bytes() for path in sorted((folder / "model").iterdir())}


@both
def test_two_processes_with_other_threads_make_the_same_bytes(tmp_path: Path, library: str) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    first = in_a_process(tmp_path / "a", library, "enum", 1)
    assert first == in_a_process(tmp_path / "b", library, "enum", 2)


@both
def test_another_seed_gives_other_trees(tmp_path: Path, library: str) -> None:
    found = {
        (
            Path(make_model(tmp_path / str(seed), "bool", library, seed=seed, subsample=0.5).path)
            / boosted.FILES[library]
        ).read_bytes()
        for seed in (1, 2)
    }
    assert len(found) == 2


# What does not fit


def refused(folder: Path, library: str, *given: Any, **more: Any) -> StepError:
    with pytest.raises(StepError) as caught:
        train(folder, library, *given, **more)
    assert not (folder / "model").exists()
    return caught.value


@both
def test_rows_of_a_class_that_was_not_learned(tmp_path: Path, library: str) -> None:
    frame, type = flowers("enum")
    other = make_dataset(tmp_path / "other", "enum", seed=9)
    error = refused(tmp_path, library, frame[frame["label"] != "rose"], type, validation=other)
    assert str(error) == (
        "MLP721 unfit-label: `validation` has rows of the class 'rose', which the training data has not"
    )
    assert error.help == ["stratify the split by the label"]


@both
def test_rows_that_lack_a_column_or_a_label(tmp_path: Path, library: str) -> None:
    frame, type = flowers()
    less = Artefact(str(tmp_path / "less.parquet"), dataset(*type["schema"]["columns"][1:]))
    tables.write(less.path, frame.drop(columns="length"), less.type, "rows")
    assert refused(tmp_path, library, frame, type, validation=less).message == (
        "`validation` has no column `length`, and the training data has"
    )
    type["schema"]["columns"][-1]["nullable"] = True
    gaps = frame.astype({"label": "boolean"})
    gaps.loc[:2, "label"] = None
    tables.write(less.path, gaps, type, "rows")
    less.type = type
    assert refused(tmp_path, library, frame, type, validation=less).message == (
        "the label `label` is missing in 3 of 200 rows of `validation`"
    )
    tables.write(less.path, frame[:0], type, "rows")
    assert refused(tmp_path, library, frame, type, validation=less).message == "`validation` has no rows"


@both
def test_labels_and_columns_that_do_not_fit(tmp_path: Path, library: str) -> None:
    frame, type = flowers("float")
    assert refused(tmp_path, library, frame, type).message == (
        "a classifier foretells classes, and the label `label` is a float"
    )
    frame, type = flowers()
    assert refused(tmp_path, library, frame, type, "regressor").message == (
        "a regression foretells numbers, and the label `label` is true or false"
    )
    frame["plan"] = "a"
    type["schema"]["columns"].append(column("plan", "string"))
    assert refused(tmp_path, library, frame, type).message == (
        "column `plan` is a text, and this estimator learns from numbers"
    )


@both
@pytest.mark.parametrize("content", [None, b"", b"nothing of the kind", b"\xff\xfe\x00", b"{}", b"[1]"])
def test_files_that_are_no_model(tmp_path: Path, library: str, content: bytes | None) -> None:
    model = make_model(tmp_path, "bool", library)
    path = Path(model.path) / boosted.FILES[library]
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StepError) as caught:
        models.load(model)
    assert caught.value.name == "unreadable-model"
    assert boosted.FILES[library] in caught.value.message


def test_a_framework_that_nothing_here_reads(tmp_path: Path) -> None:
    model = make_model(tmp_path, "bool", "xgboost")
    path = Path(model.path) / "signature.json"
    path.write_text(path.read_text().replace('"xgboost"', '"catboost"', 1))
    with pytest.raises(StepError, match=r"this step takes a model of .*xgboost.*, not one of catboost"):
        models.load(model)
