"""How a run is said on pages: words for its states, figures beside their bounds, moments, sizes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mlpc_run.compared import met
from mlpc_run.figures import figure, is_number, measured, seconds, unit_of

from .picture import Mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlpc.ir.nodes import Workflow
    from mlpc_run.records import RunDetails, StepRecord

#: How the state of a run is said, and what sort of state it is.
RUNS = {
    "running": ("running", "held"),
    "done": ("done", "good"),
    "not-promoted": ("not promoted", "bad"),
    "failed": ("failed", "bad"),
    "interrupted": ("interrupted", "held"),
    "died": ("died", "bad"),
}
#: The same of a step.
STEPS = {
    "ran": ("ran", "good"),
    "cached": ("cached", "same"),
    "not-passed": ("not passed", "bad"),
    "failed": ("failed", "bad"),
    "blocked": ("blocked", "held"),
    "skipped": ("skipped", "held"),
}


def step_state(step: StepRecord) -> tuple[str, str]:
    """Return how the state of a step is said, and what sort of state it is: good, same, bad or held."""
    from mlpc.codes import INTERRUPTED

    if step.state == "failed" and (step.error or {}).get("code") == INTERRUPTED.code:
        return "interrupted", "held"
    return STEPS.get(step.state, (step.state, "held"))


def marks(details: RunDetails, workflow: Workflow) -> dict[str, Mark]:
    """Return what a picture of the run says of each node."""
    found = {}
    for step in details.steps:
        word, kind = step_state(step)
        took = f" {seconds(step.seconds)}" if step.state in ("ran", "failed", "not-passed") else ""
        found[step.node] = Mark(kind, f"{word}{took}")
    for gate in details.run.summary.get("gates") or ():
        passed = gate["passed"]
        said = {True: ("good", "passed"), False: ("bad", "not passed"), None: ("held", "not judged")}[passed]
        missed = sum(not verdict["passed"] for verdict in gate["verdicts"])
        if passed and missed:
            # What only warns, or decides what can be chosen, is no reason not to pass, and yet is to be seen.
            said = ("held", f"passed, {missed} missed")
        found[gate["node"]] = Mark(*said)
    promoted = details.run.summary.get("promoted") or ()
    known = {node.id for node in workflow.nodes}
    for id in promoted:
        if id in known and id not in found:
            found[id] = Mark("good", "promoted")
    return found


def moment(at: float) -> str:
    """Return a moment, in UTC: a page says the same wherever it is made."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))


class Judged:
    """One condition of a gate as a page tells it: ``kind`` is good, bad or held (it warns only)."""

    __slots__ = ("kind", "margin", "measured", "message", "text", "word")

    def __init__(self, verdict: Mapping[str, Any]) -> None:
        name = f"{verdict['name']}: " if verdict.get("name") else ""
        self.text = name + " ".join(str(verdict["text"]).split())
        self.message = str(verdict.get("message") or "")
        warns = verdict.get("severity") == "warn"
        self.kind = "good" if verdict["passed"] else "held" if warns else "bad"
        self.word = met(verdict)
        comparison = verdict.get("comparison") or {}
        unit = unit_of(self.text)
        self.measured = measured(verdict)
        self.margin = ""
        found, required = comparison.get("measured"), comparison.get("required")
        bounds = _numbers(required if isinstance(required, list) else [required])
        if verdict.get("reason") or not bounds or not is_number(found):
            return
        nearest = min(bounds, key=lambda bound: abs(found - bound))
        distance = abs(found - nearest)
        if not distance:
            self.margin = "exactly"
            return
        share = f" ({distance / abs(nearest):.1%})" if nearest else ""
        where = "above" if found > nearest else "below"
        self.margin = f"{figure(distance, unit=unit)} {where}{share}"


def _numbers(values: list[Any]) -> list[float]:
    """Return bounds, or none where one of them is no number."""
    return values if all(map(is_number, values)) else []
