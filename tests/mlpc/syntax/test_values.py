"""What literals say, and the shape of trees: a text, then what it is."""

from __future__ import annotations

from typing import Any

import pytest

from mlpc.syntax.tree import Decl, Field, String
from tests.mlpc.syntax import trees


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("12", 12),
        ("007", 7),
        ("1.50", 1.5),
        ("1e4", 10000.0),
        ("1E-4", 0.0001),
        ("95%", 0.95),
        ("99.9%", 0.999),
        ("0.1%", 0.001),
        ("1e2%", 1.0),
        ("123456789012345678901234567890", 123456789012345678901234567890),
    ],
)
def test_numbers(text: str, value: float) -> None:
    node = trees.value(text)
    assert (node.text, node.value, type(node.value)) == (text, value, type(value))


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("20min", 20, "min"),
        ("2GiB", 2, "GiB"),
        ("0.5h", 0.5, "h"),
        ("1e3ms", 1000.0, "ms"),
        ("1e", 1, "e"),
        ("40USD", 40, "USD"),
    ],
)
def test_quantities(text: str, value: float, unit: str) -> None:
    node = trees.value(text)
    assert (node.text, node.value, node.unit) == (text, value, unit)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('""', ("",)),
        ('"a b"', ("a b",)),
        (r'"\" \\ \n \t \$"', ('" \\ \n \t $',)),
        (r'"\u{e9}\u{1F600}"', ("é😀",)),
        (r'"\${a}"', ("${a}",)),
        ('"$a $"', ("$a $",)),
        ('"größe # no comment"', ("größe # no comment",)),
        ('"""a"""', ("a",)),
        ('""""""', ("",)),
        ('"""say "hi" """', ('say "hi" ',)),
        ('"""\n  a\n    b\n  """', ("a\n  b",)),
        ('"""\n    a\n\n  b\n"""', ("    a\n\n  b",)),
        ('"""\n    a\n  """', ("  a",)),
        ('"""\r\n  a\r\n  b\r\n  """', ("a\nb",)),
        ('"""\n  a\n  b"""', ("a\nb",)),
        ('"""first\n  second\n  """', ("first\nsecond",)),
        ('"""\n\ta\n\t"""', ("a",)),
        (r'"""\n \"""" ""' + '"""', None),
    ],
)
def test_strings(text: str, parts: tuple[str, ...] | None) -> None:
    if parts is None:
        assert trees.errors(trees.read(f"mlp 1\nlet x = {text}\n")) != []
        return
    node = trees.value(text)
    assert isinstance(node, String)
    assert (node.parts, node.text, node.block) == (parts, text, text.startswith('"""'))


def test_interpolations_are_expressions_with_places() -> None:
    text = 'mlp 1\nlet x = "a ${b.c} d ${e[0] + 1}"\n'
    node: Any = trees.good(text).items[0].value  # type: ignore[union-attr]
    first, ref, second, sum = node.parts
    assert (first, second) == ("a ", " d ")
    assert trees.dump(ref) == ("Ref", ("b", "c"))
    assert text[ref.start : ref.end] == "b.c"
    assert sum.operator == "+"
    assert text[sum.start : sum.end] == "e[0] + 1"


def test_interpolations_in_a_text_block() -> None:
    node = trees.value('"""\n    select ${a}\n    from ${b.c}\n    """')
    assert [part if isinstance(part, str) else part.names for part in node.parts] == [
        "select ",
        ("a",),
        "\nfrom ",
        ("b", "c"),
    ]


def shape(node: Any) -> Any:
    """Return an expression with all its brackets."""
    name, *held = trees.dump(node)
    if name == "Binary":
        left, operator, right = node.left, node.operator, node.right
        return f"({shape(left)} {operator} {shape(right)})"
    if name == "Unary":
        return f"({node.operator} {shape(node.operand)})"
    if name == "Range":
        return f"({shape(node.low)} .. {shape(node.high)})"
    if name == "If":
        return f"(if {shape(node.condition)} then {shape(node.then)} else {shape(node.otherwise)})"
    if name == "Ref":
        return ".".join(held[0])
    return node.text


@pytest.mark.parametrize(
    ("text", "bracketed"),
    [
        ("a or b and c", "(a or (b and c))"),
        ("a and b or c", "((a and b) or c)"),
        ("not a and b", "((not a) and b)"),
        ("not a == b", "(not (a == b))"),
        ("a == b + c * d", "(a == (b + (c * d)))"),
        ("a - b - c", "((a - b) - c)"),
        ("a / b * c", "((a / b) * c)"),
        ("-a * b", "((- a) * b)"),
        ("- -a", "(- (- a))"),
        ("a in b .. c + 1", "(a in (b .. (c + 1)))"),
        ("a not in b", "(a not in b)"),
        ("a in b and c not in d", "((a in b) and (c not in d))"),
        ("if a then b else c or d", "(if a then b else (c or d))"),
        ("if a then b else if c then d else e", "(if a then b else (if c then d else e))"),
        ("1..3", "(1 .. 3)"),
        ("a.b..c.d", "(a.b .. c.d)"),
    ],
)
def test_precedence(text: str, bracketed: str) -> None:
    assert shape(trees.value(text)) == bracketed


def test_a_declaration_has_all_its_parts() -> None:
    (node,) = trees.good(
        "mlp 1\n\n## Why.\n##   Because.\nparam x each a in b: int in 1..2 @m(3) = 4 { c = 5 }\n"
    ).items
    assert isinstance(node, Decl)
    assert node.doc is not None
    assert node.doc.lines == ("Why.", "  Because.")
    assert (node.kind.text, trees.dump(node.name)) == ("param", ("Name", "x"))
    assert trees.dump(node.eaches) == (("Each", ("Ref", ("b",)), ("Name", "a")),)
    assert node.type is not None
    assert node.type.name.text == "int"
    assert node.type.refinement is not None
    assert node.type.refinement.operator == "in"
    assert [mark.name.text for mark in node.type.marks] == ["m"]
    assert trees.dump(node.value) == ("Number", "4", 4)
    assert node.body is not None
    assert node.body.one_line


def test_docs_belong_to_what_is_below() -> None:
    (node,) = trees.good(
        "mlp 1\nschema A {\n  ## The b.\n  b: int\n\n  ## All others.\n\n  ...: float\n  # plain\n  c: int\n}\n"
    ).items
    assert isinstance(node, Decl)
    assert node.body is not None
    docs = []
    for item in node.body.items:
        assert isinstance(item, Field)
        docs.append(item.doc.lines if item.doc else None)
    assert docs == [("The b.",), ("All others.",), None]


def test_given_keeps_what_it_sets() -> None:
    (test,) = trees.good('mlp 1\ntest "a" { given b.c = 80%, expect not d }\n').items
    given, expect = trees.dump(test)[1][1]
    assert given == ("Fact", ("Binary", ("Ref", ("b", "c")), "=", ("Number", "80%", 0.8)), ("Name", "given"))
    assert expect == ("Fact", ("Unary", ("Ref", ("d",)), "not"), ("Name", "expect"))


def test_comments_know_whether_they_have_a_line_of_their_own() -> None:
    file = trees.good("# a\nmlp 1 # b\n\n  ## c\nlet x = [ # d\n  # e\n  1]\n")
    assert [(one.text, one.doc, one.own_line) for one in file.comments] == [
        ("# a", False, True),
        ("# b", False, False),
        ("## c", True, True),
        ("# d", False, False),
        ("# e", False, True),
    ]
    behind_a_slip = trees.read("mpl 1 # a\n# b\n").file
    assert [one.own_line for one in behind_a_slip.comments] == [False, True]


def test_windows_line_ends_change_no_place() -> None:
    text = 'mlp 1\r\n\r\nstep a {\r\n  b = "c" # d\r\n}\r\n'
    file = trees.good(text)
    assert [comment.text for comment in file.comments] == ["# d"]
    assert trees.dump(file) == trees.dump(trees.good(text.replace("\r\n", "\n")))
    assert file.source.position(file.items[0].end) == (5, 2)
