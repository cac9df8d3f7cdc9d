"""`mlpc compile` and `mlpc graph` on a real spec."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.mlpc_cli.command import mlpc

TUMOR = Path(__file__).resolve().parents[2] / "examples" / "tumor"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(TUMOR / "main.mlp", tmp_path / "main.mlp")
    return tmp_path


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_it_writes_what_the_engine_takes(folder: Path) -> None:
    answer = mlpc("compile", "--to", "local", "-o", "build", cwd=folder)
    assert answer.code == 0
    assert "build/plan.json" in answer.out.splitlines()
    plan = json.loads((folder / "build" / "plan.json").read_bytes())
    assert plan["name"] == "tumor"
    assert "note[MLP511] lowered-for-target" in answer.err


def test_the_same_spec_gives_the_same_bytes(folder: Path) -> None:
    for name in ("one", "two"):
        assert mlpc("compile", "main.mlp", "--to", "local", "-o", name, cwd=folder).code == 0
    assert files(folder / "one") == files(folder / "two")
    assert mlpc("compile", "main.mlp", "--to", "local", "-o", "one", cwd=folder).code == 0
    assert files(folder / "one") == files(folder / "two")


def test_an_environment_gives_another_plan(folder: Path) -> None:
    for arguments in (["-o", "plain"], ["-o", "ci", "--env", "ci"]):
        assert mlpc("compile", "main.mlp", "--to", "local", *arguments, cwd=folder).code == 0
    assert files(folder / "plain")["plan.json"] != files(folder / "ci")["plan.json"]


def test_a_folder_with_something_else_is_refused(folder: Path) -> None:
    (folder / "build").mkdir()
    (folder / "build" / "thesis.txt").write_text("years of work", encoding="utf-8")
    answer = mlpc("compile", "main.mlp", "--to", "local", "-o", "build", cwd=folder)
    assert answer.code == 4
    assert "error[MLP694] occupied-folder: `build` holds something else: `thesis.txt`" in answer.err
    assert files(folder / "build") == {"thesis.txt": b"years of work"}


def test_the_current_folder_is_refused(folder: Path) -> None:
    answer = mlpc("compile", "main.mlp", "--to", "local", "-o", ".", cwd=folder)
    assert answer.code == 4
    assert (folder / "main.mlp").exists()


def test_a_target_that_does_not_exist(folder: Path) -> None:
    answer = mlpc("compile", "main.mlp", "--to", "locla", "-o", "build", cwd=folder)
    assert (answer.code, answer.err) == (
        2,
        "error: there is no target `locla`\n  help: did you mean `local`?\n",
    )


def test_a_spec_with_errors_compiles_to_nothing(folder: Path) -> None:
    text = (folder / "main.mlp").read_text(encoding="utf-8")
    (folder / "main.mlp").write_text(text.replace("cells.malignant", "cells.malignent"), encoding="utf-8")
    answer = mlpc("compile", "main.mlp", "--to", "local", "-o", "build", cwd=folder)
    assert (answer.code, answer.out) == (1, "")
    assert "error[MLP301] unknown-column" in answer.err
    assert answer.err.endswith("\n1 error in 1 file\n")
    assert not (folder / "build").exists()


def test_the_graph_shows_what_a_gate_blocks(folder: Path) -> None:
    answer = mlpc("graph", cwd=folder)
    assert (answer.code, answer.err) == (0, "")
    lines = answer.out.splitlines()
    assert lines[0].startswith("tumor")
    (gate,) = [line for line in lines if "quality.gate · gate" in line]
    (register,) = [line for line in lines if "▲ catalog · register: mlflow" in line]
    assert register.index("▲") > gate.index("◆")


def test_the_graph_without_unicode(folder: Path) -> None:
    answer = mlpc("graph", cwd=folder, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert answer.code == 0
    assert answer.out.isascii()
    assert "\\u" not in answer.out


@pytest.mark.parametrize(("form", "first"), [("mermaid", "flowchart"), ("dot", "digraph")])
def test_graphs_for_other_programs(folder: Path, form: str, first: str) -> None:
    answer = mlpc("graph", "main.mlp", "--format", form, cwd=folder)
    assert answer.code == 0
    assert first in answer.out.splitlines()[0]
