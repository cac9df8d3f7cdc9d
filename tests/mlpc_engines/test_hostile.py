"""A pipeline with a hostile text in every place that is executed runs on Compose, and its secret is nowhere to be found."""

from __future__ import annotations

import json
import subprocess
import uuid
from pathlib import Path

import pytest

from tests.mlpc_backends.projects import Project, Searched
from tests.mlpc_engines.engine import mlpc

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module", params=["v2", "1.29"])
def compose(request: pytest.FixtureRequest, docker_engine: None, compose_1: str, compose_2: str) -> str:
    return compose_2 if request.param == "v2" else compose_1


def docker(*words: str) -> bytes:
    return subprocess.run(["docker", *words], capture_output=True, check=True).stdout


def test_texts_arrive_as_they_are_and_the_secret_stays_out(tmp_path: Path, compose: str) -> None:
    project = Project(tmp_path / "project")
    name = f"mlpc-test-{uuid.uuid4().hex[:8]}"
    variables = {
        **project.variables,
        "COMPOSE_PROJECT_NAME": name,
        "MLPC_COMPOSE": compose,
        "XDG_RUNTIME_DIR": str(tmp_path / "run"),
    }
    searched = Searched(project.secret)

    def command(*words: str) -> None:
        answer = mlpc(*words, cwd=project.folder, variables=variables)
        assert answer.code == 0, answer
        searched.bytes(f"what {words[0]} says", answer.out + answer.err)

    try:
        command("compile", "main.mlp", "--to", "compose", "-o", "build")
        command("build", "build")
        command("submit", "build")
        images = json.loads((project.folder / "build" / "manifest.json").read_bytes())["images"]
        (tag,) = images
        volume = f"{name}_store:/store"
        look = ("run", "--rm", "--volume", volume, "--entrypoint")
        assert json.loads(docker(*look, "cat", tag, "/store/enter/copy")) == project.told()

        searched.bytes("the store", docker(*look, "tar", tag, "-c", "/store"))
        ids = docker("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={name}").split()
        assert len(ids) == 3
        for each in ids:
            logs = subprocess.run(["docker", "logs", each], capture_output=True, check=True)
            searched.bytes("a log", logs.stdout + logs.stderr)
            searched.bytes("a container", docker("inspect", each))
            searched.bytes("what a container wrote", docker("export", each.decode()))
        searched.image(tag)
        searched.folder(project.folder)
        assert searched.looked_at > 100_000_000
    finally:
        mlpc("down", "build", "--volumes", cwd=project.folder, variables=variables)
        subprocess.run(["docker", "image", "rm", "--force", tag], capture_output=True, check=False)
    assert not [path for path in (tmp_path / "run").rglob("*") if path.is_file()]
