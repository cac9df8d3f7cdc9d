"""What `mlpc build`, `submit` and `down` say before any engine is asked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mlpc_engines.claim import Claim
from mlpc_engines.compose import find
from mlpc_engines.directory import Compiled
from mlpc_engines.docker import _failed
from mlpc_engines.errors import SubmitError
from tests.mlpc_cli.command import mlpc

TUMOR = Path(__file__).resolve().parents[2] / "examples" / "tumor"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The example with its small data, compiled into `build`."""
    (tmp_path / "data").mkdir()
    shutil.copy(TUMOR / "data" / "cells_small.csv", tmp_path / "data")
    for name in ("main.mlp", "mlpc.lock"):
        shutil.copy(TUMOR / name, tmp_path)
    answer = mlpc("compile", "main.mlp", "--env", "ci", "--to", "compose", "-o", "build", cwd=tmp_path)
    assert answer.code == 0, answer
    return tmp_path


def test_a_folder_that_nothing_was_compiled_into(tmp_path: Path) -> None:
    answer = mlpc("build", "data", cwd=tmp_path)
    assert answer.code == 4
    assert answer.err == (
        "error[MLP563] not-compiled: `data` is no folder that `mlpc compile` wrote for an engine\n"
        "  = help: make one: `mlpc compile main.mlp --to compose -o build`\n"
    )


def test_a_folder_that_was_changed_by_hand(project: Path) -> None:
    file = project / "build" / "docker-compose.yml"
    file.write_text(file.read_text(encoding="utf-8").replace("cap_drop", "cap_add"), encoding="utf-8")
    answer = mlpc("submit", "build", cwd=project)
    assert answer.code == 1
    assert (
        "error[MLP563] not-compiled: `build` is not as it was compiled: `docker-compose.yml` changed"
        in answer.err
    )


def test_two_submissions_of_one_folder(project: Path) -> None:
    compiled = Compiled(str(project / "build"))
    with Claim(compiled), pytest.raises(SubmitError) as caught, Claim(compiled):
        pass
    assert caught.value.code.code == "MLP564"
    assert str(caught.value).startswith("another `mlpc submit ")


def test_compose_is_not_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("MLPC_COMPOSE", raising=False)
    with pytest.raises(SubmitError) as caught:
        find()
    assert caught.value.code.code == "MLP561"
    assert str(caught.value) == (
        "Docker Compose is not installed: neither `docker compose` nor `docker-compose` was found"
    )


def test_what_is_said_of_an_image_that_could_not_be_built() -> None:
    error = _failed("mlpc/tumor-fit:1", "manifest for python:9 not found", ["", "Step 1/4 : FROM python:9"])
    assert error.code.code == "MLP562"
    assert str(error) == "the image `mlpc/tumor-fit:1` could not be built: manifest for python:9 not found"
    assert error.help == (
        "it printed last:\nStep 1/4 : FROM python:9",
        "the base image is taken from a registry; pull or make it before where none answers",
    )


def test_what_may_be_set_may_be_changed(project: Path) -> None:
    file = project / "build" / ".env"
    file.write_text(file.read_text(encoding="utf-8").replace("trees=20", "trees=30"), encoding="utf-8")
    assert Compiled(str(project / "build")).settings()["MLPC_PARAM_trees"] == "30"


def test_what_is_not_on_compose_is_not_taken_down(project: Path) -> None:
    assert mlpc("compile", "main.mlp", "--to", "airflow", "-o", "dag", cwd=project).code == 0
    answer = mlpc("down", "dag", cwd=project, DOCKER_HOST="unix:///nowhere/docker.sock")
    assert answer.code == 4
    assert answer.err == (
        "error[MLP563] not-compiled: `dag` was compiled for `airflow`, not for Compose\n"
        "  = help: what runs on Airflow and Kubeflow Pipelines is stopped there\n"
    )


@pytest.mark.parametrize("command", ["build", "submit", "down"])
def test_no_engine_answers(project: Path, command: str) -> None:
    answer = mlpc(command, "build", cwd=project, DOCKER_HOST="unix:///nowhere/docker.sock")
    assert answer.code == 4
    assert answer.err.startswith(
        "error[MLP560] no-docker: no Docker engine answers at unix:///nowhere/docker.sock: "
    )
    assert "Traceback" not in answer.err


def test_a_plan_for_this_machine_is_not_submitted(tmp_path: Path) -> None:
    shutil.copy(TUMOR / "main.mlp", tmp_path)
    assert mlpc("compile", "main.mlp", "--to", "local", "-o", "build", cwd=tmp_path).code == 0
    assert "MLP563" in mlpc("submit", "build", cwd=tmp_path).err


# Where data lies


def test_data_is_found_above_the_folder(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    monkeypatch.delenv("MLPC_DATA", raising=False)
    assert Compiled(str(project / "build")).data_root() == str(project)


def test_data_beside_the_compose_file_comes_first(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLPC_DATA", raising=False)
    shutil.copytree(project / "data", project / "build" / "data" / "data")
    assert Compiled(str(project / "build")).data_root() == str(project / "build" / "data")


def test_data_that_is_nowhere(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLPC_DATA", raising=False)
    shutil.rmtree(project / "data")
    with pytest.raises(SubmitError) as caught:
        Compiled(str(project / "build")).data_root()
    assert caught.value.message == (
        "`data/cells_small.csv`, which the pipeline reads, is not in the project that this folder seems to belong to"
    )
    with pytest.raises(SubmitError, match="is not in `/nowhere`"):
        Compiled(str(project / "build")).data_root("/nowhere")


def test_the_manifest_names_no_place_of_this_machine(project: Path) -> None:
    text = (project / "build" / "manifest.json").read_text(encoding="utf-8")
    assert str(project) not in text
    assert json.loads(text)["data"][0]["path"] == "data/cells_small.csv"
