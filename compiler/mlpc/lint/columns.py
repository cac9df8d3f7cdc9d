"""What the names of columns give away."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..check.schemas import Column, Schema


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Marks of columns that no model learns from.
NOT_LEARNED = frozenset({"label", "key", "time", "ignore"})
#: Words that say nothing about what a column holds.
NOISE = _set(
    "a bool boolean class code coded encoded enc factor flag float id idx index int is has num number "
    "numeric onehot orig original raw str string target text the true truth val value was y"
)
#: Words of what is computed from something.
DERIVED = _set(
    "band bands bin bins binned bucket category centered clipped cubed decile delta diff difference "
    "exp fraction grade group inverse inverted ln log log10 log1p log2 logit mean median normalised "
    "normalized odds pct per percent percentile predicted prediction prob probability quantile "
    "quartile rank ratio reciprocal rounded scaled score share sqrt square squared standardised "
    "standardized sum total zscore"
)
#: Words of what was known before.
EARLIER = _set(
    "ago before earlier historic historical history initial lag lagged last old past prev previous "
    "previously prior yesterday"
)
#: Words of what comes later.
FUTURE = _set("afterwards coming eventual eventually following future later next subsequent tomorrow until")

#: Words of when or why something came to be so.
CIRCUMSTANCES = _set("at cause comment date datetime day month on reason time timestamp week when why year")


def stem(word: str) -> str:
    """Return what ``word`` has in common with other forms of it: `churned`, `churns` and `churning` have `churn`."""
    for ending in ("ing", "ed", "es", "s", "d", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending)
    return word


def words(name: str) -> frozenset[str]:
    """Return the words of a column's name, in lower case: `logPrice_2` has `log`, `price` and `2`."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return frozenset(word for word in parted.split("_") if word)


def features(schema: Schema) -> Iterator[Column]:
    """Yield the columns that a model learns from."""
    for column in schema.columns.values():
        if not NOT_LEARNED.intersection(column.marks):
            yield column
