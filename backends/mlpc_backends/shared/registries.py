"""Steps that ask a registry of models."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlpc.ir.nodes import Task

#: By module and function of the step runtime: the argument that says where the registry is. Untold, a step keeps one of its own.
REGISTRIES = {
    (f"mlpc_stdlib.runtime.{module}", "mlflow"): "tracking_uri" for module in ("register", "champion")
}


def told_by(node: Task) -> str:
    """Return the argument that tells a step of its registry; empty for a step that asks none."""
    return REGISTRIES.get((node.action.target, node.action.function), "")


def untold(node: Task) -> str:
    """Return the argument by which a step could be told of the registry that it is not told of; empty for others."""
    name = told_by(node)
    return name if name and node.arguments.get(name) is None else ""
