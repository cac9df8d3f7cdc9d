"""Programs with one token left out, doubled, or changed for the next one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from mlpc.source import Source
from mlpc.syntax import tables as t
from mlpc.syntax.lexer import lex
from mlpc.syntax.recovery import spans

ROOT = Path(__file__).resolve().parents[3]
SPECS = sorted(ROOT.glob("tests/specs/*.mlp"))
# `closed.mlp` is a flat table of texts: one statement of one sort, over and over, would outweigh all others.
LIBRARY = [file for file in ROOT.glob("stdlib/mlpc_stdlib/*.mlp") if file.stem != "closed"]
OTHERS = sorted([*LIBRARY, *ROOT.glob("examples/*/*.mlp")])
KINDS = ("deletion", "doubling", "swap on a line", "swap over a line end")


class Mutant(NamedTuple):
    """A program with one mistake; ``lines`` are those on which it may be seen."""

    kind: str
    spec: str
    original: str
    text: str
    lines: frozenset[int]


def places(text: str) -> list[tuple[int, int]]:
    """Return where the visible tokens of ``text`` are, those of the edition left out."""
    tokens = lex(text)
    found = []
    for kind, start, end in zip(tokens.kinds, *spans(tokens), strict=True):
        if kind == t.SEP and text[start] == ",":
            end = start + 1
        if end > start:
            found.append((start, end))
    return found[2:]


def partners(text: str) -> dict[int, int]:
    """Return where the other bracket of each pair is."""
    tokens = lex(text)
    open_brackets: list[int] = []
    found: dict[int, int] = {}
    for kind, start in zip(tokens.kinds, spans(tokens)[0], strict=True):
        if kind in (t.LBRACE, t.LPAR, t.LSQB):
            open_brackets.append(start)
        elif kind in (t.RBRACE, t.RPAR, t.RSQB):
            other = open_brackets.pop()
            found[start], found[other] = other, start
    return found


def _mutants(programs: list[Path]) -> Iterator[Mutant]:
    for spec in programs:
        text = spec.read_text(encoding="utf-8")
        source = Source(spec.name, text)
        beside = partners(text)
        tokens = places(text)

        def line(offset: int, source: Source = source) -> int:
            return source.position(offset)[0]

        for number, (start, end) in enumerate(tokens):
            lines = {line(start), line(end)}
            if start in beside:
                lines.add(line(beside[start]))
            around = text[:start], text[end:]
            yield Mutant("deletion", spec.name, text, f"{around[0]} {around[1]}", frozenset(lines))
            twice = f"{text[:end]} {text[start:end]}{around[1]}"
            yield Mutant("doubling", spec.name, text, twice, frozenset({line(start), line(end)}))
            if number + 1 == len(tokens):
                continue
            first, last = tokens[number + 1]
            swapped = f"{around[0]} {text[first:last]} {text[end:first]} {text[start:end]} {text[last:]}"
            kind = KINDS[2 + ("\n" in text[end:first])]
            yield Mutant(kind, spec.name, text, swapped, frozenset({line(start), line(first), line(last)}))


@cache
def mutants() -> list[Mutant]:
    """Return all mutants of the four reference programs."""
    return list(_mutants(SPECS))


@cache
def other_mutants() -> list[Mutant]:
    """Return all mutants of the standard library and the examples, which nothing was tuned to."""
    return list(_mutants(OTHERS))
