"""Brackets that do not pair up: which one is missing or too many, by how the lines are indented.

A bracket decides what the newlines and commas behind it mean, so these mistakes are repaired in the text itself,
before it is read again: missing brackets are put in, others are blanked out.
"""

from __future__ import annotations

from bisect import bisect_left

from . import tables as t
from .lexer import BEFORE_VALUE, BINARY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .lexer import Tokens

OPENERS = {t.LBRACE: "{", t.LPAR: "(", t.LSQB: "["}
CLOSERS = {t.RBRACE: "}", t.RPAR: ")", t.RSQB: "]"}
CLOSER_OF = {t.LBRACE: t.RBRACE, t.LPAR: t.RPAR, t.LSQB: t.RSQB}
OPENER_OF = {closer: opener for opener, closer in CLOSER_OF.items()}
_STATEMENT = frozenset((t.REQUIRE, t.GIVEN, t.EXPECT, t.USE))
# A line that begins with one of these goes on with the one above.
_GO_ON = BINARY | {t.NOT, t.IF, t.THEN, t.ELSE, t.TRUE, t.FALSE, t.NONE, t.EACH, t.WHEN, *CLOSERS}
_BEFORE_BODY = frozenset((t.NAME, t.REF, t.STRING, t.RPAR, t.RSQB, t.NUMBER, t.QUANTITY))
_CALLED = frozenset((t.NAME, t.REF, t.MARK, t.MEMBER))
_VALUES = frozenset((t.NUMBER, t.QUANTITY, t.STRING, t.NAME, t.REF, t.LSQB, t.TRUE, t.FALSE, t.NONE))


class Mistake:
    """One bracket mistake: `unclosed` (an opener without a closer), `unopened`, `stray`, `wrong`, `doubled`,
    `crossed` (this one and the next have changed places).

    ``place`` is where the bracket at fault stands, ``at`` where one belongs, ``sign`` which one.
    """

    __slots__ = ("at", "kind", "place", "sign")

    def __init__(self, kind: str, place: int, at: int, sign: str) -> None:
        self.kind = kind
        self.place = place
        self.at = at
        self.sign = sign


class Edits:
    """Changes to a text: brackets to put in, by place, and places to blank out."""

    __slots__ = ("_shifts", "blanks", "done", "inserts", "mistakes")

    def __init__(self) -> None:
        self.inserts: list[tuple[int, str]] = []
        self.blanks: list[int] = []
        self.mistakes: list[Mistake] = []
        # Tokens that an earlier mistake explains.
        self.done: set[int] = set()
        self._shifts: list[int] = []

    def apply(self, text: str) -> str:
        """Return ``text`` changed."""
        pieces: list[str] = []
        at = 0
        blanks = sorted(set(self.blanks))
        changes = sorted(
            [(place, 0, number, sign) for number, (place, sign) in enumerate(self.inserts)]
            + [(place, 1, 0, "") for place in blanks]
        )
        length = 0
        self._shifts = []
        for place, _, _, sign in changes:
            pieces.append(text[at:place])
            length += place - at
            if sign:
                self._shifts.append(length)
                pieces.append(sign)
                length += 1
                at = place
            else:
                pieces.append(" ")
                length += 1
                at = place + 1
        pieces.append(text[at:])
        return "".join(pieces)

    def original(self, offset: int) -> int:
        """Return where ``offset`` of the changed text lies in the one before."""
        return offset - bisect_left(self._shifts, offset)


class _Open:
    __slots__ = ("content", "indent", "index", "kind", "line", "place")

    def __init__(self, kind: int, index: int, place: int, indent: int, line: int) -> None:
        self.kind = kind
        self.index = index
        self.place = place
        self.indent = indent
        self.line = line
        self.content = -1  # how far the first line inside is indented


def repair(
    text: str, tokens: Tokens, spans: tuple[list[int], list[int]], *, by_layout: bool, twice: bool = False
) -> Edits | None:
    """Return the changes that make all brackets pair up; None where the layout says nothing useful.

    With ``by_layout`` the indentation decides: what a bracket holds is indented further than the line that opens
    it, and a closing bracket that begins a line stands right below the beginning of that line. With ``twice`` an
    opening bracket that is never closed and stands beside another one is one too many.
    """
    edits = Edits()
    kinds = tokens.kinds
    starts, ends = spans
    stack: list[_Open] = []
    line = 0
    indent = 0
    top_content = 0  # how far statements outside all brackets are indented
    line_first = 0  # token that begins the line
    previous_end = starts[0] if starts else 0
    statement_indent = -1  # of the latest line that began a statement
    lines = 0
    statement_first = 0

    last_lines: dict[int, tuple[int, int]] = {}  # by indentation: the latest line's first and last token

    def close(opened: _Open, index: int) -> None:
        _unclosed(tokens, spans, opened, index, line - 1, stack, edits, twice)

    for index, kind in enumerate(kinds):
        start = starts[index]
        if kind == t.SEP:
            continue
        fresh = index == 0 or kind == t.END or text.find("\n", previous_end, start) >= 0
        closer = kind in CLOSERS
        if fresh:
            line += 1
            lines += 1
            begin = text.rfind("\n", 0, start) + 1
            indent = start - begin if kind != t.END else -1
            if kind == t.LBRACE and (stack[-1].content if stack else top_content) >= 0:
                indent = stack[-1].content if stack else top_content
            if by_layout:
                while stack:
                    top = stack[-1]
                    if closer:
                        fits = [one for one in stack if one.kind == OPENER_OF[kind] and one.indent == indent]
                        if top.kind == OPENER_OF[kind] and top.indent == indent:
                            break
                        if not fits:
                            break
                    elif indent > top.indent:
                        break
                    stack.pop()
                    close(top, index)
                prior = index - 1
                while prior > 0 and kinds[prior] == t.SEP:
                    prior -= 1
                # Whether a statement begins here; what the tokens say may follow from an earlier mistake.
                begins = prior < 0 or (
                    (not stack or stack[-1].kind == t.LBRACE)
                    and kinds[prior] not in BINARY
                    and kind not in _GO_ON
                )
                content = stack[-1].content if stack else top_content
                if (
                    begins
                    and indent > content >= 0
                    and statement_indent == content
                    and kinds[line_first] == t.NAME
                    and kinds[prior] not in (t.RBRACE, t.LBRACE)
                    and kind in (t.NAME, t.REQUIRE, t.GIVEN, t.EXPECT, t.ELLIPSIS)
                    and t.EQUAL not in kinds[line_first : prior + 1]
                ):
                    edits.inserts.append((previous_end, "{"))
                    edits.mistakes.append(Mistake("unopened", previous_end, previous_end, "{"))
                    stack.append(_Open(t.LBRACE, prior, previous_end, content, line - 1))
                if not closer:
                    if stack and stack[-1].content < 0 and indent >= 0:
                        stack[-1].content = indent
                    if begins:
                        statement_indent = indent
            elif kind == t.END:
                while stack:
                    close(stack.pop(), index)
            if index:
                last_lines[statement_first] = (line_first, index - 1)
            statement_first = indent
            line_first = index
        if kind in OPENERS and index in edits.done:
            pass
        elif kind in OPENERS:
            if kind == t.LBRACE and index and kinds[index - 1] == t.LBRACE and not fresh:
                edits.blanks.append(start)
                edits.mistakes.append(Mistake("doubled", start, start, "{"))
            else:
                stack.append(_Open(kind, index, start, indent, line))
        elif closer and index in edits.done:
            pass
        elif closer:
            if (
                by_layout
                and fresh
                and stack
                and stack[-1].kind == OPENER_OF[kind]
                and indent > stack[-1].indent
            ):
                edits.blanks.append(start)
                edits.mistakes.append(Mistake("stray", start, start, CLOSERS[kind]))
                previous_end = ends[index]
                continue
            above = last_lines.get(indent) if fresh and by_layout else None
            _close(
                text,
                tokens,
                spans,
                index,
                line,
                line_first,
                stack,
                edits,
                by_layout and not fresh,
                twice,
                above,
            )
        previous_end = ends[index]
        if by_layout and len(edits.mistakes) > max(8, lines // 5 + 2):
            return None
    return edits


def balanced(kinds: list[int]) -> bool:
    """Return whether every bracket has its other one."""
    stack: list[int] = []
    for kind in kinds:
        if kind in OPENERS:
            stack.append(CLOSER_OF[kind])
        elif kind in CLOSERS and (not stack or stack.pop() != kind):
            return False
    return not stack


def _unclosed(
    tokens: Tokens,
    spans: tuple[list[int], list[int]],
    opened: _Open,
    index: int,
    line: int,
    stack: list[_Open],
    edits: Edits,
    twice: bool,
) -> None:
    """Close the bracket ``opened`` before token ``index``, whose line or the one before is ``line``."""
    kinds = tokens.kinds
    sign = OPENERS[opened.kind]
    if twice and opened.kind in (kinds[opened.index + 1], kinds[opened.index - 1]):
        edits.blanks.append(opened.place)
        edits.mistakes.append(Mistake("doubled", opened.place, opened.place, sign))
        return
    last = opened.index + 1 if kinds[opened.index + 1] == t.STAR else index - 1
    while last > opened.index and kinds[last] == t.SEP:
        last -= 1
    if opened.kind != t.LBRACE and _holds_one(kinds, opened.index, last):
        edits.blanks.append(opened.place)
        edits.mistakes.append(Mistake("doubled", opened.place, opened.place, sign))
        return
    last = _end_of_type(kinds, opened, last)
    # `[f(a,` followed by another line: the comma is the list's.
    if kinds[last] == t.COMMA and opened.line == line and stack and stack[-1].kind != t.LBRACE:
        last -= 1
    at = spans[1][last]
    index_of = kinds[opened.index - 1] in (t.NAME, t.REF) and spans[1][opened.index - 1] == opened.place
    if opened.kind == t.LSQB and index_of and kinds[last] == t.REF and last == opened.index + 1:
        # `parts[region.train`: an instance is named by one name.
        at = spans[0][last] + len(tokens.values[last].names[0])
    edits.inserts.append((at, CLOSERS[CLOSER_OF[opened.kind]]))
    edits.mistakes.append(Mistake("unclosed", opened.place, at, sign))


def _holds_one(kinds: list[int], index: int, last: int) -> bool:
    """Return whether an opening bracket holds nothing but what stands in another of its kind, as in `(("text")`."""
    kind = kinds[index]
    if kinds[index + 1] != kind or kinds[last] != CLOSER_OF[kind]:
        return False
    depth = 0
    for at in range(index + 1, last + 1):
        depth += (kinds[at] == kind) - (kinds[at] == CLOSER_OF[kind])
        if depth == 0:
            return at == last
    return False


def _end_of_type(kinds: list[int], opened: _Open, last: int) -> int:
    """Return the last token that a bracket left open can hold: what follows a type, or an `each`, stands behind it."""
    behind: tuple[int, ...] = (t.COLON,) if opened.kind == t.LSQB else ()
    if opened.kind == t.LPAR and kinds[opened.index - 2] in (t.COLON, t.LPAR):
        behind = (t.EQUAL, t.IN, t.COMPARE, t.MARK, t.LBRACE)
    depth = 0
    for at in range(opened.index + 1, last + 1):
        if kinds[at] in behind and not depth and at > opened.index + 1:
            return at - 1
        depth += (kinds[at] in OPENERS) - (kinds[at] in CLOSERS)
    return last


def _close(
    text: str,
    tokens: Tokens,
    spans: tuple[list[int], list[int]],
    index: int,
    line: int,
    line_first: int,
    stack: list[_Open],
    edits: Edits,
    on_line: bool,
    twice: bool,
    above: tuple[int, int] | None,
) -> None:
    """Deal with the closing bracket ``index``; ``on_line`` when it must close what its own line opened."""
    kinds = tokens.kinds
    starts, ends = spans
    kind = kinds[index]
    wanted = OPENER_OF[kind]
    sign = CLOSERS[kind]
    place = starts[index]
    top = stack[-1] if stack else None
    if top is not None and top.kind == wanted and not (on_line and kind == t.RBRACE and top.line != line):
        stack.pop()
        return
    after = kinds[index + 1]
    crossed = after == wanted if top is None or top.kind != wanted else False
    if top is not None and len(stack) > 1 and after == CLOSER_OF[top.kind] and stack[-2].kind == wanted:
        del stack[-2:]
        crossed = True
    if crossed:
        other = OPENERS[after] if after in OPENERS else CLOSERS[after]
        edits.blanks += [place, starts[index + 1]]
        edits.inserts += [(place, other), (starts[index + 1], sign)]
        edits.mistakes.append(Mistake("crossed", place, starts[index + 1], sign))
        edits.done.add(index + 1)
        return
    here = [opened for opened in stack if opened.line == line]
    deeper = here if on_line else stack
    if any(opened.kind == wanted for opened in deeper):
        while stack[-1].kind != wanted:
            unclosed = stack.pop()
            _unclosed(tokens, spans, unclosed, index, -1, stack, edits, twice)
        stack.pop()
        return
    again = kinds[index - 1] == kind
    if wanted == t.LSQB and kinds[index - 1] == t.STRING and kinds[index - 2] in (t.NAME, t.REF):
        at = starts[index - 1]  # `model"eu"]`
        if ends[index - 2] == at:
            edits.inserts.append((at, "["))
            edits.mistakes.append(Mistake("unopened", place, at, "["))
            return
    all = wanted == t.LSQB and kinds[index - 1] == t.STAR
    hidden = None
    if top is not None and top.line == line and wanted != t.LBRACE and len(edits.mistakes) <= 500:
        from .glued import glued

        hidden = glued(text, kinds, spans, index, line_first)
    if hidden is not None and top is not None and hidden > top.place:
        edits.inserts.append((hidden, OPENERS[wanted]))
        edits.mistakes.append(Mistake("unopened", place, hidden, OPENERS[wanted]))
        return
    if top is not None and top.line == line and not (again or all or after == CLOSER_OF[top.kind]):
        stack.pop()
        edits.blanks.append(place)
        right = CLOSERS[CLOSER_OF[top.kind]]
        edits.inserts.append((place, right))
        edits.mistakes.append(Mistake("wrong", place, top.place, right))
        return
    run = bool(edits.blanks) and edits.blanks[-1] == starts[index - 1] and again
    hopeless = run or (again and wanted == t.LSQB) or len(edits.mistakes) > 500
    if not hopeless and wanted != t.LBRACE:
        from .glued import glued

        between = glued(text, tokens.kinds, spans, index, line_first)
        if between is not None:
            edits.inserts.append((between, OPENERS[wanted]))
            edits.mistakes.append(Mistake("unopened", place, between, OPENERS[wanted]))
            return
    opening = None if hopeless else _opening(tokens, index, line_first, wanted)
    if opening is None and above is not None:
        # A closing bracket below the beginning of a line that ends where an opening one may stand.
        end = kinds[above[1]] if kinds[above[1]] != t.SEP else kinds[above[1] - 1]
        if end == t.EQUAL if wanted == t.LSQB else end in (t.NAME, t.REF) and wanted == t.LPAR:
            opening = above[1] + (kinds[above[1]] != t.SEP)
    if opening is not None:
        at = ends[opening - 1]
        edits.inserts.append((at, OPENERS[wanted]))
        edits.mistakes.append(Mistake("unopened", place, at, OPENERS[wanted]))
        return
    if not run:
        edits.mistakes.append(Mistake("stray", place, place, sign))
    edits.blanks.append(place)


def _opening(tokens: Tokens, index: int, line_first: int, wanted: int) -> int | None:
    """Return the token before which an opener of ``wanted`` is missing on the line that ends in ``index``."""
    kinds = tokens.kinds
    if wanted == t.LSQB and kinds[index - 1] == t.STAR:
        return index - 1
    first = max(line_first, index - 200)
    inside = kinds[line_first - 1] not in (t.SEP, t.LBRACE)
    if wanted == t.LPAR:
        # Two values side by side, such as `conv2d 8`, which only a statement can begin with.
        for at in range(index - 1, first, -1):
            if (
                kinds[at - 1] in _CALLED
                and kinds[at] in _VALUES - {t.LSQB}
                and (inside or at - 1 > line_first)
            ):
                return at
    nested = 0
    best: int | None = None
    for at in range(index - 1, first, -1):
        kind = kinds[at]
        before = kinds[at - 1]
        if kind in CLOSERS:
            nested += 1
        elif kind in OPENERS:
            if not nested:
                break
            nested -= 1
            continue
        if nested:
            continue
        if wanted == t.LBRACE:
            if (
                kind == t.NAME
                and before in _BEFORE_BODY
                and (kinds[at + 1] == t.EQUAL or (kinds[at + 1] == t.LBRACE and at - 1 > line_first))
            ):
                best = at
            if kind == t.NAME and tokens.values[at].text == "require":
                best = at
        elif wanted == t.LPAR:
            continue
        elif kind in _VALUES and (before == t.EQUAL or (before in (t.NAME, t.REF) and at - 1 > line_first)):
            return at
    if wanted == t.LPAR and best is None:
        for at in range(index - 1, max(line_first, index - 200), -1):
            if kinds[at - 1] in BEFORE_VALUE and kinds[at - 1] not in BINARY and kinds[at] in _VALUES:
                return at
            if kinds[at] in OPENERS or kinds[at] in CLOSERS:
                return None
    return best
