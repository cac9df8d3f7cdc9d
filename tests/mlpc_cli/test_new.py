"""`mlpc new`: a project that checks, runs and serves at once."""

from __future__ import annotations

import importlib
import json
import shlex
import signal
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mlpc_cli.commands.new import TEMPLATES, pipeline_name
from mlpc_cli.errors import UsageError
from mlpc_cli.templates import tabular
from tests.mlpc_cli.command import EXECUTABLE, environment, mlpc
from tests.mlpc_cli.terminal import on_terminal


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


# Templates


def template(name: str) -> Any:
    return importlib.import_module(f"mlpc_cli.templates.{TEMPLATES[name]}")


def test_what_templates_there_are() -> None:
    answer = mlpc("new", "--list")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == (
        "tabular      a table, a classifier, a server\n"
        "own-code     a table, and training code of your own\n"
        "time-series  values by day, a forecast that is judged on the last days\n"
        "text         messages, a classifier of what they are about\n"
        "vision       a folder of pictures, a classifier of what they show\n"
    )


@pytest.mark.parametrize("name", TEMPLATES)
def test_each_template_is_clean_and_laid_out(tmp_path: Path, name: str) -> None:
    answer = mlpc("new", "my project", "--template", name, cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    project = tmp_path / "my project"
    assert answer.out.endswith("".join(f"  mlpc {each}\n" for each in template(name).NEXT))
    assert "  cd 'my project'\n" in answer.out
    assert mlpc("check", cwd=project).out == "main.mlp: ok\n"
    assert mlpc("fmt", "--check", ".", cwd=project).code == 0
    for file in project.rglob("*.*"):
        if file.is_file() and file.suffix != ".png":
            text = file.read_text(encoding="utf-8")
            assert "{{" not in text
            assert text.endswith("\n")
            if file.suffix == ".py":
                compile(text, file.name, "exec")
    assert (project / "README.md").read_text(encoding="utf-8").startswith("# my_project\n")


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name != "tabular"])
def test_each_template_runs_at_once(tmp_path: Path, name: str) -> None:
    """As `tabular`, which is served as well, does above."""
    assert mlpc("new", "demo", "--template", name, cwd=tmp_path).code == 0
    answer = mlpc("run", "--no-isolation", cwd=tmp_path / "demo")
    assert answer.code == 0, answer
    assert "quality.gate passed" in answer.out
    assert ("promoted api" in answer.out) == ("up" in template(name).NEXT)


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_data_of_a_template_is_always_the_same_and_fits(name: str, tmp_path: Path) -> None:
    first, second = template(name).data(), template(name).data()
    assert first == second
    assert mlpc("new", "demo", "--template", name, cwd=tmp_path).code == 0
    for path, data in first.items():
        assert (tmp_path / "demo" / path).read_bytes() == data
    if len(first) > 1:
        return
    answer = mlpc("infer", path, cwd=tmp_path / "demo")
    assert answer.code == 0
    for header in data.decode().splitlines()[0].split(","):
        assert f"\n  {header}: " in answer.out


def test_pictures_are_pictures_and_told_by_folder(tmp_path: Path) -> None:
    answer = mlpc("new", "shapes", "--template", "vision", cwd=tmp_path)
    assert answer.out.startswith(
        "  shapes/.gitignore\n"
        "  shapes/README.md\n"
        "  shapes/data/pictures/circle/ (120 files)\n"
        "  shapes/data/pictures/cross/ (120 files)\n"
        "  shapes/data/pictures/square/ (120 files)\n"
        "  shapes/main.mlp\n"
        "  shapes/pictures.py\n"
    )
    for file in (tmp_path / "shapes" / "data").rglob("*.png"):
        with Image.open(file) as image:
            assert (image.format, image.mode, image.size) == ("PNG", "L", (16, 16))
            assert max(image.tobytes()) > 100


def test_a_template_that_is_not_there() -> None:
    answer = mlpc("new", "demo", "--template", "speech")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == (
        "error: invalid value for `--template`: `speech` is not one of `tabular`, `own-code`, `time-series`, `text`, `vision`\n"
        "  help: `mlpc new --help` says how it is called\n"
    )
    assert mlpc("new", "demo", "--template", "own_code").err.endswith("  help: did you mean `own-code`?\n")


# Asking


def test_nothing_is_asked_where_nobody_sits(tmp_path: Path) -> None:
    answer = mlpc("new", cwd=tmp_path)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == (
        "error: no name was given\n  help: name the folder to be made: `mlpc new my_project`\n"
    )


def test_what_is_not_said_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    screen = on_terminal("new", cwd=tmp_path, typed="taken\nsales\ntime-serie\n3\n", timeout=60)
    assert screen.code == 0, screen.text
    assert "`taken` exists already: choose another name\n" in screen.text
    assert "  3  time-series  values by day, a forecast that is judged on the last days\n" in screen.text
    assert "there is no template `time-serie`: did you mean `time-series`?\n" in screen.text
    assert (tmp_path / "sales" / "series.py").is_file()


def test_a_name_that_was_said_needs_no_question(tmp_path: Path) -> None:
    screen = on_terminal("new", "churn", cwd=tmp_path, timeout=60)
    assert screen.code == 0
    assert (tmp_path / "churn" / "data" / "customers.csv").is_file()


def test_who_changes_their_mind(tmp_path: Path) -> None:
    screen = on_terminal("new", cwd=tmp_path, typed="\x04", timeout=60)  # Ctrl-D
    assert screen.code == 130
    assert list(tmp_path.iterdir()) == []
