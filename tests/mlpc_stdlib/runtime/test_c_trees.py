"""Trees in, C out: compiled without a warning, the same bytes, the same answers, and what is no tree is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from mlpc_stdlib.runtime import c_code, c_trees, lightgbm, models, sklearn, tables, xgboost
from mlpc_stdlib.runtime.contract import Artefact, StepError
from tests import system
from tests.mlpc_stdlib.bundles import column, dataset, flowers, make_dataset, make_model, step

LABELS = ["bool", "enum", "float"]
SHORT = {"n_estimators": 20, "random_state": 1}


@pytest.fixture(scope="module", autouse=True)
def compiler() -> None:
    if shutil.which("gcc") is None:
        system.install("gcc")
        system.install("libc6-dev")


def exported(folder: Path, model: Artefact, data: Artefact | None = None, **arguments: Any) -> dict[str, Any]:
    """Export a model to ``code`` and return the figures."""
    inputs = {"model": model, **({"parity.data": data} if data is not None else {})}
    outputs = {name: Artefact(str(folder / name)) for name in ("code", "report")}
    return step(c_trees.c_trees, inputs, outputs, **arguments).metrics


def fitted(
    folder: Path, estimator: Any, label: str = "bool", gaps: bool = False
) -> tuple[Artefact, Artefact]:
    """Fit any estimator on the flowers; return the model and other rows."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ["length", "width", "petals", "wild"]
    made = []
    for name, seed in (("rows", 5), ("others", 9)):
        frame, type = flowers(label, rows=500, seed=seed)
        if gaps:
            type["schema"]["columns"][0]["nullable"] = True
            frame.loc[::3, "length"] = None
        data = Artefact(str(folder / f"{name}.parquet"), type)
        tables.write(data.path, frame, type, name)
        made.append((data, frame))
    (data, frame), (others, _) = made
    estimator.fit(frame[names].astype(float), frame["label"])
    output = Artefact(str(folder / "model"), {"type": "model", "framework": "sklearn"})
    models.save(output.path, estimator, models.describe(estimator, output, data, frame, "it"))
    return output, others


@pytest.mark.parametrize("estimator", ["xgboost", "lightgbm", "random_forest"])
@pytest.mark.parametrize("label", LABELS)
def test_the_code_says_what_the_original_says(tmp_path: Path, estimator: str, label: str) -> None:
    model = make_model(tmp_path, label, estimator, trees=25)
    data = make_dataset(tmp_path / "other", label, rows=1000, seed=11)
    found = exported(tmp_path, model, data, parity__max_abs=1e-5)
    assert found["parity.difference"] < (1e-5 if label == "float" else 1e-6)
    assert found["parity.agreement"] == 1.0
    assert found["parity.rows"] == 1000
    assert json.loads((tmp_path / "report" / "report.json").read_text())["figures"]["rows"] == 1000
    assert 1000 < found["size"] < 20_000
    assert {path.name for path in (tmp_path / "code").iterdir()} == {"model.c", "model.h", "signature.json"}


@pytest.mark.parametrize("library", [xgboost, lightgbm])
@pytest.mark.parametrize("objective", ["absolute_error", "poisson"])
def test_objectives(tmp_path: Path, library: Any, objective: str) -> None:
    name = library.__name__.rpartition(".")[2]
    model = make_model(tmp_path, "float", name, objective=objective, trees=40)
    found = exported(
        tmp_path, model, make_dataset(tmp_path / "other", "float", seed=11), parity__max_abs=1e-4
    )
    assert found["parity.difference"] < 3e-5
    assert found["parity.agreement"] == 1.0


@pytest.mark.parametrize(
    ("estimator", "label"),
    [
        (RandomForestClassifier(**SHORT), "int"),
        (ExtraTreesClassifier(**SHORT), "enum"),
        (GradientBoostingClassifier(**SHORT), "bool"),
        (GradientBoostingClassifier(**SHORT), "enum"),
        (GradientBoostingRegressor(**SHORT), "float"),
        (HistGradientBoostingClassifier(max_iter=10), "bool"),
        (HistGradientBoostingClassifier(max_iter=10), "enum"),
        (HistGradientBoostingRegressor(max_iter=10), "float"),
    ],
)
def test_estimators_of_the_users_choice(tmp_path: Path, estimator: Any, label: str) -> None:
    model, data = fitted(tmp_path, estimator, label)
    found = exported(tmp_path, model, data, parity__max_abs=1e-5)
    assert found["parity.difference"] < 1e-5
    assert found["parity.agreement"] == 1.0


@pytest.mark.parametrize(
    "before",
    [
        [StandardScaler()],
        [StandardScaler(with_mean=False)],
        [MinMaxScaler()],
        [SimpleImputer(strategy="median"), StandardScaler()],
        ["passthrough", SimpleImputer(strategy="most_frequent")],
    ],
)
@pytest.mark.parametrize("label", ["enum", "float"])
def test_what_stands_before_the_trees_becomes_code(tmp_path: Path, before: list[Any], label: str) -> None:
    """In 64 bits, as it was fitted: in 32, as in ONNX, rows would cross thresholds."""
    forest = RandomForestClassifier if label == "enum" else RandomForestRegressor
    gaps = any(isinstance(each, SimpleImputer) for each in before)
    model, data = fitted(tmp_path, make_pipeline(*before, forest(**SHORT)), label, gaps)
    found = exported(tmp_path, model, data, parity__max_abs=1e-5)
    assert found["parity.difference"] < 1e-5
    assert found["parity.agreement"] == 1.0
    assert "typedef double model_number;" in (tmp_path / "code" / "model.h").read_text()
    assert models.read_signature(str(tmp_path / "code"))["inputs"][0]["dtype"] == "float64"


@pytest.mark.parametrize(
    ("trainer", "in_the_training"),
    [
        (xgboost.classifier, True),
        (xgboost.classifier, False),
        (lightgbm.classifier, True),
        (lightgbm.classifier, False),
        # A forest of scikit-learn refuses missing values that it has not seen.
        (sklearn.random_forest, True),
    ],
)
def test_missing_values_are_taken_alike(tmp_path: Path, trainer: Any, in_the_training: bool) -> None:
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
    step(trainer, {"data": data}, {"model": model}, trees=20)
    found = exported(tmp_path, model, other)
    assert found["parity.difference"] < 1e-6
    assert found["parity.agreement"] == 1.0


def test_more_features_and_nodes_than_a_byte_holds(tmp_path: Path) -> None:
    random = numpy.random.RandomState(3)
    frame = pandas.DataFrame(random.normal(size=(3000, 300)), columns=[f"x{number}" for number in range(300)])
    frame["label"] = frame.sum(axis=1) + random.normal(size=3000)
    type = dataset(column("label", "float", "label"), rest={"base": "float"})
    data = Artefact(str(tmp_path / "rows.parquet"), type)
    tables.write(data.path, frame, type, "rows")
    model = Artefact(str(tmp_path / "model"), {"type": "model"})
    step(sklearn.random_forest, {"data": data}, {"model": model}, trees=3, max_features="sqrt")
    found = exported(tmp_path, model, data, parity__max_abs=1e-4)
    assert found["parity.agreement"] == 1.0
    text = (tmp_path / "code" / "model.c").read_text()
    assert "static const uint16_t feature[" in text
    assert "static const uint16_t jump[" in text


def test_the_size_is_what_the_tools_of_the_system_say(tmp_path: Path) -> None:
    found = exported(tmp_path, make_model(tmp_path, "enum", "xgboost"))
    code = tmp_path / "code"
    subprocess.run(["gcc", *c_trees.FLAGS, "-c", "model.c"], cwd=code, check=True)
    told = subprocess.run(["size", "model.o"], cwd=code, check=True, capture_output=True, text=True).stdout
    text, data, bss = map(int, told.splitlines()[1].split()[:3])
    assert bss == 0
    assert found["size"] == text + data


@pytest.mark.parametrize("estimator", ["xgboost", "lightgbm", "random_forest"])
def test_the_bytes_are_the_same_and_name_no_tool(tmp_path: Path, estimator: str) -> None:
    made = []
    for name in ("a", "b"):
        exported(tmp_path / name, make_model(tmp_path / name, "enum", estimator))
        made.append({path.name: path.read_bytes() for path in sorted((tmp_path / name / "code").iterdir())})
    assert made[0] == made[1]
    code = (made[0]["model.c"] + made[0]["model.h"]).decode()
    assert not any(word in code.lower() for word in ("treelite", "mlpc", "version", str(tmp_path)))


def test_the_header_is_a_manual(tmp_path: Path) -> None:
    frame, _ = flowers("enum", rows=100)
    type = dataset(
        column("length", "duration", min=0),
        column("width", "float", nullable=True, min=0, max=5),
        column("petals", "int"),
        column("wild", "bool"),
        column("label", "enum", "label", choices=["iris", "lily", "rose"]),
    )
    data = Artefact(str(tmp_path / "rows.parquet"), type)
    tables.write(data.path, frame, type, "rows")
    model = Artefact(str(tmp_path / "model"), {"type": "model"})
    step(xgboost.classifier, {"data": data}, {"model": model}, trees=3)
    exported(tmp_path, model)
    assert (
        (tmp_path / "code" / "model.h").read_text()
        == """\
/*
 * A model of trees in plain C (C99): no allocation, no files, no state; any number of threads may call it.
 *
 * It foretells "label".
 *
 * Features, in this order:
 *     0  "length": a number of seconds >= 0
 *     1  "width": a number >= 0 and <= 5, or NAN where it is missing
 *     2  "petals": a whole number
 *     3  "wild": 0 or 1
 *
 * Classes, in the order of the scores:
 *     0  "iris"
 *     1  "lily"
 *     2  "rose"
 */
#ifndef MODEL_H
#define MODEL_H

#define MODEL_FEATURES 4
#define MODEL_CLASSES 3

#ifdef __cplusplus
extern "C" {
#endif

typedef float model_number;

/* Writes the probability of each class and returns the number of the most probable one, the first of equals. */
int model_predict(const model_number features[MODEL_FEATURES], float scores[MODEL_CLASSES]);

/* The name of a class by its number, in UTF-8. */
extern const char *const model_classes[MODEL_CLASSES];

#ifdef __cplusplus
}
#endif

#endif
"""
    )


STRANGE = ["*/ int x; /*", 'a"b', "??/", "line\nbreak", "ünïcode", "back\\slash\\", "//", "%s\\0"]


def test_names_of_any_kind_stay_names(tmp_path: Path) -> None:
    random = numpy.random.RandomState(3)
    frame = pandas.DataFrame(random.normal(size=(400, len(STRANGE))), columns=STRANGE)
    frame["label"] = [STRANGE[number] for number in frame[STRANGE].to_numpy().argmax(axis=1)]
    type = dataset(
        *(column(name, "float", nullable=True) for name in STRANGE), column("label", "string", "label")
    )
    data = Artefact(str(tmp_path / "rows.parquet"), type)
    tables.write(data.path, frame, type, "rows")
    model = Artefact(str(tmp_path / "model"), {"type": "model"})
    step(xgboost.classifier, {"data": data}, {"model": model}, trees=10)
    assert exported(tmp_path, model, data)["parity.agreement"] == 1.0
    code = tmp_path / "code"
    (code / "names.c").write_text(
        '#include "model.h"\n#include <stdio.h>\n'
        "int main(void) { for (int i = 0; i < MODEL_CLASSES; i++) fwrite(model_classes[i], 1, 99, stdout); }\n".replace(
            "fwrite(model_classes[i], 1, 99, stdout)", 'printf("%s%c", model_classes[i], 0)'
        )
    )
    subprocess.run(
        ["gcc", "-std=c99", "-Wall", "-Werror", "model.c", "names.c", "-o", "names", "-lm"],
        cwd=code,
        check=True,
    )
    told = subprocess.run([code / "names"], capture_output=True, check=True).stdout.decode().split("\0")[:-1]
    assert told == sorted(STRANGE)


# A model that differs is seen to differ


@pytest.mark.parametrize(
    ("change", "agreement"),
    [
        # Swapped classes, features in another order, a comparison the wrong way, a threshold out of place.
        (("scores[k] = sums[k];", "scores[k] = sums[(k + 1) % SUMS];"), 0.4),
        (
            (
                "leaf_of(root[i], features)",
                "leaf_of(root[i], (const float[]){features[1], features[0], features[2], features[3]})",
            ),
            0.9,
        ),
        ((" < value[node]", " > value[node]"), 0.9),
        ((" < value[node]", " < value[node] + 0.7f"), 0.99),
    ],
)
def test_a_broken_export_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: tuple[str, str], agreement: float
) -> None:
    whole = c_code.source

    def broken(*given: Any) -> str:
        text = whole(*given)
        assert change[0] in text
        return text.replace(*change)

    monkeypatch.setattr(c_code, "source", broken)
    model = make_model(tmp_path, "enum", "xgboost", trees=20)
    found = exported(tmp_path, model, make_dataset(tmp_path / "other", "enum", rows=1000, seed=9))
    assert found["parity.agreement"] < agreement
    assert found["parity.difference"] > 0.3


# What cannot be exported


def refused(folder: Path, model: Artefact) -> StepError:
    with pytest.raises(StepError) as caught:
        exported(folder, model)
    assert not (folder / "code").exists()
    return caught.value


def test_what_is_no_tree(tmp_path: Path) -> None:
    error = refused(tmp_path, make_model(tmp_path, "bool", "logistic_regression"))
    assert error.message.startswith("a LogisticRegression is not made of trees that have a form in C: ")
    assert error.help[-1] == "`export …: onnx` takes most other estimators"


def test_a_single_tree_is_a_forest_of_one(tmp_path: Path) -> None:
    model, _ = fitted(tmp_path, DecisionTreeClassifier(max_depth=3))
    error = refused(tmp_path, model)
    assert error.message.startswith("a DecisionTreeClassifier is not made of trees that have a form in C: ")
    assert "a single tree is a forest of one: `sklearn.random_forest` with `trees = 1`" in error.help


def test_something_else_before_the_trees(tmp_path: Path) -> None:
    model, _ = fitted(tmp_path, make_pipeline(PCA(2), RandomForestClassifier(**SHORT)))
    assert refused(tmp_path, model).message == "before the trees stands a PCA, which has no form in C"


def test_divisions_by_categories(tmp_path: Path) -> None:
    model, _ = fitted(tmp_path, HistGradientBoostingClassifier(max_iter=5, categorical_features=[2]))
    assert refused(tmp_path, model).message == (
        "the trees have a division by categories, which has no form in C here"
    )


def test_a_forest_that_foretells_nothing(tmp_path: Path) -> None:
    model, _ = fitted(tmp_path, IsolationForest(n_estimators=5))
    assert refused(tmp_path, model).name == "not-exportable"


def test_no_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = make_model(tmp_path, "bool", "xgboost")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    error = refused(tmp_path, model)
    assert str(error) == "MLP791 missing-library: there is no compiler of C here"
    assert error.help == ["install one: `pip install ziglang`, or on Debian `apt-get install gcc libc6-dev`"]


def test_a_program_that_never_ends_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c_code, "driver", lambda classifies: "int main(void) { for (;;) {} }\n")
    monkeypatch.setattr(c_trees, "LIMIT", 5.0)
    model = make_model(tmp_path, "bool", "xgboost", trees=2)
    with pytest.raises(StepError, match="the compiled model took longer than 5 s and was ended"):
        exported(tmp_path, model, make_dataset(tmp_path / "other"))
