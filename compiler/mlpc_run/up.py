"""Serving what was promoted last. Nothing is trained here, and the spec is not looked at."""

from __future__ import annotations

import os
import signal
import time

from mlpc.codes import BUSY_PORT, NO_SUCH_INPUT, SERVICE_FAILED
from mlpc.ir.nodes import Action, Resources, Secret

from . import events, executor, lock, promotion, records, runtime, secrets
from .environments import Environments
from .errors import ENVIRONMENT, STEP, EngineError
from .events import Event
from .fingerprints import Fingerprints
from .layout import Layout, file_name
from .locks import Lock
from .processes import GRACE, LOOK, Processes
from .store import Store, discard, unusable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .processes import Process
    from .promotion import Promotion

#: Where a service listens unless it is told.
HOST, PORT = "127.0.0.1", 8000

#: Seconds within which a service has to be ready.
PATIENCE = 120.0


def up(
    project_root: str | os.PathLike[str],
    pipeline: str,
    environment: str = "",
    *,
    host: str = HOST,
    port: int | None = None,
    isolation: bool = True,
    offline: bool = False,
    listen: Callable[[Event], None],
) -> int:
    """Serve the last promotion of ``pipeline`` in ``environment`` until SIGINT or SIGTERM; return the exit status.

    The first service gets ``port`` (or the first free one from 8000 on), each further one the next. ``listen`` gets
    a ``note`` on how old the promotion is and one where a newer run was blocked, ``service-ready`` with the address, and
    what the services print, as ``log``.

    Raises:
        EngineError: nothing is promoted, the port is taken, a service did not get ready or ended by itself.
    """
    layout = Layout(project_root)
    with Store(layout, create=False) as store:
        found = promotion.current(store, pipeline, environment)
        if found is None or not found.bundle["services"]:
            raise promotion.nothing(pipeline, environment)
        for note in about(store, found):
            listen(Event(events.NOTE, text=note))
        with Serving(layout, store, found, listen, isolation=isolation, offline=offline) as serving:
            return serving.run(host, port)


def about(store: Store, found: Promotion) -> list[str]:
    """Return what a person should know of a promotion before it is served."""
    notes = [
        f"promotion {found.id} of `{found.pipeline}`, made {age(time.time() - found.at)} ago by run {found.run}"
    ]
    newer = records.runs(store, pipeline=found.pipeline, environment=found.environment, limit=20)
    for run in newer:
        if run.started <= found.confirmed:
            break
        if run.ended is None:
            continue
        if run.state != "done":
            reasons = run.summary.get("reasons") or []
            notes.append(
                f"run {run.id} is newer and was not promoted" + (f": {reasons[0]}" if reasons else "")
            )
            break
        # A run of a few steps promotes nothing, and is no news; one that promoted was taken back.
        for later in promotion.every(store, found.pipeline, found.environment):
            if later.id > found.id and later.confirmed >= run.started:
                notes.append(f"run {run.id} is newer; what it promoted was taken back")
                return notes
    return notes


class Serving:
    """The services of one promotion, as processes."""

    def __init__(
        self,
        layout: Layout,
        store: Store,
        found: Promotion,
        listen: Callable[[Event], None],
        *,
        isolation: bool = True,
        offline: bool = False,
    ) -> None:
        self._layout = layout
        self._store = store
        self._found = found
        self._listen = listen
        # The same name as the folder: what has a folder here and holds no lock is dead.
        name = f"up.{found.id}.{os.getpid()}"
        self._lock = Lock(layout.path("locks", name))
        self._work = layout.path("work", name)
        self._processes = Processes()
        self._environments = Environments(
            layout.root,
            lambda: self._processes,
            lambda name, text, detail: listen(
                Event(events.ENVIRONMENT, text=text, environment=name, detail=detail)
            ),
            isolation=isolation,
            offline=offline,
        )
        self._stopping = False

    def __enter__(self) -> Serving:
        # What is served is not collected: `gc` looks at this lock.
        self._lock.take()
        return self

    def __exit__(self, *exception: object) -> None:
        self._processes.close()
        self._environments.close()
        self._lock.release(remove=True)
        discard(self._work)

    def run(self, host: str, port: int | None) -> int:
        """Start the services and serve until a signal; return the exit status."""
        import threading
        from _queue import SimpleQueue

        queue: SimpleQueue[tuple[str, object]] = SimpleQueue()
        before = {}
        if threading.current_thread() is threading.main_thread():

            def stop(number: int, frame: object) -> None:
                queue.put(("stop", number))

            before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            started: dict[str, Process] = {}
            urls: dict[str, str] = {}
            taken = port
            for id, bundle in sorted(self._found.bundle["services"].items()):
                taken = free_port(host, taken, asked=port is not None)
                process = self._start(id, bundle, host, taken)
                started[id] = process
                urls[id] = f"http://{f'[{host}]' if ':' in host else host}:{taken}"
                taken += 1
                self._watch(id, process, queue)
                self._watch_ready(id, urls[id], queue)
            return self._serve(started, urls, queue)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _serve(self, alive: dict[str, Process], urls: dict[str, str], queue: Any) -> int:
        deadline = 0.0
        failed: EngineError | None = None
        while alive:
            try:
                kind, what = queue.get(timeout=0.5 if deadline else LOOK)
            except Exception as problem:
                if type(problem).__name__ != "Empty":
                    raise
                kind, what = "", None
            if kind == "event":
                assert isinstance(what, Event)
                self._listen(what)
            elif kind == "ended":
                assert isinstance(what, tuple)
                id, status = what
                del alive[id]
                self._listen(Event(events.SERVICE_ENDED, id, status=status))
                if not self._stopping:
                    failed = self._failure(id, status)
                    kind = "stop"
            elif kind == "late":
                failed = EngineError(
                    SERVICE_FAILED,
                    f"`{what}` did not get ready within {PATIENCE:g} s",
                    f"its log is {self._log(str(what))}",
                    exit_code=STEP,
                )
                kind = "stop"
            if kind == "stop":
                if self._stopping:
                    self._processes.kill_all()
                self._stopping = True
                deadline = deadline or time.monotonic() + GRACE
                for process in alive.values():
                    self._processes.signal(process, signal.SIGTERM, whole=False)
            if deadline and time.monotonic() > deadline:
                self._processes.kill_all()
        if failed is not None:
            raise failed
        return 0

    def _failure(self, id: str, status: int) -> EngineError:
        result = executor.read_result(os.path.join(self._folder(id), "result.json"), secrets.Masker(()))
        error = result.get("error")
        if isinstance(error, dict) and error.get("message"):
            code = BUSY_PORT if "port" in str(error["message"]) else SERVICE_FAILED
            return EngineError(
                code,
                f"`{id}`: {error['message']}",
                *(str(line) for line in error.get("help") or ()),
                exit_code=ENVIRONMENT if code is BUSY_PORT else STEP,
            )
        return EngineError(
            SERVICE_FAILED,
            f"`{id}` ended by itself with status {status}",
            f"its log is {self._log(id)}",
            exit_code=STEP,
        )

    def _folder(self, id: str) -> str:
        return os.path.join(self._work, file_name(id))

    def _log(self, id: str) -> str:
        return self._layout.path("logs", "up", f"{file_name(id)}.log")

    def _start(self, id: str, bundle: dict[str, Any], host: str, port: int) -> Process:
        inputs = {
            name: [self._input(id, name, each) for each in given]
            if isinstance(given, list)
            else self._input(id, name, given)
            for name, given in bundle["inputs"].items()
        }
        declared = [Secret(each["secret"], {}, each["source"]) for each in bundle["secrets"].values()]
        values = secrets.read(declared, [each.name for each in declared], self._layout.root)
        arguments = dict(bundle["arguments"])
        arguments.setdefault("workers", bundle["replicas"][0])
        requirements = lock.normal(bundle["requirements"])
        locked = lock.Locked(requirements, tuple(bundle["locked"] or ()))
        work = executor.Work(
            0,
            project=self._layout.root,
            python=self._environments.python(locked),
            runtime=self._runtime(bundle["runtime"]),
            state=self._layout.path("state"),
            inputs=inputs,
            arguments=arguments,
            secrets={name: values[each["secret"]] for name, each in bundle["secrets"].items()},
            masker=secrets.Masker(values.values()),
            passed=executor.passed(secrets.variables(declared)),
            context={
                "pipeline": self._found.pipeline,
                "run": str(self._found.run),
                "labels": {
                    **bundle["labels"],
                    "promoted": _moment(self._found.at),
                    "figures": self._found.bundle["figures"],
                },
            },
            unchanged=lambda: None,
        )
        action, asked = bundle["action"], bundle["resources"]
        resources = Resources(asked["cpu"], asked["memory"], asked["gpu"])
        folder = self._folder(id)
        try:
            executor.prepare(
                folder,
                work,
                id,
                Action(action["kind"], action["target"], action["function"]),
                resources,
                service={"host": host, "port": port},
            )
        except OSError as error:
            raise unusable(self._layout, error) from None
        self._maskers = {**getattr(self, "_maskers", {}), id: work.masker}
        return self._processes.start(
            executor.command(work.python, folder),
            executor.variables(work, folder, resources),
            self._layout.root,
        )

    def _input(self, id: str, name: str, given: dict[str, Any]) -> dict[str, Any]:
        item = {key: value for key, value in given.items() if key in ("type", "digest", "key", "url")}
        if "digest" in given:
            item["path"] = self._layout.object(given["digest"])
            if not self._store.sound(given["digest"]):
                raise EngineError(
                    NO_SUCH_INPUT,
                    f"what `{id}` serves as its `{name}` is no longer in the store",
                    "`mlpc run` makes it anew; `mlpc promote --previous` goes back to what was served before",
                )
        elif "location" in given:
            item["path"] = os.path.join(self._layout.root, given["location"])
        return item

    def _runtime(self, name: str) -> str:
        path = runtime.path(self._layout, name)
        if os.path.isdir(path):
            return path
        base = runtime.root()
        now = runtime.digest(base, Fingerprints(self._store))
        if now != name:
            self._listen(
                Event(
                    events.NOTE,
                    text="the step runtime that this was promoted with is gone: the one of this mlpc serves it",
                )
            )
        try:
            return runtime.provide(self._layout, base, now, self._work)
        except OSError as error:
            raise unusable(self._layout, error) from None

    def _watch(self, id: str, process: Process, queue: Any) -> None:
        import threading

        def watch() -> None:
            os.makedirs(os.path.dirname(self._log(id)), exist_ok=True)
            with open(self._log(id), "wb", buffering=0) as file:

                def write(lines: bytes) -> None:
                    try:
                        file.write(lines)
                    except OSError:
                        pass
                    for line in lines.decode("utf-8", "replace").splitlines():
                        queue.put(("event", Event(events.LOG, id, line, attempt=1)))

                lines = secrets.Lines(self._maskers[id], write)
                try:
                    status, _ = process.wait(lines.feed)
                except EngineError:
                    status = -signal.SIGKILL
                lines.end()
            queue.put(("ended", (id, status)))

        threading.Thread(target=watch, name=id, daemon=True).start()

    def _watch_ready(self, id: str, url: str, queue: Any) -> None:
        import threading

        def watch() -> None:
            began = time.monotonic()
            while time.monotonic() - began < PATIENCE and not self._stopping:
                if is_ready(url):
                    queue.put(("event", Event(events.SERVICE_READY, id, url, url=url)))
                    return
                time.sleep(0.05)
            queue.put(("late", id))

        threading.Thread(target=watch, name=f"{id} ready", daemon=True).start()


def is_ready(url: str) -> bool:
    """Return whether a service says that it is ready."""
    import http.client
    import urllib.parse

    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or HOST, parts.port or 80, timeout=2)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def free_port(host: str, wanted: int | None, *, asked: bool) -> int:
    """Return ``wanted`` if it is free; where it was not asked for, the next one that is.

    Raises:
        EngineError: it is taken, or the host is not one of this machine.
    """
    first = wanted if wanted is not None else PORT
    for port in range(first, min(first + 100, 65536)):
        reason = _taken(host, port)
        if not reason:
            return port
        if asked:
            near = next(
                (each for each in range(port + 1, min(port + 100, 65536)) if not _taken(host, each)), None
            )
            help = [f"--port {near} is free"] if near else []
            raise EngineError(BUSY_PORT, f"{host}:{port} cannot be served on: {reason}", *help)
    raise EngineError(BUSY_PORT, f"no port from {first} on is free", "choose one: --port N")


def _taken(host: str, port: int) -> str:
    import socket

    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            probe.listen(1)
    except OSError as error:
        return str(error.strerror or error)
    return ""


def age(seconds: float) -> str:
    """Return a span of time in words: ``3 minutes``."""
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'s' * (count != 1)}"
    count = max(0, int(seconds))
    return f"{count} second{'s' * (count != 1)}"


def _moment(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
