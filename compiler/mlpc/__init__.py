"""The mlpc compiler: text in, artefacts out, no input or output of its own."""

from __future__ import annotations

__version__ = "0.1.0"
