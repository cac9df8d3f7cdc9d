"""Signs that were left out, or written once instead of twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from mlpc.syntax import tables as t
from mlpc.syntax import tree
from mlpc.syntax.lexer import lex
from mlpc.syntax.recovery import spans
from mlpc.syntax.tree import Attr, Binary, Condition, Decl, Entry, Field, Node
from tests.mlpc.syntax.mutants import partners

from ..declared import names
from ..mutant import Changed, change, kind
from ..programs import Program


def _tokens(program: Program, *kinds: int) -> Iterator[tuple[int, int]]:
    tokens = lex(program.text)
    for kind_, start, end in zip(tokens.kinds, *spans(tokens), strict=True):
        if kind_ in kinds:
            yield start, start + 1 if program.text[start] == "," else end


def _line(text: str, offset: int) -> tuple[int, int]:
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    return start, end if end >= 0 else len(text)


@cache
def _visible(text: str) -> list[tuple[int, int]]:
    tokens = lex(text)
    return [(start, end) for start, end in zip(*spans(tokens), strict=True) if text[start:end].strip()]


def _left_out(program: Program, start: int, end: int) -> Changed:
    """Return the change that leaves a sign out: it may be shown on the words beside it, or between them."""
    low = max((one for one, other in _visible(program.text) if other <= start), default=start)
    high = min((other for one, other in _visible(program.text) if one >= end), default=end)
    return change(start, end, "", (low, high, low, high))


def _bracket(program: Program, sign: str) -> Iterator[Changed]:
    """Leave a bracket out: the mistake is where it stood; of a pair, the one that is left tells as much."""
    text = program.text
    for start, other in sorted(partners(text).items()):
        if text[start] == sign:
            (edits, around) = _left_out(program, start, start + 1)
            yield Changed(edits, (*around, (other, other + 1, other, other + 1)))


@kind("`{` left out")
def open_brace(program: Program) -> Iterator[Changed]:
    yield from _bracket(program, "{")


@kind("`}` left out")
def close_brace(program: Program) -> Iterator[Changed]:
    yield from _bracket(program, "}")


@kind("`(` or `[` left out")
def open_bracket(program: Program) -> Iterator[Changed]:
    yield from _bracket(program, "(")
    yield from _bracket(program, "[")


@kind("`)` or `]` left out")
def close_bracket(program: Program) -> Iterator[Changed]:
    yield from _bracket(program, ")")
    yield from _bracket(program, "]")


def _strings(program: Program) -> Iterator[tuple[tree.String, Node]]:
    for node, around in program.nodes:
        if isinstance(node, tree.String):
            yield node, around[-1]


@kind("opening quote left out")
def open_quote(program: Program) -> Iterator[Changed]:
    """The first `\"`, or all three: what was text is words then, up to the other quote."""
    for node, _ in _strings(program):
        size = 3 if node.block else 1
        _, end = _line(program.text, node.start)
        yield change(
            node.start, node.start + size, "", (node.start, node.end, node.start, max(end, node.end))
        )


@kind("closing quote left out")
def close_quote(program: Program) -> Iterator[Changed]:
    for node, _ in _strings(program):
        size = 3 if node.block else 1
        _, end = _line(program.text, node.end)
        yield change(node.end - size, node.end, "", (node.start, node.end, node.start, max(end, node.end)))


@kind("both quotes left out")
def both_quotes(program: Program) -> Iterator[Changed]:
    """Around one word that names nothing."""
    known = names(program)
    for node, owner in _strings(program):
        word = node.text[1:-1]
        if (
            not node.block
            and re.fullmatch(r"[A-Za-z_]\w*", word)
            and word not in known
            and isinstance(owner, Attr)
        ):
            yield change(node.start, node.end, word)


@kind("`=` left out")
def equals(program: Program) -> Iterator[Changed]:
    for start, end in _tokens(program, t.EQUAL):
        yield _left_out(program, start, end)


@kind("`:` left out")
def colon(program: Program) -> Iterator[Changed]:
    for start, end in _tokens(program, t.COLON):
        yield _left_out(program, start, end)


@kind("comma left out")
def comma(program: Program) -> Iterator[Changed]:
    """Between two things on one line, in lists and arguments also over a line end; at the end of all it may be left out."""
    for start, end in _tokens(program, t.COMMA, t.SEP):
        if program.text[start] != ",":
            continue
        rest = program.text[end:].lstrip()
        if rest.startswith((")", "]", "}")) or (
            re.match(r"[ \t]*\n", program.text[end:]) and _ends(program, start)
        ):
            continue
        yield _left_out(program, start, end)


def _ends(program: Program, comma: int) -> bool:
    """Return whether a comma stands between braces, so that the line end behind it says the same."""
    return any(start == comma for start, _ in _tokens(program, t.SEP))


@kind("value left out")
def value(program: Program) -> Iterator[Changed]:
    """All that stands behind `=`."""
    for node, _ in program.nodes:
        if isinstance(node, Attr | Entry | Decl) and isinstance(node.value, tree.Node):
            first = program.text.rfind("=", node.start, node.value.start)
            yield change(
                node.value.start, node.value.end, "", (first, node.value.end, first, node.value.end + 1)
            )


@kind("type left out")
def type_(program: Program) -> Iterator[Changed]:
    """All that stands behind `:`."""
    for node, _ in program.nodes:
        if isinstance(node, Field | Decl) and node.type is not None:
            first = program.text.rfind(":", node.start, node.type.start)
            high = node.type.end + 2
            yield change(node.type.start, node.type.end, "", (first, high, first, high))


@kind("operator left out")
def operator(program: Program) -> Iterator[Changed]:
    for node, _ in program.nodes:
        if isinstance(node, Binary) and node.operator != "=":
            end = node.operator_start + len(node.operator)
            yield _left_out(program, node.operator_start, end)


@kind("`=` in a condition")
def single_equals(program: Program) -> Iterator[Changed]:
    """`=` where `==` stood."""
    for node, around in program.nodes:
        decides = any(isinstance(one, Condition | tree.If) for one in around)
        if decides and isinstance(node, Binary) and node.operator == "==":
            end = node.operator_start + 2
            yield change(node.operator_start, end, "=", (node.operator_start, end, node.start, node.end))


@kind("bracket twice")
def twice(program: Program) -> Iterator[Changed]:
    """A bracket written two times."""
    for start in sorted(partners(program.text)):
        sign = program.text[start]
        other = partners(program.text)[start]
        yield change(
            start,
            start + 1,
            sign * 2,
            (start, start + 1, start, start + 1),
            (other, other + 1, other, other + 1),
        )
