"""The kinds of mistakes; each module enters its own when it is imported."""

from __future__ import annotations

from ..mutant import KINDS
from . import habits, punctuation, spelling, structure, values

__all__ = ["KINDS", "habits", "punctuation", "spelling", "structure", "values"]
