"""Fetches packages of npm ahead of the steps that take files from them: ``python -m mlpc_stdlib.runtime.npm NAME…``."""

from __future__ import annotations

import sys

from ..contract import StepError, say
from . import folder


def main(names: list[str]) -> int:
    """Fetch what the locks ``names`` describe, and return the exit status."""
    try:
        for name in names:
            say(f"{name}: {folder(name)}")
    except StepError as error:
        say("\n".join([error.message, *error.help]))
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
