"""What servers beside steps install is what their lock says."""

from __future__ import annotations

import re

from mlpc_backends.compose.servers import MLFLOW
from mlpc_backends.compose.spec import COMPANIONS
from tools import make_servers


def test_the_module_is_made_from_the_lock() -> None:
    made = make_servers.text(make_servers.LOCK.read_text(encoding="utf-8"))
    assert make_servers.MODULE.read_text(encoding="utf-8") == made, "run `python tools/make_servers.py`"


def test_everything_is_pinned_with_hashes() -> None:
    assert all(re.match(r"[a-z0-9._-]+==\S+( ;.*?)?( --hash=sha256:[0-9a-f]{64})+$", line) for line in MLFLOW)
    for companion in COMPANIONS.values():
        assert any(line.startswith(f"{companion.package}==") for line in companion.lines())
