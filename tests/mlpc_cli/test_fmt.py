"""`mlpc fmt`: what it writes, what it leaves alone, what it says."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.mlpc_cli.command import mlpc

MESSY = "mlp 1\nlet   seed=11   # for all\n\n\n\nlet other = 2\n"
NEAT = "mlp 1\n\nlet seed = 11  # for all\n\nlet other = 2\n"
WRONG = "mlp 1\n\nlet seed =\n"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    file = tmp_path / "main.mlp"
    file.write_text(MESSY, encoding="utf-8")
    return file


def test_a_file_is_laid_out(spec: Path) -> None:
    answer = mlpc("fmt", "main.mlp", cwd=spec.parent)
    assert (answer.code, answer.out, answer.err) == (0, "main.mlp: laid out\n1 file changed\n", "")
    assert spec.read_text(encoding="utf-8") == NEAT
    again = mlpc("fmt", "main.mlp", cwd=spec.parent)
    assert (again.code, again.out) == (0, "1 file left as it is\n")


def test_check_changes_nothing(spec: Path) -> None:
    answer = mlpc("fmt", "--check", "main.mlp", cwd=spec.parent)
    assert (answer.code, answer.out) == (1, "main.mlp: not laid out\n1 file would change\n")
    assert spec.read_text(encoding="utf-8") == MESSY


def test_diff_shows_and_changes_nothing(spec: Path) -> None:
    answer = mlpc("fmt", "--diff", "main.mlp", cwd=spec.parent)
    assert answer.code == 1
    first, second, *rest = answer.out.splitlines()
    assert (first, second) == ("--- main.mlp", "+++ main.mlp (laid out)")
    assert "-let   seed=11   # for all" in rest
    assert "+let seed = 11  # for all" in rest
    assert spec.read_text(encoding="utf-8") == MESSY


def test_as_a_filter() -> None:
    answer = mlpc("fmt", "-", stdin=MESSY)
    assert (answer.code, answer.out, answer.err) == (0, NEAT, "")


def test_a_filter_gives_back_what_it_cannot_read() -> None:
    answer = mlpc("fmt", "-", stdin=WRONG)
    assert (answer.code, answer.out) == (1, WRONG)
    assert "--> <stdin>:3:" in answer.err


def test_a_file_with_syntax_errors_is_left_as_it_is(spec: Path) -> None:
    spec.write_text(WRONG, encoding="utf-8")
    (spec.parent / "other.mlp").write_text(MESSY, encoding="utf-8")
    answer = mlpc("fmt", ".", cwd=spec.parent)
    assert answer.code == 1
    assert "error[MLP015] missing-value" in answer.err
    assert answer.out == "other.mlp: laid out\n1 file changed, 1 file with errors, not touched\n"
    assert spec.read_text(encoding="utf-8") == WRONG


def test_a_missing_file(tmp_path: Path) -> None:
    answer = mlpc("fmt", "main.mlp", cwd=tmp_path)
    assert (answer.code, answer.out) == (4, "")
    assert "error[MLP691] no-such-file" in answer.err


def test_permissions_and_links_stay(spec: Path) -> None:
    spec.chmod(0o640)
    link = spec.parent / "link.mlp"
    link.symlink_to("main.mlp")
    assert mlpc("fmt", "link.mlp", cwd=spec.parent).code == 0
    assert link.is_symlink()
    assert stat.S_IMODE(spec.stat().st_mode) == 0o640
    assert spec.read_text(encoding="utf-8") == NEAT
    assert sorted(os.listdir(spec.parent)) == ["link.mlp", "main.mlp"]
