"""A program with a `|` where the cursor stands."""

from __future__ import annotations

from mlpc.assist.view import View
from tests.loader import compiled

SCHEMA = """
schema Row {
  ## Diameter, in millimetres.
  size: float >= 0
  colour: enum("red", "green")
  good: bool @label
}
"""


def spot(text: str, files: dict[str, str | bytes] | None = None) -> tuple[View, str, int]:
    """Return the view of a program, its text and the place of its cursor."""
    offset = text.index("|")
    text = text.replace("|", "", 1)
    return View(compiled(text, files)), text, offset


def in_pipeline(body: str) -> str:
    """Return a program whose pipeline holds ``body``."""
    return f"mlp 1\n\npipeline p {{\n{body}\n}}\n{SCHEMA}"
