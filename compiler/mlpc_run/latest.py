"""Links under ``.mlpc/latest`` to the artefacts of the last run, by names that a person reads."""

from __future__ import annotations

import os

from .layout import Layout, file_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlpc.ir.nodes import JsonObject

_SUFFIXES = {"dataset": ".parquet", "metrics": ".json"}


def link(
    layout: Layout, pipeline: str, environment: str, node: str, port: str, type: JsonObject, path: str
) -> str:
    """Let a link show an artefact and return its path; the artefact's own where there are no links.

    Each environment has links of its own, `tumor@prod`: what was promoted is kept by environment as well.
    """
    kind = str(type.get("type"))
    suffix = _SUFFIXES.get(kind, "")
    if kind == "file" and type.get("format"):
        suffix = "." + file_name(str(type["format"]))
    whose = file_name(pipeline) + (f"@{file_name(environment)}" if environment else "")
    made = layout.path("latest", whose, file_name(node), file_name(port) + suffix)
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
