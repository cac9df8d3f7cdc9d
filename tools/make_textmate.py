"""Write the TextMate grammar of VS Code: `make textmate`.

The words are the language's own: what is reserved, the types, units and kinds are read from the compiler and from the library, so
that a new kind has its colour. A test sees to it that the grammar is up to date, and compares it with the compiler's lexer.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

import mlpc_stdlib
from mlpc.check.types import ARTEFACTS, VALUE_TYPES
from mlpc.check.units import UNITS
from mlpc.resolve.modules import TOP_KINDS
from mlpc.resolve.program import LANGUAGE_KINDS, PIPELINE_BLOCKS
from mlpc.source import Source
from mlpc.syntax import tree
from mlpc.syntax.lexer import RESERVED, STATEMENT_WORDS
from mlpc.syntax.parser import parse

TARGET = Path(__file__).resolve().parents[1] / "editors/vscode/syntaxes/mlp.tmLanguage.json"

_WORD = "[A-Za-z_][A-Za-z0-9_]*"
_NUMBER = "[0-9]+(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
#: A statement or declaration begins its line, or stands behind a brace or a comma.
_BEGINS = "(?:^|(?<=[{,]))\\s*"
_CONSTANTS = ("true", "false", "none")
_FLOW = ("each", "when", "if", "then", "else")
#: What is declared inside of a pipeline, a component or a kind, besides blocks of the kinds of the library.
_VALUES = ("input", "let", "output", "param", "quantity", "secret")
_MEMBERS = ("block", "verb")

Rule = dict[str, object]


def kinds() -> list[str]:
    """Return every kind that the library declares."""
    found = set()
    for name in ("kinds", "roles"):
        path = Path(mlpc_stdlib.__path__[0]) / f"{name}.mlp"
        file = parse(Source(path.name, path.read_text(encoding="utf-8"))).file
        for item in file.items:
            if isinstance(item, tree.Decl) and item.kind.text == "kind" and item.name is not None:
                found.add(item.name.text if isinstance(item.name, tree.Name) else str(item.name))
    return sorted(found)


def any_of(words: Iterable[str]) -> str:
    """Return an expression for one of ``words``, the longest first."""
    return "(?:" + "|".join(sorted(words, key=lambda word: (-len(word), word))) + ")"


def rule(match: str, name: str = "", **captures: str) -> Rule:
    """Return a rule for what ``match`` finds; ``captures`` are scopes of its groups: ``_1 = …``."""
    made: Rule = {"match": match}
    if name:
        made["name"] = name
    if captures:
        made["captures"] = {key[1:]: {"name": scope} for key, scope in captures.items()}
    return made


def include(*names: str) -> list[Rule]:
    """Return rules that stand for others."""
    return [{"include": f"#{name}"} for name in names]


def grammar() -> Rule:
    """Return the grammar."""
    words = [word for word in RESERVED if word not in (*_CONSTANTS, *_FLOW)]
    types = {*VALUE_TYPES, *ARTEFACTS, "column", "schema", "device", "call"}
    declared = any_of({*kinds(), *TOP_KINDS, *LANGUAGE_KINDS, *PIPELINE_BLOCKS, *_MEMBERS} - set(_VALUES))
    no_name = f"(?!{any_of(RESERVED)}\\b)"
    repository: dict[str, Rule] = {
        "comments": {
            "patterns": [
                rule("##(?!#).*$", "comment.line.documentation.mlp"),
                rule("#.*$", "comment.line.number-sign.mlp"),
            ]
        },
        "statements": {
            "patterns": [
                rule(
                    "^\\s*(mlp)\\s+([0-9]+)",
                    _1="keyword.control.edition.mlp",
                    _2="constant.numeric.edition.mlp",
                ),
                rule(
                    f"{_BEGINS}(remove)\\s+({_WORD})\\b(?=\\s*(?:[}},#]|$))",
                    _1="keyword.control.mlp",
                    _2="entity.name.type.mlp",
                ),
                rule('^\\s*(use)(?=\\s+["A-Za-z])', _1="keyword.control.import.mlp"),
                rule(
                    f"\\b(as)\\s+({_WORD})(?=\\s*(?:#.*)?$)",
                    _1="keyword.control.import.mlp",
                    _2="entity.name.namespace.mlp",
                ),
                rule(f"{_BEGINS}({any_of(STATEMENT_WORDS)})(?=\\s+[^\\s=:])", _1="keyword.control.mlp"),
                # `rollback when …`: what is done, and when.
                rule(f"{_BEGINS}({_WORD})\\s+(when)\\b", _1="keyword.control.mlp", _2="keyword.control.mlp"),
            ]
        },
        "declarations": {
            "patterns": [
                # `let seed = 1`, `param trees: int in 1..500 = 200`
                rule(
                    f"{_BEGINS}({any_of(_VALUES)})\\s+{no_name}({_WORD})\\b(?=\\s*[:=])",
                    _1="storage.type.mlp",
                    _2="variable.other.readwrite.declaration.mlp",
                ),
                # `train forest each region in regions: sklearn.random_forest {`
                rule(
                    f"{_BEGINS}({declared})\\s+{no_name}({_WORD})\\b(?!\\s*[=.(])"
                    f"(?:\\s*(:)\\s*({_WORD}(?:\\.{_WORD})*)(?=\\s*(?:\\{{|$)))?",
                    _1="storage.type.mlp",
                    _2="entity.name.type.mlp",
                    _3="punctuation.separator.type.mlp",
                    _4="entity.other.inherited-class.mlp",
                ),
                rule(f'{_BEGINS}({declared})(?=\\s+")', _1="storage.type.mlp"),
                rule(f"{_BEGINS}({any_of(PIPELINE_BLOCKS)})(?=\\s*\\{{)", _1="storage.type.mlp"),
                # A kind that the project declares itself.
                rule(
                    f"{_BEGINS}{no_name}({_WORD})\\s+{no_name}({_WORD})\\s*(:)\\s*({_WORD}(?:\\.{_WORD})*)(?=\\s*\\{{)",
                    _1="storage.type.mlp",
                    _2="entity.name.type.mlp",
                    _3="punctuation.separator.type.mlp",
                    _4="entity.other.inherited-class.mlp",
                ),
                rule(
                    f"{_BEGINS}{no_name}({_WORD})\\s+{no_name}({_WORD})(?=\\s*\\{{)",
                    _1="storage.type.mlp",
                    _2="entity.name.type.mlp",
                ),
                # The component behind `each … in …:`.
                rule(
                    f"(:)\\s*({_WORD}(?:\\.{_WORD})*)(?=\\s*\\{{)",
                    _1="punctuation.separator.type.mlp",
                    _2="entity.other.inherited-class.mlp",
                ),
                # Columns of a schema.
                rule(
                    f"{_BEGINS}{no_name}({_WORD})\\s*(:)",
                    _1="variable.other.property.mlp",
                    _2="punctuation.separator.type.mlp",
                ),
            ]
        },
        "strings": {
            "patterns": [
                {
                    "name": "string.quoted.triple.mlp",
                    "begin": '"""',
                    "end": '"""',
                    "beginCaptures": {"0": {"name": "punctuation.definition.string.begin.mlp"}},
                    "endCaptures": {"0": {"name": "punctuation.definition.string.end.mlp"}},
                    "patterns": include("escapes", "interpolation"),
                },
                {
                    "name": "string.quoted.double.mlp",
                    "begin": '"',
                    "end": '"|(?=$)',
                    "beginCaptures": {"0": {"name": "punctuation.definition.string.begin.mlp"}},
                    "endCaptures": {"0": {"name": "punctuation.definition.string.end.mlp"}},
                    "patterns": include("escapes", "interpolation"),
                },
            ]
        },
        "escapes": rule("\\\\(?:u\\{[0-9A-Fa-f]+\\}|.)", "constant.character.escape.mlp"),
        "interpolation": {
            "name": "meta.template.expression.mlp",
            "begin": "\\$\\{",
            "end": "\\}",
            "beginCaptures": {"0": {"name": "punctuation.definition.template-expression.begin.mlp"}},
            "endCaptures": {"0": {"name": "punctuation.definition.template-expression.end.mlp"}},
            "patterns": include("values"),
        },
        "values": {
            "patterns": [
                *include("numbers"),
                rule(f"@{_WORD}", "storage.modifier.mlp"),
                rule(f"(?<![.\\w]){any_of(_CONSTANTS)}\\b", "constant.language.mlp"),
                rule(f"(?<![.\\w]){any_of(words)}\\b", "keyword.operator.expression.mlp"),
                rule(f"(?<![.\\w]){any_of(_FLOW)}\\b", "keyword.control.mlp"),
                rule(f"(?<=:|: ){any_of(types)}\\b(?!\\s*[.{{])", "support.type.mlp"),
                rule(f"(?<=\\(){any_of(types)}\\b(?!\\s*[=.:{{\\[])", "support.type.mlp"),
                rule(f"\\b{_WORD}(?=\\s*(?:=(?!=)|\\{{))", "variable.other.property.key.mlp"),
                rule(f"\\b{_WORD}(?=\\()", "entity.name.function.mlp"),
                rule(
                    f"\\b({_WORD})(\\.)({_WORD})",
                    _1="variable.other.object.mlp",
                    _2="punctuation.accessor.mlp",
                    _3="variable.other.property.mlp",
                ),
                rule(f"(\\.)({_WORD})", _1="punctuation.accessor.mlp", _2="variable.other.property.mlp"),
                rule(f"\\b{_WORD}", "variable.other.readwrite.mlp"),
                rule("==|!=|<=|>=|<|>", "keyword.operator.comparison.mlp"),
                rule("\\.\\.\\.|\\.\\.", "keyword.operator.range.mlp"),
                rule("[+\\-*/]", "keyword.operator.arithmetic.mlp"),
                rule("=", "keyword.operator.assignment.mlp"),
                rule(",", "punctuation.separator.comma.mlp"),
                rule(":", "punctuation.separator.type.mlp"),
                rule("[\\[\\]()]", "punctuation.section.brackets.mlp"),
            ]
        },
        "numbers": {
            "patterns": [
                rule(
                    f"({_NUMBER})(%|{any_of(UNITS)}(?![A-Za-z0-9_]))",
                    _1="constant.numeric.mlp",
                    _2="keyword.other.unit.mlp",
                ),
                rule(f"({_NUMBER})({_WORD})?", _1="constant.numeric.mlp", _2="invalid.illegal.unit.mlp"),
            ]
        },
        "braces": rule("[{}]", "punctuation.section.block.mlp"),
    }
    return {
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "mlp",
        "scopeName": "source.mlp",
        "fileTypes": ["mlp"],
        "patterns": include("comments", "statements", "declarations", "strings", "values", "braces"),
        "repository": repository,
    }


def text() -> str:
    """Return the file."""
    return json.dumps(grammar(), indent=2) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
    sys.stdout.write(f"{TARGET.relative_to(TARGET.parents[3])}\n")
