"""What promotes a model runs only when every gate of that model has passed.

A model's gates are those of every `evaluate` of it or of what it was made from, and those of the exports on the way. The
gate of an export also holds back whatever takes what was exported.
"""

from __future__ import annotations

from collections import deque

from ...ir.nodes import Gate, Input, Reference, Service, Task, Workflow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def promotion(workflow: Workflow) -> Workflow:
    """Add the edges from gates to what they hold back, and the figures to what promotes."""
    steps, gates = steps_of(workflow), gates_of(workflow)
    evaluates = evaluates_of(steps)
    #: What is promoted many times is judged by the same: its figures are gathered once.
    gathered: dict[tuple[str, ...], tuple[Reference, ...]] = {}
    for node in steps.values():
        held: list[str] = []
        for above in _sources(node):
            # An export whose gate does not pass holds back whatever takes what it made.
            if above in gates and not steps[above].labels.get("judges") and not is_choice(node):
                held.append(gates[above].id)
        judging: list[str] = []
        if node.labels.get("promotes"):
            for model in lineage(_models(node, steps), steps):
                if is_choice(steps[model]):
                    judging.append(model)
                judging.extend(evaluates.get(model, ()))
                if model in gates:
                    held.append(gates[model].id)
            held.extend(gates[id].id for id in judging if id in gates)
        node.after = tuple(dict.fromkeys((*node.after, *held)))
        if any(port.many and not port.sources for port in node.inputs.values()):
            judges = tuple(dict.fromkeys(judging))
            if judges not in gathered:
                gathered[judges] = _figures(judges, steps)
            _fill(node, gathered[judges])
    return workflow


def steps_of(workflow: Workflow) -> dict[str, Task | Service]:
    """Return what runs, by id."""
    return {node.id: node for node in workflow.nodes if isinstance(node, Task | Service)}


def gates_of(workflow: Workflow) -> dict[str, Gate]:
    """Return the gates by the step whose figures they judge."""
    return {str(node.labels.get("of", "")): node for node in workflow.nodes if isinstance(node, Gate)}


def evaluates_of(steps: dict[str, Task | Service]) -> dict[str, list[str]]:
    """Return what judges each model, by the step that made it."""
    found: dict[str, list[str]] = {}
    for node in steps.values():
        if node.labels.get("judges") and not _reads_service(node, steps):
            for model in _models(node, steps):
                found.setdefault(model, []).append(node.id)
    return found


def is_choice(node: Task | Service) -> bool:
    """Return whether a step chooses one of several candidates."""
    return node.labels.get("kind") == "choice"


def _sources(node: Task | Service) -> list[str]:
    found = [
        source.node
        for port in node.inputs.values()
        for source in port.sources
        if isinstance(source, Reference)
    ]
    return list(dict.fromkeys(found))


def _models(node: Task | Service, steps: dict[str, Task | Service]) -> list[str]:
    """Return the steps whose models ``node`` takes, but for those that it only compares with."""
    found = []
    compared = node.labels.get("compared")
    for name, port in node.inputs.items():
        if isinstance(compared, list) and name in compared:
            continue
        for source in port.sources:
            if isinstance(source, Reference):
                above = steps[source.node]
                if isinstance(above, Task) and above.outputs[source.port].type.get("type") == "model":
                    found.append(source.node)
    return list(dict.fromkeys(found))


def lineage(made: list[str], steps: dict[str, Task | Service]) -> list[str]:
    """Return the steps that made models, with those that made what they were made from.

    It ends at a choice, which has judged the candidates itself.
    """
    found: dict[str, None] = {}
    waiting = deque(made)
    while waiting:
        id = waiting.popleft()
        if id not in found:
            found[id] = None
            waiting.extend(_models(steps[id], steps) if not is_choice(steps[id]) else ())
    return list(found)


def _reads_service(node: Task | Service, steps: dict[str, Task | Service]) -> bool:
    """An evaluation of what a deployment served never gates that deployment."""
    return any(isinstance(steps[id], Service) for id in _sources(node))


def _figures(judging: Sequence[str], steps: dict[str, Task | Service]) -> tuple[Reference, ...]:
    """Return the metrics of all that judges a model."""
    sources: list[Reference] = []
    for id in judging:
        step = steps[id]
        outputs = step.outputs if isinstance(step, Task) else {}
        sources.extend(
            Reference(id, out, key=out.removeprefix("of_") if is_choice(step) else id)
            for out, made in outputs.items()
            if made.type.get("type") == "metrics"
        )
    return tuple(sources)


def _fill(node: Task | Service, figures: tuple[Reference, ...]) -> None:
    """Give ``figures`` to the inputs that take any number of them; without figures there are no such inputs."""
    for name, port in list(node.inputs.items()):
        if port.many and not port.sources:
            if figures:
                node.inputs[name] = Input(figures, many=True)
            else:
                del node.inputs[name]
