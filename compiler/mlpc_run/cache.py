"""What is known from earlier runs: finding the key of a task, looking it up, and keeping what a task made."""

from __future__ import annotations

import json
import os
import time

from mlpc.codes import ENGINE_FAULT
from mlpc.ir.nodes import External

from . import keys, lock, reasons, values
from .environments import requirements_part
from .errors import STEP, EngineError
from .failpoints import reach
from .layout import file_name
from .summary import NOT_PASSED, RAN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mlpc.ir.nodes import Reference, Task

    from .executor import Outcome
    from .state import State

#: The statement that records what a run did with a step.
STEP_ROW = (
    "INSERT OR REPLACE INTO steps(run, node, state, started, seconds, attempts, key, log, error)"
    " VALUES(?,?,?,?,?,?,?,?,?)"
)

#: Data of this size, in bytes, is read by the thread that plans; more is read beside it.
_QUICK = 32 << 20


class Ready:
    """A task whose inputs are known: its key, what the key is made of, and what is known under it."""

    __slots__ = ("arguments", "inputs", "key", "known", "parts", "secrets", "task", "why")

    def __init__(self, task: Task) -> None:
        self.task = task
        self.arguments: dict[str, Any] = {}
        self.secrets: dict[str, str] = {}
        self.inputs: dict[str, Any] = {}
        self.parts: dict[str, Any] = {}
        self.key = ""
        self.known: Known | None = None
        self.why: list[str] = []


class Known:
    """A result from an earlier run."""

    __slots__ = ("created", "digests", "result", "seconds", "status")

    def __init__(
        self, status: str, seconds: float, created: float, result: dict[str, Any], digests: dict[str, str]
    ) -> None:
        self.status = status
        self.seconds = seconds
        self.created = created
        self.result = result
        self.digests = digests


class Cache:
    """The results of earlier runs, for one run. May be used from any thread."""

    def __init__(self, state: State) -> None:
        self._state = state

    def is_quick(self, task: Task) -> bool:
        return all(
            source.url
            or self._state.fingerprints.is_quick(
                os.path.join(self._state.layout.root, source.location), _QUICK
            )
            for port in task.inputs.values()
            for source in port.sources
            if isinstance(source, External)
        )

    def prepare(self, task: Task) -> Ready:
        """Find out the key of a task whose inputs are there, and what is known under it.

        Raises:
            EngineError: data or code is not there, an argument has no value.
        """
        ready = Ready(task)
        ready.arguments, ready.secrets = values.arguments(
            task.id, task.arguments, self._state.metrics, self._state.params
        )
        cached = not task.labels.get("outside")
        parts: dict[str, Any] = {}
        origins: dict[str, str] = {}
        for name, port in task.inputs.items():
            given, keyed, origin = [], [], []
            for source in port.sources:
                item, part = self._input(task, name, source)
                cached = cached and part is not None
                given.append(item)
                keyed.append(part)
                origin.append(
                    source.location if isinstance(source, External) else f"{source.node}.{source.port}"
                )
            if port.many:
                ready.inputs[name] = given
            elif given:
                ready.inputs[name] = given[0]
            parts[name] = keyed
            origins[name] = ", ".join(origin)
        found = keys.parts(
            task,
            self._state.layout.root,
            arguments=ready.arguments,
            secrets=ready.secrets,
            inputs=parts,
            requirements=requirements_part(
                self._state.locked.get(lock.normal(task.requirements)),
                isolation=self._state.options.isolation,
            ),
            sources=self._state.sources,
            fingerprints=self._state.fingerprints,
        )
        ready.parts = found.to_json()
        if not cached:
            ready.why = ["it reads data from outside, which may have changed"]
            return ready
        ready.key = found.key()
        ready.known, evicted = self.lookup(ready)
        if ready.known is None:
            if evicted:
                ready.why = [f"its output `{evicted}` is no longer in the store"]
            else:
                before = self._state.store.rows(
                    "SELECT parts FROM parts WHERE pipeline=? AND environment=? AND node=?",
                    self._state.workflow.name,
                    self._state.workflow.environment,
                    task.id,
                )
                ready.why = reasons.why(json.loads(before[0][0]) if before else None, ready.parts, origins)
                ready.why = ready.why or ["its last run did not end well"]
        return ready

    def _input(
        self, task: Task, name: str, source: Reference | External
    ) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Return what stands in the task file for one source, and in the key; None where it may change unseen."""
        if isinstance(source, External):
            type = keys.without_docs(source.type)
            if source.url:
                return {"url": source.location, "type": type}, None
            part = keys.external(task.id, name, source, self._state.layout.root, self._state.fingerprints)
            path = os.path.join(self._state.layout.root, source.location)
            return {"path": path, "type": type, "digest": part["digest"]}, part
        digest = self._state.digests.get((source.node, source.port))
        if digest is None:
            raise EngineError(
                ENGINE_FAULT,
                f"`{source.node}` made no `{source.port}`, which `{task.id}` reads",
                exit_code=STEP,
            )
        type = keys.without_docs(self._state.tasks[source.node].outputs[source.port].type)
        item: dict[str, Any] = {"path": self._state.layout.object(digest), "type": type, "digest": digest}
        part = {"digest": digest}
        if source.key:
            item["key"] = part["key"] = source.key
        return item, part

    def lookup(self, ready: Ready) -> tuple[Known | None, str]:
        """Return what is known under the key of a task, and the name of an output that is no longer there."""
        rows = self._state.store.rows(
            "SELECT status, seconds, created, result FROM results WHERE key=?", ready.key
        )
        if not rows:
            return None, ""
        status, seconds, created, result = rows[0]
        found = dict(self._state.store.rows("SELECT port, digest FROM outputs WHERE key=?", ready.key))
        for port in ready.task.outputs if status == "done" else ():
            if port not in found or not self._state.store.sound(found[port]):
                return None, port
        return Known(status, seconds, created, json.loads(result), found), ""

    def unchanged(self, ready: Ready) -> None:
        """Raise an error where local data is not what it was when the key was made."""
        from .executor import changed_input

        for name, port in ready.task.inputs.items():
            for source in port.sources:
                if isinstance(source, External) and not source.url:
                    now = keys.external(
                        ready.task.id, name, source, self._state.layout.root, self._state.fingerprints
                    )
                    if now not in ready.parts["inputs"][name]:
                        raise changed_input(ready.task.id, source.location)

    def _code_changed(self, ready: Ready) -> list[str]:
        """Return the files of the project's code that are not what they were when the key was made."""
        changed = []
        for name, digest in {**ready.parts["code"], **ready.parts["files"]}.items():
            if name.startswith("mlpc:") or (
                ready.task.action.kind != "project" and name in ready.parts["code"]
            ):
                continue
            try:
                now = self._state.fingerprints.of(os.path.join(self._state.layout.root, name))
            except OSError:
                now = ""
            if now != digest:
                changed.append(name)
        return changed

    def keep(self, ready: Ready, outcome: Outcome, started: float) -> dict[str, str]:
        """Put outputs and result into the store, durably; return the digests of the outputs."""
        task = ready.task
        changed = self._code_changed(ready)
        if changed:
            text = f"{', '.join(changed)} changed while `{task.id}` ran: its result serves this run only"
            outcome.result["messages"].append({"level": "warning", "text": text})
        if changed or not ready.key:
            ready.key = f"run-{self._state.number}-{file_name(task.id)}"
        statements: list[tuple[str, tuple[Any, ...]]] = []
        kept: dict[str, str] = {}
        for port, path in outcome.outputs.items():
            digest, size, listing = self._state.store.put(path)
            kept[port] = digest
            statements.append(
                (
                    "INSERT INTO objects(digest, size, listing) VALUES(?,?,?) ON CONFLICT(digest) DO NOTHING",
                    (digest, size, listing),
                )
            )
        status = "done" if outcome.passed else "not_passed"
        result = {
            name: outcome.result[name]
            for name in ("metrics", "rows", "messages", "effect", "report")
            if name in outcome.result
        }
        now = time.time()
        statements += [
            ("DELETE FROM results WHERE key=?", (ready.key,)),
            (
                "INSERT INTO results(key, node, status, run, created, seconds, result) VALUES(?,?,?,?,?,?,?)",
                (ready.key, task.id, status, self._state.number, now, outcome.seconds, json.dumps(result)),
            ),
            *(
                ("INSERT INTO outputs(key, port, digest) VALUES(?,?,?)", (ready.key, port, digest))
                for port, digest in kept.items()
            ),
            (
                STEP_ROW,
                (
                    self._state.number,
                    task.id,
                    RAN if outcome.passed else NOT_PASSED,
                    started,
                    outcome.seconds,
                    outcome.attempts,
                    ready.key,
                    outcome.log,
                    None,
                ),
            ),
            self.parts_row(ready),
        ]
        reach("committing")
        self._state.store.write(statements)
        reach("committed")
        return kept

    def parts_row(self, ready: Ready) -> tuple[str, tuple[Any, ...]]:
        return (
            "INSERT OR REPLACE INTO parts(pipeline, environment, node, key, parts) VALUES(?,?,?,?,?)",
            (
                self._state.workflow.name,
                self._state.workflow.environment,
                ready.task.id,
                ready.key,
                json.dumps(ready.parts),
            ),
        )
