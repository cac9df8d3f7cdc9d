"""Steps that take more memory than there is, for real: under a limit on addresses, and in a group with a limit."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.mlpc_cli.command import EXECUTABLE, environment
from tests.mlpc_engines.hungry import LESS, MUCH, hungry

HELP = (
    "  = help: it asks for 96MiB, and one machine gives every step what there is: run fewer side by side with `--jobs 1`\n"
    f"  = help: {LESS}\n"
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return hungry(tmp_path)


def run(project: Path, *before: str, megabytes: int) -> tuple[int, str]:
    """Run it, the words ``before`` in front of the command; return its exit code and all that it said."""
    words = [*before, str(EXECUTABLE), "run", "--set", f"megabytes={megabytes}"]
    done = subprocess.run(words, cwd=project, env=environment(), capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_library_that_finds_none_left(project: Path) -> None:
    code, said = run(project, "sh", "-c", 'ulimit -v 716800 && exec "$@"', "sh", megabytes=MUCH)
    assert code == 5
    assert (
        "error[MLP635] out-of-memory: `eaten` ran out of memory\n  = help: at steps.py:2\n  = help: it said: MemoryError\n"
        + HELP
        in said
    )
    assert run(project, megabytes=10)[0] == 0


@pytest.mark.engine
def test_a_step_that_the_system_ends(project: Path) -> None:
    """In a group with a limit, as a container is one; the engine is in it, and the step is what is largest."""
    with Group(400 << 20) as group:
        code, said = run(project, "sh", "-c", f'echo $$ > {group.tasks} && exec "$@"', "sh", megabytes=MUCH)
    assert code == 5, said
    assert "error[MLP635] out-of-memory: `eaten` ran out of memory\n" + HELP in said


class Group:
    """A control group with a limit of memory, of either version; swap counts."""

    def __init__(self, limit: int) -> None:
        root = "/sys/fs/cgroup"
        old = os.path.isdir(f"{root}/memory")
        self.folder = f"{root}/memory/mlpc-{os.getpid()}" if old else f"{root}/mlpc-{os.getpid()}"
        self.tasks = f"{self.folder}/cgroup.procs"
        self._limit = (f"{self.folder}/memory.{'limit_in_bytes' if old else 'max'}", str(limit))

    def __enter__(self) -> Group:
        os.mkdir(self.folder)
        Path(self._limit[0]).write_text(self._limit[1], encoding="ascii")
        return self

    def __exit__(self, *raised: object) -> None:
        os.rmdir(self.folder)
