"""kill -9 at any moment loses no finished step and leaves nothing half-written.

The engine runs in a process of its own and is killed: at each named point, and at seeded random moments, several
times in a row in one project. After each kill the store is audited and no process may be left; at the end the
pipeline runs to success, and no step that was finished before is executed again.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlpc.ir.canonical import dumps
from mlpc_run.failpoints import POINTS
from mlpc_run.gc import collect
from mlpc_run.store import Store

from .projects import Project, environment, gate, measure, step, workflow
from .wheels import index, wheel

#: Kills in all: the points, and the rest at random moments.
FULL = os.environ.get("MLPC_TEST_FULL") == "1"
RANDOM = 200 - len(POINTS) if FULL else 12
IN_A_ROW = 3

PIPELINE = workflow(
    step("source", "copy", {"data": "data/in.txt"}),
    step("first", "use", {"data": "source"}, file="use.py", requirements=("tiny>=1",)),
    step("second", "copy", {"data": "source"}),
    step("third", "folder"),
    step("fourth", "join", {"first": "first", "second": "second"}),
    measure("size", "fourth"),
    gate("enough", "size", ">=", 5),
    step("publish", "publish", {"data": "fourth"}, file="use.py", effect=True, after=("enough",)),
)

USE = """
    import time
    from pathlib import Path


    def use(data: Path) -> str:
        import tiny
        time.sleep(0.05)
        return data.read_text() + tiny.VERSION


    def publish(data: Path) -> str:
        return data.read_text()
"""


class Victim:
    """A project whose engine is killed."""

    def __init__(self, root: Path) -> None:
        self.project = Project(root)
        self.project.write("data/in.txt", "abc")
        self.project.write("use.py", USE)
        wheel(index(root), "tiny", "1.0")
        self.spec = root / "plan.json"
        self.spec.write_bytes(dumps(PIPELINE))
        self.events = root / "events.jsonl"
        self.mark = root / "reached"
        self.cache = root / "cache"
        self.kills = 0

    def start(self, point: str = "", *, anew: bool = False) -> subprocess.Popen[bytes]:
        """Start the engine; with a point it waits there, with ``anew`` nothing is taken from the store."""
        self.events.unlink(missing_ok=True)
        self.mark.unlink(missing_ok=True)
        more = {"MLPC_CACHE_DIR": str(self.cache)}
        if point:
            more["MLPC_RUN_PAUSE_AT"] = f"{point}={self.mark}"
        options = json.dumps({"from_": ["source", "third"]} if anew else {})
        arguments = [str(self.project.root), str(self.spec), str(self.events), options]
        return subprocess.Popen(
            [sys.executable, "-m", "tests.mlpc_run.engine", *arguments],
            env=environment(**more),
            cwd=Path(__file__).parents[2],
            stderr=subprocess.PIPE,
        )

    def kill(self, engine: subprocess.Popen[bytes]) -> None:
        """Kill the engine, and look that its steps go with it and the store is whole."""
        engine.send_signal(signal.SIGKILL)
        engine.communicate()
        self.kills += 1
        deadline = time.monotonic() + 10
        while left := self.processes():
            assert time.monotonic() < deadline, f"still running: {left}"
            time.sleep(0.01)
        assert self.project.audit() == []

    def processes(self) -> list[str]:
        """Return the command lines of processes that have to do with this project."""
        found = []
        for entry in os.listdir("/proc"):
            if entry.isdigit() and int(entry) != os.getpid():
                try:
                    line = Path(f"/proc/{entry}/cmdline").read_bytes()
                except OSError:
                    continue
                if os.fsencode(self.project.root) in line:
                    found.append(line.replace(b"\0", b" ").decode())
        return found

    def finished(self) -> set[str]:
        """Return the steps whose results are in the store."""
        with Store(self.project.layout) as store:
            return {node for (node,) in store.rows("SELECT node FROM results")}

    def finish(self) -> None:
        """Let the engine run to success, and look that it does not do again what was done."""
        before = self.finished()
        engine = self.start()
        _, told = engine.communicate(timeout=120)
        assert engine.returncode == 0, told.decode()
        events = [json.loads(line) for line in self.events.read_text().splitlines()]
        started = {node for kind, node, _, data in events if kind == "started" and data["attempt"] > 0}
        assert started.isdisjoint(before - {"publish"}), "a finished step was executed again"
        assert self.project.audit() == []
        home = self.project.layout
        assert os.listdir(home.path("work")) == [], "what the dead left behind is gone"
        assert set(os.listdir(home.path("locks"))) == {"store"}
        assert [each for each in os.listdir(self.cache / "envs") if each.endswith(".part")] == []
        assert (self.project.root / ".mlpc/latest/small/fourth/out.txt").read_text() == "abc1.0abc"
        with Store(home) as store:
            states = [state for (state,) in store.rows("SELECT state FROM runs ORDER BY id")]
            assert set(states[:-1]) <= {"died", "done"}
            assert states[-1] == "done"
            promoted = store.rows("SELECT COUNT(*) FROM promotions")[0][0]
        assert promoted == 1
        collect(self.project.root, shared=False)
        assert self.project.audit() == []


@pytest.mark.parametrize("point", POINTS)
def test_at_a_point(tmp_path: Path, point: str) -> None:
    victim = Victim(tmp_path / "project")
    engine = victim.start(point)
    deadline = time.monotonic() + 60
    while not victim.mark.exists():
        assert engine.poll() is None, engine.communicate()[1].decode()
        assert time.monotonic() < deadline, f"the engine never came to {point}"
        time.sleep(0.005)
    victim.kill(engine)
    victim.finish()


@pytest.mark.parametrize("seed", range(-(-RANDOM // IN_A_ROW)))
def test_at_random_moments(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    victim = Victim(tmp_path / "project")
    anew = False
    while victim.kills < IN_A_ROW:
        if dice.random() < 0.5:
            engine = victim.start(f"{dice.choice(POINTS[4:])}@{dice.randint(1, 5)}", anew=anew)
            deadline = time.monotonic() + 20
            while not victim.mark.exists() and engine.poll() is None and time.monotonic() < deadline:
                time.sleep(0.002)
        else:
            engine = victim.start(anew=anew)
            time.sleep(dice.uniform(0.05, 2.5))
        if engine.poll() is None:
            victim.kill(engine)
        else:
            # It came to its end first: from now on there is something to be killed at.
            anew = True
            engine.communicate()
    victim.finish()
