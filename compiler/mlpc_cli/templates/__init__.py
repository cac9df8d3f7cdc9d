"""What `mlpc new` starts projects from: one package each, with files to copy and a function that makes data."""

from __future__ import annotations
