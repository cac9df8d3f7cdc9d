"""Between what bounds the result of a calculation lies: interval arithmetic on the bounds of types.

After R. E. Moore, "Interval Analysis" (1966). An end that nothing bounds is an infinity; an end is open where one of
those that it comes from is.
"""

from __future__ import annotations

from .types import Type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .values import Value

_INFINITY = float("inf")
#: An end: the number, and whether it is left out.
_End = tuple["int | float", bool]


def bounds_of(value: Value) -> tuple[_End, _End]:
    """Return the ends between which a value lies; of a known one both are the value."""
    if value.known:
        return (value.value, False), (value.value, False)
    type = value.type
    low = (type.low, type.low_open) if type.low is not None else (-_INFINITY, True)
    high = (type.high, type.high_open) if type.high is not None else (_INFINITY, True)
    return low, high


def bounded(type: Type, low: _End, high: _End) -> Type:
    """Return ``type`` with these ends; infinite ones do not bound."""
    finite_low, finite_high = _finite(low[0]), _finite(high[0])
    return type.replace(
        low=low[0] if finite_low else None,
        high=high[0] if finite_high else None,
        low_open=low[1] and finite_low,
        high_open=high[1] and finite_high,
        limit=None,
    )


def negative(type: Type, value: Value) -> Type:
    """Return the type of ``-value``."""
    low, high = bounds_of(value)
    return bounded(type, (-high[0], high[1]), (-low[0], low[1]))


def computed(type: Type, operator: str, left: Value, right: Value) -> Type:
    """Return ``type`` with the bounds of ``left operator right``, where operator is one of ``+ - * /``."""
    (a, a_open), (b, b_open) = bounds_of(left)
    (c, c_open), (d, d_open) = bounds_of(right)
    try:
        if operator == "+":
            return bounded(type, (a + c, a_open or c_open), (b + d, b_open or d_open))
        if operator == "-":
            return bounded(type, (a - d, a_open or d_open), (b - c, b_open or c_open))
        if operator == "/" and (c < 0 < d or (c == 0 and not c_open) or (d == 0 and not d_open)):
            return type
        pairs = [
            (_combined(operator, x, y), x_open or y_open)
            for x, x_open in ((a, a_open), (b, b_open))
            for y, y_open in ((c, c_open), (d, d_open))
        ]
    except OverflowError:
        return type
    # Of equal ends one that is reached decides.
    return bounded(
        type, min(pairs, key=lambda end: (end[0], end[1])), max(pairs, key=lambda end: (end[0], not end[1]))
    )


def _combined(operator: str, x: int | float, y: int | float) -> int | float:
    if operator == "*":
        return 0 if x == 0 or y == 0 else x * y
    if x == 0:
        return 0
    if y == 0:
        return _INFINITY if x > 0 else -_INFINITY  # from the side that is not left out
    if abs(y) == _INFINITY:
        return 0
    return x / y


def least(type: Type, values: list[Value]) -> Type:
    """Return the type of the least of several values."""
    ends = [bounds_of(value) for value in values]
    return bounded(type, min(low for low, _ in ends), min(high for _, high in ends))


def greatest(type: Type, values: list[Value]) -> Type:
    """Return the type of the greatest of several values."""
    ends = [bounds_of(value) for value in values]
    return bounded(type, max(low for low, _ in ends), max(high for _, high in ends))


def either(type: Type, values: list[Value]) -> Type:
    """Return the type of one of several values, nobody knows which."""
    ends = [bounds_of(value) for value in values]
    return bounded(type, min(low for low, _ in ends), max(high for _, high in ends))


def apart(type: Type, other: Type) -> bool:
    """Return whether no number lies within the bounds of both types."""
    return any(
        one.high is not None
        and two.low is not None
        and (one.high < two.low or (one.high == two.low and (one.high_open or two.low_open)))
        for one, two in ((type, other), (other, type))
    )


def _finite(number: int | float) -> bool:
    return number == number and abs(number) != _INFINITY
