"""Rows and layers in, a network of PyTorch out: the same bytes each time, no code in it, and the same answers as ONNX."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import numpy
import pytest

from mlpc.check.shapes import window
from mlpc_stdlib.runtime.contract import Artefact
from tests.engines import python_with
from tests.mlpc_stdlib import cells, networks
from tests.mlpc_stdlib.networks import HERE, STDLIB, digits, progress, tumors

pytestmark = pytest.mark.engine

LOCK = "pytorch"
IMAGES: list[dict[str, Any]] = [
    {"component": "conv2d", "filters": 4, "kernel": 3, "stride": 1, "padding": "valid", "activation": "relu"},
    {"component": "max_pool", "size": 2},
    {"component": "flatten"},
    {"component": "dropout", "rate": 0.1},
    {"component": "dense", "units": 10, "activation": "softmax"},
]
#: By how much a score may be off in LiteRT, by what its numbers became.
FAR = {"none": 1e-5, "float16": 5e-3, "dynamic": 0.1, "int8": 0.2, "int16x8": 0.1}
TWO: list[dict[str, Any]] = [
    {"component": "dense", "units": 8, "activation": "relu"},
    {"component": "dense", "units": 2, "activation": "softmax"},
]
ONE: list[dict[str, Any]] = [
    {"component": "dense", "units": 8, "activation": "tanh"},
    {"component": "dense", "units": 1, "activation": "none"},
]


def step(
    target: str, folder: Path, inputs: dict[str, Artefact], *outputs: str, **arguments: Any
) -> dict[str, Any]:
    """Run a step where PyTorch is; outputs lie in the folder by their names."""
    places = {name: folder / name for name in outputs}
    return networks.step(target, folder, inputs, places, lock=LOCK, **arguments)


def train(
    folder: Path, data: Artefact, layers: list[dict[str, Any]], kind: str = "classifier", **arguments: Any
) -> dict[str, Any]:
    inputs = {"data": data}
    if "on" in arguments:
        inputs["tune.on"] = arguments.pop("on")
    return step(f"pytorch:{kind}", folder, inputs, "model", "report", layers=layers, **arguments)


def done(found: dict[str, Any]) -> dict[str, Any]:
    assert found["status"] == "done", found["error"]
    return found


def model(folder: Path) -> Artefact:
    return Artefact(str(folder / "model"), {})


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Artefact:
    made = digits(tmp_path_factory.mktemp("images"), 0, 600)
    made.type["schema"]["columns"][1]["type"].update(min=0, max=9)
    return made


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, images: Artefact) -> Path:
    """Two fits of one spec, each in processes of its own, in `first` and `second`."""
    folder = tmp_path_factory.mktemp("trained")
    for name in ("first", "second"):
        done(train(folder / name, images, IMAGES, epochs=10, batch=32, learning_rate=0.01, seed=11))
    return folder


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, trained: Path) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    inputs = {"model": model(trained / "first"), "parity.data": digits(folder)}
    done(step("export:onnx", folder, inputs, "portable", "report", parity__max_abs=1e-5))
    return folder


def test_the_same_fit_gives_the_same_bytes(trained: Path) -> None:
    names = ("model/weights.safetensors", "model/network.json", "model/signature.json", "report/report.json")
    for name in names:
        assert (trained / "first" / name).read_bytes() == (trained / "second" / name).read_bytes(), name


def test_a_network_learns_and_says_how(trained: Path) -> None:
    told = json.loads((trained / "first" / "result.json").read_text())
    assert told["metrics"]["accuracy"] > 0.95
    report = json.loads((trained / "first" / "report" / "report.json").read_text())
    assert report["weights"] == (9 * 4 + 4) + (36 * 10 + 10)
    history = report["history"]
    assert history["loss"][-1] < history["loss"][0] / 4
    assert (trained / "first" / "log.txt").read_text().splitlines() == [
        f"epoch {number + 1} of 10: accuracy {accuracy:.4g}, loss {loss:.4g}"
        for number, (accuracy, loss) in enumerate(zip(history["accuracy"], history["loss"], strict=True))
    ]


def test_a_model_is_numbers_and_no_code(trained: Path) -> None:
    folder = trained / "first" / "model"
    assert sorted(os.listdir(folder)) == ["network.json", "signature.json", "weights.safetensors"]
    assert json.loads((folder / "network.json").read_text()) == {"shape": [8, 8, 1], "layers": IMAGES}
    content = (folder / "weights.safetensors").read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    assert {name: (item["dtype"], item["shape"]) for name, item in header.items()} == {
        "conv2d_1.convolution.bias": ("F32", [4]),
        "conv2d_1.convolution.weight": ("F32", [4, 1, 3, 3]),
        "dense_5.dense.bias": ("F32", [10]),
        "dense_5.dense.weight": ("F32", [10, 36]),
    }
    told = json.loads((folder / "signature.json").read_text())
    assert told["framework"] == "pytorch"
    assert told["inputs"] == [{"name": "input", "dtype": "float32", "shape": [None, 8, 8, 1]}]
    assert set(told["libraries"]) == {"numpy", "optuna", "safetensors", "torch"}


def test_it_is_judged_as_others_are(trained: Path, tmp_path: Path) -> None:
    inputs = {"model": model(trained / "first"), "data": digits(tmp_path)}
    told = done(step("evaluate:classification", tmp_path, inputs))
    assert told["metrics"]["accuracy"] > 0.85


def test_its_export_says_the_same_in_onnxruntime(exported: Path) -> None:
    told = json.loads((exported / "result.json").read_text())
    assert told["metrics"]["parity.agreement"] == 1.0
    assert 0.0 < told["metrics"]["parity.difference"] <= 1e-5
    assert (exported / "log.txt").read_text() == "", "nothing but what a person needs to know"
    report = json.loads((exported / "report" / "report.json").read_text())
    assert [each["layer"] for each in report["layers"]] == ["conv2d_1", "max_pool_2", "flatten_3", "dense_5"]
    assert all(each["difference"] < 1e-5 for each in report["layers"])


def test_its_export_has_nothing_of_what_made_it(exported: Path) -> None:
    """The exporter writes the lines of code that made each node, with their paths."""
    import onnx

    content = (exported / "portable" / "model.onnx").read_bytes()
    for text in (b"torch", b"site-packages", b".py", str(exported).encode()):
        assert text not in content, text
    made = onnx.load_from_string(content)
    assert (made.ir_version, [item.version for item in made.opset_import]) == (8, [18])
    assert [item.name for item in made.graph.input] == ["input"]
    assert [item.name for item in made.graph.output] == ["scores"]
    assert [size.dim_param or size.dim_value for size in made.graph.input[0].type.tensor_type.shape.dim] == [
        "batch",
        8,
        8,
        1,
    ]


def cases(folder: Path, *more: str, lock: str = LOCK) -> dict[str, Any]:
    """Run `pytorch_cases.py` where PyTorch is."""
    ran = subprocess.run(
        [python_with(lock), HERE / "pytorch_cases.py", folder, *more],
        env={**os.environ, "PYTHONPATH": str(STDLIB)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    # What converts tells of its progress before.
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return cases(tmp_path_factory.mktemp("cases"))


def test_every_layer_gives_the_shape_that_was_checked(made: dict[str, Any]) -> None:
    """Of images the channels come first between layers, and last where a row is flat."""
    shapes = {name: each["shapes"] for name, each in made["networks"].items()}
    same = [window(7, 3, 2, "same"), window(6, 3, 2, "same")]
    assert shapes.pop("window") == [[4, *same], [4 * same[0] * same[1]], [3]]  # type: ignore[operator]
    assert shapes.pop("depthwise") == [[2, 5, 4], [2, 2, 2], [8], [3]]
    pooled = [2, 4, 4]
    assert shapes.pop("pools") == [[2, 14, 12], pooled, pooled, pooled, pooled, [2], [3]]
    assert shapes.pop("lstm") == shapes.pop("gru") == [[5, 2], [3], [3]]
    assert shapes.pop("flat series") == [[10], [3]]
    assert shapes.pop("row") == [[4], [4], [3]]
    assert all(each == [[4], [3]] for each in shapes.values())


def test_every_layer_learns_and_is_read_back(made: dict[str, Any]) -> None:
    for name, each in made["networks"].items():
        assert each["reads"], name
        assert 0.9 < each["figures"]["loss"] < 1.4, name


def test_a_model_that_is_not_as_it_was_written(made: dict[str, Any]) -> None:
    assert made["refused"] == {
        "no weights": "MLP731 the model has no weights.safetensors",
        "cut weights": "MLP731 the model cannot be loaded: Error while deserializing: invalid JSON in header: EOF while parsing a"
        " value at line 1 column 0",
        "no json": "MLP731 the model cannot be loaded: Expecting property name enclosed in double quotes: line 1"
        " column 2 (char 1)",
        "other shape": "MLP731 the model cannot be loaded: Error(s) in loading state_dict for Sequential:",
        "no such layer": "MLP731 the model cannot be loaded: os.system",
    }


def test_a_regression_is_learned_at_its_own_scale(made: dict[str, Any]) -> None:
    """Without a scale, sixty steps would not get near: from 0 it is thousands to the label."""
    assert made["amounts"]["mae"] < 60.0


def test_a_batch_of_one_row_has_nothing_to_measure(made: dict[str, Any]) -> None:
    assert made["single"] == "MLP722 `batch_norm` measures how rows differ, and there is one row in a batch"


def test_a_module_of_the_users_own_is_kept_without_its_code(made: dict[str, Any]) -> None:
    assert made["own"]["files"] == ["program.pt2", "signature.json"]
    assert made["own"]["is"] == 0.0


def test_what_the_users_own_code_may_not_give(made: dict[str, Any]) -> None:
    returned = {
        name: each.partition(" in mine.py returned ")
        for name, each in made["own"].items()
        if "returned" in str(each)
    }
    assert {name: (each[0], each[2]) for name, each in returned.items() if name != "turns"} == {
        "three": (
            "MLP742 what `three`",
            "says [8, 3] of 8 rows, and not a probability for each of 2 classes, [8, 2]",
        ),
        "unscaled": ("MLP742 what `unscaled`", "says numbers that are no probabilities"),
        "narrow": (
            "MLP742 what `narrow`",
            "does not take rows of the shape [2]: mat1 and mat2 shapes cannot be multiplied (8x2 and 5x2)",
        ),
        "nothing": ("MLP742 what `nothing`", "has to be a torch.nn.Module, and is a dict"),
    }
    # A value of a row decides which way the module goes.
    assert returned["turns"][0] == "MLP732 what `turns`"
    assert returned["turns"][2].startswith(
        "cannot be kept without its code: Could not guard on data-dependent"
    )


# As an archive of `torch.export`


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory, trained: Path) -> Path:
    folder = tmp_path_factory.mktemp("archived")
    inputs = {"model": model(trained / "first"), "parity.data": digits(folder)}
    done(step("pt2:pt2", folder, inputs, "portable", "report", parity__max_abs=1e-6))
    return folder


def test_an_archive_says_the_same_without_the_code_of_the_network(archived: Path) -> None:
    told = json.loads((archived / "result.json").read_text())
    assert told["metrics"]["parity.agreement"] == 1.0
    assert told["metrics"]["parity.difference"] <= 1e-6
    assert told["metrics"]["size"] == (archived / "portable" / "model.pt2").stat().st_size
    assert (archived / "log.txt").read_text() == ""
    report = json.loads((archived / "report" / "report.json").read_text())
    layers = ["conv2d_1", "max_pool_2", "flatten_3", "dropout_4", "dense_5"]
    assert [each["layer"] for each in report["layers"]] in (layers, [*layers[:3], layers[4]])
    assert json.loads((archived / "portable" / "signature.json").read_text())["framework"] == "pt2"


def test_an_archive_has_no_pickle_no_clock_and_no_path(archived: Path) -> None:
    with zipfile.ZipFile(archived / "portable" / "model.pt2") as archive:
        assert {item.date_time for item in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        parts = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    assert parts["data/sample_inputs/model.pt"] == b""
    assert not [name for name, part in parts.items() if part[:1] == b"\x80" or part[:2] == b"PK"]
    program = parts["models/model.json"].decode()
    for text in ("stack_trace", "site-packages", "File ", str(STDLIB), str(archived)):
        assert text not in program, text
    assert "torch.ops.aten.conv2d.default" in program


# Longer


@pytest.mark.full
def test_the_same_archive_comes_of_the_same_network(archived: Path, trained: Path, tmp_path: Path) -> None:
    """Another folder, and the library lies elsewhere."""
    shutil.copytree(STDLIB, tmp_path / "library", ignore=shutil.ignore_patterns("__pycache__"))
    done(
        networks.step(
            "pt2:pt2",
            tmp_path / "step",
            {"model": model(trained / "second")},
            {"portable": tmp_path / "portable"},
            runtime=tmp_path / "library",
            lock=LOCK,
        )
    )
    for name in ("model.pt2", "signature.json"):
        made = (tmp_path / "portable" / name).read_bytes()
        assert made == (archived / "portable" / name).read_bytes(), name


@pytest.mark.full
def test_every_layer_becomes_an_archive_and_says_the_same(tmp_path: Path) -> None:
    for name, each in cases(tmp_path, "pt2")["networks"].items():
        assert each["archive"] < 1e-6, name
        assert each["inside"] < 1e-5, name


@pytest.mark.full
def test_every_layer_becomes_onnx_and_says_the_same(tmp_path: Path) -> None:
    found = cases(tmp_path, "onnx")
    assert max(found["own"]["onnx"], found["own"]["pt2"]) < 1e-6
    for name, each in found["networks"].items():
        assert each["far"] < 1e-6, name
        assert each["layers"] < 1e-4, name
        assert each["lost"] <= 1, name
        assert each["same"], name


@pytest.mark.full
def test_the_scaling_of_columns_is_in_the_export(tmp_path: Path) -> None:
    for name, layers, data, kind in (
        ("two", TWO, tumors(tmp_path), "classifier"),
        ("one", ONE, progress(tmp_path), "regressor"),
    ):
        folder = tmp_path / name
        done(train(folder, data, layers, kind, epochs=5, learning_rate=0.01))
        inputs = {"model": model(folder), "parity.data": data}
        told = done(step("export:onnx", folder / "onnx", inputs, "portable", parity__max_abs=1e-5))
        assert told["metrics"]["parity.difference"] <= 1e-5, name
        assert told["metrics"]["parity.agreement"] == 1.0, name
        assert "scaling" not in json.loads((folder / "onnx" / "portable" / "signature.json").read_text())


@pytest.mark.full
def test_a_search_finds_a_rate_that_learns(tmp_path: Path, images: Artefact) -> None:
    told = done(
        train(
            tmp_path,
            images,
            IMAGES,
            on=digits(tmp_path, 600, 900),
            epochs=4,
            tune__goal={"component": "maximize", "quantity": "accuracy"},
            tune__trials=6,
            tune__parallel=2,
            tune__search__learning_rate={"component": "log_uniform", "low": 1e-6, "high": 0.1},
            learning_rate=1e-6,
        )
    )
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert report["settings"]["learning_rate"] > 1e-4
    assert told["metrics"]["accuracy"] > 0.5


@pytest.mark.full
@pytest.mark.parametrize("quantize", ["none", "int8"])
def test_litert_says_the_same_as_the_network(
    trained: Path, images: Artefact, tmp_path: Path, quantize: str
) -> None:
    """On phones and on boards."""
    runtimes = ["litert", "tflm"]
    places = {name: tmp_path / name for name in ("portable", "report")}
    inputs = {"model": model(trained / "first"), "parity.data": digits(tmp_path)}
    if quantize == "int8":
        inputs["calibrate"] = images
    told = done(
        networks.step(
            "litert:litert",
            tmp_path / "step",
            inputs,
            places,
            lock="litert",
            quantize=quantize,
            parity__max_abs=0.2,
            parity__runtimes=runtimes,
        )
    )
    figures = told["metrics"]
    for name in runtimes:
        assert figures[f"parity.{name}.agreement"] > (0.97 if quantize == "int8" else 0.999)
        assert 0.0 < figures[f"parity.{name}.difference"] < (0.2 if quantize == "int8" else 1e-5)
    assert figures["parity.difference"] == max(figures[f"parity.{name}.difference"] for name in runtimes)
    signature = json.loads((tmp_path / "portable" / "signature.json").read_text())
    assert signature["framework"] == "tflite"
    assert signature["inputs"][0]["dtype"] == ("int8" if quantize == "int8" else "float32")
    assert signature["inputs"][0]["shape"] == [1, 8, 8, 1]
    content = (tmp_path / "portable" / "model.tflite").read_bytes()
    assert b"site-packages" not in content
    assert str(STDLIB).encode() not in content
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert {"conv2d_1", "max_pool_2", "dense_5"} <= {each["layer"] for each in report["layers"]}
    assert [each["name"] for each in report["runtimes"]] == runtimes


@pytest.mark.full
def test_every_layer_becomes_litert_and_says_the_same(tmp_path: Path) -> None:
    for name, each in cases(tmp_path, "litert", lock="litert")["networks"].items():
        for quantize, found in each["litert"].items():
            assert "fails" not in found, (name, quantize, found)
            assert found["far"] < FAR[quantize], (name, quantize, found)
        assert each["litert"]["none"]["inside"] < 1e-5, name
    # The interpreter that boards run takes what is of floats or of whole numbers throughout; it has no `gelu`.
    exports = sorted(path.parent for path in tmp_path.glob("*/*/model.tflite"))
    answers = cells.run_on_boards(
        [cells.on_board(each, each.parent / "rows.npy") for each in exports], tmp_path
    )
    assert len(answers) == len(exports) > 60
    for each in exports:
        name, quantize = each.parent.name, each.name
        if name == "gelu" or quantize in ("float16", "dynamic"):
            assert answers[str(each)]["error"], (name, quantize)
            continue
        assert answers[str(each)]["error"] is None, (name, quantize, answers[str(each)])
        said, wanted = numpy.load(each / "board.npy"), numpy.load(each.parent / "original.npy")
        assert numpy.abs(said - wanted).max() < FAR[quantize], (name, quantize)
