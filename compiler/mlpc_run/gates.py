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
