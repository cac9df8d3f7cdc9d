"""What people write who come from another language, told in the words of this one.

Asked once the table has no way to go on: what a line looks like says more of what was meant than the token that stopped it.
"""

from __future__ import annotations

import re

from .. import codes
from ..diagnostics import Diagnostic, Fix, Label
from ..source import Span
from . import tables as t

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .recovery import Reader

_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7})(?=[ \t\r]|$)[^\n]*", re.MULTILINE)
# Operators of two signs that are none here. None: there is no such operator.
_OPERATORS: dict[str, str | None] = {
    "=>": ">=", "=<": "<=", "<>": "!=", ":=": "=", "<-": "=", "->": ":", "**": None, "+=": None, "-=": None,
}  # fmt: skip
_IN_CONDITION = re.compile(r"[ \t]*(?:require|expect|given|\w+[ \t]+(?:\w+[ \t]+)?when)\b")
_MARKS = {
    "label": "label", "target": "label", "key": "key", "id": "key", "unique": "key", "time": "time",
    "sensitive": "sensitive", "ignore": "ignore", "nullable": "nullable", "optional": "nullable",
    "null": "nullable",
}  # fmt: skip
_FIELD = re.compile(r"[ \t]*\w+[ \t]*:")
_TWO_LIMITS = re.compile(
    r"(>=?|<=?)[ \t]*([-+.\w%]+?)[ \t]*(?:and\b|,)[ \t]*(?:\w+[ \t]*)?(>=?|<=?)[ \t]*([-+.\w%]+)"
)
_LOOP = re.compile(r"[ \t]*(for|foreach|while|loop)[ \t(]")
_NAMED_IN_LOOP = re.compile(r"[ \t]*\w+[ \t(]+(\w+)[ \t]+in[ \t]+([^{\n]*?)[ \t)]*\{")
_POINT = re.compile(r"\d+\.(?=\.?[eE]|[^\d.\w]|$)(?:[eE][-+]?\d+)?")
_FIELD_WITH_VALUE = re.compile(
    r"[ \t]*([A-Za-z_]\w*)[ \t]*:[ \t]*(\w[\w.]*(?:\([^()]*\))?)[^\n=<>]*?(=)(?!=)"
)
_BRACKETED = re.compile(r"(list|map|tensor|enum|dataset|model)[\[<]([^\[\]<>\n{}=]*)[\]>]", re.IGNORECASE)
_INSTEAD_OF_WHEN = re.compile(r"[ \t]*((?:alert|retrain|rollback)(?:[ \t]+\w+)?)[ \t]+(if|on|unless)\b")
_INSTEAD_OF_REQUIRE = re.compile(r"[ \t]*(assert|ensure|must|check|should|verify)\b[ \t(]+[\w.]+[^={]*$")
_WITHOUT_WHEN = re.compile(
    r"[ \t]*(?:alert|retrain|rollback)[ \t]+(?:(?!when\b)(\w+)[ \t]+)??(?!when\b)(?=[\w.]+(?:\[[^\]\n]*\])*[ \t]*(?:[<>]|[!=]=))"
)
_SEVERAL_BASES = re.compile(r"[ \t]*env[ \t]+(\w+)[ \t]*:[ \t]*(\w+)[ \t]*[:,+&][ \t]*(\w+)")
_REMOVES_NO_NAME = re.compile(r"[ \t]*remove[ \t]+(?=[^\w\s=:{]|\d)(\S+)")
_REMOVES_A_PART = re.compile(
    r"[ \t]*(?:\w+[ \t]*\{[ \t]*|env[ \t]+\w+[^{\n]*\{[ \t]*)?remove[ \t]+((\w+)\.(\w+))"
)
_REMOVES_SEVERAL = re.compile(r"(?:^|[{,])[ \t]*remove[ \t]+\w+[ \t]*(,[ \t]*)(\w+)[ \t]*(?=[,}#]|$)")
_FOR_EACH = re.compile(r"[ \t]*\w+[ \t]+\w+[ \t]+(for(?:[ \t]*each)?)[ \t]+\w+[ \t]+in\b")
# Words that are operators elsewhere. None: there is no such operator.
_WORD_OPERATORS: dict[str, str | None] = {
    "is": "==", "equals": "==", "eq": "==", "ne": "!=", "gt": ">", "ge": ">=", "lt": "<", "le": "<=",
    "mod": None, "div": None, "xor": None,
}  # fmt: skip
_NOT_BEHIND = re.compile(r"[ \t]+not\b")
_NO_OPERATOR = {"mod": "remainder", "div": "division without a rest", "xor": "exclusive or"}
_VALUES = (t.NAME, t.REF, t.NUMBER, t.QUANTITY, t.STRING, t.RPAR, t.RSQB, t.TRUE, t.FALSE, t.NONE)
# What stands on a longer line was made by a machine, which has no habits.
_LONGEST = 500
_NAME = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)


def habit(reader: Reader, index: int) -> Diagnostic | None:
    """Return the diagnostic for the mistake that token ``index`` ends, where its line shows a habit of another language."""
    text = reader.text
    start = reader.starts[index]
    begin = text.rfind("\n", max(0, start - _LONGEST), start) + 1
    if not begin and start > _LONGEST:
        return None
    end = text.find("\n", start, start + _LONGEST)
    line = text[begin : end if end >= 0 else start + _LONGEST]
    of_the_line = (
        _conflict(reader, begin, line)
        or _statement(reader, index, begin, line)
        or _limits(reader, index, begin, line)
        or _default(reader, index, begin, line)
        or _use(reader, begin, line)
        or _bases(reader, begin, line)
        or _removes(reader, begin, line)
        or _for_each(reader, begin, line)
    )
    if of_the_line is not None:
        reader.lines_done.add(reader.line(start))
        return of_the_line
    return (
        _header(reader, index)
        or _instance(reader, index)
        or _fact(reader, index)
        or _verb(reader, index)
        or _word_operator(reader, index)
        or _hyphen(reader, index)
        or _arguments(reader, index, line)
        or _operator(reader, index, begin, line)
        or _number(reader, index)
        or _mark(reader, index, line)
    )


def _conflict(reader: Reader, begin: int, line: str) -> Diagnostic | None:
    if not _CONFLICT.match(line):
        return None
    source = reader.source
    found = [Span(source, one.start(), one.end()) for one in _CONFLICT.finditer(reader.text)]
    reader.lines_done.update(reader.line(one.start) for one in found)
    here = next(number for number, one in enumerate(found) if one.start == begin)
    return Diagnostic(
        codes.MERGE_CONFLICT,
        "two versions of this file were merged, and the marks of the conflict still stand here",
        found[here],
        label="a mark of a merge conflict",
        labels=[Label(one, "up to here") for one in found[here + 1 :] if one.text.startswith(">")][:1],
        help=["keep the lines of one version, and take the other ones and the marks away"],
    )


def _statement(reader: Reader, index: int, begin: int, line: str) -> Diagnostic | None:
    source = reader.source
    kind = reader.kinds[index]
    span = Span(source, reader.starts[index], reader.ends[index])
    before = reader.text[begin : span.start].strip()
    if kind == t.IF and not before and "{" in line[span.end - begin :]:
        return Diagnostic(
            codes.UNEXPECTED_TOKEN,
            "`if` chooses between two values; there are no statements under a condition",
            span,
            label="not a statement",
            help=[
                "write `name = if a then b else c` for a value",
                "a block that is there only sometimes is added, or taken away by `remove name`, in an `env`",
            ],
        )
    if kind == t.ELSE and before in ("", "}") and "{" in line[span.end - begin :]:
        return Diagnostic(
            codes.UNEXPECTED_TOKEN,
            "`else` belongs to `if a then b else c`, which is a value; there are no statements under a condition",
            span,
            label="not a statement",
            help=[
                "a block that is there only sometimes is added, or taken away by `remove name`, in an `env`"
            ],
        )
    if (found := _LOOP.match(line)) and "{" in line:
        named = _NAMED_IN_LOOP.match(line)
        each = f"each {named[1]} in {named[2]}" if named else "each x in list"
        return Diagnostic(
            codes.UNEXPECTED_TOKEN,
            f"there are no loops, and so no `{found[1]}`: a block is made once for each element by `each`",
            Span(source, begin + found.start(1), begin + found.end(1)),
            label="not a statement",
            help=[f"write `data name {each}: csv {{ … }}`, with the component that the block has"],
        )
    if found := _INSTEAD_OF_WHEN.match(line):
        place = Span(source, begin + found.start(2), begin + found.end(2))
        return Diagnostic(
            codes.UNEXPECTED_TOKEN,
            f"what is done when something comes about is written `{found[1].strip()} when …`",
            place,
            label="expected `when`",
            help=["write `when`"],
            fixes=[Fix("write `when`", [(place, "when")])],
        )
    if found := _INSTEAD_OF_REQUIRE.match(line):
        place = Span(source, begin + found.start(1), begin + found.end(1))
        return Diagnostic(
            codes.UNEXPECTED_TOKEN,
            f"there is no `{found[1]}`: what has to hold begins with `require`, in a test with `expect`",
            place,
            label="expected `require` or `expect`",
            help=["write `require`, or `expect` in a `test`"],
            fixes=[
                Fix("write `require`", [(place, "require")], safe=False),
                Fix("write `expect`", [(place, "expect")], safe=False),
            ],
        )
    if (found := _WITHOUT_WHEN.match(line)) and not _is_when(found[1] or ""):
        place = Span(source, begin + found.end(), begin + found.end())
        return Diagnostic(
            codes.UNEXPECTED_TOKEN,
            f"what is done when something comes about is written `{found[0].strip()} when …`",
            place,
            label="expected `when` here",
            help=["write `when` before what comes about"],
            fixes=[Fix("insert `when`", [(place, "when ")])],
        )
    if found := _REMOVES_NO_NAME.match(line):
        place = Span(source, begin + found.start(1), begin + found.end(1))
        return Diagnostic(
            codes.UNEXPECTED_TOKEN,
            "`remove` takes the name of what is taken away: a block, a param, a condition with a name",
            place,
            label="not a name",
            help=[
                "such as `remove page`; a condition without a name is changed by one with the same left side"
            ],
        )
    if before == "" and line.lstrip().startswith("/*"):
        at = begin + line.index("/*")
        return Diagnostic(
            codes.UNEXPECTED_CHARACTER,
            "a comment begins with `#` and ends with its line",
            Span(source, at, at + 2),
            label="expected `#`",
            help=["begin each line of the comment with `#`"],
        )
    return None


def _bases(reader: Reader, begin: int, line: str) -> Diagnostic | None:
    """An environment that builds on several: `env prod: staging, big { … }`."""
    found = _SEVERAL_BASES.match(line)
    if found is None or reader.opens:
        return None
    name, base, other = found[1], found[2], found[3]
    return Diagnostic(
        codes.UNEXPECTED_TOKEN,
        "an environment builds on one other, which may build on one in its turn",
        Span(reader.source, begin + found.end(2), begin + found.end(3)),
        label="one too many",
        help=[
            f"write `env {name}: {base} {{ … }}`, and let `{base}` build on the other: `env {base}: {other} {{ … }}`"
        ],
    )


def _removes(reader: Reader, begin: int, line: str) -> Diagnostic | None:
    """`remove quality.floor`, which lies in a block, and `remove page, api`."""
    source = reader.source
    if found := _REMOVES_A_PART.match(line):
        block, part = found[2], found[3]
        kind = re.search(rf"^[ \t]*(\w+)[ \t]+{block}\b[ \t]*(?:each\b[^:\n]*)?:", reader.text, re.MULTILINE)
        written = f"{kind[1] if kind else '…'} {block} {{ remove {part} }}"
        statement = Span(source, begin + found.start(1) - len("remove "), begin + found.end(1))
        fits = kind is not None and statement.text == f"remove {block}.{part}"
        return Diagnostic(
            codes.UNEXPECTED_TOKEN,
            "`remove` takes a plain name; what lies in a block is taken away inside it",
            Span(source, begin + found.start(1), begin + found.end(1)),
            label="a name with a dot",
            help=[f"write `{written}`"],
            fixes=[Fix(f"write `{written}`", [(statement, written)])] if fits else [],
        )
    if found := _REMOVES_SEVERAL.search(line):
        gap = Span(source, begin + found.end(1), begin + found.end(1))
        return Diagnostic(
            codes.UNEXPECTED_TOKEN,
            "`remove` takes one name",
            Span(source, begin + found.start(2), begin + found.end(2)),
            label="a second one",
            help=[f"write `remove {found[2]}`"],
            fixes=[Fix("insert `remove`", [(gap, "remove ")])],
        )
    return None


def _for_each(reader: Reader, begin: int, line: str) -> Diagnostic | None:
    """`train fit for depth in [2, 4]: …`."""
    found = _FOR_EACH.match(line)
    if found is None:
        return None
    word = Span(reader.source, begin + found.start(1), begin + found.end(1))
    return Diagnostic(
        codes.UNEXPECTED_TOKEN,
        f"a block is made once for each element by `each`, not `{word.text}`",
        word,
        label="expected `each`",
        help=["write `each`"],
        fixes=[Fix("write `each`", [(word, "each")])],
    )


def _instance(reader: Reader, index: int) -> Diagnostic | None:
    """`train fit[2] { … }`: one instance of a block, where it is declared or changed."""
    kinds = reader.kinds
    if kinds[index] != t.LSQB or index < 3 or kinds[index - 1] != t.NAME or kinds[index - 2] != t.NAME:
        return None
    if kinds[index - 3] not in (t.SEP, t.LBRACE):
        return None
    depth, end = 1, index + 1
    while depth and kinds[end] not in (t.SEP, t.END):
        depth += {t.LSQB: 1, t.RSQB: -1}.get(kinds[end], 0)
        end += 1
    if depth or kinds[end] not in (t.LBRACE, t.COLON):
        return None
    name = f"{reader.written(index - 2)} {reader.written(index - 1)}"
    place = Span(reader.source, reader.starts[index], reader.ends[end - 1])
    reader.lines_done.add(reader.line(place.start))
    if kinds[end] == t.COLON:
        help = f"instances are made by `each`: write `{name} each x in {place.text}: …`"
    else:
        help = f"write `{name} {{ … }}`; a value there may go by the variable of `each`: `if x == … then … else …`"
    return Diagnostic(
        codes.UNEXPECTED_TOKEN,
        "a block is declared and changed for all of its instances together",
        place,
        label="no index here",
        help=[help],
    )


def _fact(reader: Reader, index: int) -> Diagnostic | None:
    """`quality.auc = 0.9` in a test, without the `given`."""
    kinds = reader.kinds
    if kinds[index] != t.REF or kinds[index + 1] != t.EQUAL or kinds[index - 1] not in (t.SEP, t.LBRACE):
        return None
    depth, at = 0, index - 1
    while at > 0 and (depth or kinds[at] != t.LBRACE):
        depth += {t.RBRACE: 1, t.LBRACE: -1}.get(kinds[at], 0)
        at -= 1
    if at < 2 or kinds[at - 1] != t.STRING or reader.written(at - 2) != "test":
        return None
    name = reader.written(index)
    place = Span(reader.source, reader.starts[index], reader.ends[index])
    return Diagnostic(
        codes.UNEXPECTED_TOKEN,
        f"what a test gives begins with `given`: `given {name} = …`",
        place,
        label="expected `given` before this",
        help=[f"write `given {name} = …`, or `expect {name} == …` for what is to follow"],
        fixes=[
            Fix("insert `given`", [(Span(reader.source, place.start, place.start), "given ")], safe=False)
        ],
    )


def _verb(reader: Reader, index: int) -> Diagnostic | None:
    """`require when …` and `require: …`, which one word or sign is too much for."""
    kinds = reader.kinds
    verbs = (t.REQUIRE, t.EXPECT, t.GIVEN)
    at = index if kinds[index] in verbs else index - 1
    if at < 0 or kinds[at] not in verbs or kinds[at + 1] not in (t.WHEN, t.COLON):
        return None
    verb, extra = reader.written(at), reader.written(at + 1)
    span = Span(reader.source, reader.starts[at + 1], reader.ends[at + 1])
    gap = Span(reader.source, reader.ends[at], reader.ends[at + 1])
    says = {t.REQUIRE: "what has to hold", t.EXPECT: "what is expected", t.GIVEN: "what is given"}[kinds[at]]
    return Diagnostic(
        codes.UNEXPECTED_TOKEN,
        f"{says} stands right behind `{verb}`, without `{extra}`",
        span,
        label="one too many",
        help=[
            f"write `{verb} …`"
            + (
                ""
                if extra != ":" or kinds[at] != t.REQUIRE
                else f"; a name stands before the colon: `{verb} floor: …`"
            )
        ],
        fixes=[Fix(f"take `{extra}` away", [(gap, "")])],
    )


def _word_operator(reader: Reader, index: int) -> Diagnostic | None:
    """An operator that is a word in other languages: `recall is 0.5`, `7 mod 2`."""
    if reader.kinds[index] not in (t.NAME, t.REF) or not index or reader.kinds[index - 1] not in _VALUES:
        return None
    word = reader.written(index)
    if word.lower() not in _WORD_OPERATORS or reader.kinds[index + 1] in (
        t.EQUAL,
        t.COLON,
        t.LBRACE,
        t.SEP,
        t.END,
    ):
        return None
    meant = _WORD_OPERATORS[word.lower()]
    end = reader.ends[index]
    if word.lower() == "is" and (found := _NOT_BEHIND.match(reader.text, end)):
        meant, end = "!=", found.end()
    span = Span(reader.source, reader.starts[index], end)
    reader.lines_done.add(reader.line(span.start))
    if meant is None:
        return Diagnostic(
            codes.UNEXPECTED_TOKEN,
            f"there is no {_NO_OPERATOR[word.lower()]}, `{word}`",
            span,
            label="not an operator",
            help=["the operators are `and or not == != < <= > >= in + - * /`"],
        )
    return Diagnostic(
        codes.UNEXPECTED_TOKEN,
        f"`{span.text}` is written `{meant}`",
        span,
        label=f"expected `{meant}`",
        help=[f"write `{meant}`"],
        fixes=[Fix(f"write `{meant}`", [(span, meant)])],
    )


def _in_condition(reader: Reader, index: int, line: str) -> bool:
    """Return whether token ``index`` stands in a condition, be it in the middle of a line."""
    if _IN_CONDITION.match(line):
        return True
    while index and reader.kinds[index] not in (t.SEP, t.LBRACE, t.RBRACE):
        if reader.kinds[index] in (t.REQUIRE, t.EXPECT, t.WHEN):
            return True
        index -= 1
    return reader.kinds[index + 1] in (t.REQUIRE, t.EXPECT)


def _is_when(word: str) -> bool:
    """Return whether `when` was meant, with a letter wrong: that is told of the word."""
    return len(word) <= 5 and len(set("when").intersection(word)) >= 3


def _header(reader: Reader, index: int) -> Diagnostic | None:
    """A column, or a key, in quotes: `"sepal length": float`."""
    if reader.kinds[index] != t.STRING or reader.kinds[index + 1] != t.COLON:
        return None
    if reader.kinds[index - 1] not in (t.SEP, t.LBRACE):
        return None
    written = reader.name(index).text
    span = Span(reader.source, reader.starts[index], reader.ends[index])
    made = re.sub(r"_+", "_", re.sub(r"[^A-Za-z0-9_]", "_", written)).strip("_").lower() or "name"
    if made[0].isdigit():
        made = f"column_{made}"
    sets = reader.kinds[index + 2] in (t.STRING, t.NUMBER, t.QUANTITY, t.TRUE, t.FALSE, t.NONE, t.LSQB)
    if _NAME.match(written):
        help = f"write `{written} = …`" if sets else f"write `{written}: …`"
        sign = " =" if sets else ":"
        colon = Span(reader.source, span.start, reader.ends[index + 1])
        fixes = [Fix(f"write `{written}{sign}`", [(colon, written + sign)])]
    else:
        help = (
            f'a column whose header is no name is reached by another one: `{made}: type @from("{written}")`'
        )
        fixes = []
    return Diagnostic(
        codes.UNEXPECTED_TOKEN,
        f"expected a name, found the string `{span.text}`",
        span,
        label="a name stands without quotes",
        help=[help],
        fixes=fixes,
    )


def _operator(reader: Reader, index: int, begin: int, line: str) -> Diagnostic | None:
    start = reader.starts[index]
    for at in (start - 1, start):
        written = reader.text[at : at + 2]
        if at < begin or written not in _OPERATORS:
            continue
        meant = _OPERATORS[written]
        span = Span(reader.source, at, at + 2)
        if written == "=>" and not _in_condition(reader, index, line):
            meant = "="
        if meant is None:
            what = "power" if written == "**" else "assignment that adds"
            return Diagnostic(
                codes.UNEXPECTED_TOKEN,
                f"there is no {what}, `{written}`",
                span,
                label="not an operator",
                help=["the operators are `and or not == != < <= > >= in + - * /`"],
            )
        return Diagnostic(
            codes.UNEXPECTED_TOKEN,
            f"`{written}` is written `{meant}`",
            span,
            label=f"expected `{meant}`",
            help=[f"write `{meant}`"],
            fixes=[Fix(f"write `{meant}`", [(span, meant)])],
        )
    return None


def _number(reader: Reader, index: int) -> Diagnostic | None:
    text = reader.text
    start = reader.starts[index]
    before = re.search(r"[0-9]+\Z", text[max(0, start - 40) : start])
    if before and text.startswith(".", start) and (found := _POINT.match(text, start - len(before[0]))):
        span = Span(reader.source, found.start(), found.end())
        written = span.text.replace(".", ".0", 1)
        return Diagnostic(
            codes.BAD_NUMBER,
            f"digits stand on both sides of the point: `{written}`",
            span,
            label="a digit is missing",
            help=[f"write `{written}`"],
            fixes=[Fix(f"write `{written}`", [(span, written)])],
        )
    decimal = re.search(r"([0-9]+),\Z", text[max(0, start - 40) : start])
    if decimal and reader.kinds[index] in (t.NUMBER, t.QUANTITY) and text[start].isdigit():
        span = Span(reader.source, start - len(decimal[0]), reader.ends[index])
        point = span.text.replace(",", ".")
        thousands = re.fullmatch(r"[0-9]{1,3},[0-9]{3}", span.text)
        digits = f" or `{span.text.replace(',', '')}`" if thousands else ""
        return Diagnostic(
            codes.BAD_NUMBER,
            f"a number is written with a point, and without signs between its digits: `{point}`{digits}",
            span,
            label="a comma ends a statement",
            help=[f"write `{point}`{digits}"],
            fixes=[] if thousands else [Fix(f"write `{point}`", [(span, point)], safe=False)],
        )
    return None


def _mark(reader: Reader, index: int, line: str) -> Diagnostic | None:
    if reader.kinds[index] != t.NAME or not _FIELD.match(line):
        return None
    written = reader.written(index)
    mark = _MARKS.get(written.lower())
    if mark is None or reader.kinds[index - 1] in (t.SEP, t.LBRACE, t.COLON, t.COMMA):
        return None
    span = Span(reader.source, reader.starts[index], reader.ends[index])
    return Diagnostic(
        codes.UNEXPECTED_TOKEN,
        f"a mark begins with `@`: `@{mark}`",
        span,
        label=f"expected `@{mark}`",
        help=[f"write `@{mark}`"],
        fixes=[Fix(f"write `@{mark}`", [(span, f"@{mark}")], safe=mark == written)],
    )


def _limits(reader: Reader, index: int, begin: int, line: str) -> Diagnostic | None:
    """Two limits of one column: `age: int >= 0 and <= 120`."""
    if not _FIELD.match(line) or (found := _TWO_LIMITS.search(line)) is None:
        return None
    start = reader.starts[index] - begin
    if not found.start() <= start <= found.end() or found[1][0] == found[3][0]:
        return None
    low, high = (found[2], found[4]) if found[1][0] == ">" else (found[4], found[2])
    span = Span(reader.source, begin + found.start(), begin + found.end())
    return Diagnostic(
        codes.UNEXPECTED_TOKEN,
        f"a type has one limit; one with two ends is a range: `in {low}..{high}`",
        span,
        label=f"expected `in {low}..{high}`",
        help=[f"write `in {low}..{high}`; both ends belong to it"],
        fixes=[Fix(f"write `in {low}..{high}`", [(span, f"in {low}..{high}")], safe=False)],
    )


def _default(reader: Reader, index: int, begin: int, line: str) -> Diagnostic | None:
    """A column with a default, or a parameter without its `param`: `age: int = 0`."""
    found = _FIELD_WITH_VALUE.match(line)
    if found is None or reader.kinds[index] not in (t.COLON, t.EQUAL) or not reader.opens:
        return None
    return Diagnostic(
        codes.UNEXPECTED_TOKEN,
        f"`{found[1]}: {found[2]}` declares a column, which has no value",
        Span(reader.source, begin + found.start(3), begin + len(line.rstrip())),
        label="no value stands here",
        help=[
            f"in a schema write `{found[1]}: {found[2]}`; a parameter is declared by `param {found[1]}: {found[2]} = …`"
        ],
    )


def _hyphen(reader: Reader, index: int) -> Diagnostic | None:
    if reader.kinds[index] != t.MINUS:
        return None
    start = reader.starts[index]
    before = re.search(r"[A-Za-z_]\w*\Z", reader.text[max(0, start - 64) : start], re.ASCII)
    after = re.compile(r"(?:-\w+)+", re.ASCII).match(reader.text, start)
    if before is None or after is None:
        return None
    span = Span(reader.source, start - len(before[0]), after.end())
    name = span.text.replace("-", "_")
    reader.lines_done.add(reader.line(start))
    return Diagnostic(
        codes.UNEXPECTED_TOKEN,
        f"`{span.text}` is no name: names hold letters, digits and `_`",
        span,
        label="not a name",
        help=[f"write `{name}`, wherever it is named"],
        fixes=[Fix(f"write `{name}`", [(span, name)], safe=False)],
    )


def _arguments(reader: Reader, index: int, line: str) -> Diagnostic | None:
    """`list[string]`, `list<string>`: what a type takes stands between parentheses."""
    if reader.kinds[index] not in (t.LSQB, t.COMPARE) or reader.kinds[index - 1] != t.NAME:
        return None
    found = _BRACKETED.match(reader.text, reader.starts[index - 1])
    if found is None or ":" not in line:
        return None
    span = Span(reader.source, found.start(), found.end())
    written = f"{found[1].lower()}({found[2]})"
    reader.lines_done.add(reader.line(span.start))
    return Diagnostic(
        codes.UNEXPECTED_TOKEN,
        f"what a type takes stands between parentheses: `{written}`",
        span,
        label=f"expected `{written}`",
        help=[f"write `{written}`"],
        fixes=[Fix(f"write `{written}`", [(span, written)])],
    )


def _use(reader: Reader, begin: int, line: str) -> Diagnostic | None:
    """A `use` within a block is read as a kind; what stops the table is its `as`."""
    found = re.match(r"[ \t]+(use[ \t]+(?:\"[^\"]*\"|[\w.]+)[ \t]+as[ \t]+\w+)", line)
    if found is None or not reader.opens:
        return None
    return misplaced_use(Span(reader.source, begin + found.start(1), begin + found.end(1)))


def misplaced_use(span: Span) -> Diagnostic:
    """Return the diagnostic for a `use` that stands behind a declaration or inside one."""
    return Diagnostic(
        codes.MISPLACED_USE,
        "`use` statements stand before the first declaration",
        span,
        label="too late",
        help=["move it below `mlp 1`"],
    )
