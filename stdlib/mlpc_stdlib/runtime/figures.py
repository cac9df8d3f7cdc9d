"""Whether the figures of a step are what its component declares: `quantity share: float in 0..1 @after`.

Every engine asks this when a step has answered, whatever it was written in. Only the standard library is imported.
"""

from __future__ import annotations

import math

from . import codes, conditions, refinements
from .contract import StepError, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

#: How far beside a bound a figure may lie that was computed by another order of sums: 1.0000000000000002 is a share.
_ROUNDING = 1e-12


def unfit(
    step: str, component: str, declared: Mapping[str, Mapping[str, Any]], measured: Mapping[str, Any]
) -> StepError | None:
    """Return what is wrong with the figures of ``step``, which ``component`` plays, or None.

    ``declared`` is ``figures`` of a task of the IR, by name. A figure that was not measured is no fault, nor is one
    that the declaration does not name, but both at once with names that are near is one misspelt name. Of a figure by
    class, or by the values of a column, each value counts.
    """
    for name, value in measured.items():
        figure = declared.get(name.partition("[")[0])
        if figure is None:
            continue
        for key, each in sorted(value.items()) if isinstance(value, dict) else (("", value),):
            if each is None or _fits(figure["type"], each):
                continue
            shown = f'{name}["{key}"]' if key else name
            place = figure.get("place")
            return StepError(
                codes.NOT_AS_DECLARED,
                f"`{step}` measured `{shown}` as {_shown(each)}, and its component `{component or step}` declares "
                f"`{name.partition('[')[0]}` as " + refinements.wanted(figure["type"]),
                [
                    *([f"{place['file']}:{place['line']}:{place['column']} declares it"] if place else []),
                    "mend what measures it, or declare what it can come to",
                ],
                dict(place) if place else None,
            )
    return _misspelt(step, component, declared, measured)


def _misspelt(
    step: str, component: str, declared: Mapping[str, Mapping[str, Any]], measured: Mapping[str, Any]
) -> StepError | None:
    """Return the error for a figure of a component of the project that was measured by another name than it is declared."""
    names = {name.partition("[")[0] for name in measured}
    strange = sorted(names - declared.keys())
    for name, figure in declared.items():
        place = figure.get("place")
        if not place or name in names:
            continue
        near = nearest(name, strange)
        if not near:
            continue
        listed = ", ".join(f"`{each}`" for each in strange)
        return StepError(
            codes.NOT_AS_DECLARED,
            f"`{step}` did not measure `{name}`, which its component `{component or step}` declares; did you mean `{near}`?",
            [
                f"{place['file']}:{place['line']}:{place['column']} declares it",
                f"it measured {listed}, which nothing declares: give both the same name",
            ],
            dict(place),
        )
    return None


def _fits(type: Mapping[str, Any], value: Any) -> bool:
    if refinements.fits(type, value):
        return True
    if not isinstance(value, float) or not math.isfinite(value) or type["base"] == "int":
        return False
    return any(
        bound is not None
        and value != bound
        and math.isclose(value, bound, rel_tol=_ROUNDING, abs_tol=_ROUNDING)
        for bound in (type.get("min"), type.get("max"))
    )


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value[:40]}…"' if len(value) > 40 else f'"{value}"'
    if isinstance(value, bool | int | float):
        return conditions.text(value)
    return f"a {type(value).__name__}"
