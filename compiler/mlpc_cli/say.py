"""What the command tells a person, on the stream where it belongs."""

from __future__ import annotations

import sys

from .render import render
from .terminal import BOLD, CYAN, RED, Paint, emit, harmless, wants_colour, width_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mlpc.diagnostics import Diagnostic

    from .errors import UsageError


def problem(item: Diagnostic, shown: Callable[[str], str] = str) -> None:
    """Print a diagnostic to standard error."""
    stream = sys.stderr
    stream.write(render(item, colour=wants_colour(stream), columns=width_of(stream), shown=shown))


def usage(error: UsageError) -> None:
    """Print how the command is called right."""
    paint = Paint(wants_colour(sys.stderr))
    sys.stderr.write(f"{paint(RED, 'error:')} {paint(BOLD, harmless(error.message))}\n")
    for text in error.help:
        sys.stderr.write(f"  {paint(CYAN, 'help:')} {harmless(text)}\n")


def tell(text: str = "") -> None:
    """Print a line to standard output."""
    emit(text + "\n")
