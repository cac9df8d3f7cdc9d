"""Pages in docs/ that are generated say what the code says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mlpc.backend import CONSTRUCTS, NATIVE
from mlpc_cli import backends

if TYPE_CHECKING:
    from mlpc.backend import Backend

ROOT = Path(__file__).resolve().parents[1]
TARGETS = (ROOT / "docs" / "targets.md").read_text(encoding="utf-8")


def test_the_table_of_targets_is_current() -> None:
    done = subprocess.run([sys.executable, "tools/make_targets.py", "--check"], cwd=ROOT, check=False)
    assert done.returncode == 0, "run `make docs`"


def test_the_list_of_rules_is_current() -> None:
    done = subprocess.run([sys.executable, "tools/make_rules.py", "--check"], cwd=ROOT, check=False)
    assert done.returncode == 0, "run `make docs`"


@pytest.mark.parametrize("backend", backends.every(), ids=lambda backend: backend.name)
def test_it_has_every_construct_of_every_target_and_how_it_is_done(backend: Backend) -> None:
    section = TARGETS.partition(f"\n## {backend.name}\n")[2].partition("\n## ")[0]
    assert f"Version {backend.capabilities.version} of its table." in section
    for construct, what in CONSTRUCTS.items():
        capability = backend.capabilities[construct]
        (row,) = [line for line in section.splitlines() if line.startswith(f"| {what} |")]
        assert f" {capability.support} " in row
        assert capability.text.replace("|", r"\|") in row
        assert capability.text or capability.support == NATIVE
