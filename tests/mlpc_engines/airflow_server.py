"""A real Airflow 3 whose parts can be stopped and started one by one: API server, scheduler, DAG processor."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.mlpc_backends.airflow.engine import Airflow

PARTS = ("api-server", "scheduler", "dag-processor")


class Server(Airflow):
    """An Airflow whose home is ``folder``. Everyone is let in, as `airflow standalone` does for one who tries it out."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._variables.update(
            {
                "AIRFLOW__API__PORT": str(self.port),
                "AIRFLOW__API__HOST": "127.0.0.1",
                "AIRFLOW__API__WORKERS": "1",
                "AIRFLOW__API__BASE_URL": self.url,
                "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
                "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
                "AIRFLOW__CORE__PARALLELISM": "4",
                # Looked at often, so that no test waits for minutes.
                "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "1",
                "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "2",
                "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "10",
            }
        )
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._groups: list[int] = []

    def start(self, *parts: str) -> None:
        """Start parts, by default all, and wait until they say that they are well."""
        self.migrate()
        for part in parts or PARTS:
            with open(self.home / f"{part}.log", "ab") as log:
                self._processes[part] = subprocess.Popen(
                    [str(self._python.parent / "airflow"), part],
                    env=self._variables,
                    cwd=self.dags,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        self.until(lambda: self.is_well(parts or PARTS), 180)

    def stop(self, *parts: str, how: signal.Signals = signal.SIGKILL) -> None:
        """End parts, by default all, with all that they started."""
        for part in parts or tuple(self._processes):
            process = self._processes.pop(part)
            os.killpg(process.pid, how)
            try:
                process.wait(30)
            finally:
                if how is not signal.SIGKILL and process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    def guarded(self) -> tuple[str, dict[str, str]]:
        """Start a second API server, which wants a password; return its address, and the passwords by user."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
        settings = {
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,reader:viewer",
        }
        with open(self.home / "guarded.log", "wb") as log:
            self._processes["guarded"] = subprocess.Popen(
                [str(self._python.parent / "airflow"), "api-server"],
                env={**self._variables, **settings},
                cwd=self.dags,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        url = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            try:
                with urllib.request.urlopen(f"{url}/api/v2/version", timeout=30):
                    return True
            except OSError:
                return False

        self.until(answers, 180)
        kept = self.home / "simple_auth_manager_passwords.json.generated"
        passwords: dict[str, str] = json.loads(kept.read_bytes())
        return url, passwords

    def kill(self, part: str) -> None:
        """Kill the process of a part, and none of those that it started."""
        process = self._processes.pop(part)
        process.kill()
        process.wait()
        self._groups.append(process.pid)

    def end(self) -> None:
        """End all that was started here."""
        self.stop()
        for group in self._groups:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)

    def is_well(self, parts: tuple[str, ...]) -> bool:
        try:
            health = self.api("monitor/health")
        except (OSError, ValueError):
            return False
        names = [part.replace("-", "_") for part in parts if part != "api-server"]
        return all(health[name]["status"] == "healthy" for name in names)

    def api(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """Ask the API as anyone may; asked again where its SQLite is busy, for which it says that it is at fault."""
        end = time.monotonic() + 60
        while True:
            try:
                return self._asked(path, method, body)
            except urllib.error.HTTPError as error:
                if error.code != 500 or time.monotonic() > end:
                    raise
                time.sleep(1)

    def _asked(self, path: str, method: str, body: Any) -> Any:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if not path.startswith("monitor"):
            with urllib.request.urlopen(f"{self.url}/auth/token", timeout=30) as answer:
                headers["Authorization"] = f"Bearer {json.loads(answer.read())['access_token']}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/v2/{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def runs(self, dag: str) -> list[dict[str, Any]]:
        """The runs of a DAG, the last one first."""
        try:
            found = self.api(f"dags/{dag}/dagRuns?order_by=-run_after")
        except urllib.error.HTTPError as error:
            if error.code == 404:  # it is new
                return []
            raise
        runs: list[dict[str, Any]] = found["dag_runs"]
        return runs

    def states(self, dag: str, run: str) -> dict[str, str]:
        found = self.api(f"dags/{dag}/dagRuns/{run}/taskInstances")
        return {each["task_id"]: each["state"] for each in found["task_instances"]}

    def until(self, true: Callable[[], object], seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, self.said()
            time.sleep(0.25)

    def said(self) -> str:
        """The end of what all parts printed."""
        logs = [self.home / f"{part}.log" for part in PARTS]
        return "\n".join(log.read_text(errors="replace")[-3000:] for log in logs if log.exists())
