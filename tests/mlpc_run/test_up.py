"""Serving what was promoted: a model made on the spot, behind the real server."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from mlpc.ir.nodes import Action, Input, Reference, Service, Workflow
from mlpc_run import events, promotion
from mlpc_run.errors import EngineError
from mlpc_run.events import Event
from mlpc_run.gc import collect
from mlpc_run.store import Store
from mlpc_run.up import about, age, free_port, up

from .projects import Project, environment, gate, measure, said, step, workflow

MODEL = {"type": "model", "framework": "onnx", "schema": None, "label": None}

#: Writes a model that answers `x * factor`, with its signature.
MAKE = """
    import json
    from pathlib import Path


    def make(model: Path, *, factor: float) -> None:
        import onnx
        from onnx import TensorProto, helper

        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 1])
        y = helper.make_tensor_value_info("variable", TensorProto.FLOAT, [None, 1])
        by = helper.make_tensor("by", TensorProto.FLOAT, [1], [factor])
        graph = helper.make_graph([helper.make_node("Mul", ["x", "by"], ["variable"])], "g", [x], [y], [by])
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        made.ir_version = 8
        model.mkdir()
        onnx.save(made, str(model / "model.onnx"))
        signature = {
            "contract": 1,
            "features": [{"name": "x", "type": {"base": "float"}, "dtype": "float64", "nullable": False}],
            "inputs": [{"name": "x", "dtype": "float32", "shape": [None, 1]}],
            "label": {"name": "y", "type": {"base": "float"}},
            "task": "regression",
            "classes": None,
            "positive": None,
            "outputs": [{"name": "variable", "kind": "value", "dtype": "float32", "shape": [None, 1]}],
        }
        (model / "signature.json").write_text(json.dumps(signature))
"""


def serving(factor: float, bound: float = 0) -> Workflow:
    return workflow(
        step("model", "make", file="make.py", outputs={"model": MODEL}, factor=factor),
        step("words", text="abc"),
        measure("quality", "words"),
        gate("g", "quality", ">=", bound),
        Service(
            "api",
            Action("runtime", "mlpc_stdlib.runtime.serve", "server"),
            {"model": Input((Reference("model", "model"),))},
            {},
            after=("g",),
        ),
    )


SERVE = """
import json, sys
from mlpc_run.errors import EngineError
from mlpc_run.up import up
root, port = sys.argv[1:]
def listen(event):
    print(json.dumps([event.kind, event.text, event.data], default=str), flush=True)
try:
    sys.exit(up(root, "small", port=int(port) if port else None, isolation=False, listen=listen))
except EngineError as error:
    print(error, *error.help, sep="\\n", file=sys.stderr)
    sys.exit(error.exit_code)
"""


class Served:
    """`up` in a process of its own."""

    def __init__(self, project: Project, port: int | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(project.root), str(port or "")],
            env=environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        self.told: list[Any] = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.told.append(json.loads(line))
            if self.told[-1][0] == "service-ready":
                break
        else:
            raise AssertionError(self.told)
        self.url = self.told[-1][2]["url"]

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=5) as answer:
            return json.loads(answer.read())

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        self.process.communicate(timeout=20)
        return self.process.returncode

    def notes(self) -> list[str]:
        return [text for kind, text, _ in self.told if kind == "note"]


@pytest.fixture
def promoted(project: Project) -> Project:
    """A project with a promoted service."""
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    project.write("make.py", MAKE)
    summary = project.run(serving(2.0), isolation=False)
    assert summary.exit_code == 0, [found.error for found in summary.steps]
    return project


def free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_what_was_promoted_is_served_until_ctrl_c(promoted: Project) -> None:
    port = free()
    served = Served(promoted, port)
    try:
        assert served.url == f"http://127.0.0.1:{port}"
        assert served.notes()[0].startswith("promotion 1 of `small`, made ")
        assert served.notes()[0].endswith(" ago by run 1")
        model = served.get("/model")
        assert (model["service"], model["pipeline"]) == ("api", "small")
        assert model["figures"]["quality"] == {"letters": 3}
    finally:
        assert served.end() == 0
    with pytest.raises(OSError, match="refused"):
        served.get("/model")
    assert os.listdir(promoted.layout.path("work")) == []
    assert os.listdir(promoted.layout.path("locks")) == ["store"]


def test_a_newer_run_that_was_blocked_is_told_and_not_served(promoted: Project) -> None:
    first = promotion_of(promoted)
    assert promoted.run(serving(3.0, bound=100), isolation=False).exit_code == 1
    served = Served(promoted, free())
    try:
        assert served.notes()[1] == "run 2 is newer and was not promoted: `g`: letters >= 100 (letters is 3)"
        assert served.get("/model")["artefact"] == first
    finally:
        served.end(signal.SIGTERM)


def test_what_is_told_of_newer_runs(project: Project) -> None:
    def notes() -> list[str]:
        with Store(project.layout) as store:
            found = promotion.current(store, "small", "")
            assert found is not None
            return about(store, found)[1:]

    def spec(letters: str, bound: float = 3) -> Workflow:
        return workflow(
            step("words", text=letters),
            measure("quality", "words"),
            gate("g", "quality", ">=", bound),
            Service(
                "api",
                Action("runtime", "m", "f"),
                {"w": Input((Reference("words", "out"),))},
                {},
                after=("g",),
            ),
        )

    project.run(spec("abc"))
    project.run(spec("abcd"))
    assert notes() == []
    with Store(project.layout) as store:
        promotion.previous(store, "small", "")
    assert notes() == ["run 2 is newer; what it promoted was taken back"]
    project.run(spec("abc", 9))
    blocked = ["run 3 is newer and was not promoted: `g`: letters >= 9 (letters is 3)"]
    assert notes() == blocked
    project.run(spec("abc", 9), only=("words",))
    assert notes() == blocked, "a run of some steps that promotes nothing is no news"


def promotion_of(project: Project) -> str:
    with Store(project.layout) as store:
        found = promotion.current(store, "small", "")
        assert found is not None
        return str(found.bundle["services"]["api"]["inputs"]["model"]["digest"])


def test_what_is_served_is_not_collected_and_status_knows(promoted: Project) -> None:
    from mlpc_run import records

    first = promotion_of(promoted)
    served = Served(promoted, free())
    try:
        promoted.run(serving(5.0), isolation=False)
        collect(promoted.root, keep=1, shared=False)
        with Store(promoted.layout) as store:
            assert store.sound(first)
            assert records.served(promoted.layout) == {1}
    finally:
        served.end()
    collect(promoted.root, keep=1, shared=False)
    with Store(promoted.layout) as store:
        assert not store.sound(first)


def test_killing_it_leaves_no_server(promoted: Project) -> None:
    served = Served(promoted, free())
    served.process.kill()
    served.process.communicate()
    deadline = time.monotonic() + 10
    while True:
        try:
            served.get("/ready")
        except OSError:
            break
        assert time.monotonic() < deadline, "the server outlived its engine"


def test_a_busy_port_is_a_clear_error(promoted: Project) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EngineError) as caught:
            up(promoted.root, "small", port=port, isolation=False, listen=lambda event: None)
    assert caught.value.exit_code == 4
    assert said(caught.value).startswith(
        f"MLP643 127.0.0.1:{port} cannot be served on: Address already in use\n--port "
    )


def test_a_service_that_ends_by_itself(promoted: Project) -> None:
    port = free()

    def kill(event: Event) -> None:
        if event.kind == events.SERVICE_READY:
            for folder in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    if (folder / "cwd").resolve().is_relative_to(promoted.root):
                        os.kill(int(folder.name), signal.SIGKILL)

    with pytest.raises(EngineError) as caught:
        up(promoted.root, "small", port=port, isolation=False, listen=kill)
    assert said(caught.value).startswith("MLP644 `api` ended by itself with status ")


def test_without_a_wish_the_first_free_port_is_taken() -> None:
    first = free_port("127.0.0.1", None, asked=False)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", first))
        taken.listen()
        assert free_port("127.0.0.1", None, asked=False) > first


def test_nothing_is_promoted_yet(project: Project) -> None:
    with pytest.raises(EngineError, match="nothing of `small` is promoted yet"):
        up(project.root, "small", listen=lambda event: None)
    assert not (project.root / ".mlpc").exists()


def test_a_service_that_cannot_start_says_why(promoted: Project) -> None:
    model = Path(promoted.layout.object(promotion_of(promoted)))
    found = [path for path in model.iterdir() if path.name == "model.onnx"]
    os.chmod(found[0], 0o644)
    content = found[0].read_bytes()
    found[0].write_bytes(b"\0" * len(content))
    told: list[Event] = []
    with pytest.raises(EngineError) as caught:
        up(promoted.root, "small", port=free(), isolation=False, listen=told.append)
    assert "no longer in the store" in str(caught.value), "what was written to is not served"
    os.utime(found[0], (315_532_800, 315_532_800))
    with pytest.raises(EngineError) as caught:
        up(promoted.root, "small", port=free(), isolation=False, listen=told.append)
    assert caught.value.exit_code == 5
    assert "`api`" in str(caught.value)
    assert threading.active_count() < 10


def test_ages_in_words() -> None:
    assert [age(seconds) for seconds in (0, 1, 59, 60, 7200, 86400 * 3)] == [
        "0 seconds",
        "1 second",
        "59 seconds",
        "1 minute",
        "2 hours",
        "3 days",
    ]
