"""Places as the protocol counts them: lines and columns from 0, columns in units of the encoding that was agreed on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

if TYPE_CHECKING:
    from mlpc.source import Source, Span


class Positions:
    """Converts offsets (code points) of texts to positions and back, in one encoding."""

    __slots__ = ("_encoding",)

    def __init__(self, encoding: types.PositionEncodingKind | str) -> None:
        self._encoding = str(getattr(encoding, "value", encoding))

    def units(self, text: str) -> int:
        """Return how many units ``text`` has."""
        if text.isascii() or self._encoding == "utf-32":
            return len(text)
        if self._encoding == "utf-8":
            return len(text.encode("utf-8", "surrogatepass"))
        return len(text.encode("utf-16-le", "surrogatepass")) // 2

    def position(self, source: Source, offset: int) -> types.Position:
        """Return the position of ``offset``."""
        line, column = source.position(offset)
        start = offset - (column - 1)
        return types.Position(line=line - 1, character=self.units(source.text[start:offset]))

    def range(self, source: Source, start: int, end: int) -> types.Range:
        """Return the range of two offsets."""
        return types.Range(start=self.position(source, start), end=self.position(source, end))

    def of(self, span: Span) -> types.Range:
        """Return the range of a span."""
        return self.range(span.source, span.start, span.end)

    def offset(self, source: Source, position: types.Position) -> int:
        """Return the offset of a position; one behind the end of its line is that end."""
        if position.line >= source.line_count:
            return len(source.text)
        text = source.line(position.line + 1)
        start = source.offset_of_line(position.line + 1)
        if text.isascii():
            return start + min(position.character, len(text))
        left = position.character
        for index, letter in enumerate(text):
            if left <= 0:
                return start + index
            left -= self.units(letter)
        return start + len(text)
