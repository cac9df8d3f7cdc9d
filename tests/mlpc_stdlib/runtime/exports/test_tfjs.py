"""Keras in, TensorFlow.js out: what it says in Node of the same rows, and the same bytes each time."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest

from mlpc_stdlib.runtime import npm, preparation, tables, tfjs
from mlpc_stdlib.runtime.contract import Artefact
from tests.mlpc_stdlib.networks import digits, step, tumors
from tests.mlpc_stdlib.runtime.exports import test_broken
from tests.mlpc_stdlib.runtime.web.browser import visit
from tests.mlpc_stdlib.runtime.web.sites import make_site
from tests.system import install

pytestmark = pytest.mark.engine

#: By `quantize`: the largest difference of a score from Keras, the least agreement, the most bytes.
BOUNDS = {"none": (1e-5, 1.0, 22_000), "float16": (5e-3, 0.995, 16_000), "uint8": (5e-2, 0.99, 13_000)}
KINDS = [pytest.param(name, marks=[pytest.mark.full] if name == "uint8" else []) for name in BOUNDS]


def export(folder: Path, model: Path, data: Artefact, **arguments: Any) -> dict[str, Any]:
    for program, package in (("node", "nodejs"), ("npm", "npm")):
        if shutil.which(program) is None:
            install(package)
    inputs = {"model": Artefact(str(model)), "parity.data": data}
    return step("tfjs:tfjs", folder, inputs, {"portable": folder / "made"}, **arguments)


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory, networks: Path) -> Callable[[str], Path]:
    """Exports of the digits by `quantize`, each made once: a folder with `made` and `result.json`."""
    home = tmp_path_factory.mktemp("exported-tfjs")
    data = digits(home)

    def made(quantize: str) -> Path:
        folder = home / quantize
        if not folder.exists():
            found = export(folder, networks / "digits", data, quantize=quantize)
            assert found["status"] == "done", found["error"]
        return folder

    return made


@pytest.mark.parametrize("quantize", KINDS)
def test_tensorflow_js_says_what_keras_says(exported: Callable[[str], Path], quantize: str) -> None:
    folder = exported(quantize)
    figures = json.loads((folder / "result.json").read_text())["metrics"]
    difference, agreement, size = BOUNDS[quantize]
    assert figures["parity.difference"] <= difference
    assert figures["parity.agreement"] >= agreement
    assert figures["parity.rows"] == 597
    files = [folder / "made" / name for name in ("model.json", "group1-shard1of1.bin")]
    assert figures["size"] == sum(file.stat().st_size for file in files) <= size
    if quantize != "none":
        assert figures["parity.difference"] > 1e-6, "quantisation that changes nothing quantises nothing"


def test_the_files_are_those_of_a_graph_model(exported: Callable[[str], Path]) -> None:
    made = exported("float16") / "made"
    told = json.loads((made / "model.json").read_text())
    (group,) = told["weightsManifest"]
    assert (told["format"], group["paths"]) == ("graph-model", ["group1-shard1of1.bin"])
    assert told["signature"]["inputs"]["input"]["name"] == "input:0"
    assert told["signature"]["outputs"]["scores"]["name"] == "scores:0"
    assert {node["op"] for node in told["modelTopology"]["node"]} >= {"Conv2D", "MatMul", "Softmax"}
    sizes = {"float32": 2, "int32": 4, "bool": 1}
    packed = sum(int(numpy.prod(item["shape"])) * sizes[item["dtype"]] for item in group["weights"])
    assert packed == (made / "group1-shard1of1.bin").stat().st_size
    signature = json.loads((made / "signature.json").read_text())
    assert signature["framework"] == "tfjs"
    assert signature["inputs"] == [{"name": "input", "dtype": "float32", "shape": [None, 8, 8, 1]}]
    assert signature["outputs"] == [
        {"name": "scores", "kind": "probability", "dtype": "float32", "shape": [None, 10]}
    ]


def test_two_processes_write_the_same_bytes(
    tmp_path: Path, networks: Path, exported: Callable[[str], Path]
) -> None:
    export(tmp_path, networks / "digits", digits(tmp_path), quantize="float16")
    for file in ("model.json", "group1-shard1of1.bin", "signature.json"):
        first = (tmp_path / "made" / file).read_bytes()
        assert first == (exported("float16") / "made" / file).read_bytes()
        assert str(tmp_path).encode() not in first


def test_a_page_prepares_rows_by_the_code_of_the_export(tmp_path: Path, networks: Path) -> None:
    found = export(tmp_path, networks / "tumors", tumors(tmp_path))
    assert found["status"] == "done", found["error"]
    page = make_site(tmp_path, tmp_path / "made")
    (script,) = page.glob("assets/prepare-*.js")
    assert script.read_bytes() == (tmp_path / "made" / preparation.MODULE).read_bytes()
    rows = tables.read(tumors(tmp_path)).drop(columns="benign").iloc[::40]
    told = visit(page, "rows", rows=[[repr(value) for value in row] for row in rows.to_numpy().tolist()])
    assert told["said"] == []
    wanted = numpy.load(networks / "tumors" / "said.npy")[::40, 0]
    assert {answer["headline"] for answer in told["answers"]} == {"benign", "not benign"}
    assert [answer["scores"][1] for answer in told["answers"]] == pytest.approx(wanted, abs=1e-5)


@pytest.mark.full
def test_one_score_for_two_classes(tmp_path: Path, networks: Path) -> None:
    found = export(tmp_path, networks / "tumors", tumors(tmp_path), quantize="uint8")
    assert found["metrics"]["parity.agreement"] >= 0.98


#: By `quantize`: the largest difference of a score from Keras, the least agreement.
OF_LAYERS = {"none": (1e-5, 1.0), "float16": (5e-3, 0.995), "uint8": (5e-2, 0.99)}


@pytest.mark.parametrize("quantize", KINDS)
def test_layers_say_what_keras_says(tmp_path: Path, networks: Path, quantize: str) -> None:
    model = networks / "digits"
    found = export(tmp_path, model, digits(tmp_path), quantize=quantize, format="layers")
    assert found["status"] == "done", found["error"]
    difference, agreement = OF_LAYERS[quantize]
    assert 0.0 < found["metrics"]["parity.difference"] <= difference
    assert found["metrics"]["parity.agreement"] >= agreement
    told = json.loads((tmp_path / "made" / "model.json").read_text())
    assert told["format"] == "layers-model"
    written = told["modelTopology"]["model_config"]["config"]["layers"]
    kinds = ["InputLayer", "Conv2D", "MaxPooling2D", "Flatten", "Dense", "Dense"]
    assert [layer["class_name"] for layer in written] == kinds
    (group,) = told["weightsManifest"]
    # Nothing of the optimizer: two layers of filters and units, and their biases.
    assert [item["name"].rpartition("/")[2] for item in group["weights"]] == ["kernel", "bias"] * 3
    if quantize == "none":
        export(tmp_path / "again", model, digits(tmp_path), format="layers")
        for file in ("model.json", "group1-shard1of1.bin", "signature.json"):
            assert (tmp_path / "made" / file).read_bytes() == (
                tmp_path / "again" / "made" / file
            ).read_bytes()


@pytest.mark.full
def test_the_first_layer_that_differs_is_named_where_layers_are_exported(
    tmp_path: Path, networks: Path
) -> None:
    """TensorFlow.js says nothing of a setting that it does not know, or that is another one."""
    before = "made[name] = list(value)"
    wrong = f'value = "tanh" if value == "relu" else value\n        {before}'
    fault = ("tfjs_layers.py", before, wrong)
    runtime = test_broken.runtime_with(fault, tmp_path / "stdlib")
    inputs = {"model": Artefact(str(networks / "digits")), "parity.data": digits(tmp_path)}
    found = step(
        "tfjs:tfjs",
        tmp_path / "step",
        inputs,
        {"portable": tmp_path / "made"},
        runtime=runtime,
        format="layers",
    )
    assert found["metrics"]["parity.agreement"] < 1.0
    (message,) = found["messages"]
    assert message["text"].startswith("the first layer that differs is `conv2d`")


def test_whole_numbers_have_one_for_zero_and_span_the_weights() -> None:
    values = numpy.array([[-0.5, 0.0, 1.0], [0.25, 0.9, 0.0]], numpy.float32)
    told, packed = tfjs.packed_weight(values, "uint8", many=True)
    quantization = told["quantization"]
    back = numpy.frombuffer(packed, numpy.uint8) * quantization["scale"] + quantization["min"]
    assert numpy.abs(back - values.ravel()).max() <= quantization["scale"] / 2 + 1e-9
    assert back[1] == back[5] == 0.0


def test_few_weights_of_which_each_counts_stay_as_they_are() -> None:
    values = numpy.array([3.0, 1e-4], numpy.float32)
    told, packed = tfjs.packed_weight(values, "uint8", many=False)
    assert told == {}
    assert packed == values.tobytes()


def test_the_lock_has_the_version_that_the_signature_names() -> None:
    lock = json.loads((Path(npm.LOCKS) / tfjs.PACKAGES / "package-lock.json").read_text())
    versions = {
        item["version"]
        for name, item in lock["packages"].items()
        if name.startswith("node_modules/@tensorflow/")
    }
    assert versions == {tfjs.VERSION}
    assert all("integrity" in item for name, item in lock["packages"].items() if name)
