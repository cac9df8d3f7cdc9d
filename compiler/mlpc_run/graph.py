"""The order of a run: what may start when something has settled."""

from __future__ import annotations

from mlpc.ir.nodes import Task, needs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlpc.ir.nodes import Node


class Graph:
    """Nodes and what each still waits for. Steps with an effect outside, and what follows them, come last: when all
    else has settled and is known to be good.
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = {node.id: node for node in nodes}
        self._waits = {node.id: {id for id in needs(node) if id in self._nodes} for node in nodes}
        self._followers: dict[str, list[str]] = {}
        self._late: set[str] = set()
        for node in nodes:
            above = self._waits[node.id]
            for each in above:
                self._followers.setdefault(each, []).append(node.id)
            if (isinstance(node, Task) and node.effect) or not self._late.isdisjoint(above):
                self._late.add(node.id)

    def first(self) -> list[Node]:
        """Return the nodes that wait for nothing."""
        return [node for id, node in self._nodes.items() if not self._waits[id] and id not in self._late]

    def settled(self, id: str) -> list[Node]:
        """Note that a node has settled; return those that waited for nothing else."""
        freed = []
        for each in self._followers.get(id, ()):
            waits = self._waits[each]
            if id in waits:
                waits.remove(id)
                if not waits and each not in self._late:
                    freed.append(self._nodes[each])
        return freed

    def late(self) -> list[Node]:
        """Return the nodes that were held for last, once; those of them that wait for nothing may start now."""
        held = [self._nodes[id] for id in self._nodes if id in self._late]
        self._late = set()
        return held

    def waits(self, id: str) -> bool:
        """Return whether a node still waits for another."""
        return bool(self._waits[id])
