"""When a run may change something outside: last, and only where everything else went well.

`mlpc run` keeps that order by itself. An engine that knows edges and nothing else is given edges that say the same: a
step with an effect waits for all that does not wait for an effect, a service for every step and gate.
"""

from __future__ import annotations

from mlpc.ir.nodes import FanOut, Gate, Service, Task, Workflow, needs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlpc.ir.nodes import Json, Node


def effects_last(workflow: Workflow) -> Workflow:
    """Return ``workflow`` with those edges; each node still follows what it needs."""
    late: set[str] = set()
    beyond: set[str] = set()
    early: list[Node] = []
    after: list[Node] = []
    last: list[Node] = []
    for node in workflow.nodes:
        if isinstance(node, Service) or beyond.intersection(needs(node)):
            beyond.add(node.id)
            last.append(node)
        elif (isinstance(node, Task) and node.effect) or late.intersection(needs(node)):
            late.add(node.id)
            after.append(node)
        else:
            early.append(node)
    ends = _ends(early)
    after = [_waiting(node, ends) if isinstance(node, Task) and node.effect else node for node in after]
    ends = _ends([*early, *after])
    last = [_waiting(node, ends) if isinstance(node, Service) else node for node in last]
    return _with_nodes(workflow, [*early, *after, *last])


def with_arguments(workflow: Workflow, given: Mapping[str, Mapping[str, Json]]) -> Workflow:
    """Return ``workflow`` with arguments of tasks set, by id and name."""
    nodes = [
        _changed(node, arguments={**node.arguments, **given[node.id]})
        if isinstance(node, Task) and node.id in given
        else node
        for node in workflow.nodes
    ]
    return _with_nodes(workflow, nodes)


def waits(workflow: Workflow) -> dict[str, list[str]]:
    """Return what each task, gate and service waits for: tasks, gates and services, a fan-out by its members."""
    nodes = {node.id: node for node in workflow.nodes}
    found: dict[str, list[str]] = {}
    for node in workflow.nodes:
        if not isinstance(node, Task | Gate | Service):
            continue
        mine: dict[str, None] = {}
        pending = list(reversed(needs(node)))
        while pending:
            each = nodes[pending.pop()]
            if isinstance(each, FanOut):
                pending.extend(reversed(list(each.members.values())))
            elif isinstance(each, Task | Gate | Service):
                mine[each.id] = None
        found[node.id] = list(mine)
    return found


def _ends(nodes: Sequence[Node]) -> list[str]:
    """Return the tasks and gates among ``nodes`` that none of them waits for, in order."""
    needed = {id for node in nodes for id in needs(node)}
    return [node.id for node in nodes if isinstance(node, Task | Gate) and node.id not in needed]


def _waiting(node: Task | Service, ends: Sequence[str]) -> Task | Service:
    known = needs(node)
    return _changed(node, after=(*node.after, *(id for id in ends if id not in known)))


def _changed(node: Task | Service, **more: object) -> Task | Service:
    return type(node)(**{**{name: getattr(node, name) for name in node.__slots__}, **more})


def _with_nodes(workflow: Workflow, nodes: Sequence[Node]) -> Workflow:
    members = {name: getattr(workflow, name) for name in workflow.__slots__}
    return Workflow(**{**members, "nodes": tuple(nodes)})
