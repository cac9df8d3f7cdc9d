"""Submissions to Compose that are interrupted: the client is killed, Compose too, or the Docker engine restarted."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlpc.ir import nodes
from mlpc_backends.compose import BACKEND
from mlpc_cli.files import write_folder
from mlpc_cli.material import gather
from tests.mlpc_cli.command import EXECUTABLE, Answer, environment
from tests.mlpc_engines import engine

pytestmark = pytest.mark.engine

#: The first step waits until it is told to go on, so that a test has time for what it does.
CODE = """
import os
import time
from pathlib import Path


def wait(go: Path):
    print("waiting", flush=True)
    while not (go / "on").exists():
        time.sleep(0.05)
    return {"words": "one two", "metrics": {"words": 2}}


def tell(words: Path):
    return words.read_text().upper()
"""
FILE: nodes.JsonObject = {"type": "file", "format": "txt"}
PIPELINE = nodes.Workflow(
    "follow",
    (
        nodes.Task(
            "wait",
            nodes.Action("project", "steps.py", "wait"),
            {"go": nodes.Input((nodes.External("go", False, {"type": "folder"}),))},
            {"words": nodes.Output(FILE)},
            {},
        ),
        nodes.Gate(
            "enough",
            (
                nodes.Condition(
                    {"op": ">=", "args": [{"metric": {"node": "wait", "name": "words"}}, 2]}, "words >= 2"
                ),
            ),
        ),
        nodes.Task(
            "tell",
            nodes.Action("project", "steps.py", "tell"),
            {"words": nodes.Input((nodes.Reference("wait", "words"),))},
            {"said": nodes.Output(FILE)},
            {},
            after=("enough",),
        ),
    ),
)


class Submitted:
    """The pipeline, compiled; submissions of it have a name of their own on the Docker engine."""

    def __init__(self, folder: Path, compose: str, **variables: str) -> None:
        self.folder = folder
        self.name = f"mlpc-test-{uuid.uuid4().hex[:8]}"
        self.variables = {
            "COMPOSE_PROJECT_NAME": self.name,
            "MLPC_COMPOSE": compose,
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_RUNTIME_DIR": str(folder / "run"),
            **variables,
        }
        (folder / "project" / "go").mkdir(parents=True)
        (folder / "project" / "steps.py").write_text(CODE, encoding="utf-8")
        emitted = BACKEND.emit(PIPELINE, gather(PIPELINE, str(folder / "project")))
        assert not emitted.has_errors
        write_folder(str(folder / "build"), emitted.files, emitted.modes)
        assert self("build", "build").code == 0

    def __call__(self, *arguments: str) -> Answer:
        return engine.mlpc(*arguments, cwd=self.folder, variables=self.variables)

    def start(self) -> subprocess.Popen[bytes]:
        """Submit it, and return when the first step runs."""
        words = [str(EXECUTABLE), "submit", "build", "--data", "project", "--json"]
        process = subprocess.Popen(
            words,
            cwd=self.folder,
            env=environment(**self.variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + 120
        while self.state("wait") != "running" or "waiting" not in self.log("wait"):
            assert process.poll() is None, process.communicate()[0].decode()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        return process

    def state(self, service: str) -> str:
        """What the engine says of a container."""
        words = ["ps", "--all", "--format", "{{.State}}"]
        for label in (f"project={self.name}", f"service={service}"):
            words += ["--filter", f"label=com.docker.compose.{label}"]
        return self.docker(*words).strip()

    def log(self, service: str) -> str:
        """What a container printed."""
        words = ["ps", "--all", "--quiet"]
        for label in (f"project={self.name}", f"service={service}"):
            words += ["--filter", f"label=com.docker.compose.{label}"]
        return self.docker("logs", self.docker(*words).strip())

    def docker(self, *words: str) -> str:
        done = subprocess.run(
            ["docker", *words],
            env={**os.environ, **self.variables},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout

    def go_on(self) -> None:
        (self.folder / "project" / "go" / "on").touch()

    def compose_processes(self) -> list[int]:
        """The processes of Compose that drive this project."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                line = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
            except OSError:
                continue
            if self.name.encode() in line and b"compose" in line and b"up" in line.split(b"\0"):
                found.append(int(entry.name))
        return found


@pytest.fixture
def submitted(docker_engine: None, compose_2: str, tmp_path: Path) -> Iterator[Submitted]:
    made = Submitted(tmp_path, compose_2)
    yield made
    made("down", "build", "--volumes")


def summary(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.out)
    return found


def test_nothing_was_submitted(submitted: Submitted) -> None:
    answer = submitted("submit", "build", "--follow")
    assert answer.code == 4
    assert answer.err == (
        "error[MLP565] nothing-submitted: nothing was submitted from `build` by this user, or it was taken down\n"
        "  = help: `mlpc submit build` starts it\n"
    )


def test_the_client_is_killed_and_the_run_is_followed_to_its_end(submitted: Submitted) -> None:
    client = submitted.start()
    client.send_signal(signal.SIGKILL)
    client.communicate()
    again = submitted("submit", "build", "--data", "project")
    assert again.code == 4
    assert "another `mlpc submit build` goes on" in again.err
    assert "--follow` sees it to its end" in again.err
    submitted.go_on()
    answer = submitted("submit", "build", "--follow", "--json")
    assert answer.code == 0, answer
    assert {step["node"]: step["state"] for step in summary(answer)["steps"]} == {
        "wait": "ran",
        "tell": "ran",
    }
    # Once more, now that all is over: the same is told, and nothing is started.
    shown = submitted("submit", "build", "--follow")
    assert shown.code == 0
    assert "tell             done" in shown.out
    assert summary(submitted("submit", "build", "--follow", "--json")) == summary(answer)


def test_compose_is_killed_too_and_what_never_ran_is_not_told_as_done(submitted: Submitted) -> None:
    client = submitted.start()
    client.send_signal(signal.SIGKILL)
    client.communicate()
    for process in submitted.compose_processes():
        os.kill(process, signal.SIGKILL)
    submitted.go_on()
    answer = submitted("submit", "build", "--follow")
    assert answer.code == 5, answer
    assert "MLP566" in answer.err
    assert "the run came to no end: Compose or the Docker engine was ended before `enough` ran" in answer.err
    answer = submitted("submit", "build", "--data", "project", "--json")
    assert (answer.code, summary(answer)["exit_code"]) == (0, 0), "it can be submitted again"


def test_the_docker_engine_is_restarted(docker_engine: None, compose_2: str, tmp_path: Path) -> None:
    own = Own()
    own.start()
    try:
        save = subprocess.Popen(["docker", "save", engine.BASE], stdout=subprocess.PIPE)
        subprocess.run(
            ["docker", "-H", own.socket, "load"], stdin=save.stdout, check=True, capture_output=True
        )
        submitted = Submitted(tmp_path / "project", compose_2, DOCKER_HOST=own.socket)
        client = submitted.start()
        own.stop()
        own.start()
        said = client.communicate(timeout=200)[0].decode()
        assert client.returncode == 5, said
        found = json.loads(said)
        (wait,) = [step for step in found["steps"] if step["node"] == "wait"]
        assert wait["state"] == "failed"
        # Docker tells the adaptor to end, which tells the step; which of them is first is theirs.
        assert wait["error"]["message"] in (
            "`wait` was ended by SIGTERM",
            "`wait` failed with exit status 143",
        )
        assert found["promoted"] == []
        submitted.go_on()
        answer = submitted("submit", "build", "--data", "project", "--json")
        assert (answer.code, summary(answer)["exit_code"]) == (0, 0), "it can be submitted again"
        submitted("down", "build", "--volumes")
    finally:
        own.remove()


class Own:
    """A Docker engine of the test's own, which it may restart; its containers reach no other network."""

    def __init__(self) -> None:
        # Paths of sockets are short.
        self.folder = folder = Path(tempfile.mkdtemp(prefix="mlpc-"))
        self.socket = f"unix://{folder}/docker.sock"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = (self.folder / "log").open("ab")
        # In namespaces of its own: it would take the bridge of another engine away, and leave mounts behind.
        words = ["unshare", "--net", "--mount"]
        words += ["dockerd", "--host", self.socket, "--bridge", "none", "--iptables=false"]
        for option in ("data-root", "exec-root", "pidfile"):
            words += [f"--{option}", str(self.folder / option)]
        self.process = subprocess.Popen(words, stdout=log, stderr=log)
        for _ in range(240):
            if engine.call("docker", "-H", self.socket, "info").returncode == 0:
                return
            assert self.process.poll() is None, (self.folder / "log").read_text(errors="replace")[-2000:]
            time.sleep(0.25)
        raise AssertionError("the engine does not start")

    def stop(self) -> None:
        """Stop it; its containers end with it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=60)
            self.process = None

    def remove(self) -> None:
        """Stop it, and remove all that it kept."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
