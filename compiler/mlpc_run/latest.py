"""Links under ``.mlpc/latest`` to the artefacts of the last run, by names that a person reads."""

from __future__ import annotations

import os

from .layout import Layout, file_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlpc.ir.nodes import JsonObject

_SUFFIXES = {"dataset": ".parquet", "metrics": ".json"}


def link(layout: Layout, pipeline: str, node: str, port: str, type: JsonObject, path: str) -> str:
    """Let a link show an artefact and return its path; the artefact's own where there are no links."""
    kind = str(type.get("type"))
    suffix = _SUFFIXES.get(kind, "")
    if kind == "file" and type.get("format"):
        suffix = "." + file_name(str(type["format"]))
    made = layout.path("latest", file_name(pipeline), file_name(node), file_name(port) + suffix)
    try:
        _point(made, path)
    except OSError:
        return path
    return made


def _point(link: str, path: str) -> None:
    target = os.path.relpath(path, os.path.dirname(link))
    try:
        if os.readlink(link) == target:
            return
    except OSError:
        os.makedirs(os.path.dirname(link), exist_ok=True)
    new = f"{link}.{os.getpid()}.new"
    try:
        os.unlink(new)
    except FileNotFoundError:
        pass
    os.symlink(target, new)
    os.replace(new, link)
