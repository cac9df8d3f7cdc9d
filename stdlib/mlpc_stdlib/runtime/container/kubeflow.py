"""The adaptor of Kubeflow Pipelines: one task of a pipeline, told by an ``ExecutorInput``.

    python -m mlpc_stdlib.runtime.container.kubeflow --node ID --input JSON [--workflow FILE] [--project DIR] [--run TEXT]
        [--take KEY=NODE/PORT]… [--give KEY=PORT]… [--record KEY=NODE]… [--param KEY=NAME]…
        [--data KEY=PATH]… [--file KEY=PATH]… [--secret NAME=FILE]…

``KEY`` is a name in the input; what stands beside it is escaped as in a URL. Artefacts lie where Kubeflow's launcher puts
them, which follows from their address. The node runs in a store of its own that holds nothing but what it needs; then
its outputs are moved to where the launcher takes them from, and its record becomes an output parameter: status, figures
and digests, so that a task that is told them is cached by the content of what it reads. An artefact holds the whole
record, and those that the task was told, for who follows the run from outside.

Exit status 0: done, or a gate judged, whichever way. 1 and 2: the step did not pass, or failed. 143: ended by SIGTERM.
"""

from __future__ import annotations

import argparse
import json
import os
import sys

from .. import codes
from ..__main__ import report
from ..contract import StepError, write_json
from . import attempts, graph, judging
from .store import DONE, Store, file_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

#: Names of outputs that the backend declares.
RECORD, TOLD, PASSED, BUNDLE = "mlpc___record", "mlpc___told", "passed", "bundle"
#: Where the launcher keeps what has an address of such a scheme.
_FOLDERS = {"gs": "/gcs/", "s3": "/s3/", "minio": "/minio/", "oci": "/oci/", "file": "/"}
#: What of a record is the same for the same work.
_KEPT = ("status", "metrics", "rows", "messages", "outputs", "verdicts")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the task that the command line names and return the exit status."""
    told = _parser().parse_args(arguments)
    try:
        return _run(told)
    except StepError as error:
        report(error)
        return attempts.FAILURE


def _run(told: argparse.Namespace) -> int:
    import tempfile

    id = told.node
    given = Given(id, told.input)
    whole = graph.read(told.workflow)
    given.records = records = {node: given.record(key) for key, (node,) in told.record}
    needed = list(dict.fromkeys([*whole.needs(whole.node(id)["id"]), *records]))
    own = _alone(whole, id, needed)
    with tempfile.TemporaryDirectory(prefix="mlpc-") as scratch:
        store = Store(os.path.join(scratch, "store"))
        _fill(store, own, needed, records)
        for key, (node, port) in told.take:
            _link(given.path(key), store.path(node, port))
        settings = _settings(told, given, scratch)
        if own.nodes[id]["kind"] == "gate":
            return _judge(own, id, store, settings, given)
        if own.nodes[id]["kind"] == "service":
            return _publish(own, id, store, settings, given)
        status = attempts.run(own, id, store, settings)
        if status == attempts.PASSED:
            record = store.record(id) or {}
            outputs = {key: port for key, (port,) in told.give}
            for key, port in outputs.items():
                _move(store.path(id, port), given.target(key))
            given.answer(
                record, {key: _metadata(own.nodes[id], record, port) for key, port in outputs.items()}
            )
        return status


def _judge(own: graph.Graph, id: str, store: Store, settings: attempts.Settings, given: Given) -> int:
    """Judge a gate. That it does not pass is a result, and no failure of its task."""
    status = judging.judge(own, id, store, settings)
    if status not in (attempts.PASSED, attempts.GATE):
        return status
    given.answer(store.record(id) or {}, {}, passed=status == attempts.PASSED)
    return attempts.PASSED


def _publish(own: graph.Graph, id: str, store: Store, settings: attempts.Settings, given: Given) -> int:
    """Write what a service would be started with: the artefacts that it takes, and ``bundle.json``."""
    from .. import digests

    node = own.nodes[id]
    task, _ = attempts.prepared(own, id, store, settings)
    target = given.target(BUNDLE)
    _discard(target)
    os.makedirs(os.path.join(target, "inputs"))
    inputs: dict[str, Any] = {}
    for port, found in task["inputs"].items():
        items = found if isinstance(found, list) else [found]
        made = []
        for number, item in enumerate(items):
            if item.get("path"):
                path = os.path.join("inputs", file_name(port) + (f".{number}" if number else ""))
                _copy(item["path"], os.path.join(target, path))
                item = {**item, "path": path}
            made.append(item)
        inputs[port] = made if isinstance(found, list) else made[0]
    figures = {each: (store.record(each) or {}).get("metrics") for each in own.needs(id)}
    write_json(
        os.path.join(target, "bundle.json"),
        {
            "contract": task["contract"],
            "pipeline": own.name,
            "service": id,
            "action": task["action"],
            "arguments": task["arguments"],
            "secrets": sorted(task["secrets"]),
            "inputs": inputs,
            "replicas": node["replicas"],
            "resources": node["resources"],
            "levels": [condition["text"] for condition in node["levels"]],
            "figures": {each: metrics for each, metrics in figures.items() if metrics},
        },
    )
    digest = digests.of_artefact(target)
    print(f"{id}: published {digest}", flush=True)
    given.answer({"status": DONE, "outputs": {BUNDLE: digest}}, {BUNDLE: {"digest": digest}})
    return attempts.PASSED


class Given:
    """An ``ExecutorInput``: values, addresses of artefacts, and where the answer goes."""

    def __init__(self, node: str, text: str) -> None:
        self.node = node
        #: The records that it holds, by node, as far as they were asked for.
        self.records: dict[str, dict[str, Any]] = {}
        try:
            content = json.loads(text)
            inputs, outputs = content.get("inputs") or {}, content.get("outputs") or {}
            self.values: dict[str, Any] = inputs.get("parameterValues") or {}
            self._inputs = {
                key: each["artifacts"][0] for key, each in (inputs.get("artifacts") or {}).items()
            }
            self._outputs = {
                key: each["artifacts"][0] for key, each in (outputs.get("artifacts") or {}).items()
            }
            self._answer = str(outputs["outputFile"])
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise StepError(
                codes.INVALID_TASK, f"Kubeflow told this task nothing that can be read: {error!r}"
            ) from None

    def record(self, key: str) -> dict[str, Any]:
        """Return the record that the parameter ``key`` holds."""
        try:
            found = json.loads(self.values[key])
        except (KeyError, TypeError, ValueError):
            found = None
        if not isinstance(found, dict):
            raise StepError(codes.INVALID_TASK, f"the parameter `{key}` holds no record of a step")
        return found

    def path(self, key: str) -> str:
        """Return where the launcher put the input ``key``."""
        return self._path(self._inputs, key)

    def target(self, key: str) -> str:
        """Return where the launcher takes the output ``key`` from."""
        return self._path(self._outputs, key)

    def _path(self, artefacts: dict[str, Any], key: str) -> str:
        found = artefacts.get(key)
        if found is None:
            raise StepError(codes.INVALID_TASK, f"Kubeflow names no artefact `{key}`")
        return str(found.get("customPath") or local_path(str(found["uri"])))

    def answer(
        self, record: dict[str, Any], artefacts: dict[str, dict[str, Any]], passed: bool | None = None
    ) -> None:
        """Write the ``ExecutorOutput``: parameters, and artefacts with what is known of them."""
        kept = {name: record[name] for name in _KEPT if record.get(name) not in (None, {}, [])}
        # Kubeflow replaces `{{…}}` in texts; two braces in a row stand nowhere but in a text of this JSON.
        text = json.dumps(kept, sort_keys=True, separators=(",", ":")).replace("{{", "{\\u007b")
        values: dict[str, Any] = {RECORD: text}
        if passed is not None:
            values[PASSED] = passed
        made = {
            key: {"artifacts": [{**_told(self._outputs[key]), "metadata": metadata}]}
            for key, metadata in artefacts.items()
        }
        if TOLD in self._outputs:
            path = self.target(TOLD)
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            write_json(path, {"node": self.node, "record": record, "given": self.records})
        os.makedirs(os.path.dirname(self._answer) or ".", exist_ok=True)
        write_json(self._answer, {"parameterValues": values, "artifacts": made})


def local_path(uri: str) -> str:
    """Return where Kubeflow's launcher keeps what has the address ``uri``; an address without a scheme is a path."""
    scheme, sign, rest = uri.partition("://")
    if not sign:
        return uri
    folder = _FOLDERS.get(scheme)
    if folder is None:
        raise StepError(
            codes.UNREADABLE_DATA,
            f"Kubeflow brings no artefact with an address like {scheme}://… to a task",
            "put it where it does: `s3://`, `gs://` or `minio://`",
        )
    if scheme == "oci":
        return f"{folder}{rest.replace('/', '_')}/models"
    return folder + rest.lstrip("/")


def _told(artefact: dict[str, Any]) -> dict[str, Any]:
    return {name: artefact[name] for name in ("name", "uri") if artefact.get(name)}


def _alone(whole: graph.Graph, id: str, needed: list[str]) -> graph.Graph:
    """Return the workflow with nothing in it but a node and what it needs, which needs nothing itself.

    Kubeflow makes further attempts by starting the container again.
    """
    mine = {**whole.nodes[id], "after": needed}
    if mine["kind"] == "task":
        mine["retry"] = {**mine["retry"], "attempts": 1}
    nodes = [
        {"kind": whole.nodes[each]["kind"], "id": each, "outputs": whole.nodes[each].get("outputs") or {}}
        for each in needed
    ]
    return graph.Graph(
        {
            "version": graph.VERSION,
            "name": whole.name,
            "environment": whole.environment,
            "labels": whole.labels,
            "params": list(whole.params.values()),
            "secrets": [{"name": name, "type": type} for name, type in whole.secrets.items()],
            "nodes": [*nodes, mine],
        }
    )


def _fill(store: Store, own: graph.Graph, needed: list[str], records: dict[str, dict[str, Any]]) -> None:
    """Write the records of what a node needs: Kubeflow starts it only when all of that is done well."""
    for each in needed:
        types = {port: output["type"] for port, output in own.nodes[each]["outputs"].items()}
        store.write(each, {**records.get(each, {}), "status": DONE, "from": {}, "types": types})


def _settings(told: argparse.Namespace, given: Given, scratch: str) -> attempts.Settings:
    settings = attempts.Settings()
    settings.run, settings.project = told.run, told.project
    settings.data = os.path.join(scratch, "data")
    settings.secrets = {name: path for name, (path,) in told.secret}
    for key, (name,) in told.param:
        value = given.values.get(key)
        if value is not None:
            settings.params[name] = value if isinstance(value, str) else json.dumps(value)
    for key, parts in told.data:
        _link(given.path(key), os.path.join(settings.data, *parts))
    if told.file:
        # What arguments name lies beside the code, which an image does not let be added to.
        settings.project = os.path.join(scratch, "project")
        if os.path.isdir(told.project):
            _copy(told.project, settings.project)
        for key, parts in told.file:
            _link(given.path(key), os.path.join(settings.project, *parts))
    return settings


def _metadata(node: dict[str, Any], record: dict[str, Any], port: str) -> dict[str, Any]:
    """Return what Kubeflow shows of an artefact: its digest, and the figures that it holds."""
    made: dict[str, Any] = {"digest": (record.get("outputs") or {}).get(port, "")}
    if port in (record.get("rows") or {}):
        made["rows"] = record["rows"][port]
    if node["outputs"][port]["type"].get("type") == "metrics":
        for name, value in (record.get("metrics") or {}).items():
            values = value if isinstance(value, dict) else {"": value}
            made.update({f"{name}.{each}" if each else name: figure for each, figure in values.items()})
    return made


def _link(path: str, target: str) -> None:
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if not os.path.lexists(target):
        os.symlink(os.path.abspath(path), target)


def _move(path: str, target: str) -> None:
    import shutil

    _discard(target)
    os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
    shutil.move(path, target)


def _copy(path: str, target: str) -> None:
    import shutil

    if os.path.isdir(path):
        shutil.copytree(path, target)
    else:
        shutil.copyfile(path, target)


def _discard(path: str) -> None:
    """Remove what an earlier attempt left."""
    import shutil

    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mlpc_stdlib.runtime.container.kubeflow", allow_abbrev=False
    )
    parser.add_argument("--node", required=True, type=_plain)
    parser.add_argument("--input", required=True)
    parser.add_argument("--workflow", default="/mlpc/workflow.json")
    parser.add_argument("--project", default="/mlpc/project")
    parser.add_argument("--run", default="")
    for name, parts in (("take", 2), ("give", 1), ("record", 1), ("param", 1), ("secret", 1)):
        parser.add_argument(f"--{name}", action="append", default=[], type=_pair(parts), metavar="KEY=VALUE")
    for name in ("data", "file"):
        parser.add_argument(f"--{name}", action="append", default=[], type=_pair(0), metavar="KEY=PATH")
    return parser


def _plain(text: str) -> str:
    """Return what a word stands for: ``%XX`` are bytes of UTF-8."""
    raw = text.encode("utf-8")
    first, *rest = raw.split(b"%")
    return b"".join([first, *(bytes.fromhex(part[:2].decode()) + part[2:] for part in rest)]).decode("utf-8")


def _pair(parts: int) -> Any:
    """Return what reads ``KEY=VALUE``, the value in so many parts: 1 takes it whole, 0 as the parts of a path."""

    def read(text: str) -> tuple[str, tuple[str, ...]]:
        name, sign, value = text.partition("=")
        found = value.split("/") if parts == 0 else value.split("/", 1) if parts == 2 else [value]
        if not name or not sign or (parts and len(found) != parts):
            raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
        return _plain(name), tuple(_plain(each) for each in found)

    return read


if __name__ == "__main__":
    sys.exit(main())
