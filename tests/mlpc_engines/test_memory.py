"""A step that goes beyond the memory that its container is given: it is told so, with what it was given.

One machine is in ``tests/mlpc_run/test_memory.py``, Airflow, of which there is one for all of its tests, in ``test_airflow.py``.
"""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest

from .engine import mlpc
from .hungry import LESS, MUCH, hungry
from .refused import compiled, step

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("docker_engine")]


@pytest.mark.parametrize(
    ("memory", "more", "megabytes"),
    [
        ("96MiB", "192MiB", MUCH),
        # Not even what starts the step has room: nobody but the Docker engine can tell of it.
        ("8MiB", "16MiB", 1),
    ],
)
def test_on_compose(memory: str, more: str, megabytes: int, tmp_path: Path, compose_2: str) -> None:
    project = hungry(tmp_path / "hungry", memory)
    variables = {"COMPOSE_PROJECT_NAME": f"mlpc-test-{uuid.uuid4().hex[:8]}", "MLPC_COMPOSE": compose_2}
    compiled(project, "compose", images=True)
    words = ("submit", "build-compose", "--json", "--set")
    try:
        if megabytes == MUCH:
            # What an earlier run left is not taken for what this one did.
            answer = mlpc(*words, "megabytes=10", cwd=project, variables=variables)
            assert answer.code == 0, answer
        answer = mlpc(*words, f"megabytes={megabytes}", cwd=project, variables=variables)
        assert answer.code == 5, answer
        summary = json.loads(answer.out)
        error = step(summary, "eaten")["error"]
        assert (error["code"], error["name"]) == ("MLP635", "out-of-memory")
        assert error["message"] == f"`eaten` ran out of memory: `resources.memory` gives it {memory}"
        assert error["help"] == [f"give it more: `resources {{ memory = {more} }}`", LESS]
        assert (step(summary, "kept")["state"], step(summary, "kept")["by"]) == ("skipped", ["eaten"])
    finally:
        mlpc("down", "build-compose", "--volumes", cwd=project, variables=variables)
