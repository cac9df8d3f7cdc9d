"""The values that a step is given: arguments computed, secrets apart from them."""

from __future__ import annotations

import time

from mlpc.codes import NO_VALUE, UNKNOWN_PARAMETER, VALUE_DOES_NOT_FIT
from mlpc.ir.nodes import TIME, Service, Task
from mlpc_stdlib.runtime import conditions

from .errors import FINDINGS, STEP, USAGE, EngineError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from mlpc.ir.nodes import JsonObject, Workflow
    from mlpc_stdlib.runtime.conditions import Metrics


def parameters(workflow: Workflow, given: Mapping[str, Any], began: float) -> dict[str, Any]:
    """Return the value of every run-time parameter; ``began`` is when the run did, in seconds since the epoch.

    Raises:
        EngineError: a name that no parameter has, or a value computed from parameters that does not fit where it is
            used.
    """
    known = {param.name: param for param in workflow.params}
    for name in given:
        if name not in known:
            raise EngineError(
                UNKNOWN_PARAMETER,
                f"the pipeline `{workflow.name}` has no parameter `{name}`" + did_you_mean(name, known),
                "it has: " + ", ".join(f"`{each}`" for each in known) if known else "it has none",
                exit_code=USAGE,
            )
    start = time.strftime(TIME, time.gmtime(began))
    found = {
        name: given.get(name, start if param.trigger else param.default) for name, param in known.items()
    }
    # What follows from parameters alone is looked at before anything runs.
    for node in workflow.nodes:
        if isinstance(node, Task | Service):
            try:
                conditions.early(node.arguments, found)
            except conditions.Unfit as problem:
                raise _unfit(problem, FINDINGS) from None
    return found


def _unfit(problem: conditions.Unfit, exit_code: int) -> EngineError:
    return EngineError(
        VALUE_DOES_NOT_FIT, str(problem), problem.help, exit_code=exit_code, place=problem.place
    )


def arguments(
    node: str, given: JsonObject, metrics: Metrics, params: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the arguments with everything computed, and the names of secrets by argument.

    Raises:
        EngineError: one cannot be computed.
    """
    computed: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    for name, value in given.items():
        secret = value.get("secret") if isinstance(value, dict) and len(value) == 1 else None
        if isinstance(secret, str):
            secrets[name] = secret
            continue
        try:
            made = conditions.evaluate(value, metrics, params)
        except conditions.Unfit as problem:
            raise _unfit(problem, STEP) from None
        except conditions.NoValue as problem:
            raise EngineError(
                NO_VALUE, f"`{name}` of `{node}` has no value: {problem}", exit_code=FINDINGS
            ) from None
        computed[name] = [made.low, made.high] if isinstance(made, conditions.Range) else made
    return computed, secrets


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean `x`?`` or nothing."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), n=1)
    return f"; did you mean `{near[0]}`?" if near else ""
