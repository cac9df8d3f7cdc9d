"""`mlpc run --watch`: what has changed runs again, what has not does not, and mistakes end nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlpc_run import watched
from tests.loader import compiled
from tests.mlpc_cli.command import EXECUTABLE, environment, mlpc

LIGHT = Path(__file__).with_name("light")
READY = "Ctrl-C ends\n"


class Watching:
    """A command that watches, and what it has said so far."""

    def __init__(self, folder: Path, *more: str) -> None:
        self.folder = folder
        self.path = folder.parent / "said.txt"
        self._read = 0
        self._output = self.path.open("wb")
        self.process = subprocess.Popen(
            [EXECUTABLE, "run", "--watch", *more],
            cwd=folder,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            env=environment(),
        )

    def next(self, ends: str = READY, timeout: float = 120) -> str:
        """Return what it said since, once it waits again."""
        end = time.monotonic() + timeout
        while True:
            said = self.path.read_text(encoding="utf-8")[self._read :]
            if said.endswith(ends):
                self._read += len(said)
                return said
            assert self.process.poll() is None, said
            assert time.monotonic() < end, said
            time.sleep(0.05)

    def interrupt(self) -> int:
        """Press Ctrl-C; return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._output.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(LIGHT, tmp_path / "light", ignore=shutil.ignore_patterns(".mlpc", "__pycache__"))


@pytest.fixture
def watching(folder: Path) -> Iterator[Watching]:
    made = Watching(folder)
    yield made
    made.close()


def change(path: Path, old: str, new: str) -> None:
    """Change a file as an editor does: a new one is put in its place."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text.replace(old, new), encoding="utf-8")
    beside.replace(path)


def test_what_has_changed_runs_again(folder: Path, watching: Watching) -> None:
    said = watching.next()
    assert "light, run 1, " in said
    assert "\nwatching 2 files; Ctrl-C ends\n" in said

    # A value: what depends on it, and nothing else.
    change(folder / "main.mlp", 'word: string = "hello"', 'word: string = "goodbye"')
    said = watching.next()
    assert said.startswith("\nchanged: main.mlp\n")
    assert "light, run 2, " in said
    assert "letters is 7" in said or "letters >= 3  7" in said

    # A mistake is told, and is no end.
    change(folder / "main.mlp", "letters >= 3", "leters >= 3")
    said = watching.next()
    assert "did you mean `letters`?" in said
    assert "run 3" not in said
    change(folder / "main.mlp", "leters >= 3", "letters >= 4")
    said = watching.next()
    assert "light, run 3, " in said
    assert said.count("cached") >= 6, "each step, as it goes and in the summary"

    # The code of a step; a step that fails is no end either.
    change(folder / "steps.py", "return text * copies", "return text.upper() * copies / 0")
    assert "unsupported operand" in watching.next()
    change(folder / "steps.py", "* copies / 0", "* copies")
    said = watching.next()
    assert said.startswith("\nchanged: steps.py\n")
    assert "light, run 5, " in said

    # A file that is saved again as it was, or by nobody, changes nothing.
    os.utime(folder / "main.mlp")
    change(folder / "steps.py", "", "")
    (folder / "notes.txt").write_text("nothing of ours", encoding="utf-8")
    time.sleep(1.5)
    assert watching.interrupt() == 0
    assert watching.next("no longer watching\n") == "\nno longer watching\n"
    assert len(mlpc("runs", cwd=folder).out.splitlines()) == 6


def test_a_file_that_was_missing_and_one_that_goes(folder: Path) -> None:
    shutil.move(folder / "steps.py", folder / "away.py")
    made = Watching(folder)
    try:
        assert "steps.py" in made.next()
        shutil.move(folder / "away.py", folder / "steps.py")
        assert "light, run 1, " in made.next()
        main = (folder / "main.mlp").read_bytes()
        (folder / "main.mlp").unlink()
        said = made.next()
        assert "main.mlp" in said
        assert "Traceback" not in said
        (folder / "main.mlp").write_bytes(main)
        assert "light, run 2, " in made.next()
    finally:
        made.close()


def test_ctrl_c_in_the_middle_of_a_run(folder: Path) -> None:
    made = Watching(folder, "--set", "word=slow")
    try:
        made.next("page   runs (it has not run before)\n")
        assert made.interrupt() == 130
        said = made.path.read_text(encoding="utf-8")
        assert "interrupted" in said
        assert "watching" not in said
        assert "Traceback" not in said
    finally:
        made.close()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--dry-run"], 2, "--watch goes on, and --dry-run is about one run"),
        (["--json"], 2, "--watch goes on, and --json is about one run"),
        (["nowhere.mlp"], 4, "nowhere.mlp"),
    ],
)
def test_what_cannot_be_watched(folder: Path, words: list[str], code: int, said: str) -> None:
    answer = mlpc("run", "--watch", *words, cwd=folder)
    assert answer.code == code
    assert said in answer.err


def test_what_a_run_depends_on(tmp_path: Path) -> None:
    for name, text in {
        "train.py": "import helper\n",
        "helper.py": "",
        "other.py": "",
        "words.txt": "",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    spec = """\
mlp 1

pipeline p {
  data d: csv { path = "d.csv", schema = S }
  train m: own { data = d, list = "words.txt" }
}

component own: train {
  input data: dataset
  param list: string
  output model: model("sklearn")
  run = python("train.py:fit")
}

schema S { x: float, y: float @label }
"""
    compilation = compiled(spec, {"train.py": "def fit(data, list): ...\n"})
    workflow = compilation.workflow()
    assert workflow is not None, list(compilation.check())
    found = watched.paths(workflow, str(tmp_path), watched.Seen())
    names = [os.path.relpath(path, tmp_path) for path in found]
    assert names == ["d.csv", "helper.py", "mlpc.lock", "mlpc.toml", "train.py", "words.txt"]


def test_content_counts_and_not_time(tmp_path: Path) -> None:
    seen = watched.Seen()
    path = tmp_path / "a"
    assert watched.state(str(path), seen) == ""
    path.write_text("one", encoding="utf-8")
    first = watched.state(str(path), seen)
    os.utime(path, ns=(1, 1))
    assert watched.state(str(path), seen) == first
    path.write_text("two", encoding="utf-8")
    assert watched.state(str(path), seen) not in ("", first)
    inside = tmp_path / "folder"
    inside.mkdir()
    empty = watched.state(str(inside), seen)
    (inside / "b").write_text("x", encoding="utf-8")
    assert watched.state(str(inside), seen) != empty
