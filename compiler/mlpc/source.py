"""Source texts and places in them.

Trees carry offsets only (code points into :attr:`Source.text`); lines and columns are computed when something
is printed. Lines and columns are 1-based, columns count code points.
"""

from __future__ import annotations

from bisect import bisect_right

TYPE_CHECKING = False
#: What the paths of modules begin with that are no file of the project: of the standard library, of backends' settings.
INSTALLED = ("std:", "backend:")

if TYPE_CHECKING:
    from typing import Protocol

    class Loader(Protocol):
        """Gives the compiler its modules; the compiler itself touches no disk.

        Paths are project-relative POSIX paths (``lib/boards.mlp``) or ``std:NAME`` for a module of the standard
        library, ``backend:NAME`` for the settings that a backend declares.
        """

        def read(self, path: str) -> bytes | None:
            """Return the bytes of ``path``, or None where there is no such file or it lies outside the project."""

        def names(self, folder: str) -> list[str]:
            """Return the names of the files in ``folder``, sorted; used to say what was meant."""

        def what(self, path: str) -> str:
            """Return what stands at ``path`` where it is nothing that can be read: `a folder`, `a named pipe`, `a file of
            more than …`. Empty where nothing stands there, or a file of the project that is read.

            Used to say why something cannot be read.
            """


class Source:
    """One text with the path it is shown under."""

    __slots__ = ("_line", "_starts", "path", "spans", "text")

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        #: The places that were named in it, where somebody follows them because the text is to change; see :meth:`become`.
        self.spans: list[Span] | None = None
        self._starts: list[int] | None = None
        # The line that was asked for last: a long one with many mistakes is cut out once.
        self._line = (0, "")

    def _line_starts(self) -> list[int]:
        starts = self._starts
        if starts is None:
            starts = [0]
            text = self.text
            at = text.find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = text.find("\n", at + 1)
            self._starts = starts
        return starts

    def become(self, text: str) -> None:
        """Take another text; whoever follows the places in it has moved them."""
        self.text = text
        self._starts = None
        self._line = (0, "")

    def position(self, offset: int) -> tuple[int, int]:
        """Return the 1-based line and column of ``offset``."""
        starts = self._line_starts()
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def line(self, number: int) -> str:
        """Return line ``number`` (1-based) without its line end."""
        if self._line[0] != number:
            starts = self._line_starts()
            start = starts[number - 1]
            end = starts[number] - 1 if number < len(starts) else len(self.text)
            self._line = (number, self.text[start:end].rstrip("\r"))
        return self._line[1]

    def offset_of_line(self, number: int) -> int:
        """Return where line ``number`` (1-based) begins."""
        return self._line_starts()[number - 1]

    @property
    def line_count(self) -> int:
        """Number of lines; a text without any line end has one."""
        return len(self._line_starts())


class Span:
    """A half-open range ``[start, end)`` of offsets in a source."""

    __slots__ = ("end", "source", "start")

    def __init__(self, source: Source, start: int, end: int) -> None:
        self.source = source
        self.start = start
        self.end = end
        if source.spans is not None:
            source.spans.append(self)

    @property
    def text(self) -> str:
        """The text that the span covers."""
        return self.source.text[self.start : self.end]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Span)
            and self.source.path == other.source.path
            and self.start == other.start
            and self.end == other.end
        )

    def __hash__(self) -> int:
        return hash((self.source.path, self.start, self.end))

    def __repr__(self) -> str:
        line, column = self.source.position(self.start)
        return f"{self.source.path}:{line}:{column}"
