"""The record of one run, for a person: read from the store, told on the terminal, and kept as a page beside the store."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from mlpc.codes import NO_SUCH_RUN

from .errors import USAGE
from .outcome import Outcome

if TYPE_CHECKING:
    from mlpc.ir.nodes import Workflow
    from mlpc_run.records import RunDetails
    from mlpc_run.store import Store
    from mlpc_run.summary import Summary


def of_run(store: Store, number: int, pipeline: str | None) -> RunDetails:
    """Return all that is known of a run.

    Raises:
        EngineError: there is none of that number, or it is one of another pipeline.
    """
    from mlpc_run import records
    from mlpc_run.errors import EngineError

    details = records.details(store, number)
    if pipeline is not None and details.run.pipeline != pipeline:
        raise EngineError(
            NO_SUCH_RUN,
            f"run {number} is one of `{details.run.pipeline}`, not of `{pipeline}`",
            f"`mlpc runs {number}` shows it",
            exit_code=USAGE,
        )
    return details


def workflow_of(details: RunDetails) -> Workflow | None:
    """Return what was run; None where the record does not have it, or this mlpc cannot read it."""
    content = details.content.get("workflow")
    if content is None:
        return None
    from mlpc.ir import models
    from mlpc.ir.errors import IRError

    try:
        return models.loads(json.dumps(content).encode())
    except IRError:
        return None


def text(details: RunDetails) -> str:
    """Return what a run came to, as `mlpc run` told it."""
    parts: list[str] = []
    Outcome(parts.append, details.run.spec).past(summary_of(details))
    return "".join(parts)


def summary_of(details: RunDetails) -> Summary:
    """Return the summary of a run from its record."""
    from mlpc_run.summary import GateResult, Step, Summary

    run = details.run
    made = Summary(run.id, run.pipeline, run.environment)
    for record in details.steps:
        step = Step(record.node, record.state)
        step.seconds, step.attempts, step.error = record.seconds, record.attempts, record.error
        step.log = record.log if os.path.exists(record.log) else ""
        kept = details.step(record.node)
        step.messages, step.by = kept.get("messages") or [], kept.get("by") or []
        made.steps.append(step)
    told = run.summary
    made.gates = [
        GateResult(gate["node"], gate["passed"], gate["verdicts"]) for gate in told.get("gates") or ()
    ]
    made.promoted, made.new = told.get("promoted") or [], bool(told.get("new"))
    made.reasons = told.get("reasons") or []
    made.seconds = (run.ended or run.started) - run.started
    made.exit_code = run.exit_code or 0
    return made


def keep(root: str, number: int, workflow: Workflow) -> str:
    """Write the report of a run of the project at ``root`` beside its store, and return its path; empty where it cannot be."""
    from mlpc_run import records
    from mlpc_run.layout import Layout
    from mlpc_run.store import Store

    from .errors import CommandError
    from .files import write_atomically
    from .pages import run_page

    layout = Layout(root)
    path = layout.report(number)
    with Store(layout, create=False) as store:
        details = records.details(store, number)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write_atomically(path, run_page.page(details, workflow), durable=False)
    except (OSError, CommandError):
        # A full disk was told of before, and the run is what it is without a page.
        return ""
    return path
