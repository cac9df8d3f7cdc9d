"""A person at an editor that is set up as docs/editors.md says: is told of a mistake, mends it, renames, lays out and saves."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.mlpc_cli.command import environment, mlpc

PAGE = Path(__file__).parents[2] / "docs" / "editors.md"
WRONG = """\
mlp 1

## What we sell, and to whom.
pipeline shop {
  owner = "😀 shop@example.org"
  data rows: csv { path = "rows.csv", schema = Row }
  train forest: sklearn.random_forest { data = rows, tres = 200 }
}

schema Row {
  size:   float
  good: bool @label
}
"""
RIGHT = """\
mlp 1

## What we sell, and to whom.
pipeline shop {
  owner = "😀 shop@example.org"
  data rows: csv { path = "rows.csv", schema = Customer }
  train forest: sklearn.random_forest { data = rows, trees = 200 }
}

schema Customer {
  size: float
  good: bool @label
}
"""


def snippet(heading: str, language: str) -> str:
    """Return the first block of a language below a heading of the page."""
    _, _, below = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")
    found = re.search(rf"```{language}\n(.*?)```", below, re.DOTALL)
    assert found is not None
    return found[1]


def edits(folder: Path, *command: str) -> list[Any]:
    """Let an editor, started by ``command`` in a new project in ``folder``, go through its play; return what it was told.

    It leaves that in `told.json`, with the `problem` that ended the play too early. What it leaves of the text is looked at.
    """
    project = folder / "project"
    project.mkdir()
    (project / "main.mlp").write_text(WRONG, encoding="utf-8")
    (project / "mlpc.toml").write_text("")
    (project / "rows.csv").write_text("size,good\n")
    home = {
        name: str(folder / name)
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
    }
    done = subprocess.run(
        command,
        cwd=project,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        stdin=subprocess.DEVNULL,
        env=environment(
            PATH=f"{Path(sys.executable).parent}:/usr/bin:/bin", HOME=str(folder), LANG="C.UTF-8", **home
        ),
    )
    assert (project / "told.json").exists(), done.stderr
    found = json.loads((project / "told.json").read_text(encoding="utf-8"))
    assert found["problem"] == "", done.stderr
    assert (project / "main.mlp").read_text(encoding="utf-8") == RIGHT
    assert mlpc("check", "main.mlp", cwd=project).code == 0
    told: list[Any] = found["told"]
    return told
