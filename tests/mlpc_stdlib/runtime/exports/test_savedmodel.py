"""Keras in, a SavedModel out: what TensorFlow says of it, the same bytes each time, and the folder that TF Serving takes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mlpc_stdlib.runtime import tf_serving
from mlpc_stdlib.runtime.contract import Artefact, StepError
from tests.engines import python_with
from tests.mlpc_stdlib import bundles
from tests.mlpc_stdlib.networks import LOCK, digits, progress, step, tumors

pytestmark = pytest.mark.engine

READ = """
import json, sys
from google.protobuf import json_format, text_format
from tensorflow_serving.config import model_server_config_pb2
config = text_format.Parse(open(sys.argv[1]).read(), model_server_config_pb2.ModelServerConfig())
print(json.dumps(json_format.MessageToDict(config, preserving_proto_field_name=True)))
"""
LOOK = """
import json, sys, tensorflow
loaded = tensorflow.saved_model.load(sys.argv[1])
serve = loaded.signatures["serving_default"]
_, taken = serve.structured_input_signature
for held in (taken, serve.structured_outputs):
    print(json.dumps({name: [each.dtype.name, each.shape.as_list()] for name, each in held.items()}))
"""


def export(folder: Path, model: Path, data: Artefact | None = None) -> dict[str, Any]:
    inputs = {"model": Artefact(str(model))}
    if data is not None:
        inputs["parity.data"] = data
    return step("savedmodel:savedmodel", folder, inputs, {"portable": folder / "made"})


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, networks: Path) -> Path:
    """The export of the digits: a folder with `made` and `result.json`."""
    folder = tmp_path_factory.mktemp("saved")
    found = export(folder, networks / "digits", digits(folder))
    assert found["status"] == "done", found["error"]
    return folder


def test_tensorflow_says_what_keras_says(exported: Path) -> None:
    figures = json.loads((exported / "result.json").read_text())["metrics"]
    assert figures["parity.difference"] <= 1e-6
    assert figures["parity.agreement"] == 1.0
    assert figures["parity.rows"] == 597
    assert figures["size"] == (exported / "made/saved_model.pb").stat().st_size <= 22_000
    signature = json.loads((exported / "made/signature.json").read_text())
    assert signature["framework"] == "savedmodel"
    assert signature["inputs"] == [{"name": "input", "dtype": "float32", "shape": [None, 8, 8, 1]}]


def test_two_processes_write_the_same_bytes(tmp_path: Path, networks: Path, exported: Path) -> None:
    found = export(tmp_path, networks / "digits")
    assert found["status"] == "done", found["error"]
    for file in ("saved_model.pb", "signature.json"):
        written = (tmp_path / "made" / file).read_bytes()
        assert written == (exported / "made" / file).read_bytes()
        assert str(tmp_path).encode() not in written


def test_whoever_loads_it_finds_one_signature(exported: Path) -> None:
    answer = subprocess.run(
        [python_with(LOCK), "-c", LOOK, exported / "made"], check=True, capture_output=True, encoding="utf-8"
    )
    assert [json.loads(line) for line in answer.stdout.splitlines()] == [
        {"input": ["float32", [None, 8, 8, 1]]},
        {"scores": ["float32", [None, 10]]},
    ]


@pytest.mark.full
@pytest.mark.parametrize(("name", "data"), [("tumors", tumors), ("progress", progress)])
def test_numbers_and_values(tmp_path: Path, networks: Path, name: str, data: Any) -> None:
    found = export(tmp_path, networks / name, data(tmp_path))
    assert found["status"] == "done", found["error"]
    assert found["metrics"]["parity.agreement"] == 1.0
    assert found["metrics"]["parity.difference"] <= 1e-5


def test_the_folder_that_tf_serving_takes(exported: Path, tmp_path: Path) -> None:
    folder = tmp_path / "repository"
    result = bundles.step(
        tf_serving.tf_serving,
        {"model": Artefact(str(exported / "made"))},
        {"repository": Artefact(str(folder))},
        name="digits",
        version=2,
    )
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    assert [path.relative_to(folder).as_posix() for path in files] == [
        "digits/2/saved_model.pb",
        "models.config",
        "signature.json",
    ]
    assert result.metrics["size"] == sum(path.stat().st_size for path in files)
    assert files[0].read_bytes() == (exported / "made/saved_model.pb").read_bytes()
    answer = subprocess.run(
        [python_with("tf-serving"), "-c", READ, folder / "models.config"],
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    assert json.loads(answer.stdout) == {
        "model_config_list": {
            "config": [{"name": "digits", "base_path": "/models/digits", "model_platform": "tensorflow"}]
        }
    }


@pytest.mark.parametrize("base", ["models", "", '/models"\nname: "x', "/mo dels"])
def test_a_base_that_is_no_whole_path(exported: Path, tmp_path: Path, base: str) -> None:
    with pytest.raises(StepError) as caught:
        bundles.step(
            tf_serving.tf_serving,
            {"model": Artefact(str(exported / "made"))},
            {"repository": Artefact(str(tmp_path / "repository"))},
            base=base,
        )
    assert caught.value.message == (
        f"{base!r} cannot be the folder in which TF Serving looks for models: it takes whole paths alone"
    )
