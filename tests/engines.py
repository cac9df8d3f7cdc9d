"""Environments of engines that the tests need and the environment of the tests does not hold: their pins clash.

Each is made once from its lock in ``requirements/`` and kept in ``.engines/`` beside it, by a digest of the lock.
"""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".engines"


def python_with(lock: str) -> Path:
    """Return a Python that has exactly what ``requirements/LOCK.txt`` says, made by uv where it is not there yet."""
    requirements = ROOT / "requirements" / f"{lock}.txt"
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    digest = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:12]
    return made(f"{lock}-{version}-{digest}", requirements)


def made(name: str, requirements: Path) -> Path:
    """Return the Python of the environment ``name``, made from a file of requirements with hashes."""
    folder = FOLDER / name
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        FOLDER.mkdir(exist_ok=True)
        # Scripts in an environment name its path: it is made where it stays, under a lock, and marked when it is whole.
        import fcntl

        with open(FOLDER / f"{name}.lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "complete").exists():
                shutil.rmtree(folder, ignore_errors=True)
                uv("venv", "--quiet", "--python", sys.executable, str(folder))
                if requirements.read_text(encoding="utf-8").strip():
                    uv(
                        "pip",
                        "install",
                        "--quiet",
                        # Once, and not at every import: where Python is told to write none, TensorFlow takes a minute.
                        "--compile-bytecode",
                        "--python",
                        str(python),
                        "--require-hashes",
                        # A lock names all of it; what one leaves out, its tests do not need.
                        "--no-deps",
                        "-r",
                        str(requirements),
                    )
                (folder / "complete").touch()
    return python


def uv(*arguments: str) -> None:
    """Run uv with what pip is told of an index and of folders of wheels, by the environment or, of the latter, by its files."""
    command = Path(sys.executable).parent / "uv"
    variables = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    if "PIP_INDEX_URL" in variables:
        variables.setdefault("UV_DEFAULT_INDEX", variables["PIP_INDEX_URL"])
    links = variables.get("PIP_FIND_LINKS") or _find_links()
    if links:
        variables.setdefault("UV_FIND_LINKS", ",".join(links.split()))
    found = str(command) if command.exists() else "uv"
    done = subprocess.run([found, *arguments], env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@functools.cache
def _find_links() -> str:
    """Return the folders of wheels that pip's own files name; nothing where they name none."""
    told = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.find-links"],
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip() if told.returncode == 0 else ""
