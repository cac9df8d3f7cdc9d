"""A pipeline that reads for which time it runs, and what it says of that."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

SPEC = """\
mlp 1

pipeline days {
  schedule nightly { cron = "0 3 * * *", timezone = "Europe/Berlin" }

  data seen: seen { as_of = nightly.time, note = "as of ${nightly.time}" }

  step told: told { text = seen }

  step other: other { words = 3 }
}

component seen: data {
  param as_of: datetime
  param note: string
  quantity moment: float @after
  output text: file("txt")
  run = python("steps.py:seen")
}

component told: step {
  input text: file("txt")
  quantity moment: float @after
  run = python("steps.py:told")
}

component other: step {
  param words: int
  quantity words: float @after
  run = python("steps.py:other")
}
"""
STEPS = """\
from datetime import datetime


def seen(as_of: str, note: str):
    return {"text": note, "metrics": {"moment": datetime.fromisoformat(as_of).timestamp()}}


def told(text):
    return {"moment": datetime.fromisoformat(text.read_text().removeprefix("as of ")).timestamp()}


def other(words: int):
    return {"words": words}
"""
AT = "2026-03-29T02:30:00Z"
#: Seconds since the epoch.
MOMENT = datetime.fromisoformat(AT).timestamp()


def days(folder: Path, name: str = "days") -> Path:
    """Write the project into ``folder``, its pipeline called ``name``."""
    folder.mkdir(parents=True)
    (folder / "main.mlp").write_text(SPEC.replace("pipeline days", f"pipeline {name}"), encoding="utf-8")
    (folder / "steps.py").write_text(STEPS, encoding="utf-8")
    return folder


def moments(summary: dict[str, Any]) -> set[float]:
    """For which time the steps of a run say that it was."""
    found = {each["node"]: each["metrics"] for each in summary["steps"]}
    assert found["other"] == {"words": 3}
    return {found["seen"]["moment"], found["told"]["moment"]}
