"""Lets a browser answer for a model as it does in a page: Chromium, without a window, by the scripts and the runtime of pages.

What it loads is served on the loopback interface under a name that nobody can guess; every other address is unknown to it. It
runs in a child process only, since a browser takes what time it takes; who ends that process group ends the browser as well.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time

from .. import children, codes, models, npm
from ..contract import Artefact, StepError
from . import signature as signatures
from . import site as sites

TYPE_CHECKING = False
if TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler
    from typing import Any

    from ..contract import JsonObject

#: Where the browser is, if not under one of its names on the path.
VARIABLE = "MLPC_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: Seconds within which it has to have answered; less than a child has, so that it is ended with what it started.
PATIENCE = children.LIMIT - 60.0
_MEASURE, _PAGE = "measure.js", "index.html"
_TYPES = {"html": "text/html", "js": "text/javascript"}
_OPTIONS = (
    "--headless=new",
    # It loads nothing but what is served here, and containers let nobody make a sandbox.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--metrics-recording-only",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
    "--password-store=basic",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)


def chromium() -> str:
    """Return the path of the browser.

    Raises:
        StepError: there is none.
    """
    told = os.environ.get(VARIABLE)
    for name in (told,) if told else NAMES:
        found = shutil.which(name)
        if found is not None:
            return found
    raise StepError(
        codes.MISSING_LIBRARY,
        f"`{VARIABLE}` names `{told}`, which is no program"
        if told
        else 'the step runs the model in Chromium (`runtimes = ["chromium"]`), which is not there',
        [
            f"install it (Debian: `apt-get install chromium`), or say by `{VARIABLE}` where it is",
            'or leave it out of `runtimes`: `"node"` runs the same model in Node',
        ],
    )


def run(job: JsonObject) -> JsonObject:
    """Write what a model says of rows, ``[rows, outputs]``, to ``job["said"]``.

    ``folder`` has the model and its ``signature.json``, ``rows`` is a file of rows, ``[rows, *shape]``; ``profile`` is a folder
    for what the browser leaves behind.

    Raises:
        StepError: there is no browser, it died or took too long, or the model does not run in it.
    """
    import numpy

    program = chromium()
    rows = numpy.load(job["rows"])
    signature = models.read_signature(job["folder"])
    made = sites.Site()
    engine, files, runtime = sites.engine_of(signature, Artefact(job["folder"]), made)
    script = made.script(_MEASURE, {"./engine.js": engine})
    told = {
        "files": files,
        "page": {"inputs": signatures.inputs_of(signature), "output": signature["outputs"][0]["name"]},
    }
    served = {
        **made.files,
        _PAGE: f'<!doctype html><meta charset="utf-8"><script type="module" src="{script}"></script>\n'.encode(),
        "job.json": json.dumps(told).encode(),
        "rows.f32": rows.astype("<f4").tobytes(),
    }
    os.makedirs(job["profile"], exist_ok=True)
    answer = _answer(program, served, job["profile"])
    if answer[0] != "said":
        raise npm.not_taken(f"{runtime} in Chromium", answer[1].decode("utf-8", "replace")[:300])
    numpy.save(job["said"], numpy.frombuffer(answer[1], "<f4").reshape(len(rows), -1).astype(numpy.float64))
    return {}


def _answer(program: str, served: dict[str, bytes], profile: str) -> tuple[str, bytes]:
    """Serve files, let the browser load them, and return what it sends: its path and what came."""
    import queue
    import secrets
    import threading
    from http.server import ThreadingHTTPServer

    sent: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
    base = f"/{secrets.token_urlsafe(24)}/"
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(base, served, sent)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with tempfile.TemporaryFile() as printed:
            process = subprocess.Popen(
                [
                    program,
                    *_OPTIONS,
                    f"--user-data-dir={profile}",
                    f"http://127.0.0.1:{server.server_port}{base}",
                ],
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                # What it keeps for a person goes where the rest of it goes.
                env={**os.environ, "HOME": profile, "XDG_CONFIG_HOME": profile, "XDG_CACHE_HOME": profile},
            )
            try:
                return _wait(process, sent, printed)
            finally:
                end_with_children(process)
                server.shutdown()


def _wait(process: subprocess.Popen[bytes], sent: Any, printed: Any) -> tuple[str, bytes]:
    import queue

    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            found: tuple[str, bytes] = sent.get(timeout=0.2)
            return found
        except queue.Empty:
            if process.poll() is None:
                continue
        printed.seek(0)
        lines = printed.read().decode("utf-8", "replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "it printed nothing")
        raise StepError(
            codes.STEP_CRASHED,
            f"Chromium ended before the model had answered: exit status {process.returncode}",
            f"its last line: {last[:300]}",
        )
    raise StepError(codes.STEP_TIMED_OUT, f"Chromium took longer than {PATIENCE:g} s and was ended")


def _handler(base: str, served: dict[str, bytes], sent: Any) -> type[BaseHTTPRequestHandler]:
    from http.server import BaseHTTPRequestHandler

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.removeprefix(base) if self.path.startswith(base) else "/"
            content = served.get(path or _PAGE)
            self._say(200 if content is not None else 404, path or _PAGE, content or b"")

        def do_POST(self) -> None:
            what = self.path.removeprefix(base)
            known = what in ("said", "failed")
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0)) if known else b""
            self._say(204 if known else 404, "", b"")
            if known:
                sent.put((what, content))

        def _say(self, status: int, path: str, content: bytes) -> None:
            self.send_response(status)
            kind = _TYPES.get(path.rpartition(".")[2], "application/octet-stream")
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing of each file."""

    return Handler


def end_with_children(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started: a browser is many, and its first may be a script."""
    import contextlib
    import signal

    for pid in (*_below(process.pid), process.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


def _below(pid: int) -> list[int]:
    """Return the processes that a process started, and that these did."""
    parents: dict[int, list[int]] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                # The name in parentheses may hold anything.
                parent = int(file.read().rpartition(")")[2].split()[1])
        except OSError:
            continue
        parents.setdefault(parent, []).append(int(name))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        below = parents.get(waiting.pop(), [])
        found += below
        waiting += below
    return found
