"""Two runs at once in one project: what one is making, the other waits for and shares."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from mlpc.ir.canonical import dumps
from mlpc.ir.nodes import Workflow

from .projects import Project, environment, measure, step, workflow

WORK = """
    import os, time
    from pathlib import Path


    def work(name: str) -> str:
        with open(Path(__file__).with_name("l" + "og"), "a") as file:
            file.write(name + "\\n")
        time.sleep(0.3)
        return name
"""


def start(project: Project, cache: Path, spec: Workflow, name: str) -> subprocess.Popen[bytes]:
    plan = project.root / f"{name}.json"
    plan.write_bytes(dumps(spec))
    return subprocess.Popen(
        [sys.executable, "-m", "tests.mlpc_run.engine", project.root, plan, project.root / f"{name}.events"],
        env=environment(MLPC_CACHE_DIR=str(cache)),
        cwd=Path(__file__).parents[2],
        stderr=subprocess.PIPE,
    )


def pipeline(project: Project, *names: str) -> Workflow:
    # Neither argument nor code names the log: a file that one of them names is part of the key.
    nodes = [step(name, "work", file="work.py", name=name) for name in names]
    return workflow(*nodes, measure("size", names[-1]))


def test_the_same_pipeline_twice_executes_each_step_once(project: Project, cache: Path) -> None:
    project.write("work.py", WORK)
    spec = pipeline(project, "a", "b", "c")
    engines = [start(project, cache, spec, f"run{n}") for n in range(3)]
    for engine in engines:
        _, told = engine.communicate(timeout=60)
        assert engine.returncode == 0, told.decode()
    assert sorted((project.root / "log").read_text().split()) == ["a", "b", "c"]
    events = [
        json.loads(line)
        for n in range(3)
        for line in (project.root / f"run{n}.events").read_text().splitlines()
    ]
    assert any(
        kind == "note" and "another run that is making the same" in text for kind, _, text, _ in events
    )
    assert sum(kind == "finished" for kind, *_ in events) == 4
    assert project.audit() == []


def test_different_pipelines_do_not_disturb_each_other(project: Project, cache: Path) -> None:
    project.write("work.py", WORK)
    specs = [pipeline(project, "a", "b"), pipeline(project, "b", "c"), pipeline(project, "d")]
    engines = [start(project, cache, spec, f"run{n}") for n, spec in enumerate(specs)]
    for engine in engines:
        _, told = engine.communicate(timeout=60)
        assert engine.returncode == 0, told.decode()
    assert sorted((project.root / "log").read_text().split()) == ["a", "b", "c", "d"]
    assert project.audit() == []


def test_one_is_killed_and_the_other_goes_on(project: Project, cache: Path) -> None:
    project.write("work.py", WORK)
    spec = pipeline(project, "a", "b", "c", "d")
    first, second = (start(project, cache, spec, name) for name in ("first", "second"))
    while not (project.root / "log").exists():
        assert first.poll() is None
    first.kill()
    first.communicate()
    _, told = second.communicate(timeout=60)
    assert second.returncode == 0, told.decode()
    assert project.audit() == []
