"""Runs what may take its process down with it (converters, TensorFlow) in a process of its own, with an end in time.

The parent calls :func:`call`; in the child ``python -m mlpc_stdlib.runtime.children FOLDER`` finds ``job.json`` there and
writes ``answer.json``. A :class:`Worker` is asked more than once: ``… children --serve`` reads jobs from its standard input, one
a line, and answers on its standard output.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile

from . import codes, memory
from .contract import StepError, out_of_memory, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn

    from .contract import JsonObject

    Function = Callable[[JsonObject], JsonObject]

#: Seconds that a child may take; a step with a shorter `timeout` is ended by its engine before.
LIMIT = 1800.0
_JOB, _ANSWER, _SERVE = "job.json", "answer.json", "--serve"
#: What TensorFlow prints without being asked, and how it chooses between ways to compute.
_VARIABLES = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_DETERMINISTIC_OPS": "1",
    "KERAS_BACKEND": "tensorflow",
    "CUDA_VISIBLE_DEVICES": "-1",
    "PYTHONHASHSEED": "0",
}


def call(
    function: Function,
    job: JsonObject,
    doing: str,
    help: Sequence[str] = (),
    seconds: float | None = None,
) -> JsonObject:
    """Call a function of the step runtime in a process of its own and return what it returns.

    ``doing`` says in messages what the process was there for, ``help`` what would work if it dies.

    Raises:
        StepError: the function raised one, or the process died or took longer than ``seconds``.
    """
    limit = LIMIT if seconds is None else seconds
    with tempfile.TemporaryDirectory(prefix="mlpc-child-") as folder:
        write_json(
            os.path.join(folder, _JOB),
            {"module": function.__module__, "function": function.__name__, "job": job},
        )
        command = [sys.executable, *_same_path(), "-m", "mlpc_stdlib.runtime.children", folder]
        kills = memory.kills()
        try:
            # It ends with this process: whatever ends the wait, kills it.
            done = subprocess.run(
                command,
                env={**os.environ, **_VARIABLES},
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr.fileno() if _has_descriptor() else None,
                timeout=limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise StepError(
                codes.STEP_TIMED_OUT, f"{doing} took longer than {limit:g} s and was ended", list(help)
            ) from None
        try:
            with open(os.path.join(folder, _ANSWER), "rb") as file:
                told = json.loads(file.read())
        except (FileNotFoundError, ValueError):
            raise _died(doing, done.returncode, help, kills, final=True) from None
    return _answer(told)


def _answer(told: JsonObject) -> JsonObject:
    error = told.get("error")
    if error is not None:
        raise StepError(
            (error["code"], error["name"]), error["message"], error["help"], error["place"], error["final"]
        )
    answer: JsonObject = told["answer"]
    return answer


class Worker:
    """A process that does one job after the other, so that what takes seconds to import is imported once.

    It ends with ``with``, and with this process, however that ends: what it reads its jobs from is closed then. There is no end
    in time, since training takes what it takes: the `timeout` of a step ends both.
    """

    def __init__(self) -> None:
        command = [sys.executable, *_same_path(), "-m", "mlpc_stdlib.runtime.children", _SERVE]
        self._process = subprocess.Popen(
            command,
            env={**os.environ, **_VARIABLES},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self._doing = ""
        self._help: Sequence[str] = ()
        self._kills = 0

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *raised: object) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def begin(self, function: Function, job: JsonObject, doing: str, help: Sequence[str] = ()) -> None:
        """Let the process call a function of the step runtime; ``doing`` and ``help`` are for messages if it dies."""
        self._doing, self._help, self._kills = doing, help, memory.kills()
        told = {"module": function.__module__, "function": function.__name__, "job": job}
        assert self._process.stdin is not None
        # A process that has died is noticed where its answer is missing.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(told) + "\n")
            self._process.stdin.flush()

    def answer(self) -> JsonObject:
        """Wait for what the function that was begun last returns.

        Raises:
            StepError: the function raised one, or the process died.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.endswith("\n"):
            raise _died(self._doing, self._process.wait(), self._help, self._kills, final=False)
        return _answer(json.loads(line))


def _same_path() -> list[str]:
    """Return the options by which a child sees the same packages and nothing of the user's own Python."""
    return (["-s"] if sys.flags.no_user_site else []) + (["-P"] if sys.flags.safe_path else [])


def _has_descriptor() -> bool:
    try:
        sys.stderr.fileno()
    except (OSError, ValueError, AttributeError):
        return False
    return True


def _died(doing: str, status: int, help: Sequence[str], kills: int, *, final: bool) -> StepError:
    """Return the error for a child that died; ``kills`` are what :func:`memory.kills` gave when it began."""
    if memory.is_it(None, status, starved=memory.kills() > kills):
        return StepError(codes.OUT_OF_MEMORY, f"the process for {doing} was ended", list(help), final=False)
    return StepError(
        codes.STEP_CRASHED,
        f"the process for {doing} died: {_cause(status)}",
        [*help, "the log of the step has what it printed"],
        final=final,
    )


def _cause(status: int) -> str:
    import signal

    if status >= 0:
        return f"exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return name + (" (a crash inside a library)" if name == "SIGSEGV" else "")


def main(folder: str) -> int:
    """Do what ``job.json`` says and write ``answer.json``."""
    if folder == _SERVE:
        serve()
    with open(os.path.join(folder, _JOB), "rb") as file:
        told = json.loads(file.read())
    write_json(os.path.join(folder, _ANSWER), _do(told))
    sys.stdout.flush()
    sys.stderr.flush()
    # The libraries of TensorFlow sometimes crash when they are taken down; all that counts is written.
    os._exit(0)


def serve() -> NoReturn:
    """Do the jobs that come by standard input, until it ends: then at once, whatever is being done."""
    import queue
    import signal
    import threading

    # Who asks decides when this ends; a key that is pressed goes to both.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print goes to the log
    jobs: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            jobs.put(line)
        os._exit(0)

    threading.Thread(target=read, name="jobs", daemon=True).start()
    while True:
        told = _do(json.loads(jobs.get()))
        answers.write(json.dumps(told) + "\n")
        answers.flush()


def _do(told: JsonObject) -> JsonObject:
    import importlib

    from .__main__ import explain

    try:
        function: Function = getattr(importlib.import_module(told["module"]), told["function"])
        answer: JsonObject = {"answer": function(told["job"])}
    except StepError as error:
        answer = {"error": error.to_json()}
    except MemoryError as problem:
        answer = {"error": out_of_memory(problem).to_json()}
    except Exception as problem:  # noqa: BLE001 - the parent says it
        answer = {"error": explain(problem).to_json()}
    return answer


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
