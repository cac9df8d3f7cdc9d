"""A pipeline with a hostile text in every place that is executed runs, and its secret is nowhere to be found."""

from __future__ import annotations

import json
from pathlib import Path

from tests.mlpc_backends.projects import TEXT, Project, Searched
from tests.mlpc_cli.command import mlpc


def test_texts_arrive_as_they_are_and_the_secret_stays_out(tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    answer = mlpc("run", cwd=project.folder, **project.variables)
    assert answer.code == 0, answer
    latest = project.folder / ".mlpc" / "latest" / "words"
    (copy,) = [path for path in (latest / "enter").iterdir() if path.name.startswith("copy")]
    assert json.loads(copy.read_bytes()) == project.told()

    given = f"another {TEXT}"
    again = mlpc("run", "--set", f"said={given}", cwd=project.folder, **project.variables)
    assert again.code == 0, again
    assert json.loads(copy.read_bytes()) == {**project.told(), "said": given, "mixed": f"{TEXT}{given}{TEXT}"}

    searched = Searched(project.secret)
    searched.bytes("what was said", answer.out + answer.err + again.out + again.err)
    searched.folder(project.folder)
    logs = mlpc("logs", "tell", cwd=project.folder)
    assert "the secret is ***" in logs.out
    searched.bytes("the log", logs.out)
    assert searched.looked_at > 10_000
