"""From text to tokens: one master regular expression, and the rules about where a statement ends.

Values, names and references leave the lexer as tree nodes; what is only punctuation leaves as an offset: where it
starts, for closing brackets where it ends (one that was put in by error recovery has no width).

A statement ends with its line; the parser gets one SEP for that, or for a comma between braces. A newline ends
nothing inside `( )` and `[ ]`, after a binary operator, nor before a line that begins with a reserved word or a
binary operator. Comments between do not count.
"""

from __future__ import annotations

import re

from ..limits import DEPTH_OF_SYNTAX, DIGITS
from . import tables as t
from .tree import Bool, Comment, Name, NoneLiteral, Number, Quantity, Ref, String

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# What walks a tree may recurse; Python itself refuses far longer numbers.
# After so many words that are none the rest of a text is not read.
MAX_PROBLEMS = 20_000


class Late:
    """A regular expression that is compiled when it is first needed: most programs need few of them."""

    __slots__ = ("_made", "_pattern")

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._made: re.Pattern[str] | None = None

    def __call__(self) -> re.Pattern[str]:
        """Return it compiled."""
        made = self._made
        if made is None:
            made = self._made = re.compile(self._pattern)
        return made


_WORD = r"[A-Za-z_][A-Za-z0-9_]*"

# No alternative can match in two ways, and no repetition stands in another that could share its characters.
_TOKEN = re.compile(
    r"[ \t\r]*+(?:"
    rf"({_WORD}(?:\.{_WORD})*)"  # 1 word or dotted reference
    r"|(\n[ \t\r\n]*)"  # 2 line end, with the blank lines after it
    r"|(==|!=|<=|>=|\.\.\.|\.\.|/(?!/)|[=:{}()\[\],<>+\-*])"  # 3 punctuation
    r'|("(?!"")[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+")'  # 4 string
    r"|([0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?:[A-Za-z_][A-Za-z0-9_]*|%)?)"  # 5 number or quantity
    r"|(#[^\n]*)"  # 6 comment
    rf"|(@{_WORD})"  # 7 mark
    rf"|(\.{_WORD})"  # 8 member
    r'|("""[^"\\]*+(?:(?:\\[\s\S]|"(?!""))[^"\\]*+)*+""")'  # 9 text block
    r"|([^ \t\r\n])"  # 10 anything else
    r"|(\Z))"  # 11 the end
)
WORD, NEWLINE, PUNCTUATION, STRING, NUMBER, COMMENT, MARK, MEMBER, TEXT_BLOCK, OTHER, END = range(1, 12)

_PUNCTUATION = {
    "=": t.EQUAL, ":": t.COLON, "{": t.LBRACE, "}": t.RBRACE, "(": t.LPAR, ")": t.RPAR, "[": t.LSQB,
    "]": t.RSQB, ",": t.COMMA, "==": t.COMPARE, "!=": t.COMPARE, "<": t.COMPARE, "<=": t.COMPARE,
    ">": t.COMPARE, ">=": t.COMPARE, "+": t.PLUS, "-": t.MINUS, "*": t.STAR, "/": t.SLASH, "..": t.DOTDOT,
    "...": t.ELLIPSIS,
}  # fmt: skip

RESERVED = {
    "and": t.AND, "or": t.OR, "not": t.NOT, "in": t.IN, "if": t.IF, "then": t.THEN, "else": t.ELSE,
    "true": t.TRUE, "false": t.FALSE, "none": t.NONE, "each": t.EACH, "when": t.WHEN,
}  # fmt: skip

# Words where a statement begins with them, names elsewhere.
STATEMENT_WORDS = {"require": t.REQUIRE, "given": t.GIVEN, "expect": t.EXPECT}

_WORDS = {**RESERVED, **STATEMENT_WORDS, "mlp": t.MLP, "use": t.USE, "as": t.AS}

BINARY = frozenset(
    (t.AND, t.OR, t.IN, t.COMPARE, t.PLUS, t.MINUS, t.STAR, t.SLASH, t.DOTDOT),
)
_OPENERS = frozenset((t.LBRACE, t.LPAR, t.LSQB))
_CLOSER_OF = {t.LBRACE: t.RBRACE, t.LPAR: t.RPAR, t.LSQB: t.RSQB}
# After these a value may stand, so that a brace opens a map and a bracket a list.
BEFORE_VALUE = BINARY | {
    t.EQUAL, t.COMMA, t.LPAR, t.LSQB, t.NOT, t.IF, t.THEN, t.ELSE, t.GIVEN, t.EXPECT, t.REQUIRE, t.WHEN,
}  # fmt: skip

_COMMENTS = r"(?:#[^\n]*+\n[ \t\r\n]*+)*+"
# The next line goes on with the statement: a reserved word that is no (wrong) name, or a binary operator.
_GOES_ON = re.compile(
    _COMMENTS
    + r"(?:(?:and|or|not|in|if|then|else|true|false|none|each|when)(?![A-Za-z0-9_])(?![ \t]*+(?::|=(?!=)))"
    r"|==|!=|[<>+\-*]|/(?!/)|\.\.(?!\.))"
)
# The first characters that such a line can have.
_MAY_GO_ON = frozenset("#aonitefw=!<>+-*/.")
# The next line begins a statement, although the line before ends with an operator: its operand is missing.
_RESERVED_WORD = r"(?:and|or|not|in|if|then|else|true|false|none|each|when)(?![A-Za-z0-9_])"
_BEGINS_ANEW = Late(
    _COMMENTS
    + r"(?:\}|\.\.\.|(?:require|given|expect)[ \t]+[^ \t=]"
    + rf"|{_WORD}[ \t]*+(?:=(?!=)|:)"
    + rf'|(?!{_RESERVED_WORD}){_WORD}[ \t]++(?:(?!{_RESERVED_WORD}){_WORD}|"))'
)


class Problem:
    """Something wrong with a token itself; it is reported when the token is used."""

    __slots__ = ("end", "index", "kind", "start", "text")

    def __init__(self, kind: str, index: int, start: int, end: int, text: str = "") -> None:
        self.kind = kind
        self.index = index
        self.start = start
        self.end = end
        self.text = text


class Tokens:
    """What the lexer found; ``kinds`` and ``values`` run in parallel and end with END."""

    __slots__ = ("comments", "docs", "kinds", "problems", "templates", "too_deep", "unbalanced", "values")

    def __init__(self) -> None:
        self.kinds: list[int] = []
        self.values: list[Any] = []
        self.comments: list[Comment] = []
        # Doc comments by the place of the token that comes next.
        self.docs: dict[int, list[Comment]] = {}
        self.problems: list[Problem] = []
        # Strings with interpolations: the node and the pieces, a text or the (start, end) of an expression.
        self.templates: list[tuple[String, list[str | tuple[int, int]]]] = []
        self.unbalanced = False
        # Whether something was left out, so that brackets tell nothing.
        self.too_deep = False


def lex(text: str, start: int = 0, end: int | None = None, *, inline: bool = False) -> Tokens:
    """Return the tokens of ``text[start:end]``; ``inline`` ones know no line ends, as between parentheses."""
    tokens = Tokens()
    kinds = tokens.kinds
    values = tokens.values
    add_kind = kinds.append
    add_value = values.append
    words = _WORDS
    punctuation = _PUNCTUATION
    stop = len(text) if end is None else end
    # Open brackets. A brace that opens a map is kept as its negative.
    stack: list[int] = []
    bases: list[int] = []
    in_braces = not inline  # whether a newline or comma ends a statement here
    depth = base = 0
    goes_on_until = -1  # up to there newlines are known to end nothing
    # The end of the last newline token; none where what is read begins in the midst of a line.
    line_start = start if text[start - 1 : start] in ("", "\n", "\ufeff") else -1
    last = t.COMMA if inline else t.SEP
    position = start
    while True:
        restart = -1
        for m in _TOKEN.finditer(text, position, stop):
            group = m.lastindex
            if group == WORD:
                word = m[1]
                s, e = m.span(1)
                kind = words.get(word)
                if kind is None:
                    if "." in word:
                        names = tuple(word.split("."))
                        add_kind(t.REF)
                        add_value(Ref(names, s, e))
                        last = t.REF
                        for name in names:
                            if name in RESERVED:
                                tokens.problems.append(Problem("reserved-part", len(kinds) - 1, s, e, name))
                                break
                    else:
                        add_kind(t.NAME)
                        add_value(Name(word, s, e))
                        last = t.NAME
                    continue
                if word in RESERVED:
                    if kind == t.TRUE or kind == t.FALSE:
                        add_value(Bool(kind == t.TRUE, s, e))
                    elif kind == t.NONE:
                        add_value(NoneLiteral(s, e))
                    else:
                        add_value(s)
                        if kind in BINARY or kind == t.NOT or kind == t.IF:
                            depth += 1
                            if depth > DEPTH_OF_SYNTAX:
                                restart = s
                                values.pop()
                                break
                    add_kind(kind)
                    last = kind
                    continue
                if kind == t.MLP:
                    soft = not kinds
                elif kind == t.USE:
                    soft = last == t.SEP and not stack
                elif kind == t.AS:
                    soft = len(kinds) > 1 and kinds[-2] == t.USE
                else:
                    soft = (last == t.SEP and (not stack or stack[-1] > 0)) or (
                        last == t.LBRACE and stack[-1] > 0
                    )
                if soft:
                    last = kind
                else:
                    last = t.NAME
                add_kind(last)
                add_value(Name(word, s, e))
            elif group == PUNCTUATION:
                s = m.start(3)
                word = m[3]
                kind = punctuation[word]
                if kind == t.EQUAL or kind == t.COLON or kind == t.ELLIPSIS:
                    add_value(s)
                elif kind == t.COMMA:
                    if in_braces and last != t.SEP and last != t.LBRACE:
                        kind = t.SEP
                    add_value(s)
                    depth = base
                elif kind in _OPENERS:
                    depth += 1
                    if depth > DEPTH_OF_SYNTAX:
                        restart = s
                        break
                    add_value(s)
                    if kind == t.LBRACE:
                        stack.append(-kind if last in BEFORE_VALUE else kind)
                        in_braces = True
                    else:
                        stack.append(kind)
                        in_braces = False
                    bases.append(base)
                    base = depth
                elif kind == t.RBRACE or kind == t.RPAR or kind == t.RSQB:
                    add_value(s + 1)
                    if stack and _CLOSER_OF[abs(stack[-1])] == kind:
                        stack.pop()
                        depth = base
                        base = bases.pop()
                        in_braces = abs(stack[-1]) == t.LBRACE if stack else not inline
                    else:
                        tokens.unbalanced = True
                elif kind == t.COMPARE:
                    add_value(Name(word, s, s + len(word)))
                    depth += 1
                    if depth > DEPTH_OF_SYNTAX:
                        restart = s
                        values.pop()
                        break
                else:  # another operator
                    depth += 1
                    if depth > DEPTH_OF_SYNTAX:
                        restart = s
                        break
                    add_value(s)
                add_kind(kind)
                last = kind
            elif group == NEWLINE:
                line_start = e = m.end()
                if not in_braces or last == t.SEP or last == t.LBRACE or e < goes_on_until:
                    continue
                if last in BINARY:
                    if not _BEGINS_ANEW().match(text, e, stop):
                        continue
                elif e < stop and text[e] in _MAY_GO_ON:
                    ahead = _GOES_ON.match(text, e, stop)
                    if ahead is not None:
                        goes_on_until = ahead.end()
                        continue
                s = m.start(2)
                add_kind(t.SEP)
                add_value(s - 1 if text[s - 1] == "\r" else s)
                last = t.SEP
                depth = base
            elif group == STRING:
                s, e = m.span(4)
                word = m[4]
                if "\\" in word or "${" in word:
                    add_value(_string(tokens, word, s, e))
                else:
                    add_value(String((word[1:-1],), word, False, s, e))
                add_kind(t.STRING)
                last = t.STRING
            elif group == NUMBER:
                s, e = m.span(5)
                word = m[5]
                if e - s < 19 and word.isdigit():
                    add_kind(t.NUMBER)
                    add_value(Number(int(word), word, s, e))
                    last = t.NUMBER
                else:
                    node = _number(tokens, word, s, e)
                    last = t.QUANTITY if type(node) is Quantity else t.NUMBER
                    add_kind(last)
                    add_value(node)
            elif group == COMMENT:
                s, e = m.span(6)
                word = m[6].rstrip("\r")
                doc = word.startswith("##") and not word.startswith("###")
                own_line = m.start() == line_start
                comment = Comment(word, doc, own_line, s, s + len(word))
                tokens.comments.append(comment)
                if doc:
                    tokens.docs.setdefault(len(kinds), []).append(comment)
            elif group == MARK:
                s, e = m.span(7)
                add_kind(t.MARK)
                add_value(Name(m[7][1:], s + 1, e))
                last = t.MARK
            elif group == MEMBER:
                s, e = m.span(8)
                depth += 1
                if depth > DEPTH_OF_SYNTAX:
                    restart = s
                    break
                add_kind(t.MEMBER)
                add_value(Name(m[8][1:], s + 1, e))
                last = t.MEMBER
                if m[8][1:] in RESERVED:
                    tokens.problems.append(Problem("reserved-part", len(kinds) - 1, s + 1, e, m[8][1:]))
            elif group == TEXT_BLOCK:
                s, e = m.span(9)
                add_kind(t.STRING)
                add_value(_text_block(tokens, m[9], s, e))
                last = t.STRING
            elif group == OTHER:
                s = m.start(10)
                from .odd import odd

                if len(tokens.problems) > MAX_PROBLEMS:
                    # No program: far more is wrong than is ever told, so the rest is not looked at.
                    tokens.too_deep = True
                    restart = stop
                    break
                restart = odd(text, s, stop, tokens, stack, in_braces)
                if kinds:
                    last = kinds[-1]
                break
            else:
                break
        if restart < 0:
            break
        if depth > DEPTH_OF_SYNTAX:
            from .odd import too_deep

            restart = too_deep(text, restart, stop, tokens, in_braces, last)
            depth = base
            last = kinds[-1]
        position = restart
    if stack:
        tokens.unbalanced = True
        if tokens.too_deep:
            for opener in reversed(stack):
                add_kind(_CLOSER_OF[abs(opener)])
                add_value(stop)
    add_kind(t.END)
    add_value(stop)
    return tokens


def _number(tokens: Tokens, word: str, start: int, end: int) -> Number | Quantity:
    """Return the node of a number that is not just a few digits."""
    digits = word.rstrip(_LETTERS)
    unit = word[len(digits) :]
    share = unit == "%"
    exponent = "e" in digits or "E" in digits
    value: int | float = 0
    if len(digits) > DIGITS:
        tokens.problems.append(Problem("long-number", len(tokens.kinds), start, end))
    elif "_" in word or not (share or not unit or unit.isalpha()):
        tokens.problems.append(Problem("bad-number", len(tokens.kinds), start, end, word))
    elif digits.isdigit() and not share:
        value = int(digits)
    else:
        try:
            # The decimal point is moved in the text: 99.9% is 0.999, not 0.9990000000000001.
            value = float(digits + "e-2") if share and not exponent else float(digits)
        except ValueError:
            tokens.problems.append(Problem("bad-number", len(tokens.kinds), start, end, word))
        if share and exponent:
            value /= 100
        if value == _INFINITE:
            tokens.problems.append(Problem("huge-number", len(tokens.kinds), start, end, digits))
            value = 0
    if not unit or share:
        return Number(value, word, start, end)
    return Quantity(value, unit, word, start, end)


_LETTERS = "%_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_INFINITE = float("inf")

# Inside a string: an escape, an interpolation, or a `$` that begins neither.
_SPECIAL = Late(r"\\(?:u\{([0-9A-Fa-f]{1,6})\}|([\s\S]|\Z))|\$\{([^}\"\n]*)(\}?)")
_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t", "$": "$"}


def _pieces(tokens: Tokens, text: str, start: int, pieces: list[str | tuple[int, int]]) -> None:
    """Add to ``pieces`` what ``text``, which stands at ``start``, says: texts and places of expressions."""
    at = 0
    plain = ""
    for m in _SPECIAL().finditer(text):
        plain += text[at : m.start()]
        at = m.end()
        code, escape, _, closed = m.groups()
        if code is not None:
            value = int(code, 16)
            if value > 0x10FFFF or 0xD800 <= value <= 0xDFFF:
                tokens.problems.append(
                    Problem("bad-code-point", len(tokens.kinds), start + m.start(), start + at, code)
                )
            else:
                plain += chr(value)
        elif escape is not None:
            if escape in _ESCAPES:
                plain += _ESCAPES[escape]
            else:
                tokens.problems.append(
                    Problem("bad-escape", len(tokens.kinds), start + m.start(), start + at, escape)
                )
                plain += escape
        elif not closed:
            tokens.problems.append(
                Problem("open-interpolation", len(tokens.kinds), start + m.start(), start + m.start() + 2)
            )
            plain += m[0]
        else:
            if plain:
                pieces.append(plain)
            plain = ""
            pieces.append((start + m.start(3), start + m.end(3)))
    plain += text[at:]
    if plain:
        pieces.append(plain)


def _finish(tokens: Tokens, node: String, pieces: list[str | tuple[int, int]]) -> String:
    texts: list[str] = []
    for piece in pieces:
        if not isinstance(piece, str):
            tokens.templates.append((node, pieces))
            return node
        texts.append(piece)
    node.parts = ("".join(texts),)
    return node


def _string(tokens: Tokens, word: str, start: int, end: int) -> String:
    """Return the node of a string with escapes or interpolations."""
    pieces: list[str | tuple[int, int]] = []
    _pieces(tokens, word[1:-1], start + 1, pieces)
    return _finish(tokens, String((), word, False, start, end), pieces)


def _text_block(tokens: Tokens, word: str, start: int, end: int) -> String:
    """Return the node of a `\"\"\"` block: the indentation that all its lines share does not count.

    Nor do a blank first line and a blank last one; the closing quotes' own indentation is shared too.
    """
    lines = word[3:-3].split("\n")
    at = start + 3
    margin: str | None = None
    for line in lines[1:-1]:
        if line.strip():
            margin = _shared(margin, line)
    if len(lines) > 1:
        margin = _shared(margin, lines[-1] + ("" if lines[-1].strip() else "."))
    cut = len(margin or "")
    pieces: list[str | tuple[int, int]] = []
    first = True
    for number, line in enumerate(lines):
        width = len(line) + 1
        bare = line[:-1] if line.endswith("\r") else line
        edge = number == 0 or number == len(lines) - 1
        if edge and len(lines) > 1 and not bare.strip():
            at += width
            continue
        skipped = cut if number else 0
        body = bare[skipped:] if bare.strip() or number == 0 else ""
        if not first:
            pieces.append("\n")
        first = False
        if "\\" in body or "${" in body:
            _pieces(tokens, body, at + skipped, pieces)
        elif body:
            pieces.append(body)
        at += width
    joined: list[str | tuple[int, int]] = []
    texts: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            texts.append(piece)
        else:
            if texts:
                joined.append("".join(texts))
                texts = []
            joined.append(piece)
    if texts:
        joined.append("".join(texts))
    return _finish(tokens, String((), word, True, start, end), joined)


def _shared(margin: str | None, line: str) -> str:
    """Return the blanks that ``line`` begins with, as far as they agree with ``margin``."""
    blanks = line[: len(line) - len(line.lstrip(" \t"))]
    if margin is None:
        return blanks
    size = 0
    for ours, theirs in zip(margin, blanks, strict=False):
        if ours != theirs:
            break
        size += 1
    return margin[:size]
