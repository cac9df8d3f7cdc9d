"""The tumour pipeline on a real Docker engine, with Compose v2 and 1.29; and what it is compared with, `mlpc run`."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlpc.ir import nodes
from mlpc_backends.compose import BACKEND
from mlpc_cli.files import write_folder
from mlpc_cli.material import gather
from tests.mlpc_cli.command import Answer
from tests.mlpc_engines.engine import mlpc
from tests.mlpc_stdlib.runtime.container.pipelines import COUNT, FACTOR, Engine, Secret, task

pytestmark = pytest.mark.engine

TUMOR = Path(__file__).resolve().parents[2] / "examples" / "tumor"
BETTER_THAN_IT_IS = ("require accuracy >= 0.92", "require accuracy >= 0.999")


class Project:
    """A copy of the example, compiled and built; ``name`` keeps its containers apart from all others."""

    def __init__(self, folder: Path, compose: str, name: str, *changes: tuple[str, str]) -> None:
        self.folder = folder
        (folder / "data").mkdir(parents=True)
        text = (TUMOR / "main.mlp").read_text(encoding="utf-8")
        for before, after in changes:
            assert before in text
            text = text.replace(before, after)
        (folder / "main.mlp").write_text(text, encoding="utf-8")
        shutil.copy(TUMOR / "mlpc.lock", folder)
        shutil.copy(TUMOR / "data" / "cells_small.csv", folder / "data")
        self.variables = {
            "COMPOSE_PROJECT_NAME": name,
            "MLPC_COMPOSE": compose,
            "MLPC_PORT_api": "0",
            "MLPC_PORT_page": "0",
            "MLPC_MLFLOW_PORT": "0",
        }
        self.name = name
        self("compile", "main.mlp", "--env", "ci", "--to", "compose", "-o", "build")
        self("build", "build")

    def __call__(self, *arguments: str, code: int = 0) -> Answer:
        answer = mlpc(*arguments, cwd=self.folder, variables=self.variables)
        assert answer.code == code, answer
        return answer

    def submit(self, code: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self("submit", "build", "--json", code=code).out)
        return found

    def containers(self) -> dict[str, dict[str, Any]]:
        """All containers of the project, as the engine describes them, by service."""
        label = f"label=com.docker.compose.project={self.name}"
        ids = docker("ps", "--all", "--quiet", "--filter", label).split()
        found: list[dict[str, Any]] = json.loads(docker("inspect", *ids)) if ids else []
        return {each["Config"]["Labels"]["com.docker.compose.service"]: each for each in found}

    def digest(self) -> str:
        """Digest of the exported model, as the record of its step has it."""
        return str(step(self.submit_summary, "portable")["outputs"]["portable"])

    submit_summary: dict[str, Any]


def docker(*words: str) -> str:
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout


def step(summary: dict[str, Any], node: str) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = [each for each in summary["steps"] if each["node"] == node]
    return found


def get(url: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def wait(url: str) -> Any:
    """Ask a server that may have been started a moment ago."""
    for _ in range(120):
        try:
            return get(url)
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"{url} does not answer")


def versions(url: str) -> list[str]:
    """The versions of the model that the registry at ``url`` has."""
    found = wait(f"{url}/api/2.0/mlflow/model-versions/search?filter=name%3D%27tumor-forest%27")
    return [each["version"] for each in found.get("model_versions", [])]


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `mlpc run` measures and makes on this machine, from an empty store."""
    folder = tmp_path_factory.mktemp("local") / "tumor"
    shutil.copytree(TUMOR, folder, ignore=shutil.ignore_patterns(".mlpc"))
    code = (
        "import json, sys\n"
        "from mlpc_cli.spec import compile_spec\n"
        "from mlpc_run.run import run\n"
        "from mlpc_run.summary import Options\n"
        "spec = compile_spec('main.mlp', 'run', 'ci')\n"
        "made = run(spec.workflow, spec.root, params={}, spec_label=spec.label, options=Options(), listen=lambda event: None)\n"
        "json.dump(made.to_json(), sys.stdout)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["exit_code"] == 0
    return found


@pytest.fixture(scope="module", params=["v2", "1.29"])
def compose(request: pytest.FixtureRequest, docker_engine: None, compose_1: str, compose_2: str) -> str:
    return compose_2 if request.param == "v2" else compose_1


@pytest.fixture(scope="module")
def good(compose: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The example, submitted to an empty engine."""
    made = Project(tmp_path_factory.mktemp("good") / "p", compose, f"mlpc-test-{uuid.uuid4().hex[:8]}")
    try:
        made.submit_summary = made.submit()
        yield made
    finally:
        made("down", "build", "--volumes")
        assert made.containers() == {}
        assert docker("volume", "ls", "--quiet", "--filter", f"name={made.name}_").split() == []


@pytest.fixture(scope="module")
def bad(good: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The same with a gate that cannot pass."""
    folder = tmp_path_factory.mktemp("bad") / "p"
    return Project(folder, good.variables["MLPC_COMPOSE"], good.name, BETTER_THAN_IT_IS)


def test_figures_are_those_of_one_machine_to_the_last_digit(good: Project, local: dict[str, Any]) -> None:
    here = {each["node"]: each["metrics"] for each in good.submit_summary["steps"]}
    there = {each["node"]: each["metrics"] for each in local["steps"]}
    assert json.dumps(here, sort_keys=True) == json.dumps(there, sort_keys=True)


def test_the_model_and_all_else_is_the_same_to_the_last_byte(good: Project, local: dict[str, Any]) -> None:
    here = {each["node"]: each["outputs"] for each in good.submit_summary["steps"]}
    there = {each["node"]: each["outputs"] for each in local["steps"]}
    for node, outputs in there.items():
        for port, path in outputs.items():
            assert here[node][port].partition(":")[2] == Path(path).name, (node, port)


def test_jobs_ran_one_after_the_other_as_they_need_each_other(good: Project) -> None:
    containers = good.containers()
    made = yaml.safe_load((good.folder / "build" / "docker-compose.yml").read_text(encoding="utf-8"))
    for service, content in made["services"].items():
        for needed, how in content.get("depends_on", {}).items():
            if how["condition"] == "service_completed_successfully":
                assert containers[needed]["State"]["ExitCode"] == 0
                ended = containers[needed]["State"]["FinishedAt"]
                assert ended <= containers[service]["State"]["StartedAt"], (service, needed)


def test_the_server_is_healthy_and_answers(good: Project) -> None:
    url = good.submit_summary["urls"]["api"]
    assert good.containers()["api"]["State"]["Health"]["Status"] == "healthy"
    about = get(f"{url}/model")
    answer = get(f"{url}/predict", about["signature"]["example"])
    assert set(answer["scores"]) == {"true", "false"}
    assert about["artefact"] == good.digest()


def test_the_page_is_served_by_nginx(good: Project) -> None:
    url = good.submit_summary["urls"]["page"]
    assert good.containers()["page"]["State"]["Health"]["Status"] == "healthy"
    with urllib.request.urlopen(url, timeout=30) as answer:
        headers, page = answer.headers, answer.read().decode()
    assert headers["Server"] == "nginx"
    assert headers["X-Content-Type-Options"] == "nosniff"
    (runtime,) = {each for each in re.findall(r'"url": "([^"]+)"', page) if "runtime" in each}
    with urllib.request.urlopen(f"{url}/{runtime}", timeout=30) as answer:
        content = answer.read()
        assert "immutable" in answer.headers["Cache-Control"]
    found = base64.b64encode(hashlib.sha256(content).digest()).decode()
    assert f'"integrity": "sha256-{found}", "url": "{runtime}"' in page
    size = step(good.submit_summary, "page.build")["metrics"]["size"]
    assert len(content) < size <= 4 * 2**20


def test_nobody_is_root_in_a_container(good: Project) -> None:
    assert {each["Config"]["User"] for each in good.containers().values()} == {"10001:10001"}


def test_the_model_is_registered(good: Project) -> None:
    assert versions(good.submit_summary["urls"]["mlflow"]) == ["1"]


def test_a_run_that_is_blocked_leaves_what_is_served(good: Project, bad: Project) -> None:
    before = good.containers()["api"]["Id"]
    summary = bad.submit(code=1)
    assert summary["reasons"] == ["`quality.gate`: accuracy >= 0.999  (accuracy is 0.9666666666666667)"]
    assert (summary["promoted"], step(summary, "catalog")["state"]) == ([], "blocked")
    after = bad.containers()
    assert after["quality.gate"]["State"]["ExitCode"] == 1
    assert after["api"]["Id"] == before
    about = get(f"{good.submit_summary['urls']['api']}/model")
    assert about["artefact"] == good.digest()
    # Started again after a crash, it serves what was promoted, not what the blocked run made.
    docker("restart", before)
    port = json.loads(docker("inspect", before))[0]["NetworkSettings"]["Ports"]["8000/tcp"][0]["HostPort"]
    assert wait(f"http://127.0.0.1:{port}/model")["artefact"] == good.digest()


def test_a_gate_that_fails_at_first_serves_and_registers_nothing(bad: Project) -> None:
    name = f"{bad.name}-first"
    bad.name, bad.variables["COMPOSE_PROJECT_NAME"] = name, name
    try:
        answer = bad("submit", "build", code=1)
        assert "quality.gate not passed" in answer.out
        assert "not promoted" in answer.out
        containers = bad.containers()
        assert containers.get("api", {}).get("State", {}).get("Status") in (None, "created")
        assert containers.get("catalog", {}).get("State", {}).get("Status") in (None, "created")
        port = containers["mlflow"]["NetworkSettings"]["Ports"]["5000/tcp"][0]["HostPort"]
        assert versions(f"http://127.0.0.1:{port}") == []
    finally:
        bad("down", "build", "--volumes")


# What needs no packages, and is over in seconds


def test_hostile_names_mean_to_compose_what_they_mean_to_us(tmp_path: Path, compose: str) -> None:
    ids = ["a$(id)${HOME}", "b'\"\\\n{{ x }}", "c: &d *e !f #g", "é{% raw %}[eu]", "-x=<script>"]
    workflow = nodes.Workflow("h", tuple(task(id, inputs={}) for id in ids), params=(FACTOR,))
    for path, text in BACKEND.emit(workflow).files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(text)
    done = subprocess.run(
        [compose, "-f", "docker-compose.yml", "config"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    services = yaml.safe_load(done.stdout)["services"]
    # What `config` prints is to be read by Compose again, so it doubles the signs once more.
    found = [service["command"][1].replace("$$", "$") for service in services.values()]
    assert sorted(found) == sorted(f"--node={id}" for id in ids)


def test_a_secret_reaches_its_step_and_nothing_else(tmp_path: Path, compose: str) -> None:
    value = "s3same-" + uuid.uuid4().hex
    folder = tmp_path / "build"
    tell = task("tell", arguments={"key": {"secret": "key"}})
    secret = Secret("key", {"base": "string"}, {"env": "TEST_KEY"})
    Engine(tmp_path, COUNT, tell)  # makes data and code
    workflow = nodes.Workflow("words", (COUNT, tell), params=(FACTOR,), secrets=(secret,))
    emitted = BACKEND.emit(workflow, gather(workflow, str(tmp_path / "project")))
    assert not emitted.has_errors
    write_folder(str(folder), emitted.files, emitted.modes)
    name = f"mlpc-test-{uuid.uuid4().hex[:8]}"
    variables = {
        "COMPOSE_PROJECT_NAME": name,
        "MLPC_COMPOSE": compose,
        "TEST_KEY": value,
        "XDG_RUNTIME_DIR": str(tmp_path / "run"),
    }
    try:
        data = str(tmp_path / "data")
        answer = mlpc("submit", "build", "--data", data, cwd=tmp_path, variables=variables)
        assert answer.code == 0, answer
        label = f"label=com.docker.compose.project={name}"
        ids = docker("ps", "--all", "--quiet", "--filter", label).split()
        logs = [subprocess.run(["docker", "logs", id], capture_output=True, check=True) for id in ids]
        seen = "".join((log.stdout + log.stderr).decode() for log in logs)
        assert "the key is ***" in seen
        said = answer.out + answer.err + seen + docker("inspect", *ids)
        for tag in json.loads((folder / "manifest.json").read_bytes())["images"]:
            said += docker("history", "--no-trunc", tag) + docker("inspect", tag)
        said += "".join(path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file())
        assert value not in said
    finally:
        mlpc("down", "build", "--volumes", cwd=tmp_path, variables=variables)
    assert not list((tmp_path / "run").rglob("key"))
