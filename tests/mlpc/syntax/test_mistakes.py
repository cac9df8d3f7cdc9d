"""Mistakes that people make, one at a time, and what they are told."""

from __future__ import annotations

import pytest

from mlpc.source import Source
from mlpc.syntax.parser import parse
from tests.mlpc.syntax import trees

# Inside `step s { … }`, whose first line is line 4.
INSIDE: list[tuple[str, list[str]]] = [
    ("  path =", ["4:9 MLP015 expected a value after `=`, found the end of the line"]),
    ("  path = ,", ["4:9 MLP015 expected a value after `=`, found `,`"]),
    ('  path: "a"', ['4:7 MLP010 a value is set with `=`: `path = "a"`']),
    ("  path == 1", ["4:8 MLP010 expected `=` after `path`, found `==`"]),
    ("  path := 1", ["4:8 MLP010 `:=` is written `=`"]),
    ("  path = = 1", ["4:10 MLP010 `=` stands here twice"]),
    ("  = 1", ["4:3 MLP010 expected a name, found `=`"]),
    ("  data cells csv {\n  }", ["4:14 MLP010 expected `:` after `cells`, found `csv`"]),
    ("  data cells: {\n  }", ["4:15 MLP015 expected a type after `:`, found `{`"]),
    ("  data cells:\n", ["4:14 MLP015 expected a type after `:`, found the end of the line"]),
    ("  data cells: csv {\n    a = 1\n", ["4:19 MLP013 `{` is never closed"]),
    (
        "  data cells: csv\n    a = 1\n  }",
        ["4:18 MLP013 expected `{`: the lines below are indented as the body of a block"],
    ),
    (
        "  data cells: csv\n  {\n    a = 1\n  }",
        ["5:3 MLP010 the `{` of a block stands at the end of its first line"],
    ),
    (
        "  data cells: csv  # why\n\n  {\n    a = = 1\n  }",
        [
            "6:3 MLP010 the `{` of a block stands at the end of its first line",
            "7:9 MLP010 `=` stands here twice",
        ],
    ),
    (
        "  resources\n  {\n    cpu = 1\n  }",
        ["5:3 MLP010 the `{` of a block stands at the end of its first line"],
    ),
    ("  a = 1\n  { }", ["5:3 MLP010 expected a name, found `{`"]),
    ("  param in: int", ["4:9 MLP016 `in` is a reserved word and cannot be a name"]),
    ("  in = 1", ["4:3 MLP016 `in` is a reserved word and cannot be a name"]),
    ("  when: date", ["4:3 MLP016 `when` is a reserved word and cannot be a name"]),
    ("  a = b.none", ["4:7 MLP016 `none` is a reserved word and cannot be a name"]),
    ("  require = 3", ["4:3 MLP016 `require` is a reserved word and cannot be a name"]),
    ("  data x each in y: csv", ["4:15 MLP010 expected a name after `each`, found `in`"]),
    ("  accuracy >= 0.9", ["4:3 MLP010 a condition begins with `require`"]),
    ("  require accuracy = 0.9", ["4:20 MLP010 expected `==` after `accuracy`, found `=`"]),
    ("  require", ["4:10 MLP015 expected a value after `require`, found the end of the line"]),
    ("  require a b", ["4:13 MLP010 expected an operator between `a` and `b`"]),
    ("  require a <", ["4:14 MLP015 expected a value after `<`, found the end of the line"]),
    ("  require a >\n  b = 1", ["4:14 MLP015 expected a value after `>`, found the end of the line"]),
    ("  require a < b < c", ["4:17 MLP010 comparisons do not chain"]),
    ("  alert when", ["4:13 MLP015 expected a value after `when`, found the end of the line"]),
    ("  require a >= 1 {", ["4:18 MLP013 `{` is never closed"]),
    ("  a = b && c", ["4:9 MLP011 `&&` is written `and`"]),
    ("  a = b || c", ["4:9 MLP011 `||` is written `or`"]),
    ("  a = !b", ["4:7 MLP011 `!` is written `not`"]),
    ("  a = b and", ["4:12 MLP015 expected a value after `and`, found the end of the line"]),
    ("  a = and b", ["4:7 MLP015 expected a value after `=`, found `and`"]),
    ("  a = (b", ["4:7 MLP013 `(` is never closed"]),
    ("  a = b)", ["4:8 MLP014 `)` closes nothing: `(` is missing"]),
    ("  a = [1, 2", ["4:7 MLP013 `[` is never closed"]),
    ("  a = [1, 2)", ["4:12 MLP014 `[` is closed by `)`"]),
    ("  a = [1 2]", ["4:10 MLP021 expected `,` between `1` and `2`"]),
    ("  a = f(1 2)", ["4:11 MLP021 expected `,` between `1` and `2`"]),
    ("  a = f(b = )", ["4:12 MLP015 expected a value after `=`, found `)`"]),
    ("  a = f(,)", ["4:9 MLP015 expected a value after `(`, found `,`"]),
    ("  a = [1,,2]", ["4:10 MLP010 `,` stands here twice"]),
    ("  a = {b: 1}", ["4:9 MLP010 expected `=` after `b`, found `:`"]),
    ("  a = {b = 1", ["4:7 MLP013 `{` is never closed"]),
    ("  a = x[", ["4:8 MLP013 `[` is never closed", "4:9 MLP015 expected a value after `[`, found `]`"]),
    ("  a = 1..", ["4:10 MLP015 expected a value after `..`, found the end of the line"]),
    ("  a = ..1", ["4:7 MLP015 expected a value after `=`, found `..`"]),
    ("  a = 1..2..3", ["4:11 MLP010 ranges do not chain"]),
    ("  a = if b then c", ["4:18 MLP010 expected `else` after `c`, found the end of the line"]),
    ("  a = if b", ["4:11 MLP010 expected `then` after `b`, found the end of the line"]),
    ("  a = b if c else d", ["4:9 MLP010 expected `}` or a new line after `b`, found `if`"]),
    ("  a = not", ["4:10 MLP015 expected a value after `not`, found the end of the line"]),
    ("  a = b not c", ["4:13 MLP010 expected `in` after `not`, found `c`"]),
    ("  a = 'b'", ['4:7 MLP011 a string stands between straight double quotes, `"…"`']),
    ("  a = “b”", ['4:7 MLP011 a string stands between straight double quotes, `"…"`']),
    ('  a = "b', ["4:7 MLP012 this string has no closing quotes"]),
    ('  a = "b"c"', ["4:11 MLP012 this string has no closing quotes"]),
    ('  a = """b\n  c = 1\n', ['4:7 MLP012 this text has no closing `"""`']),
    ('  a = "\\q"', ["4:8 MLP017 `\\q` is no escape"]),
    ('  a = "\\u{110000}"', ["4:8 MLP017 there is no character U+110000"]),
    ('  a = "${b"', ["4:8 MLP023 this `${` has no `}` in its string"]),
    ('  a = "${b c}"', ["4:8 MLP023 `b c` is no expression"]),
    ('  a = "${}"', ["4:8 MLP023 expected an expression between `${` and `}`"]),
    ("  a = 1_000", ["4:7 MLP018 `1_000` is neither a number nor a quantity"]),
    ("  a = .5", ["4:7 MLP018 a number begins with a digit: `0.5`"]),
    ("  a = 5.", ["4:7 MLP018 `5.` is neither a number nor a quantity"]),
    ("  a = 20 min", ["4:10 MLP018 a unit stands right behind its number: `20min`"]),
    ("  a = 1.2.3", ["4:7 MLP018 `1.2.3` is neither a number nor a quantity"]),
    ("  a = 1e999", ["4:7 MLP018 `1e999` is too large for a number"]),
    ("  a = 0x1F", ["4:7 MLP018 `0x1F` is neither a number nor a quantity"]),
    ("  a = 1;", ["4:8 MLP011 a statement ends with its line, not with `;`"]),
    ("  a = 1; b = 2", ["4:8 MLP011 a statement ends with its line, not with `;`"]),
    ("  a = 1 b = 2", ["4:9 MLP021 expected `,` or a new line between `1` and `b`"]),
    ("  // why", ["4:3 MLP011 a comment begins with `#`"]),
    ("  a = b % c", ["4:9 MLP011 `%` has no meaning here"]),
    ("  a = b ^ c", ["4:9 MLP011 `^` has no meaning here"]),
    ("  größe = 1", ["4:3 MLP011 `größe` is no name: names hold ASCII letters, digits and `_`"]),
    ("  a = @b", ["4:7 MLP015 expected a value after `=`, found `@b`"]),
    ("  a@b", ["4:4 MLP010 expected a name, `=`, `:` or `{` after `a`, found `@b`"]),
    ("  a = b ? c : d", ["4:9 MLP011 `?` has no meaning here"]),
    ("  a.b = 1", ["4:3 MLP010 expected a plain name, found `a.b`"]),
    ('  "a" = 1', ['4:3 MLP010 expected a name, found the string `"a"`']),
    ("  a\xa0= 1", ["4:4 MLP011 U+00A0 looks like a blank but is none"]),
    ("  a -> b", ["4:5 MLP010 `->` is written `:`"]),
    ("  a => b", ["4:5 MLP010 `=>` is written `=`"]),
    ('  use "./x" as y', ["4:3 MLP022 `use` statements stand before the first declaration"]),
    ("  mlp 1", ["4:7 MLP010 expected `=` after `mlp`, found `1`"]),
    ("  1 = a", ["4:3 MLP010 expected a statement, found `1`"]),
    ("  ]", ["4:3 MLP014 `]` closes nothing"]),
    ("  }", ["4:3 MLP014 `}` closes nothing"]),
    ("  a = 1 }", ["4:9 MLP014 `}` closes nothing"]),
    ("  @label", ["4:3 MLP010 expected a statement, found `@label`"]),
    ("  ...", ["4:6 MLP010 expected `:` after `...`, found the end of the line"]),
    ("  sick bool @label", ["4:8 MLP010 expected `:` after `sick`, found `bool`"]),
    ("  age int in 0..120 @nullable", ["4:7 MLP010 expected `:` after `age`, found `int`"]),
    ("  x: int @", ["4:10 MLP011 `@` has no meaning here"]),
    ("  x: int in", ["4:12 MLP015 expected a value after `in`, found the end of the line"]),
    ("  x: int >=", ["4:12 MLP015 expected a value after `>=`, found the end of the line"]),
    ("  x: int 5", ["4:10 MLP010 expected `{`, `in`, `}` or a new line after `int`, found `5`"]),
]


@pytest.mark.parametrize(("text", "said"), INSIDE, ids=lambda value: value if isinstance(value, str) else "")
def test_inside_a_block(text: str, said: list[str]) -> None:
    parsed = trees.read(f"mlp 1\n\nstep s {{\n{text}\n}}\n")
    assert trees.say(parsed.file.source, parsed.diagnostics) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("owner = 1", ["3:1 MLP010 `owner = …` stands outside all blocks; here stand declarations"]),
        ("require a", ["3:1 MLP010 `require` stands outside all blocks; here stand declarations"]),
        ("pipeline {\n}", ["3:10 MLP010 expected a name after `pipeline`, found `{`"]),
        ("pipeline p\n{\n}", ["4:1 MLP010 the `{` of a block stands at the end of its first line"]),
        ("pipeline p {", ["3:12 MLP013 `{` is never closed"]),
        ("pipeline", ["3:9 MLP010 expected a name after `pipeline`, found the end of the line"]),
        ("let a = 1\nuse std.b as b", ["4:1 MLP022 `use` statements stand before the first declaration"]),
        ("use", ["3:4 MLP010 expected a name after `use`, found the end of the line"]),
        ('use "./a" b', ['3:11 MLP010 expected `as` after `"./a"`, found `b`']),
        ('use "./a" as', ["3:13 MLP010 expected a name after `as`, found the end of the line"]),
        ("mlp 1", ["3:5 MLP010 expected a name after `mlp`, found `1`"]),
        ("let a = 1\n## why", ["4:1 MLP020 this doc comment belongs to nothing: no declaration stands below it"]),
        (
            "let a = 1 ## why",
            ["3:11 MLP020 a doc comment stands on lines of its own, above what it documents"],
        ),
        (
            "## why\n\n## because\nlet a = 1",
            ["3:1 MLP020 this doc comment belongs to nothing: a blank line parts it from the one below"],
        ),
        ("let a = [\n  ## why\n  1]", ["4:3 MLP020 this doc comment belongs to nothing: no declaration stands below it"]),
    ],
)  # fmt: skip
def test_outside_all_blocks(text: str, said: list[str]) -> None:
    parsed = trees.read(f"mlp 1\n\n{text}\n")
    assert trees.say(parsed.file.source, parsed.diagnostics) == said


def test_a_stray_doc_comment_is_a_warning() -> None:
    assert [one.severity for one in trees.read("mlp 1\n## why\n").diagnostics] == ["warning"]


@pytest.mark.parametrize(("text", "said"), INSIDE, ids=lambda value: value if isinstance(value, str) else "")
def test_safe_fixes_fix(text: str, said: list[str]) -> None:
    """A fix marked safe, applied, leaves one mistake less and makes no new one."""
    program = f"mlp 1\n\nstep s {{\n{text}\n}}\n"
    before = parse(Source("main.mlp", program)).diagnostics
    for one in before:
        for fix in one.fixes:
            if not fix.safe:
                continue
            after = program
            for span, insert in sorted(fix.edits, key=lambda edit: -edit[0].start):
                after = after[: span.start] + insert + after[span.end :]
            left = parse(Source("main.mlp", after)).diagnostics
            assert len(left) < len(before), (after, [str(each) for each in left])
