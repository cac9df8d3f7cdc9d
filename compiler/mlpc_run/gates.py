"""Gates are judged anew in every run, from the figures that were measured: now, or when a step last ran."""

from __future__ import annotations

from mlpc_stdlib.runtime import conditions

from .summary import GateResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from mlpc.ir.nodes import Condition, Gate
    from mlpc_stdlib.runtime.conditions import Metrics


def judge(gate: Gate, metrics: Metrics, params: Mapping[str, Any]) -> GateResult:
    """Return how a gate stands."""
    verdicts = conditions.judge(plain(gate.conditions), metrics, params)
    return GateResult(gate.id, not conditions.blocks(verdicts), verdicts)


def plain(given: Sequence[Condition]) -> list[dict[str, Any]]:
    """Return conditions as the JSON objects that the runtime judges."""
    return [{name: getattr(condition, name) for name in condition.__slots__} for condition in given]


def sentence(gate: str, verdict: Mapping[str, Any]) -> str:
    """Return in one line what a condition that did not pass asked for and what was measured."""
    said = f"`{gate}`: {verdict['name'] + ': ' if verdict['name'] else ''}{verdict['text']}"
    if verdict["reason"]:
        return f"{said} ({verdict['reason']})"
    bound = (verdict.get("comparison") or {}).get("required")
    bounds = bound if isinstance(bound, list) else [bound]
    figures = ", ".join(
        f"{figure['name']}"
        + (f'["{figure["class"]}"]' if figure["class"] is not None else "")
        + f" is {shown(figure['value'], bounds)}"
        for figure in verdict["figures"]
    )
    return f"{said} ({figures})" if figures else said


def shown(value: Any, bounds: Sequence[Any] = ()) -> str:
    """Return a figure in four digits, or in full where that would look like one of ``bounds`` which it is not."""
    if isinstance(value, float):
        short = f"{value:.4g}"
        same = (f"{each:.4g}" == short and each != value for each in bounds if isinstance(each, int | float))
        return repr(value) if any(same) else short
    if isinstance(value, dict):
        inside = ", ".join(f"{name}: {shown(item, bounds)}" for name, item in value.items())
        return "{" + inside + "}"
    return conditions.text(value)
