"""A small process beside the engine that starts its steps, and ends them all when the engine goes away.

It runs as a script, ``python -I -S guard.py``, with a socket to the engine as standard input, and imports nothing
of mlpc. The engine may be killed at any moment; the socket then closes, and the guard kills whatever descends
from it: where the system can (Linux), it adopts processes whose parents have gone, so that none escapes. Should
the guard itself be killed, its steps get SIGKILL from the system.

Messages from the engine are a length in four bytes and a marshalled tuple; files travel beside the length:

    ("start", id, argv, environment, folder)   with two files: output, and a pipe for the exit status
    ("signal", id, number, whole)              to a step, or with ``whole`` to its process group
    ("kill", id)                               to a step and all that it started

The answer, once, in the pipe of the step: its process id in eight bytes when it was started, its exit status in
eight bytes when it has ended (negative: by that signal).
"""

from __future__ import annotations

import marshal
import os
import select
import signal
import socket
import struct
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_LENGTH = struct.Struct("<I")
_NUMBER = struct.Struct("<q")
_SET_DEATH_SIGNAL, _SET_SUBREAPER = 1, 36


def _prctl() -> Callable[[int, int], int] | None:
    if not sys.platform.startswith("linux"):
        return None
    import ctypes

    function = ctypes.CDLL(None, use_errno=True).prctl
    return lambda option, value: int(function(option, value, 0, 0, 0))


class Guard:
    """Starts processes as it is told and watches them."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._prctl = _prctl()
        self._steps: dict[int, int] = {}
        self._answers: dict[int, int] = {}
        if self._prctl is not None:
            self._prctl(_SET_SUBREAPER, 1)

    def run(self) -> None:
        """Serve until the engine goes away, then end everything."""
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        os.set_blocking(writer, False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP):
            signal.signal(number, signal.SIG_IGN)
        poll = select.poll()
        poll.register(self._channel.fileno(), select.POLLIN)
        poll.register(reader, select.POLLIN)
        try:
            while True:
                ready = poll.poll()
                if any(handle == reader for handle, _ in ready):
                    try:
                        os.read(reader, 4096)
                    except BlockingIOError:
                        pass
                    self._reap()
                if any(handle != reader for handle, _ in ready) and not self._obey():
                    break
        finally:
            self._end()

    def _obey(self) -> bool:
        try:
            head, files, _, _ = socket.recv_fds(self._channel, _LENGTH.size, 2)
            if len(head) < _LENGTH.size:
                return False
            message = marshal.loads(self._receive(_LENGTH.unpack(head)[0]))
        except (OSError, EOFError):
            return False
        if message[0] == "start":
            self._start(message[1], message[2], message[3], message[4], files[0], files[1])
            os.close(files[0])
        elif message[1] in self._steps:
            pid = self._steps[message[1]]
            if message[0] == "signal":
                (_signal_group if message[3] else _signal)(pid, message[2])
            else:
                below = _descendants(pid)
                _signal_group(pid, signal.SIGKILL)
                for each in below:
                    _signal(each, signal.SIGKILL)
        return True

    def _receive(self, size: int) -> bytes:
        parts = []
        while size:
            part = self._channel.recv(min(size, 1 << 16))
            if not part:
                raise EOFError
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _start(
        self, id: int, argv: list[str], environment: dict[str, str], folder: str, output: int, answer: int
    ) -> None:
        guard = os.getpid()
        pid = os.fork()
        if pid == 0:
            try:
                os.setsid()
                if self._prctl is not None:
                    self._prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
                    if os.getppid() != guard:
                        os._exit(137)
                signal.set_wakeup_fd(-1)
                for name in ("SIGINT", "SIGHUP", "SIGQUIT", "SIGTSTP", "SIGCHLD", "SIGPIPE", "SIGXFSZ"):
                    signal.signal(getattr(signal, name), signal.SIG_DFL)
                nothing = os.open(os.devnull, os.O_RDONLY)
                os.dup2(nothing, 0)
                os.dup2(output, 1)
                os.dup2(output, 2)
                os.chdir(folder)
                os.execve(argv[0], argv, environment)
            except OSError as error:
                os.write(2, f"{argv[0]} cannot be started: {error.strerror}\n".encode())
            finally:
                os._exit(127)
        self._steps[id] = pid
        self._answers[id] = answer
        _answer(answer, pid)

    def _reap(self) -> None:
        while True:
            try:
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if found is None:
                return
            pid = found.si_pid
            id = next((each for each, known in self._steps.items() if known == pid), None)
            if id is not None:
                # What the step left running in its group ends with it; its number cannot be anybody else's
                # as long as the step is not waited for.
                _signal_group(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            if id is not None:
                del self._steps[id]
                answer = self._answers.pop(id)
                _answer(answer, os.waitstatus_to_exitcode(status))
                os.close(answer)

    def _end(self) -> None:
        for pid in self._steps.values():
            _signal_group(pid, signal.SIGKILL)
        for _ in range(1000):
            for pid in _descendants(os.getpid()):
                _signal(pid, signal.SIGKILL)
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                return
            select.select([], [], [], 0.002)


def _answer(handle: int, number: int) -> None:
    try:
        os.write(handle, _NUMBER.pack(number))
    except OSError:
        pass


def _signal_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except OSError:
        pass


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except OSError:
        pass


def _descendants(pid: int) -> list[int]:
    """Return all processes below ``pid``, as ``/proc`` knows them; nothing where there is none."""
    children: dict[int, list[int]] = {}
    try:
        entries = os.listdir("/proc")
    except OSError:
        return []
    for entry in entries:
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", "rb") as file:
                    fields = file.read().rpartition(b")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.extend(below)
        waiting.extend(below)
    return found


if __name__ == "__main__":
    if os.getpid() != os.getsid(0):
        os.setsid()
    Guard(socket.socket(fileno=os.dup(0))).run()
