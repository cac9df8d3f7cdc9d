"""What the steps of an example require is locked beside it: the demo of today is the demo of next year."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.examples.projects import EXAMPLES
from tests.mlpc_cli.command import mlpc

FOLDERS = sorted(path for path in EXAMPLES.iterdir() if path.is_dir())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_lock_fits(folder: Path) -> None:
    """`make lock` writes it anew."""
    answer = mlpc("lock", "--check", cwd=folder)
    assert answer.code == 0, answer


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_lock_has_hashes_and_no_address(folder: Path) -> None:
    text = (folder / "mlpc.lock").read_text(encoding="utf-8")
    assert re.search(r"sha256:[0-9a-f]{64}", text)
    assert "://" not in text
