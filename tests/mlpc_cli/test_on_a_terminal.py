"""What a person before a terminal sees, and what a file or another program gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mlpc_cli.command import mlpc
from tests.mlpc_cli.terminal import on_terminal

WRONG = "mlp 1\n\nlet limit = 20mins  # " + "long " * 60 + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.mlp").write_text(WRONG, encoding="utf-8")
    return tmp_path


def test_a_terminal_gets_colour_and_a_pipe_none(folder: Path) -> None:
    screen = on_terminal("check", "main.mlp", cwd=folder)
    assert screen.code == 1
    assert "\x1b[1;31merror[MLP204]\x1b[0m" in screen.raw
    assert "\x1b" not in mlpc("check", "main.mlp", cwd=folder).out


def test_the_text_is_the_same_but_for_the_width(folder: Path) -> None:
    (folder / "main.mlp").write_text("mlp 1\n\nlet limit = 20mins\n", encoding="utf-8")
    assert on_terminal("check", "main.mlp", cwd=folder).text == mlpc("check", "main.mlp", cwd=folder).out


@pytest.mark.parametrize("columns", [60, 100])
def test_lines_of_source_fit_the_terminal(folder: Path, columns: int) -> None:
    screen = on_terminal("check", "main.mlp", cwd=folder, columns=columns)
    (line,) = [line for line in screen.text.splitlines() if line.startswith("3 | ")]
    assert line.endswith("…")
    assert len(line) <= columns


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_who_wants_no_colour_gets_none(folder: Path, variables: dict[str, str]) -> None:
    assert "\x1b" not in on_terminal("check", "main.mlp", cwd=folder, variables=variables).raw


def test_a_page_is_drawn(folder: Path) -> None:
    screen = on_terminal("explain", "unknown-column", cwd=folder)
    assert screen.code == 0
    assert "unknown-column" in screen.text
    assert "```" not in screen.text
