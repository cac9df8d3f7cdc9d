"""The tumor example, killed with -9 while it trains, evaluates, exports and registers, and run again."""

from __future__ import annotations

import random
import re
import signal
import subprocess
import time
from pathlib import Path

from mlpc_run.layout import Layout
from mlpc_run.store import Store
from tests.examples.projects import copy_of
from tests.mlpc_cli.command import EXECUTABLE, environment, mlpc

KILLS = 3


def finished(project: Path) -> set[str]:
    if not (project / ".mlpc/store.db").exists():
        return set()
    with Store(Layout(project)) as store:
        assert store.audit() == []
        return {node for (node,) in store.rows("SELECT node FROM results")}


def test_three_kills_lose_no_finished_step(tmp_path: Path) -> None:
    project = copy_of("tumor", tmp_path / "tumor")
    dice = random.Random(20)
    killed = 0
    done: set[str] = set()
    while killed < KILLS:
        engine = subprocess.Popen(
            [EXECUTABLE, "run", "--env", "ci"], cwd=project, env=environment(), stdout=subprocess.DEVNULL
        )
        time.sleep(dice.uniform(0.5, 6.0))
        if engine.poll() is not None:
            engine.wait()
            break
        engine.send_signal(signal.SIGKILL)
        engine.wait()
        killed += 1
        now = finished(project)
        assert done <= now, "a finished step was lost"
        done = now
    assert killed, "the run was over before it could be killed"
    last = mlpc("run", "--env", "ci", cwd=project)
    assert last.code == 0, last
    executed = set(re.findall(r"^  ([\w.]+) +ran ", last.out, re.MULTILINE))
    assert executed.isdisjoint(done), "a finished step was executed again"
    assert "promoted api, page, catalog" in last.out
    assert finished(project) >= {"cells", "parts", "forest", "quality", "portable", "catalog"}
    import sqlite3

    with sqlite3.connect(project / ".mlpc/state/mlflow.db") as registry:
        versions = registry.execute("select count(*) from model_versions").fetchone()[0]
    assert versions == 1, "one model, one version, however often the step was killed"
