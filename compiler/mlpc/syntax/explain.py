"""One diagnostic for each way to repair a statement: what was found, what was expected, what would work."""

from __future__ import annotations

from .. import codes
from ..diagnostics import Diagnostic, Fix
from ..source import Span
from . import brackets, messages
from . import tables as t
from .lexer import BEFORE_VALUE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .recovery import Reader, Repair

_TYPES = frozenset(
    ("bool", "int", "float", "string", "str", "enum", "date", "datetime", "duration", "list", "map", "tensor")
)
_VALUE_HELP = {
    "a value": 'a value is a number, a quantity such as `20min`, a string `"…"`, a name, a list `[…]` or a map `{…}`',
    "a type": "a type or a component is a name, such as `int`, `list(string)` or `sklearn.random_forest`",
    "a name": "a name begins with a letter or `_` and holds letters, digits and `_`",
    "a statement": "a statement is `name = value`, `name: type`, `kind name { … }` or a condition, `require …`",
    "`else`": "a choice has both ways: `if a then b else c`",
    "`then`": "a choice has both ways: `if a then b else c`",
    "a declaration": "at the top level stand declarations, such as `pipeline name { … }` or `schema Name { … }`",
}


def _named(reader: Reader, at: int) -> str:
    """Return how a block is written whose name is missing behind the word at token ``at``."""
    word = reader.written(at)
    if word == "budget" and not reader.opens:
        return "a budget has no name and stands inside the pipeline: move it there"
    if word == "test" and not reader.opens:
        return 'the name of a test says what is expected: write `test "a weak model is never deployed" { … }`'
    return f"write `{word} some_name {{ … }}`"


def _type_of_default(reader: Reader, at: int) -> list[Fix]:
    """Return the way out where the type of a param is missing before its default, which stands behind token ``at``."""
    kind, written = reader.kinds[at + 1], reader.written(at + 1)
    made = {t.STRING: "string", t.TRUE: "bool", t.FALSE: "bool"}.get(kind)
    if kind == t.NUMBER:
        made = "int" if written.isdigit() else "float"
    place = Span(reader.source, reader.ends[at - 1], reader.starts[at])
    return [Fix(f"write `: {made} = {written}`", [(place, f" {made} ")], safe=False)] if made else []


def _comparisons(reader: Reader, at: int) -> list[Fix]:
    """Return the two ways to compare a figure with the bound at token ``at``, that which is asked for more often first.

    What has a unit is kept below its bound, other figures above it; what is done `when` something comes about is the opposite.
    """
    kinds = reader.kinds
    if kinds[at] not in (t.NUMBER, t.QUANTITY) or kinds[at - 1] not in (t.NAME, t.REF, t.RSQB, t.RPAR):
        return []
    begin = at - 1
    while begin > 0 and kinds[begin - 1] not in (t.SEP, t.LBRACE):
        begin -= 1
    verbs = [kind for kind in kinds[begin:at] if kind in (t.REQUIRE, t.EXPECT, t.WHEN, t.GIVEN)]
    if not verbs or verbs[-1] == t.GIVEN:
        return []
    signs = ["<=", ">="] if kinds[at] == t.QUANTITY else [">=", "<="]
    if verbs[-1] == t.WHEN:
        signs = [">", "<"]
    behind, place = reader.ends[at - 1], reader.starts[at]
    gap = Span(reader.source, behind, place)
    written = reader.written(at)
    return [Fix(f"write `{sign} {written}`", [(gap, f" {sign} ")], safe=False) for sign in signs]


def explain(reader: Reader, repair: Repair, accepted: set[int]) -> Diagnostic:
    """Return the diagnostic for the mistake that ``repair`` repairs; ``accepted`` could have stood there."""
    source = reader.source
    edit = repair.edit
    at = repair.index
    kind = reader.kinds[at]
    if repair.back:
        accepted = set()
    span = Span(source, reader.starts[at], reader.ends[at])
    here = messages.found(source, kind, span.start, span.end)
    before_kind = reader.kinds[at - 1] if at else t.SEP
    before_end = reader.ends[at - 1] if at else span.start
    gap = Span(source, before_end, before_end)
    before = messages.found(source, before_kind, reader.starts[at - 1], before_end) if at else ""
    after = f" after {before}" if at and before_kind not in (t.SEP, t.LBRACE) else ""
    if edit == "reserved":
        return messages.reserved(source, span, span.text, column=bool(reader.opens))
    if edit == "require":
        return Diagnostic(
            codes.UNEXPECTED_TOKEN,
            "a condition begins with `require`",
            span,
            label="expected `require` before this",
            help=[f"write `require {span.text} …`"],
            fixes=[Fix("insert `require`", [(Span(source, span.start, span.start), "require ")])],
        )
    if edit == "word":
        word = messages.SPELLING[repair.kind]
        return Diagnostic(
            codes.UNEXPECTED_TOKEN,
            f"expected `{word}`{after}, found {here}",
            span,
            label=f"did you mean `{word}`?",
            fixes=[Fix(f"write `{word}`", [(span, word)])],
        )
    if edit == "hyphen":
        whole = Span(source, span.start, reader.ends[repair.next - 1])
        name = whole.text.replace("-", "_")
        return Diagnostic(
            codes.UNEXPECTED_TOKEN,
            f"`{whole.text}` is no name: names hold letters, digits and `_`",
            whole,
            label="not a name",
            help=[f"write `{name}`"],
            fixes=[Fix(f"write `{name}`", [(whole, name)])],
        )
    if edit == "set":
        name = reader.written(at - 1)
        quoted = reader.name(at + 1).text if reader.kinds[at + 1] == t.STRING else ""
        if quoted.split("(")[0] in _TYPES:
            place = Span(source, reader.starts[at + 1], reader.ends[at + 1])
            return Diagnostic(
                codes.UNEXPECTED_TOKEN,
                f"a type stands without quotes: `{name}: {quoted}`",
                place,
                label="not a type",
                help=[f"write `{name}: {quoted}`"],
                fixes=[Fix(f"write `{quoted}`", [(place, quoted)])],
            )
        return Diagnostic(
            codes.UNEXPECTED_TOKEN,
            f"a value is set with `=`: `{name} = {reader.written(at + 1)[:40]}`",
            span,
            label="expected `=`",
            help=["after `:` stands a type or a component"],
            fixes=[Fix("write ` =`", [(span, " =")])],
        )
    if edit == "attribute-outside":
        name = reader.written(at - 1)
        return Diagnostic(
            codes.UNEXPECTED_TOKEN,
            f"`{name} = …` stands outside all blocks; here stand declarations",
            Span(source, reader.starts[at - 1], span.end),
            label="an attribute belongs inside a block",
            help=[
                "move it into the block it belongs to, such as `pipeline name { … }`; is a `}` above too many?"
            ],
        )
    if edit == "statement-outside":
        return Diagnostic(
            codes.UNEXPECTED_TOKEN,
            f"{here} stands outside all blocks; here stand declarations",
            span,
            label="belongs inside a block",
            help=["move it into the block it belongs to; is a `}` above too many?"],
        )
    if edit in ("chain", "range-chain"):
        what = "ranges" if edit == "range-chain" else "comparisons"
        help = "a range has two ends, `1..4`" if edit == "range-chain" else "join them: `a < b and b < c`"
        return Diagnostic(
            codes.UNEXPECTED_TOKEN, f"{what} do not chain", span, label="one too many", help=[help]
        )
    if edit == "operand":
        return Diagnostic(
            codes.MISSING_VALUE,
            f"expected a value{after}, found the end of the line",
            gap,
            label="expected a value here",
            help=[_VALUE_HELP["a value"]],
        )
    if edit == "insert":
        put = repair.kind
        if put == t.ERROR:
            what = "a name"
            if before_kind == t.COLON:
                what = "a type"
            elif before_kind in BEFORE_VALUE or before_kind in (t.IN,):
                what = "a value"
            code = codes.UNEXPECTED_TOKEN if what == "a name" else codes.MISSING_VALUE
            return Diagnostic(
                code,
                f"expected {what}{after}, found {here}",
                gap if kind in (t.SEP, t.END) or kind in brackets.CLOSERS else span,
                label=f"expected {what}" + ("" if kind not in (t.SEP, t.END) else " here"),
                help=[
                    _named(reader, at - 1)
                    if what == "a name" and kind == t.LBRACE and before_kind == t.NAME
                    else _VALUE_HELP[what]
                ],
                fixes=_type_of_default(reader, at) if what == "a type" and kind == t.EQUAL else [],
            )
        if put == t.NAME:
            return Diagnostic(
                codes.UNEXPECTED_TOKEN,
                f"expected a name{after}, found {here}",
                span if kind not in (t.SEP, t.END) else gap,
                label="expected a name",
                help=[_VALUE_HELP["a name"]],
            )
        if put == t.COMPARE and kind == t.NAME and span.text.lower() in ("percent", "pct"):
            share = Span(source, reader.starts[at - 1], span.end)
            return Diagnostic(
                codes.BAD_NUMBER,
                f"a share is written with `%`: {before[:-1]}%`",
                share,
                label="expected `%`",
                help=[f"write {before[:-1]}%`"],
                fixes=[Fix(f"write {before[:-1]}%`", [(share, before[1:-1] + "%")])],
            )
        if put == t.COMPARE and kind == t.NAME and before_kind == t.NUMBER:
            return Diagnostic(
                codes.BAD_NUMBER,
                f"a unit stands right behind its number: {before[:-1]}{span.text}`",
                span,
                label="no blank before a unit",
                help=[f"write {before[:-1]}{span.text}`"],
                fixes=[Fix("remove the blank", [(Span(source, before_end, span.start), "")])],
            )
        if put == t.COMPARE:
            comparisons = _comparisons(reader, at)
            return Diagnostic(
                codes.UNEXPECTED_TOKEN,
                f"expected an operator between {before} and {here}",
                span,
                label="an operator is missing before this",
                help=["such as `==`, `>=`, `+` or `and`"] if not comparisons else [],
                fixes=comparisons,
            )
        sign = messages.SPELLING.get(put, ",")
        if put in (t.SEP, t.COMMA):
            what = "`,` or a new line" if put == t.SEP else "`,`"
            if reader.line(before_end) != reader.line(span.start):
                return Diagnostic(
                    codes.MISSING_SEPARATOR,
                    f"expected `,`{after}",
                    gap,
                    label="expected `,` here",
                    help=["values are separated by commas; newlines do not count between brackets"],
                    fixes=[Fix("insert `,`", [(gap, ",")])],
                )
            return Diagnostic(
                codes.MISSING_SEPARATOR,
                f"expected {what} between {before} and {here}",
                span,
                label=f"expected {what} before this",
                help=["statements on one line are separated by commas"] if put == t.SEP else ["insert `,`"],
                fixes=[Fix("insert `,`", [(gap, ",")])],
            )
        text = sign if put == t.COLON else f" {sign}"
        return Diagnostic(
            codes.UNEXPECTED_TOKEN,
            f"expected `{sign}`{after}, found {here}",
            span if kind not in (t.SEP, t.END) else gap,
            label=f"expected `{sign}` before this" if kind not in (t.SEP, t.END) else f"expected `{sign}`",
            help=[
                "a choice has both ways: `if a then b else c`"
                if put in (t.THEN, t.ELSE)
                else f"insert `{sign}`"
            ],
            fixes=[Fix(f"insert `{sign}`", [(gap, text)], safe=put in (t.EQUAL, t.COLON))],
        )
    if edit == "twice":
        return Diagnostic(
            codes.UNEXPECTED_TOKEN,
            f"{here} stands here twice",
            span,
            label="one too many",
            help=["take it away"],
            fixes=[Fix(f"remove {here}", [(span, "")])],
        )
    if edit == "swap":
        other = Span(source, reader.starts[at + 1], reader.ends[at + 1])
        return Diagnostic(
            codes.UNEXPECTED_TOKEN,
            f"{here} and `{other.text}` have changed places",
            Span(source, span.start, other.end),
            label=f"expected `{other.text} {span.text}`",
            help=[f"write `{other.text} {span.text}`"],
            fixes=[Fix("change the two", [(span, other.text), (other, span.text)], safe=False)],
        )
    if edit == "replace":
        sign = "==" if repair.kind == t.COMPARE else messages.SPELLING.get(repair.kind, ",")
        help = f"write `{sign}`"
        if repair.kind == t.COMPARE:
            help = "`=` gives a value; two values are compared by `==`"
        return Diagnostic(
            codes.UNEXPECTED_TOKEN,
            f"expected `{sign}`{after}, found {here}",
            span,
            label=f"expected `{sign}`",
            help=[help],
            fixes=[Fix(f"write `{sign}`", [(span, sign)])],
        )
    if edit == "unquote":
        name = reader.name(at).text
        plain = name.isascii() and name.isidentifier()
        there = here if here == messages.A_STRING else f"the string {here}"
        return Diagnostic(
            codes.UNEXPECTED_TOKEN,
            f"expected a name{after}, found {there}",
            span,
            label="a name stands without quotes",
            help=[f"write `{name}`" if plain else "write it without quotes"],
            fixes=[Fix(f"write `{name}`", [(span, name)])] if plain else [],
        )
    if edit == "dotted":
        return Diagnostic(
            codes.UNEXPECTED_TOKEN,
            f"expected a plain name{after}, found {here}",
            span,
            label="a name declared or set here has no dots",
            help=["what lies inside a block is set inside its braces: `outer { inner = … }`"],
        )
    wanted = messages.expected(accepted, before_kind) if accepted else ""
    if kind == t.IF and t.AND in accepted:
        return Diagnostic(
            codes.UNEXPECTED_TOKEN,
            f"expected {wanted}{after}, found {here}",
            span,
            label="not expected here",
            help=["a choice is written `if a then b else c`"],
        )
    if edit in ("delete", "value", "panic") and wanted:
        empty = kind in (t.SEP, t.END)
        code = codes.MISSING_VALUE if wanted == "a value" else codes.UNEXPECTED_TOKEN
        return Diagnostic(
            code,
            f"expected {wanted}{after}, found {here}",
            gap if empty else span,
            label=f"expected {wanted}",
            help=[
                _VALUE_HELP.get(wanted, f"write {wanted}" + (f", or take {here} away" if not empty else ""))
            ],
        )
    return Diagnostic(
        codes.UNEXPECTED_TOKEN,
        f"{here} makes no sense here",
        span,
        label="not expected here",
        help=[f"take {here} away"],
    )
