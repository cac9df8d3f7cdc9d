"""One task: its task file, its attempts, their timeout, SIGTERM passed on, what comes out put into the store."""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import time

from .. import codes, digests, figures, memory, refinements, stores
from ..contract import VERSION, StepError, say, write_json
from ..masking import Lines, Masker
from . import values
from .store import BLOCKED, DONE, FAILED, NOT_PASSED, RUNNING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .graph import Graph
    from .store import Store

#: Exit statuses: of the step contract, and of a node that what it needs holds back.
PASSED, GATE, FAILURE, HELD_BACK, ENDED = 0, 1, 2, 3, 143
#: Seconds that a step has to answer SIGTERM.
GRACE = 10.0
#: Variables that are the adaptor's own.
_OWN = "MLPC_"
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


class Settings:
    """Where a container has what it needs: folders, parameters as text, paths of secrets by name.

    ``attempt`` is the number of the only one to make where the engine counts them, else 0.
    """

    __slots__ = ("attempt", "data", "host", "params", "port", "project", "run", "secrets", "state")

    def __init__(self) -> None:
        self.attempt = 0
        self.data = "/mlpc/data"
        self.project = "/mlpc/project"
        self.state = ""
        self.run = ""
        self.host = "0.0.0.0"
        self.port = 0
        self.params: dict[str, str] = {}
        self.secrets: dict[str, str] = {}


def run(graph: Graph, id: str, store: Store, settings: Settings) -> int:
    """Run a task, as often as it takes and is declared, record what came of it and return the exit status."""
    node = graph.node(id)
    held = store.held_back_by(graph, id)
    if held:
        return hold_back(graph, id, store, held)
    record = begin(graph, id, store)
    ending = Ending()
    masker = Masker(())
    try:
        task, masker = prepared(graph, id, store, settings)
        outcome = _attempts(node, task, store, masker, ending, settings.attempt)
    except StepError as error:
        outcome = failure(error)
    except OSError as error:
        outcome = failure(_unwritable(error))
    outcome = masker.json(outcome)
    store.write(id, {**record, **outcome, "seconds": time.time() - record["started"]})
    status = outcome["status"]
    if status == FAILED:
        _explain(id, outcome["error"])
    if ending.asked and status != DONE:
        return ENDED
    return {DONE: PASSED, NOT_PASSED: GATE}.get(status, FAILURE)


def begin(graph: Graph, id: str, store: Store) -> dict[str, Any]:
    """Record that a node has started, and return what its record will have in any case."""
    record = {
        "contract": VERSION,
        "started": time.time(),
        "from": store.origins(graph, id),
        "attempts": 1,
        "seconds": 0.0,
    }
    store.write(id, {**record, "status": RUNNING})
    return record


def hold_back(graph: Graph, id: str, store: Store, held: list[str]) -> int:
    """Record that a node may not run, say why and return the exit status."""
    record = begin(graph, id, store)
    causes = ", ".join(f"`{each}` {_state(store, each)}" for each in held)
    error = StepError(codes.HELD_BACK, f"`{id}` does not run: {causes}", "run what it needs first")
    store.write(id, {**record, "status": BLOCKED, "by": held, "error": error.to_json()})
    _explain(id, error.to_json())
    return HELD_BACK


def _state(store: Store, id: str) -> str:
    said = {
        NOT_PASSED: "did not pass",
        FAILED: "failed",
        RUNNING: "was not finished",
        DONE: "belongs to another run",
        None: "did not run",
    }
    return said.get((store.record(id) or {}).get("status"), "was held back")


def prepared(graph: Graph, id: str, store: Store, settings: Settings) -> tuple[dict[str, Any], Masker]:
    """Return the task of a node but for what differs between attempts, and what masks its secrets.

    Raises:
        StepError: a parameter does not fit, an argument has no value, data or a secret is not there.
    """
    node = graph.node(id)
    is_task = node["kind"] == "task"
    arguments, secrets = values.arguments(graph, id, store, values.parameters(graph, settings.params))
    paths: dict[str, str] = {}
    texts: list[str] = []
    for name, secret in secrets.items():
        paths[name] = settings.secrets.get(secret, "")
        try:
            with open(paths[name], encoding="utf-8") as file:
                texts.append(file.read())
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise StepError(
                codes.MISSING_SECRET,
                f"the secret `{secret}`, which `{id}` takes as `{name}`, cannot be read: {reason}",
                f"the engine has to mount it as the file {paths[name]}" if paths[name] else (),
            ) from None
        told = graph.secrets.get(secret)
        if told is not None and not refinements.secret_fits(told, texts[-1]):
            raise StepError(
                codes.BAD_SECRET,
                f"the secret `{secret}`, which `{id}` takes as `{name}`, is not {refinements.wanted(told)}",
                "its value is not shown; look where it comes from",
            )
    inputs: dict[str, Any] = {}
    for port, given in node["inputs"].items():
        found = [_input(id, port, source, store, settings, plain=is_task) for source in given["sources"]]
        inputs[port] = found if given["many"] else found[0]
    task = {
        "contract": VERSION,
        "task": id,
        "action": {name: node["action"][name] for name in ("kind", "target", "function")},
        **({"command": node["action"]["command"]} if node["action"]["kind"] == "container" else {}),
        "attempt": 1,
        "seed": node.get("seed"),
        "threads": threads(node),
        "inputs": inputs,
        "outputs": {},
        "arguments": arguments,
        "secrets": paths,
        "project": settings.project,
        "state": settings.state,
        "context": {
            "pipeline": graph.name,
            "run": settings.run,
            "labels": {**graph.labels, **node["labels"]},
        },
    }
    return task, Masker([*texts, *stores.secrets(os.environ)])


def _input(
    id: str, port: str, source: dict[str, Any], store: Store, settings: Settings, *, plain: bool
) -> dict[str, Any]:
    if source["kind"] == "external":
        type = values.without_docs(source["type"]) if plain else source["type"]
        if source["url"]:
            return {"url": source["location"], "type": type}
        path = os.path.join(settings.data, source["location"])
        try:
            found = {"path": path, "type": type, "digest": digests.of_artefact(path)}
            return {**found, "location": source["location"]} if plain else found
        except OSError as error:
            raise StepError(
                codes.UNREADABLE_DATA,
                f"`{source['location']}`, which `{id}` reads as its `{port}`, cannot be read: {error.strerror}",
                f"it is expected at {path} in the container",
            ) from None
    record = store.record(source["node"]) or {}
    type = (record.get("types") or {}).get(source["port"])
    item = {
        "path": store.path(source["node"], source["port"]),
        "type": values.without_docs(type) if plain else type,
        "digest": (record.get("outputs") or {}).get(source["port"], ""),
    }
    if source["key"]:
        item["key"] = source["key"]
    return item


def threads(node: dict[str, Any]) -> int:
    """Return how many threads numeric libraries may use."""
    cpu = node["resources"]["cpu"]
    return max(1, math.ceil(cpu)) if cpu else 1


def _attempts(
    node: dict[str, Any], task: dict[str, Any], store: Store, masker: Masker, ending: Ending, only: int
) -> dict[str, Any]:
    if only:
        return {**_attempt(node, {**task, "attempt": only}, store, masker, ending), "attempts": only}
    attempts, wait = node["retry"]["attempts"], node["retry"]["backoff"]
    for attempt in range(1, attempts + 1):
        outcome = _attempt(node, {**task, "attempt": attempt}, store, masker, ending)
        outcome["attempts"] = attempt
        error = outcome.get("error")
        if error is None or error["final"] or ending.asked or attempt == attempts:
            break
        say(f"{node['id']}: attempt {attempt} of {attempts} failed: {masker.text(error['message'])}")
        say(f"{node['id']}: the next one starts in {wait:g} s")
        ending.sleep(wait)
        wait *= 2
        if ending.asked:
            break
    return outcome


def _attempt(
    node: dict[str, Any], task: dict[str, Any], store: Store, masker: Masker, ending: Ending
) -> dict[str, Any]:
    id = node["id"]
    folder = store.work(id, str(task["attempt"]))
    try:
        paths = {port: os.path.join(folder, f"out{number}") for number, port in enumerate(node["outputs"])}
        task["outputs"] = {
            port: {"path": paths[port], "type": values.without_docs(output["type"])}
            for port, output in node["outputs"].items()
        }
        kills = memory.kills()
        status, late = execute(task, folder, masker, ending, node["timeout"])
        result = read_result(task["result"])
        if late:
            return failure(
                StepError(
                    codes.STEP_TIMED_OUT,
                    f"`{id}` was ended: it took longer than its timeout of {node['timeout']:g} s",
                    "give it more `timeout`, or less to do",
                    final=False,
                )
            )
        told = result.get("status", "")
        if status not in (PASSED, GATE) or (status == GATE and told != NOT_PASSED):
            return failure(_reason(node, status, result, starved=memory.kills() > kills), result)
        if not result:
            return failure(
                StepError(codes.STEP_CRASHED, f"`{id}` ended with status {status}, but wrote no result")
            )
        metrics = result.setdefault("metrics", {})
        if not isinstance(metrics, dict):
            return failure(
                StepError(codes.STEP_CRASHED, f"`metrics` of the result of `{id}` has the wrong form"),
                {**result, "metrics": {}},
            )
        component = str(node["labels"].get("component") or "")
        wrong = figures.unfit(id, component, node.get("figures") or {}, metrics)
        if wrong is not None:
            return failure(wrong, result)
        missing = [port for port, path in paths.items() if not os.path.lexists(path)]
        if missing and status == PASSED:
            listed = ", ".join(f"`{port}`" for port in missing)
            return failure(
                StepError(codes.STEP_CRASHED, f"`{id}` ended well, but did not write its output {listed}")
            )
        outputs: dict[str, str] = {}
        for port, path in paths.items():
            if port not in missing:
                outputs[port] = digests.of_artefact(path)
                store.put(path, store.path(id, port))
        return {
            **result,
            "status": DONE if status == PASSED else NOT_PASSED,
            "outputs": outputs,
            "types": {port: output["type"] for port, output in node["outputs"].items()},
            "inputs": _digests(task["inputs"]),
        }
    finally:
        store.discard(folder)


def _digests(inputs: dict[str, Any]) -> dict[str, Any]:
    def of(item: dict[str, Any]) -> str:
        return str(item.get("digest") or item.get("url") or "")

    return {
        port: [of(item) for item in given] if isinstance(given, list) else of(given)
        for port, given in inputs.items()
    }


def execute(
    task: dict[str, Any], folder: str, masker: Masker, ending: Ending, timeout: float | None = None
) -> tuple[int, bool]:
    """Run the process of a task in ``folder``; return its exit status and whether it took too long.

    What it prints is passed on, secrets masked.
    """
    import subprocess

    os.makedirs(os.path.join(folder, "tmp"), exist_ok=True)
    task["result"] = os.path.join(folder, "result.json")
    write_json(os.path.join(folder, "task.json"), task)
    variables = {name: value for name, value in os.environ.items() if not name.startswith(_OWN)}
    variables.update(stores.found_files())
    variables.update(dict.fromkeys(_THREADS, str(task["threads"])))
    variables.update(PYTHONHASHSEED="0", PYTHONUNBUFFERED="1", TMPDIR=os.path.join(folder, "tmp"))
    command = [sys.executable, "-s", "-P", "-m", "mlpc_stdlib.runtime"]
    if task["action"]["kind"] == "container":
        command = task["command"]
        variables.pop("PYTHONPATH", None)  # it is the adaptor's, and the image is the user's own
    sys.stdout.flush()
    try:
        process = subprocess.Popen(
            [*command, "--task", os.path.join(folder, "task.json")],
            env=variables,
            cwd=task["project"] if os.path.isdir(task["project"]) else folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise StepError(
            codes.STEP_CRASHED,
            f"`{command[0]}`, which `{task['task']}` runs, cannot be started: {error.strerror}",
            "`command` names a program of the image" if task["action"]["kind"] == "container" else (),
        ) from None
    with process:
        return _follow(process, masker, ending, timeout)


def _follow(process: Any, masker: Masker, ending: Ending, timeout: float | None) -> tuple[int, bool]:
    import select

    lines = Lines(masker, _print)
    handle = process.stdout.fileno()
    os.set_blocking(handle, False)
    deadline = None if timeout is None else time.monotonic() + timeout
    late = told = False
    ended: int | None = None
    while True:
        ready, _, _ = select.select([handle, ending.reader], [], [], 0.2)
        if handle in ready:
            block = os.read(handle, 1 << 16)
            lines.feed(block)
            if not block:
                break
        if ending.reader in ready:
            os.read(ending.reader, 64)
        # What the step left behind may hold the pipe open: it is not waited for.
        if ended is not None and handle not in ready:
            break
        ended = process.poll()
        now = time.monotonic()
        if ended is None and ((ending.asked and not told) or (deadline is not None and now > deadline)):
            if told:
                _signal(process.pid, signal.SIGKILL)
                deadline = None
            else:
                late = not ending.asked
                _signal(process.pid, signal.SIGTERM)
                told, deadline = True, now + GRACE
    lines.end()
    status = process.wait()
    _signal(process.pid, signal.SIGKILL)
    return status, late


def _print(lines: bytes) -> None:
    sys.stdout.buffer.write(lines)
    sys.stdout.buffer.flush()


def _signal(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        pass


class Ending:
    """Whether SIGTERM or SIGINT came; ``reader`` can be read when it did."""

    def __init__(self) -> None:
        import threading

        self.asked = False
        self.reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self._ask)

    def _ask(self, number: int, frame: object) -> None:
        self.asked = True
        os.write(self._writer, b"!")

    def sleep(self, seconds: float) -> None:
        """Wait, no longer than until the end is asked for."""
        import select

        if not self.asked:
            select.select([self.reader], [], [], seconds)


def read_result(path: str) -> dict[str, Any]:
    """Return what a step answered; nothing where it did not, or in no form that can be read."""
    try:
        with open(path, "rb") as file:
            found = json.loads(file.read())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _reason(
    node: dict[str, Any], status: int, result: dict[str, Any], *, starved: bool
) -> StepError | dict[str, Any]:
    """Return why a step failed; ``starved`` says that the system ended a process for want of memory meanwhile."""
    id = node["id"]
    error = result.get("error")
    told = error if isinstance(error, dict) and error.get("message") else None
    if memory.is_it(told, status, starved=starved):
        return memory.ran_out(id, node["resources"]["memory"], told, limited=True)
    if told is not None:
        return {**told, "help": [*told.get("help", []), memory.MEANWHILE]} if starved else told
    if status < 0:
        number = -status
        name = signal.Signals(number).name if number in set(signal.Signals) else str(number)
        return StepError(codes.STEP_KILLED, f"`{id}` was ended by {name}", final=False)
    return StepError(codes.STEP_CRASHED, f"`{id}` failed with exit status {status}", final=False)


def failure(error: StepError | dict[str, Any], result: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return what the record of a node that failed says, beside what the step itself answered."""
    told = error.to_json() if isinstance(error, StepError) else error
    return {**(result or {}), "status": FAILED, "error": told}


def _unwritable(error: OSError) -> StepError:
    return StepError(
        codes.CANNOT_WRITE_OUTPUT,
        f"the store cannot be written: {error.strerror or error}",
        "the store has to be a folder that the user of the container may write to",
        final=False,
    )


def _explain(id: str, error: dict[str, Any]) -> None:
    say(f"error[{error['code']} {error['name']}]: {error['message']}")
    for line in error.get("help") or ():
        say(f"  help: {line}")
