"""Programs without syntax errors, in every layout that the language allows and with comments wherever they may be.

What they say makes no sense; only their syntax counts. A program is written from left to right by an
:class:`_Author`, who takes each decision from a tape of bytes: drawing them one by one from Hypothesis takes a
hundred times longer. A zero is the plainest choice, so that shrinking leads to short programs with plain layout.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")

NAMES = ("a", "forest", "x1", "parts", "mlp", "use", "as", "a_rather_long_name_for_a_thing_of_some_kind")
KINDS = ("train", "data", "param", "component", "a_kind")
NUMBERS = ("1", "0.5", "1e-4", "95%", "20min", "512KiB", "40USD", "1000000")
STRINGS = ('""', '"text"', '"a # b { \\" } [ ${a.b} \\u{e9}"', '"größe"', '"' + "long " * 12 + '"')
COMPARE = ("==", "!=", "<", "<=", ">", ">=", "in", "not in")
REMARKS = ("#", "# why", "#!", "# a = { [ (", "## doc", "##", "### three", "# é ", '# """', "#\t tab \t")
BLOCK_LINES = (
    "",
    "  ",
    "select *",
    "  from t",
    "\tindented",
    "    deep # no comment",
    "${a} $ b",
    "ends in blanks  ",
)


class _Author:
    """Writes one program; `depth` is what may still be nested, `inside` whether newlines end nothing."""

    def __init__(self, tape: bytes) -> None:
        self.tape = iter(tape)
        self.newline = self.pick(("\n", "\n", "\n", "\r\n"))
        self.out: list[str] = []
        self.depth = 4
        self.inside = False
        self.header = False
        self.remarks = 0

    # Decisions

    def number_up_to(self, most: int) -> int:
        return next(self.tape, 0) % (most + 1)

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self.number_up_to(len(choices) - 1)]

    def chance(self, of: int) -> bool:
        """True about once in `of` times."""
        return self.number_up_to(of - 1) == of - 1

    def some(self, write: Callable[[], None], between: Callable[[], None], least: int, most: int) -> None:
        """Write something several times."""
        for index in range(least + self.number_up_to(most - least)):
            if index:
                between()
            write()

    # Layout

    def put(self, text: str) -> None:
        self.out.append(text)

    def blanks(self, least: int = 0) -> None:
        """Blanks on one line."""
        self.put(self.pick((" ", "  ", "\t", " \t ") if least else ("", " ", "   ", "\t")))

    def remark(self) -> None:
        self.remarks += 1
        text = self.pick(REMARKS)
        self.put(
            text if text == "##" or text == "#" else f"{text} {self.remarks}{self.pick(('', ' ', '  '))}"
        )

    def line_end(self) -> None:
        """At least one newline, with what may stand around it: comments, blank lines, blanks."""
        self.blanks()
        if self.chance(4):
            self.remark()
        self.put(self.newline)
        for _ in range(self.number_up_to(2)):
            self.blanks()
            if self.chance(2):
                self.remark()
            self.put(self.newline)
        self.blanks()

    def gap(self, least: int = 0) -> None:
        """What may stand between two tokens: line ends too, where they end nothing."""
        if self.inside and self.chance(5):
            self.line_end()
        else:
            self.blanks(least)

    def goes_on(self) -> None:
        """What may stand before a binary operator or reserved word."""
        if self.chance(6):
            self.line_end()
        else:
            self.blanks(1)

    def operand_follows(self) -> None:
        """What may stand after a binary operator.

        No line end before the `:` or `=` of a declaration: a name, then one of these, begins a statement.
        """
        if self.header and not self.inside:
            self.blanks(1)
        else:
            self.goes_on()

    # Statements

    def program(self) -> str:
        for _ in range(self.number_up_to(1)):
            self.remark()
            self.put(self.newline)
        self.put("mlp 1")
        self.line_end()
        for _ in range(self.number_up_to(2)):
            self.use()
            self.line_end()
        for _ in range(self.number_up_to(3)):
            self.declaration()
            self.line_end()
        return "".join(self.out)

    def use(self) -> None:
        self.put("use")
        self.blanks(1)
        if self.chance(2):
            self.put(self.pick(("std.devices", "std.a.b")))
        else:
            self.put('"./boards.mlp"')
        if self.chance(2):
            self.blanks(1)
            self.put("as")
            self.blanks(1)
            self.put("boards")

    def declaration(self) -> None:
        self.put(self.pick(KINDS))
        self.blanks(1)
        self.put('"a test"' if self.chance(6) else self.pick(NAMES))
        for _ in range(self.number_up_to(2) if self.chance(3) else 0):
            self.goes_on()
            self.put("each")
            self.blanks(1)
            self.put(self.pick(NAMES))
            self.goes_on()
            self.put("in")
            self.header = True
            self.operand_follows()
            self.value()
            self.header = False
        if self.chance(2):
            self.type()
        if self.chance(2):
            self.blanks()
            self.put("=")
            self.blanks()
            self.value()
        if self.chance(2):
            self.body()

    def type(self) -> None:
        self.blanks()
        self.put(":")
        self.blanks()
        self.put(self.pick(("int", "sklearn.forest", "list")))
        if self.chance(3):
            self.arguments()
        if self.chance(3):
            self.header = True
            self.goes_on()
            if self.chance(2):
                self.put("in")
                self.operand_follows()
                self.range()
            else:
                self.put(self.pick((">=", "<")))
                self.operand_follows()
                self.sum()
            self.header = False
        for _ in range(self.number_up_to(2)):
            self.blanks(1)
            self.put("@label")
            if self.chance(3):
                self.arguments(least=1)

    def body(self) -> None:
        self.blanks()
        self.braces(self.item)

    def braces(self, item: Callable[[], None]) -> None:
        """`{ … }` around statements or entries."""
        inside, self.inside = self.inside, False
        header, self.header = self.header, False
        self.depth -= 1
        self.put("{")
        one_line = self.chance(2)
        self.space_in_braces(one_line)
        if self.depth > 0 and not self.chance(6):
            self.some(item, lambda: self.separator(one_line), 1, 3)
            if self.chance(3):
                self.separator(one_line)
            else:
                self.space_in_braces(one_line)
        self.put("}")
        self.depth += 1
        self.inside = inside
        self.header = header

    def space_in_braces(self, one_line: bool) -> None:
        if one_line or self.chance(3):
            self.blanks()
        else:
            self.line_end()

    def separator(self, one_line: bool) -> None:
        """What ends a statement: a comma, a line end, or both."""
        if one_line or self.chance(5):
            self.blanks()
            self.put(",")
            self.blanks()
            if one_line or self.chance(2):
                return
        self.line_end()

    def item(self) -> None:
        self.pick(
            (
                self.attribute,
                self.attribute,
                self.declaration,
                self.block,
                self.field,
                self.requirement,
                self.event,
                self.fact,
            )
        )()

    def attribute(self) -> None:
        self.put(self.pick(NAMES))
        self.blanks()
        self.put("=")
        self.blanks()
        self.value()

    def block(self) -> None:
        self.put(self.pick(NAMES))
        if self.chance(3):
            self.type()
        self.body()

    def field(self) -> None:
        self.put("..." if self.chance(5) else self.pick(NAMES))
        self.type()

    def requirement(self) -> None:
        self.put("require")
        self.blanks(1)
        if self.chance(3):
            self.put("floor")
            self.blanks()
            self.put(":")
            self.blanks()
        self.value()
        if self.chance(4):
            self.body()

    def event(self) -> None:
        self.put("alert")
        if self.chance(3):
            self.blanks(1)
            self.put("silent")
        self.goes_on()
        self.put("when")
        self.blanks(1)
        self.value()
        if self.chance(3):
            self.body()

    def fact(self) -> None:
        self.put(self.pick(("given", "expect")))
        self.blanks(1)
        self.value()

    # Values

    def value(self) -> None:
        if self.depth > 0 and self.chance(8):
            self.depth -= 1
            self.put("if")
            self.gap(1)
            self.value()
            self.goes_on()
            self.put("then")
            self.gap(1)
            self.value()
            self.goes_on()
            self.put("else")
            self.gap(1)
            self.value()
            self.depth += 1
        else:
            self.operators(self.conjunction, ("or",), 6)

    def conjunction(self) -> None:
        self.operators(self.negation, ("and",), 6)

    def negation(self) -> None:
        if self.chance(10):
            self.put("not")
            self.gap(1)
        self.operators(self.range, COMPARE, 6, most=1)

    def range(self) -> None:
        self.operators(self.sum, ("..",), 8, most=1)

    def sum(self) -> None:
        self.operators(self.product, ("+", "-"), 6)

    def product(self) -> None:
        self.operators(self.factor, ("*", "/"), 8)

    def operators(self, operand: Callable[[], None], which: tuple[str, ...], of: int, most: int = 2) -> None:
        operand()
        for _ in range(1 + self.number_up_to(most - 1) if self.chance(of) else 0):
            self.goes_on()
            self.put(self.pick(which))
            self.operand_follows()
            operand()

    def factor(self) -> None:
        if self.chance(10):
            self.put("-")
            self.gap()
        plain = (self.number, self.string, self.reference, self.word)
        deep = (self.list, self.map, self.call, self.parentheses, self.member, self.text_block)
        self.pick(plain + deep if self.depth > 0 else plain)()

    def number(self) -> None:
        self.put(self.pick(NUMBERS))

    def string(self) -> None:
        self.put(self.pick(STRINGS))

    def reference(self) -> None:
        self.put(self.pick((*NAMES, "parts.train", "std.a.b")))

    def word(self) -> None:
        self.put(self.pick(("true", "false", "none")))

    def enclosed(
        self, opening: str, closing: str, item: Callable[[], None], least: int, most: int, comma: bool
    ) -> None:
        """Items between brackets, where line ends end nothing."""
        inside, self.inside = self.inside, True
        self.depth -= 1
        self.put(opening)
        self.gap()
        before = len(self.out)
        self.some(item, self.comma, least, most)
        if comma and len(self.out) > before and self.chance(3):
            self.comma()
        else:
            self.gap()
        self.put(closing)
        self.depth += 1
        self.inside = inside

    def comma(self) -> None:
        self.gap()
        self.put(",")
        self.gap()

    def list(self) -> None:
        self.enclosed("[", "]", self.value, 0, 4, True)

    def parentheses(self) -> None:
        self.enclosed("(", ")", self.value, 1, 1, False)

    def arguments(self, least: int = 0) -> None:
        self.blanks()
        self.enclosed("(", ")", self.argument, least, 4, True)

    def argument(self) -> None:
        if self.chance(3):
            self.put(self.pick(NAMES))
            self.gap()
            self.put("=")
            self.gap()
        self.value()

    def call(self) -> None:
        self.reference()
        self.arguments()

    def member(self) -> None:
        self.reference()
        self.blanks()
        if self.chance(3):
            self.put("[*]")
        else:
            self.enclosed("[", "]", self.value, 1, 1, False)
        if self.chance(2):
            self.blanks()
            self.put(".day")

    def map(self) -> None:
        self.braces(self.entry)

    def entry(self) -> None:
        self.put(self.pick((*NAMES, '"a key"')))
        self.blanks()
        self.put("=")
        self.blanks()
        self.value()

    def text_block(self) -> None:
        self.put('"""')
        lines = [self.pick(("", "", "first"))]
        margin = self.pick(("", "  ", "      ", "\t"))
        lines += [margin + self.pick(BLOCK_LINES) for _ in range(self.number_up_to(3))]
        lines.append(self.pick((margin, "", "        ", margin + "last")))
        self.put(self.newline.join(lines))
        self.put('"""')


def programs() -> st.SearchStrategy[str]:
    """The text of a program without syntax errors."""
    tapes = st.one_of(st.binary(max_size=60), st.binary(min_size=500, max_size=500))
    return tapes.map(lambda tape: _Author(tape).program())
