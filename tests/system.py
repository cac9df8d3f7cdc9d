"""Packages of the system that tests need, installed where they are not there."""

from __future__ import annotations

import fcntl
import os
import subprocess
import tempfile
from pathlib import Path

#: Tests run in several processes, and the system installs one thing at a time.
_LOCK = Path(tempfile.gettempdir()) / "mlpc-tests-apt.lock"


def install(package: str) -> None:
    """Install a package of Debian.

    Raises:
        RuntimeError: it cannot be installed.
    """
    with _LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _apt("install", "-y", "--no-install-recommends", package).returncode == 0:
            return
        _apt("update")
        done = _apt("install", "-y", "--no-install-recommends", package)
        if done.returncode != 0:
            raise RuntimeError(f"{package} cannot be installed:\n{done.stderr[-2000:]}")


def _apt(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", *words],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )
