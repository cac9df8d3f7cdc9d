"""``python -m tests.with_docker COMMAND …``: runs a command while a Docker engine answers.

The engine is installed and started where none is there, and stopped afterwards if it was started here. So test processes side by
side share one, and none takes it away from another.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mlpc_engines import engine


def main(command: list[str]) -> int:
    """Run ``command`` and return its exit status."""
    with tempfile.TemporaryDirectory(prefix="mlpc-docker-") as folder, engine.running(Path(folder) / "log"):
        engine.make_base_image()
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
