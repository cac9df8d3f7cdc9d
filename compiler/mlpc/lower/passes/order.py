"""Nodes stand in an order in which each follows what it needs, as near to the file's as can be."""

from __future__ import annotations

from ...ir.nodes import Workflow, needs


def order(workflow: Workflow) -> Workflow:
    """Sort the nodes; among the orders possible the one that keeps the file's."""
    nodes = {node.id: node for node in workflow.nodes}
    sorted_ids: list[str] = []
    done: set[str] = set()
    for start in nodes:
        stack = [(start, iter(needs(nodes[start])))] if start not in done else []
        while stack:
            id, above = stack[-1]
            following = next((each for each in above if each not in done), None)
            if following is None:
                stack.pop()
                if id not in done:
                    done.add(id)
                    sorted_ids.append(id)
            else:
                stack.append((following, iter(needs(nodes[following]))))
    workflow.nodes = tuple(nodes[id] for id in sorted_ids)
    return workflow
