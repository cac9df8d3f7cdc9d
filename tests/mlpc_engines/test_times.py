"""The time for which a run was started is the same to its steps wherever they run.

Airflow, of which there is one for all of its tests, is in ``test_airflow.py``.
"""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path

import pytest

from tests.mlpc_backends.kubeflow import reading

from . import times
from .engine import mlpc
from .refused import compiled
from .times import AT, MOMENT, moments

pytestmark = pytest.mark.engine


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return times.days(tmp_path / "days")


def test_on_this_machine(project: Path) -> None:
    def run(*words: str) -> tuple[set[float], dict[str, str]]:
        answer = mlpc("run", "--json", *words, cwd=project, variables={})
        assert answer.code == 0, answer
        summary = json.loads(answer.out)
        return moments(summary), {each["node"]: each["state"] for each in summary["steps"]}

    ran, cached = (
        dict.fromkeys(("seen", "told", "other"), "ran"),
        dict.fromkeys(("seen", "told", "other"), "cached"),
    )
    assert run("--at", AT) == ({MOMENT}, ran)
    # The same moment by another clock; and only what reads the time runs for another one.
    assert run("--at", "2026-03-29T04:30:00+02:00") == ({MOMENT}, cached)
    assert run("--at", "2026-03-30") == ({MOMENT + 21.5 * 3600}, {**ran, "other": "cached"})
    before = int(time.time())
    ((now,), states) = run()
    assert before <= now <= time.time()
    assert states == {**ran, "other": "cached"}


def test_on_compose(project: Path, docker_engine: None, compose_2: str) -> None:
    variables = {"COMPOSE_PROJECT_NAME": f"mlpc-test-{uuid.uuid4().hex[:8]}", "MLPC_COMPOSE": compose_2}
    compiled(project, "compose", images=True)
    try:
        answer = mlpc("submit", "build-compose", "--json", "--at", AT, cwd=project, variables=variables)
        assert answer.code == 0, answer
        assert moments(json.loads(answer.out)) == {MOMENT}
        before = int(time.time())
        answer = mlpc("submit", "build-compose", "--json", cwd=project, variables=variables)
        assert answer.code == 0, answer
        (now,) = moments(json.loads(answer.out))
        assert before <= now <= time.time()
    finally:
        mlpc("down", "build-compose", "--volumes", cwd=project, variables=variables)


def test_on_kubeflow(project: Path) -> None:
    """As a parameter of the run: what gives it, a submission or a recurring run, is in ``test_kubeflow.py``."""
    build = compiled(project, "kubeflow")
    (key,) = json.loads((build / "manifest.json").read_bytes())["params"].values()
    done = reading.run(build, project / "run", {key: AT})
    assert done.failed == [], done.log
    assert {done.record(step)["metrics"]["moment"] for step in ("seen", "told")} == {MOMENT}
