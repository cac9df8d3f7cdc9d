"""Reads a text with mistakes: reports each once and goes on."""

from __future__ import annotations

from .. import codes
from ..diagnostics import Diagnostic
from ..source import Source, Span
from .tree import File


def recover(source: Source, text: str, start: int, edition: bool, diagnostics: list[Diagnostic]) -> File:
    """Return the tree of ``text``, and add to ``diagnostics`` what is wrong with it."""
    diagnostics.append(Diagnostic(codes.UNEXPECTED_TOKEN, "this text cannot be read", Span(source, start, start)))
    return File(source, None, (), (), (), 0, len(text))
