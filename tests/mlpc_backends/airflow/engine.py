"""A real Airflow in an environment of its own, with SQLite and a real Docker engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.engines import python_with

#: Loads every DAG as the DAG processor does, and takes each through its serialised form, which needs no database.
_LOAD = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization
bag = DagBag(dag_folder=sys.argv[1])
found = {"errors": bag.import_errors, "dags": {}}
for id, dag in bag.dags.items():
    there = json.loads(json.dumps(DagSerialization.to_dict(dag)))
    back = DagSerialization.from_dict(there)
    dag.params.validate()
    found["dags"][id] = {
        "folder": dag.fileloc,
        "schedule": there["dag"]["timetable"],
        "catchup": back.catchup,
        "params": dag.params.dump(),
        "owner": back.owner,
        "tags": sorted(back.tags),
        "tasks": {
            task.task_id: {
                "waits": sorted(task.upstream_task_ids),
                "name": task.task_display_name,
                "group": task.task_group.group_id if task.task_group else None,
                "retries": task.retries,
                "timeout": task.execution_timeout and task.execution_timeout.total_seconds(),
                "slots": task.pool_slots,
            }
            for task in back.tasks
        },
    }
json.dump(found, open(sys.argv[2], "w"))
"""


#: A line of the log that tells of nothing that went wrong.
_PLAIN = re.compile(r"\S+ \[(info|debug) ")


class Run:
    """What came of a run: its state, the state and number of tries of each task, what was printed."""

    def __init__(self, code: int, log: str, state: str, tasks: dict[str, tuple[str, int]]) -> None:
        self.code = code
        self.log = log
        self.state = state
        self.tries = {id: tries for id, (_, tries) in tasks.items()}
        self.tasks = {id: state for id, (state, _) in tasks.items()}

    def __repr__(self) -> str:
        # What went wrong stands far inside of what Airflow says, too far for a report that is cut.
        wrong = [line for line in self.log.splitlines() if not _PLAIN.match(line)]
        return "\n".join([f"exit status {self.code}, {self.state}: {self.tasks}", *wrong])


class Airflow:
    """An Airflow whose home is ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._python = python_with("airflow")
        self.dags = folder / "dags"
        self.dags.mkdir(parents=True)
        self.home = folder / "home"
        self._migrated = False
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AIRFLOW", "PYTHON", "VIRTUAL_ENV", "MLPC_", "COV_"))
        }
        self._variables = {
            **kept,
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.dags),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            "PATH": f"{self._python.parent}{os.pathsep}{os.environ['PATH']}",
        }

    def add(self, compiled: Path) -> tuple[str, Path]:
        """Put a compiled directory where Airflow looks; return the id of its DAG, and where it lies."""
        id = str(json.loads((compiled / "manifest.json").read_bytes())["dag"])
        shutil.copytree(compiled, self.dags / id)
        return id, self.dags / id

    def load(self) -> dict[str, Any]:
        """Load all DAG files; return mistakes by file, and what Airflow keeps of each DAG."""
        found: dict[str, Any] = self.ask(_LOAD, str(self.dags))
        return found

    def ask(self, program: str, *arguments: str) -> Any:
        """Run a program of Python with Airflow; return what it writes as JSON into the file that its last argument names."""
        answer = self.home / "answer.json"
        self.home.mkdir(exist_ok=True)
        done = self._run([str(self._python), "-c", program, *arguments, str(answer)])
        assert done.returncode == 0, done.stdout[-8000:]
        return json.loads(answer.read_bytes())

    def test(self, id: str, *, at: str = "", conf: Any = None, **variables: str) -> Run:
        """Run a DAG to its end with `airflow dags test`, its logical date ``at``; ``variables`` are those of Airflow, by the end
        of their key.
        """
        self.migrate()
        options = ["--conf", json.dumps(conf)] if conf is not None else []
        day = [at] if at else []
        done = self._run(["airflow", "dags", "test", id, *day, *options], _given(id, variables))
        return self._last(id, done.returncode, done.stdout)

    @contextmanager
    def scheduler(self, id: str, **variables: str) -> Iterator[None]:
        """Run the real scheduler, DAG processor, API server and workers until the end of the block."""
        self.migrate()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"http://127.0.0.1:{free.getsockname()[1]}"
        settings = {
            "AIRFLOW__API__PORT": address.rpartition(":")[2],
            "AIRFLOW__API__BASE_URL": address,
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        }
        with (
            open(self.home / "standalone.log", "wb") as log,
            subprocess.Popen(
                [str(self._python.parent / "airflow"), "standalone"],
                env={**self._variables, **settings, **_given(id, variables)},
                cwd=self.dags,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            ) as process,
        ):
            try:
                self._until(lambda: self._rows("select 1 from serialized_dag where dag_id = ?", id), 180)
                unpaused = self._run(["airflow", "dags", "unpause", id])
                assert unpaused.returncode == 0, unpaused.stdout
                yield
            finally:
                os.killpg(process.pid, signal.SIGTERM)
                try:
                    process.wait(30)
                finally:
                    with suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)

    def trigger(self, id: str, conf: Any) -> Run:
        """Have the scheduler run a DAG, and wait for its end."""
        name = f"run-{uuid4().hex}"
        made = self._run(["airflow", "dags", "trigger", id, "--run-id", name, "--conf", json.dumps(conf)])
        assert made.returncode == 0, made.stdout
        ended = "select 1 from dag_run where run_id = ? and state in ('success', 'failed')"
        self._until(lambda: self._rows(ended, name), 300)
        return self._last(id, 0, (self.home / "standalone.log").read_text(encoding="utf-8", errors="replace"))

    def migrate(self) -> None:
        """Make the database, where that is not done yet."""
        if not self._migrated:
            migrated = self._run(["airflow", "db", "migrate"])
            assert migrated.returncode == 0, migrated.stdout
            self._migrated = True

    def _last(self, id: str, code: int, log: str) -> Run:
        ((run, state),) = self._rows(
            "select run_id, state from dag_run where dag_id = ? order by id desc limit 1", id
        )
        rows = self._rows(
            "select task_id, state, try_number from task_instance where dag_id = ? and run_id = ?", id, run
        )
        return Run(code, log, state, {task: (state, tries) for task, state, tries in rows})

    def _rows(self, query: str, *values: str) -> list[Any]:
        with closing(sqlite3.connect(self.home / "airflow.db", timeout=30)) as database:
            return database.execute(query, values).fetchall()

    def _until(self, true: Callable[[], object], seconds: float) -> None:
        end = time.monotonic() + seconds
        while not true():
            log = self.home / "standalone.log"
            assert time.monotonic() < end, log.read_text(encoding="utf-8", errors="replace")[-8000:]
            time.sleep(1)

    def _run(
        self, command: list[str], more: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        # A command without a slash is looked for in the PATH of this process, not of the child.
        if "/" not in command[0]:
            command = [str(self._python.parent / command[0]), *command[1:]]
        return subprocess.run(
            command,
            env={**self._variables, **(more or {})},
            cwd=self.dags,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            timeout=900,
        )


def _given(id: str, variables: dict[str, str]) -> dict[str, str]:
    return {f"AIRFLOW_VAR_{f'mlpc.{id}.{name}'.upper()}": value for name, value in variables.items()}


class Store:
    """An empty volume that a run may fill."""

    def __init__(self, client: Any, image: str) -> None:
        self._client = client
        self._image = image
        self.name = f"mlpc-test-{uuid4().hex}"
        self._volume = client.volumes.create(self.name)

    def remove(self) -> None:
        self._volume.remove(force=True)

    def _in(self, *words: str, program: str = "") -> str:
        mounted = {self.name: {"bind": "/mlpc/store", "mode": "rw"}}
        entry = {"entrypoint": program} if program else {}
        container = self._client.containers.run(
            self._image, list(words), detach=True, volumes=mounted, **entry
        )
        try:
            # What is read while it runs may lack what a container that ends at once has said.
            status = container.wait()["StatusCode"]
            out: bytes = container.logs(stdout=True, stderr=status != 0)
        finally:
            container.remove(force=True)
        assert status == 0, out.decode("utf-8", errors="replace")
        return out.decode("utf-8")

    def files(self) -> list[str]:
        """Every file in the store, relative to it, sorted."""
        found = self._in("/mlpc/store", "-type", "f", "-printf", "%P\\n", program="find")
        return sorted(found.splitlines())

    def text(self, path: str) -> str:
        return self._in(f"/mlpc/store/{path}", program="cat")

    def record(self, node: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text(f"{node}/result.json"))
        return found

    def summary(self) -> dict[str, Any]:
        """What the adaptor says of the run."""
        words = ["summary", "--workflow", "/mlpc/workflow.json", "--store", "/mlpc/store"]
        found: dict[str, Any] = json.loads(self._in(*words))
        return found
