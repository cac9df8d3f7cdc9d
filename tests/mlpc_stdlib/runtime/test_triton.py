"""An ONNX export goes in, a model repository comes out whose configuration Triton's own message type reads."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy
import onnx
import pytest

from mlpc_stdlib.runtime import export, triton
from mlpc_stdlib.runtime.contract import Artefact, StepError
from mlpc_stdlib.runtime.models import make_signature
from tests.engines import python_with
from tests.mlpc_stdlib.bundles import step

READER = Path(__file__).with_name("read_triton.py")
CLASSES = ("no", "perhaps\nso")


def network(
    folder: Path, shape: tuple[Any, ...] = ("batch", 2, 3), domain: str = "", name: str = "input"
) -> Artefact:
    """An ONNX model whose two scores are sums, of rows of the shape; with an operator of ``domain`` in front."""
    helper = onnx.helper
    weights = numpy.ones((6, 2), numpy.float32)
    nodes = [
        helper.make_node("Reshape", [name, "flat"], ["row"]),
        helper.make_node("Scaler", ["row"], ["scaled"], domain=domain, offset=[0.0], scale=[1.0])
        if domain
        else helper.make_node("Identity", ["row"], ["scaled"]),
        helper.make_node("MatMul", ["scaled", "weights"], ["probabilities"]),
    ]
    graph = helper.make_graph(
        nodes,
        "sums",
        [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("probabilities", onnx.TensorProto.FLOAT, ["batch", 2])],
        [
            onnx.numpy_helper.from_array(weights, "weights"),
            onnx.numpy_helper.from_array(numpy.array([-1, 6]), "flat"),
        ],
    )
    domains = [helper.make_opsetid("", 18), *([helper.make_opsetid(domain, 3)] if domain else [])]
    place = folder / "portable"
    place.mkdir()
    made = helper.make_model(graph, opset_imports=domains, ir_version=8)
    (place / export.ONNX_FILE).write_bytes(made.SerializeToString())
    signature = make_signature([], None, "classification", list(CLASSES), None)
    (place / "signature.json").write_text(json.dumps(signature), encoding="utf-8")
    return Artefact(str(place))


def made(function: Any, model: Artefact, **settings: Any) -> Path:
    folder = Path(model.path).parent / "repository"
    step(function, {"model": model}, {"repository": Artefact(str(folder))}, **settings)
    return folder


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def configurations(*paths: Path) -> list[dict[str, Any]]:
    """What Triton's message type reads in the files."""
    answer = subprocess.run(
        [python_with("triton"), READER, *paths], check=True, capture_output=True, encoding="utf-8"
    )
    return [json.loads(line) for line in answer.stdout.splitlines()]


def refused(function: Any, model: Artefact, **settings: Any) -> str:
    with pytest.raises(StepError) as caught:
        made(function, model, **settings)
    assert not (Path(model.path).parent / "repository").exists()
    return "\n".join([f"{caught.value.code} {caught.value.message}", *caught.value.help])


def test_what_triton_serves(tmp_path: Path) -> None:
    model = network(tmp_path)
    folder = made(
        triton.triton,
        model,
        name="cells",
        version=3,
        max_batch=256,
        delay=0.002,
        processor="cpu",
        instances=2,
    )
    assert files(folder) == ["cells/3/model.onnx", "cells/config.pbtxt", "cells/labels.txt", "signature.json"]
    assert (folder / "cells/3/model.onnx").read_bytes() == (Path(model.path) / "model.onnx").read_bytes()
    assert (folder / "cells/labels.txt").read_text(encoding="utf-8") == "no\nperhaps so\n"
    assert configurations(folder / "cells/config.pbtxt") == [
        {
            "name": "cells",
            "platform": "onnxruntime_onnx",
            "max_batch_size": 256,
            "input": [{"name": "input", "data_type": "TYPE_FP32", "dims": ["2", "3"]}],
            "output": [
                {
                    "name": "probabilities",
                    "data_type": "TYPE_FP32",
                    "dims": ["2"],
                    "label_filename": "labels.txt",
                }
            ],
            "instance_group": [{"count": 2, "kind": "KIND_CPU"}],
            "dynamic_batching": {"max_queue_delay_microseconds": "2000"},
        }
    ]


def test_the_plan_of_an_engine(tmp_path: Path) -> None:
    folder = made(triton.tensorrt, network(tmp_path), name="cells", precision="float16")
    assert files(folder) == [
        "build.sh",
        "cells/1/README",
        "cells/config.pbtxt",
        "cells/labels.txt",
        "cells/model.onnx",
        "signature.json",
    ]
    (config,) = configurations(folder / "cells/config.pbtxt")
    assert config["platform"] == "tensorrt_plan"
    assert config["instance_group"] == [{"count": 1, "kind": "KIND_GPU"}]


def test_the_script_calls_trtexec_and_names_the_engine_only_when_it_is_whole(tmp_path: Path) -> None:
    folder = made(triton.tensorrt, network(tmp_path), name="cells", precision="float16", max_batch=4)
    program = tmp_path / "trtexec"
    told = tmp_path / "told"
    for status, there in ((1, False), (0, True)):
        program.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$@" > {told}\necho engine > cells/1/model.plan.new\nexit {status}\n'
        )
        program.chmod(0o755)
        ran = subprocess.run(
            ["sh", folder / "build.sh"], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, cwd="/", check=False
        )
        assert ran.returncode == status
        assert (folder / "cells/1/model.plan").exists() is there
    assert told.read_text().split() == [
        "--onnx=cells/model.onnx",
        "--saveEngine=cells/1/model.plan.new",
        "--minShapes=input:1x2x3",
        "--optShapes=input:4x2x3",
        "--maxShapes=input:4x2x3",
        "--fp16",
    ]


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        folder = made(triton.tensorrt, network(tmp_path / name))
        written.append({path: (folder / path).read_bytes() for path in files(folder)})
    assert written[0] == written[1]


@pytest.mark.parametrize("name", ["", "../up", "-x", ".x", "a b", 'a"b', "a/b", "ä"])
def test_names_that_are_no_folder_or_address(tmp_path: Path, name: str) -> None:
    assert refused(triton.triton, network(tmp_path), name=name) == (
        f"MLP722 {name!r} cannot be the name of a model: it is a folder, and a part of an address\n"
        'letters, digits, `_`, `-` and `.`, not `-` or `.` first: name = "tumor"'
    )


def test_what_tensorrt_has_no_operator_for(tmp_path: Path) -> None:
    assert refused(triton.tensorrt, network(tmp_path, domain="ai.onnx.ml")) == (
        "MLP750 TensorRT has no operator `Scaler`: it computes networks, and this is a model of another kind\n"
        '`triton` serves it, on the CPU: processor = "cpu"'
    )


@pytest.mark.parametrize("shape", [(1, 2, 3), ("batch", "height", 3), ("batch",)])
def test_rows_that_cannot_be_batched(tmp_path: Path, shape: tuple[Any, ...]) -> None:
    assert refused(triton.triton, network(tmp_path, shape=shape)) == (
        "MLP750 the input `input` of the model is not a table or tensor for each of any number of rows\n"
        "export the model by `onnx`, or bring in one whose first dimension alone is open"
    )


def test_a_name_of_an_input_that_would_end_the_text_it_stands_in(tmp_path: Path) -> None:
    assert refused(triton.triton, network(tmp_path, name='in" }\nname: "x')) == (
        "MLP750 the input 'in\" }\\nname: \"x' of the model has a name that Triton does not take"
    )


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    model = network(tmp_path)
    (Path(model.path) / export.ONNX_FILE).write_bytes(b"no model")
    assert re.match(r"MLP731 the model is no ONNX that can be read: ", refused(triton.triton, model))
