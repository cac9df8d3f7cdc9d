"""Packages of npm that tests need: as a lock has them, installed once and kept in ``.engines/``."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

from tests.engines import FOLDER
from tests.system import install


def installed(lock: Path, name: str) -> Path:
    """Return a folder with the packages of the ``package.json`` and ``package-lock.json`` in the folder ``lock``.

    No script of a package is run. ``name`` tells the folder from others.
    """
    for program, package in (("node", "nodejs"), ("npm", "npm")):
        if shutil.which(program) is None:
            install(package)
    files = [lock / "package.json", lock / "package-lock.json"]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
    folder = FOLDER / f"{name}-{digest}"
    FOLDER.mkdir(exist_ok=True)
    with open(FOLDER / f"{name}.lock", "w", encoding="utf-8") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for file in files:
                shutil.copyfile(file, folder / file.name)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            (folder / "complete").touch()
    return folder
