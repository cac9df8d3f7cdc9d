"""What is promoted of a service: all that is needed to start it later, whatever happens to the spec meanwhile."""

from __future__ import annotations

from mlpc.ir.nodes import External

from . import lock, values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mlpc.ir.nodes import Reference, Service

    from .state import State


def bundle(state: State, node: Service) -> dict[str, Any]:
    """Return all that is needed to start a service later, whatever happens to the spec meanwhile."""
    arguments, names = values.arguments(node.id, node.arguments, state.metrics, state.params)
    inputs: dict[str, Any] = {}
    for name, port in node.inputs.items():
        items = [_served(state, source) for source in port.sources]
        if items:
            inputs[name] = items if port.many else items[0]
    locked = state.locked.get(lock.normal(node.requirements))
    return {
        "action": {
            "kind": node.action.kind,
            "target": node.action.target,
            "function": node.action.function,
        },
        "inputs": inputs,
        "arguments": arguments,
        "secrets": {
            name: {"secret": secret, "source": _secret_source(state, secret)}
            for name, secret in names.items()
        },
        "requirements": list(lock.normal(node.requirements)),
        "locked": list(locked.lines) if locked is not None else None,
        "runtime": state.runtime,
        "resources": {
            "cpu": node.resources.cpu,
            "memory": node.resources.memory,
            "gpu": node.resources.gpu,
        },
        "replicas": list(node.replicas),
        "levels": [condition.text for condition in node.levels],
        "labels": node.labels,
        "project": {}
        if node.action.kind != "project"
        else state.sources.of_project(state.layout.root, node.action.target),
    }


def _served(state: State, source: Reference | External) -> dict[str, Any]:
    if isinstance(source, External):
        item: dict[str, Any] = {"type": source.type}
        if source.url:
            item["url"] = source.location
        else:
            item["location"] = source.location
        return item
    digest = state.digests[source.node, source.port]
    item = {"digest": digest, "type": state.tasks[source.node].outputs[source.port].type}
    if source.key:
        item["key"] = source.key
    return item


def _secret_source(state: State, name: str) -> dict[str, Any] | None:
    return next((secret.source for secret in state.workflow.secrets if secret.name == name), None)
