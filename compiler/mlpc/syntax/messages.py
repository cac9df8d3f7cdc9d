"""What the parser says: token kinds in words, and one diagnostic for each kind of mistake."""

from __future__ import annotations

import re

from .. import codes
from ..diagnostics import Diagnostic, Fix, Label
from ..limits import DEPTH_OF_SYNTAX, DIGITS
from ..source import Source, Span
from . import tables as t

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .brackets import Mistake
    from .lexer import Problem
    from .tree import Decl, Node

SPELLING = {
    t.AND: "and", t.OR: "or", t.NOT: "not", t.IN: "in", t.IF: "if", t.THEN: "then", t.ELSE: "else",
    t.EACH: "each", t.WHEN: "when", t.EQUAL: "=", t.COLON: ":", t.COMMA: ",", t.LBRACE: "{", t.RBRACE: "}",
    t.LPAR: "(", t.RPAR: ")", t.LSQB: "[", t.RSQB: "]", t.PLUS: "+", t.MINUS: "-", t.STAR: "*", t.SLASH: "/",
    t.DOTDOT: "..", t.ELLIPSIS: "...", t.AS: "as", t.REQUIRE: "require", t.GIVEN: "given",
    t.EXPECT: "expect", t.USE: "use", t.MLP: "mlp",
}  # fmt: skip

#: What is said of a text that is too long to be repeated.
A_STRING = "a string"

# A character by its number, as JSON, Python and C write it.
_CODE = re.compile(r"\\(?:u(?![dD][89a-fA-F])([0-9a-fA-F]{4})|U00((?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4}))")

_LISTED = (t.EQUAL, t.COLON, t.LBRACE, t.IN, t.THEN, t.ELSE, t.AS, t.COMMA, t.RPAR, t.RSQB, t.RBRACE)


def found(source: Source, kind: int, start: int, end: int) -> str:
    """Return in words what was found."""
    if kind == t.END:
        return "the end of the file"
    if kind == t.SEP:
        return "`,`" if source.text[start : start + 1] == "," else "the end of the line"
    if kind == t.STRING:
        text = source.text[start:end]
        return f"`{text}`" if len(text) <= 30 and "\n" not in text else A_STRING
    text = source.text[start:end] or SPELLING.get(kind, "")
    return f"`{text}`" if len(text) <= 40 else f"`{text[:40]}…`"


def expected(accepted: set[int], before: int) -> str:
    """Return in words what could stand here; ``before`` is the kind of the token before."""
    if t.NUMBER in accepted and t.MINUS in accepted:
        return "a value"
    if t.NUMBER in accepted:
        return "the edition, such as `mlp 1`"
    if t.REQUIRE in accepted:
        return "a statement"
    if t.USE in accepted:
        return "a declaration"
    if t.NAME in accepted and t.REF in accepted:
        return "a type" if before == t.COLON else "a name"
    # After a value `in` would only be one operator among many.
    listed = [
        f"`{SPELLING[kind]}`"
        for kind in _LISTED
        if kind in accepted - ({t.IN} if t.NOT in accepted else set())
    ]
    if t.NAME in accepted:
        return either(["a name", *listed])
    if t.SEP in accepted and t.COMMA not in accepted:
        listed.append("a new line")
    return either(listed) if listed else "the end of the file"


def either(words: list[str]) -> str:
    """Return `a, b or c`."""
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]


def bracket(source: Source, mistake: Mistake, closing: dict[str, str]) -> Diagnostic:
    """Return the diagnostic for one bracket mistake; ``closing`` has the closing bracket of each opening one."""
    place, at, sign = mistake.place, mistake.at, mistake.sign
    if mistake.kind == "unclosed":
        right = closing[sign]
        here = Span(source, at, at)
        return Diagnostic(
            codes.UNCLOSED_BRACKET,
            f"`{sign}` is never closed",
            Span(source, place, place + 1),
            label=f"`{right}` is missing",
            labels=[Label(here, f"expected `{right}` here")],
            help=[f"close it with `{right}`"],
            fixes=[Fix(f"insert `{right}`", [(here, _closing_text(source, place, at, right))], safe=False)],
        )
    if mistake.kind == "unopened":
        here = Span(source, at, at)
        blank = " " if sign == "{" or source.text[at - 1 : at] == "=" else ""
        if sign == "{" and place == at:
            return Diagnostic(
                codes.UNCLOSED_BRACKET,
                "expected `{`: the lines below are indented as the body of a block",
                here,
                label="expected `{` here",
                help=["a block begins with `{` at the end of its first line"],
                fixes=[Fix("insert `{`", [(here, " {")])],
            )
        return Diagnostic(
            codes.STRAY_BRACKET,
            f"`{source.text[place]}` closes nothing: `{sign}` is missing",
            Span(source, place, place + 1),
            label=f"no `{sign}` stands before it",
            labels=[Label(here, f"expected `{sign}` here")],
            help=[f"insert `{sign}`, or take `{source.text[place]}` away"],
            fixes=[Fix(f"insert `{sign}`", [(here, blank + sign)], safe=False)],
        )
    wrong = Span(source, place, place + 1)
    if mistake.kind == "wrong":
        return Diagnostic(
            codes.STRAY_BRACKET,
            f"`{source.text[at]}` is closed by `{source.text[place]}`",
            wrong,
            label=f"expected `{sign}`",
            labels=[Label(Span(source, at, at + 1), "opened here")],
            help=[f"write `{sign}`"],
            fixes=[Fix(f"write `{sign}`", [(wrong, sign)])],
        )
    if mistake.kind == "crossed":
        other = source.text[at]
        return Diagnostic(
            codes.STRAY_BRACKET,
            f"`{sign}` and `{other}` have changed places",
            Span(source, place, at + 1),
            label=f"expected `{other}{sign}`",
            help=[f"write `{other}{sign}`"],
            fixes=[Fix("change the two", [(wrong, other), (Span(source, at, at + 1), sign)])],
        )
    if mistake.kind == "doubled":
        message, label = f"`{sign}` stands here twice", "one too many"
    else:
        message, label = f"`{sign}` closes nothing", "no bracket is open here"
    return Diagnostic(
        codes.STRAY_BRACKET,
        message,
        wrong,
        label=label,
        help=["take it away"],
        fixes=[Fix(f"remove `{sign}`", [(wrong, "")])],
    )


def forgotten_sign(source: Source, item: Decl, value: Node, *, sets: bool = True) -> Diagnostic:
    """Return the diagnostic for a key with ``value`` behind it and nothing between: it reads as a kind and a name.

    ``sets`` says that it is a value that is set, and no nested block.
    """
    key, text = item.kind.text, source.text[value.start : value.end]
    gap = Span(source, item.kind.end, value.start)
    found = f"`{text}`"
    if "\n" in text:
        found, text = "a text of several lines", '"""…"""'
    return Diagnostic(
        codes.UNEXPECTED_TOKEN,
        f"expected {'`=`' if sets else '`{`'} after `{key}`, found {found}",
        Span(source, value.start, value.end),
        label="expected `=` before this" if sets else "expected `{`",
        help=[f"write `{key} = {text}`" if sets else f"write `{key} {{ … }}`"],
        fixes=[Fix("insert `=`", [(gap, " = ")])] if sets else [],
    )


def brace_below(source: Source, behind: int, begin: int) -> Diagnostic:
    """Return the diagnostic for a `{` at ``begin`` on a line of its own; what it opens ends at ``behind``."""
    between = Span(source, behind, begin)
    return Diagnostic(
        codes.UNEXPECTED_TOKEN,
        "the `{` of a block stands at the end of its first line",
        Span(source, begin, begin + 1),
        label="belongs at the end of the line above",
        labels=[Label(Span(source, behind, behind), "expected `{` here")],
        help=["a newline ends a statement, so the block above would have no body"],
        fixes=[] if between.text.strip() else [Fix("move `{` up", [(between, " ")])],
    )


def _closing_text(source: Source, place: int, at: int, right: str) -> str:
    """Return a closing bracket as it is laid out: a brace of several lines gets one of its own."""
    if right != "}":
        return right
    if "\n" not in source.text[place:at]:
        return " }"
    begin = source.text.rfind("\n", 0, place) + 1
    line = source.text[begin:place]
    return "\n" + line[: len(line) - len(line.lstrip())] + "}"


def problem(source: Source, what: Problem) -> Diagnostic:
    """Return the diagnostic for a token that is wrong by itself."""
    kind, said = what.kind, what.text
    span = Span(source, what.start, what.end)
    behind = Span(source, what.end, what.end)
    if kind == "open-string":
        return Diagnostic(
            codes.UNTERMINATED_STRING,
            "this string has no closing quotes",
            span,
            label='`"` is missing',
            help=['a string ends on its line; one of several lines stands between `"""`'],
            fixes=[Fix('insert `"`', [(behind, '"')], safe=False)],
        )
    if kind == "unopened-string":
        return Diagnostic(
            codes.UNTERMINATED_STRING,
            "this string has no opening quotes",
            span,
            label='`"` is missing before this',
            help=['a string stands between quotes, `"…"`'],
            fixes=[Fix('insert `"`', [(Span(source, what.start, what.start), '"')], safe=False)],
        )
    if kind == "open-block":
        return Diagnostic(
            codes.UNTERMINATED_STRING,
            'this text has no closing `"""`',
            Span(source, what.start, what.start + 3),
            label="never closed",
            labels=[Label(behind, 'expected `"""` here at the latest')],
            help=['close it with `"""` on a line of its own'],
            fixes=[Fix('insert `"""`', [(behind, '\n"""')], safe=False)],
        )
    if kind in ("single-quotes", "curly-quotes"):
        return Diagnostic(
            codes.UNEXPECTED_CHARACTER,
            'a string stands between straight double quotes, `"…"`',
            span,
            label='expected `"…"`',
            help=[f'write `"{said}"`'],
            fixes=[
                Fix("use double quotes", [(span, '"' + said.replace("\\", "\\\\").replace('"', '\\"') + '"')])
            ],
        )
    if kind == "slash-comment":
        return Diagnostic(
            codes.UNEXPECTED_CHARACTER,
            "a comment begins with `#`",
            Span(source, what.start, what.start + 2),
            label="expected `#`",
            help=["write `#`; `##` documents the declaration below it"],
            fixes=[Fix("write `#`", [(Span(source, what.start, what.start + 2), "#")])],
        )
    if kind == "operator":
        return Diagnostic(
            codes.UNEXPECTED_CHARACTER,
            f"`{span.text}` is written `{said}`",
            span,
            label=f"expected `{said}`",
            help=["the operators are `and or not == != < <= > >= in + - * /`"],
            fixes=[
                Fix(f"write `{said}`", [(span, said + " " * source.text[what.end : what.end + 1].isalnum())])
            ],
        )
    if kind == "semicolon":
        following = source.text[what.end : source.text.find("\n", what.end) % (len(source.text) + 1)].strip()
        between = bool(following) and following[0] not in "})]#,;"
        return Diagnostic(
            codes.UNEXPECTED_CHARACTER,
            "a statement ends with its line, not with `;`",
            span,
            label="expected `,`" if between else "not needed",
            help=["several statements on one line are separated by `,`" if between else "take it away"],
            fixes=[Fix("write `,`", [(span, ",")]) if between else Fix("remove `;`", [(span, "")])],
        )
    if kind == "bare-path":
        return Diagnostic(
            codes.UNEXPECTED_CHARACTER,
            f'a path stands between quotes: `"{said}"`',
            span,
            label="expected quotes",
            help=[f'write `"{said}"`'],
            fixes=[Fix(f'write `"{said}"`', [(span, f'"{said}"')])],
        )
    if kind == "leading-dot":
        return Diagnostic(
            codes.BAD_NUMBER,
            f"a number begins with a digit: `0{said}`",
            span,
            label="a digit is missing",
            help=[f"write `0{said}`"],
            fixes=[Fix(f"write `0{said}`", [(span, "0" + said)])],
        )
    if kind == "odd-blank":
        return Diagnostic(
            codes.UNEXPECTED_CHARACTER,
            f"U+{ord(said):04X} looks like a blank but is none",
            span,
            label="not an ordinary blank",
            help=["write an ordinary blank; it may have been copied from a web page"],
            fixes=[Fix("write a blank", [(span, " ")])],
        )
    if kind == "foreign-name":
        return Diagnostic(
            codes.UNEXPECTED_CHARACTER,
            f"`{said[:40]}` is no name: names hold ASCII letters, digits and `_`",
            span,
            label="not a name",
            help=[f'a column called so is reached by another name: `name: type @from("{said[:40]}")`'],
        )
    if kind == "bad-character" and said in _CURRENCIES:
        return _money(source, span, said)
    if kind == "bad-character":
        return Diagnostic(
            codes.UNEXPECTED_CHARACTER,
            f"`{said}` has no meaning here"
            if said.isprintable()
            else f"U+{ord(said):04X} has no meaning here",
            span,
            label="unexpected",
            help=[_HINTS.get(said, 'take it away, or put the text between quotes, `"…"`')],
        )
    if kind == "bad-escape" and (code := _CODE.match(source.text, what.start)):
        place = Span(source, what.start, code.end())
        written = f"\\u{{{code[1] or code[2]}}}"
        return Diagnostic(
            codes.BAD_ESCAPE,
            f"the number of a character stands between braces: `{written}`",
            place,
            label="braces are missing",
            help=[f"write `{written}`"],
            fixes=[Fix(f"write `{written}`", [(place, written)])],
        )
    if kind == "bad-escape":
        return Diagnostic(
            codes.BAD_ESCAPE,
            f"`\\{said}` is no escape" if said.isprintable() and said else "`\\` escapes nothing",
            span,
            label="unknown escape",
            help=[
                'escapes are `\\"`, `\\\\`, `\\n`, `\\t`, `\\u{1F600}` and `\\${`; a backslash itself is `\\\\`'
            ],
            fixes=[Fix("write `\\\\`", [(Span(source, what.start, what.start + 1), "\\\\")], safe=False)],
        )
    if kind == "bad-code-point":
        return Diagnostic(
            codes.BAD_ESCAPE,
            f"there is no character U+{said.upper()}",
            span,
            label="not a character",
            help=["the hexadecimal number of a character, up to 10FFFF, stands between the braces"],
        )
    if kind == "open-interpolation":
        return Diagnostic(
            codes.BAD_INTERPOLATION,
            "this `${` has no `}` in its string",
            span,
            label="never closed",
            help=["close it with `}`, or write `\\${` for the two signs; an interpolation holds no string"],
        )
    if kind == "long-number":
        return Diagnostic(
            codes.BAD_NUMBER,
            f"this number has more than {DIGITS} digits",
            span,
            label="too long",
            help=["write it with an exponent, such as `1e300`"],
        )
    if kind == "huge-number":
        return Diagnostic(
            codes.BAD_NUMBER,
            f"`{said[:40]}` is too large for a number",
            span,
            label="larger than 1.8e308",
            help=["the largest float is about 1.8e308"],
        )
    if kind == "bad-number":
        digits = said.replace("_", "")
        fixes = [Fix(f"write `{digits}`", [(span, digits)])] if digits.isdigit() else []
        help = "digits stand without `_`; a unit is letters right behind the number, such as `20min`"
        base = {"0x": 16, "0b": 2, "0o": 8}.get(digits[:2].lower())
        if base is not None and len(digits) < 40:
            try:
                meant = str(int(digits, base))
                help = f"numbers are written with decimal digits: `{meant}`"
                fixes = [Fix(f"write `{meant}`", [(span, meant)])]
            except ValueError:
                pass
        elif _SEVERAL_UNITS.fullmatch(said):
            parts = _ONE_UNIT.findall(said)
            if not parts[-1][-1].isalpha():
                help = f"parts of a quantity are added up, each with its unit, such as `{parts[0]} + 30min`"
            else:
                meant = " + ".join(parts)
                if source.text[: what.start].rstrip(" \t")[-1:] in ("*", "/", "-"):
                    meant = f"({meant})"
                help = f"parts of a quantity are added up: `{meant}`"
                fixes = [Fix(f"write `{meant}`", [(span, meant)])]
        return Diagnostic(
            codes.BAD_NUMBER,
            f"`{said[:40]}` is neither a number nor a quantity",
            span,
            label="cannot be read",
            help=[help],
            fixes=fixes,
        )
    if kind == "reserved-part":
        return reserved(source, span, said, column=True)
    if kind == "too-deep":
        return Diagnostic(
            codes.NESTED_TOO_DEEP,
            f"brackets and operators nest more than {DEPTH_OF_SYNTAX} deep here",
            span,
            label="too deep",
            help=["name parts of it with `let`"],
        )
    return Diagnostic(
        codes.NESTED_TOO_DEEP,
        f"this expression has more than {DEPTH_OF_SYNTAX} operators",
        span,
        label="too long",
        help=["name parts of it with `let`, or use a list"],
    )


_CURRENCIES = {"$": "USD", "\u20ac": "EUR", "\u00a3": "", "\u00a5": ""}
_SEVERAL_UNITS = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?[A-Za-z]+)+[0-9]*")
_ONE_UNIT = re.compile(r"[0-9]+(?:\.[0-9]+)?[A-Za-z]*")
_AMOUNT_BEHIND = re.compile(r"[ \t]?([0-9]+(?:\.[0-9]+)?)(?![\w.])")
_AMOUNT_BEFORE = re.compile(r"(?<![\w.])[0-9]+(?:\.[0-9]+)?[ \t]?\Z")


def _money(source: Source, span: Span, sign: str) -> Diagnostic:
    """Return the diagnostic for the sign of a currency: `$5`, `5\u20ac`."""
    unit, text = _CURRENCIES[sign], source.text
    behind = _AMOUNT_BEHIND.match(text, span.end)
    before = _AMOUNT_BEFORE.search(text, max(0, span.start - 40), span.start)
    amount = behind[1] if behind else before[0].strip() if before else ""
    if not amount:
        return Diagnostic(
            codes.UNEXPECTED_CHARACTER,
            f"`{sign}` has no meaning here",
            span,
            label="unexpected",
            help=[_HINTS.get(sign, 'take it away, or put the text between quotes, `"\u2026"`')],
        )
    whole = (
        Span(source, span.start, behind.end())
        if behind
        else Span(source, before.start() if before else 0, span.end)
    )
    return Diagnostic(
        codes.UNEXPECTED_CHARACTER,
        f"money is written with its unit behind the number: `{amount}{unit or 'EUR'}`",
        span,
        label="a sign, no unit",
        help=[
            f"write `{amount}{unit}`" if unit else f"units of money are `USD` and `EUR`: write `{amount}EUR`"
        ],
        fixes=[Fix(f"write `{amount}{unit}`", [(whole, f"{amount}{unit}")])] if unit else [],
    )


_HINTS = {
    "&": "`and` joins two conditions",
    "|": "`or` joins two conditions",
    "%": "`95%` is a number; there is no remainder",
    "^": "there is no power operator; a number may have an exponent, `1e6`",
    "?": "a choice is written `if a then b else c`",
    "$": "`${name}` stands inside strings only; outside, a bare word is a name",
    "@": "a mark is `@` with a name right behind it, such as `@label`",
    ".": "a name follows right behind the dot; a range is `1..4`",
    "'": 'a string stands between double quotes, `"…"`',
}


def reserved(source: Source, span: Span, word: str, *, column: bool) -> Diagnostic:
    """Return the diagnostic for a reserved word where a name is needed."""
    help = [f"use another name, such as `{word}_` or `the_{word}`"]
    if column:
        help.append(f'a column called so is reached by another name: `{word}_: type @from("{word}")`')
    return Diagnostic(
        codes.RESERVED_NAME,
        f"`{word}` is a reserved word and cannot be a name",
        span,
        label="reserved",
        help=help,
    )
