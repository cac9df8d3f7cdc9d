"""Did-you-mean: the names nearest to one that does not exist."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def distance(left: str, right: str, limit: int) -> int:
    """Return the optimal string alignment distance (insert, delete, replace, swap), or ``limit + 1`` if larger."""
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for row, a in enumerate(left, 1):
        current = [row]
        for column, b in enumerate(right, 1):
            cost = min(previous[column] + 1, current[column - 1] + 1, previous[column - 1] + (a != b))
            if row > 1 and column > 1 and a == right[column - 2] and left[row - 2] == b:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return limit + 1
        before, previous = previous, current
    return min(previous[-1], limit + 1)


def _in_words(name: str) -> str:
    """Return ``name`` in small letters, with `_` between words: `RandomForest` is `random_forest`, `CSV` is `csv`."""
    if name.islower():
        return name
    parts = [
        f"_{letter}" if letter.isupper() and before.islower() else letter
        for before, letter in zip(" " + name, name, strict=False)
    ]
    return "".join(parts).lower()


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that ``name`` was most likely meant to be, or None where none is near.

    Of those equally near, one that goes on where ``name`` ends comes first, then the alphabet decides, so that the answer
    does not depend on how names were gathered.
    """
    if len(name) > 64:
        return None
    limit = 1 if len(name) <= 3 else 2 if len(name) <= 7 else 3
    folded = _in_words(name).replace("-", "_")
    best: tuple[int, bool, str] | None = None
    for candidate in sorted(set(known)):
        lowered = candidate.lower()
        if lowered in (folded, name.lower()):
            return candidate
        if len(lowered) == len(folded) == 1 and folded.isalnum():
            continue  # of two letters neither is a slip of the other
        near = distance(folded, lowered, limit)
        if near == 2 and len(folded) == 4 and folded[0] != lowered[0]:
            near = 3  # half of the letters, the first among them: another word
        if near > limit:
            # One that continues, or is continued by, what was written: `accuracy_score`, `rand`.
            short, long = sorted((folded, lowered), key=len)
            if (len(short) < 3 and not long.startswith(short + "_")) or not (
                long.startswith(short) or long.endswith("_" + short)
            ):
                continue
            near = limit if long.startswith(short) else limit + 1
        found = (near, not lowered.startswith(folded), candidate)
        if best is None or found < best:
            best = found
    return best[2] if best else None
