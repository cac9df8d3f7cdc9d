"""Which nodes a run is about, and whether this engine and this machine can do what they ask for."""

from __future__ import annotations

import os

from mlpc.codes import NO_GPU, UNKNOWN_STEP, UNSUPPORTED_STEP
from mlpc.ir.nodes import Gate, Reference, Service, Task, needs

from .errors import FINDINGS, USAGE, EngineError
from .values import did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlpc.ir.nodes import Node, Workflow


def selected(workflow: Workflow, only: tuple[str, ...]) -> list[Node]:
    """Return the nodes of a run, in order: all, or those named, what they need, and the gates that judge no more
    than that.

    Raises:
        EngineError: there is no such node.
    """
    if not only:
        return list(workflow.nodes)
    nodes = {node.id: node for node in workflow.nodes}
    found: set[str] = set()
    waiting = [known(workflow, name) for name in only]
    while waiting:
        id = waiting.pop()
        if id not in found:
            found.add(id)
            waiting.extend(needs(nodes[id]))
    return [
        node
        for node in workflow.nodes
        if node.id in found or (isinstance(node, Gate) and needs(node) and found.issuperset(needs(node)))
    ]


def following(workflow: Workflow, names: tuple[str, ...]) -> set[str]:
    """Return the nodes named and all that follow from them.

    Raises:
        EngineError: there is no such node.
    """
    found = {known(workflow, name) for name in names}
    if found:
        # Nodes stand in an order in which each follows what it needs.
        for node in workflow.nodes:
            if found.intersection(needs(node)):
                found.add(node.id)
    return found


def known(workflow: Workflow, name: str) -> str:
    """Return ``name``, if a node is called that.

    Raises:
        EngineError: none is.
    """
    ids = [node.id for node in workflow.nodes]
    if name in ids:
        return name
    steps = [node.id for node in workflow.nodes if isinstance(node, Task | Service)]
    raise EngineError(
        UNKNOWN_STEP,
        f"`{workflow.name}` has no step `{name}`{did_you_mean(name, ids)}",
        "it has: " + ", ".join(f"`{id}`" for id in steps),
        exit_code=USAGE,
    )


def possible(workflow: Workflow, nodes: list[Node], others: tuple[str, ...]) -> None:
    """Refuse what this engine or this machine cannot do, before anything runs.

    Raises:
        EngineError: a container is asked for, a served input is read, or more GPUs than there are.
    """
    services = {node.id for node in workflow.nodes if isinstance(node, Service)}
    for node in nodes:
        if not isinstance(node, Task | Service):
            continue
        if node.action.kind == "container":
            if isinstance(node, Service):
                raise EngineError(
                    UNSUPPORTED_STEP,
                    f"`{node.id}` serves from a container, which the engine for one machine does not do yet",
                    'give it a Python function: run = python("file.py:function")',
                    exit_code=FINDINGS,
                )
            from .containers import reachable

            reachable(node.id)
        for name, port in node.inputs.items():
            for source in port.sources:
                if isinstance(source, Reference) and source.node in services:
                    raise EngineError(
                        UNSUPPORTED_STEP,
                        f"`{node.id}` reads `{source.node}.{source.port}` as its `{name}`: what a service sees is "
                        "not kept by the engine for one machine yet",
                        exit_code=FINDINGS,
                    )
        if node.resources.gpu > (there := gpus()):
            help = ["on a machine without a GPU, a step must not ask for one: resources { gpu = 0 }"]
            if others:
                help.insert(0, "these would run here: " + ", ".join(f"--env {name}" for name in others))
            raise EngineError(
                NO_GPU,
                f"`{node.id}` asks for {node.resources.gpu} GPU{'s' * (node.resources.gpu > 1)}, this machine has "
                + (str(there) if there else "none"),
                *help,
                exit_code=FINDINGS,
            )


def gpus() -> int:
    """Return how many GPUs the system's drivers show."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return len([each for each in visible.split(",") if each.strip() and each.strip() != "-1"])
    try:
        names = os.listdir("/dev")
    except OSError:
        return 0
    return len([name for name in names if name.startswith("nvidia") and name[6:].isdigit()])
