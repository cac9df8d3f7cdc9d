"""`mlpc run` on a pipeline that is over in a second: what a person sees, and exit codes."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.mlpc_cli.command import EXECUTABLE, environment, mlpc
from tests.mlpc_cli.terminal import on_terminal

LIGHT = Path(__file__).with_name("light")
TIME = re.compile(r"\d+(\.\d+)? (s|min)\b")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of its own, in which nothing has run."""
    folder = tmp_path / "light"
    shutil.copytree(LIGHT, folder, ignore=shutil.ignore_patterns("__pycache__", ".mlpc"))
    return folder


def timeless(text: str) -> str:
    """Return ``text`` with every duration as `0 s`, and columns two blanks apart."""
    return re.sub(r"(?<=\S) {2,}", "  ", TIME.sub("0 s", text))


def test_a_first_run(project: Path) -> None:
    answer = mlpc("run", cwd=project)
    assert (answer.code, answer.err) == (0, "")
    assert (
        timeless(answer.out)
        == """\
page  runs (it has not run before)
page  done in 0 s
size  runs (it has not run before)
size  done in 0 s, letters 5
size.gate  passed
shelf  runs (it has not run before)
shelf  done in 0 s

light, run 1, 0 s
  page  ran  0 s
  size  ran  0 s
  shelf  ran  0 s

  size.gate passed
    ✓ letters >= 3  5

promoted shelf
artefacts
  page.page  .mlpc/latest/light/page/page.txt
  size.figures  .mlpc/latest/light/size/figures.json
  shelf.entry  .mlpc/latest/light/shelf/entry.txt
report .mlpc/reports/1.html
"""
    )
    assert (project / ".mlpc/latest/light/page/page.txt").read_text() == "hello"


def test_a_second_run_executes_nothing_and_says_so(project: Path) -> None:
    mlpc("run", cwd=project)
    answer = mlpc("run", cwd=project)
    assert answer.code == 0
    assert "\n  nothing has changed: no step was executed\n" in answer.out
    assert "promoted shelf (the same as before)" in answer.out
    assert not re.search(r"\bran\b", answer.out)


def test_a_gate_that_is_not_passed(project: Path) -> None:
    mlpc("run", cwd=project)
    answer = mlpc("run", "--set", "word=ab", cwd=project)
    assert answer.code == 1
    out = timeless(answer.out)
    assert "\n  shelf  blocked  by size.gate\n" in out
    assert "\n  size.gate not passed\n    ✗ letters >= 3  2\n" in out
    assert (
        "\nnot promoted; what was promoted before stays as it was\n  · `size.gate`: letters >= 3 (letters is 2)\n"
        in out
    )
    assert (project / ".mlpc/latest/light/shelf/entry.txt").read_text() == "HELLO"


def test_a_step_that_fails(project: Path) -> None:
    answer = mlpc("run", "--set", "word=fail", cwd=project)
    assert answer.code == 5
    assert "\n  page   failed" in answer.out
    assert "\n  size   skipped" in answer.out
    assert re.search(r"^error\[MLP743\] user-code-failed: .*no such page", answer.out, re.MULTILINE)
    assert "the last words" in answer.out
    assert "\x1b" not in answer.out
    assert "line 29" in answer.out
    assert "line 3\n" not in answer.out
    assert "the log is .mlpc/logs/1/page.1.log" in answer.out
    assert answer.out.endswith("\nnext: mlpc logs page\n")
    assert "Traceback" not in answer.err


def test_a_dry_run_says_what_and_why_and_does_nothing(project: Path) -> None:
    first = mlpc("run", "--dry-run", cwd=project)
    assert first.code == 0
    assert timeless(first.out) == (
        "  page  would run  it has not run before\n"
        "  size  depends  it follows `page`\n"
        "  shelf  depends  it follows `page`\n"
        "\n1 of 3 steps would be executed, 2 more if what they need changes; nothing was\n"
    )
    assert not (project / ".mlpc").exists()
    mlpc("run", cwd=project)
    assert "nothing has changed: no step would be executed" in mlpc("run", "--dry-run", cwd=project).out
    changed = mlpc("run", "--dry-run", "--set", "word=other", cwd=project)
    assert 'its parameter `text` is "other", was "hello"' in changed.out


def test_only_and_from(project: Path) -> None:
    only = mlpc("run", "--only", "size", cwd=project)
    assert only.code == 0
    assert "shelf" not in only.out
    mlpc("run", cwd=project)
    again = timeless(mlpc("run", "--from", "size", cwd=project).out)
    assert "\n  page  cached\n  size  ran  0 s\n" in again


def test_steps_that_do_not_exist(project: Path) -> None:
    answer = mlpc("run", "--only", "pge", cwd=project)
    assert "error[MLP603] unknown-step" in answer.err
    assert "did you mean `page`?" in answer.err
    assert (answer.code, answer.out) == (2, "")


@pytest.mark.parametrize(
    ("setting", "name", "help"),
    [
        ("wrd=x", "unknown-name", "did you mean `word`?"),
        ("copies=0", "out-of-range", "--set copies=0"),
        ("copies=many", "wrong-type", "--set copies=many: `copies` is an int in 1..9, but this is a word"),
        ("copies=1s", "unit-of-nothing", "--set copies=1s"),
    ],
)
def test_a_value_that_does_not_fit(project: Path, setting: str, name: str, help: str) -> None:
    answer = mlpc("run", "--set", setting, cwd=project)
    assert (answer.code, answer.out) == (1, "")
    assert name in answer.err
    assert help in answer.err


def test_a_spec_with_errors_is_not_run(project: Path) -> None:
    spec = project / "main.mlp"
    spec.write_text(spec.read_text().replace("letters >= 3", "leters >= 3"), encoding="utf-8")
    answer = mlpc("run", cwd=project)
    assert (answer.code, answer.out) == (1, "")
    assert "error[MLP402] unknown-metric" in answer.err
    assert answer.err.endswith("1 error in 1 file\n")
    assert not (project / ".mlpc").exists()


def test_what_steps_print_is_shown_when_asked_for(project: Path) -> None:
    assert "| writing hello" not in mlpc("run", cwd=project).out
    assert "page   | writing other" in mlpc("run", "-v", "--set", "word=other", cwd=project).out


def test_a_project_that_is_not_there(project: Path) -> None:
    answer = mlpc("run", "--project", "nowhere", cwd=project)
    assert answer.code == 4
    assert "there is no folder `nowhere`" in answer.err


# On a terminal


def test_a_terminal_gets_a_live_view_and_its_cursor_back(project: Path) -> None:
    screen = on_terminal("run", cwd=project)
    assert screen.code == 0
    assert "\x1b[?25l" in screen.raw
    assert screen.cursor_is_shown
    assert re.search(r"light, run 1  \d of 3", screen.text)
    assert "promoted shelf" in screen.text


def test_a_run_in_which_nothing_has_changed_draws_nothing(project: Path) -> None:
    mlpc("run", cwd=project)
    screen = on_terminal("run", cwd=project)
    assert screen.code == 0
    assert "\x1b[?25l" not in screen.raw
    assert "no step was executed" in screen.text


def test_ctrl_c_on_a_terminal_gives_the_cursor_back(project: Path) -> None:
    screen = on_terminal(
        "run",
        "--set",
        "word=slow",
        cwd=project,
        interrupt=lambda raw: re.search(r"page .*[1-9]\.\d s", raw) is not None,
    )
    assert screen.code == 130
    assert screen.cursor_is_shown
    assert "Traceback" not in screen.text
    assert "the run was interrupted" in screen.text
    assert screen.text.endswith("next: mlpc run main.mlp\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_leaves_no_process(project: Path, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [EXECUTABLE, "run", "-v", "--set", "word=slow"],
        cwd=project,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "writing slow" in line:
            break
    process.send_signal(number)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted" in out
    ends = time.monotonic() + 5
    while (left := processes_in(project)) and time.monotonic() < ends:
        time.sleep(0.1)
    assert left == []


def processes_in(folder: Path) -> list[str]:
    """Return the command lines of processes that name ``folder`` or work in it."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            line = (entry / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            place = os.readlink(entry / "cwd")
        except OSError:
            continue
        if str(folder) in line or place.startswith(str(folder)):
            found.append(line)
    return found


def test_a_time_that_is_none_or_that_nothing_reads(project: Path) -> None:
    answer = mlpc("run", "--at", "tomorrow", cwd=project)
    assert (answer.code, answer.err) == (
        2,
        "error: `--at tomorrow` is no time\n  help: write it as `--at 2026-01-31T03:00:00Z`\n",
    )
    answer = mlpc("run", "--at", "2026-01-31", cwd=project)
    assert (answer.code, answer.err) == (
        2,
        (
            "error: `--at` is the time of a schedule, and nothing in main.mlp reads one\n"
            "  help: a step does by `as_of = nightly.time`\n"
        ),
    )
