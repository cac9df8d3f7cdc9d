"""Text blocks: their lines move with the program, what they say stays."""

from __future__ import annotations


def rebase(text: str, indent: int) -> str:
    """Return the token of a ``\"\"\"`` block with its lines moved to ``indent``.

    The indentation that all its lines share is taken off and the new one put on, so that lines keep their
    places among each other. Blanks that end a line stay: they belong to the text. Lines without anything but
    blanks mean an empty line and become one.
    """
    first, *lines = [line.removesuffix("\r") for line in text[3:-3].split("\n")]
    if not lines:
        return text
    closing = lines.pop()
    shared = _shared([*filter(str.strip, lines), closing if closing.strip() else closing + '"'])
    margin = " " * indent
    moved = [margin + line[shared:] if line.strip() else "" for line in lines]
    end = margin + (closing[shared:] if closing.strip() else "")
    return '"""' + "\n".join([first if first.strip() else "", *moved, end]) + '"""'


def _shared(lines: list[str]) -> int:
    """How many blanks all of ``lines`` begin with alike."""
    low, high = min(lines), max(lines)
    blanks = len(low) - len(low.lstrip(" \t"))
    agreed = next((at for at in range(min(blanks, len(high))) if low[at] != high[at]), min(blanks, len(high)))
    return agreed
