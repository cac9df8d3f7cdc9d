"""One gate: judged from the figures in the store, with the module that judges gates on every engine."""

from __future__ import annotations

import time

from .. import conditions
from ..contract import StepError
from . import values
from .attempts import FAILURE, GATE, PASSED, Settings, begin, failure, hold_back
from .store import DONE, NOT_PASSED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .graph import Graph
    from .store import Store


def judge(graph: Graph, id: str, store: Store, settings: Settings) -> int:
    """Judge a gate, print figures against bounds, record the verdicts and return the exit status."""
    # A step that says of itself that it did not pass has measured all the same.
    held = [
        each
        for each in store.held_back_by(graph, id)
        if (store.record(each) or {}).get("status") != NOT_PASSED or graph.nodes[each]["kind"] == "gate"
    ]
    if held:
        return hold_back(graph, id, store, held)
    record = begin(graph, id, store)
    try:
        params = values.parameters(graph, settings.params)
    except StepError as error:
        store.write(id, {**record, **failure(error)})
        print(f"{id}: {error}", flush=True)
        return FAILURE
    verdicts = conditions.judge(graph.node(id)["conditions"], values.figures(graph, id, store), params)
    passed = not conditions.blocks(verdicts)
    print(f"{id} {'passed' if passed else 'not passed'}")
    for verdict in verdicts:
        print(f"  {line(verdict)}")
    print(end="", flush=True)
    store.write(
        id,
        {
            **record,
            "status": DONE if passed else NOT_PASSED,
            "verdicts": verdicts,
            "seconds": time.time() - record["started"],
        },
    )
    return PASSED if passed else GATE


def line(verdict: Mapping[str, Any]) -> str:
    """Return how one condition stands: its text, and the figures that it read."""
    mark = "ok  " if verdict["passed"] else "warn" if verdict["severity"] == "warn" else "FAIL"
    name = f"{verdict['name']}: " if verdict["name"] else ""
    text = " ".join(str(verdict["text"]).split())
    measured = verdict["reason"] or ", ".join(
        f"{figure['name']}"
        + (f'["{figure["class"]}"]' if figure["class"] is not None else "")
        + f" is {_shown(figure['value'])}"
        for figure in verdict["figures"]
    )
    message = f": {verdict['message']}" if verdict["message"] and not verdict["passed"] else ""
    return f"{mark}  {name}{text}" + (f"  ({measured})" if measured else "") + message


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_shown(item)}" for name, item in value.items()) + "}"
    return repr(value) if isinstance(value, float) else conditions.text(value)
