"""What is known of a column after its values have been seen, one by one, in memory that does not grow with the rows."""

from __future__ import annotations

import math
import re
from datetime import date, datetime

#: Different values that are counted one by one.
COUNTED = 1000
#: Different values that are remembered to find out whether all of them differ.
REMEMBERED = 1_000_000
#: Texts, in lower case, by which people mean that there is no value.
NULLS = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "--", "?", "."})
_BLANKS = " \t\r\n\x0b\x0c"

_INT = re.compile(r"[+-]?[0-9]+")
_WHOLE = re.compile(r"[+-]?[0-9]+(\.0*)?")
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_COMMA = re.compile(r"[+-]?([0-9]+,?[0-9]*|,[0-9]+)([eE][+-]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_OTHER_DATE = re.compile(r"[0-9]{1,2}[./-][0-9]{1,2}[./-]([0-9]{4}|[0-9]{2})|[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}")
_URL = re.compile(r"https?://[^\s/]+\S*")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_TRUTH = frozenset({"true", "false", "yes", "no", "0", "1"})

#: What all values of a column may be, the narrowest first.
KINDS = (
    "binary",
    "truth",
    "int",
    "whole",
    "float",
    "comma",
    "date",
    "datetime",
    "other_date",
    "url",
    "email",
)
#: Those among them that cannot hold a text.
VALUES = frozenset(KINDS) - {"other_date", "url", "email"}
_MEASURED = {"float"}
_COUNTED = {"int", "whole", "float", "comma"}


class Facts:
    """A column: ``header``, how many values of each kind, their bounds, how many differ.

    ``alive`` are the kinds of which all values are; ``counts`` the different values with their number, as long as there
    are few (``full`` says that there were more); ``nulls`` the texts that may mean no value, with their number; ``unique``
    whether all values differ, as far as was looked (``looked`` says whether to the end).
    """

    __slots__ = (
        "alive", "counts", "full", "header", "high", "longest", "looked", "low", "nulls", "padded", "rows", "unique",
        "zeros", "_seen",
    )  # fmt: skip

    def __init__(self, header: str) -> None:
        self.header = header
        self.rows = 0
        self.alive = set(KINDS)
        self.counts: dict[str, int] = {}
        self.full = False
        self.nulls: dict[str, int] = {}
        self.unique = True
        self.looked = True
        self.low: float | int | None = None
        self.high: float | int | None = None
        self.longest = 0
        self.padded = False
        #: Whether some number begins with a zero that says nothing.
        self.zeros = False
        self._seen: set[int] | None = set()

    def add(self, text: str) -> None:
        """Take the text of one cell."""
        self.rows += 1
        counts = self.counts
        known = counts.get(text)
        if known is not None:
            counts[text] = known + 1
            self.unique = False
            self._seen = None
            return
        bare = text.strip(_BLANKS)
        if len(bare) < 5 and bare.lower() in NULLS:
            self.nulls[bare] = self.nulls.get(bare, 0) + 1
            return
        if self.unique and self._seen is not None:
            self._remember(text)
        if len(counts) < COUNTED:
            counts[text] = 1
        else:
            self.full = True
        self._judge(text, bare)

    def _remember(self, text: str) -> None:
        seen = self._seen
        assert seen is not None  # asked by the caller
        mark = hash(text)
        if mark in seen:
            self.unique = False
            self._seen = None
        elif len(seen) >= REMEMBERED:
            self.looked = False
            self._seen = None
        else:
            seen.add(mark)

    def _judge(self, text: str, bare: str) -> None:
        alive = self.alive
        if len(text) > self.longest:
            self.longest = len(text)
        if len(bare) != len(text):
            self.padded = True
        if not alive:
            return
        # Most cells of most files are numbers in a column of numbers, and need no more than one look.
        if alive == _MEASURED:
            if _FLOAT.fullmatch(bare):
                value = float(bare)
                if math.isfinite(value):
                    self._bound(value)
                    return
        elif alive == _COUNTED and _INT.fullmatch(bare) and bare[0] in "123456789" and len(bare) < 40:
            self._bound(int(bare))
            return
        alive.difference_update([kind for kind in alive if not _is(kind, bare)])
        if "float" in alive:
            self._bound(int(bare) if "int" in alive else float(bare))
            # Measurements differ nearly always, and nobody takes one for a key.
            if "int" not in alive:
                self.unique = False
                self._seen = None
        elif "comma" in alive:
            self._bound(float(bare.replace(",", ".")))
            self.unique = False
            self._seen = None
        if "int" in alive and len(bare) > 1 and bare.lstrip("+-")[0] == "0" and bare.strip("+-0"):
            self.zeros = True

    def _bound(self, value: float | int) -> None:
        if self.low is None or value < self.low:
            self.low = value
        if self.high is None or value > self.high:
            self.high = value


def _is(kind: str, text: str) -> bool:
    """Return whether ``text`` is a value of ``kind``, as the step that reads tables understands it."""
    if kind == "truth":
        return text.lower() in _TRUTH
    if kind == "binary":
        return text in ("0", "1")
    if kind == "int":
        # The step reads as many digits as it likes, but holds 64 bits; 4,300 are the most that Python reads.
        return len(text) < 40 and _INT.fullmatch(text) is not None
    if kind == "whole":
        return len(text) < 40 and _WHOLE.fullmatch(text) is not None
    if kind == "float":
        return _FLOAT.fullmatch(text) is not None and math.isfinite(float(text))
    if kind == "comma":
        return _COMMA.fullmatch(text) is not None and math.isfinite(float(text.replace(",", ".")))
    if kind == "date":
        return _DATE.fullmatch(text) is not None and _day(text)
    if kind == "datetime":
        return _DATETIME.fullmatch(text) is not None and _day(text[:10]) and _time(text)
    pattern = {"other_date": _OTHER_DATE, "url": _URL, "email": _EMAIL}[kind]
    return pattern.fullmatch(text) is not None


def _day(text: str) -> bool:
    try:
        # What 64 bits of nanoseconds hold.
        return 1678 <= date.fromisoformat(text).year <= 2261
    except ValueError:
        return False


def _time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
