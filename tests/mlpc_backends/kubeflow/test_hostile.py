"""A pipeline with a hostile text in every place that is executed runs on Kubeflow's engine for one machine, and its secret
is nowhere to be found.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.mlpc_backends.hostile import Compiled
from tests.mlpc_backends.kubeflow.reading import problems, run
from tests.mlpc_backends.projects import Project, Searched
from tests.mlpc_backends.spec import HOSTILE, PLAIN
from tests.mlpc_cli.command import mlpc

pytestmark = pytest.mark.engine


def test_texts_arrive_as_they_are_and_the_secret_stays_out(tmp_path: Path) -> None:
    # Kubeflow itself would replace what stands in two braces in a default; a compile refuses it.
    project = Project(tmp_path / "project", "default", "key", "choice")
    answer = mlpc("compile", "main.mlp", "--to", "kubeflow", "-o", "build", cwd=project.folder)
    assert answer.code == 0, answer
    build = project.folder / "build"
    assert problems(build / "pipeline.yaml") == [[]]
    secret = tmp_path / "secrets" / "key" / "value"
    secret.parent.mkdir(parents=True)
    secret.write_text(project.secret, encoding="utf-8")
    staged = json.loads((build / "manifest.json").read_bytes())["staged"]
    assert staged == {"data___tell___data": project.data}
    data = {key: str(project.folder / path) for key, path in staged.items()}
    done = run(build, tmp_path / "run", data, secrets=secret.parent.parent)
    assert done.failed == [], done.log
    told = Path(done.output("enter", "copy")).read_bytes()
    assert json.loads(told) == project.told()
    assert done.output("tell-02egate", "passed") is True

    searched = Searched(project.secret)
    assert "the secret is ***" in done.log
    searched.bytes("the log", done.log)
    searched.bytes("what compile says", answer.out + answer.err)
    searched.folder(project.folder)
    searched.folder(tmp_path / "run")
    assert searched.looked_at > 100_000


def test_kubeflow_finds_nothing_wrong_with_any_text(tmp_path: Path) -> None:
    files = []
    for number, text in enumerate(HOSTILE):
        kept_out = ["default", "key", "choice"] if "{{" in text else []
        files.append(tmp_path / f"{number}.yaml")
        made = Compiled("kubeflow", f"{text}{PLAIN}{text}", *kept_out)
        files[-1].write_bytes(made.emitted.files["pipeline.yaml"])
    assert problems(*files) == [[]] * len(files)
