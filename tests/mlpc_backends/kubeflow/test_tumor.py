"""The tumor example on Kubeflow's engine for one machine, beside `mlpc run`: the same figures, the same model."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.engines import made
from tests.examples.projects import copy_of, digest, edit, metrics
from tests.mlpc_backends.kubeflow.reading import Run, problems, run
from tests.mlpc_cli.command import mlpc

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example with its lock, run on this machine."""
    project = copy_of("tumor", tmp_path_factory.mktemp("kubeflow") / "tumor")
    if not (project / "mlpc.lock").exists():
        assert mlpc("lock", cwd=project).code == 0
    assert mlpc("run", "--env", "ci", cwd=project).code == 0
    return project


def on_kubeflow(project: Path, folder: Path) -> Run:
    """Compile, make the environment of each image as its Dockerfile does, and run from an empty store."""
    answer = mlpc("compile", "--to", "kubeflow", "--env", "ci", "-o", str(folder / "build"), cwd=project)
    assert answer.code == 0, answer
    assert problems(folder / "build" / "pipeline.yaml") == [[]]
    images = json.loads((folder / "build" / "manifest.json").read_bytes())["images"]
    pythons = {}
    for tag, image in images.items():
        requirements = (folder / "build" / image["dockerfile"]).with_name("requirements.txt")
        if image["requirements"]:
            assert image["locked"]
            name = f"image-{hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]}"
            pythons[tag] = str(made(name, requirements))
    return run(
        folder / "build",
        folder,
        {
            "catalog__2etracking_uri": f"sqlite:///{folder / 'mlflow.db'}",
            "data___cells___path": str(project / "data" / "cells_small.csv"),
        },
        pythons,
    )


def test_figures_and_model_are_those_of_a_run_on_this_machine(project: Path, tmp_path: Path) -> None:
    done = on_kubeflow(project, tmp_path)
    assert done.failed == [], done.log
    assert sorted(done.ran) == [
        "api",
        "catalog",
        "cells",
        "forest",
        "page",
        "page-02ebuild",
        "page-02egate",
        "parts",
        "portable",
        "portable-02egate",
        "quality",
        "quality-02egate",
    ]
    assert done.record("quality")["metrics"] == metrics(project, "tumor@ci", "quality")
    exported = done.record("portable")["outputs"]["portable"]
    assert exported == f"tree:{digest(project, 'tumor@ci', 'portable', 'portable')}"
    bundle = json.loads((Path(done.output("api", "bundle")) / "bundle.json").read_bytes())
    assert bundle["inputs"]["model"]["digest"] == exported
    assert bundle["figures"]["quality"] == metrics(project, "tumor@ci", "quality")
    assert (tmp_path / "mlflow.db").exists()


def test_a_gate_that_does_not_pass_registers_and_publishes_nothing(project: Path, tmp_path: Path) -> None:
    before = (project / "main.mlp").read_text(encoding="utf-8")
    try:
        edit(project, "require auc >= 0.97", "require log_loss <= 0.001")
        done = on_kubeflow(project, tmp_path)
    finally:
        (project / "main.mlp").write_text(before, encoding="utf-8")
    assert done.failed == [], done.log
    assert done.output("quality-02egate", "passed") is False
    assert done.output("portable-02egate", "passed") is True
    assert not {"catalog", "api"}.intersection(done.ran)
    assert not (tmp_path / "mlflow.db").exists()
