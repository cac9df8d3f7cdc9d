"""The files that a run of a workflow depends on beside its spec: code, data, what arguments name, the lock, secrets.

They are known by content. Only what another time or size points at is read again; of what is large, time and size are taken
for the content.
"""

from __future__ import annotations

import os

from mlpc.ir.nodes import External, Service, Task

from . import digests, runtime
from .imports import Sources
from .keys import named_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mlpc.ir.nodes import Workflow

#: Files that are larger, in bytes, are not read.
LARGE = 64 << 20


class Seen:
    """Digests of files and folders, each read again only when it looks changed."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[tuple[int, int, int], str]] = {}

    def of(self, path: str) -> str:
        """Return the digest of a file or a folder.

        Raises:
            OSError: it is not there or cannot be read.
        """
        if os.path.isdir(path):
            inside = [
                f"{name} {self._file(os.path.join(path, name))}"
                for name, _ in digests.walk(path)
                if name[-1:] != "/"
            ]
            return digests.of_text("\n".join(inside))
        return self._file(path)

    def _file(self, path: str) -> str:
        about = os.stat(path)
        state = (about.st_mtime_ns, about.st_size, about.st_ino)
        before = self._known.get(path)
        if before is not None and before[0] == state:
            return before[1]
        found = f"{about.st_mtime_ns} {about.st_size}" if about.st_size > LARGE else digests.of_file(path)
        self._known[path] = (state, found)
        return found


class _NoRows:
    """Stands in for the store: nothing is remembered of imports."""

    def rows(self, statement: str, /) -> list[Any]:
        """Return nothing."""
        return []


def paths(workflow: Workflow, root: str, seen: Seen) -> list[str]:
    """Return the paths, absolute and sorted; what is not there is among them."""
    found = {os.path.join(root, "mlpc.lock"), os.path.join(root, "mlpc.toml")}
    sources = Sources(_NoRows(), seen, runtime.root())
    for node in workflow.nodes:
        if not isinstance(node, Task | Service):
            continue
        if node.action.kind == "project":
            found.add(os.path.join(root, node.action.target))
            try:
                names = sources.of_project(root, node.action.target)
            except OSError:
                names = {}
            found.update(os.path.join(root, name) for name in names if not name.startswith("mlpc:"))
        for port in node.inputs.values():
            for source in port.sources:
                if isinstance(source, External) and not source.url:
                    found.add(os.path.join(root, source.location))
        found.update(os.path.join(root, name) for name in named_files(root, node.arguments, seen))
    for secret in workflow.secrets:
        name = (secret.source or {}).get("file")
        if isinstance(name, str):
            found.add(os.path.join(root, os.path.expanduser(name)))
    return sorted(map(os.path.normpath, found))


def state(path: str, seen: Seen) -> str:
    """Return the digest of a path, or nothing where it is not there or cannot be read."""
    try:
        return seen.of(path)
    except OSError:
        return ""
