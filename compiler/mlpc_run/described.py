"""What a run was made of, kept with it: what it ran, in what, and what its steps reported, beside the figures.

It is written once, when the run ends, and never changes: what a later run makes of the same steps is no part of it. So
pages about a run are the same whenever they are made.
"""

from __future__ import annotations

import json
import os
import sys
import zlib

import mlpc
from mlpc.ir import canonical
from mlpc.ir.nodes import Task

from . import lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .state import State
    from .store import Store
    from .summary import Step, Summary


def row(state: State, summary: Summary) -> tuple[str, tuple[Any, ...]]:
    """Return the statement that keeps it.

    The content is JSON, compressed: ``workflow`` in its canonical form; ``environment``, ``{"mlpc", "python", "system",
    "processors", "isolation"}``; ``sets``, what was installed for steps, ``{"steps", "digest", "packages"}`` each; ``steps`` by
    id, ``{"rows", "messages", "report", "by", "why", "outputs": {port: {"digest", "size", "kind"}}}``.
    """
    content = {
        "workflow": canonical.to_json(state.workflow),
        "environment": {
            "mlpc": mlpc.__version__,
            "python": ".".join(map(str, sys.version_info[:3])),
            "system": f"{sys.platform} {os.uname().machine}",
            "processors": os.cpu_count() or 1,
            "isolation": state.options.isolation,
        },
        "sets": _sets(state),
        "steps": {step.node: _step(state, step) for step in summary.steps},
    }
    packed = zlib.compress(json.dumps(content).encode("utf-8", "surrogatepass"), 6)
    return "INSERT OR REPLACE INTO described(run, content) VALUES(?,?)", (state.number, packed)


def read(store: Store, run: int) -> dict[str, Any]:
    """Return what :func:`row` kept; empty for a run that came to no end, or that an older mlpc made."""
    if not store.rows("SELECT 1 FROM sqlite_master WHERE type='table' AND name='described'"):
        return {}
    found = store.rows("SELECT content FROM described WHERE run=?", run)
    if not found:
        return {}
    content: dict[str, Any] = json.loads(zlib.decompress(found[0][0]).decode("utf-8", "surrogatepass"))
    return content


def _sets(state: State) -> list[dict[str, Any]]:
    """Return the environments of steps, each once, in the order of the steps."""
    found: dict[lock.Set, dict[str, Any]] = {}
    for node in state.nodes:
        if not isinstance(node, Task) or not node.requirements:
            continue
        wanted = lock.normal(node.requirements)
        locked = state.locked.get(wanted)
        if wanted not in found:
            found[wanted] = {
                "steps": [],
                "digest": locked.digest if locked is not None else "",
                "packages": locked.pins() if locked is not None else list(wanted),
            }
        found[wanted]["steps"].append(node.id)
    return list(found.values())


def _step(state: State, step: Step) -> dict[str, Any]:
    outputs = {}
    types = state.tasks[step.node].outputs
    for port in step.outputs:
        digest = state.digests[step.node, port]
        size = state.store.rows("SELECT size FROM objects WHERE digest=?", digest)
        outputs[port] = {
            "digest": digest,
            "size": size[0][0] if size else None,
            "kind": str(types[port].type.get("type", "")),
        }
    return {
        "rows": step.rows,
        "messages": step.messages,
        "report": step.report,
        "by": step.by,
        "why": step.why,
        "outputs": outputs,
    }
