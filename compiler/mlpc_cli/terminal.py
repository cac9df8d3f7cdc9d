"""What a terminal may be sent: colour or none, and text that cannot drive it."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

RESET = "\x1b[0m"
BOLD = "\x1b[1m"
DIM = "\x1b[2m"
RED = "\x1b[1;31m"
GREEN = "\x1b[1;32m"
YELLOW = "\x1b[1;33m"
BLUE = "\x1b[1;34m"
CYAN = "\x1b[1;36m"

#: Width of source lines where the output is no terminal.
PLAIN_WIDTH = 140
_NARROWEST = 40


class Paint:
    """Wraps text in colours, or leaves it as it is."""

    __slots__ = ("on",)

    def __init__(self, on: bool) -> None:
        self.on = on

    def __call__(self, style: str, text: str) -> str:
        return f"{style}{text}{RESET}" if self.on and text else text


def is_terminal(stream: TextIO) -> bool:
    """Return whether a person sits behind ``stream``."""
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


def wants_colour(stream: TextIO, when: str = "auto") -> bool:
    """Return whether ``stream`` gets colour.

    ``when`` is ``auto``, ``always`` or ``never``. For ``auto``, ``NO_COLOR`` and ``FORCE_COLOR`` decide where
    they are set and not empty (https://no-color.org, https://force-color.org), else whether it is a terminal.
    """
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0", "false"):
        return True
    return os.environ.get("TERM") != "dumb" and is_terminal(stream)


def width_of(stream: TextIO) -> int:
    """Return how many columns a line of ``stream`` may take."""
    if is_terminal(stream):
        try:
            columns = os.get_terminal_size(stream.fileno()).columns
        except (OSError, ValueError, AttributeError):
            columns = 0
        # A terminal that does not know its size says 0.
        if columns:
            return max(columns, _NARROWEST)
    return PLAIN_WIDTH


def _drives(character: str) -> bool:
    code = ord(character)
    return (
        code < 0x20
        or 0x7F <= code < 0xA0
        or code in (0x061C, 0x200B, 0x200E, 0x200F, 0x2028, 0x2029, 0xFEFF)
        or 0x202A <= code <= 0x202E
        or 0x2060 <= code <= 0x206F
        or 0xD800 <= code < 0xE000
        or 0xFFF9 <= code <= 0xFFFB
        or 0xE0000 <= code <= 0xE007F
    )


def visible(character: str) -> str:
    """Return ``character``, or an escape as the language writes it if it is one that drives a terminal.

    Those are the control characters, those that change the direction of text or take no room, and lone halves
    of surrogate pairs.
    """
    if not _drives(character):
        return character
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character) or f"\\u{{{ord(character):x}}}"


def harmless(text: str, *, lines: bool = False) -> str:
    """Return ``text`` with all escaped that could drive a terminal; with ``lines``, line feeds stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if lines and character == "\n" else visible(character) for character in text)


def emit(text: str) -> None:
    """Write ``text`` to standard output; nothing happens where nobody reads it any more."""
    try:
        sys.stdout.write(text)
    except BrokenPipeError:
        close_output()


def close_output() -> None:
    """Point standard output to nowhere, so that flushing it when Python ends does not fail once more."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, sys.stdout.fileno())
    except (OSError, ValueError):
        pass
    finally:
        os.close(nowhere)
