"""Pipelines emitted, read back, validated and run by Kubeflow's own SDK."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from mlpc.backend import Emitted, Material
from mlpc.ir import nodes
from mlpc_backends.kubeflow import BACKEND
from tests.engines import python_with

INSIDE = Path(__file__).parent / "inside"
STDLIB = Path(__file__).resolve().parents[3] / "stdlib"

FIT = nodes.Action("project", "train.py", "fit")
CSV: nodes.JsonObject = {"type": "file", "format": "csv"}


def emitted(
    *made: nodes.Node,
    params: tuple[nodes.Param, ...] = (),
    secrets: tuple[nodes.Secret, ...] = (),
    name: str = "tumor",
    **more: Any,
) -> Emitted:
    return BACKEND.emit(nodes.Workflow(name, made, params=params, secrets=secrets, **more))


def task(
    id: str, *reads: str, outputs: tuple[str, ...] = ("made",), after: tuple[str, ...] = (), **more: Any
) -> nodes.Task:
    """A step that reads outputs written as ``node.port``, or files as ``file:path``."""
    inputs = {}
    for number, read in enumerate(reads):
        kind, colon, path = read.partition(":")
        node, _, port = read.rpartition(".")
        source = nodes.External(path, False, CSV) if colon and kind == "file" else nodes.Reference(node, port)
        inputs[f"in{number}"] = nodes.Input((source,))
    given = {"arguments": {}, **more}
    return nodes.Task(id, FIT, inputs, {port: nodes.Output(CSV) for port in outputs}, after=after, **given)


def gate(id: str, *measured: str, after: tuple[str, ...] = ()) -> nodes.Gate:
    """A gate on the figure ``recall`` of steps."""
    return nodes.Gate(
        id,
        tuple(
            nodes.Condition(
                {"op": ">=", "args": [{"metric": {"node": step, "name": "recall"}}, 0.9]}, "recall >= 0.9"
            )
            for step in measured
        ),
        after,
    )


def service(id: str, read: str, *after: str, **more: Any) -> nodes.Service:
    node, _, port = read.rpartition(".")
    return nodes.Service(
        id, FIT, {"model": nodes.Input((nodes.Reference(node, port),))}, {}, after=after, **more
    )


def documents(result: Emitted) -> list[dict[str, Any]]:
    """The documents of the pipeline."""
    assert not result.has_errors, said(result)
    return list(yaml.safe_load_all(result.files["pipeline.yaml"]))


def said(result: Emitted) -> list[str]:
    return [f"{item.code.code} {item.message}" for item in result.diagnostics]


def container(document: dict[str, Any], task: str) -> dict[str, Any]:
    found: dict[str, Any] = document["deploymentSpec"]["executors"][f"exec-{task}"]["container"]
    return found


def tasks(document: dict[str, Any], *inside: str) -> dict[str, Any]:
    """The tasks of the root, or of a DAG by the names of tasks."""
    found: dict[str, Any] = document["root"]["dag"]["tasks"]
    for name in inside:
        found = document["components"][found[name]["componentRef"]["name"]]["dag"]["tasks"]
    return found


def problems(*files: Path) -> list[list[str]]:
    """What Kubeflow would find wrong with files, by its own messages and rules."""
    found: list[list[str]] = []
    for start in range(0, len(files), 200):
        command = [
            str(python_with("kfp")),
            str(INSIDE / "validate.py"),
            *map(str, files[start : start + 200]),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        found += json.loads(done.stdout)
    return found


def material(code: dict[str, str]) -> Material:
    """The step runtime as it is in the tree, and code of a project."""
    runtime = {
        path.relative_to(STDLIB).as_posix(): path.read_bytes()
        for path in sorted((STDLIB / "mlpc_stdlib").rglob("*.py"))
    }
    return Material(runtime=runtime, code={path: text.encode() for path, text in code.items()})


def write(files: dict[str, bytes], folder: Path) -> Path:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


class Run:
    """What the engine of Kubeflow's SDK for one machine made of a pipeline."""

    def __init__(self, content: dict[str, Any], log: str) -> None:
        self.failed: list[str] = content["failed"]
        self.log = log
        self._ran: dict[str, Any] = content["ran"]

    @property
    def printed(self) -> str:
        """What tasks printed, which the engine shows moved in by four blanks."""
        lines = self.log.splitlines()
        return "\n".join(line[4:] for line in lines if line.startswith("    "))

    @property
    def ran(self) -> list[str]:
        """The tasks that ran, but for imports of data, in their order."""
        return [name for name in self._ran if not name.startswith("data-0x")]

    def output(self, task: str, key: str) -> Any:
        return self._ran[task]["outputs"][key]

    def record(self, task: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.output(task, "mlpc___record"))
        return found


def run(
    directory: Path,
    folder: Path,
    arguments: dict[str, Any],
    pythons: dict[str, str] | None = None,
    secrets: Path | None = None,
    *,
    containers: bool = False,
) -> Run:
    """Run what was compiled into ``directory``; an image is this Python unless ``pythons`` says otherwise, or with
    ``containers`` what was built for it.
    """
    images = json.loads((directory / "manifest.json").read_bytes())["images"]
    folder.mkdir(parents=True, exist_ok=True)
    told = {
        "directory": str(directory),
        "pythons": {} if containers else {tag: (pythons or {}).get(tag, sys.executable) for tag in images},
        "arguments": arguments,
        "root": str(folder / "out"),
    }
    if secrets is not None:
        told["secrets"] = str(secrets)
    (folder / "task.json").write_text(json.dumps(told), encoding="utf-8")
    command = [str(python_with("kfp")), str(INSIDE / "run.py"), str(folder / "task.json")]
    done = subprocess.run(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"ran"')]
    assert lines, done.stdout
    return Run(json.loads(lines[-1]), done.stdout)
