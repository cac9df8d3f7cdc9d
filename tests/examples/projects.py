"""Copies of the examples to run, and what the command says of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def copy_of(example: str, to: Path) -> Path:
    """Copy an example, without what earlier runs left, and return the folder."""
    shutil.copytree(EXAMPLES / example, to, ignore=shutil.ignore_patterns(".mlpc", "__pycache__"))
    return to


def edit(project: Path, before: str, after: str, file: str = "main.mlp") -> None:
    """Replace text in a file of the project; it has to be there exactly once."""
    path = project / file
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1, f"{before!r} stands {text.count(before)} times in {file}"
    path.write_text(text.replace(before, after), encoding="utf-8")


def metrics(project: Path, pipeline: str, step: str) -> dict[str, Any]:
    """Return the figures that an `evaluate` wrote."""
    found: dict[str, Any] = json.loads(
        (project / ".mlpc/latest" / pipeline / step / "metrics.json").read_text(encoding="utf-8")
    )
    return found


def digest(project: Path, pipeline: str, step: str, port: str) -> str:
    """Return where in the store an artefact of the last run lies: its digest."""
    latest = project / ".mlpc/latest" / pipeline / step
    (link,) = [path for path in latest.iterdir() if path.name.split(".")[0] == port]
    return link.resolve().name
