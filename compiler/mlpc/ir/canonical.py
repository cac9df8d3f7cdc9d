"""The one JSON form of a workflow: the same workflow, the same bytes.

Every member is written, defaults too, keys are sorted by code point, numbers are written so that they read
back exactly, and the text is UTF-8. Each member of the workflow, and each of its nodes, parameters and
secrets, has a line of its own, so that two plans can be compared line by line; within a line nothing is
padded.
"""

from __future__ import annotations

from .nodes import External, FanOut, Gate, Service, Task, Trigger

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .nodes import (
        Action,
        Condition,
        Input,
        Json,
        JsonObject,
        Node,
        Param,
        Reference,
        Resources,
        Secret,
        Workflow,
    )

#: Members of a workflow whose items stand on lines of their own.
_LINED = ("nodes", "params", "secrets")


def dumps(workflow: Workflow) -> bytes:
    """Return the canonical bytes of ``workflow``, which end with a line feed.

    Raises:
        IRError: it holds what JSON cannot: NaN, an infinity, a lone surrogate, nesting without end.
    """
    from json import JSONEncoder

    encode = JSONEncoder(
        ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), check_circular=False
    ).encode
    members = []
    try:
        for name, value in sorted(to_json(workflow).items()):
            if name in _LINED and isinstance(value, list) and value:
                text = "[\n" + ",\n".join([encode(item) for item in value]) + "\n]"
            else:
                text = encode(value)
            members.append(f'"{name}":{text}')
        return ("{\n" + ",\n".join(members) + "\n}\n").encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise _unwritable(workflow, error) from None


def _unwritable(workflow: Workflow, error: ValueError | RecursionError) -> Exception:
    from ..codes import MALFORMED_WORKFLOW
    from ..diagnostics import Diagnostic
    from .errors import IRError

    if isinstance(error, RecursionError):
        reason = "a value in it is nested too deep"
    elif isinstance(error, UnicodeEncodeError):
        reason = "a text in it holds half of a character (a lone surrogate)"
    else:
        reason = "a number in it is not finite"
    message = f"workflow `{workflow.name}` cannot be written as JSON: {reason}"
    return IRError([Diagnostic(MALFORMED_WORKFLOW, message)])


def to_json(workflow: Workflow) -> JsonObject:
    """Return ``workflow`` as JSON values; literals, types and expressions are shared with it, not copied."""
    return {
        "version": workflow.version,
        "name": workflow.name,
        "doc": workflow.doc,
        "environment": workflow.environment,
        "labels": workflow.labels,
        "settings": workflow.settings,
        "params": [_param(param) for param in workflow.params],
        "secrets": [_secret(secret) for secret in workflow.secrets],
        "nodes": [node_to_json(node) for node in workflow.nodes],
    }


def node_to_json(node: Node) -> JsonObject:
    """Return one node as JSON values, as it stands under ``nodes``."""
    if isinstance(node, Task):
        return {
            "kind": "task",
            "id": node.id,
            "action": _action(node.action),
            "inputs": _inputs(node.inputs),
            "outputs": {name: {"type": output.type} for name, output in node.outputs.items()},
            "figures": {
                name: {"type": each.type, "place": each.place} for name, each in node.figures.items()
            },
            "arguments": node.arguments,
            "requirements": list(node.requirements),
            "resources": _resources(node.resources),
            "retry": {"attempts": node.retry.attempts, "backoff": float(node.retry.backoff)},
            "timeout": _float(node.timeout),
            "seed": node.seed,
            "after": list(node.after),
            "effect": node.effect,
            "labels": node.labels,
        }
    if isinstance(node, Gate):
        return {
            "kind": "gate",
            "id": node.id,
            "conditions": [_condition(condition) for condition in node.conditions],
            "after": list(node.after),
            "labels": node.labels,
        }
    if isinstance(node, Service):
        return {
            "kind": "service",
            "id": node.id,
            "action": _action(node.action),
            "inputs": _inputs(node.inputs),
            "arguments": node.arguments,
            "requirements": list(node.requirements),
            "resources": _resources(node.resources),
            "replicas": list(node.replicas),
            "levels": [_condition(condition) for condition in node.levels],
            "after": list(node.after),
            "labels": node.labels,
        }
    if isinstance(node, FanOut):
        return {
            "kind": "fan_out",
            "id": node.id,
            "keys": list(node.keys),
            "members": {**node.members},
            "labels": node.labels,
        }
    if isinstance(node, Trigger):
        return {
            "kind": "trigger",
            "id": node.id,
            "cron": node.cron,
            "timezone": node.timezone,
            "labels": node.labels,
        }
    raise TypeError(f"{type(node).__name__} is no node of the IR")


def _param(param: Param) -> JsonObject:
    made: JsonObject = {"name": param.name, "type": param.type, "default": param.default, "doc": param.doc}
    return {**made, "trigger": param.trigger} if param.trigger else made


def _secret(secret: Secret) -> JsonObject:
    return {"name": secret.name, "type": secret.type, "source": secret.source}


def _action(action: Action) -> JsonObject:
    return {
        "kind": action.kind,
        "target": action.target,
        "function": action.function,
        "command": list(action.command),
    }


def _inputs(inputs: dict[str, Input]) -> JsonObject:
    return {
        name: {"many": port.many, "sources": [_source(source) for source in port.sources]}
        for name, port in inputs.items()
    }


def _source(source: Reference | External) -> JsonObject:
    if isinstance(source, External):
        return {"kind": "external", "location": source.location, "url": source.url, "type": source.type}
    return {"kind": "reference", "node": source.node, "port": source.port, "key": source.key}


def _resources(resources: Resources) -> JsonObject:
    return {
        "cpu": _float(resources.cpu),
        "memory": resources.memory,
        "gpu": resources.gpu,
        "gpu_type": resources.gpu_type,
    }


def _condition(condition: Condition) -> JsonObject:
    return {
        "expr": condition.expr,
        "text": condition.text,
        "name": condition.name,
        "severity": condition.severity,
        "message": condition.message,
        "place": condition.place,
    }


def _float(number: float | None) -> Json:
    # 30 and 30.0 are one number of seconds and must be one text.
    return None if number is None else float(number)
