"""Where on a line a quote is missing: what stands beside the others tells which of them open a text and which close one."""

from __future__ import annotations

import re

# What stands before a text: a sign that a value follows, with its blanks, or the word before a name that is a text.
_BEFORE = re.compile(r"=[ \t]+|,[ \t]+|\{[ \t]+|[(\[]|\btest[ \t]+")
# What stands behind one: a sign that ends a value, or a word or an operator that goes on with it.
_BEHIND = re.compile(
    r"[ \t]*$|[,)\]]|[ \t]+[{}]|[ \t]+(?:then|else|and|or|in|not|as)\b|[ \t]+(?:[=!<>]=|[<>+@])"
)
_LONGEST = 400


def missing(line: str) -> tuple[bool, int, int] | None:
    """Return the text of ``line`` that lacks one of its quotes, or None where that cannot be told.

    First comes whether its opening quote is there, then where the text begins and ends, the quote that it has with it.
    """
    if len(line) > _LONGEST or "#" in line or "\\" in line or '"""' in line:
        return None
    places = [at for at, sign in enumerate(line) if sign == '"']
    if len(places) % 2 == 0:
        return None
    for number in range(0, len(places), 2):
        if _pair_up(line, places[:number]) and _pair_up(line, places[number + 1 :]):
            at = places[number]
            before = places[number - 1] + 1 if number else 0
            behind = places[number + 1] if number + 1 < len(places) else len(line)
            return _unclosed(line, at, behind) if _may_open(line, at) else _unopened(line, before, at)
    return None


def _pair_up(line: str, places: list[int]) -> bool:
    return all(
        _may_open(line, first) and _may_close(line, last)
        for first, last in zip(places[::2], places[1::2], strict=True)
    )


def _may_open(line: str, at: int) -> bool:
    return not at or line[at - 1] in " \t=([{,"


def _may_close(line: str, at: int) -> bool:
    return _BEHIND.match(line, at + 1) is not None or line[at + 1] == ":"


def _unclosed(line: str, at: int, limit: int) -> tuple[bool, int, int] | None:
    found = _BEHIND.search(line, at + 1, limit)
    return (True, at, found.start()) if found is not None and found.start() > at + 1 else None


def _unopened(line: str, start: int, at: int) -> tuple[bool, int, int] | None:
    if not _may_close(line, at):
        return None
    begin = -1
    for found in _BEFORE.finditer(line, start, at):
        begin = found.end()
    return (False, begin, at + 1) if 0 <= begin < at else None
