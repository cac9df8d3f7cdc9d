"""One service: what it serves is copied aside when it is promoted, and only that is ever served.

A later run overwrites what steps made before its gates are judged. So a service takes a copy of its inputs once
everything before it went well; started again, after a crash or while a later run is blocked, it serves that copy.
"""

from __future__ import annotations

import json
import os
import time

from ..contract import StepError, say, write_json
from ..masking import Masker
from .attempts import FAILURE, Ending, Settings, _explain, execute, hold_back, prepared
from .store import DONE, file_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .graph import Graph
    from .store import Store

#: Under the folder of the service: what is promoted, and the copies by digest.
PROMOTED, COPIES = "promoted.json", "promoted"


def serve(graph: Graph, id: str, store: Store, settings: Settings) -> int:
    """Serve until SIGTERM; return the exit status of the process."""
    held = store.held_back_by(graph, id)
    folder = os.path.join(store.folder, file_name(id))
    before = _promoted(folder)
    try:
        if not held:
            task, masker = prepared(graph, id, store, settings)
            before = _promote(graph, id, store, task, folder)
        elif before is None:
            return hold_back(graph, id, store, held)
        else:
            listed = ", ".join(f"`{each}`" for each in held)
            say(f"{id}: not promoted because of {listed}; serving what was promoted before")
            _, masker = before, Masker(_texts(before, settings))
    except StepError as error:
        _explain(id, error.to_json())
        return FAILURE
    task = _task(before, folder, settings)
    ending = Ending()
    work = store.work(id, "service")
    try:
        status, _ = execute(task, work, masker, ending)
    finally:
        store.discard(work)
    return 0 if ending.asked and status in (0, 143, -15) else status or 0


def publish(graph: Graph, id: str, store: Store, settings: Settings) -> int:
    """Promote, for an engine that starts no servers, and return the exit status."""
    held = store.held_back_by(graph, id)
    if held:
        return hold_back(graph, id, store, held)
    folder = os.path.join(store.folder, file_name(id))
    try:
        task, _ = prepared(graph, id, store, settings)
        _promote(graph, id, store, task, folder)
    except StepError as error:
        _explain(id, error.to_json())
        return FAILURE
    say(f"{id}: promoted; what it serves lies in {folder}")
    return 0


def _promote(graph: Graph, id: str, store: Store, task: dict[str, Any], folder: str) -> dict[str, Any]:
    """Copy the inputs aside, record that this is promoted, and return the record."""
    node = graph.node(id)
    bundle: dict[str, Any] = {
        "from": store.origins(graph, id),
        "task": task,
        "secrets": {
            name: value["secret"]
            for name, value in node["arguments"].items()
            if isinstance(value, dict) and set(value) == {"secret"}
        },
    }
    known = _promoted(folder)
    if known is not None and known["from"] == bundle["from"] and known["task"]["task"] == id:
        return known
    task["arguments"].setdefault("workers", node["replicas"][0])
    task["context"]["labels"].update(
        promoted=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        figures={each: figures for each, record in _done(graph, store) if (figures := record.get("metrics"))},
    )
    for given in task["inputs"].values():
        for item in given if isinstance(given, list) else [given]:
            if item.get("path"):
                item["path"] = _copy(store, item, folder)
    write_json(os.path.join(folder, PROMOTED), bundle)
    store.write(id, {"contract": 1, "status": DONE, "from": bundle["from"], "started": time.time()})
    _tidy(store, bundle, folder)
    return bundle


def _copy(store: Store, item: dict[str, Any], folder: str) -> str:
    """Copy an artefact to a place named by its digest; return that, relative to ``folder``."""
    import shutil

    name = os.path.join(COPIES, item["digest"].rpartition(":")[2])
    target = os.path.join(folder, name)
    if not os.path.lexists(target):
        part = os.path.join(store.work(file_name(item["digest"]), "copy"), "copy")
        if os.path.isdir(item["path"]):
            shutil.copytree(item["path"], part)
        else:
            shutil.copyfile(item["path"], part)
        store.put(part, target)
        store.discard(os.path.dirname(part))
    return name


def _tidy(store: Store, bundle: dict[str, Any], folder: str) -> None:
    """Remove the copies that are no longer served."""
    kept = {
        os.path.basename(item.get("path") or "")
        for given in bundle["task"]["inputs"].values()
        for item in (given if isinstance(given, list) else [given])
    }
    for name in (
        os.listdir(os.path.join(folder, COPIES)) if os.path.isdir(os.path.join(folder, COPIES)) else ()
    ):
        if name not in kept:
            store.discard(os.path.join(folder, COPIES, name))


def _task(bundle: dict[str, Any], folder: str, settings: Settings) -> dict[str, Any]:
    """Return the task of what is promoted, with paths and the address of this container."""
    task: dict[str, Any] = json.loads(json.dumps(bundle["task"]))
    for given in task["inputs"].values():
        for item in given if isinstance(given, list) else [given]:
            if item.get("path"):
                item["path"] = os.path.join(folder, item["path"])
    task["secrets"] = {name: settings.secrets.get(secret, "") for name, secret in bundle["secrets"].items()}
    task["service"] = {"host": settings.host, "port": settings.port}
    return task


def _texts(bundle: dict[str, Any], settings: Settings) -> list[str]:
    texts = []
    for secret in bundle["secrets"].values():
        with open(settings.secrets.get(secret, os.devnull), encoding="utf-8") as file:
            texts.append(file.read())
    return texts


def _promoted(folder: str) -> dict[str, Any] | None:
    try:
        with open(os.path.join(folder, PROMOTED), "rb") as file:
            found = json.loads(file.read())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and {"from", "task", "secrets"} <= set(found) else None


def _done(graph: Graph, store: Store) -> list[tuple[str, dict[str, Any]]]:
    return [(each, record) for each in graph.nodes if (record := store.record(each)) is not None]


def is_healthy(port: int) -> bool:
    """Return whether the service in this container says that it is ready."""
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
