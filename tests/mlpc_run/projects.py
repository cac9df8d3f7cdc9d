"""Small projects and workflows of light steps: user functions that need nothing but Python."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path
from typing import Any

from mlpc.ir.nodes import (
    Action,
    Condition,
    External,
    Gate,
    Input,
    Output,
    Param,
    Reference,
    Secret,
    Task,
    Workflow,
)
from mlpc_run.errors import EngineError
from mlpc_run.events import Event
from mlpc_run.layout import Layout
from mlpc_run.run import plan, run
from mlpc_run.store import Store
from mlpc_run.summary import Options, Summary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlpc.ir.nodes import Node

TEXT: dict[str, Any] = {"type": "file", "format": "txt"}
METRICS: dict[str, Any] = {"type": "metrics"}

#: Functions of a user's project. `write` makes a text, `join` puts two together, `count` measures one.
STEPS = """
    import os
    import time
    from pathlib import Path


    def write(out: Path, *, text: str = "", seconds: float = 0.0) -> None:
        print(f"writing {text}")
        time.sleep(seconds)
        out.write_text(text)


    def copy(data: Path, out: Path) -> None:
        out.write_text(data.read_text())


    def upper(data: Path, out: Path) -> None:
        out.write_text(data.read_text().upper())


    def join(first: Path, second: Path, out: Path) -> None:
        out.write_text(first.read_text() + second.read_text())


    def count(data: Path) -> dict:
        return {"letters": len(data.read_text())}


    def folder(out: Path) -> None:
        (out / "inside").mkdir(parents=True)
        (out / "one.txt").write_text("1")
        (out / "inside" / "two.txt").write_text("2")
"""


class Project:
    """A folder with a user's files, and what the engine makes of workflows in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.events: list[Event] = []
        root.mkdir()
        self.write("steps.py", STEPS)

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"))
        return path

    def run(self, workflow: Workflow, params: dict[str, Any] | None = None, **options: Any) -> Summary:
        """Run a workflow; what happened stands in ``events``."""
        self.events = []
        return run(
            workflow,
            self.root,
            params=params or {},
            spec_label="main.mlp",
            options=Options(**options),
            listen=self.events.append,
        )

    def plan(
        self, workflow: Workflow, params: dict[str, Any] | None = None, **options: Any
    ) -> dict[str, Any]:
        """Return by step what a run would do, and why."""
        planned = plan(workflow, self.root, params=params or {}, options=Options(**options))
        return {step.node: (step.action, step.why) for step in planned}

    def happened(self, kind: str, node: str | None = None) -> list[Event]:
        """Return the events of a kind in the last run."""
        return [event for event in self.events if event.kind == kind and node in (None, event.node)]

    @property
    def layout(self) -> Layout:
        """Where the engine keeps things."""
        return Layout(self.root)

    def audit(self) -> list[str]:
        """Return what is wrong with the store."""
        with Store(self.layout) as store:
            return store.audit()


def states(summary: Summary) -> dict[str, str]:
    """Return the state of every step."""
    return {step.node: step.state for step in summary.steps}


def text(summary: Summary, node: str, port: str = "out") -> str:
    """Return what a step wrote."""
    return Path(summary.artefacts[node][port]).read_text()


def step(
    id: str,
    function: str = "write",
    inputs: dict[str, Any] | None = None,
    *,
    file: str = "steps.py",
    outputs: dict[str, Any] | None = None,
    **more: Any,
) -> Task:
    """A step that calls a function of the project. An input is ``node``, ``node.port`` or a path with a ``/``; what is
    left of ``more`` that a task does not have are arguments.
    """
    own = {name: more.pop(name) for name in list(more) if name in Task.__slots__}
    ports = {"out": TEXT} if outputs is None else outputs
    return Task(
        id,
        Action("project", file, function),
        {name: Input((source(given),)) for name, given in (inputs or {}).items()},
        {name: Output(type) for name, type in ports.items()},
        more,
        **own,
    )


def source(given: str) -> Reference | External:
    """``data/x.csv`` is a file of the project, ``a`` the output `out` of a step, ``a.b`` another one."""
    if "/" in given:
        return External(given, "://" in given, TEXT)
    node, _, port = given.partition(".")
    return Reference(node, port or "out")


def measure(id: str, data: str) -> Task:
    """A step that measures how many letters a text has."""
    return step(id, "count", {"data": data}, outputs={"metrics": METRICS})


def gate(id: str, node: str, operator: str, bound: float, metric: str = "letters", **more: Any) -> Gate:
    """A gate on one figure."""
    expr: dict[str, Any] = {"op": operator, "args": [{"metric": {"node": node, "name": metric}}, bound]}
    return Gate(id, (Condition(expr, f"{metric} {operator} {bound:g}", **more),))


def workflow(
    *nodes: Node, params: dict[str, Any] | None = None, secrets: dict[str, str] | None = None
) -> Workflow:
    """A workflow called `small`; secrets come from environment variables."""
    return Workflow(
        "small",
        nodes,
        params=tuple(Param(name, {"base": "string"}, value) for name, value in (params or {}).items()),
        secrets=tuple(
            Secret(name, {"base": "string"}, {"env": variable}) for name, variable in (secrets or {}).items()
        ),
    )


def diamond() -> Workflow:
    """Four steps: `top` from a file, `left` and `right` from it, `bottom` from both, and what it measures."""
    return workflow(
        step("top", "copy", {"data": "data/in.txt"}),
        step("left", "copy", {"data": "top"}),
        step("right", "upper", {"data": "top"}),
        step("bottom", "join", {"first": "left", "second": "right"}),
        measure("size", "bottom"),
    )


def error(summary: Summary, node: str) -> dict[str, Any]:
    """Return why a step failed."""
    found = summary.step(node).error
    assert found is not None
    return found


def said(problem: EngineError) -> str:
    """Return code, message and help of an error as one text."""
    return "\n".join([f"{problem.diagnostic.code.code} {problem}", *problem.help])


def gone(pid: int) -> bool:
    """Return whether a process has ended."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def environment(**more: str) -> dict[str, str]:
    """Return the environment for an engine in a process of its own."""
    return {**os.environ, **more}
