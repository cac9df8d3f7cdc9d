"""A program as the formatter sees it: tokens, the brackets around them, and the comments between them.

The tree says what a bracket is and where statements begin; the tokens say what was written. Commas are left out,
since the layout decides where they stand. A comment hangs on the token before it when it ends that token's line,
else on the token behind it, so that it stays between the tokens between which it was written.
"""

from __future__ import annotations

import re

from ..syntax import tables, tree
from ..syntax.lexer import lex
from .same import nodes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

#: What a group is: the file, `{ … }`, `[ … ]` as a value, `( … )` behind a name, `( … )` around a value, and
#: `[ … ]` behind a value.
FILE: Final = "file"
BRACE: Final = "brace"
LIST: Final = "list"
CALL: Final = "call"
PAREN: Final = "paren"
INDEX: Final = "index"

_COMPARE = ("==", "!=", "<=", ">=", "<", ">")
_BINARY = frozenset(("and", "or", "in", "+", "-", "*", "/", *_COMPARE, "then", "else"))
_BEFORE = _BINARY | {"not", "each", "when"}


class Remark:
    """A comment on a line of its own; ``blank`` when a blank line stands before it."""

    __slots__ = ("blank", "text")

    def __init__(self, text: str, blank: bool) -> None:
        self.text = text
        self.blank = blank


class Group:
    """A pair of brackets, or the file.

    ``forced`` when it was written in a way that keeps it open. ``opened``, ``outer`` and ``inner`` belong to the
    layout: whether each item has its own line, and the indentation of the closing bracket and of the items.
    """

    __slots__ = ("body", "empty", "forced", "inner", "kind", "opened", "outer", "start")

    def __init__(self, kind: str, start: int, *, body: bool = False) -> None:
        self.kind = kind
        self.start = start
        self.body = body
        self.empty = True
        self.forced = False
        self.opened = False
        self.outer = 0
        self.inner = 0


class Token:
    """One token that is no comma.

    Attributes:
        owner: the innermost group around it; of a bracket, the group around the pair.
        opens, ends: the group that this token opens or closes.
        first: whether an item of its group begins here; ``leads`` if it is the first one.
        broken: whether it began a line; ``breaks`` if it goes on doing so though no item begins here.
        space: whether a blank stands before it when it follows another token on a line.
        before, blank: comments on lines of their own before it; whether a blank line stands between them and it.
        after: the comment that ends its line, or nothing.
    """

    __slots__ = (
        "after",
        "before",
        "blank",
        "breaks",
        "broken",
        "ends",
        "first",
        "leads",
        "opens",
        "owner",
        "space",
        "text",
    )

    def __init__(self, text: str, owner: Group) -> None:
        self.text = text
        self.owner = owner
        self.opens: Group | None = None
        self.ends: Group | None = None
        self.first = False
        self.leads = False
        self.broken = False
        self.breaks = False
        self.space = True
        self.before: list[Remark] = []
        self.blank = False
        self.after = ""


class _Places:
    """What the tree knows and tokens do not, by offset."""

    __slots__ = ("bodies", "lists", "minus", "parens", "statements", "uses")

    def __init__(self, file: tree.File) -> None:
        self.statements: set[int] = set()
        self.uses: set[int] = set()
        self.bodies: set[int] = set()
        self.lists: set[int] = set()
        self.parens: set[int] = set()
        self.minus: set[int] = set()
        for node in nodes(file):
            if isinstance(node, tree.Decl):
                self.statements.add(node.kind.start)
            elif isinstance(node, tree.Attr | tree.Block | tree.Entry):
                self.statements.add(node.name.start)
            elif isinstance(node, tree.Field):
                if node.name is not None:
                    self.statements.add(node.name.start)
            elif isinstance(node, tree.Condition | tree.Fact):
                self.statements.add(node.verb.start)
            elif isinstance(node, tree.Use):
                self.statements.add(node.start)
                self.uses.add(node.start)
            elif isinstance(node, tree.Edition):
                self.statements.add(node.start)
            elif isinstance(node, tree.Body):
                self.bodies.add(node.start)
            elif isinstance(node, tree.List):
                self.lists.add(node.start)
            elif isinstance(node, tree.Paren):
                self.parens.add(node.start)
            elif isinstance(node, tree.Unary) and node.operator == "-":
                self.minus.add(node.start)


def tokens_of(file: tree.File) -> list[Token]:
    """Return the tokens of a file without syntax errors, the last one being the end of the file."""
    return _Reader(file).read()


class _Reader:
    """Goes over the tokens and comments once."""

    __slots__ = ("blank", "broken", "comments", "end", "places", "remarks", "root", "text", "tokens")

    def __init__(self, file: tree.File) -> None:
        self.text = file.source.text
        self.comments = sorted(file.comments, key=lambda comment: comment.start)
        self.places = _Places(file)
        self.root = Group(FILE, 0)
        self.tokens: list[Token] = []
        #: Where the piece before ended, and what came since the last token: comments, a line end, a blank line.
        self.end = 0
        self.remarks: list[Remark] = []
        self.broken = False
        self.blank = False

    def read(self) -> list[Token]:
        places = self.places
        stack = [self.root]
        minus = False
        item = True  # whether an item of the innermost group begins with the next token
        comments = iter([*self.comments, None])
        comment = next(comments)
        previous_use = False
        for text, start in _scan(self.text):
            while comment is not None and comment.start < start:
                self.take(comment)
                comment = next(comments)
            if text == ",":
                item = True
                continue
            self.pass_over(start)
            self.end = start + len(text)
            group = stack[-1]
            if text in (")", "]", "}"):
                stack.pop()
                token = Token(text, stack[-1])
                token.ends = group
                self.settle(token)
                if group.kind is BRACE:
                    group.forced = self.text.find("\n", group.start, start) >= 0
                elif token.broken:
                    group.forced = True
                if group.empty and not token.before and not self.tokens[-1].after:
                    group.forced = False
                token.space = False
                item = False
                minus = False
                self.tokens.append(token)
                continue
            token = Token(text, group)
            self.settle(token)
            statement = start in places.statements or text == "..."
            if group.kind is BRACE or group.kind is FILE:
                token.first = statement
            else:
                token.first = item
                if token.broken:
                    group.forced = True
            previous = self.tokens[-1] if self.tokens else None
            if token.first:
                token.leads = group.empty
                group.empty = False
            elif previous is not None:
                token.breaks = token.broken and (
                    bool(token.before)
                    or bool(previous.after)
                    or (previous.text in _BINARY and not minus)
                    or text in _BEFORE
                    or text[0] == "@"
                )
            if group.kind is FILE and token.first:
                use = start in places.uses
                if previous is not None and not (use and previous_use):
                    _part(token)
                previous_use = use
            item = False
            if text == "(":
                token.opens = Group(PAREN if start in places.parens else CALL, start)
            elif text == "[":
                token.opens = Group(LIST if start in places.lists else INDEX, start)
            elif text == "{":
                token.opens = Group(BRACE, start, body=start in places.bodies)
            if token.opens is not None:
                stack.append(token.opens)
                item = True
            token.space = not (
                minus
                or text == ":"
                or text == ".."
                or (text[0] == "." and text != "...")
                or (token.opens is not None and token.opens.kind in (CALL, INDEX))
                or (previous is not None and (previous.text == ".." or previous.opens is not None))
            )
            minus = start in places.minus
            self.tokens.append(token)
        while comment is not None:
            self.take(comment)
            comment = next(comments)
        last = Token("", self.root)
        last.ends = self.root
        self.settle(last)
        self.tokens.append(last)
        return self.tokens

    def pass_over(self, start: int) -> None:
        """Note the line ends between the piece before and ``start``."""
        lines = self.text.count("\n", self.end, start)
        self.broken = self.broken or lines > 0
        self.blank = lines > 1

    def take(self, comment: tree.Comment) -> None:
        """Hang a comment on the token before it, or keep it for the one behind it."""
        self.pass_over(comment.start)
        self.end = comment.end
        text = comment.text.rstrip()
        last = self.tokens[-1] if self.tokens else None
        if not self.broken and last is not None and not last.after and not self.remarks:
            last.after = text
        else:
            self.remarks.append(Remark(text, self.blank))
        self.broken = True

    def settle(self, token: Token) -> None:
        """Give ``token`` what came since the token before it."""
        token.before = self.remarks
        token.broken = self.broken
        token.blank = self.blank
        self.remarks = []
        self.broken = False
        self.blank = False


_CLOSING = frozenset((tables.RBRACE, tables.RPAR, tables.RSQB))
_WRITTEN = re.compile(r"[a-z]+|\.+|.")


def _scan(text: str) -> Iterator[tuple[str, int]]:
    """Yield each token as it was written, with its offset; where statements end the tree says."""
    found = lex(text, 1 if text.startswith("\ufeff") else 0)
    for kind, value in zip(found.kinds, found.values, strict=True):
        if kind == tables.SEP or kind == tables.END:
            continue
        if isinstance(value, tree.Node):
            # The node of `@label` and of `.day` is the name alone.
            start = value.start - (kind == tables.MARK or kind == tables.MEMBER)
            yield text[start : value.end], start
        else:
            start = value - (kind in _CLOSING)
            written = _WRITTEN.match(text, start)
            assert written is not None, "a token has a character"
            yield written[0], start


def _part(token: Token) -> None:
    """See to one blank line at least before a top-level declaration and the comments that lie above it."""
    if token.blank or any(remark.blank for remark in token.before):
        return
    if token.before:
        token.before[0].blank = True
    else:
        token.blank = True
