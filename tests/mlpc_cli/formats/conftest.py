"""A project with two mistakes, a warning and a place elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

SPEC = """\
mlp 1

pipeline demo {
  data cells: csv { path = "cells.csv", schema = Cell }

  split parts: random { data = cells, test = 20, stratify = cells.malignent }
}

schema Cell {
  radius: float >= 0
  malignant: bool @label
}

## The end.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.mlp").write_text(SPEC, encoding="utf-8")
    return tmp_path
