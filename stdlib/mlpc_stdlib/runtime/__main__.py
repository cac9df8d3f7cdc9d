"""Runs one step: ``python -m mlpc_stdlib.runtime --task task.json``.

Exit status 0 done, 1 a gate or a verification not passed, 2 failed (``result.json`` says why), 143 ended by
SIGTERM.
"""

from __future__ import annotations

import os
import sys

from . import codes
from .contract import (
    Result,
    StepError,
    Task,
    Terminated,
    missing_library,
    out_of_memory,
    read_task,
    say,
    write_json,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Step = Callable[[Task, Result], None]

DONE, NOT_PASSED, FAILED, TERMINATED = 0, 1, 2, 143

_PACKAGE = "mlpc_stdlib.runtime."
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
#: Tools that would report on their use, or ask, without being told to.
_QUIET = {
    "DO_NOT_TRACK": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "GIT_PYTHON_REFRESH": "quiet",
    "RAY_USAGE_STATS_ENABLED": "0",
    "BENTOML_DO_NOT_TRACK": "True",
    "WANDB_MODE": "offline",
}
#: Seconds that a step has to clean up after SIGTERM; the contract gives it ten.
_GRACE = 8.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the step of a task file and return the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if len(given) != 2 or given[0] != "--task":
        say("usage: python -m mlpc_stdlib.runtime --task task.json")
        return FAILED
    try:
        task = read_task(given[1])
    except StepError as error:
        report(error)
        return FAILED
    if task.service is None:
        answer_sigterm()
    return run(task)


def run(task: Task) -> int:
    """Run a step, write its ``result.json`` and return the exit status."""
    result = Result()
    failed: StepError | None = None
    status = DONE
    try:
        prepare(task)
        find(task)(task, result)
        if result.status != "not_passed" and any(each.type.get("changes") for each in task.outputs.values()):
            from .changes import judge_written

            judge_written(task)
        if result.status == "not_passed":
            status = NOT_PASSED
    except StepError as error:
        failed = error
    except MemoryError as problem:
        failed = out_of_memory(problem)
    except Exception as problem:  # noqa: BLE001 - whatever a step does, its answer is written
        failed = explain(problem)
    if failed is not None:
        report(failed)
        result.fail(failed)
        status = FAILED
    sys.stdout.flush()
    try:
        write_json(task.result, result.to_json())
    except (OSError, ValueError) as problem:
        say(f"cannot write {task.result}: {problem}")
        return FAILED
    return status


def prepare(task: Task) -> None:
    """Set threads, seeds and quiet before a library is imported that reads them."""
    for name in _THREADS:
        os.environ.setdefault(name, str(task.threads))
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    import random

    random.seed(task.seed or 0)


def find(task: Task) -> Step:
    """Return the function that plays the task's action.

    Raises:
        StepError: there is none.
    """
    kind, target, name = task.action["kind"], task.action["target"], task.action["function"]
    if kind == "project":
        from .project import call

        return call
    if kind != "runtime":
        raise StepError(codes.INVALID_TASK, f"this runtime plays no actions of kind `{kind}`")
    if not target.startswith(_PACKAGE):
        raise StepError(codes.INVALID_TASK, f"`{target}` is no module of the step runtime")
    import importlib

    try:
        module = importlib.import_module(target)
    except ModuleNotFoundError as error:
        if error.name and target.startswith(error.name):
            raise StepError(
                codes.INVALID_TASK,
                f"the step runtime has no module `{target}`",
                "the step's environment may hold another version of mlpc than the one that made the plan",
            ) from None
        raise
    function: Step | None = getattr(module, name, None)
    code = getattr(function, "__code__", None)
    steps = code is not None and code.co_varnames[: code.co_argcount] == ("task", "result")
    if function is None or not steps or function.__module__ != target:
        raise StepError(codes.INVALID_TASK, f"`{target}` has no step `{name}`")
    return function


def explain(problem: Exception) -> StepError:
    """Turn an exception that nobody foresaw into an error with a code; its traceback goes to the log."""
    if isinstance(problem, ModuleNotFoundError) and problem.name:
        return missing_library(problem.name.partition(".")[0])
    import traceback

    traceback.print_exception(problem)
    if isinstance(problem, OSError):
        import errno

        full = problem.errno in (errno.ENOSPC, errno.EDQUOT)
        return StepError(
            codes.CANNOT_WRITE_OUTPUT if full else codes.STEP_CRASHED,
            "the disk is full" if full else f"{type(problem).__name__}: {problem}",
            "make room (`mlpc gc` removes what no run needs) and run again" if full else (),
            final=False,
        )
    return StepError(
        codes.STEP_CRASHED,
        f"{type(problem).__name__}: {problem}",
        "the log of the step has the whole traceback",
        final=False,
    )


def report(error: StepError) -> None:
    """Write an error to the log as a person reads it."""
    place = error.place or {}
    where = ":".join(str(place[name]) for name in ("file", "line") if place.get(name) is not None)
    say(f"error[{error.code} {error.name}]: {error.message}" + (f"\n  at {where}" if where else ""))
    for line in error.help:
        say(f"  help: {line}")


def answer_sigterm() -> None:
    """End the process on SIGTERM: at once if Python runs, within the grace if a library does not return.

    The handler runs between two steps of the interpreter, and a long call into a library holds it off; the
    signal's wake-up byte arrives all the same, and a thread that waits for it ends the process.
    """
    import signal
    import threading

    if threading.current_thread() is not threading.main_thread():
        return

    def handler(number: int, frame: object) -> None:
        raise Terminated(TERMINATED)

    reader, writer = os.pipe()
    os.set_blocking(writer, False)

    def watch() -> None:
        while True:
            told = os.read(reader, 1)
            if not told:
                return
            if told[0] == signal.SIGTERM:
                threading.Event().wait(_GRACE)
                os._exit(TERMINATED)

    signal.signal(signal.SIGTERM, handler)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    threading.Thread(target=watch, name="sigterm", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
