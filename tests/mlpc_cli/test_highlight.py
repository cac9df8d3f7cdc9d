"""The colours of `.mlp` stand where the compiler's own lexer sees names, numbers, strings and comments."""

from __future__ import annotations

from pathlib import Path

import pytest
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import Comment, Keyword, Name, Number, Operator, String, Token, Whitespace, _TokenType

from mlpc.syntax import tree
from mlpc.syntax.lexer import RESERVED, STATEMENT_WORDS, lex
from mlpc_cli.highlight import MlpLexer

ROOT = Path(__file__).resolve().parents[2]
SPECS = sorted(
    path
    for folder in ("tests/specs", "examples", "stdlib/mlpc_stdlib", "backends", "compiler/mlpc_cli/templates")
    for path in (ROOT / folder).rglob("*.mlp")
)
#: What the colours of a node of the compiler may be.
COLOURS: dict[type[object], tuple[_TokenType, ...]] = {
    tree.Number: (Number, Keyword.Type),
    tree.Quantity: (Number, Keyword.Type),
    tree.String: (String, Name, Number, Operator, Whitespace, Keyword.Type),
    tree.Bool: (Keyword.Constant,),
    tree.NoneLiteral: (Keyword.Constant,),
    tree.Name: (Name, Keyword),
    tree.Ref: (Name, Keyword, Token.Punctuation),
}


def coloured(text: str) -> list[_TokenType]:
    """Return the colour of every character."""
    colours: list[_TokenType] = []
    for colour, part in MlpLexer(stripnl=False, ensurenl=False).get_tokens(text):
        colours += [colour] * len(part)
    assert len(colours) == len(text)
    return colours


def inside(colour: _TokenType, known: _TokenType) -> bool:
    """Return whether a colour is ``known`` or a shade of it."""
    return colour[: len(known)] == known


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_spec_is_coloured_as_the_compiler_reads_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    colours = coloured(text)
    tokens = lex(text)
    for comment in tokens.comments:
        assert all(
            inside(each, String.Doc if comment.doc else Comment)
            for each in colours[comment.start : comment.end]
        )
    seen = 0
    for node in tokens.values:
        if isinstance(node, tree.Node) and type(node) in COLOURS and text[node.start] not in "=!<>":
            seen += 1
            own = colours[node.start : node.end]
            assert all(any(inside(each, known) for known in COLOURS[type(node)]) for each in own), (
                text[node.start : node.end],
                own,
            )
    assert seen > 0
    assert Token.Error not in colours
    assert Token.Text not in colours


def test_words_that_the_compiler_reserves_are_coloured_as_such() -> None:
    for word in RESERVED:
        colour = coloured(f"x = {word} y\n")[4]
        assert colour in (Operator.Word, Keyword.Constant), word
    for word in STATEMENT_WORDS:
        assert coloured(f"{word} a > 1\n")[0] is Keyword
        assert coloured(f"{word} = 1\n")[0] is Name.Attribute


@pytest.mark.parametrize(
    ("text", "at", "colour"),
    [
        ("train forest: sklearn.random_forest {\n", "train", Keyword.Declaration),
        ("train forest: sklearn.random_forest {\n", "forest:", Name.Class),
        ("  age: int in 0..120 @label\n", "int", Keyword.Type),
        ("  age: int in 0..120 @label\n", "@label", Name.Decorator),
        ("  model = model[region]\n", "model[", Name),
        ("  timeout = 20min\n", "20", Number),
        ("  timeout = 20min\n", "min", Keyword.Type),
        ('  path = "a ${b} c"\n', "b", Name),
        ('  path = "a ${b} c"\n', "c", String),
        ('  path = "a \\${b} c"\n', "b", String),
        ("## what it is for\n", "what", String.Doc),
        ("# a remark\n", "remark", Comment.Single),
        ('test "it runs" {\n', "test", Keyword.Declaration),
        ("alert silent when requests < 10\n", "when", Operator.Word),
    ],
)
def test_a_word(text: str, at: str, colour: _TokenType) -> None:
    assert coloured(text)[text.index(at)] is colour


def test_pygments_finds_it_by_name_and_by_file() -> None:
    assert isinstance(get_lexer_by_name("mlp"), MlpLexer)
    assert isinstance(get_lexer_for_filename("main.mlp"), MlpLexer)


@pytest.mark.parametrize(
    "text", ["", '"', '"""', '"${', "x = ", "@", "\n\n", "é ☃ \t", '"a\nb', "train \n forest"]
)
def test_no_text_is_lost(text: str) -> None:
    coloured(text)
