"""`mlpc new`: a project that checks, runs and serves at once."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest

from mlpc_cli.commands.new import pipeline_name
from mlpc_cli.errors import UsageError
from mlpc_cli.templates import tabular
from tests.mlpc_cli.command import EXECUTABLE, environment, mlpc


def test_a_project(tmp_path: Path) -> None:
    answer = mlpc("new", "my-churn", cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == (
        "  my-churn/.gitignore\n"
        "  my-churn/README.md\n"
        "  my-churn/data/customers.csv\n"
        "  my-churn/main.mlp\n"
        "\nmy-churn is ready. Next:\n\n"
        "  cd my-churn\n  mlpc check\n  mlpc run\n  mlpc up\n"
    )
    project = tmp_path / "my-churn"
    assert "pipeline my_churn {" in (project / "main.mlp").read_text(encoding="utf-8")
    assert "{{" not in "".join(file.read_text(encoding="utf-8") for file in project.rglob("*.m*"))
    assert mlpc("check", cwd=project).out == "main.mlp: ok\n"
    assert mlpc("fmt", "--check", ".", cwd=project).code == 0


def test_it_runs_and_serves_at_once(tmp_path: Path) -> None:
    assert mlpc("new", "churn", cwd=tmp_path).code == 0
    project = tmp_path / "churn"
    # In the environment of the tests, which has what the steps need; the demo makes environments.
    answer = mlpc("run", "--no-isolation", cwd=project)
    assert answer.code == 0, answer
    assert "promoted api" in answer.out
    assert answer.out.endswith("next: mlpc up main.mlp\n")
    process = subprocess.Popen(
        [EXECUTABLE, "up", "--no-isolation"],
        cwd=project,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = next(line for line in process.stdout if line.startswith("curl "))
        words = shlex.split(line)
        request = urllib.request.Request(
            words[2], data=words[-1].encode(), headers={"content-type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=10) as reply:
            assert json.load(reply)["label"] in (True, False)
        assert "served now" in mlpc("status", cwd=project).out
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=20)
        assert (process.returncode, rest.splitlines()[-1]) == (0, "api has ended")
    finally:
        process.kill()
    assert "served now" not in mlpc("status", cwd=project).out


def test_its_data_is_always_the_same() -> None:
    (data,) = tabular.data().values()
    assert data == next(iter(tabular.data().values()))
    header, *rows = data.decode().splitlines()
    assert header == "age,months,monthly_fee,support_calls,left"
    assert len(rows) == 600
    left = sum(row.endswith("true") for row in rows)
    assert 200 < left < 400


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "churn").mkdir()
    (tmp_path / "churn" / "thesis.txt").touch()
    answer = mlpc("new", "churn", cwd=tmp_path)
    assert (answer.code, answer.out) == (4, "")
    assert answer.err == (
        "error[MLP694] occupied-folder: `churn` exists already\n"
        "  = help: choose another name; nothing of yours is overwritten\n"
    )


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    (tmp_path / "churn").mkdir()
    assert mlpc("new", "churn", cwd=tmp_path).code == 0
    assert (tmp_path / "churn" / "main.mlp").is_file()


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("churn", "churn"),
        ("My Project 2", "my_project_2"),
        ("2nd", "p_2nd"),
        ("each", "p_each"),
        ("a--b.c", "a_b_c"),
    ],
)
def test_the_name_of_the_pipeline(folder: str, name: str) -> None:
    assert pipeline_name(folder) == name


def test_a_folder_that_gives_no_name() -> None:
    with pytest.raises(UsageError):
        pipeline_name("日本")
