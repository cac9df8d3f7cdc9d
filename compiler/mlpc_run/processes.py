"""Processes that die with the engine: the engine's side of the guard."""

from __future__ import annotations

import os
import signal
import sys
import time

from mlpc.codes import ENGINE_FAULT

from .errors import STEP, EngineError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any, Self

#: Seconds that a process has to answer SIGTERM.
GRACE = 10.0
#: Seconds after which the main thread of an engine stops waiting for a moment: a signal that came just before it began to wait,
#: or to another thread, does not end the wait, and is answered then.
LOOK = 1.0


class Processes:
    """Starts processes through a guard of their own. May be used from any thread."""

    def __init__(self) -> None:
        import socket
        import threading

        here, there = socket.socketpair()
        guard = os.path.join(os.path.dirname(os.path.abspath(__file__)), "guard.py")
        self._channel = here
        self._lock = threading.Lock()
        self._next = 0
        self._alive: dict[int, Process] = {}
        try:
            self._pid = os.posix_spawn(
                sys.executable,
                [sys.executable, "-I", "-S", guard],
                {
                    name: value
                    for name, value in os.environ.items()
                    if name in ("PATH", "LANG", "LD_LIBRARY_PATH")
                },
                file_actions=[(os.POSIX_SPAWN_DUP2, there.fileno(), 0)],
            )
        finally:
            there.close()

    def start(self, argv: list[str], environment: dict[str, str], folder: str) -> Process:
        """Start a process in a session of its own; what it prints is read from the object returned.

        Raises:
            EngineError: the guard has died.
        """
        output, output_end = os.pipe()
        answer, answer_end = os.pipe()
        try:
            with self._lock:
                self._next += 1
                id = self._next
                self._send(("start", id, argv, environment, folder), [output_end, answer_end])
                process = Process(self, id, output, answer)
                self._alive[id] = process
        except BaseException:
            os.close(output)
            os.close(answer)
            raise
        finally:
            os.close(output_end)
            os.close(answer_end)
        return process

    def signal(self, process: Process, number: int, *, whole: bool = True) -> None:
        """Send a signal to a process and its group; without ``whole`` to the process alone, which passes it on."""
        with self._lock:
            self._send(("signal", process.id, int(number), whole), [])

    def kill(self, process: Process) -> None:
        """Kill a process and all that it started."""
        with self._lock:
            self._send(("kill", process.id), [])

    def terminate_all(self) -> None:
        """Send SIGTERM to everything that runs."""
        for process in list(self._alive.values()):
            self.signal(process, signal.SIGTERM)

    def kill_all(self) -> None:
        """Kill everything that runs."""
        for process in list(self._alive.values()):
            self.kill(process)

    def _send(self, message: tuple[Any, ...], files: list[int]) -> None:
        import marshal
        import socket

        content = marshal.dumps(message)
        try:
            socket.send_fds(self._channel, [len(content).to_bytes(4, "little")], files)
            self._channel.sendall(content)
        except OSError:
            raise EngineError(
                ENGINE_FAULT, "the process that watches over the steps has died", exit_code=STEP, final=False
            ) from None

    def forget(self, process: Process) -> None:
        """A process has ended."""
        self._alive.pop(process.id, None)

    def close(self) -> None:
        """End everything that still runs, and the guard."""
        self._channel.close()
        try:
            os.waitpid(self._pid, 0)
        except ChildProcessError:
            pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Process:
    """One process that the guard started."""

    __slots__ = ("_answer", "_output", "_owner", "id", "pid")

    def __init__(self, owner: Processes, id: int, output: int, answer: int) -> None:
        self._owner = owner
        self._output = output
        self._answer = answer
        self.id = id
        self.pid = 0

    def wait(
        self,
        listen: Callable[[bytes], None],
        *,
        timeout: float | None = None,
        started: Callable[[int], None] | None = None,
    ) -> tuple[int, bool]:
        """Pass on what the process prints until it ends; return its exit status (negative: the signal that
        ended it) and whether it ran into ``timeout`` (seconds): it then got SIGTERM, and SIGKILL ten seconds
        later.

        Raises:
            EngineError: the guard has died.
        """
        import select

        poll = select.poll()
        poll.register(self._answer, select.POLLIN)
        poll.register(self._output, select.POLLIN)
        deadline = None if timeout is None else time.monotonic() + timeout
        late = False
        told = b""
        try:
            while True:
                left = None if deadline is None else max(0.0, deadline - time.monotonic())
                ready = poll.poll(None if left is None else left * 1000 + 1)
                for handle, _ in ready:
                    if handle == self._output:
                        block = os.read(handle, 1 << 16)
                        if block:
                            listen(block)
                        else:
                            poll.unregister(handle)
                        continue
                    part = os.read(handle, 16 - len(told))
                    told += part
                    if len(told) >= 8 and not self.pid:
                        self.pid = int.from_bytes(told[:8], "little", signed=True)
                        if started is not None:
                            started(self.pid)
                    if len(told) == 16:
                        self._drain(listen)
                        return int.from_bytes(told[8:], "little", signed=True), late
                    if not part:
                        raise EngineError(
                            ENGINE_FAULT,
                            "the process that watches over the steps has died",
                            exit_code=STEP,
                            final=False,
                        )
                if deadline is not None and time.monotonic() >= deadline:
                    if late:
                        self._owner.kill(self)
                        deadline = None
                    else:
                        self._owner.signal(self, signal.SIGTERM)
                        late, deadline = True, time.monotonic() + GRACE
        finally:
            self._owner.forget(self)
            os.close(self._answer)
            os.close(self._output)

    def _drain(self, listen: Callable[[bytes], None]) -> None:
        # What the process left behind may hold the pipe open: take what is there and do not wait for more.
        os.set_blocking(self._output, False)
        try:
            while block := os.read(self._output, 1 << 16):
                listen(block)
        except BlockingIOError:
            pass
