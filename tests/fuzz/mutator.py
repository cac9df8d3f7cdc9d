"""Changes texts as somebody might who types, and as nobody would: token by token, line by line, and by brackets."""

from __future__ import annotations

import random

from tests.fuzz.seeds import ODD, TOKEN, WORDS

#: Characters that a mutated text has at most: longer ones have tests of their own, `tests/mlpc/test_limits.py`.
LONGEST = 20_000
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def mutated(text: str, other: str, choose: random.Random, times: int) -> str:
    """Return ``text`` after several changes; some put parts of ``other`` into it."""
    tokens = TOKEN.findall(text)
    others = TOKEN.findall(other)
    for _ in range(times):
        if choose.randrange(4):
            _token(tokens, others, choose)
        else:
            lines = "".join(tokens).split("\n")
            mutate_lines(lines, choose)
            tokens = TOKEN.findall("\n".join(lines))
    return "".join(tokens)[:LONGEST]


def mutate(tokens: list[str], choose: random.Random) -> None:
    """Change ``tokens`` in place as somebody might who types."""
    words = [index for index, token in enumerate(tokens) if not token.isspace()]
    if not words:
        return
    at = choose.choice(words)
    what = choose.randrange(5)
    if what == 0:
        tokens[at] = ""
    elif what == 1:
        tokens[at] += " " + tokens[at]
    elif what == 2:
        other = choose.choice(words)
        tokens[at], tokens[other] = tokens[other], tokens[at]
    elif what == 3:
        tokens[at] = choose.choice(WORDS)
    else:
        tokens[at] = tokens[choose.choice(words)]


def mutate_lines(lines: list[str], choose: random.Random) -> None:
    """Delete a line, double it, or move it elsewhere."""
    at = choose.randrange(len(lines))
    what = choose.randrange(3)
    if what == 0:
        del lines[at]
    elif what == 1:
        lines.insert(at, lines[at])
    else:
        lines.insert(choose.randrange(len(lines)), lines.pop(at))


def _token(tokens: list[str], others: list[str], choose: random.Random) -> None:
    what = choose.randrange(8)
    if what < 3 or not tokens:
        mutate(tokens, choose)
        return
    at = choose.randrange(len(tokens))
    if what == 3:
        tokens[at] = choose.choice(ODD)
    elif what == 4:
        tokens.insert(at, choose.choice(ODD))
    elif what == 5:
        group = _group(others, choose)  # from elsewhere, whole
        tokens[at : at + choose.randrange(2)] = group
    elif what == 6:
        group = _group(tokens, choose)  # into itself
        tokens[at:at] = group
    else:
        opening = choose.choice(list(_CLOSING))
        end = min(len(tokens), at + 1 + choose.randrange(12))
        deep = choose.choice((1, 1, 3, 60))
        tokens[at:end] = [opening * deep, *tokens[at:end], _CLOSING[opening] * deep]


def _group(tokens: list[str], choose: random.Random) -> list[str]:
    """Return some tokens in a row: what stands between two brackets, with what leads to it, or a line."""
    if not tokens:
        return []
    start = choose.randrange(len(tokens))
    while start > 0 and "\n" not in tokens[start - 1]:
        start -= 1
    depth = 0
    for end in range(start, min(len(tokens), start + 300)):
        depth += (tokens[end] in _CLOSING) - (tokens[end] in _CLOSING.values())
        if depth <= 0 and "\n" in tokens[end]:
            return tokens[start : end + 1]
    return tokens[start : start + 40]
