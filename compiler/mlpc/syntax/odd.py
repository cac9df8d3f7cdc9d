"""Text that is no token: read as what was most likely meant, and remembered as a problem."""

from __future__ import annotations

import re

from . import tables as t
from .lexer import BEFORE_VALUE, Problem
from .tree import Name, Number, String

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .lexer import Tokens

_LINE = re.compile(r"[^\n]*+")
_SINGLE = re.compile(r"'([^'\n]*)'")
_CURLY = re.compile("[\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019]([^\u201c\u201d\u00ab\u00bb\u2018\u2019\"\n]*)"
                    "[\u201c\u201d\u00ab\u00bb\u2018\u2019\"]")  # fmt: skip
_LETTERS = re.compile(r"\w++")
_DECIMALS = re.compile(r"\.[0-9]++(?:[eE][+-]?[0-9]+)?")
_MORE = re.compile(r"(?:\.[0-9A-Za-z_]*+)++")
_SIGNS = re.compile(r"([^\w\s\"'(){}\[\]])\1*+")
_OPERATORS = {
    "&&": ("and", t.AND),
    "||": ("or", t.OR),
    "!": ("not", t.NOT),
    "\u2265": (">=", t.COMPARE),
    "\u2264": ("<=", t.COMPARE),
    "\u2260": ("!=", t.COMPARE),
}
_QUOTES = ("open-string", "unopened-string")
_OPENING = (t.LBRACE, t.LPAR, t.LSQB)
_CLOSING = (t.RBRACE, t.RPAR, t.RSQB)
_PATH = re.compile(r"\.{1,2}/[\w./-]++")
_CLOSERS = {t.LBRACE: "}", t.LPAR: ")", t.LSQB: "]"}
_SKIP = re.compile(
    r'"""[^"\\]*+(?:(?:\\[\s\S]|"(?!""))[^"\\]*+)*+"""|"[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+"|#[^\n]*+|[(\[{]|[)\]}]|\n|,'
)


def odd(text: str, at: int, stop: int, tokens: Tokens, stack: list[int], in_braces: bool) -> int:
    """Read what stands at ``at``, where no token begins, and return where to go on."""
    kinds = tokens.kinds
    last = kinds[-1] if kinds else t.SEP
    sign = text[at]

    def problem(kind: str, end: int, said: str = "") -> int:
        tokens.problems.append(Problem(kind, len(kinds), at, end, said))
        return end

    if sign == '"':
        if text.startswith('"""', at):
            return _open_block(text, at, stop, tokens)
        end = _mended(text, at, stop, tokens)
        return end if end is not None else _open_string(text, at, stop, tokens, stack)
    if sign == "'" and (found := _SINGLE.match(text, at, stop)):
        return _quoted(found, tokens, "single-quotes")
    if found := _CURLY.match(text, at, stop):
        return _quoted(found, tokens, "curly-quotes")
    if text.startswith("//", at):
        # `s3://bucket/rows.csv"`: no comment, but a text without its first quote.
        end = _mended(text, at, stop, tokens) if text[at - 1 : at] == ":" else None
        if end is not None:
            return end
        found = _LINE.match(text, at, stop)
        return problem("slash-comment", found.end() if found else stop)
    for written, (meant, kind) in _OPERATORS.items():
        if text.startswith(written, at):
            problem("operator", at + len(written), meant)
            kinds.append(kind)
            tokens.values.append(Name(meant, at, at + len(written)))
            return at + len(written)
    if sign == ";":
        problem("semicolon", at + 1)
        if in_braces and last not in (t.SEP, t.LBRACE):
            kinds.append(t.SEP)
            tokens.values.append(at)
        return at + 1
    if (
        last in (t.NUMBER, t.QUANTITY)
        and tokens.values[-1].end == at
        and (found := _MORE.match(text, at, stop))
    ):
        start = tokens.values[-1].start
        tokens.problems.append(
            Problem("bad-number", len(kinds) - 1, start, found.end(), text[start : found.end()])
        )
        return found.end()
    if sign == "." and last in (*BEFORE_VALUE, t.USE) and (found := _PATH.match(text, at, stop)):
        return _quoted(found, tokens, "bare-path")
    if found := _DECIMALS.match(text, at, stop):
        problem("leading-dot", found.end(), found[0])
        kinds.append(t.NUMBER)
        tokens.values.append(
            Number(float(found[0]) if found.end() - at < 300 else 0.0, found[0], at, found.end())
        )
        return found.end()
    if sign.isspace() or sign == "\ufeff":
        return problem("odd-blank", at + 1, sign)
    if (sign.isalnum() or sign == "_") and (found := _LETTERS.match(text, at, stop)):
        return _foreign_name(text, at, found.end(), tokens)
    found = _SIGNS.match(text, at, stop)
    return problem("bad-character", found.end() if found else at + 1, sign)


def _mended(text: str, at: int, stop: int, tokens: Tokens) -> int | None:
    """Read the line anew from where its quotes show that one is missing; None where they do not show it."""
    from .quotes import missing

    begin = text.rfind("\n", 0, at) + 1
    found = _LINE.match(text, begin, stop)
    # Within an interpolation there is no quote to come: that text is read with its own end.
    place = missing(found[0]) if found and '"' in text[at : found.end()] else None
    if place is None:
        return None
    opened, start, end = place[0], begin + place[1], begin + place[2]
    if any(problem.start == start and problem.kind in _QUOTES for problem in tokens.problems):
        return None  # the line was read anew once
    kinds, values = tokens.kinds, tokens.values
    count = len(kinds)
    nested = 0
    while count and _start(values[count - 1]) >= start:
        count -= 1
        nested += (kinds[count] in _OPENING) - (kinds[count] in _CLOSING)
    if nested or start > at:
        return None  # what is read anew would not fit the brackets around it
    del kinds[count:], values[count:]
    tokens.problems[:] = [problem for problem in tokens.problems if problem.start < start]
    tokens.templates[:] = [template for template in tokens.templates if template[0].start < start]
    tokens.problems.append(Problem("open-string" if opened else "unopened-string", count, start, end))
    kinds.append(t.STRING)
    body = text[start + 1 : end] if opened else text[start : end - 1]
    values.append(String((body,), text[start:end], False, start, end))
    return end


def _start(value: object) -> int:
    if isinstance(value, int):
        return value
    return value[0] if isinstance(value, tuple) else value.start  # type: ignore[attr-defined,no-any-return]


def _quoted(found: re.Match[str], tokens: Tokens, kind: str) -> int:
    said = found[found.lastindex or 0]
    tokens.problems.append(Problem(kind, len(tokens.kinds), found.start(), found.end(), said))
    tokens.kinds.append(t.STRING)
    tokens.values.append(String((said,), found[0], False, found.start(), found.end()))
    return found.end()


def _foreign_name(text: str, at: int, end: int, tokens: Tokens) -> int:
    """Letters outside ASCII: together with the word right before them they are one wrong name."""
    start = at
    if tokens.kinds and type(before := tokens.values[-1]) is Name and before.end == at:
        start = before.start
        tokens.kinds.pop()
        tokens.values.pop()
    tokens.problems.append(Problem("foreign-name", len(tokens.kinds), start, end, text[start:end]))
    tokens.kinds.append(t.NAME)
    tokens.values.append(Name(text[start:end], start, end))
    return end


def _open_string(text: str, at: int, stop: int, tokens: Tokens, stack: list[int]) -> int:
    """A string whose closing quotes are missing ends with its line, before the brackets that end the line."""
    line = _LINE.match(text, at, stop)
    end = line.end() if line else stop
    begin = text.rfind("\n", 0, at) + 1
    # The brackets opened on this line and still open are the innermost ones.
    opened = 0
    for kind, value in zip(reversed(tokens.kinds), reversed(tokens.values), strict=True):
        place = value if type(value) is int else value[0] if type(value) is tuple else value.start
        if place < begin or opened > len(stack):
            break
        if kind in _CLOSERS:
            opened += 1
        elif kind in (t.RBRACE, t.RPAR, t.RSQB):
            opened -= 1
    body = text[at + 1 : end].rstrip()
    for opener in reversed(stack[len(stack) - opened :] if opened > 0 else []):
        if not body.endswith(_CLOSERS[abs(opener)]):
            break
        body = body[:-1].rstrip()
    if stack and abs(stack[-1]) != t.LBRACE:
        body = body.removesuffix(",").rstrip()
    end = at + 1 + len(body)
    tokens.problems.append(Problem("open-string", len(tokens.kinds), at, end))
    tokens.kinds.append(t.STRING)
    tokens.values.append(String((body,), text[at:end], False, at, end))
    return end


def _open_block(text: str, at: int, stop: int, tokens: Tokens) -> int:
    """A text block whose closing quotes are missing ends before the first line that is indented no further."""
    begin = text.rfind("\n", 0, at) + 1
    indent = _indent(text, begin)
    end = stop
    line = text.find("\n", at, stop)
    while line >= 0:
        following = text.find("\n", line + 1, stop)
        content = text[line + 1 : following if following >= 0 else stop]
        if content.strip() and _indent(text, line + 1) <= indent:
            end = line
            break
        line = following
    end = at + len(text[at:end].rstrip())
    tokens.problems.append(Problem("open-block", len(tokens.kinds), at, end))
    tokens.kinds.append(t.STRING)
    tokens.values.append(String((text[at + 3 : end],), text[at:end], True, at, end))
    return end


def _indent(text: str, at: int) -> int:
    end = at
    while end < len(text) and text[end] in " \t":
        end += 1
    return end - at


def too_deep(text: str, at: int, stop: int, tokens: Tokens, in_braces: bool, last: int) -> int:
    """Leave out the rest of a value that nests too deeply, from ``at`` on; return where it ends."""
    kinds = tokens.kinds
    tokens.too_deep = True
    bracket = text[at] in "([{"
    tokens.problems.append(Problem("too-deep" if bracket else "too-long", len(kinds), at, at + 1))
    if last in BEFORE_VALUE:
        kinds.append(t.ERROR)
        tokens.values.append((at, at + 1))
    elif text[at] == "{":
        kinds += [t.LBRACE, t.RBRACE]
        tokens.values += [at, at + 1]
    from .lexer import _GOES_ON

    depth = 0
    for found in _SKIP.finditer(text, at, stop):
        sign = found[0]
        if sign in "([{":
            depth += 1
        elif sign in ")]}":
            if not depth:
                return found.start()
            depth -= 1
        elif not depth and (
            sign == ","
            or (sign == "\n" and in_braces and not _GOES_ON.match(text, _next(text, found.end()), stop))
        ):
            return found.start()
    return stop


def _next(text: str, at: int) -> int:
    """Return where the blanks at ``at`` end."""
    found = _BLANKS.match(text, at)
    return found.end() if found else at


_BLANKS = re.compile(r"[ \t\r\n]*+")
