"""Where artefacts and records lie: ``STORE/NODE/PORT`` and ``STORE/NODE/result.json``.

A record is the ``result.json`` of the step contract and, beside it, what the adaptor knows. A node that starts
replaces its record at once, so what an earlier run left is never taken for what this one made; and a record
names those that it was made from, so that a mixture of two runs is seen.
"""

from __future__ import annotations

import json
import os

from ..contract import write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .graph import Graph

RECORD = "result.json"
#: What a record says of its node. ``blocked``: held back by what it needs; ``running`` of a container that is gone:
#: it was ended from outside.
DONE, NOT_PASSED, FAILED, BLOCKED, RUNNING = "done", "not_passed", "failed", "blocked", "running"
#: Where attempts work and what is being replaced goes; on the same file system as the artefacts.
_WORK = ".work"


class Store:
    """The folder that all nodes of one pipeline share.

    ``run`` is what the engine calls this run; it is written into records. With ``alone`` those of other runs are as if
    they were not there.
    """

    def __init__(self, folder: str, run: str = "", *, alone: bool = False) -> None:
        self.folder = os.path.abspath(folder)
        self.run = run
        self._alone = alone
        self._records: dict[str, dict[str, Any] | None] = {}

    def path(self, node: str, port: str) -> str:
        """Return where the output ``port`` of ``node`` lies, whether or not it is there."""
        return os.path.join(self.folder, file_name(node), file_name(port))

    def work(self, node: str, name: str) -> str:
        """Return an empty folder to work in."""
        folder = os.path.join(self.folder, _WORK, file_name(node), name)
        self.discard(folder)
        os.makedirs(folder, exist_ok=True)
        return folder

    def record(self, node: str) -> dict[str, Any] | None:
        """Return the record of ``node``, or None where there is none that can be read."""
        if node not in self._records:
            try:
                with open(self._record(node), "rb") as file:
                    found = json.loads(file.read())
            except (OSError, ValueError):
                found = None
            known = isinstance(found, dict) and (not self._alone or found.get("run") == self.run)
            self._records[node] = found if known else None
        return self._records[node]

    def write(self, node: str, record: dict[str, Any]) -> None:
        """Replace the record of ``node``, atomically; its ``id`` tells it from all others."""
        from hashlib import sha256

        if self.run:
            record = {**record, "run": self.run}
        text = json.dumps(record, sort_keys=True, ensure_ascii=True)
        made = {**record, "node": node, "id": sha256(f"{node}\n{text}".encode()).hexdigest()}
        os.makedirs(os.path.dirname(self._record(node)), exist_ok=True)
        write_json(self._record(node), made)
        self._records[node] = made

    def put(self, path: str, target: str) -> None:
        """Move an artefact to where it belongs; what lay there is gone only when the new one is there."""
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.isdir(target) and not os.path.islink(target):
            old = os.path.join(self.work("replaced", str(os.getpid())), "old")
            os.rename(target, old)
            os.rename(path, target)
            self.discard(os.path.dirname(old))
        else:
            if os.path.isdir(path) and os.path.lexists(target):
                os.unlink(target)
            os.replace(path, target)

    def discard(self, path: str) -> None:
        """Remove a folder with all that is in it, if it is there."""
        import shutil

        shutil.rmtree(path, ignore_errors=True)
        above = os.path.dirname(path)
        if os.path.dirname(above) == os.path.join(self.folder, _WORK):
            try:
                os.rmdir(above)
            except OSError:
                pass  # another container of the same node works there

    def is_current(self, graph: Graph, node: str) -> bool:
        """Return whether what the record of ``node`` says was made from what now lies in the store."""
        done: dict[str, bool] = {}
        waiting = [node]
        while waiting:
            id = waiting[-1]
            needed = graph.needs(id)
            missing = [each for each in needed if each not in done]
            if missing and id not in done:
                done[id] = False
                waiting.extend(missing)
                continue
            waiting.pop()
            made_from = (self.record(id) or {}).get("from")
            done[id] = (
                isinstance(made_from, dict)
                and all(done[each] for each in needed)
                and made_from == {each: (self.record(each) or {}).get("id") for each in needed}
            )
        return done[node]

    def origins(self, graph: Graph, node: str) -> dict[str, str]:
        """Return the ids of the records that a record of ``node`` made now would be made from."""
        return {each: str((self.record(each) or {}).get("id")) for each in graph.needs(node)}

    def held_back_by(self, graph: Graph, node: str) -> list[str]:
        """Return those of the nodes that ``node`` waits for that are not done well in this run, and the causes of
        their not being so.
        """
        found: dict[str, None] = {}
        waiting = [each for each in reversed(graph.needs(node)) if not self.is_done(graph, each)]
        while waiting:
            id = waiting.pop()
            record = self.record(id) or {}
            if record.get("status") == BLOCKED and record.get("by"):
                waiting.extend(reversed([each for each in record["by"] if each != id]))
            else:
                found[id] = None
        return list(found)

    def is_done(self, graph: Graph, node: str) -> bool:
        """Return whether ``node`` is done, a gate passed, from what now lies in the store."""
        return (self.record(node) or {}).get("status") == DONE and self.is_current(graph, node)

    def _record(self, node: str) -> str:
        return os.path.join(self.folder, file_name(node), RECORD)


def file_name(id: str) -> str:
    """Return a name for files: one that every file system takes, and no two ids share."""
    made = "".join(
        char
        if char.isascii() and (char.isalnum() or char in "_-[].")
        else "".join(f"%{byte:02x}" for byte in _bytes(char))
        for char in id
    )
    if made in ("", RECORD) or made.startswith(".") or len(made) > 150:
        from hashlib import sha256

        return f"{made[:40].lstrip('.')}%%{sha256(_bytes(id)).hexdigest()[:16]}"
    return made


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
