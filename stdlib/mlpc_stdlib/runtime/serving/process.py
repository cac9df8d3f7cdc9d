"""Sockets, processes and signals around the application.

On SIGTERM a server first lets every client know that the next request is for another (`/ready` says no, answers
close their connection), then takes no more connections, answers what has arrived and ends with status 0.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import select
import signal
import socket
import sys
import tempfile
import traceback
from time import monotonic, sleep

from ... import __version__
from .. import codes
from ..contract import StepError, say
from ..listening import BACKLOG, bind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import NoReturn

    from .settings import Settings

#: Seconds for which connections are still taken after SIGTERM, while clients are told to leave.
_LEAVING = 0.25
#: Seconds that a client who has connected has for its request, once no more connections are taken.
_SETTLING = 1.0
#: Seconds for requests that are being answered; all three have to fit into the ten of the step contract.
_GRACE = 7
#: Seconds after which a worker is ended that does not end by itself.
_PATIENCE = 9.5
#: Status of a worker that could not start; another attempt would not help.
_CANNOT_START = 3
#: A worker that lived for less seconds than this is replaced only after as many.
_SOON = 1.0
#: Seconds an idle connection is kept: longer than common proxies keep theirs.
_KEEP_ALIVE = 75


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; sets ``settings.port`` where it was 0.

    Raises:
        StepError: the port is taken, or the model cannot be served.
    """
    listener = _bind(settings)
    with listener:
        if settings.workers == 1:
            _work(listener, settings, lambda: _announce(settings))
        else:
            _Supervisor(listener, settings).run()


def _bind(settings: Settings) -> socket.socket:
    listener = bind(settings.host, settings.port)
    settings.port = listener.getsockname()[1]
    return listener


def _work(
    listener: socket.socket, settings: Settings, loaded: Callable[[], None], parent: int | None = None
) -> None:
    """Serve in this process; ``parent`` is a pipe that ends when the process that started this one does."""
    import uvicorn

    from .answers import Predictor
    from .app import App
    from .bundle import load
    from .metrics import Metrics

    bundle = load(settings.folder, max(1, settings.threads // settings.workers))
    metrics = Metrics(bundle.class_names, __version__, bundle.digest)
    app = App(Predictor(bundle, settings.limits.rows), metrics, settings)

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            # uvicorn's own would raise the signal again in the end, and the status would not be 0.
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGTERM, leave)
            if parent is None:
                loop.add_signal_handler(signal.SIGINT, interrupt)
            else:
                # Ctrl-C reaches the whole group; the process that started this one passes it on.
                loop.add_signal_handler(signal.SIGINT, lambda: None)
                loop.add_reader(parent, orphaned)
            yield

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            # Closing the socket resets the connections that wait in its queue: they are taken just before.
            taken = _waiting(listener)
            for server in self.servers:
                server.close()
            loop = asyncio.get_running_loop()
            for connection in taken:
                await loop.connect_accepted_socket(protocol, connection)
            # Who has connected and not yet asked is given time to ask before idle connections are closed.
            until = monotonic() + _SETTLING
            while monotonic() < until and any(_is_fresh(item) for item in self.server_state.connections):
                await asyncio.sleep(0.02)
            await super().shutdown(sockets)

    config = uvicorn.Config(
        app,
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_GRACE,
    )
    server = Server(config)

    def protocol() -> asyncio.Protocol:
        # As uvicorn itself makes one for a connection that it takes.
        made: asyncio.Protocol = config.http_protocol_class(  # type: ignore[call-arg]
            config=config, server_state=server.server_state, app_state=server.lifespan.state
        )
        return made

    def leave() -> None:
        if not app.draining:
            app.draining = True
            asyncio.get_running_loop().call_later(_LEAVING, end)

    def interrupt() -> None:
        # Who presses Ctrl-C twice does not want to wait.
        server.force_exit = app.draining
        leave()

    def end() -> None:
        server.should_exit = True

    def orphaned() -> None:
        if parent is not None:
            asyncio.get_running_loop().remove_reader(parent)
        leave()

    # What is loaded by now stays; the collector need not look at it again.
    gc.collect()
    gc.freeze()
    loaded()
    asyncio.run(server.serve([listener]))


def _waiting(listener: socket.socket) -> list[socket.socket]:
    """Take the connections that wait to be accepted, until none is left at this moment."""
    found: list[socket.socket] = []
    listener.setblocking(False)
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return found
        connection.setblocking(False)
        found.append(connection)


def _is_fresh(connection: object) -> bool:
    """Whether no request has come on a connection yet."""
    return getattr(connection, "cycle", True) is None


class _Supervisor:
    """Keeps as many workers as were asked for, all of them on one socket, until it is told to end."""

    def __init__(self, listener: socket.socket, settings: Settings) -> None:
        self._listener = listener
        self._settings = settings
        self._workers: dict[int, float] = {}
        self._waiting = settings.workers
        #: Workers see the end of this pipe when this process is gone, whatever ended it.
        self._life, self._alive = os.pipe()
        self._loaded, self._load = os.pipe()
        self._woken, self._wake = os.pipe()
        for end in (self._woken, self._wake, self._loaded):
            os.set_blocking(end, False)

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT.

        Raises:
            StepError: a worker could not start.
        """
        before = {number: signal.signal(number, _noted) for number in _WATCHED}
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        with tempfile.TemporaryDirectory(prefix="mlpc-metrics-") as folder:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
            try:
                for _ in range(self._settings.workers):
                    self._start()
                self._watch()
            finally:
                self._end()
                signal.set_wakeup_fd(-1)
                for number, handler in before.items():
                    signal.signal(number, handler)
                del os.environ["PROMETHEUS_MULTIPROC_DIR"]

    def _start(self) -> None:
        # Neither process may take the other's signals while both have one wake-up pipe.
        signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
        pid = os.fork()
        if pid == 0:
            self._be_worker()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
        self._workers[pid] = monotonic()

    def _be_worker(self) -> NoReturn:
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in _WATCHED:
                signal.signal(number, signal.SIG_DFL)
            os.close(self._alive)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
            _work(self._listener, self._settings, lambda: _tell(self._load), self._life)
            status = 0
        except StepError as error:
            say(f"error[{error.code} {error.name}]: {error.message}")
            status = _CANNOT_START
        except BaseException as error:  # noqa: BLE001 - a worker ends here, whatever happened
            traceback.print_exception(error)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _watch(self) -> None:
        while True:
            ready, _, _ = select.select([self._woken, self._loaded], [], [])
            if self._loaded in ready:
                before, self._waiting = self._waiting, self._waiting - len(os.read(self._loaded, 512))
                if before > 0 >= self._waiting:
                    _announce(self._settings)
            if self._woken in ready:
                told = os.read(self._woken, 512)
                if signal.SIGTERM in told or signal.SIGINT in told:
                    return
                self._replace()

    def _replace(self) -> None:
        """Start a worker for each that ended."""
        for pid, code, age in self._ended():
            if code == _CANNOT_START:
                raise StepError(codes.UNREADABLE_MODEL, "the model cannot be served; the log says why")
            say(f"worker {pid} ended with status {code}; another takes its place")
            if age < _SOON:
                sleep(_SOON)
            self._start()

    def _ended(self) -> list[tuple[int, int, float]]:
        """Forget the workers that ended; return id, status and age in seconds of each."""
        found = []
        for pid in list(self._workers):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                age = monotonic() - self._workers.pop(pid)
                found.append((pid, os.waitstatus_to_exitcode(status), age))
                from prometheus_client.multiprocess import mark_process_dead

                mark_process_dead(pid)  # type: ignore[no-untyped-call]
        return found

    def _end(self) -> None:
        """Let the workers answer what they have, then end those that do not."""
        self._listener.close()
        for pid in self._workers:
            _signal(pid, signal.SIGTERM)
        deadline = monotonic() + _PATIENCE
        while self._workers:
            self._ended()
            left = deadline - monotonic()
            if left <= 0:
                break
            if self._workers and select.select([self._woken], [], [], min(left, 0.2))[0]:
                os.read(self._woken, 512)
        for pid in self._workers:
            _signal(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


_WATCHED = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)


def _noted(number: int, frame: FrameType | None) -> None:
    """Take a signal; the wake-up pipe tells of it."""


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _tell(pipe: int) -> None:
    os.write(pipe, b"1")


def _announce(settings: Settings) -> None:
    say(f"{settings.title}: serving on {settings.url}")
