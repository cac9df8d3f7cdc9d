"""A pipeline with a hostile text in every place that is executed runs on Compose, and its secret is nowhere to be found."""

from __future__ import annotations

import json
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engines import python_with
from tests.mlpc_backends.hostile import Compiled
from tests.mlpc_backends.projects import Project, Searched
from tests.mlpc_backends.spec import HOSTILE, PLAIN, in_path
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
    tag = ""

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
        ids = (
            docker("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={name}")
            .decode()
            .split()
        )
        assert len(ids) == 3
        for each in ids:
            logs = subprocess.run(["docker", "logs", each], capture_output=True, check=True)
            searched.bytes("a log", logs.stdout + logs.stderr)
            searched.bytes("a container", docker("inspect", each))
            searched.bytes("what a container wrote", docker("export", each))
        searched.image(tag)
        searched.folder(project.folder)
        assert searched.looked_at > 100_000_000
    finally:
        mlpc("down", "build", "--volumes", cwd=project.folder, variables=variables)
        if tag:
            docker("image", "rm", "--force", tag)
    assert not [path for path in (tmp_path / "run").rglob("*") if path.is_file()]


def shape(value: Any) -> Any:
    """What is left of a document without its texts."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    return type(value).__name__


def test_compose_reads_any_text_as_it_is(tmp_path: Path, compose: str, compose_2: str) -> None:
    shapes = []
    # Compose 1.29 takes more than a second for each.
    for text in ("", *(HOSTILE if compose == compose_2 else HOSTILE[::5])):
        made = Compiled("compose", f"{text}{PLAIN}{text}")
        for path in ("docker-compose.yml", ".env"):
            (tmp_path / path).write_bytes(made.emitted.files[path])
        done = subprocess.run([compose, "config"], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (text, done.stderr)
        assert "variable is not set" not in done.stderr
        document = yaml.safe_load(done.stdout)
        document.pop("name", None)
        tell = document["services"]["tell"]
        # A default that may stand in `.env` is read there as it is; any other is none for Compose.
        given = {name: value for name, value in tell["environment"].items() if value is not None}
        tell["environment"] = sorted(tell["environment"])
        assert set(given.values()) <= {made.text}
        shapes.append(shape(document))
        # What `config` prints is to be read by Compose again, so it doubles the signs once more.
        source = tell["volumes"][1]["source"].replace("$$", "$")
        assert source == f"{tmp_path}/data/data/{in_path(made.text)}.txt"
        assert tell["volumes"][1]["target"].replace("$$", "$") == f"/mlpc/data/data/{in_path(made.text)}.txt"
    assert all(each == shapes[0] for each in shapes)


def test_every_compose_file_has_the_form_that_its_schema_asks_for(tmp_path: Path) -> None:
    files = []
    for number, text in enumerate(("", *HOSTILE)):
        files.append(tmp_path / f"{number}.yml")
        files[-1].write_bytes(Compiled("compose", f"{text}{PLAIN}{text}").emitted.files["docker-compose.yml"])
    command = [str(python_with("schemas").with_name("check-jsonschema")), "--builtin-schema"]
    done = subprocess.run(
        [*command, "vendor.compose-spec", *map(str, files)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    files[0].write_text(
        files[0].read_text(encoding="utf-8").replace("cap_drop", "cap_dorp"), encoding="utf-8"
    )
    broken = subprocess.run(
        [*command, "vendor.compose-spec", str(files[0])], capture_output=True, check=False
    )
    assert broken.returncode == 1
