"""Real servers, started through the step contract."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx


class Server:
    """A running server process and a client for it."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path, url: str) -> None:
        self.process = process
        self.folder = folder
        self.url = url
        self.port = int(url.rpartition(":")[2])
        self.client = httpx.Client(base_url=url, timeout=30)

    @property
    def log(self) -> str:
        """What the process has printed to standard error."""
        return (self.folder / "stderr").read_text(encoding="utf-8")

    @property
    def output(self) -> str:
        """What the process has printed to standard output."""
        return (self.folder / "stdout").read_text(encoding="utf-8")

    def ask(self, body: object) -> httpx.Response:
        """Send JSON to `/predict`."""
        return self.client.post("/predict", json=body)

    def end(self, timeout: float = 10.0) -> int:
        """Send SIGTERM and return the exit status; ``timeout`` in seconds."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)


def start(
    bundle: Path,
    folder: Path,
    *,
    port: int = 0,
    threads: int = 1,
    context: dict[str, Any] | None = None,
    **arguments: Any,
) -> subprocess.Popen[bytes]:
    """Start a server that serves ``bundle``; a double underscore in an argument's name is a dot."""
    folder.mkdir(parents=True, exist_ok=True)
    task = {
        "contract": 1,
        "task": "api",
        "action": {"kind": "runtime", "target": "mlpc_stdlib.runtime.serve", "function": "server"},
        "inputs": {"model": {"path": str(bundle), "type": {"type": "model"}, "digest": "d1"}},
        "arguments": {name.replace("__", "."): value for name, value in arguments.items()},
        "result": str(folder / "result.json"),
        "service": {"host": "127.0.0.1", "port": port},
        "context": context or {"pipeline": "flowers", "run": "r1"},
        "threads": threads,
    }
    (folder / "task.json").write_text(json.dumps(task), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "PROMETHEUS_MULTIPROC_DIR"}
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        return subprocess.Popen(
            [sys.executable, "-m", "mlpc_stdlib.runtime", "--task", str(folder / "task.json")],
            stdout=out,
            stderr=err,
            env=environment,
        )


@contextmanager
def serving(bundle: Path, folder: Path, **how: Any) -> Iterator[Server]:
    """Serve ``bundle`` for as long as the block lasts."""
    process = start(bundle, folder, **how)
    try:
        url = None
        deadline = time.monotonic() + 60
        while url is None:
            found = re.search(r"serving on (http://\S+)", (folder / "stderr").read_text(encoding="utf-8"))
            url = found and found.group(1)
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((folder / "stderr").read_text(encoding="utf-8"))
            time.sleep(0.02)
        server = Server(process, folder, url)
        with server.client:
            yield server
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
