"""The same project on four engines, each from an empty store: what it measures, makes and promotes."""

from __future__ import annotations

import json
import os
import shutil
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docker

from mlpc_stdlib.runtime.container.judging import line
from tests.examples.projects import copy_of, edit
from tests.mlpc_backends.airflow.engine import Airflow, Store
from tests.mlpc_backends.kubeflow import reading
from tests.mlpc_engines import engine


class Outcome:
    """What a run came to: figures by step, digests (hex) of artefacts by step and port, what was promoted."""

    def __init__(self, summary: dict[str, Any]) -> None:
        self.figures: dict[str, dict[str, Any]] = {}
        self.digests: dict[str, str] = {}
        for step in summary["steps"]:
            if step["metrics"]:
                self.figures[step["node"]] = step["metrics"]
            for port, told in step["outputs"].items():
                # A path in the store of one machine, `kind:hex` elsewhere: both end in the digest.
                self.digests[f"{step['node']}.{port}"] = os.path.basename(told).rpartition(":")[2]
        self.promoted: list[str] = sorted(summary["promoted"])
        self.failed_gates = sorted(gate["node"] for gate in summary["gates"] if gate["passed"] is False)
        #: By gate: how each condition stands, with the figures that it read.
        self.verdicts: dict[str, list[str]] = {
            gate["node"]: [line(verdict) for verdict in gate["verdicts"]] for gate in summary["gates"]
        }
        self.seconds = 0.0

    def text(self) -> str:
        """Figures and digests as one text: equal where they are equal to the last digit."""
        return json.dumps([self.figures, self.digests, self.promoted, self.failed_gates], sort_keys=True)


def on_this_machine(project: Path, options: tuple[str, ...]) -> Outcome:
    """`mlpc run`."""
    answer = engine.mlpc("run", *options, "--json", cwd=project, variables={})
    assert answer.code in (0, 1), answer
    return Outcome(json.loads(answer.out))


def on_compose(project: Path, options: tuple[str, ...]) -> Outcome:
    """Compose v2 on a Docker engine: `mlpc submit`."""
    name = f"mlpc-test-{uuid.uuid4().hex[:8]}"
    variables = {"COMPOSE_PROJECT_NAME": name, "MLPC_COMPOSE": engine.compose_2(), "MLPC_MLFLOW_PORT": "0"}
    variables.update({f"MLPC_PORT_{each}": "0" for each in ("api",)})
    _compile(project, "compose", options)
    try:
        answer = engine.mlpc("submit", "build-compose", "--json", cwd=project, variables=variables)
        assert answer.code in (0, 1), answer
        return Outcome(json.loads(answer.out))
    finally:
        engine.mlpc("down", "build-compose", "--volumes", cwd=project, variables=variables)


def on_kubeflow(project: Path, options: tuple[str, ...]) -> Outcome:
    """The engine of Kubeflow's SDK for one machine, with a container for each task."""
    build = _compile(project, "kubeflow", options)
    answer = engine.mlpc("build", "build-kubeflow", cwd=project, variables={})
    assert answer.code == 0, answer
    facts = json.loads((build / "manifest.json").read_bytes())
    # Containers see the pipeline root and nothing else of this machine.
    root = project / "kubeflow" / "out"
    shutil.copytree(project / "data", root / "data")
    arguments = {key: str(root / path) for key, path in facts["staged"].items()}
    arguments.update(dict.fromkeys(facts["asked"].values(), f"sqlite:///{root / 'mlflow.db'}"))
    done = reading.run(build, project / "kubeflow", arguments, containers=True)
    assert done.failed == [], done.log
    workflow = {node["id"]: node for node in json.loads((build / "workflow.json").read_bytes())["nodes"]}
    steps: list[dict[str, Any]] = []
    gates: list[dict[str, Any]] = []
    promoted = []
    for node, name in facts["tasks"].items():
        if name not in done.ran:
            continue
        kind = workflow[node]["kind"]
        if kind == "gate":
            verdicts = done.record(name)["verdicts"]
            gates.append({"node": node, "passed": done.output(name, "passed"), "verdicts": verdicts})
        elif kind == "service":
            promoted.append(node)
        else:
            record = done.record(name)
            steps.append(
                {"node": node, "metrics": record.get("metrics") or {}, "outputs": record.get("outputs") or {}}
            )
            promoted += [node] if workflow[node].get("effect") else []
    return Outcome({"steps": steps, "gates": gates, "promoted": promoted})


def on_airflow(project: Path, options: tuple[str, ...]) -> Outcome:
    """Airflow 3, `airflow dags test`, with a container for each task."""
    build = _compile(project, "airflow", options)
    assert engine.mlpc("build", "build-airflow", cwd=project, variables={}).code == 0
    airflow = Airflow(project / "airflow")
    id, there = airflow.add(build)
    shutil.copytree(project / "data", there / "data" / "data")
    client = docker.from_env(timeout=600)
    store = Store(client, next(iter(json.loads((build / "manifest.json").read_bytes())["images"])))
    try:
        run = airflow.test(id, store=store.name)
        assert run.state == "success", run
        return Outcome(store.summary())
    finally:
        store.remove()
        client.close()


ENGINES: dict[str, Callable[[Path, tuple[str, ...]], Outcome]] = {
    "this machine": on_this_machine,
    "Compose": on_compose,
    "Kubeflow": on_kubeflow,
    "Airflow": on_airflow,
}


def run(example: str, name: str, folder: Path, *options: str, change: tuple[str, str] = ("", "")) -> Outcome:
    """Run a copy of ``example`` with ``options`` of the command on the engine ``name``."""
    project = copy_of(example, folder / name.replace(" ", "-").lower())
    if change[0]:
        edit(project, *change)
    start = time.monotonic()
    outcome = ENGINES[name](project, options)
    outcome.seconds = time.monotonic() - start
    return outcome


def _compile(project: Path, target: str, options: tuple[str, ...]) -> Path:
    answer = engine.mlpc(
        "compile", "--to", target, "-o", f"build-{target}", *options, cwd=project, variables={}
    )
    assert answer.code == 0, answer
    return project / f"build-{target}"
