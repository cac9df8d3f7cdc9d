"""Figures that a step measured: gathered, checked and written so that they read back exactly.

A figure is a number, or an object of numbers by class; there the whole has the empty name:
``{"recall": {"": 0.91, "false": 0.95, "true": 0.91}}``. One by the values of a column is called by it, and has no whole:
``{"recall[plan]": {"basic": 0.93, "pro": 0.88}}``.
"""

from __future__ import annotations

import math

from . import codes
from .contract import Result, StepError, a_or_an, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .contract import JsonObject

#: The name of the whole among the values of a figure by class.
WHOLE = ""


def class_name(value: object) -> str:
    """Return how a class is called in figures: ``true``, ``7``, ``malignant``."""
    if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool"):
        return "true" if value else "false"
    return str(value)


def record(result: Result, name: str, value: Any, by: dict[str, Any] | None = None) -> None:
    """Record a figure, with its values by class where there are any.

    A value that is not finite is no figure: it is left out, and a warning says so.
    """
    whole = number(value)
    if by is None:
        if whole is None:
            result.warning(f"`{name}` is not defined for these rows")
        else:
            result.metrics[name] = whole
        return
    values = {key: found for key, item in by.items() if (found := number(item)) is not None}
    if whole is not None:
        values = {WHOLE: whole, **values}
    lost = [key for key in by if key not in values]
    if whole is None or lost:
        of = "" if whole is None else f" for {', '.join(lost)}"
        result.warning(f"`{name}` is not defined{of} on these rows")
    if values:
        result.metrics[name] = values


def record_parts(result: Result, name: str, by: dict[str, Any]) -> None:
    """Record a figure that has a value for each value of a column, and none for the whole; see :func:`record`."""
    values = {key: found for key, item in by.items() if (found := number(item)) is not None}
    lost = [key for key in by if key not in values]
    if lost:
        result.warning(f"`{name}` is not defined for {', '.join(lost)} on these rows")
    if values:
        result.metrics[name] = values


def number(value: Any) -> int | float | None:
    """Return a plain number, or None for one that is not finite."""
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        raise TypeError(f"{value!r} is no number")
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, int):
        return value
    found = float(value)
    return found if math.isfinite(found) else None


def from_mapping(given: Any, origin: str) -> JsonObject:
    """Judge figures that a user's function returned: a dict of numbers, or of dicts of numbers by class.

    Raises:
        StepError: they are something else.
    """
    if not isinstance(given, dict):
        raise StepError(codes.WRONG_RETURN, f"{origin} has to be a dict of numbers, and is {a_or_an(given)}")
    found: JsonObject = {}
    for name, value in given.items():
        found[str(name)] = (
            {class_name(key): _own(item, origin, f"{name}[{key}]") for key, item in value.items()}
            if isinstance(value, dict)
            else _own(value, origin, str(name))
        )
    return found


def _own(value: Any, origin: str, name: str) -> int | float:
    try:
        found = number(value)
    except (TypeError, ValueError):
        raise StepError(
            codes.WRONG_RETURN, f"{origin}: `{name}` has to be a number, and is {a_or_an(value)}"
        ) from None
    if found is None:
        raise StepError(codes.WRONG_RETURN, f"{origin}: `{name}` is {value}, which is no figure")
    return found


def write(path: str, figures: JsonObject) -> None:
    """Write a metrics artefact."""
    write_json(path, figures)
