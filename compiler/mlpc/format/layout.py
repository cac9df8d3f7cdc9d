"""Where lines break: tokens in, text out.

One walk over the tokens with a stack of the brackets that are open, so neither depth nor length of a program
costs more than time in proportion. A bracket is decided when the walk meets it: it is *opened*, each of its
items on a line of its own, or its items follow on the same line.
"""

from __future__ import annotations

from .blocks import rebase
from .pieces import BRACE, CALL, FILE, INDEX, LIST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .pieces import Group, Remark, Token

#: Columns that a line may have before a one-line block, list or call is opened.
WIDTH = 100

_STEP = 2


def lay_out(tokens: Sequence[Token]) -> str:
    """Return the text of a program in the one layout; the last of ``tokens`` is the end of the file."""
    page = _Page()
    file = tokens[-1].owner
    file.opened = True
    stack = [file]
    for index, token in enumerate(tokens):
        group = stack[-1]
        if token.ends is not None:
            _end(page, token, group)
            stack.pop()
        elif token.first:
            _begin_item(page, token, group)
        elif token.breaks:
            level = _indent(stack) + _STEP
            _remarks(page, token.before, level, first=True)
            page.line(level)
        elif token.space:
            page.write(" ")

        page.write_token(token.text)

        opens = token.opens
        if opens is not None:
            # The body of a statement that goes on over several lines lies under the statement itself.
            opens.outer = _indent(stack) if opens.body else page.indent
            opens.inner = opens.outer + _STEP
            opens.opened = opens.forced or (_may_open(opens) and not _fits(tokens, index, page.column))
            stack.append(opens)
        if token.after:
            page.remark(token.after)
    return page.text()


def _indent(stack: list[Group]) -> int:
    """The indentation of the statement or item that is being written."""
    return next(group.inner for group in reversed(stack) if group.opened)


def _may_open(group: Group) -> bool:
    return group.kind is not INDEX and not group.empty


def _begin_item(page: _Page, token: Token, group: Group) -> None:
    """Write what stands between an item and the one before it, or the bracket."""
    statements = group.kind is BRACE or group.kind is FILE
    if group.opened:
        if not token.leads and not statements:
            page.write(",")
        _remarks(page, token.before, group.inner, first=token.leads)
        if token.blank and (token.before or not token.leads):
            page.blank()
        page.line(group.inner)
    elif not token.leads:
        page.write(", ")
    elif statements:
        page.write(" ")


def _end(page: _Page, token: Token, group: Group) -> None:
    """Write what stands between the last item and the closing bracket."""
    if group.opened:
        if group.kind in (CALL, LIST) and not group.empty:
            page.write(",")
        _remarks(page, token.before, group.inner, first=group.empty)
        if group.kind is not FILE:
            page.line(group.outer)
    elif group.kind is BRACE and not group.empty:
        page.write(" ")


def _remarks(page: _Page, remarks: list[Remark], indent: int, *, first: bool) -> None:
    for remark in remarks:
        if remark.blank and not first:
            page.blank()
        page.line(indent)
        page.write(remark.text)
        first = False


def _fits(tokens: Sequence[Token], index: int, column: int) -> bool:
    """Say whether the group opened by token ``index``, which ends in ``column``, can stay on its line.

    It can when all text up to the next place where a line ends, or may be ended by opening another bracket,
    lies within the width. Looks at no more tokens than a line can hold.
    """
    group = tokens[index].opens
    inside = True
    while column <= WIDTH:
        index += 1
        token = tokens[index]
        if token.ends is not None:
            if token.ends.opened:
                return column + (token.ends.kind in (CALL, LIST)) <= WIDTH
            column += token.ends.kind is BRACE and not token.ends.empty
            if token.ends is group:
                inside = False
        elif token.first:
            owner = token.owner
            if owner.opened:
                return column + (owner.kind is not BRACE and owner.kind is not FILE) <= WIDTH
            column += 2 if not token.leads else owner.kind is BRACE
        elif token.breaks:
            return True
        else:
            column += token.space
        text, line_end, _ = token.text.partition("\n")
        column += len(text)
        opens = token.opens
        if line_end or (opens is not None and (opens.forced or (not inside and _may_open(opens)))):
            return column <= WIDTH
    return False


class _Page:
    """Lines as they are written."""

    __slots__ = ("_gap", "_lines", "_parts", "_remark", "column", "indent")

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._parts: list[str] = []
        self._remark = ""
        self._gap = False
        #: Columns written on the current line, and blanks at its beginning.
        self.column = 0
        self.indent = 0

    def write(self, text: str) -> None:
        """Write on the current line; a comment that ends the line stays behind ``text``."""
        self._parts.append(text)
        self.column += len(text)

    def write_token(self, text: str) -> None:
        """Write one token; a text block goes on over lines of its own."""
        if "\n" not in text:
            self.write(text)
            return
        *lines, last = rebase(text, self.indent + _STEP).split("\n")
        for line in lines:
            self._parts.append(line)
            self._lines.append("".join(self._parts))
            self._parts = []
        self.column = 0
        self.write(last)

    def remark(self, text: str) -> None:
        """End the line by a comment as soon as it is complete."""
        self._remark = text

    def line(self, indent: int) -> None:
        """Begin a line."""
        self._flush()
        if self._gap:
            self._lines.append("")
            self._gap = False
        self._parts.append(" " * indent)
        self.column = self.indent = indent

    def blank(self) -> None:
        """Leave a line empty before the next one."""
        self._gap = True

    def text(self) -> str:
        """Everything written, with a line end behind it."""
        self._flush()
        return "\n".join([*self._lines, ""])

    def _flush(self) -> None:
        if self._parts:
            line = "".join(self._parts)
            self._lines.append(f"{line}  {self._remark}" if self._remark else line)
            self._parts = []
            self._remark = ""
