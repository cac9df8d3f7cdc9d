"""What a run came to, told from the store: the members that the summary of ``mlpc run`` has."""

from __future__ import annotations

from .. import memory
from .judging import line
from .store import BLOCKED, DONE, FAILED, NOT_PASSED, RUNNING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from .graph import Graph
    from .store import Store

#: Exit statuses of the command: good, a gate was not passed, a step failed.
_GOOD, _FINDINGS, _STEP = 0, 1, 5


def summarise(graph: Graph, store: Store, starved: Collection[str] = ()) -> dict[str, Any]:
    """Return steps and gates with their figures, what is promoted, why something is not, and the exit status.

    A step that the engine never started is ``blocked`` by the gate that held it back, ``skipped`` because of the step
    that failed, or ``failed`` where its container ended before it could say why. ``lost`` are steps and gates that nothing
    held back, and that never ran: the engine came to no end. ``starved`` are nodes whose containers were ended for want of
    memory, as the engine tells: where no more than the step was, its own record says so.
    """
    ended = {id for id in starved if (store.record(id) or {}).get("status") != FAILED}
    states: dict[str, tuple[str, list[str]]] = {}
    for id in graph.nodes:
        states[id] = ("failed", []) if id in ended else _state(graph, store, id, states)
    steps, gates = [], []
    for id, node in graph.nodes.items():
        record = store.record(id) or {}
        state, by = states[id]
        if node["kind"] == "gate":
            passed = {"ran": True, "not-passed": False}.get(state)
            gates.append({"node": id, "passed": passed, "verdicts": record.get("verdicts") or []})
        elif node["kind"] == "task":
            asked = node["resources"]["memory"]
            if id in ended:
                record = {"error": memory.ran_out(id, asked, limited=True).to_json()}
            steps.append(_step(id, state, by, record if state not in ("blocked", "skipped") else {}, asked))
    good = all(step["state"] == "ran" for step in steps) and all(gate["passed"] for gate in gates)
    promotes = [
        id
        for id, node in graph.nodes.items()
        if node["kind"] == "service" or (node["kind"] == "task" and node["effect"])
    ]
    failed = [step["node"] for step in steps if step["state"] == "failed"]
    return {
        "pipeline": graph.name,
        "environment": graph.environment,
        "steps": steps,
        "gates": gates,
        "promoted": promotes if good else [],
        "reasons": [] if good or not promotes else _reasons(gates, failed),
        "lost": [
            id
            for id, node in graph.nodes.items()
            if node["kind"] in ("task", "gate") and states[id] == ("skipped", [])
        ],
        "seconds": _span(steps),
        "exit_code": _GOOD if good else _STEP if failed else _FINDINGS,
    }


def _state(
    graph: Graph, store: Store, id: str, states: dict[str, tuple[str, list[str]]]
) -> tuple[str, list[str]]:
    """Return the state of a node, and what held it back."""
    held = [each for each in graph.needs(id) if states[each][0] != "ran"]
    if graph.nodes[id]["kind"] == "gate":
        held = [
            each for each in held if states[each][0] != "not-passed" or graph.nodes[each]["kind"] == "gate"
        ]
    if held:
        causes = list(dict.fromkeys(cause for each in held for cause in (states[each][1] or [each])))
        failed = any(states[each][0] in ("failed", "skipped") for each in held)
        return ("skipped" if failed else "blocked"), causes
    record = store.record(id) or {}
    status = record.get("status")
    if status in (DONE, NOT_PASSED) and not store.is_current(graph, id):
        return "skipped", []
    known = {DONE: "ran", NOT_PASSED: "not-passed", FAILED: "failed", RUNNING: "failed", BLOCKED: "skipped"}
    return known.get(str(status), "skipped"), []


def _step(id: str, state: str, by: list[str], record: dict[str, Any], asked: int | None) -> dict[str, Any]:
    """Return what is told of a step; ``asked`` are the bytes of its `resources.memory`."""
    error = record.get("error")
    if state == "failed" and not error:
        error = {
            "code": "MLP799",
            "name": "step-crashed",
            "message": "its container ended before the step was done",
            "help": [f"it was stopped, or ran out of memory{memory.given(asked)}"],
            "place": None,
            "final": False,
        }
    return {
        "node": id,
        "state": state,
        "by": by,
        "seconds": record.get("seconds", 0.0),
        "started": record.get("started", 0.0),
        "attempts": record.get("attempts", 0),
        "metrics": record.get("metrics") or {},
        "rows": record.get("rows") or {},
        "messages": record.get("messages") or [],
        "report": record.get("report"),
        "effect": record.get("effect"),
        "error": error if state == "failed" else None,
        "inputs": record.get("inputs") or {},
        "outputs": record.get("outputs") or {},
    }


def _reasons(gates: list[dict[str, Any]], failed: list[str]) -> list[str]:
    found = [
        f"`{gate['node']}`: {line(verdict)[6:]}"
        for gate in gates
        for verdict in gate["verdicts"]
        if gate["passed"] is False and not verdict["passed"] and verdict["severity"] != "warn"
    ]
    return found + [f"`{id}` failed" for id in failed]


def _span(steps: list[dict[str, Any]]) -> float:
    """Return the seconds from the start of the first step of this run to the end of the last."""
    mine = [step for step in steps if step["started"]]
    if not mine:
        return 0.0
    return float(
        max(step["started"] + step["seconds"] for step in mine) - min(step["started"] for step in mine)
    )
