"""The rows of runs: a run is entered when it begins, and when it ends it is told what it came to."""

from __future__ import annotations

import json
import os
import time

from . import described
from .cache import STEP_ROW
from .locks import Lock, is_held
from .store import discard
from .summary import CACHED, RAN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .cache import Cache, Ready
    from .layout import Layout
    from .state import State
    from .store import Store
    from .summary import Summary


def tidy(store: Store) -> None:
    """Say of runs that died that they did, and remove what they were busy with.

    A folder of work and the lock of its owner have one name.
    """
    layout = store.layout
    for (run,) in store.rows("SELECT id FROM runs WHERE state='running'"):
        if not is_held(_lock(layout, run)):
            store.write([("UPDATE runs SET state='died' WHERE id=? AND state='running'", (run,))])
    for name in os.listdir(layout.path("work")):
        if not is_held(layout.path("locks", name)):
            discard(layout.path("work", name))
    for name in os.listdir(layout.path("locks")):
        if name != "store":
            left = Lock(layout.path("locks", name))
            if left.take(wait=False):
                left.release(remove=True)


def enter(state: State, spec: str) -> Lock:
    """Enter a run, set its number, and return the lock that says that it lives.

    Raises:
        EngineError: the store cannot be written.
    """
    taken: list[Lock] = []

    def work(db: Any) -> Lock:
        state.number = int(
            db.execute(
                "INSERT INTO runs(pipeline, environment, spec, started, state, params) VALUES(?,?,?,?,?,?)",
                (
                    state.workflow.name,
                    state.workflow.environment,
                    spec,
                    state.began,
                    "running",
                    json.dumps(state.params, sort_keys=True),
                ),
            ).lastrowid
        )
        # Taken before others can see the row: they would think that its run had died.
        mine = Lock(_lock(state.layout, state.number))
        mine.take()
        taken.append(mine)
        return mine

    try:
        return state.store.change(work)
    except BaseException:
        for each in taken:
            each.release(remove=True)
        raise


def close(
    state: State, cache: Cache, ready: dict[str, Ready], summary: Summary, how: str, exit_code: int
) -> None:
    """Record what a run came to, with the steps that were not recorded when they were done.

    Raises:
        EngineError: the store cannot be written.
    """
    statements: list[tuple[str, tuple[Any, ...]]] = []
    for step in summary.steps:
        if step.state == RAN:
            continue
        statements.append(
            (
                STEP_ROW,
                (
                    state.number,
                    step.node,
                    step.state,
                    step.started or state.began,
                    step.seconds,
                    step.attempts,
                    step.key,
                    step.log,
                    json.dumps(step.error) if step.error is not None else None,
                ),
            )
        )
        if step.state == CACHED and step.node in ready:
            statements.append(cache.parts_row(ready[step.node]))
    told = {
        "gates": [gate.to_json() for gate in summary.gates],
        "promoted": summary.promoted,
        "new": summary.new,
        "reasons": summary.reasons,
        "metrics": {id: found for id, found in state.metrics.items() if found},
    }
    statements.append(
        (
            "UPDATE runs SET ended=?, state=?, exit_code=?, summary=? WHERE id=?",
            (time.time(), how, exit_code, json.dumps(told), state.number),
        )
    )
    statements.append(described.row(state, summary))
    statements += state.fingerprints.save() + state.sources.save()
    state.store.write(statements)


def _lock(layout: Layout, run: int) -> str:
    return layout.path("locks", str(run))
