"""A full disk is a clear error; what was done stays done, and with room again all goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlpc.ir.canonical import dumps
from mlpc_run.errors import EngineError
from mlpc_run.events import Event
from mlpc_run.run import run
from mlpc_run.summary import Options, Summary

from .projects import Project, environment, measure, step, workflow

BIG = """
    import random
    from pathlib import Path


    def big(out: Path, *, kilobytes: int, seed: int) -> None:
        out.write_text(random.Random(seed).randbytes(kilobytes * 512).hex())
"""


class Disk:
    """A small disk with a project on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = Project(folder / "project")
        self.project.write("big.py", BIG)

    def resize(self, kilobytes: int) -> None:
        subprocess.run(["mount", "-o", f"remount,size={kilobytes}k", self.folder], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


SPEC = workflow(
    *(step(f"s{n}", "big", file="big.py", kilobytes=100, seed=n) for n in range(8)), measure("size", "s0")
)


@pytest.mark.parametrize("kilobytes", [120, 260, 300, 420, 500, 700, 950, 1100])
def test_wherever_it_fills_up(disk: Disk, kilobytes: int) -> None:
    project = disk.project
    disk.resize(kilobytes)
    codes: set[str] = set()
    done: set[str] = set()
    try:
        summary = project.run(SPEC, jobs=2)
    except EngineError as error:
        codes.add(error.diagnostic.code.name)
    else:
        failed = [found.error for found in summary.steps if found.error is not None]
        assert failed, "the disk was meant to be too small"
        assert summary.exit_code in (4, 5)
        codes.update(error["name"] for error in failed)
        assert any("the disk" in error["message"] + " ".join(error["help"]) for error in failed), failed
        done = {found.node for found in summary.steps if found.state == "ran"}
    assert codes <= {"disk-full", "user-code-failed", "cannot-write-output"}, codes
    disk.resize(16 << 10)
    assert not os.path.exists(project.layout.database) or project.audit() == []
    summary = project.run(SPEC, jobs=2)
    assert summary.exit_code == 0
    assert done <= {found.node for found in summary.steps if found.state == "cached"}
    assert project.audit() == []


def test_a_limit_on_the_size_of_files(project: Project, tmp_path: Path, cache: Path) -> None:
    """What a quota does to the engine's own files, wherever the tests run."""
    (project.root / "plan.json").write_bytes(dumps(SPEC))
    project.write("big.py", BIG)
    told = set()
    for blocks in (8, 24, 48, 96, 160):
        limited = subprocess.run(
            [
                "sh",
                "-c",
                f'ulimit -f {blocks}; exec "$@"',
                "sh",
                sys.executable,
                "-m",
                "tests.mlpc_run.engine",
                str(project.root),
                str(project.root / "plan.json"),
                os.devnull,
            ],
            env=environment(MLPC_CACHE_DIR=str(cache)),
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in limited.stderr
        told.add(limited.returncode)
    assert told <= {4, 5}
    assert project.run(SPEC).exit_code == 0
    assert project.audit() == []


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / ".mlpc").write_text("a file is in the way")

    def attempt(listen: list[Event]) -> Summary:
        return run(SPEC, tmp_path, params={}, spec_label="x", options=Options(), listen=listen.append)

    with pytest.raises(EngineError) as caught:
        attempt([])
    assert caught.value.exit_code == 4
    assert caught.value.diagnostic.code.name == "store-unusable"
