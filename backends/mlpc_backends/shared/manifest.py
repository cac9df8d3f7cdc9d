"""The manifest of an output directory: every file with its digest and mode, and the data that it does not hold."""

from __future__ import annotations

import json

from mlpc.ir.nodes import External, Service, Task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlpc.ir.nodes import JsonObject, Workflow

FILE = "manifest.json"
VERSION = 1


def manifest(
    target: str, version: str, workflow: Workflow, files: Mapping[str, bytes], more: JsonObject
) -> bytes:
    """Return ``manifest.json`` for ``files``, with the members ``more``: what the target's commands read.

    ``data`` lists what comes from outside: ``path`` relative to the project or ``url``, the port type with its
    schema, and the nodes that read it. Its content is not known before it is staged.
    """
    from hashlib import sha256

    content = {
        "version": VERSION,
        "target": {"name": target, "version": version},
        "pipeline": workflow.name,
        "environment": workflow.environment,
        "data": data(workflow),
        "files": {path: f"sha256:{sha256(files[path]).hexdigest()}" for path in sorted(files)},
        **more,
    }
    return (json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode("utf-8")


def data(workflow: Workflow) -> list[JsonObject]:
    """Return what a workflow reads from outside, each place once, in its order."""
    found: dict[tuple[str, bool], JsonObject] = {}
    readers: dict[tuple[str, bool], list[str]] = {}
    for node in workflow.nodes:
        if not isinstance(node, Task | Service):
            continue
        for port in node.inputs.values():
            for source in port.sources:
                if isinstance(source, External):
                    key = (source.location, source.url)
                    found.setdefault(
                        key, {"url" if source.url else "path": source.location, "type": source.type}
                    )
                    readers.setdefault(key, []).append(node.id)
    return [{**item, "nodes": list(dict.fromkeys(readers[key]))} for key, item in found.items()]
