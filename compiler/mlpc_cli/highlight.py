"""Colours for `.mlp` in what Pygments draws: pages on a terminal, and the documentation site.

Words, numbers and strings are told apart as the lexer of the compiler does it; a test compares the two on every spec.
"""

from __future__ import annotations

from pygments.lexer import RegexLexer, bygroups, default, words
from pygments.token import (
    Comment,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Text,
    Whitespace,
)

_WORD = r"[A-Za-z_][A-Za-z0-9_]*"
_RESERVED = ("and", "or", "not", "in", "if", "then", "else", "each", "when")
_STATEMENT = r"(?:require|given|expect)(?=[ \t]+[^ \t=:])"
_TYPES = (
    "bool", "int", "float", "string", "date", "datetime", "duration", "size", "frequency", "power", "energy",
    "money", "url", "path", "cron", "enum", "list", "map", "tensor", "range", "dataset", "model", "metrics", "report",
    "file", "endpoint",
)  # fmt: skip
_NUMBER = r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?+"
_NO_NAME = rf"(?!(?:{'|'.join((*_RESERVED, 'true', 'false', 'none'))})\b)"
_DECLARATION = rf"(?m)(^[ \t]*){_NO_NAME}({_WORD})([ \t]+)(?={_NO_NAME}{_WORD}|\")"


class MlpLexer(RegexLexer):
    """Splits a spec into coloured words."""

    name = "mlp"
    aliases = ["mlp"]
    filenames = ["*.mlp"]
    mimetypes = ["text/x-mlp"]
    url = ""

    tokens = {
        "root": [
            (r"(?m)(^[ \t]*)(mlp)(?=[ \t]+[0-9])", bygroups(Whitespace, Keyword.Namespace), "rest"),
            (r"(?m)(^[ \t]*)(use)(?=[ \t]+[\"A-Za-z])", bygroups(Whitespace, Keyword.Namespace), "rest"),
            # A declaration begins its line, or stands behind a brace or a comma: `train forest: …`, `data cells { … }`.
            (rf"(?m)(^[ \t]*)({_STATEMENT})", bygroups(Whitespace, Keyword)),
            (_DECLARATION, bygroups(Whitespace, Keyword.Declaration, Whitespace), "declared"),
            (rf"(?m)(^[ \t]*)({_WORD})(?=[ \t]+when\b)", bygroups(Whitespace, Keyword)),
            default("rest"),
        ],
        # The name of what is declared.
        "declared": [
            (rf"({_WORD})", Name.Class, "#pop"),
            default("#pop"),
        ],
        "rest": [
            (r"\n", Whitespace, "#pop"),
            (r"[ \t\r]+", Whitespace),
            (r"##(?!#)[^\n]*", String.Doc),
            (r"#[^\n]*", Comment.Single),
            (r'"""', String, "block"),
            (r'"', String, "string"),
            (rf"({_NUMBER})({_WORD}|%)", bygroups(Number, Keyword.Type)),
            (_NUMBER, Number),
            (rf"@{_WORD}", Name.Decorator),
            (words(_RESERVED, prefix=r"(?<![.A-Za-z0-9_])", suffix=r"\b"), Operator.Word),
            (words(("true", "false", "none"), prefix=r"(?<![.A-Za-z0-9_])", suffix=r"\b"), Keyword.Constant),
            (_STATEMENT, Keyword),
            (rf"{_WORD}(?=[ \t]*(?:=(?!=)|\{{))", Name.Attribute),
            (words(_TYPES, prefix=r"(?<=: )", suffix=r"\b(?!\.)"), Keyword.Type),
            (rf"{_WORD}(?=\()", Name.Function),
            (rf"{_WORD}", Name),
            (r"==|!=|<=|>=|\.\.\.|\.\.|/(?!/)|[=<>+\-*]", Operator),
            (r"[:{}()\[\],.]", Punctuation),
            (r".", Text),
        ],
        "inside": [
            (r"\}", String.Interpol, "#pop"),
            (r"[ \t\r\n]+", Whitespace),
            (rf"({_NUMBER})({_WORD}|%)?", bygroups(Number, Keyword.Type)),
            (words(_RESERVED, suffix=r"\b"), Operator.Word),
            (_WORD, Name),
            (r"[.:\[\]()+\-*/,<>=!]+", Operator),
            (r".", Text),
        ],
        "string": [
            (r"\$\{", String.Interpol, "inside"),
            (r'"', String, "#pop"),
            (r"\\(?:u\{[0-9A-Fa-f]+\}|.)", String.Escape),
            (r'[^"\\\n$]+|\$', String),
            (r"\n", Whitespace, "#pop:2"),
        ],
        "block": [
            (r"\$\{", String.Interpol, "inside"),
            (r'"""', String, "#pop"),
            (r"\\(?:u\{[0-9A-Fa-f]+\}|[\s\S])", String.Escape),
            (r'[^"\\$]+|\$|"', String),
        ],
    }
