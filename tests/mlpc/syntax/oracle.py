"""Lark's own lexer and parser over the same grammar, with a newline filter of its own: what ours is held against."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Tree
from lark.exceptions import LarkError

GRAMMAR = Path(__file__).resolve().parents[3] / "grammar" / "mlpc_grammar" / "mlp.lark"
RESERVED = {"and", "or", "not", "in", "if", "then", "else", "true", "false", "none", "each", "when"}
BINARY = {"AND", "OR", "IN", "COMPARE", "PLUS", "MINUS", "STAR", "SLASH", "DOTDOT"}


class Newlines:
    """Turns newlines and commas into SEP where they end a statement."""

    always_accept = ("NEWLINE", "COMMA")

    def __init__(self) -> None:
        self.text = ""

    def next_line(self, position: int) -> str:
        """Return the rest of the line at ``position``, or the first line below it that is no comment."""
        for line in self.text[position:].split("\n"):
            if line.strip() and not line.strip().startswith("#"):
                return line.strip()
        return ""

    def goes_on(self, position: int) -> bool:
        """Whether what stands at ``position`` cannot begin a statement."""
        line = self.next_line(position)
        word = re.match(r"\w*", line)
        if word and word[0] in RESERVED:
            return not re.match(r"\w+[ \t]*(:|=(?!=))", line)
        return bool(re.match(r"==|!=|[<>+*/-]|\.\.(?!\.)", line)) and not line.startswith("//")

    def begins_anew(self, position: int) -> bool:
        """Whether what stands at ``position`` begins a statement although an operator stands before it."""
        line = self.next_line(position)
        if re.match(r"\}|\.\.\.|(require|given|expect)[ \t]+[^ \t=]|[A-Za-z_]\w*[ \t]*(=(?!=)|:)", line):
            return True
        words = re.match(r'([A-Za-z_]\w*)[ \t]+("|[A-Za-z_]\w*)', line)
        return words is not None and words[1] not in RESERVED and words[2] not in RESERVED

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """Yield the tokens that the parser is to see."""
        open_brackets: list[str] = []
        last = "SEP"
        for token in stream:
            in_braces = not open_brackets or open_brackets[-1] == "LBRACE"
            kind = token.type
            if kind == "NEWLINE":
                end = token.end_pos
                assert end is not None
                if not in_braces or last in ("SEP", "LBRACE"):
                    continue
                if (not self.begins_anew(end)) if last in BINARY else self.goes_on(end):
                    continue
                kind = "SEP"
            elif kind == "COMMA" and in_braces and last not in ("SEP", "LBRACE"):
                kind = "SEP"
            elif kind in ("LBRACE", "LPAR", "LSQB"):
                open_brackets.append(kind)
            elif kind in ("RBRACE", "RPAR", "RSQB") and open_brackets:
                open_brackets.pop()
            elif token in ("require", "given", "expect") and last == "SEP" and not open_brackets:
                # Where no condition may stand, Lark's contextual lexer would take the word for a kind.
                kind = token.upper()
            last = kind
            yield token.update(type=kind)


@cache
def _parser() -> tuple[Lark, Newlines]:
    newlines = Newlines()
    lark = Lark(
        GRAMMAR.read_text(encoding="utf-8"),
        parser="lalr",
        lexer="contextual",
        strict=True,
        start=["file", "expr"],
        postlex=newlines,
        propagate_positions=True,
        keep_all_tokens=True,
        maybe_placeholders=False,
    )
    return lark, newlines


def parse(text: str) -> Tree[Token] | None:
    """Return Lark's tree of ``text``, or None where Lark refuses it."""
    lark, newlines = _parser()
    newlines.text = text
    try:
        return lark.parse(text, start="file")
    except LarkError:
        return None


def dump(tree: Tree[Token], size: int) -> Any:
    """Return Lark's tree as :func:`tests.mlpc.syntax.trees.dump` gives ours, with all places."""
    made = _Dumper().make(tree)
    return ("File", 0, size, *made[3:])


class _Dumper:
    """Gives every alias of the grammar the shape that our node has; fields stand in alphabetical order."""

    def make(self, node: Tree[Token] | Token) -> Any:
        """Return one node."""
        if isinstance(node, Token):
            return self.token(node)
        assert node.meta.start_pos is not None
        place = (node.meta.start_pos, node.meta.end_pos)
        parts = node.children
        method = getattr(self, node.data.value if isinstance(node.data, Token) else node.data)
        return method(place, parts)

    def token(self, token: Token) -> Any:
        """Return a leaf."""
        assert token.start_pos is not None
        place = (token.start_pos, token.end_pos)
        text = str(token)
        if token.type in ("NAME", "REQUIRE", "GIVEN", "EXPECT"):
            return ("Name", *place, text)
        if token.type == "REF":
            return ("Ref", *place, tuple(text.split(".")))
        if token.type == "STRING":
            return ("String", *place, text)
        if token.type == "NUMBER":
            number: int | float
            if text.endswith("%"):
                number = float(text[:-1] + "e-2") if "e" not in text.lower() else float(text[:-1]) / 100
            else:
                number = int(text) if text.isdigit() else float(text)
            return ("Number", *place, text, number)
        if token.type == "QUANTITY":
            found = re.fullmatch(r"([0-9.]+(?:[eE][+-]?[0-9]+)?)([A-Za-z]+)", text)
            assert found
            digits = found[1]
            return ("Quantity", *place, text, found[2], int(digits) if digits.isdigit() else float(digits))
        if token.type in ("TRUE", "FALSE"):
            return ("Bool", *place, token.type == "TRUE")
        if token.type == "NONE":
            return ("NoneLiteral", *place)
        raise AssertionError(token)

    def items(self, tree: Any) -> tuple[Any, ...]:
        """Return the elements of a list rule."""
        if isinstance(tree, Tree) and tree.data in ("one", "more", "push"):
            found: tuple[Any, ...] = ()
            for child in tree.children:
                if isinstance(child, Tree) and child.data in ("one", "more", "push"):
                    found += self.items(child)
                elif not (isinstance(child, Token) and child.type in ("COMMA", "SEP")):
                    found += (self.make(child),)
            return found
        raise AssertionError(tree)

    # Rules without an alias only pass on what they hold.

    def pass_on(self, place: Any, parts: Any) -> Any:
        """Return the single part."""
        (part,) = parts
        return self.make(part)

    top = item = target = decl_name = operand = primary = ref_plain = pass_on

    def file(self, place: Any, parts: Any) -> Any:
        """Return a file."""
        edition = self.make(parts[0])
        items = self.items(parts[2]) if len(parts) > 2 else ()
        uses = tuple(item for item in items if item[0] == "Use")
        return ("File", *place, edition, tuple(item for item in items if item[0] != "Use"), uses)

    file_sep = file_items = file_items_sep = file

    def edition(self, place: Any, parts: Any) -> Any:
        """Return the edition."""
        return ("Edition", *place, int(parts[1]))

    def use(self, place: Any, parts: Any) -> Any:
        """Return a `use` statement."""
        return ("Use", *place, self.make(parts[3]) if len(parts) > 2 else None, self.make(parts[1]))

    use_as = use

    def ref(self, place: Any, parts: Any) -> Any:
        """Return a reference of one word or several."""
        (token,) = parts
        return ("Ref", *place, tuple(str(token).split(".")))

    def split(self, parts: Any) -> dict[str, Any]:
        """Return the optional parts of a statement by what comes before them."""
        found: dict[str, Any] = {}
        before = ""
        for part in parts:
            if isinstance(part, Token) and part.type in ("COLON", "EQUAL", "WHEN", "REQUIRE"):
                before = part.type
                continue
            if isinstance(part, Tree) and part.data in ("body", "body_empty", "body_sep"):
                found["body"] = self.make(part)
            elif isinstance(part, Tree) and part.data in ("one", "push"):
                found["eaches"] = self.items(part)
            elif before in found:
                found[before + " and more"] = self.make(part)
            else:
                found[before] = self.make(part)
        return found

    def decl(self, place: Any, parts: Any) -> Any:
        """Return a declaration."""
        found = self.split(parts[2:])
        kind, name = self.make(parts[0]), self.make(parts[1])
        return (
            "Decl", *place, found.get("body"), found.get("eaches", ()), kind, name, found.get("COLON"),
            found.get("EQUAL"),
        )  # fmt: skip

    def each(self, place: Any, parts: Any) -> Any:
        """Return `each x in list`."""
        return ("Each", *place, self.make(parts[3]), self.make(parts[1]))

    def attr(self, place: Any, parts: Any) -> Any:
        """Return an attribute."""
        return ("Attr", *place, self.make(parts[0]), self.make(parts[2]))

    def block(self, place: Any, parts: Any) -> Any:
        """Return a nested block."""
        type_ = self.make(parts[2]) if len(parts) > 2 else None
        return ("Block", *place, self.make(parts[-1]), self.make(parts[0]), type_)

    block_type = block

    def field(self, place: Any, parts: Any) -> Any:
        """Return a field."""
        name = None if parts[0].type == "ELLIPSIS" else self.make(parts[0])
        return ("Field", *place, name, self.make(parts[2]))

    field_rest = field

    def require(self, place: Any, parts: Any) -> Any:
        """Return a `require` condition."""
        found = self.split(parts)
        name = found["REQUIRE"] if "COLON" in found else None
        expr = found.get("COLON", found.get("REQUIRE"))
        return ("Condition", *place, found.get("body"), expr, name, self.make(parts[0]), False)

    def when(self, place: Any, parts: Any) -> Any:
        """Return a condition with `when`."""
        found = self.split(parts[1:])
        return (
            "Condition", *place, found.get("body"), found["WHEN"], found.get(""), self.make(parts[0]), True
        )  # fmt: skip

    def fact(self, place: Any, parts: Any) -> Any:
        """Return `given` or `expect`."""
        return ("Fact", *place, self.make(parts[1]), self.make(parts[0]))

    def fact_equal(self, place: Any, parts: Any) -> Any:
        """Return `given a = b`."""
        left, right = self.make(parts[1]), self.make(parts[3])
        return ("Fact", *place, ("Binary", left[1], right[2], left, "=", right), self.make(parts[0]))

    def body(self, place: Any, parts: Any) -> Any:
        """Return a body."""
        return ("Body", *place, self.items(parts[1]) if len(parts) > 2 else ())

    body_empty = body_sep = body

    def type(self, place: Any, parts: Any) -> Any:
        """Return a type."""
        args = refinement = None
        marks: tuple[Any, ...] = ()
        for part in parts[1:]:
            if part.data in ("args", "args_comma", "args_empty"):
                args = self.arguments(part.children)
            elif part.data == "refinement":
                refinement = self.make(part)
            else:
                marks = self.items(part)
        return ("Type", *place, args, marks, self.ref_of(parts[0]), refinement)

    def ref_of(self, part: Any) -> Any:
        """Return a reference, which Lark may give as a token."""
        return self.make(part)

    def refinement(self, place: Any, parts: Any) -> Any:
        """Return a refinement."""
        return ("Refinement", *place, str(parts[0]), self.make(parts[1]))

    def mark(self, place: Any, parts: Any) -> Any:
        """Return a mark."""
        token = parts[0]
        args = self.arguments(parts[1:]) if len(parts) > 1 else None
        return ("Mark", *place, args, ("Name", token.start_pos + 1, token.end_pos, str(token)[1:]))

    mark_args = mark_args_comma = mark

    def arguments(self, parts: Any) -> tuple[Any, ...]:
        """Return arguments between parentheses."""
        return self.items(parts[1]) if isinstance(parts[1], Tree) else ()

    def if_else(self, place: Any, parts: Any) -> Any:
        """Return `if a then b else c`."""
        return ("If", *place, self.make(parts[1]), self.make(parts[5]), self.make(parts[3]))

    def binary(self, place: Any, parts: Any) -> Any:
        """Return two operands."""
        operator = " ".join(str(part) for part in parts[1:-1])
        return ("Binary", *place, self.make(parts[0]), operator, self.make(parts[-1]))

    binary_not_in = binary

    def unary(self, place: Any, parts: Any) -> Any:
        """Return one operand."""
        return ("Unary", *place, self.make(parts[1]), str(parts[0]))

    def range(self, place: Any, parts: Any) -> Any:
        """Return a range."""
        return ("Range", *place, self.make(parts[2]), self.make(parts[0]))

    def member(self, place: Any, parts: Any) -> Any:
        """Return a member."""
        token = parts[1]
        name = ("Name", token.start_pos + 1, token.end_pos, str(token)[1:])
        return ("Member", *place, name, self.make(parts[0]))

    def index(self, place: Any, parts: Any) -> Any:
        """Return an index."""
        return ("Index", *place, self.make(parts[2]), self.make(parts[0]))

    def index_all(self, place: Any, parts: Any) -> Any:
        """Return `x[*]`."""
        return ("Index", *place, None, self.make(parts[0]))

    def call(self, place: Any, parts: Any) -> Any:
        """Return a call."""
        return ("Call", *place, self.arguments(parts[1:]), self.make(parts[0]))

    call_empty = call_comma = call

    def paren(self, place: Any, parts: Any) -> Any:
        """Return what stands between parentheses."""
        return ("Paren", *place, self.make(parts[1]))

    def arg(self, place: Any, parts: Any) -> Any:
        """Return an argument."""
        name = self.make(parts[0]) if len(parts) > 1 else None
        return ("Arg", *place, name, self.make(parts[-1]))

    arg_named = arg

    def list(self, place: Any, parts: Any) -> Any:
        """Return a list."""
        return ("List", *place, self.items(parts[1]) if len(parts) > 2 else ())

    list_empty = list_comma = list

    def map(self, place: Any, parts: Any) -> Any:
        """Return a map."""
        return ("Map", *place, self.items(parts[1]) if len(parts) > 2 else ())

    map_empty = map_sep = map

    def entry(self, place: Any, parts: Any) -> Any:
        """Return an entry of a map."""
        return ("Entry", *place, self.make(parts[0]), self.make(parts[2]))
