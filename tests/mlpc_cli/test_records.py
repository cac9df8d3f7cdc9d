"""`mlpc status`, `runs`, `logs`, `promote`, `gc` and `doctor`, after a few runs."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.mlpc_cli.command import mlpc
from tests.mlpc_cli.terminal import on_terminal

LIGHT = Path(__file__).with_name("light")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with three runs: promoted, not promoted, promoted."""
    folder = tmp_path_factory.mktemp("records") / "light"
    shutil.copytree(LIGHT, folder, ignore=shutil.ignore_patterns("__pycache__", ".mlpc"))
    for word, code in (("hello", 0), ("ab", 1), ("goodbye", 0)):
        assert mlpc("run", "--set", f"word={word}", cwd=folder).code == code
    return folder


@pytest.fixture
def project(ran: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    folder = tmp_path / "light"
    shutil.copytree(ran, folder, symlinks=True)
    return folder


def test_status(ran: Path) -> None:
    answer = mlpc("status", cwd=ran)
    assert (answer.code, answer.err) == (0, "")
    assert re.fullmatch(
        r"light\n"
        r"  promoted  shelf: promotion 2, made \d+ seconds? ago by run 3\n"
        r"            size: letters 7\n"
        r"  last run  run 3, \d+ seconds? ago: done\n",
        answer.out,
    )
    assert mlpc("status", "main.mlp", cwd=ran).out.startswith("light\n")


def test_status_of_a_run_that_promoted_nothing(project: Path) -> None:
    mlpc("run", "--set", "word=ab", cwd=project)
    out = mlpc("status", cwd=project).out
    assert re.search(r"promotion 2, made .* ago by run 3", out)
    assert re.search(
        r"last run  run 4, .* ago: not promoted\n +`size.gate`: letters >= 3 \(letters is 2\)\n", out
    )


@pytest.mark.parametrize("command", ["status", "runs"])
def test_where_nothing_ran(command: str, tmp_path: Path) -> None:
    answer = mlpc(command, cwd=tmp_path)
    assert (answer.code, answer.out) == (0, "nothing ran here yet; `mlpc run` trains, judges and promotes\n")
    assert list(tmp_path.iterdir()) == []


def test_runs(ran: Path) -> None:
    answer = mlpc("runs", cwd=ran)
    assert (answer.code, answer.err) == (0, "")
    title, *rows = [re.split(r" {2,}", line) for line in answer.out.splitlines()]
    assert title == ["run", "pipeline", "began", "took", "came to"]
    assert [(row[0], row[4], row[5]) for row in rows] == [
        ("3", "done", "promoted shelf"),
        ("2", "not promoted", "`size.gate`: letters >= 3 (letters is 2)"),
        ("1", "done", "promoted shelf"),
    ]
    assert len(mlpc("runs", "--limit", "1", cwd=ran).out.splitlines()) == 2


def test_logs(ran: Path) -> None:
    assert mlpc("logs", "page", cwd=ran).out == "writing goodbye\n"
    assert mlpc("logs", "page", "--run", "1", cwd=ran).out == "writing hello\n"
    path = mlpc("logs", "page", "--path", cwd=ran).out.strip()
    assert (ran / path).read_text() == "writing goodbye\n"


def test_logs_of_what_is_not_there(ran: Path) -> None:
    answer = mlpc("logs", "pge", cwd=ran)
    assert (answer.code, answer.out) == (2, "")
    assert "did you mean `page`?" in answer.err


def test_a_log_cannot_drive_a_terminal_but_a_program_gets_its_bytes(project: Path) -> None:
    mlpc("run", "--set", "word=fail", cwd=project)
    assert "\x1b]0;owned\x07the last words" in mlpc("logs", "page", cwd=project).out
    screen = on_terminal("logs", "page", cwd=project)
    assert "\x1b]" not in screen.raw
    assert r"\u{1b}]0;owned\u{7}the last words" in screen.text


def test_going_back_one(project: Path) -> None:
    answer = mlpc("promote", "--previous", cwd=project)
    assert answer.code == 0
    assert re.fullmatch(
        r"in service again: promotion 1 of light, made \d+ seconds? ago by run 1\n"
        r"what `shelf` did outside of the store is not undone\n",
        answer.out,
    )
    assert re.search(r"promotion 1, made .* ago by run 1", mlpc("status", cwd=project).out)
    again = mlpc("promote", "--previous", cwd=project)
    assert (again.code, again.out) == (1, "")
    assert "error[MLP645] no-earlier-promotion" in again.err


def test_promote_says_what_it_can_do(ran: Path) -> None:
    answer = mlpc("promote", cwd=ran)
    assert (answer.code, answer.out) == (2, "")
    assert "`--previous` goes back one" in answer.err


def test_nothing_to_go_back_to(tmp_path: Path) -> None:
    shutil.copy(LIGHT / "main.mlp", tmp_path)
    for arguments in (["promote", "--previous"], ["up"]):
        answer = mlpc(*arguments, cwd=tmp_path)
        assert (answer.code, answer.out) == (1, "")
        assert "error[MLP642] nothing-promoted" in answer.err
        assert not (tmp_path / ".mlpc").exists()


def test_a_spec_that_is_wrong_by_now_can_be_looked_at(project: Path) -> None:
    spec = project / "main.mlp"
    spec.write_text(spec.read_text().replace("letters >= 3", "leters >= 3"), encoding="utf-8")
    assert mlpc("status", "main.mlp", cwd=project).code == 0
    assert mlpc("promote", "main.mlp", "--previous", cwd=project).code == 0


def test_collecting_garbage(project: Path) -> None:
    before = sorted(project.rglob("*"))
    told = mlpc("gc", "--keep", "1", "--dry-run", cwd=project)
    assert told.code == 0
    assert re.fullmatch(r"would remove 2 runs, .*: \d+(\.\d)? (B|KiB|MiB)\n", told.out)
    assert sorted(project.rglob("*")) == before
    done = mlpc("gc", "--keep", "1", cwd=project)
    assert (done.code, done.out) == (0, told.out.replace("would remove", "removed"))
    assert len(mlpc("runs", cwd=project).out.splitlines()) == 2
    assert "no step was executed" in mlpc("run", "--set", "word=goodbye", cwd=project).out


def test_the_doctor(ran: Path) -> None:
    answer = mlpc("doctor", cwd=ran)
    assert (answer.code, answer.err) == (0, "")
    for line in ("✓ mlpc ", "✓ python: ", "✓ uv: ", "✓ store: 3 runs"):
        assert f"  {line}" in answer.out
