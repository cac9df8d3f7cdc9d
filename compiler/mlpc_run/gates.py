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
    figures = ", ".join(
        f"{figure['name']}"
        + (f'["{figure["class"]}"]' if figure["class"] is not None else "")
        + f" is {shown(figure['value'])}"
        for figure in verdict["figures"]
    )
    return f"{said} ({figures})" if figures else said


def shown(value: Any) -> str:
    """Return a figure so that two that differ look different, and no longer than that takes."""
    if isinstance(value, float):
        short = f"{value:.6g}"
        return short if float(short) == value else repr(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {shown(item)}" for name, item in value.items()) + "}"
    return conditions.text(value)
