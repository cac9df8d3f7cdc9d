"""Executes one task: attempts, each in a folder of its own, until one is good or there is no point in another."""

from __future__ import annotations

import json
import math
import os
import signal
import time

from mlpc.codes import (
    BAD_RESULT,
    DISK_FULL,
    INPUT_CHANGED,
    INTERRUPTED,
    MISSING_OUTPUT,
    STEP_FAILED,
    STEP_KILLED,
    STEP_TIMED_OUT,
)
from mlpc.ir import stores
from mlpc_stdlib.runtime import figures, memory

from . import events
from .errors import INTERRUPTED as EXIT_INTERRUPTED
from .errors import STEP, EngineError
from .events import Event
from .failpoints import reach
from .keys import CONTRACT, without_docs
from .layout import Layout, file_name
from .secrets import Lines, Masker
from .store import discard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mlpc.ir.nodes import Action, JsonObject, Resources, Task

    from .processes import Processes

#: Variables of the user's environment that steps see; all others may hold what they must not depend on.
_PASSED = frozenset(
    {
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "SHELL",
        "LANG",
        "LANGUAGE",
        "TZ",
        "LD_LIBRARY_PATH",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "MLPC_CHROMIUM",
        "CURL_CA_BUNDLE",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "XDG_CACHE_HOME",
        "XDG_DATA_HOME",
        "XDG_CONFIG_HOME",
        "HF_HOME",
    }
)
_PASSED_PREFIXES = ("LC_", "CUDA_", "NVIDIA_")
_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "RAYON_NUM_THREADS",
    "ARROW_NUM_THREADS",
)

#: Variables by which the program `docker` finds its engine.
_OF_DOCKER = (
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY",
    "HOME",
    "PATH",
)

DONE, NOT_PASSED = 0, 1


class Work:
    """What a step is started with besides its own declaration, gathered before it starts.

    ``inputs`` is what stands in the task file; ``secrets`` are values by argument; ``unchanged`` raises an EngineError
    when data that the step read changed meanwhile.
    """

    __slots__ = (
        "arguments",
        "context",
        "inputs",
        "masker",
        "passed",
        "project",
        "python",
        "run",
        "runtime",
        "secrets",
        "state",
        "unchanged",
    )

    def __init__(
        self,
        run: int,
        *,
        project: str,
        python: str,
        runtime: str,
        state: str,
        inputs: dict[str, Any],
        arguments: dict[str, Any],
        secrets: dict[str, str],
        masker: Masker,
        passed: dict[str, str],
        context: dict[str, Any],
        unchanged: Callable[[], None],
    ) -> None:
        self.run = run
        self.project = project
        self.python = python
        self.runtime = runtime
        self.state = state
        self.inputs = inputs
        self.arguments = arguments
        self.secrets = secrets
        self.masker = masker
        self.passed = passed
        self.context = context
        self.unchanged = unchanged


class Outcome:
    """What executing a task came to: ``result`` as the step wrote it (masked), ``outputs`` as paths in the folder of
    the attempt, which ``folder`` names and the caller removes; or ``error``.
    """

    __slots__ = ("attempts", "error", "folder", "log", "outputs", "passed", "result", "seconds")

    def __init__(self) -> None:
        self.attempts = 0
        self.error: EngineError | dict[str, Any] | None = None
        self.folder = ""
        self.log = ""
        self.outputs: dict[str, str] = {}
        self.passed = True
        self.result: dict[str, Any] = {}
        self.seconds = 0.0


class Executor:
    """Executes tasks for one run. May be used from any thread."""

    def __init__(self, layout: Layout, processes: Processes, listen: Callable[[Event], None]) -> None:
        import threading

        self._layout = layout
        self._processes = processes
        self._listen = listen
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Start nothing more; pauses between attempts end at once."""
        self._cancelled.set()

    def execute(self, task: Task, work: Work, why: list[str]) -> Outcome:
        """Execute a task, again where it asks for that, and return what came of the last attempt."""
        outcome = Outcome()
        wait = task.retry.backoff
        for attempt in range(1, task.retry.attempts + 1):
            if self._cancelled.is_set():
                outcome.error = interrupted(task.id)
                return outcome
            if outcome.folder:
                discard(outcome.folder)
            outcome.attempts = attempt
            outcome.log = self._layout.log(work.run, task.id, attempt)
            self._listen(
                Event(
                    events.STARTED,
                    task.id,
                    attempt=attempt,
                    of=task.retry.attempts,
                    log=outcome.log,
                    why=why if attempt == 1 else [],
                )
            )
            began = time.monotonic()
            try:
                self._attempt(task, work, attempt, outcome)
            except EngineError as error:
                outcome.error = error
            outcome.seconds = time.monotonic() - began
            if outcome.error is None or self._final(outcome.error) or attempt == task.retry.attempts:
                return outcome
            self._listen(
                Event(
                    events.RETRY,
                    task.id,
                    message(outcome.error),
                    attempt=attempt,
                    of=task.retry.attempts,
                    wait=wait,
                    error=error_json(outcome.error),
                )
            )
            self._cancelled.wait(wait)
            wait *= 2
        return outcome

    def _final(self, error: EngineError | dict[str, Any]) -> bool:
        return error.final if isinstance(error, EngineError) else bool(error.get("final"))

    def _attempt(self, task: Task, work: Work, attempt: int, outcome: Outcome) -> None:
        outcome.error, outcome.passed, outcome.result, outcome.outputs = None, True, {}, {}
        outcome.folder = folder = os.path.join(self._layout.work(work.run), f"{file_name(task.id)}.{attempt}")
        outputs = {port: os.path.join(folder, "out", file_name(port)) for port in task.outputs}
        try:
            prepare(
                folder,
                work,
                task.id,
                task.action,
                task.resources,
                attempt=attempt,
                seed=task.seed,
                outputs={
                    port: {"path": outputs[port], "type": without_docs(output.type)}
                    for port, output in task.outputs.items()
                },
            )
            kills = memory.kills()
            status, late = self._run(task, work, folder, outcome.log, attempt)
        except OSError as error:
            from .store import unusable

            raise unusable(self._layout, error) from None
        finally:
            discard(os.path.join(folder, "secrets"))
        reach("finished")
        if self._cancelled.is_set() and status != DONE:
            outcome.error = interrupted(task.id)
            return
        if late:
            outcome.error = EngineError(
                STEP_TIMED_OUT,
                f"`{task.id}` was ended: it took longer than its timeout of {task.timeout:g} s",
                "give it more `timeout`, or less to do",
                exit_code=STEP,
                final=False,
            )
            return
        outcome.result = read_result(os.path.join(folder, "result.json"), work.masker)
        self._say(outcome)
        told = outcome.result.get("status", "not_passed")
        if status not in (DONE, NOT_PASSED) or (status == NOT_PASSED and told != "not_passed"):
            outcome.error = self._failure(task, status, outcome, starved=memory.kills() > kills)
            return
        work.unchanged()
        outcome.passed = status == DONE
        if not outcome.result:
            raise EngineError(
                BAD_RESULT,
                f"`{task.id}` ended with status {status}, but wrote no result",
                f"its log is {outcome.log}",
                exit_code=STEP,
            )
        wrong = figures.unfit(
            task.id,
            str(task.labels.get("component") or ""),
            {name: {"type": each.type, "place": each.place} for name, each in task.figures.items()},
            outcome.result["metrics"],
        )
        if wrong is not None:
            outcome.error = wrong.to_json()
            return
        for port, path in outputs.items():
            if os.path.lexists(path):
                outcome.outputs[port] = path
            elif outcome.passed:
                raise EngineError(
                    MISSING_OUTPUT,
                    f"`{task.id}` ended well, but did not write its output `{port}`",
                    f"its log is {outcome.log}",
                    exit_code=STEP,
                )

    def _run(self, task: Task, work: Work, folder: str, log: str, attempt: int) -> tuple[int, bool]:
        os.makedirs(os.path.dirname(log), exist_ok=True)
        with open(log, "wb", buffering=0) as file:

            def write(lines: bytes) -> None:
                try:
                    file.write(lines)
                except OSError:
                    pass  # a log that finds no room must not end the step
                for line in lines.decode("utf-8", "replace").splitlines():
                    self._listen(Event(events.LOG, task.id, line, attempt=attempt))

            lines = Lines(work.masker, write)
            reach("starting")
            given = variables(work, folder, task.resources)
            words = command(work.python, folder)
            contained = task.action.kind == "container"
            if contained:
                from . import containers

                words = containers.command(task, work, folder, given)
                given = {**given, **{name: os.environ[name] for name in _OF_DOCKER if name in os.environ}}
            process = self._processes.start(words, given, work.project)
            try:
                status, late = process.wait(lines.feed, timeout=task.timeout, started=_running)
            finally:
                if contained:
                    containers.remove(folder)
            lines.end()
        return status, late

    def _say(self, outcome: Outcome) -> None:
        """Add to the log what the step has to say to the person, so that a log is never without a word."""
        said = [
            str(each.get("text", "")) for each in outcome.result.get("messages", []) if isinstance(each, dict)
        ]
        try:
            with open(outcome.log, "a", encoding="utf-8") as file:
                file.writelines(f"{text}\n" for text in said)
        except OSError:
            pass  # the same is kept with the result

    def _failure(
        self, task: Task, status: int, outcome: Outcome, *, starved: bool
    ) -> EngineError | dict[str, Any]:
        """Return why a step failed; ``starved`` says that the system ended a process for want of memory meanwhile."""
        error = outcome.result.get("error")
        full = disk_is_full(outcome.folder)
        told = error if isinstance(error, dict) and error.get("message") else None
        if memory.is_it(told, status, starved=starved):
            return memory.ran_out(task.id, task.resources.memory, told, limited=False).to_json()
        if told is not None:
            more = [
                *([full] if full else []),
                *told.get("help", []),
                *([memory.MEANWHILE] if starved else []),
            ]
            return {**told, "help": more}
        if full:
            return EngineError(
                DISK_FULL, f"`{task.id}` failed with exit status {status}: {full}", final=False
            )
        if status < 0 or status in (137, 143):
            number = -status if status < 0 else status - 128
            name = signal.Signals(number).name if number in set(signal.Signals) else str(number)
            return EngineError(
                STEP_KILLED,
                f"`{task.id}` was ended by {name}",
                f"its log is {outcome.log}",
                exit_code=STEP,
                final=False,
            )
        return EngineError(
            STEP_FAILED,
            f"`{task.id}` failed with exit status {status}",
            f"its log is {outcome.log}",
            exit_code=STEP,
            final=False,
        )

    def verify(self, task: Task, work: Work, effect: JsonObject) -> bool:
        """Ask a step with an effect whether that still stands."""
        folder = os.path.join(self._layout.work(work.run), f"{file_name(task.id)}.verify")
        log = self._layout.log(work.run, task.id, 0)
        try:
            prepare(folder, work, task.id, task.action, task.resources, seed=task.seed, verify=effect)
            status, _ = self._run(task, work, folder, log, 0)
        except (EngineError, OSError):
            return False
        finally:
            discard(folder)
        return status == DONE


def _running(pid: int) -> None:
    reach("running")


def command(python: str, folder: str) -> list[str]:
    """Return the command of a step whose folder is ``folder``: nothing of the user's own Python is seen."""
    return [python, "-s", "-P", "-m", "mlpc_stdlib.runtime", "--task", os.path.join(folder, "task.json")]


def variables(work: Work, folder: str, resources: Resources) -> dict[str, str]:
    """Return the environment of a step."""
    threads = str(threads_of(resources))
    found = dict(work.passed)
    found.update(dict.fromkeys(_THREADS, threads))
    found.update(
        PYTHONPATH=work.runtime,
        PYTHONHASHSEED="0",
        PYTHONUNBUFFERED="1",
        PYTHONUTF8="1",
        TMPDIR=os.path.join(folder, "tmp"),
    )
    # Of an object store only those steps are told that fetch data from it.
    for store in {store for given in work.inputs.values() for store in _stores(given)}:
        told = stores.PREFIXES[store]
        found.update((name, os.environ[name]) for name in os.environ if name.startswith(told))
    return found


def _stores(given: Any) -> list[str]:
    if isinstance(given, list):
        return [store for each in given for store in _stores(each)]
    return list(filter(None, [stores.store_of(str(given.get("url", "")))]))


def passed(secret_variables: set[str]) -> dict[str, str]:
    """Return those variables of the user's environment that steps see."""
    return {
        name: value
        for name, value in os.environ.items()
        if (name.upper() in _PASSED or name.startswith(_PASSED_PREFIXES)) and name not in secret_variables
    }


def threads_of(resources: Resources) -> int:
    """Return how many threads numeric libraries may use."""
    return max(1, math.ceil(resources.cpu)) if resources.cpu else 1


def prepare(
    folder: str,
    work: Work,
    id: str,
    action: Action,
    resources: Resources,
    *,
    attempt: int = 1,
    seed: int | None = None,
    outputs: dict[str, Any] | None = None,
    verify: JsonObject | None = None,
    service: JsonObject | None = None,
) -> None:
    """Make the folder of an attempt, with its task file and the files of its secrets.

    Raises:
        OSError: it cannot be written.
    """
    discard(folder)
    os.makedirs(os.path.join(folder, "tmp"))
    os.mkdir(os.path.join(folder, "out"))
    files: dict[str, str] = {}
    if work.secrets:
        os.mkdir(os.path.join(folder, "secrets"), 0o700)
        for name, value in work.secrets.items():
            files[name] = os.path.join(folder, "secrets", file_name(name))
            handle = os.open(files[name], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(handle, "w", encoding="utf-8", newline="") as file:
                file.write(value)
    content: dict[str, Any] = {
        "contract": CONTRACT,
        "task": id,
        "action": {"kind": action.kind, "target": action.target, "function": action.function},
        "attempt": attempt,
        "seed": seed,
        "threads": threads_of(resources),
        "inputs": work.inputs,
        "outputs": outputs or {},
        "arguments": work.arguments,
        "secrets": files,
        "project": work.project,
        "state": work.state,
        "result": os.path.join(folder, "result.json"),
        "context": work.context,
    }
    if verify is not None:
        content["verify"] = verify
    if service is not None:
        content["service"] = service
    with open(os.path.join(folder, "task.json"), "w", encoding="utf-8") as file:
        file.write(json.dumps(content))


def read_result(path: str, masker: Masker) -> dict[str, Any]:
    """Return what a step wrote as its result, secrets masked; empty where it wrote none.

    Raises:
        EngineError: it is no result.
    """
    try:
        with open(path, "rb") as file:
            found = json.loads(file.read())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise EngineError(
            BAD_RESULT, f"the result of a step cannot be read: {error}", exit_code=STEP
        ) from None
    if not isinstance(found, dict) or found.get("contract") != CONTRACT:
        raise EngineError(
            BAD_RESULT,
            f"a step wrote a result that is not of version {CONTRACT} of the step contract",
            exit_code=STEP,
        )
    masked: Any = masker.json(found) if masker.longest else found
    for name, kind in (("metrics", dict), ("rows", dict), ("messages", list)):
        if not isinstance(masked.setdefault(name, kind()), kind):
            raise EngineError(BAD_RESULT, f"`{name}` of a step's result has the wrong form", exit_code=STEP)
    made: dict[str, Any] = masked
    return made


def disk_is_full(path: str) -> str:
    """Return a sentence where next to nothing is left of the disk that holds ``path``, else nothing."""
    try:
        left = os.statvfs(path)
    except OSError:
        return ""
    if left.f_bavail * left.f_frsize > 64 << 10 and (left.f_favail > 8 or not left.f_files):
        return ""
    return "the disk is full: make room (`mlpc gc` removes what no run or promotion needs) and run again"


def interrupted(node: str) -> EngineError:
    """Return the error of a step that was ended because the run was."""
    return EngineError(
        INTERRUPTED, f"`{node}` was ended because the run was interrupted", exit_code=EXIT_INTERRUPTED
    )


def changed_input(node: str, location: str) -> EngineError:
    """Return the error for data that changed while a step read it."""
    return EngineError(
        INPUT_CHANGED,
        f"`{location}` changed while `{node}` was reading it",
        "run again once it is written; what another program may write to at any time is better copied first",
        final=False,
    )


def error_json(error: EngineError | dict[str, Any]) -> dict[str, Any]:
    """Return an error as the object of the step contract."""
    return error.to_json() if isinstance(error, EngineError) else error


def message(error: EngineError | dict[str, Any]) -> str:
    """Return the headline of an error."""
    return error.diagnostic.message if isinstance(error, EngineError) else str(error.get("message", ""))
