"""Diagnostics as text that a person likes to read.

    error[MLP301] unknown-column: `cells` has no column `malignent`
      --> main.mlp:18:22
       |
    18 |     stratify = cells.malignent
       |                      ^^^^^^^^^ did you mean `malignant`?
       |
       = help: the columns are those of `Cell`

Places of one file share a snippet, in the order of lines; other files get an arrow of their own. Columns are
those that a terminal shows: a tab takes four, a wide character two, a combining one none. What could drive a
terminal is escaped.
"""

from __future__ import annotations

from .terminal import BLUE, BOLD, CYAN, GREEN, PLAIN_WIDTH, RED, YELLOW, Paint, harmless, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlpc.diagnostics import Diagnostic, Fix
    from mlpc.source import Source, Span

_TAB = 4
_STYLES = {"error": RED, "warning": YELLOW, "note": CYAN}
#: How much of a line stands before the first mark, where the line has to be clipped.
_BEFORE = 24
#: Source gets that many columns, however narrow the terminal.
_SHORTEST = 20


class Mark:
    """A span to be drawn: what is written at it, and whether it is the place of the diagnostic itself."""

    __slots__ = ("end_column", "end_line", "gutter", "label", "line", "main", "column")

    def __init__(self, span: Span, label: str, main: bool) -> None:
        self.line, self.column = span.source.position(span.start)
        last = max(span.end, span.start)
        self.end_line, self.end_column = span.source.position(last)
        # A span that takes the line end with it is drawn up to the end of its line.
        if self.end_line > self.line and self.end_column == 1:
            self.end_line -= 1
            self.end_column = len(span.source.line(self.end_line)) + 1
        self.label = harmless(label)
        self.main = main
        self.gutter = -1

    @property
    def several(self) -> bool:
        """Whether it goes over several lines."""
        return self.end_line > self.line


class Cells:
    """A line as a terminal shows it: its text, and in which column each of its characters begins."""

    __slots__ = ("_plain", "_starts", "_offset", "text")

    def __init__(self, line: str, offset: int = 0) -> None:
        self._offset = offset
        self._plain = line.isascii() and line.isprintable()
        self._starts: list[int] = []
        if self._plain:
            self.text = line
            return
        parts = []
        at = 0
        for character in line:
            self._starts.append(at)
            shown = " " * _TAB if character == "\t" else visible(character)
            parts.append(shown)
            at += len(shown) if len(shown) > 1 else width(character)
        self._starts.append(at)
        self.text = "".join(parts)

    def at(self, column: int) -> int:
        """Return the 0-based column of the terminal at which the 1-based ``column`` of the source begins."""
        index = max(column - 1 - self._offset, 0)
        if self._plain:
            return min(index, len(self.text))
        return self._starts[min(index, len(self._starts) - 1)]


def width(character: str) -> int:
    """Return how many columns of a terminal ``character`` takes: 0, 1 or 2."""
    if character < "\u0300":
        return 1
    from unicodedata import category, east_asian_width

    if category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def length(text: str) -> int:
    """Return how many columns of a terminal ``text`` takes."""
    return len(text) if text.isascii() else sum(map(width, text))


def clipped(text: str, columns: int) -> str:
    """Return the first line of ``text`` in at most ``columns`` columns, with an ellipsis where something is missing."""
    lines = text.strip().splitlines() or [""]
    line = lines[0].rstrip()
    if len(lines) == 1 and length(line) <= columns:
        return line
    room, kept = max(columns, 2) - 2, 0
    for at, character in enumerate(line):
        kept += width(character)
        if kept > room:
            line = line[:at].rstrip()
            break
    return f"{line} …"


def render(
    diagnostic: Diagnostic,
    *,
    colour: bool = False,
    columns: int = PLAIN_WIDTH,
    shown: Callable[[str], str] = str,
) -> str:
    """Return ``diagnostic`` as lines of text, with a line feed at the end.

    ``columns`` is how wide a line of source may be; ``shown`` gives the path under which a file is shown.
    """
    return _Drawing(diagnostic, Paint(colour), columns, shown).text()


def counted(counts: dict[str, int], files: int, *, colour: bool = False) -> str:
    """Return the closing line for so many errors, warnings and notes in so many files."""
    paint = Paint(colour)
    parts = [
        paint(_STYLES[severity], f"{count} {severity}{'s' if count != 1 else ''}")
        for severity, count in counts.items()
        if count
    ]
    where = f" in {files} file{'s' if files != 1 else ''}" if files else ""
    return ", ".join(parts) + where if parts else ""


class _Drawing:
    __slots__ = ("columns", "diagnostic", "lines", "margin", "paint", "shown", "style")

    def __init__(
        self, diagnostic: Diagnostic, paint: Paint, columns: int, shown: Callable[[str], str]
    ) -> None:
        self.diagnostic = diagnostic
        self.paint = paint
        self.columns = columns
        self.shown = shown
        self.style = _STYLES[diagnostic.severity]
        self.lines: list[str] = []
        self.margin = 1

    def text(self) -> str:
        item = self.diagnostic
        head = self.paint(self.style, f"{item.severity}[{item.code.code}]")
        self.lines.append(f"{head} {item.code.name}: {self.paint(BOLD, harmless(item.message))}")
        files = self._files()
        fixes = [fix for fix in item.fixes if not _told(fix, item)]
        last = [mark.end_line for _, marks in files for mark in marks]
        last += [span.source.position(span.end)[0] for fix in fixes for span, _ in fix.edits]
        self.margin = len(str(max(last, default=1)))
        for source, marks in files:
            self._snippet(source, marks)
        notes = [text for text in item.help if text]
        if (notes or fixes) and files:
            self.lines.append(self._edge())
        for text in notes:
            self._note("help", CYAN, text)
        for fix in fixes:
            self._fix(fix)
        return "\n".join(line.rstrip() for line in self.lines) + "\n"

    def _files(self) -> list[tuple[Source, list[Mark]]]:
        """Return what is to be marked, by file; the file of the diagnostic itself first."""
        item = self.diagnostic
        found: dict[str, tuple[Source, list[Mark]]] = {}
        if item.span is not None:
            source = item.span.source
            found[source.path] = source, [Mark(item.span, item.label, True)]
        for label in item.labels:
            source = label.span.source
            marks = found.setdefault(source.path, (source, []))[1]
            marks.append(Mark(label.span, label.message, False))
        return list(found.values())

    # Pieces of a line

    def _edge(self, sign: str = "|", number: str = "") -> str:
        return self.paint(BLUE, f"{number:>{self.margin}} {sign}")

    def _note(self, word: str, style: str, text: str) -> None:
        first, *rest = harmless(text, lines=True).split("\n")
        self.lines.append(f"{self._edge('=')} {self.paint(style, word + ':')} {first}")
        blank = " " * (self.margin + len(word) + 5)
        self.lines += [blank + line for line in rest]

    def _colour(self, mark: Mark) -> str:
        return self.style if mark.main else BLUE

    # A snippet

    def _snippet(self, source: Source, marks: list[Mark]) -> None:
        first = next((mark for mark in marks if mark.main), marks[0])
        path = harmless(self.shown(source.path))
        arrow = self.paint(BLUE, " " * self.margin + "-->")
        self.lines.append(f"{arrow} {path}:{first.line}:{first.column}")
        self.lines.append(self._edge())
        several = sorted(
            (mark for mark in marks if mark.several), key=lambda mark: (mark.line, -mark.end_line)
        )
        _assign_gutters(several)
        gutters = max((mark.gutter + 1 for mark in several), default=0)
        wanted = _wanted_lines(source, marks)
        previous = 0
        for number in wanted:
            if previous and number == previous + 2:
                self._source_line(source, number - 1, [], several, gutters)
            elif previous and number > previous + 2:
                self.lines.append(self.paint(BLUE, "..."))
            here = [mark for mark in marks if not mark.several and mark.line == number]
            self._source_line(source, number, here, several, gutters)
            previous = number

    def _source_line(
        self, source: Source, number: int, here: list[Mark], several: list[Mark], gutters: int
    ) -> None:
        starting = [mark for mark in several if mark.line == number]
        ending = [mark for mark in several if mark.end_line == number]
        ends = [mark.column for mark in here + starting] + [mark.end_column for mark in ending]
        raw = source.line(number)
        room = max(self.columns - self.margin - 3 - 2 * gutters, _SHORTEST)
        view = _View(
            raw, min(ends, default=1), max([mark.end_column for mark in here] + ends, default=1), room
        )
        # What begins with its line is drawn as a bar from that line on, without a row of its own.
        slashes = [mark for mark in starting if _is_blank(raw[: mark.column - 1])]
        bars = [mark for mark in several if mark.line < number <= mark.end_line]
        prefix = self._gutter(gutters, bars, slashes)
        self.lines.append(f"{self._edge(number=str(number))} {prefix}{view.text}")
        if here:
            self._marks(view, here, self._gutter(gutters, [*bars, *slashes], []))
        open_bars = [*bars, *slashes]
        for mark in starting:
            if mark not in slashes:
                at = view.at(mark.column)
                self._corner(mark, gutters, open_bars, at, "")
                open_bars.append(mark)
        for mark in sorted(ending, key=lambda mark: -mark.line):
            at = max(view.at(mark.end_column) - 1, 0)
            self._corner(mark, gutters, open_bars, at, mark.label)
            open_bars.remove(mark)

    def _gutter(self, gutters: int, bars: Sequence[Mark], slashes: Sequence[Mark]) -> str:
        if not gutters:
            return ""
        cells = [" "] * (2 * gutters)
        for mark in bars:
            cells[2 * mark.gutter] = self.paint(self._colour(mark), "|")
        for mark in slashes:
            cells[2 * mark.gutter] = self.paint(self._colour(mark), "/")
        return "".join(cells)

    def _corner(self, mark: Mark, gutters: int, bars: Sequence[Mark], at: int, label: str) -> None:
        """Draw the row that leads from the bar of ``mark`` to the place where it starts or ends."""
        style = self._colour(mark)
        sign = "^" if mark.main else "-"
        before = "".join(
            self.paint(self._colour(bar), "|") + " " if bar else "  "
            for bar in (
                next((bar for bar in bars if bar.gutter == gutter and bar is not mark), None)
                for gutter in range(mark.gutter)
            )
        )
        corner = "|" if mark in bars else " "
        line = "_" * (2 * (gutters - mark.gutter) - 1 + at)
        text = self.paint(style, f"{corner}{line}{sign}{' ' + label if label else ''}")
        self.lines.append(f"{self._edge()} {before}{text}")

    def _marks(self, view: _View, here: list[Mark], prefix: str) -> None:
        """Draw the row of carets below a line and, below that, the labels that find no room in it."""
        drawn = []
        for mark in here:
            start = view.at(mark.column)
            end = max(view.at(mark.end_column), start + 1)
            drawn.append((start, end, mark))
        drawn.sort(key=lambda one: (one[0], -one[1], one[2].main))
        size = max(end for _, end, _ in drawn)
        row: list[tuple[str, str]] = [(" ", "")] * size
        for start, end, mark in sorted(drawn, key=lambda one: one[2].main):
            row[start:end] = [("^" if mark.main else "-", self._colour(mark))] * (end - start)
        text = _runs(row, self.paint)
        labelled = [one for one in drawn if one[2].label]
        beside = None
        if labelled and labelled[-1][1] == size and all(one[0] <= labelled[-1][0] for one in drawn):
            beside = labelled.pop()
            text += " " + self.paint(self._colour(beside[2]), beside[2].label)
        self.lines.append(f"{self._edge()} {prefix}{text}")
        if labelled:
            self._hang(labelled, [], prefix)
        while labelled:
            start, _, mark = labelled.pop()
            self._hang(labelled, [(start, mark)], prefix)

    def _hang(self, above: list[tuple[int, int, Mark]], label: list[tuple[int, Mark]], prefix: str) -> None:
        """Draw a row of lines that lead down to labels, and at its end the label itself."""
        cells: list[tuple[str, str]] = []
        stop = label[0][0] if label else above[-1][0] + 1
        for start, _, mark in above:
            if start < stop:
                cells += [(" ", "")] * (start - len(cells))
                if start == len(cells):
                    cells.append(("|", self._colour(mark)))
        text = _runs(cells, self.paint)
        if label:
            start, mark = label[0]
            text += " " * (start - len(cells)) + self.paint(self._colour(mark), mark.label)
        self.lines.append(f"{self._edge()} {prefix}{text}")

    # A fix

    def _fix(self, fix: Fix) -> None:
        unsafe = "" if fix.safe else " (look at it first: it may change what is meant)"
        self._note("fix", GREEN, fix.message + unsafe)
        if not fix.edits:
            return
        first = fix.edits[0][0]
        source = first.source
        number = source.position(first.start)[0]
        edits = sorted(fix.edits, key=lambda edit: edit[0].start)
        # A change of several lines or files is told, not drawn.
        if any(
            span.source.path != source.path
            or source.position(span.start)[0] != number
            or source.position(span.end)[0] != number
            or "\n" in text
            for span, text in edits
        ):
            return
        line = source.line(number)
        changed = []
        marks = []
        at = 1
        size = 0
        for span, text in edits:
            column = source.position(span.start)[1]
            changed.append(line[at - 1 : column - 1])
            size += len(changed[-1])
            changed.append(text)
            if text:
                marks.append((size + 1, size + 1 + len(text), span.start == span.end))
            size += len(text)
            at = source.position(span.end)[1]
        changed.append(line[at - 1 :])
        new = "".join(changed)
        start = marks[0][0] if marks else source.position(first.start)[1]
        end = marks[-1][1] if marks else start
        view = _View(new, start, end, max(self.columns - self.margin - 3, _SHORTEST))
        self.lines.append(f"{self._edge(number=str(number))} {view.text}")
        cells: list[tuple[str, str]] = []
        for start, end, added in marks:
            cells += [(" ", "")] * (view.at(start) - len(cells))
            cells += [("+" if added else "~", GREEN)] * (view.at(end) - len(cells))
        if cells:
            self.lines.append(f"{self._edge()} {_runs(cells, self.paint)}")


class _View:
    """The part of a line that is shown: all of it, or a window around what is marked."""

    __slots__ = ("_cells", "_shift", "_size", "text")

    def __init__(self, raw: str, first: int, last: int, room: int) -> None:
        offset = 0
        # Of a line that is far too long only the surroundings are looked at.
        if len(raw) > 4 * room:
            offset = max(first - 1 - room, 0)
            cut = raw[offset : offset + 4 * room]
            more = offset + 4 * room < len(raw)
        else:
            cut, more = raw, False
        self._cells = Cells(cut, offset)
        whole = length(self._cells.text)
        self._shift = 0
        if not offset and not more and whole <= room:
            self.text = self._cells.text
            self._size = whole + 1
            return
        start, end = self._cells.at(first), self._cells.at(last)
        if not offset and end + 2 <= room:
            left = 0
        else:
            left = max(start - _BEFORE, 0)
        inner = _window(self._cells.text, left, left + room)
        begun = "…" if left or offset else ""
        ended = "…" if more or whole > left + room else ""
        if begun:
            inner = _window(inner, 1, room)
        if ended:
            inner = _window(inner, 0, room - len(begun) - 1)
        self.text = begun + inner + ended
        self._shift = left
        self._size = room

    def at(self, column: int) -> int:
        """Return the 0-based column in ``text`` at which the 1-based ``column`` of the line begins."""
        return min(max(self._cells.at(column) - self._shift, 0), self._size - 1)


def _window(text: str, start: int, end: int) -> str:
    """Return what ``text`` shows in the columns ``start`` to ``end``; a halved wide character is blank."""
    if text.isascii():
        return text[start:end]
    found = []
    at = 0
    for character in text:
        size = width(character)
        if at >= end:
            break
        if at < start < at + size or at < end < at + size:
            found.append(" ")
        elif at >= start:
            found.append(character)
        at += size
    return "".join(found)


def _runs(cells: Sequence[tuple[str, str]], paint: Paint) -> str:
    """Return the characters of ``cells``, neighbours of the same colour painted together."""
    parts: list[str] = []
    run = ""
    colour = ""
    for character, style in cells:
        if style != colour:
            parts.append(paint(colour, run) if colour else run)
            run, colour = "", style
        run += character
    parts.append(paint(colour, run) if colour else run)
    return "".join(parts)


def _assign_gutters(several: list[Mark]) -> None:
    """Give each span of several lines a column of bars that no other one takes on the same lines."""
    for mark in several:
        taken = {
            other.gutter
            for other in several
            if other.gutter >= 0 and other.line <= mark.end_line and mark.line <= other.end_line
        }
        mark.gutter = next(gutter for gutter in range(len(several)) if gutter not in taken)


def _wanted_lines(source: Source, marks: list[Mark]) -> list[int]:
    """Return the numbers of the lines to show: those with a mark, and what stands before blank ones."""
    wanted = set()
    for mark in marks:
        for number in (mark.line, mark.end_line):
            wanted.add(number)
            while number > 1 and _is_blank(source.line(number)):
                number -= 1
            wanted.add(number)
        # Of a long span its first two lines and its last two say enough.
        if mark.end_line - mark.line <= 5:
            wanted.update(range(mark.line, mark.end_line))
        else:
            wanted.update((mark.line + 1, mark.end_line - 1))
    return sorted(wanted)


def _is_blank(text: str) -> bool:
    """Return whether there is nothing to see in ``text``; unlike `strip`, this copies no line of megabytes."""
    return not text or text.isspace()


def _told(fix: Fix, item: Diagnostic) -> bool:
    """Return whether the label or the help says already what ``fix`` would write, not only as one of many things."""
    if len(fix.edits) != 1 or not fix.edits[0][1].strip():
        return False
    written = f"`{fix.edits[0][1].strip()}`"
    few = 2 * max(2, len(item.fixes))
    return written in item.label or any(written in text and text.count("`") <= few for text in item.help)
