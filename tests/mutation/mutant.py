"""A correct program with one mistake, and where that was made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from .programs import Program

Edit: TypeAlias = tuple[int, int, str]


class Place(NamedTuple):
    """Where a mistake may be shown: what is marked touches ``start`` to ``end`` and stays within ``low`` to ``high``.

    The inner range is what was changed, the outer one the name, value or statement that it belongs to.
    """

    start: int
    end: int
    low: int
    high: int


class Mutant(NamedTuple):
    """A program with one mistake; ``places`` are offsets in its ``text``."""

    kind: str
    program: Program
    text: str
    places: tuple[Place, ...]

    def shows(self, start: int, end: int) -> bool:
        """Return whether what stands from ``start`` to ``end`` is where the mistake was made."""
        return any(
            start <= place.end and end >= place.start and place.low <= start and end <= place.high
            for place in self.places
        )


class Changed(NamedTuple):
    """What a kind of mistake does at one place: offsets are those of the correct program.

    ``around`` are the ranges (inner, outer) in which it may be shown; without any it is what was changed itself.
    """

    edits: tuple[Edit, ...]
    around: tuple[tuple[int, int, int, int], ...] = ()


Make: TypeAlias = Callable[[Program], Iterator[Changed]]
KINDS: dict[str, Make] = {}


def kind(name: str) -> Callable[[Make], Make]:
    """Enter what makes the mutants of one kind of mistake."""

    def enter(make: Make) -> Make:
        assert name not in KINDS
        KINDS[name] = make
        return make

    return enter


def change(start: int, end: int, text: str, *around: tuple[int, int, int, int]) -> Changed:
    """Return the change of one place."""
    return Changed(((start, end, text),), around)


def edited(text: str, edits: tuple[Edit, ...]) -> str:
    """Return ``text`` with all ``edits`` made."""
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def mutants_of(name: str, program: Program) -> Iterator[Mutant]:
    """Yield the mutants of one kind that a program has."""
    for edits, around in KINDS[name](program):

        def moved(offset: int, after: bool, edits: tuple[Edit, ...] = edits) -> int:
            """Return where ``offset`` is once the edits are made; what is put in there counts as before it if ``after``."""
            by = 0
            for start, end, new in edits:
                if end < offset or (end == offset and (after or end > start)):
                    by += len(new) - (end - start)
                elif start < offset < end:
                    by += start - offset + (len(new) if after else 0)
            return offset + by

        ranges = around or tuple((start, end, start, end) for start, end, _ in edits)
        places = tuple(
            Place(moved(start, False), moved(end, True), moved(low, False), moved(high, True))
            for start, end, low, high in ranges
        )
        yield Mutant(name, program, edited(program.text, edits), places)
