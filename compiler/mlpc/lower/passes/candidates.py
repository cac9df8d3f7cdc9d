"""Gates that only decide who may be chosen end no run: what they come to is shown, and the choice goes by it."""

from __future__ import annotations

from ...ir.nodes import Gate, Reference, Service, Task, Workflow
from .choice import candidate_gates
from .promotion import evaluates_of, gates_of, is_choice, steps_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...ir.nodes import Json


def candidates(workflow: Workflow) -> Workflow:
    """Let the gates of candidates warn, unless something else waits for them."""
    steps, gates = steps_of(workflow), gates_of(workflow)
    choices = [node for node in steps.values() if is_choice(node)]
    if not choices:
        return workflow
    evaluates = evaluates_of(steps)
    waited = {id for node in workflow.nodes if isinstance(node, Task | Service | Gate) for id in node.after}
    for node in choices:
        for source in node.inputs["candidates"].sources:
            if not isinstance(source, Reference):
                continue
            for id in candidate_gates(source.node, steps, evaluates):
                gate = gates.get(id)
                if gate is None or gate.id in waited:
                    continue
                deciding: list[Json] = [
                    number
                    for number, condition in enumerate(gate.conditions)
                    if condition.severity == "error"
                ]
                if not deciding:
                    continue  # nothing in it decides, or another choice goes by it as well
                gate.labels = {**gate.labels, "deciding": deciding}
                for condition in gate.conditions:
                    if condition.severity == "error":
                        condition.severity = "warn"
                        condition.message = condition.message or f"`{source.node}` cannot be chosen"
    return workflow
