"""Rows and layers in, a network out: the same bytes each time, judged as others are, and a search that survives being killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest

from mlpc_stdlib.runtime import tables
from mlpc_stdlib.runtime.contract import Artefact
from tests.engines import python_with
from tests.mlpc_stdlib.bundles import column, dataset
from tests.mlpc_stdlib.networks import LOCK, digits, progress, step, tumors
from tests.mlpc_stdlib.runtime.test_children import alive, until

pytestmark = pytest.mark.engine

ROOT = Path(__file__).resolve().parents[3]


def dense(units: int, activation: str = "none") -> dict[str, Any]:
    return {"component": "dense", "units": units, "activation": activation}


IMAGES: list[dict[str, Any]] = [
    {"component": "conv2d", "filters": 4, "kernel": 3, "stride": 1, "padding": "valid", "activation": "relu"},
    {"component": "max_pool", "size": 2},
    {"component": "flatten"},
    {"component": "dropout", "rate": 0.1},
    dense(10, "softmax"),
]
EVERY_LAYER = [
    {"component": "conv2d", "filters": 4, "kernel": 3, "stride": 2, "padding": "same", "activation": "tanh"},
    {"component": "batch_norm"},
    {"component": "depthwise_conv2d", "kernel": 3, "stride": 1, "padding": "same", "activation": "relu"},
    {"component": "up_sampling", "size": 2},
    {"component": "average_pool", "size": 2},
    {"component": "global_average_pool"},
    dense(6, "gelu"),
    dense(6, "hard_swish"),
    dense(10, "softmax"),
]
SERIES = [
    {"component": "layer_norm"},
    {"component": "lstm", "units": 3, "unroll": True},
    dense(10, "softmax"),
]
TWO = [dense(8, "relu"), dense(2, "softmax")]
ONE = [dense(8, "tanh"), dense(1)]


def train(
    folder: Path, data: Artefact, layers: list[dict[str, Any]], function: str = "classifier", **arguments: Any
) -> dict[str, Any]:
    """Train into `folder/model`; return `result.json`."""
    inputs = {"data": data}
    if "on" in arguments:
        inputs["tune.on"] = arguments.pop("on")
    outputs = {"model": folder / "model", "report": folder / "report"}
    return step(f"keras:{function}", folder, inputs, outputs, layers=layers, **arguments)


def done(found: dict[str, Any]) -> dict[str, Any]:
    assert found["status"] == "done", found["error"]
    return found


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Artefact:
    folder = tmp_path_factory.mktemp("images")
    made = digits(folder, 0, 600)
    made.type["schema"]["columns"][1]["type"].update(min=0, max=9)
    return made


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, images: Artefact) -> Path:
    """Two fits of one spec, each in processes of its own, in `first` and `second`."""
    folder = tmp_path_factory.mktemp("trained")
    for name in ("first", "second"):
        done(train(folder / name, images, IMAGES, epochs=8, batch=32, learning_rate=0.01, seed=11))
    return folder


def test_the_same_fit_gives_the_same_bytes(trained: Path) -> None:
    for name in ("model/model.keras", "model/signature.json", "report/report.json"):
        assert (trained / "first" / name).read_bytes() == (trained / "second" / name).read_bytes(), name


def test_a_network_learns(trained: Path) -> None:
    told = json.loads((trained / "first" / "result.json").read_text())
    assert told["metrics"]["accuracy"] > 0.95
    assert told["rows"] == {"data": 600}
    report = json.loads((trained / "first" / "report" / "report.json").read_text())
    loss = report["history"]["loss"]
    assert len(loss) == len(report["history"]["accuracy"]) == 8
    assert loss[-1] < loss[0] / 4
    assert report["weights"] == (9 * 4 + 4) + (36 * 10 + 10)
    log = (trained / "first" / "log.txt").read_text().splitlines()
    assert log == [
        f"epoch {number + 1} of 8: accuracy {accuracy:.4g}, loss {loss:.4g}"
        for number, (accuracy, loss) in enumerate(
            zip(report["history"]["accuracy"], report["history"]["loss"], strict=True)
        )
    ]


def test_the_signature_says_what_goes_in_and_what_comes_out(trained: Path) -> None:
    told = json.loads((trained / "first" / "model" / "signature.json").read_text())
    assert told["framework"] == "keras"
    assert told["classes"] == list(range(10))
    assert told["features"][0]["dtype"] == "tensor"
    assert told["features"][0]["type"]["shape"] == [8, 8, 1]
    assert told["inputs"] == [{"name": "input", "dtype": "float32", "shape": [None, 8, 8, 1]}]
    assert told["outputs"] == [
        {"name": "scores", "kind": "probability", "dtype": "float32", "shape": [None, 10]}
    ]
    assert numpy.asarray(told["example"]["pixels"]).shape == (8, 8, 1)
    assert "scaling" not in told
    assert set(told["libraries"]) == {"keras", "numpy", "optuna", "tensorflow-cpu"}


def test_the_file_of_a_model_has_nothing_of_its_training_and_no_clock(trained: Path) -> None:
    with zipfile.ZipFile(trained / "first" / "model" / "model.keras") as archive:
        assert archive.namelist() == ["config.json", "metadata.json", "model.weights.h5"]
        assert {item.date_time for item in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        config = json.loads(archive.read("config.json"))
        assert "1980-01-01" in archive.read("metadata.json").decode()
        assert b"optimizer" not in archive.read("model.weights.h5")
    assert not config.get("compile_config")
    names = [layer["config"]["name"] for layer in config["config"]["layers"]]
    assert names == ["input", "conv2d_1", "max_pool_2", "flatten_3", "dropout_4", "dense_5"]


def test_it_is_judged_as_other_models_are(trained: Path, images: Artefact, tmp_path: Path) -> None:
    model = Artefact(str(trained / "first" / "model"))
    told = done(step("evaluate:classification", tmp_path, {"model": model, "data": images}, {}))
    figures = json.loads((trained / "first" / "result.json").read_text())["metrics"]
    assert told["metrics"]["accuracy"] == figures["accuracy"]
    assert told["metrics"]["log_loss"] == pytest.approx(figures["loss"], rel=1e-6)
    assert told["metrics"]["auc"][""] > 0.99
    found = step("evaluate:regression", tmp_path, {"model": model, "data": images}, {})
    assert found["error"]["code"] == "MLP730"


#: Layers and optimizers that the other tests have not, and what Keras calls the layers.
LAYERS = [
    (
        EVERY_LAYER,
        "rmsprop",
        (
            "Conv2D BatchNormalization DepthwiseConv2D UpSampling2D AveragePooling2D GlobalAveragePooling2D Dense Dense Dense"
        ),
    ),
    pytest.param(SERIES, "sgd", "LayerNormalization LSTM Dense", marks=pytest.mark.full),
    pytest.param(
        [{"component": "gru", "units": 3, "unroll": False}, dense(10, "softmax")],
        "adamw",
        "GRU Dense",
        marks=pytest.mark.full,
    ),
]


@pytest.mark.parametrize(("layers", "optimizer", "classes"), LAYERS)
def test_every_layer_and_optimizer(
    tmp_path: Path, images: Artefact, layers: list[dict[str, Any]], optimizer: str, classes: str
) -> None:
    if "LSTM" in classes or "GRU" in classes:
        tensor = images.type["schema"]["columns"][0]
        series = {**tensor, "type": {**tensor["type"], "shape": [8, 8]}}
        columns = [series, *images.type["schema"]["columns"][1:]]
        images = Artefact(
            images.path, {**images.type, "schema": {**images.type["schema"], "columns": columns}}
        )
    done(train(tmp_path, images, layers, epochs=1, optimizer=optimizer))
    with zipfile.ZipFile(tmp_path / "model" / "model.keras") as archive:
        config = json.loads(archive.read("config.json"))
    assert [layer["class_name"] for layer in config["config"]["layers"][1:]] == classes.split()


def test_columns_of_numbers_are_brought_to_one_scale_beside_the_network(tmp_path: Path) -> None:
    data = tumors(tmp_path)
    told = done(train(tmp_path, data, TWO, epochs=10, learning_rate=0.01, optimizer="adamw"))
    assert told["metrics"]["accuracy"] > 0.95
    frame = tables.read(data)
    signature = json.loads((tmp_path / "model" / "signature.json").read_text())
    assert signature["inputs"][0]["shape"] == [None, 30]
    assert signature["classes"] == [False, True]
    assert signature["positive"] is True
    numbers = frame[[f"x{number}" for number in range(30)]].to_numpy()
    assert signature["scaling"]["mean"] == pytest.approx(numbers.mean(axis=0).tolist())
    assert signature["scaling"]["scale"] == pytest.approx(numbers.std(axis=0).tolist())


def test_a_regression_is_judged_in_the_unit_of_its_label(tmp_path: Path) -> None:
    data = progress(tmp_path)
    told = done(train(tmp_path, data, ONE, "regressor", epochs=12, learning_rate=0.01))
    model = Artefact(str(tmp_path / "model"))
    judged = done(step("evaluate:regression", tmp_path / "judged", {"model": model, "data": data}, {}))
    assert judged["metrics"]["r2"] > 0.4
    assert judged["metrics"]["mae"] == pytest.approx(told["metrics"]["mae"], rel=1e-6)
    assert judged["metrics"]["rmse"] ** 2 == pytest.approx(told["metrics"]["loss"], rel=1e-6)


@pytest.mark.full
def test_the_scale_of_the_label_of_a_regression_does_not_matter(tmp_path: Path) -> None:
    """A label in other units gives the same network, but for its last layer."""
    data = progress(tmp_path)
    told = done(train(tmp_path, data, ONE, "regressor", epochs=12, learning_rate=0.01))
    frame = tables.read(data)
    frame["y"] = frame["y"] * 1e6 + 5e7
    larger = Artefact(str(tmp_path / "larger.parquet"), data.type)
    tables.write(larger.path, frame, data.type, "rows")
    other = done(train(tmp_path / "other", larger, ONE, "regressor", epochs=12, learning_rate=0.01))
    assert other["metrics"]["mae"] == pytest.approx(told["metrics"]["mae"] * 1e6, rel=1e-2)


# A search

SEARCH: dict[str, Any] = {
    "epochs": 3,
    "batch": 64,
    "learning_rate": 1e-3,
    "optimizer": "adam",
    "seed": 5,
    "tune__trials": 6,
    "tune__goal": {"component": "maximize", "quantity": "accuracy"},
    "tune__search__learning_rate": {"component": "log_uniform", "low": 1e-4, "high": 1e-1},
    "tune__search__batch": {"component": "choice", "values": [16, 32, 64]},
    "tune__search__epochs": {"component": "uniform", "low": 2, "high": 6},
}


@pytest.fixture(scope="module")
def validation(tmp_path_factory: pytest.TempPathFactory, images: Artefact) -> Artefact:
    made = digits(tmp_path_factory.mktemp("validation"), 600, 800)
    made.type = images.type
    return made


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory, images: Artefact, validation: Artefact) -> Path:
    """A search that nothing disturbed."""
    folder = tmp_path_factory.mktemp("searched")
    done(train(folder, images, IMAGES, on=validation, **SEARCH))
    return folder


def test_the_network_is_fitted_with_the_best_that_was_tried(searched: Path) -> None:
    told = json.loads((searched / "result.json").read_text())
    report = json.loads((searched / "report" / "report.json").read_text())
    trials = report["search"]["trials"]
    best = trials[report["search"]["best"] - 1]
    assert len(trials) == told["metrics"]["tune.trials"] == 6
    assert best["figures"]["accuracy"] == max(trial["figures"]["accuracy"] for trial in trials)
    assert trials[0]["figures"]["accuracy"] < best["figures"]["accuracy"]
    # The last fit is the best trial made once more, in a process that fitted others before.
    assert {name: told["metrics"][name] for name in ("accuracy", "loss")} == best["figures"]
    assert told["metrics"]["tune.search.learning_rate"] == best["values"]["learning_rate"]
    assert report["settings"] == {"optimizer": "adam", "seed": 5, **best["values"]}
    log = (searched / "log.txt").read_text().splitlines()
    assert [line.split(":")[0] for line in log[:6]] == [f"trial {number} of 6" for number in range(1, 7)]
    assert log[6].startswith("epoch 1 of ")


def test_a_search_that_is_killed_goes_on_where_it_was(
    tmp_path: Path, searched: Path, images: Artefact, validation: Artefact
) -> None:
    """Killed amid a trial, begun again: the same trials, none made twice, and the same model to the byte."""
    state = tmp_path / "state"
    log = tmp_path / "log.txt"
    inputs = {"data": images, "tune.on": validation}
    task = {
        "contract": 1,
        "task": "net",
        "action": {"kind": "runtime", "target": "mlpc_stdlib.runtime.keras", "function": "classifier"},
        "inputs": {name: {"path": item.path, "type": item.type} for name, item in inputs.items()},
        "outputs": {
            name: {"path": str(tmp_path / name), "type": {"type": "model"}} for name in ("model", "report")
        },
        "arguments": {
            "layers": IMAGES,
            **{name.replace("__", "."): value for name, value in SEARCH.items()},
        },
        "state": str(state),
        "result": str(tmp_path / "result.json"),
    }
    (tmp_path / "task.json").write_text(json.dumps(task))

    def begin() -> subprocess.Popen[bytes]:
        with log.open("wb") as file:
            return subprocess.Popen(
                [
                    python_with(LOCK),
                    "-s",
                    "-P",
                    "-m",
                    "mlpc_stdlib.runtime",
                    "--task",
                    tmp_path / "task.json",
                ],
                env={**os.environ, "PYTHONPATH": str(ROOT / "stdlib"), "PYTHONHASHSEED": "0"},
                stdout=file,
                stderr=file,
            )

    process = begin()
    until(lambda: "trial 3 of 6" in log.read_text() or process.poll() is not None, 300)
    children = children_of(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert children
    until(lambda: not any(map(alive, children)))
    kept = json.loads(next((state / "searches").iterdir()).read_text())["trials"]
    assert 3 <= len(kept) < 6
    assert begin().wait() == 0, log.read_text()
    lines = log.read_text().splitlines()
    assert lines[0] == f"{len(kept)} of 6 trials were made before; the search goes on behind them"
    assert lines[1].startswith(f"trial {len(kept) + 1} of 6: ")
    for name in ("model/model.keras", "model/signature.json", "report/report.json"):
        assert (tmp_path / name).read_bytes() == (searched / name).read_bytes(), name


@pytest.mark.full
def test_trials_at_the_same_time_come_to_the_same(
    tmp_path: Path, images: Artefact, validation: Artefact
) -> None:
    reports = []
    for name in ("first", "second"):
        done(train(tmp_path / name, images, IMAGES, on=validation, tune__parallel=2, **SEARCH))
        reports.append((tmp_path / name / "report" / "report.json").read_bytes())
    assert reports[0] == reports[1]
    assert len(json.loads(reports[0])["search"]["trials"]) == 6


def children_of(process: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            if parent == process:
                found.append(int(entry.name))
    return found


# What does not fit

NUMBERS = dataset(column("a"), column("b", nullable=True), column("y", "int", "label", min=0, max=1))


def rows(folder: Path, type: dict[str, Any], **columns: Any) -> Artefact:
    frame = pandas.DataFrame(columns)
    data = Artefact(str(folder / "rows.parquet"), type)
    tables.write(data.path, frame, type, "rows")
    return data


def gap(folder: Path) -> dict[str, Any]:
    data = rows(folder, NUMBERS, a=[1.0, 2.0, 3.0], b=[1.0, None, 2.0], y=[0, 1, 0])
    return train(folder, data, TWO)


def too_many_classes(folder: Path) -> dict[str, Any]:
    type = dataset(column("a"), column("y", "string", "label"))
    return train(folder, rows(folder, type, a=[1.0, 2.0, 3.0], y=["x", "y", "z"]), TWO)


def beside(folder: Path) -> dict[str, Any]:
    tensor = column("p", "tensor", of={"base": "float"}, shape=[2])
    type = dataset(tensor, column("a"), column("y", "int", "label", min=0, max=1))
    data = rows(folder, type, p=[numpy.zeros(2)] * 2, a=[1.0, 2.0], y=[0, 1])
    return train(folder, data, TWO)


def text(folder: Path) -> dict[str, Any]:
    type = dataset(column("a", "string"), column("y", "bool", "label"))
    return train(folder, rows(folder, type, a=["u", "v"], y=[True, False]), TWO)


def diverging(folder: Path) -> dict[str, Any]:
    data = rows(folder, NUMBERS, a=[1.0, 2.0, 3.0], b=[1.0, 1.0, 2.0], y=[0, 1, 0])
    layers = [dense(8), dense(8), dense(2, "softmax")]
    return train(folder, data, layers, learning_rate=1e30, optimizer="sgd")


@pytest.mark.parametrize(
    ("made", "code", "message"),
    [
        (
            gap,
            "MLP730",
            "`b` is missing in 1 of 3 rows of the data, and a network takes no missing values",
        ),
        (too_many_classes, "MLP722", "the last layer gives 2 scores, and the label `y` has 3 classes"),
        (
            beside,
            "MLP720",
            "a network learns from one tensor or from numbers, and beside `p` there are 1 more columns to learn from",
        ),
        (text, "MLP720", "column `a` is a text, and this estimator learns from numbers"),
        (
            diverging,
            "MLP722",
            'the training came to no number with epochs = 10, batch = 32, learning_rate = 1e+30, optimizer = "sgd", seed = 0',
        ),
    ],
)
def test_what_does_not_fit_is_told(
    tmp_path: Path, made: Callable[[Path], dict[str, Any]], code: str, message: str
) -> None:
    found = made(tmp_path)
    assert found["status"] == "failed"
    assert (found["error"]["code"], found["error"]["message"]) == (code, message)
    assert found["error"]["help"]
    assert not (tmp_path / "model").exists()


@pytest.mark.full
def test_a_class_of_which_there_is_no_row_keeps_its_score(tmp_path: Path) -> None:
    type = dataset(column("a"), column("y", "enum", "label", choices=["x", "y", "z"]))
    data = rows(tmp_path, type, a=[1.0, 2.0, 3.0, 4.0], y=["x", "z", "x", "z"])
    told = done(train(tmp_path, data, [dense(3, "softmax")], epochs=1))
    assert told["messages"][0]["text"] == "no row to learn from has `y` = y"
    signature = json.loads((tmp_path / "model" / "signature.json").read_text())
    assert signature["classes"] == ["x", "y", "z"]
