"""How figures are said to a person: short, and in the unit of what they are held against."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, TypeGuard

#: Units, by the way in which a figure that is held against one is said. Durations and sizes are called as their types are.
_UNITS = {
    "share": ("%",),
    "size": ("B", "KiB", "MiB", "GiB", "TiB", "KB", "MB", "GB", "TB"),
    "duration": ("ns", "us", "ms", "s", "min", "h", "d", "w"),
}


def whole(value: Any) -> int | float | None:
    """Return the figure for the whole of a metric, which may be measured by class too; None where there is none."""
    if isinstance(value, dict):
        value = value.get("")
    return value if isinstance(value, int | float) else None


def is_number(value: Any) -> TypeGuard[int | float]:
    """Return whether something is a number; truth is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def unit_of(condition: str) -> str:
    """Return how the figure of a condition is said, by the unit of its bound: `size <= 4MiB` is about a size."""
    last = condition.split()[-1] if condition.split() else ""
    unit = last.lstrip("0123456789._eE+-")
    return next((name for name, units in _UNITS.items() if unit in units and unit != last), "")


def figure(value: Any, beside: Any = None, unit: str = "") -> str:
    """Return a figure, short, but never so short that it looks like the bound ``beside`` which it is not.

    ``unit`` is ``size`` (of bytes), ``duration`` (of seconds) or ``share`` (of one, said in percent); any other says nothing.
    """
    if isinstance(value, dict):
        inside = ", ".join(f"{name}: {figure(item, beside, unit)}" for name, item in value.items())
        return "{" + inside + "}"
    if not is_number(value):
        return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    bounds = [each for each in (beside if isinstance(beside, list) else [beside]) if is_number(each)]
    short = _short(value, unit)
    if any(_short(bound, unit) == short and bound != value for bound in bounds):
        return _full(value, unit)
    return short


def _short(value: float, unit: str) -> str:
    if unit == "size":
        return size(round(value))
    if unit == "duration":
        return f"{value * 1000:.4g} ms" if abs(value) < 1 else seconds(value)
    if unit == "share":
        return f"{_percent(value):.4g}%"
    return str(value) if isinstance(value, int) else f"{value:.4g}"


def _full(value: float, unit: str) -> str:
    if unit == "share":
        return f"{_percent(value)!r}%"
    return f"{value!r}{ {'size': ' B', 'duration': ' s'}.get(unit, '') }"


def _percent(value: float) -> float:
    # To digits that a figure has: 0.29 * 100 is a little less than 29.
    return round(value * 100, 12)


def size(count: int | None) -> str:
    """Return a number of bytes in few digits: `512 B`, `3.2 MiB`."""
    if count is None:
        return ""
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(value) < 1024:
            return f"{count} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"


def seconds(value: float) -> str:
    """Return a duration: `0.04 s`, `3.2 s`, `2 min 5 s`, `1 h 3 min`."""
    if value < 1:
        return f"{value:.2f} s"
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def named(metrics: Mapping[str, Any], units: Mapping[str, str]) -> list[str]:
    """Return the figures of a step behind their names, each in its unit, as far as there is one: `size 3.2 MiB`."""
    return [
        f"{name} {figure(whole(value), unit=units.get(name, ''))}"
        for name, value in metrics.items()
        if whole(value) is not None
    ]


def measured(verdict: Mapping[str, Any]) -> str:
    """Return what was measured for a condition, with as many digits as it takes to see why it did not pass."""
    if verdict.get("reason"):
        return str(verdict["reason"])
    unit = unit_of(str(verdict["text"]))
    comparison = verdict.get("comparison")
    if comparison and comparison["measured"] is not None:
        return figure(comparison["measured"], comparison.get("required"), unit)
    return ", ".join(f"{_name(item)} {figure(item['value'])}" for item in verdict.get("figures") or ())


def sentence(gate: str, verdict: Mapping[str, Any]) -> str:
    """Return in one line what a condition that did not pass asked for and what was measured."""
    said = f"`{gate}`: {verdict['name'] + ': ' if verdict['name'] else ''}{verdict['text']}"
    if verdict["reason"]:
        return f"{said} ({verdict['reason']})"
    comparison = verdict.get("comparison") or {}
    # A figure that is compared as it is has the unit of its bound; of one that is reckoned with, no unit is known.
    unit = unit_of(str(verdict["text"])) if len(verdict["figures"]) == 1 else ""
    told = ", ".join(
        f"{_name(item)} is "
        + figure(
            item["value"],
            comparison.get("required"),
            unit if item["value"] == comparison.get("measured") else "",
        )
        for item in verdict["figures"]
    )
    return f"{said} ({told})" if told else said


def _name(item: Mapping[str, Any]) -> str:
    """Return how a figure is called in a spec."""
    return str(item["name"]) + (f'["{item["class"]}"]' if item.get("class") is not None else "")
