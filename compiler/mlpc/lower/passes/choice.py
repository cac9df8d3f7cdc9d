"""A choice learns of each candidate whether its gates have passed, and takes along the figures that judged it.

The gates of a candidate hold back the candidate alone: nothing waits for them, so one that does not pass keeps no other
candidate from being chosen. The choice is told as an argument what they come to, which every engine computes alike.
"""

from __future__ import annotations

from ...ir.nodes import FanOut, Gate, Input, Output, Reference, Task, Workflow
from .promotion import evaluates_of, gates_of, is_choice, lineage, steps_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...ir.nodes import Json, Service

#: What the step runtime calls the ports of figures; see `mlpc_stdlib.runtime.choice`.
FIGURES = "of_"


def choice(workflow: Workflow) -> Workflow:
    """Give every choice the verdicts and figures of its candidates."""
    steps, gates = steps_of(workflow), gates_of(workflow)
    choices = [node for node in steps.values() if isinstance(node, Task) and is_choice(node)]
    if not choices:
        return workflow
    evaluates = evaluates_of(steps)
    families = {
        member: node.id
        for node in workflow.nodes
        if isinstance(node, FanOut)
        for member in node.members.values()
    }
    for node in choices:
        passed: list[Json] = []
        judges: list[dict[str, str]] = []
        for source in node.inputs["candidates"].sources:
            found = candidate_gates(source.node, steps, evaluates) if isinstance(source, Reference) else []
            passed.append(_verdict([gates[id] for id in found if id in gates]))
            judges.append({families.get(id, id): id for id in found if steps[id].labels.get("judges")})
        node.arguments["passed"] = passed
        node.arguments["figures"] = [{"otherwise": [item, None]} for item in _list(node.arguments["figures"])]
        _figures(node, judges, steps)
    return workflow


def candidate_gates(id: str, steps: dict[str, Task | Service], evaluates: dict[str, list[str]]) -> list[str]:
    """Return the steps whose gates a candidate has to pass: what judges it, and the exports on the way to it."""
    made = lineage([id], steps)
    return list(dict.fromkeys([*(judge for each in made for judge in evaluates.get(each, ())), *made]))


def _verdict(gates: list[Gate]) -> Json:
    conditions: list[Json] = [
        condition.expr for gate in gates for condition in gate.conditions if condition.severity != "warn"
    ]
    if not conditions:
        return True
    # What has no value has not passed; it must not keep the others from being judged.
    return {
        "otherwise": [conditions[0] if len(conditions) == 1 else {"op": "and", "args": conditions}, False]
    }


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _figures(node: Task, judges: list[dict[str, str]], steps: dict[str, Task | Service]) -> None:
    """Add a port for every `evaluate` that judged all candidates; where each has but one of its own, one port for these."""
    if all(len(found) == 1 for found in judges) and len({family for found in judges for family in found}) > 1:
        judges = [{"metrics": id} for found in judges for id in found.values()]
    for family in judges[0] if judges else ():
        if not all(family in found for found in judges):
            continue
        sources = []
        for source, found in zip(node.inputs["candidates"].sources, judges, strict=True):
            step = steps[found[family]]
            made = step.outputs if isinstance(step, Task) else {}
            ports = [port for port, output in made.items() if output.type.get("type") == "metrics"]
            if len(ports) == 1 and isinstance(source, Reference):
                sources.append(Reference(step.id, ports[0], key=source.key))
        if len(sources) == len(judges):
            node.inputs[FIGURES + family] = Input(tuple(sources), many=True)
            node.outputs[FIGURES + family] = Output({"type": "metrics"})
