"""A pipeline of the user's own functions, run node by node as an engine would: one process each, one store."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlpc.ir.canonical import dumps
from mlpc.ir.nodes import (
    Action,
    Condition,
    External,
    Gate,
    Input,
    Output,
    Param,
    Reference,
    Retry,
    Secret,
    Service,
    Task,
    Workflow,
)

if TYPE_CHECKING:
    from mlpc.ir.nodes import JsonObject

STDLIB = Path(__file__).resolve().parents[4] / "stdlib"

CODE = """
import os, sys, time
from pathlib import Path


def count(text: Path, factor):
    return {"words": str(len(text.read_text().split()) * factor), "metrics": {"words": 3 * factor}}


def double(words: Path):
    return words.read_text() * 2


def flaky(words: Path):
    marks = Path(os.environ["MARKS"])
    marks.write_text(marks.read_text() + "x" if marks.exists() else "x")
    if len(marks.read_text()) < 3:
        raise RuntimeError("not yet")
    return "good"


def slow(words: Path):
    print("waiting", flush=True)
    time.sleep(60)


def blab(words: Path):
    print("in the environment:", os.environ.get("AWS_SECRET_ACCESS_KEY"), os.environ.get("AWS_ACCESS_KEY_ID"))
    raise ValueError(os.environ.get("AWS_SESSION_TOKEN"))


def tell(words: Path, key):
    print(f"the key is {key}")
    return key[::-1]
"""

FILE: JsonObject = {"type": "file", "format": "txt"}
WORDS = Input((Reference("count", "words"),))
HIGH: JsonObject = {"op": ">=", "args": [{"metric": {"node": "count", "name": "words"}}, 6]}


def task(id: str, port: str = "made", **more: Any) -> Task:
    given = {"inputs": {"words": WORDS}, "outputs": {port: Output(FILE)}, "arguments": {}, **more}
    return Task(id, Action("project", "steps.py", id), **given)


COUNT = Task(
    "count",
    Action("project", "steps.py", "count"),
    {"text": Input((External("texts/three.txt", False, FILE),))},
    {"words": Output(FILE)},
    {"factor": {"param": "factor"}},
)
GATE = Gate("enough", (Condition(HIGH, "words >= 6", name="size"),))
DOUBLE = task("double", after=("enough",))
FACTOR = Param("factor", {"base": "int", "min": 1, "max": 9}, 2)
TIME = Param("nightly.time", {"base": "datetime"}, None, "", "nightly")


class Engine:
    """Starts nodes of a workflow, each in a process of its own."""

    def __init__(self, folder: Path, *nodes: Task | Gate | Service, secrets: tuple[Secret, ...] = ()) -> None:
        self.folder = folder
        self.store = folder / "store"
        self.workflow = folder / "workflow.json"
        self.workflow.write_bytes(dumps(Workflow("words", nodes, params=(FACTOR, TIME), secrets=secrets)))
        (folder / "project").mkdir(exist_ok=True)
        (folder / "project" / "steps.py").write_text(CODE, encoding="utf-8")
        (folder / "data" / "texts").mkdir(parents=True, exist_ok=True)
        (folder / "data" / "texts" / "three.txt").write_text("one two three", encoding="utf-8")

    def command(self, *arguments: str) -> list[str]:
        where = ["--workflow", str(self.workflow), "--store", str(self.store)]
        return [sys.executable, "-m", "mlpc_stdlib.runtime.container", *arguments, *where]

    def node(self, id: str, *more: str) -> list[str]:
        places = ["--data", str(self.folder / "data"), "--project", str(self.folder / "project")]
        return self.command("--node", id, *places, *more)

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(STDLIB), "MARKS": str(self.folder / "marks")}

    def run(self, id: str, *more: str, **variables: str) -> tuple[int, str]:
        """Run a node; return its exit status and what it printed."""
        done = subprocess.run(
            self.node(id, *more),
            env={**self.environment, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def start(self, id: str, *more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.node(id, *more),
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def record(self, id: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.store / id / "result.json").read_bytes())
        return found

    def summary(self, *more: str) -> dict[str, Any]:
        done = subprocess.run(
            self.command("summary", *more), env=self.environment, capture_output=True, text=True, check=True
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found


__all__ = [
    "COUNT",
    "DOUBLE",
    "FACTOR",
    "FILE",
    "GATE",
    "WORDS",
    "Engine",
    "Retry",
    "Secret",
    "Service",
    "task",
]
