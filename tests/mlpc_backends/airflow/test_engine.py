"""Airflow itself, with containers: files load, runs come out as `mlpc run` does, gates hold back what promotes."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from mlpc.backend import Material
from mlpc.ir import nodes
from mlpc.ir.canonical import dumps
from mlpc.ir.models import loads
from mlpc_backends.airflow import BACKEND
from mlpc_backends.airflow.spec import TASK
from tests.examples.projects import copy_of, digest, edit, metrics
from tests.mlpc_cli.command import mlpc
from tests.mlpc_engines import engine, refused, times

from .engine import Airflow, Run, Store
from .test_airflow import HOSTILE, emitted, everywhere, task

pytestmark = pytest.mark.engine

#: Images are built first, on a machine that may be busy.
SLOW = pytest.mark.timeout(3000)
RUNTIME = Path(__file__).resolve().parents[3] / "stdlib"


def write(files: dict[str, bytes], folder: Path) -> Path:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    return Airflow(tmp_path_factory.mktemp("airflow"))


# Files that load


def loaded(airflow: Airflow, folder: Path, made: dict[str, Any]) -> dict[str, Any]:
    """What Airflow keeps of compiled pipelines, none of which has a mistake."""
    for name, result in made.items():
        assert result.files, [str(item) for item in result.diagnostics]
        airflow.add(write(result.files, folder / name))
    found = airflow.load()
    assert found["errors"] == {}
    dags: dict[str, Any] = found["dags"]
    return dags


def test_every_construct_is_loaded_and_kept(tmp_path: Path) -> None:
    fan_out = nodes.FanOut("fit", ("eu", "us"), {"eu": "fit[eu]", "us": "fit[us]"})
    several = emitted(
        task("fit[eu]", retry=nodes.Retry(3, 30.0), timeout=1200.0, resources=nodes.Resources(2.0, 1 << 30)),
        task("fit[us]", resources=nodes.Resources(gpu=1)),
        fan_out,
        nodes.Gate("g", (), after=("fit",)),
        task("tell", effect=True, after=("g",)),
        nodes.Trigger("nightly", "0 3 * * 1-5", "Europe/Berlin"),
        labels={"owner": "me", "tags": ["b", "a"]},
        params=(
            nodes.Param("trees", {"base": "int", "min": 10, "max": 1000}, 200),
            nodes.Param("rate", {"base": "float", "min": 0, "min_open": True}, None),
            nodes.Param("region", {"base": "enum", "choices": ["eu", "us"]}, "eu"),
            nodes.Param("day", {"base": "date"}, "2026-01-31"),
            nodes.Param("grid", {"base": "list", "of": {"base": "float"}}, [0.1, 1]),
            nodes.Param("limits", {"base": "map", "of": {"base": "duration"}}, {"a": 1.5}),
        ),
    )
    twice = emitted(
        task("fit"),
        nodes.Trigger("a", "0 3 * * *", "UTC"),
        nodes.Trigger("b", "0 5 * * *", "UTC"),
        name="twice",
    )
    hostile = {f"h{number}": everywhere(text) for number, text in enumerate(HOSTILE)}
    dags = loaded(Airflow(tmp_path / "airflow"), tmp_path, {"several": several, "twice": twice, **hostile})
    tumor = dags.pop("tumor")
    assert tumor["schedule"] == {
        "__type": "airflow.timetables.trigger.CronTriggerTimetable",
        "__var": {
            "expression": "0 3 * * 1-5",
            "timezone": "Europe/Berlin",
            "interval": 0.0,
            "run_immediately": False,
        },
    }
    assert (tumor["catchup"], tumor["owner"], tumor["tags"]) == (False, "me", ["a", "b", "mlpc"])
    assert tumor["params"] == {
        "trees": 200,
        "rate": None,
        "region": "eu",
        "day": "2026-01-31",
        "grid": [0.1, 1],
        "limits": {"a": 1.5},
    }
    assert tumor["tasks"]["fit-eu"] == {
        "waits": [],
        "name": "fit[eu]",
        "group": "fit",
        "retries": 2,
        "timeout": 1260.0,
        "slots": 2,
    }
    assert {id: each["waits"] for id, each in tumor["tasks"].items()} == {
        "fit-eu": [],
        "fit-us": [],
        "g": ["fit-eu", "fit-us"],
        "tell": ["g"],
    }
    assert "MultipleCronTriggerTimetable" in dags.pop("twice")["schedule"]["__type"]
    assert len(dags) == len(HOSTILE)
    shapes = {
        json.dumps(sorted(len(each["waits"]) for each in dag["tasks"].values())) for dag in dags.values()
    }
    assert shapes == {"[0, 1, 1]"}


def test_the_examples_load(tmp_path: Path) -> None:
    airflow = Airflow(tmp_path / "airflow")
    for number, (example, *options) in enumerate((("tumor",), ("tumor", "--env", "prod"), ("own_code",))):
        project = copy_of(example, tmp_path / f"{number}")
        answer = mlpc("compile", "--to", "airflow", "-o", "build", *options, cwd=project)
        assert answer.code == 0, answer
        airflow.add(project / "build")
    found = airflow.load()
    assert found["errors"] == {}
    assert sorted(found["dags"]) == ["progression", "tumor", "tumor.prod"]


# Runs


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Docker engine, installed and started where none answers, with the base image of steps."""
    with engine.running(tmp_path_factory.mktemp("docker") / "dockerd.log"):
        engine.make_base_image()
        yield docker.from_env(timeout=600)


@pytest.fixture
def store(client: Any) -> Iterator[Callable[[Path], Store]]:
    """Makes empty stores for what lies compiled in a folder; they and its images that no other test takes are removed."""
    made: list[Store] = []

    def empty(compiled: Path) -> Store:
        manifest = json.loads((compiled / "manifest.json").read_bytes())
        made.append(Store(client, next(iter(manifest["images"]))))
        return made[-1]

    yield empty
    for each in made:
        each.remove()


def compiled(project: Path) -> Path:
    """Compile a project for Airflow in `env ci` and build its images."""
    for words in (["compile", "--env", "ci", "--to", "airflow", "-o", "build"], ["build", "build"]):
        answer = engine.mlpc(*words, cwd=project, variables={})
        assert answer.code == 0, answer
    return project / "build"


def ended(run: Run, code: int, state: str) -> None:
    """See to it that a run ended like this; else everything that it said is shown."""
    if (run.code, run.state) != (code, state):
        pytest.fail(repr(run))


@SLOW
def test_tumor_comes_out_as_on_one_machine(
    airflow: Airflow, store: Callable[[Path], Store], tmp_path: Path
) -> None:
    project = copy_of("tumor", tmp_path / "tumor")
    build = compiled(project)
    id, there = airflow.add(build)
    shutil.copytree(project / "data", there / "data" / "data")
    kept = store(build)
    run = airflow.test(id, store=kept.name)
    ended(run, 0, "success")
    assert set(run.tasks.values()) == {"success"}
    assert mlpc("run", "--env", "ci", cwd=project).code == 0
    assert kept.record("quality")["metrics"] == metrics(project, "tumor@ci", "quality")
    exported = kept.record("portable")["outputs"]["portable"]
    assert exported.rpartition(":")[2] == digest(project, "tumor@ci", "portable", "portable")
    summary = kept.summary()
    assert (summary["promoted"], summary["exit_code"]) == (["catalog", "api", "page"], 0)
    assert "api/promoted.json" in kept.files()


@SLOW
def test_a_gate_that_fails_registers_and_publishes_nothing(
    airflow: Airflow, store: Callable[[Path], Store], client: Any, tmp_path: Path
) -> None:
    project = copy_of("tumor", tmp_path / "tumor")
    edit(project, "pipeline tumor {", "pipeline strict {")
    edit(project, "require accuracy >= 0.92", "require accuracy >= 0.9999")
    build = compiled(project)
    id, there = airflow.add(build)
    shutil.copytree(project / "data", there / "data" / "data")
    kept = store(build)
    run = airflow.test(id, store=kept.name)
    ended(run, 0, "success")
    assert run.tasks == {
        "cells": "success",
        "parts": "success",
        "forest": "success",
        "quality": "success",
        "quality.gate": "skipped",
        "portable": "success",
        "portable.gate": "success",
        "catalog": "skipped",
        "api": "skipped",
        "page.build": "skipped",
        "page.gate": "skipped",
        "page": "skipped",
    }
    assert "FAIL  accuracy >= 0.9999  (accuracy is 0.9" in run.log
    summary = kept.summary()
    assert (summary["promoted"], summary["exit_code"]) == ([], 1)
    assert {step["node"]: step["state"] for step in summary["steps"]}["catalog"] == "blocked"
    assert not [path for path in kept.files() if path.startswith((".state/", "api/", "catalog/"))]
    remove(client, build)


def remove(client: Any, build: Path) -> None:
    for tag in json.loads((build / "manifest.json").read_bytes())["images"]:
        client.images.remove(tag, force=True)


STEPS = b"""
from pathlib import Path


def count(text: Path, factor, note, key):
    print(f"the key is {key}")
    if factor == 0:
        raise ValueError("nothing times nothing")
    return {"words": note, "metrics": {"words": len(text.read_text().split()) * factor}}


def tell(words: Path):
    return words.read_text()
"""
NOTE = "{{ 7 * 7 }} '\"\\ $(id) ${HOME} {% raw %} </script>\n\n"
FILE: nodes.JsonObject = {"type": "file", "format": "txt"}
#: Two steps of the project's own, in an image without packages, with hostile text in every place that is executed.
WORDS = nodes.Workflow(
    "words",
    (
        nodes.Task(
            "count[{{ 7 * 7 }} '\"$(id)]",
            nodes.Action("project", "steps.py", "count"),
            {"text": nodes.Input((nodes.External("texts/three {{ words }}.txt", False, FILE),))},
            {"words": nodes.Output(FILE)},
            {"factor": {"param": "factor"}, "note": {"param": "note"}, "key": {"secret": "the key"}},
            retry=nodes.Retry(2, 0.0),
            timeout=60.0,
        ),
        nodes.Gate(
            "enough",
            (
                nodes.Condition(
                    {
                        "op": ">=",
                        "args": [{"metric": {"node": "count[{{ 7 * 7 }} '\"$(id)]", "name": "words"}}, 6],
                    },
                    "words >= 6",
                ),
            ),
        ),
        nodes.Task(
            "tell",
            nodes.Action("project", "steps.py", "tell"),
            {"words": nodes.Input((nodes.Reference("count[{{ 7 * 7 }} '\"$(id)]", "words"),))},
            {"said": nodes.Output(FILE)},
            {},
            after=("enough",),
            effect=True,
        ),
    ),
    params=(
        nodes.Param("factor", {"base": "int", "min": 0, "max": 9}, 2),
        nodes.Param("note", {"base": "string"}, NOTE),
    ),
    secrets=(nodes.Secret("the key", {"base": "string"}, None),),
)
COUNT = TASK.mangle("count[{{ 7 * 7 }} '\"$(id)]")


def words(airflow: Airflow, folder: Path) -> tuple[str, Path]:
    """Compile those two steps, build their image, bring what they read; return the id of the DAG, and what was compiled."""
    runtime = {
        path.relative_to(RUNTIME).as_posix(): path.read_bytes()
        for path in (RUNTIME / "mlpc_stdlib").rglob("*.py")
        if path.name == "__init__.py" or "runtime" in path.parts
    }
    assert loads(dumps(WORDS)) == WORDS
    build = write(BACKEND.emit(WORDS, Material(runtime, {"steps.py": STEPS})).files, folder / "build")
    answer = mlpc("build", str(build), cwd=folder)
    assert answer.code == 0, answer
    id, there = airflow.add(build)
    given = {"data/texts/three {{ words }}.txt": b"one two three", "secrets/the--20key": b"hunter2-s3cret"}
    write(given, there)
    return id, build


@SLOW
def test_what_is_given_arrives_as_it_is_and_a_failure_is_one(
    airflow: Airflow, store: Callable[[Path], Store], client: Any, tmp_path: Path
) -> None:
    id, build = words(airflow, tmp_path)
    kept = store(build)
    run = airflow.test(id, store=kept.name)
    ended(run, 0, "success")
    assert run.tasks == {COUNT: "success", "enough": "success", "tell": "success"}
    assert kept.text("tell/said") == NOTE
    assert "the key is ***" in run.log
    assert "hunter2" not in run.log

    # In the same store, so that what an earlier run left would be seen.
    run = airflow.test(id, conf={"factor": 1, "note": "x{{ y }}"}, store=kept.name)
    ended(run, 0, "success")
    assert run.tasks == {COUNT: "success", "enough": "skipped", "tell": "skipped"}
    assert kept.text("tell/said") == NOTE
    assert kept.summary()["promoted"] == []

    run = airflow.test(id, conf={"factor": 0}, store=kept.name)
    ended(run, 1, "failed")
    assert run.tasks == {COUNT: "failed", "enough": "upstream_failed", "tell": "upstream_failed"}
    assert run.tries[COUNT] == 2
    assert "nothing times nothing" in run.log
    assert kept.summary()["exit_code"] == 5
    (image,) = json.loads((build / "manifest.json").read_bytes())["images"]
    assert not client.containers.list(all=True, filters={"ancestor": image})
    remove(client, build)


@SLOW
def test_the_time_of_a_schedule_is_the_logical_date(
    airflow: Airflow, store: Callable[[Path], Store], client: Any, tmp_path: Path
) -> None:
    build = refused.compiled(times.days(tmp_path / "days"), "airflow", images=True)
    id, _ = airflow.add(build)
    kept = store(build)

    def moments() -> set[float]:
        return times.moments(kept.summary())

    for at in (times.AT, "2026-03-29T04:30:00+02:00"):
        ended(airflow.test(id, at=at, store=kept.name), 0, "success")
        assert moments() == {times.MOMENT}
    # What a person says goes before; and without either it is when the run may start.
    conf = {"nightly.time": times.AT}
    ended(airflow.test(id, at="2026-05-01", conf=conf, store=kept.name), 0, "success")
    assert moments() == {times.MOMENT}
    before = int(time.time())
    ended(airflow.test(id, store=kept.name), 0, "success")
    (now,) = moments()
    assert before <= now <= time.time()
    remove(client, build)


@SLOW
@pytest.mark.full
def test_the_real_scheduler_comes_to_the_same(
    store: Callable[[Path], Store], client: Any, tmp_path: Path
) -> None:
    airflow = Airflow(tmp_path / "airflow")
    id, build = words(airflow, tmp_path)
    kept = store(build)
    with airflow.scheduler(id, store=kept.name):
        run = airflow.trigger(id, {})
        assert (run.state, run.tasks) == (
            "success",
            {COUNT: "success", "enough": "success", "tell": "success"},
        )
        assert kept.text("tell/said") == NOTE
        run = airflow.trigger(id, {"factor": 1})
        assert (run.state, run.tasks) == (
            "success",
            {COUNT: "success", "enough": "skipped", "tell": "skipped"},
        )
        run = airflow.trigger(id, {"factor": 0})
        assert (run.state, run.tasks[COUNT], run.tries[COUNT]) == ("failed", "failed", 2)
    remove(client, build)
