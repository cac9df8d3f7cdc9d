"""Units of measure: a table, so that a new one is a line.

Factors lead to the SI base unit of the dimension (seconds, bytes, hertz, watts, joules). Money has no common base:
each currency is a dimension of its own.
"""

from __future__ import annotations

import re

#: Unit -> (dimension, factor to the base unit as an exact fraction).
UNITS: dict[str, tuple[str, tuple[int, int]]] = {
    "ns": ("duration", (1, 1_000_000_000)),
    "us": ("duration", (1, 1_000_000)),
    "ms": ("duration", (1, 1000)),
    "s": ("duration", (1, 1)),
    "min": ("duration", (60, 1)),
    "h": ("duration", (3600, 1)),
    "d": ("duration", (86400, 1)),
    "w": ("duration", (604800, 1)),
    "B": ("size", (1, 1)),
    "KB": ("size", (10**3, 1)),
    "MB": ("size", (10**6, 1)),
    "GB": ("size", (10**9, 1)),
    "TB": ("size", (10**12, 1)),
    "KiB": ("size", (2**10, 1)),
    "MiB": ("size", (2**20, 1)),
    "GiB": ("size", (2**30, 1)),
    "TiB": ("size", (2**40, 1)),
    "Hz": ("frequency", (1, 1)),
    "kHz": ("frequency", (10**3, 1)),
    "MHz": ("frequency", (10**6, 1)),
    "GHz": ("frequency", (10**9, 1)),
    "mW": ("power", (1, 1000)),
    "W": ("power", (1, 1)),
    "kW": ("power", (1000, 1)),
    "mJ": ("energy", (1, 1000)),
    "J": ("energy", (1, 1)),
    "Wh": ("energy", (3600, 1)),
    "kWh": ("energy", (3_600_000, 1)),
    "USD": ("USD", (1, 1)),
    "EUR": ("EUR", (1, 1)),
}

#: What units are called elsewhere, in small letters.
LONG: dict[str, str] = {
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "minute": "min", "minutes": "min", "mins": "min",
    "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "day": "d", "days": "d", "week": "w", "weeks": "w",
    "bytes": "B", "dollar": "USD", "dollars": "USD", "euro": "EUR", "euros": "EUR",
}  # fmt: skip

#: Dimensions with the units that a person would most likely mean, for help texts.
USUAL: dict[str, tuple[str, ...]] = {
    "duration": ("ms", "s", "min", "h", "d"),
    "size": ("KiB", "MiB", "GiB"),
    "frequency": ("MHz", "kHz"),
    "power": ("mW", "W"),
    "energy": ("J", "Wh"),
    "USD": ("USD",),
    "EUR": ("EUR",),
}

#: Every dimension.
DIMENSIONS = tuple(USUAL)

_SHOWN: dict[str, tuple[str, ...]] = {
    "duration": ("w", "d", "h", "min", "s", "ms", "us", "ns"),
    "size": ("TiB", "GiB", "MiB", "KiB", "TB", "GB", "MB", "KB", "B"),
    "frequency": ("GHz", "MHz", "kHz", "Hz"),
    "power": ("kW", "W", "mW"),
    "energy": ("kWh", "Wh", "J", "mJ"),
    "USD": ("USD",),
    "EUR": ("EUR",),
}


def units_of(dimension: str) -> str:
    """Return all units of ``dimension`` as a help text names them: "`mW`, `W` or `kW`"."""
    *first, last = [f"`{unit}`" for unit, (measured, _) in UNITS.items() if measured == dimension]
    return f"{', '.join(first)} or {last}" if first else last


def written_in(text: str, dimension: str) -> list[str]:
    """Return the units of ``dimension`` that the quantities of a text have, the most frequent first."""
    found = [
        unit for unit in re.findall(r"\d([A-Za-z]+)\b", text) if unit in UNITS and UNITS[unit][0] == dimension
    ]
    return sorted(dict.fromkeys(found), key=lambda unit: -found.count(unit))


def meant(unit: str, dimension: str, text: str) -> str | None:
    """Return the unit of ``dimension`` (empty: any) that holds the letters of one that there is not, or is held by them.

    Of several it is the one that the quantities of ``text`` have most often.
    """
    letters = sorted(unit)
    found = [
        each
        for each, (of, _) in UNITS.items()
        if dimension in ("", of)
        and (sorted(each) == letters or each.endswith(unit) or each.startswith(unit) or unit.startswith(each))
    ]
    used = [each for each in written_in(text, UNITS[found[0]][0]) if each in found] if found else []
    return used[0] if used else found[0] if len(found) == 1 else None


def to_base(value: int | float, unit: str) -> int | float:
    """Return ``value`` in the base unit of its dimension; an int where that is exact.

    Raises:
        KeyError: the unit is unknown.
    """
    above, below = UNITS[unit][1]
    if isinstance(value, int):
        scaled = value * above
        return scaled // below if scaled % below == 0 else scaled / below
    result = value * above / below
    return int(result) if result.is_integer() and abs(result) < 2**53 else result


def show(value: int | float, dimension: str) -> str:
    """Return a base-unit value as a person would write it: ``1200`` seconds is ``20min``.

    Of the units that give a whole number it is the one with the fewest digits; of those the largest.
    """
    units = _SHOWN[dimension]
    shortest = ""
    for unit in units:
        above, below = UNITS[unit][1]
        scaled = value * below / above
        if abs(scaled) >= 1 and scaled == int(scaled):
            digits = str(int(scaled))
            if not shortest or len(digits) < len(shortest):
                shortest, found = digits, unit
    if shortest:
        return shortest + found
    for unit in units:
        above, below = UNITS[unit][1]
        scaled = value * below / above
        if abs(scaled) >= 1:
            return f"{scaled:.6g}{unit}"
    return f"{value:.6g}{UNIT_OF_BASE[dimension]}"


def about(amount: int) -> str:
    """Return a number of bytes with three digits, as in `12.5KiB`."""
    for unit, bytes in (("MiB", 1024**2), ("KiB", 1024)):
        if amount >= 1000 * bytes // 1024:
            return f"{amount / bytes:.3g}{unit}"
    return f"{amount}B"


#: The base unit of each dimension.
UNIT_OF_BASE: dict[str, str] = {
    "duration": "s",
    "size": "B",
    "frequency": "Hz",
    "power": "W",
    "energy": "J",
    "USD": "USD",
    "EUR": "EUR",
}
