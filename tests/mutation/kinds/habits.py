"""What those write who come from another language."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlpc.syntax import tree
from mlpc.syntax.tree import Attr, Binary, Decl, Field, NoneLiteral, Unary

from ..mutant import Changed, change, kind
from ..programs import Program
from .punctuation import _strings


@kind("`:` for `=`")
def colon_for_equals(program: Program) -> Iterator[Changed]:
    """As in YAML: `seed: 7`."""
    for node, _ in program.nodes:
        if isinstance(node, Attr):
            at = program.text.index("=", node.name.end)
            yield change(node.name.end, at + 1, ":", (node.name.end, at + 1, node.start, node.end))


@kind("`=` for `:`")
def equals_for_colon(program: Program) -> Iterator[Changed]:
    """`age = int`, `data cells = csv { … }`."""
    for node, _ in program.nodes:
        if isinstance(node, Field | Decl) and node.type is not None and getattr(node, "value", None) is None:
            at = program.text.rindex(":", node.start, node.type.start)
            yield change(at, at + 1, " =", (at, at + 1, node.start, node.type.end))


@kind("single quotes")
def single_quotes(program: Program) -> Iterator[Changed]:
    for node, _ in _strings(program):
        if not node.block and "'" not in node.text and "\\" not in node.text and "${" not in node.text:
            yield change(node.start, node.end, f"'{node.text[1:-1]}'")


@kind("semicolon at the end of a line")
def semicolon(program: Program) -> Iterator[Changed]:
    for node, _ in program.nodes:
        if isinstance(node, Attr) and program.text[node.end : node.end + 1] == "\n":
            yield change(node.end, node.end, ";", (node.end, node.end, node.end, node.end))


@kind("`//` for `#`")
def slashes(program: Program) -> Iterator[Changed]:
    for comment in program.file.comments:
        if not comment.doc:
            yield change(
                comment.start,
                comment.start + 1,
                "//",
                (comment.start, comment.start + 1, comment.start, comment.end),
            )


@kind("capital letter in a word")
def capital(program: Program) -> Iterator[Changed]:
    """`True`, `None`, `String`, `CSV`."""
    for node, _ in program.nodes:
        if isinstance(node, tree.Bool | NoneLiteral):
            yield change(node.start, node.end, program.of(node).capitalize())
        elif isinstance(node, Field):
            yield change(node.type.name.start, node.type.name.end, program.of(node.type.name).capitalize())
        elif isinstance(node, Attr):
            yield change(node.name.start, node.name.end, node.name.text.capitalize())


@kind("`&&`, `||` or `!`")
def signs(program: Program) -> Iterator[Changed]:
    for node, _ in program.nodes:
        if isinstance(node, Binary) and node.operator in ("and", "or"):
            start, end = node.operator_start, node.operator_start + len(node.operator)
            yield change(start, end, "&&" if node.operator == "and" else "||")
        elif isinstance(node, Unary) and node.operator == "not":
            yield change(node.start, node.operand.start, "!")


@kind("hyphen in a name")
def hyphen(program: Program) -> Iterator[Changed]:
    """`max-depth` for a key of a block."""
    for node, _ in program.nodes:
        if isinstance(node, Attr) and "_" in node.name.text:
            yield change(node.name.start, node.name.end, re.sub("_", "-", node.name.text))
