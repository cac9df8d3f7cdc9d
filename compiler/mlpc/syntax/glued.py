"""Where an opening bracket is missing whose neighbours have grown together: `maximizeaccuracy)`, `salesregion]`, `conv2d8)`."""

from __future__ import annotations

import re

from . import tables as t

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# What the language itself calls, with parentheses behind.
_CALLED = (
    "best_of", "minimize", "maximize", "estimate", "count", "runs", "min", "max", "env", "python", "container",
    "dataset", "tensor", "device", "column", "model", "block", "enum", "list", "file", "call", "map",
)  # fmt: skip
_OF_FIGURES = ("minimize", "maximize")
_OFTEN = frozenset(("float", "int", "string", "bool", "data", "schema", "image", "model"))
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBERED = re.compile(r"([A-Za-z_]\w*?)([0-9]+)\Z")
_NAMES = (t.NAME, t.REF)
_OPENERS = {t.RBRACE: t.LBRACE, t.RPAR: t.LPAR, t.RSQB: t.LSQB}
# Tokens that are looked at before a bracket; a text of more letters than this is made by a machine.
_FAR, _LONGEST = 200, 200_000


def glued(
    text: str, kinds: Sequence[int], spans: tuple[list[int], list[int]], index: int, first: int
) -> int | None:
    """Return the offset at which the opener of the bracket ``index`` was left out; None where nothing shows it.

    ``first`` is the token that begins the line.
    """
    starts, ends = spans
    if kinds[index] == t.RSQB:
        return _index(text, kinds, starts, ends, index, first)
    if kinds[index - 1] == t.RSQB:
        # `choice["adam", "sgd"])`
        opened = _opener(kinds, index - 1, first)
        if opened is not None and kinds[opened - 1] in _NAMES and ends[opened - 1] == starts[opened]:
            return starts[opened]
    found = _word(text, kinds, starts, ends, index, first, calls=True)
    if (
        found is None
        and kinds[index - 1] in _NAMES
        and kinds[index - 2] in (t.COMMA, t.LSQB)
        and "]" in text[ends[index] : text.find("\n", ends[index]) % (len(text) + 1)]
    ):
        return ends[index - 1]  # `[flatten), dense(8)]`
    if found is None and kinds[index - 1] == t.RPAR:
        # `best_of(model[*], by = minimizequality[*].rmse))`: the bracket before this one was the one of the word.
        found = _word(text, kinds, starts, ends, index - 1, first, calls=True)
    return found


def _index(
    text: str, kinds: Sequence[int], starts: list[int], ends: list[int], index: int, first: int
) -> int | None:
    if kinds[index - 1] in _NAMES:
        found = _word(text, kinds, starts, ends, index, first, calls=False)
        if found is not None:
            return found  # `salesregion]`
    for at in range(index - 1, max(first, index - _FAR), -1):
        kind, before = kinds[at], kinds[at - 1]
        if kind == t.STRING and before in _NAMES and ends[at - 1] == starts[at]:
            return starts[at]  # `model"eu"]`
        if kind in _NAMES and before == t.RSQB and ends[at - 1] == starts[at]:
            return starts[at]  # `forest[trees]depth]`
        if before == t.IN and t.EACH in kinds[first:at]:
            return starts[at]  # `each model in first, second]`
        if (
            before == t.COMMA
            and kinds[at - 3] == t.LPAR
            and text[starts[at - 4] : ends[at - 4]].endswith("tensor")
        ):
            return starts[at]  # `tensor(float, 8, 8])`
        if kind in (t.LBRACE, t.LSQB):
            return None
    return None


def _word(
    text: str,
    kinds: Sequence[int],
    starts: list[int],
    ends: list[int],
    index: int,
    first: int,
    *,
    calls: bool,
) -> int | None:
    """Return where a word before ``index`` falls into two that are words by themselves."""
    if len(text) > _LONGEST:
        return None
    known: dict[str, int] | None = None
    nested = 0
    for at in range(index - 1, max(first - 1, index - _FAR), -1):
        kind = kinds[at]
        if kind in _OPENERS:
            nested += 1
        elif kind in _OPENERS.values():
            if not nested:
                return None
            nested -= 1
        if nested or kind not in _NAMES:
            continue
        start = text.rfind(".", starts[at], ends[at]) + 1 or starts[at]
        word, behind = text[start : ends[at]], text[ends[at] : ends[at] + 3].lstrip(" ")[:1]
        if known is None:
            known = {}
            for each in _WORD.findall(text):
                known[each] = known.get(each, 0) + 1
        if known.get(word, 0) > 1:
            continue  # what is written twice is a name
        numbered = _NUMBERED.match(word) if calls and behind in (",", ")", "%") else None
        if numbered is not None:
            return start + numbered.end(1)
        parts = _parts(word, known, calls=calls, named=behind == "=")
        if parts is not None:
            return start + parts
        if not calls:
            return None  # what an index belongs to stands right before it
    return None


def _parts(word: str, known: dict[str, int], *, calls: bool, named: bool) -> int | None:
    """Return how long the first of two words is that ``word`` was made of."""
    for called in _CALLED if calls else ():
        rest = word[len(called) :]
        if (
            word.startswith(called)
            and _WORD.fullmatch(rest)
            and (named or rest in known or rest in _OFTEN or called in _OF_FIGURES)
        ):
            return len(called)
    for size in range(len(word) - 1, 0, -1):
        if word[:size] in known and word[size:] in known and _WORD.fullmatch(word[size:]):
            return size
    return None


def _opener(kinds: Sequence[int], closed: int, first: int) -> int | None:
    """Return the token that opens the bracket ``closed``, on its line."""
    nested = 0
    for at in range(closed, first, -1):
        if kinds[at] in _OPENERS:
            nested += 1
        elif kinds[at] in _OPENERS.values():
            nested -= 1
            if not nested:
                return at
    return None
