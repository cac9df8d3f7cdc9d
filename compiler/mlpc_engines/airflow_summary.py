"""The summary of a run that the store tells, put right where Airflow knows better: of tasks that never got to the store."""

from __future__ import annotations

from mlpc.codes import STEP_FAILED

from .errors import STEP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


def missing(summary: Mapping[str, Any], states: Mapping[str, str]) -> list[str]:
    """Return the steps that Airflow says are done, and of which the store knows nothing."""
    return [
        step["node"]
        for step in summary["steps"]
        if states.get(step["node"]) == "success" and not step.get("started")
    ]


def reconcile(
    summary: dict[str, Any], state: str, states: Mapping[str, str], log: Callable[[str], str]
) -> None:
    """Put right what the store cannot know.

    A task that Airflow gave up may have left nothing in the store (its container was never started), or not all (it was
    lost, or ended from outside). ``state`` is that of the run, ``states`` are those of tasks by node, ``log`` returns the
    end of what the task of a node printed.
    """
    failed = [node for node, each in states.items() if each == "failed"]
    for step in summary["steps"]:
        node = step["node"]
        if node in failed and step["state"] != "failed":
            did_it = step["state"] == "ran"
            step.update(state="failed", by=[])
            step["error"] = {
                "code": STEP_FAILED.code,
                "name": STEP_FAILED.name,
                "message": "its container was done, but Airflow counts its task as failed"
                if did_it
                else "Airflow ended its task before it could say why",
                "help": [line for line in [_last(log(node))] if line],
                "place": None,
                "final": False,
            }
        elif states.get(node) == "upstream_failed" and not step["by"]:
            step.update(state="skipped", by=failed)
    if not failed and state != "failed":
        return
    summary["exit_code"] = STEP
    summary["promoted"] = []
    told = [f"`{node}` failed" for node in failed]
    if not failed and not any(step["state"] == "failed" for step in summary["steps"]):
        told = ["the run was marked as failed in Airflow"]
    summary["reasons"] += [reason for reason in told if reason not in summary["reasons"]]


def _last(log: str) -> str:
    lines = [line for line in log.splitlines() if line.strip()]
    return f"it printed last: {lines[-1].strip()}" if lines else ""
