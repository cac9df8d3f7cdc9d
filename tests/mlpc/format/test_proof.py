"""What the formatter refuses, and how it finds out that it went wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mlpc.format import format_source
from mlpc.format.layout import lay_out
from mlpc.format.same import difference
from mlpc.source import Source
from mlpc.syntax.parser import parse

PROGRAM = "mlp 1\nlet a=[1,2] # one\n## Doc.\nparam b: int=3\n"
FORMATTED = "mlp 1\n\nlet a = [1, 2]  # one\n\n## Doc.\nparam b: int = 3\n"


def test_a_file_with_mistakes_comes_back_as_it_was() -> None:
    text = "mlp 1\nlet a =\nlet   b = 1\nlet c =\n"
    result = format_source(Source("main.mlp", text))
    assert result.text == text
    assert not result.changed
    *mistakes, refused = result.diagnostics
    assert [str(mistake.span) for mistake in mistakes] == ["main.mlp:2:8", "main.mlp:4:8"]
    assert (refused.code.code, refused.code.name) == ("MLP801", "not-formatted")
    assert refused.message == "main.mlp is not formatted: it has 2 errors"
    assert refused.span == mistakes[0].span


def test_a_newer_edition_is_not_touched() -> None:
    result = format_source(Source("main.mlp", "mlp 2\nanything   at all"))
    assert [mistake.code.name for mistake in result.diagnostics] == ["newer-edition", "not-formatted"]
    assert not result.changed


def test_a_warning_is_no_reason_to_refuse() -> None:
    source = Source("main.mlp", "mlp 1\n\nlet a=1\n\n## Belongs to nothing.\n")
    assert [mistake.code.name for mistake in parse(source).diagnostics] == ["stray-doc-comment"]
    assert format_source(source).text == "mlp 1\n\nlet a = 1\n\n## Belongs to nothing.\n"


def test_nothing_to_change() -> None:
    result = format_source(Source("main.mlp", FORMATTED))
    assert (result.text, result.changed, result.diagnostics) == (FORMATTED, False, ())


@pytest.mark.parametrize(
    ("breaks", "message"),
    [
        (lambda text: text.replace("= [", "= [["), "has a syntax error"),
        (lambda text: text.replace("2", "3"), "would not say the same here"),
        (lambda text: text.replace("[1, 2]", "[2, 1]"), "would not say the same here"),
        (lambda text: text.replace("  # one", ""), "would not say the same here"),
        (lambda text: text.replace("# one", "# two"), "would not say the same here"),
        (lambda text: text.replace("## Doc.\n", "") + "## Doc.\n", "would not say the same here"),
        (
            lambda text: text.replace("let a = [1, 2]  # one", "").replace("## Doc.", "# one"),
            "not say the same",
        ),
        (lambda text: text.replace("int = 3", "int  = 3"), "would be changed when formatted again"),
        (lambda text: text + "\n", "would be changed when formatted again"),
    ],
)
def test_a_formatter_that_goes_wrong_finds_out(
    breaks: Callable[[str], str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = iter([True])
    monkeypatch.setattr(
        "mlpc.format.lay_out",
        lambda tokens: breaks(lay_out(tokens)) if next(first, False) else lay_out(tokens),
    )
    result = format_source(Source("main.mlp", PROGRAM))
    assert result.text == PROGRAM
    assert not result.changed
    (fault,) = result.diagnostics
    assert (fault.code.code, fault.code.name) == ("MLP802", "formatter-fault")
    assert message in fault.message
    assert "this is a fault of mlpc" in fault.help[0]


def differs(left: str, right: str) -> bool:
    """Whether two programs say something different."""
    ours, theirs = (parse(Source("main.mlp", f"mlp 1\n{text}\n")).file for text in (left, right))
    assert (difference(ours, theirs) is None) == (difference(theirs, ours) is None)
    return difference(ours, theirs) is not None


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("let a = 1", "let   a=1"),
        ("let a = [1]", "let a = [\n1,\n]"),
        ("data a { b = 1, c = 2 }", "data a {\nb = 1\nc = 2\n}"),
        ('let a = """\n  b\n  """', 'let a = """\n      b\n      """'),
        ("let a = 1 # c", "let a = 1\n# c   "),
        ("## D. \nlet a = 1", "## D.\nlet a = 1"),
        (r'let a = "\u{41}"', 'let a = "A"'),
    ],
)
def test_layout_is_no_difference(left: str, right: str) -> None:
    assert not differs(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("let a = 1", "let a = 2"),
        ("let a = 1", "let a = 1.0"),
        ("let a = 100%", "let a = 1.0"),
        ("let a = b", "let a = (b)"),
        ("let a = b + c", "let a = b - c"),
        ("let a = b + c + d", "let a = b + (c + d)"),
        ("let a = [1, 2]", "let a = [2, 1]"),
        ("let a = [1, 2]", "let a = [1]"),
        ("let a = 1", "let a = 1\nlet b = 1"),
        ("data a { b = 1 }", "data a { b { } }"),
        ("data a: b { }", "data a: b"),
        ('let a = """\n  b\n  """', 'let a = """\n    b\n  """'),
        ("## D.\nlet a = 1", "let a = 1"),
        ("## D.\nlet a = 1", "# D.\nlet a = 1"),
        ("# c\nlet a = 1", "let a = 1"),
        ("# c\n# d\nlet a = 1", "# d\n# c\nlet a = 1"),
        ("use std.a", "use std.a as b"),
    ],
)
def test_anything_else_is_one(left: str, right: str) -> None:
    assert differs(left, right)
