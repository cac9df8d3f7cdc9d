"""Scratch repositories in which files of `mlpc ci` are tried, and an index that holds this very mlpc."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from mlpc import __version__
from tests.engines import FOLDER, ROOT
from tests.mlpc_cli.command import mlpc

SOUND = """\
mlp 1

## Foretell which cells are malignant.
pipeline cells {
  data measured: csv {
    path = "cells.csv"
    schema = Cell
  }

  split parts: random {
    data = measured
    test = 20%
    stratify = measured.malignant
    seed = 1
  }

  train classifier: sklearn.logistic_regression {
    data = parts.train
  }

  evaluate quality: classification {
    model = classifier
    data = parts.test
    require auc >= 0.9
  }
}

schema Cell {
  radius: float >= 0
  malignant: bool @label
}

test "the split needs no figures" {
  expect runs(parts)
}
"""


def wheels(folder: Path) -> Path:
    """Return a folder with this mlpc, all that it needs and what builds it, so that pip needs no index.

    What others made is fetched once, by the hashes of the locks.
    """
    locks = [ROOT / "requirements" / name for name in ("mlpc.txt", "bootstrap.txt")]
    digest = hashlib.sha256(b"".join(lock.read_bytes() for lock in locks) + sys.version.encode()).hexdigest()[
        :12
    ]
    kept = FOLDER / f"wheels-{digest}"
    FOLDER.mkdir(exist_ok=True)
    with open(FOLDER / "wheels.lock", "w", encoding="utf-8") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (kept / "complete").exists():
            words = [
                sys.executable,
                "-m",
                "pip",
                "download",
                "--quiet",
                "--only-binary=:all:",
                "--require-hashes",
            ]
            words += [word for lock in locks for word in ("--requirement", str(lock))]
            ran([*words, "--dest", str(kept)], ROOT, os.environ)
            (kept / "complete").touch()
    shutil.copytree(kept, folder, copy_function=os.link)
    ran(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        ROOT,
        os.environ,
    )
    assert (folder / f"mlpc-{__version__}-py3-none-any.whl").exists()
    return folder


def variables(wheels: Path, home: Path) -> dict[str, str]:
    """Return an environment in which pip takes what is in ``wheels`` alone, and a home of its own."""
    home.mkdir(exist_ok=True)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "GIT_", "UV_", "PYTEST"))
    }
    return {**kept, "HOME": str(home), **pip(wheels)}


def pip(wheels: Path) -> dict[str, str]:
    """Return what tells pip to take what is in ``wheels`` alone; byte code is not worth its time for a few calls."""
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_NO_COMPILE": "1"}


def repository(folder: Path, files: dict[str, str], *systems: str) -> Path:
    """Make a repository of git with ``files``, and those of `mlpc ci` for ``systems``, all committed."""
    folder.mkdir()
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    for system in systems:
        answer = mlpc("ci", system, cwd=folder)
        assert answer.code == 0, answer
    ran(["git", "init", "--quiet", "--initial-branch=main"], folder, os.environ)
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    """Commit all that is there."""
    ran(["git", "add", "--all"], folder, os.environ)
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    ran(["git", *who, "commit", "--quiet", "--allow-empty", "--no-verify", "-m", "x"], folder, os.environ)


def ran(words: list[str], folder: Path, environ: os._Environ[str] | dict[str, str], status: int = 0) -> str:
    """Run a program and return what it prints, on both streams; it has to end with ``status``."""
    done = subprocess.run(
        words,
        cwd=folder,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == status, f"status {done.returncode}\n{done.stdout}"
    return done.stdout
