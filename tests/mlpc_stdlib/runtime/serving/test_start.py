"""What keeps a server from starting is said with a code and what would work, and ends it with status 2."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest

from .servers import serving, start
from .test_predictions import ROW


def failure(bundle: Path, folder: Path, **how: Any) -> dict[str, Any]:
    process = start(bundle, folder, **how)
    assert process.wait(60) == 2
    assert "Traceback" not in (folder / "stderr").read_text(encoding="utf-8")
    result: dict[str, Any] = json.loads((folder / "result.json").read_bytes())
    assert result["status"] == "failed"
    error: dict[str, Any] = result["error"]
    return error


@pytest.fixture
def broken(bundle: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "broken"
    shutil.copytree(bundle, copy)
    return copy


def change(bundle: Path, **members: Any) -> None:
    path = bundle / "signature.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **members}), encoding="utf-8")


def test_a_port_that_is_taken(bundle: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        error = failure(bundle, tmp_path, port=port)
    assert (error["code"], error["message"]) == ("MLP770", f"port {port} of 127.0.0.1 is taken")
    assert error["help"] == ["another port: mlpc up --port N; what holds it: ss -ltnp"]


def test_two_servers_do_not_share_a_port(bundle: Path, tmp_path: Path) -> None:
    with serving(bundle, tmp_path / "first") as first:
        error = failure(bundle, tmp_path / "second", port=first.port)
        assert error["message"] == f"port {first.port} of 127.0.0.1 is taken"
        assert first.ask(ROW).status_code == 200


def test_a_port_is_free_again_at_once(bundle: Path, tmp_path: Path) -> None:
    with serving(bundle, tmp_path / "first") as first:
        first.ask(ROW)
        port = first.port
        assert first.end() == 0
    with serving(bundle, tmp_path / "second", port=port) as second:
        assert second.ask(ROW).status_code == 200


def test_no_model(tmp_path: Path) -> None:
    error = failure(tmp_path / "nowhere", tmp_path / "server")
    assert (error["code"], error["message"]) == (
        "MLP731",
        f"the model {tmp_path / 'nowhere'} has no signature.json",
    )


def test_a_file_that_is_no_model(broken: Path, tmp_path: Path) -> None:
    (broken / "model.onnx").write_bytes(b"not a model")
    error = failure(broken, tmp_path / "server")
    assert error["code"] == "MLP731"
    assert error["message"].startswith(f"{broken / 'model.onnx'} is no model that onnxruntime runs: ")


def test_a_signature_with_a_feature_too_many(broken: Path, tmp_path: Path) -> None:
    features = json.loads((broken / "signature.json").read_bytes())["features"]
    change(broken, features=[*features, {"name": "more", "type": {"base": "float"}}])
    error = failure(broken, tmp_path / "server")
    assert error["code"] == "MLP731"
    assert error["message"].startswith("the model does not take a row of its signature: ")


def test_a_signature_with_a_class_too_many(broken: Path, tmp_path: Path) -> None:
    change(broken, classes=["a", "b", "c"])
    error = failure(broken, tmp_path / "server")
    assert (error["code"], error["message"]) == (
        "MLP731",
        "the model gives scores of shape [1, 2], its signature has 3 classes",
    )


def test_a_signature_with_another_output(broken: Path, tmp_path: Path) -> None:
    change(broken, outputs=[{"name": "odds", "kind": "probability"}])
    error = failure(broken, tmp_path / "server")
    assert error["message"] == "the model has no output `odds`, which its signature names"


def test_a_feature_that_cannot_be_sent(broken: Path, tmp_path: Path) -> None:
    features = json.loads((broken / "signature.json").read_bytes())["features"]
    features[0]["type"] = {"base": "date"}
    change(broken, features=features)
    error = failure(broken, tmp_path / "server")
    assert error["message"] == "feature `length`: the server takes no values of type date"


def test_several_workers_that_cannot_start(broken: Path, tmp_path: Path) -> None:
    (broken / "model.onnx").write_bytes(b"not a model")
    error = failure(broken, tmp_path / "server", workers=2)
    assert (error["code"], error["message"]) == (
        "MLP731",
        "the model cannot be served; the log says why",
    )
    assert "is no model that onnxruntime runs" in (tmp_path / "server/stderr").read_text(encoding="utf-8")


def test_a_task_that_is_no_service(bundle: Path, tmp_path: Path) -> None:
    from mlpc_stdlib.runtime.contract import Artefact, Result, StepError, Task
    from mlpc_stdlib.runtime.serve import server

    action = {"kind": "runtime", "target": "mlpc_stdlib.runtime.serve", "function": "server"}
    task = Task(id="api", action=action, result="", inputs={"model": Artefact(path=str(bundle))})
    with pytest.raises(StepError, match="`server` is a service: its task has to name host and port"):
        server(task, Result())
