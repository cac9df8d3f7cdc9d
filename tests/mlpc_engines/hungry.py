"""A pipeline whose step takes as much memory as it is told to."""

from __future__ import annotations

from pathlib import Path

SPEC = """\
mlp 1

pipeline hungry {
  param megabytes: int = 10

  data eaten: eater { megabytes = megabytes, resources { memory = 96MiB } }

  step kept: kept { text = eaten }
}

component eater: data {
  param megabytes: int
  output text: file("txt")
  run = python("steps.py:eat")
}

component kept: step {
  input text: file("txt")
  output more: file("txt")
  run = python("steps.py:keep")
}
"""
STEPS = """\
def eat(megabytes: int) -> str:
    held = [bytearray(b"x" * (1 << 20)) for _ in range(megabytes)]
    return str(len(held))


def keep(text):
    return text.read_text()
"""
#: More than a machine of the tests has for a step, in MiB.
MUCH = 4000
LESS = "or let it hold less at once: fewer rows or columns, smaller batches"


def hungry(folder: Path, memory: str = "96MiB", name: str = "hungry") -> Path:
    """Write the project into ``folder``; its step asks for so much memory."""
    folder.mkdir(parents=True, exist_ok=True)
    text = SPEC.replace("96MiB", memory).replace("pipeline hungry", f"pipeline {name}")
    (folder / "main.mlp").write_text(text, encoding="utf-8")
    (folder / "steps.py").write_text(STEPS, encoding="utf-8")
    return folder
