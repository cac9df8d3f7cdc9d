"""Whether a value that is known only now is what its type says: the rest of the checks that were made when compiling.

Only the standard library is imported: every engine asks this module.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

#: What a value is counted in, by the base of its type.
UNITS = {"duration": "seconds", "size": "bytes", "frequency": "hertz", "power": "watts", "energy": "joules"}
NUMBERS = frozenset({"int", "float", "money", *UNITS})

_FORMS = {
    "url": r"[A-Za-z][A-Za-z0-9+.-]*://\S+",
    "date": r"(?a:\d{4}-\d\d-\d\d)",
    "datetime": r"(?a:\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)",
    "cron": r"\S+( +\S+){4}",
}


def fits(type: Mapping[str, Any], value: Any) -> bool:
    """Return whether ``value`` is one of a value type (see ``mlpc.ir.types``); none is left to whoever asks."""
    base = type["base"]
    if base in NUMBERS:
        if isinstance(value, bool) or not isinstance(value, int | float) or value - value != 0:
            return False
        return (base != "int" or float(value).is_integer()) and within(type, value)
    if base == "bool":
        return isinstance(value, bool)
    if base == "list":
        return isinstance(value, list | tuple) and all(fits(type["of"], each) for each in value)
    if base == "map":
        return isinstance(value, dict) and all(fits(type["of"], each) for each in value.values())
    if base == "tensor":
        return isinstance(value, list)
    if base == "enum":
        return value in type["choices"]
    if base in ("any", "range", "device", "call"):
        return True
    if not isinstance(value, str):
        return False
    form = _FORMS.get(base)
    return form is None or (re.fullmatch(form, value) is not None and _exists(base, value))


def secret_fits(type: Mapping[str, Any], text: str) -> bool:
    """Return whether the text of a secret stands for a value of a type; a newline at its end does not count."""
    text = text.rstrip("\r\n")
    base = type["base"]
    if base not in NUMBERS and base != "bool":
        return fits(type, text)
    import json

    try:
        return fits(type, json.loads(text))
    except (ValueError, RecursionError):
        return False


def _exists(base: str, text: str) -> bool:
    """Return whether a date or time is one of the calendar."""
    from datetime import date, datetime

    try:
        if base == "date":
            date.fromisoformat(text)
        elif base == "datetime":
            datetime.fromisoformat(text.replace(" ", "T"))
    except ValueError:
        return False
    return True


def within(type: Mapping[str, Any], value: float) -> bool:
    """Return whether a number lies within the bounds of a type."""
    low, high = type.get("min"), type.get("max")
    if low is not None and (value < low or (value == low and type.get("min_open"))):
        return False
    return high is None or value < high or (value == high and not type.get("max_open"))


def wanted(type: Mapping[str, Any]) -> str:
    """Put a value type into words: "a whole number >= 1 and <= 9", "a number of seconds"."""
    base = str(type["base"])
    if base == "enum":
        return "one of " + ", ".join(f'"{choice}"' for choice in type["choices"])
    said = {
        "bool": "true or false",
        "int": "a whole number",
        "list": "a list",
        "map": "a map",
        "tensor": "a list",
        "url": "a URL such as https://example.org",
        "date": "a date such as 2026-01-31",
        "datetime": "a time such as 2026-01-31T12:00:00",
        "cron": "a cron expression of five fields",
        "string": "a text",
        "path": "a path",
        "column": "the name of a column",
    }.get(base, "a number" + (f" of {UNITS[base]}" if base in UNITS else ""))
    bounds = bounded(type)
    if base in ("list", "map") and type["of"].get("base") not in (None, "any"):
        said += f", each {wanted(type['of'])}"
    return said + (f" {bounds}" if bounds else "")


def bounded(type: Mapping[str, Any]) -> str:
    """Return the bounds of a type in words, ``>= 1 and <= 9``; empty where there are none."""
    from .conditions import text

    said = []
    if type.get("min") is not None:
        said.append(f"{'>' if type.get('min_open') else '>='} {text(type['min'])}")
    if type.get("max") is not None:
        said.append(f"{'<' if type.get('max_open') else '<='} {text(type['max'])}")
    return " and ".join(said)
