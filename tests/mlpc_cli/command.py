"""Runs the command as a person does: as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

EXECUTABLE = Path(sys.executable).with_name("mlpc")


class Answer:
    """What a call of the command came to: exit code, standard output, standard error."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    def __repr__(self) -> str:
        return f"exit code {self.code}\n--- out\n{self.out}\n--- err\n{self.err}"


def environment(**changes: str) -> dict[str, str]:
    """Return an environment in which nothing decides on colour but ``changes``."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES") and not name.startswith("PYTEST")
    }
    return {**kept, **changes}


def mlpc(*arguments: str, cwd: Path | None = None, stdin: str | bytes = "", **changes: str) -> Answer:
    """Run ``mlpc`` with ``arguments``; ``changes`` are variables of its environment."""
    done = subprocess.run(
        [EXECUTABLE, *arguments],
        cwd=cwd,
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        env=environment(**changes),
        timeout=600,
        check=False,
    )
    return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())
