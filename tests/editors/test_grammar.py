"""The TextMate grammar of VS Code, asked by VS Code's own tokenizer."""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

from mlpc.check.units import UNITS
from mlpc.resolve.modules import TOP_KINDS
from mlpc.syntax import tree
from mlpc.syntax.lexer import RESERVED, STATEMENT_WORDS, lex
from tests.npm import installed
from tools.make_textmate import TARGET, kinds, text

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
EXTENSION = ROOT / "editors/vscode"
SNAPSHOTS = HERE / "snapshots"
SHOWN = [HERE / "constructs.mlp", *(ROOT / "tests/specs" / f"{name}.mlp" for name in ("digits", "regions"))]
SPECS = sorted(
    path
    for folder in ("tests/specs", "examples", "stdlib/mlpc_stdlib", "backends", "compiler/mlpc_cli/templates")
    for path in (ROOT / folder).rglob("*.mlp")
)
#: What each node of the compiler's lexer may be coloured as.
SCOPES: dict[type[object], tuple[str, ...]] = {
    tree.Number: ("constant.numeric", "keyword.other.unit"),
    tree.Quantity: ("constant.numeric", "keyword.other.unit"),
    tree.String: ("string.quoted",),
    tree.Bool: ("constant.language",),
    tree.NoneLiteral: ("constant.language",),
    tree.Name: (
        "variable",
        "entity.name",
        "entity.other",
        "support.type",
        "storage.type",
        "storage.modifier",
        "keyword.control",
    ),
    tree.Ref: ("variable", "entity.other", "punctuation.accessor", "support.type"),
}

Line = list[tuple[int, int, list[str]]]


def tokenized(*paths: Path) -> dict[str, list[Line]]:
    """Return the tokens of files, line by line: start, end (UTF-16 units) and scopes."""
    words = [
        "node",
        str(HERE / "tokens.mjs"),
        str(installed(EXTENSION, "vscode")),
        str(TARGET),
        *map(str, paths),
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[Line]] = json.loads(done.stdout)
    return found


@cache
def of_all_specs() -> dict[str, list[Line]]:
    return tokenized(*SPECS)


def scopes_of(text: str, lines: list[Line]) -> list[list[str]]:
    """Return the scopes of every character of a text without characters beyond the basic plane."""
    found: list[list[str]] = []
    for line, tokens in zip(text.split("\n"), lines, strict=True):
        of_line: list[list[str]] = [[] for _ in line]
        for start, end, scopes in tokens:
            of_line[start:end] = [scopes] * (end - start)
        found += [*of_line, []]
    return found[:-1]


def test_it_is_up_to_date() -> None:
    assert TARGET.read_text(encoding="utf-8") == text(), "`make textmate` writes it anew"


def test_the_words_of_the_language_are_in_it() -> None:
    words = {*kinds(), *TOP_KINDS, *RESERVED, *STATEMENT_WORDS, *UNITS}
    assert {"train", "pipeline", "each", "require", "KiB"} <= words
    sample = text()
    assert [word for word in words if word not in sample] == []


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.stem)
def test_scopes_are_as_they_were_looked_at(path: Path) -> None:
    """MLPC_SNAPSHOTS=write writes them anew."""
    lines = path.read_text(encoding="utf-8").split("\n")
    shown = []
    for number, (line, tokens) in enumerate(zip(lines, tokenized(path)[str(path)], strict=True), 1):
        shown.append(f"{number:3} {line}".rstrip())
        for start, end, scopes in tokens:
            if line[start:end].strip():
                names = " ".join(scope.removesuffix(".mlp") for scope in scopes) or "-"
                shown.append(f"      {line[start:end].strip():30} {names}")
    told = "\n".join(shown) + "\n"
    kept = SNAPSHOTS / f"{path.stem}.txt"
    if os.environ.get("MLPC_SNAPSHOTS") == "write":
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(told, encoding="utf-8")
    assert told == kept.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_spec_is_coloured_as_the_compiler_reads_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    scopes = scopes_of(text, of_all_specs()[str(path)])
    tokens = lex(text)
    for comment in tokens.comments:
        kind = "comment.line.documentation.mlp" if comment.doc else "comment.line.number-sign.mlp"
        assert all(kind in each for each in scopes[comment.start : comment.end] if each), text[
            comment.start : comment.end
        ]
    seen = 0
    for node in tokens.values:
        if not isinstance(node, tree.Node) or type(node) not in SCOPES or text[node.start] in "=!<>":
            continue
        seen += 1
        known = SCOPES[type(node)]
        for at in range(node.start, node.end):
            if text[at] != "\n":
                assert any(scope.startswith(known) for scope in scopes[at]), (
                    text[node.start : node.end],
                    scopes[at],
                )
    assert seen > 0
    assert not [scope for each in scopes for scope in each if scope.startswith("invalid")]


def test_a_file_that_is_being_written_does_not_spill(tmp_path: Path) -> None:
    """A string without an end ends with its line."""
    path = tmp_path / "main.mlp"
    path.write_text('let a = "no end\nlet b = 1 # yes\n', encoding="utf-8")
    first, second, _ = tokenized(path)[str(path)]
    assert first[-1][2] == ["string.quoted.double.mlp"]
    assert second[0][2] == ["storage.type.mlp"]
    assert second[-1][2] == ["comment.line.number-sign.mlp"]
