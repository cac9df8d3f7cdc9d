"""The workflow as its canonical JSON says it (``mlpc.ir``): nodes by id, and what each of them waits for."""

from __future__ import annotations

import json

from .. import codes
from ..contract import StepError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Version of the IR that is understood.
VERSION = 1


class Graph:
    """A workflow. ``nodes`` are the JSON objects of its nodes by id, in their order."""

    __slots__ = ("environment", "labels", "name", "nodes", "params", "secrets")

    def __init__(self, content: Any) -> None:
        if not isinstance(content, dict) or content.get("version") != VERSION:
            version = content.get("version") if isinstance(content, dict) else None
            raise StepError(
                codes.INVALID_TASK,
                f"this runtime reads version {VERSION} of the workflow, not {version!r}",
                "compile the spec and build the images anew, with the same mlpc",
            )
        self.name = str(content["name"])
        self.environment = str(content["environment"])
        self.labels: dict[str, Any] = content["labels"]
        self.params: dict[str, dict[str, Any]] = {each["name"]: each for each in content["params"]}
        #: Types of secrets by name.
        self.secrets: dict[str, Any] = {each["name"]: each["type"] for each in content.get("secrets") or ()}
        self.nodes: dict[str, dict[str, Any]] = {each["id"]: each for each in content["nodes"]}

    def node(self, id: str) -> dict[str, Any]:
        """Return the node called ``id``.

        Raises:
            StepError: there is none.
        """
        found = self.nodes.get(id)
        if found is None:
            known = ", ".join(f"`{each}`" for each in self.nodes)
            raise StepError(codes.INVALID_TASK, f"`{self.name}` has no node `{id}`", f"it has: {known}")
        return found

    def needs(self, id: str) -> list[str]:
        """Return the tasks, gates and services that the node waits for, each once; a fan-out is its members."""
        found: dict[str, None] = {}
        waiting = list(reversed(_needs(self.nodes[id])))
        while waiting:
            each = waiting.pop()
            node = self.nodes[each]
            if node["kind"] == "fan_out":
                waiting.extend(reversed(list(node["members"].values())))
            elif node["kind"] != "trigger":
                found[each] = None
        return list(found)


def read(path: str) -> Graph:
    """Read a workflow.

    Raises:
        StepError: it cannot be read or is of another version.
    """
    try:
        with open(path, "rb") as file:
            return Graph(json.loads(file.read()))
    except OSError as error:
        raise StepError(codes.INVALID_TASK, f"cannot read {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise StepError(codes.INVALID_TASK, f"{path} is no workflow: {error}") from None


def _needs(node: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for port in (node.get("inputs") or {}).values():
        found.extend(source["node"] for source in port["sources"] if source["kind"] == "reference")
    found.extend(_measured(node.get("arguments") or {}))
    for condition in node.get("conditions") or ():
        found.extend(_measured(condition["expr"]))
    found.extend((node.get("members") or {}).values())
    found.extend(node.get("after") or ())
    return found


def _measured(expr: Any) -> list[str]:
    """Return the nodes whose figures a value expression reads, in order."""
    found: list[str] = []
    waiting = [expr]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(reversed(item))
        elif isinstance(item, dict) and "const" not in item:
            metric = item.get("metric")
            if isinstance(metric, dict):
                found.append(str(metric["node"]))
            else:
                waiting.extend(reversed(list(item.values())))
    return found
