"""Writes `backends/mlpc_backends/compose/servers.py` from `requirements/mlflow-server.txt`: backends read no files."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements" / "mlflow-server.txt"
MODULE = ROOT / "backends" / "mlpc_backends" / "compose" / "servers.py"

_HEAD = '''"""What servers install that are started beside steps, locked. Made by `tools/make_servers.py`; do not edit."""

from __future__ import annotations

'''


def lines(lock: str) -> list[str]:
    """Return the requirements of a lock, one a line, each with its hashes."""
    joined = lock.replace("\\\n", " ")
    return [
        " ".join(line.split()) for line in joined.splitlines() if line.strip() and not line.startswith("#")
    ]


def text(lock: str) -> str:
    """Return the module for a lock."""
    body = "".join(f'    "{line}",\n' for line in (each.replace('"', '\\"') for each in lines(lock)))
    return f"{_HEAD}MLFLOW = (\n{body})\n"


if __name__ == "__main__":
    MODULE.write_text(text(LOCK.read_text(encoding="utf-8")), encoding="utf-8")
