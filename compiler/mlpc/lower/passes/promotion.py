"""What promotes a model runs only when every gate of that model has passed.

A model's gates are those of every `evaluate` of it or of what it was made from, and those of the exports on the way. The
gate of an export also holds back whatever takes what was exported.
"""

from __future__ import annotations

from ...ir.nodes import Gate, Input, Reference, Service, Task, Workflow


def promotion(workflow: Workflow) -> Workflow:
    """Add the edges from gates to what they hold back, and the figures to what promotes."""
    steps = {node.id: node for node in workflow.nodes if isinstance(node, Task | Service)}
    gates: dict[str, Gate] = {}
    for node in workflow.nodes:
        if isinstance(node, Gate):
            gates[str(node.labels.get("of", ""))] = node
    evaluates: dict[str, list[str]] = {}
    for node in steps.values():
        if node.labels.get("judges") and not _reads_service(node, steps):
            for model in _models(node, steps):
                evaluates.setdefault(model, []).append(node.id)
    for node in steps.values():
        held: list[str] = []
        for above in _sources(node):
            # An export whose gate does not pass holds back whatever takes what it made.
            if above in gates and not steps[above].labels.get("judges"):
                held.append(gates[above].id)
        judging: list[str] = []
        if node.labels.get("promotes"):
            for model in _lineage(node, steps):
                judging.extend(evaluates.get(model, ()))
                if model in gates:
                    held.append(gates[model].id)
            held.extend(gates[id].id for id in judging if id in gates)
        node.after = tuple(dict.fromkeys((*node.after, *held)))
        _figures(node, list(dict.fromkeys(judging)), steps)
    return workflow


def _sources(node: Task | Service) -> list[str]:
    found = [
        source.node
        for port in node.inputs.values()
        for source in port.sources
        if isinstance(source, Reference)
    ]
    return list(dict.fromkeys(found))


def _models(node: Task | Service, steps: dict[str, Task | Service]) -> list[str]:
    """Return the steps whose models ``node`` takes."""
    found = []
    for port in node.inputs.values():
        for source in port.sources:
            if isinstance(source, Reference):
                above = steps[source.node]
                if isinstance(above, Task) and above.outputs[source.port].type.get("type") == "model":
                    found.append(source.node)
    return list(dict.fromkeys(found))


def _lineage(node: Task | Service, steps: dict[str, Task | Service]) -> list[str]:
    """Return every step that made a model which ``node`` promotes, or which that was made from."""
    found: list[str] = []
    waiting = _models(node, steps)
    while waiting:
        id = waiting.pop(0)
        if id not in found:
            found.append(id)
            waiting.extend(_models(steps[id], steps))
    return found


def _reads_service(node: Task | Service, steps: dict[str, Task | Service]) -> bool:
    """An evaluation of what a deployment served never gates that deployment."""
    return any(isinstance(steps[id], Service) for id in _sources(node))


def _figures(node: Task | Service, judging: list[str], steps: dict[str, Task | Service]) -> None:
    """Give the inputs that are filled with figures the metrics of everything that judges the model."""
    for name, port in list(node.inputs.items()):
        if port.many and not port.sources:
            sources: list[Reference] = []
            for id in judging:
                step = steps[id]
                outputs = step.outputs if isinstance(step, Task) else {}
                sources.extend(
                    Reference(id, out, key=id)
                    for out, made in outputs.items()
                    if made.type.get("type") == "metrics"
                )
            if sources:
                node.inputs[name] = Input(tuple(sources), many=True)
            else:
                del node.inputs[name]
