"""Running a workflow on this machine, and saying what a run would do."""

from __future__ import annotations

import os
import time
from collections import deque

from mlpc.codes import INTERRUPTED
from mlpc.ir.nodes import Gate, Service, Task, needs

from . import bundles, events, figures, gates, latest, ledger, lock
from .cache import Cache
from .errors import FINDINGS, STEP, EngineError
from .errors import INTERRUPTED as EXIT_INTERRUPTED
from .events import Event
from .graph import Graph
from .layout import Layout
from .locks import Lock
from .state import State
from .store import Store, discard
from .summary import BLOCKED, CACHED, FAILED, NOT_PASSED, RAN, SKIPPED, GateResult, Planned, Step, Summary
from .worker import Worker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from mlpc.ir.nodes import Node, Workflow

    from .cache import Known, Ready
    from .pool import Pool
    from .summary import Options
    from .worker import Done

_OK = "ok"


def run(
    workflow: Workflow,
    project_root: str | os.PathLike[str],
    *,
    params: Mapping[str, Any],
    spec_label: str,
    options: Options,
    listen: Callable[[Event], None],
) -> Summary:
    """Run ``workflow`` in the project at ``project_root`` and return what it came to.

    ``params`` are values of run-time parameters, by name; ``spec_label`` is how to call the spec in the records;
    ``listen`` is called in the calling thread. Several runs may use one project at the same time: a step that
    another run is making is waited for and shared.

    Raises:
        EngineError: nothing could be run at all (a parameter, a GPU, the lock, the store); what goes wrong with a
            step stands in the summary.
    """
    state = State(workflow, Layout(project_root), params, options)
    with Store(state.layout) as store:
        state.open(store)
        return _Run(state, listen).run(spec_label)


def plan(
    workflow: Workflow,
    project_root: str | os.PathLike[str],
    *,
    params: Mapping[str, Any],
    spec_label: str = "",
    options: Options,
    listen: Callable[[Event], None] = lambda event: None,
) -> list[Planned]:
    """Return for each task whether :func:`run` would run it, and why. Nothing is run, resolved or kept.

    Raises:
        EngineError: as :func:`run`, and where data is not there.
    """
    state = State(workflow, Layout(project_root), params, options)
    with Store(state.layout, create=False) as store:
        state.open(store)
        return _Run(state, listen).plan()


class _Run:
    """One run, or one plan: settles node after node."""

    def __init__(self, state: State, listen: Callable[[Event], None]) -> None:
        self._state = state
        self._listen = listen
        self._cache = Cache(state)
        self._worker = Worker(state, self._cache, self._tell)
        self._pool: Pool | None = None
        self._interrupted = False
        self._states: dict[str, str] = {}
        self._steps: dict[str, Step] = {}
        self._judged: dict[str, GateResult] = {}
        self._ready: dict[str, Ready] = {}

    def _tell(self, event: Event) -> None:
        if self._pool is not None:
            self._pool.tell(event)
        else:
            self._listen(event)

    def plan(self) -> list[Planned]:
        """Return what a run would do."""
        self._lock(resolving=False)
        planned: list[Planned] = []
        unsettled: set[str] = set()
        for node in self._state.nodes:
            above = [id for id in needs(node) if id in unsettled]
            if isinstance(node, Gate):
                self._judge(node)
            elif above:
                unsettled.add(node.id)
                if isinstance(node, Task):
                    planned.append(
                        Planned(node.id, "unknown", [f"it follows {', '.join(map(_quoted, above))}"])
                    )
            elif isinstance(node, Task):
                ready = self._cache.prepare(node)
                if ready.known is None or node.id in self._state.forced:
                    unsettled.add(node.id)
                    planned.append(Planned(node.id, "run", self._why(ready)))
                else:
                    self._take(ready, ready.known)
                    planned.append(Planned(node.id, "verify" if node.effect else "cached", []))
        return planned

    def run(self, spec: str) -> Summary:
        """Run everything and return what it came to."""
        state = self._state
        using = Lock(state.layout.path("locks", "store"))
        if not using.take(shared=True, wait=False):
            self._listen(Event(events.NOTE, text="waiting for the store: it is being tidied (`mlpc gc`)"))
            using.take(shared=True)
        mine: Lock | None = None
        try:
            ledger.tidy(state.store)
            mine = ledger.enter(state, spec)
            self._summary = Summary(state.number, state.workflow.name, state.workflow.environment)
            self._listen(
                Event(
                    events.RUN_STARTED,
                    run=state.number,
                    pipeline=state.workflow.name,
                    environment=state.workflow.environment,
                    steps=[node.id for node in state.nodes if isinstance(node, Task)],
                )
            )
            try:
                state.read_secrets()
                self._lock()
                self._loop()
                self._conclude()
            except KeyboardInterrupt:
                self._interrupted = True
                self._conclude()
            except EngineError as error:
                self._record("failed", error.exit_code)
                raise
            return self._summary
        finally:
            self._worker.close()
            if mine is not None:
                discard(state.layout.work(state.number))
                mine.release(remove=True)
            using.release()

    def _lock(self, *, resolving: bool = True) -> None:
        state = self._state
        if not state.options.isolation:
            return
        state.locked, note = lock.locked(
            state.workflow,
            state.layout,
            state.store,
            self._worker.processes,
            lambda line: self._listen(Event(events.ENVIRONMENT, text=line, environment="", detail=False)),
            offline=state.options.offline,
            resolving=resolving,
        )
        if note and resolving:
            self._summary.notes.append(note)
            self._listen(Event(events.NOTE, text=note))

    # Node after node

    def _loop(self) -> None:
        graph = Graph(self._state.nodes)
        free = deque(graph.first())
        waiting: deque[Ready | Task] = deque()
        try:
            while True:
                while free:
                    node = free.popleft()
                    job = self._visit(node)
                    if job is not None:
                        waiting.append(job)
                    else:
                        free.extend(graph.settled(node.id))
                pool = self._pool_for(waiting)
                if pool is not None and pool.interrupted:
                    self._interrupted = True
                    waiting.clear()
                while waiting and pool is not None and pool.busy < pool.size:
                    pool.start(waiting.popleft())
                if pool is not None and pool.busy:
                    done = pool.next()
                    if done is not None:
                        self._settle(done)
                        free.extend(graph.settled(done.task.id))
                    continue
                held = [] if self._interrupted else graph.late()
                if not held:
                    return
                self._hold_back(held)
                for node in held:
                    if node.id in self._states:
                        free.extend(graph.settled(node.id))
                    elif not graph.waits(node.id):
                        free.append(node)
        finally:
            if self._pool is not None:
                self._pool.close()

    def _pool_for(self, waiting: deque[Ready | Task]) -> Pool | None:
        if self._pool is None and waiting:
            from .pool import Pool

            self._pool = Pool(self._worker, self._state.options.jobs or processors(), self._listen)
        return self._pool

    def _hold_back(self, held: list[Node]) -> None:
        """Block effects where something in the run was not good: a run that does not promote changes nothing."""
        bad = [id for id, gate in self._judged.items() if gate.passed is False]
        bad += [id for id, step in self._steps.items() if step.state in (FAILED, NOT_PASSED)]
        for node in held if bad else ():
            lost = [id for id in needs(node) if self._states.get(id) in (FAILED, SKIPPED)]
            if isinstance(node, Task) and node.effect and not lost:
                self._hold(node, BLOCKED, bad)

    def _visit(self, node: Node) -> Ready | Task | None:
        """Settle a node whose needs are settled, or return what has to be done for it."""
        if self._interrupted and isinstance(node, Task):
            self._states[node.id] = SKIPPED
            return None
        failed = [id for id in needs(node) if self._states.get(id) in (FAILED, SKIPPED)]
        blocked = [id for id in needs(node) if self._states.get(id) in (BLOCKED, NOT_PASSED)]
        if isinstance(node, Gate):
            blocked = [id for id in blocked if self._states[id] == BLOCKED]
        if failed or blocked:
            self._hold(node, SKIPPED if failed else BLOCKED, failed or blocked)
            return None
        if isinstance(node, Gate):
            gate = self._judge(node)
            self._listen(Event(events.GATE, node.id, passed=gate.passed, verdicts=gate.verdicts))
            return None
        if not isinstance(node, Task):
            self._states[node.id] = _OK
            return None
        if not self._cache.is_quick(node):
            return node
        try:
            ready = self._cache.prepare(node)
        except EngineError as error:
            self._fail(node, error)
            return None
        if ready.known is not None and node.id not in self._state.forced and not node.effect:
            self._take(ready, ready.known)
            return None
        ready.why = self._why(ready)
        self._listen(Event(events.QUEUED, node.id, why=ready.why))
        return ready

    def _why(self, ready: Ready) -> list[str]:
        if ready.known is not None and ready.task.id in self._state.forced:
            return ["--from asks for it"]
        return ready.why

    def _judge(self, node: Gate) -> GateResult:
        gate = gates.judge(node, self._state.metrics, self._state.params)
        self._judged[node.id] = gate
        self._states[node.id] = _OK if gate.passed else BLOCKED
        return gate

    def _hold(self, node: Node, state: str, by: list[str]) -> None:
        """Settle a node that is not done because of what came of others."""
        self._states[node.id] = state
        if isinstance(node, Gate):
            self._judged[node.id] = GateResult(node.id, None, [])
            return
        causes = self._causes(by)
        if isinstance(node, Task):
            step = Step(node.id, state)
            step.by = causes
            self._steps[node.id] = step
        if isinstance(node, Task | Service):
            self._listen(Event(state, node.id, by=causes))

    def _causes(self, ids: list[str]) -> list[str]:
        """Return what is behind ``ids``: the gates and steps that did not do well themselves."""
        found: list[str] = []
        waiting = list(reversed(ids))
        while waiting:
            id = waiting.pop()
            step = self._steps.get(id)
            if step is not None and step.state in (BLOCKED, SKIPPED):
                waiting.extend(reversed(step.by))
            elif id not in found:
                found.append(id)
        return found

    def _settle(self, done: Done) -> None:
        """Settle a task that a worker has done."""
        if done.error is not None or done.ready is None:
            self._fail(done.task, done.error or {}, done)
        elif done.known is not None:
            self._take(done.ready, done.known, "made by another run" if done.shared else "")
        else:
            self._finish(done.ready, done)

    def _take(self, ready: Ready, known: Known, text: str = "") -> None:
        """Settle a task with a result that was made before."""
        step = Step(ready.task.id, CACHED if known.status == "done" else NOT_PASSED)
        step.seconds = known.seconds
        self._fill(step, ready, known.result, known.digests)
        if step.state == CACHED:
            self._listen(Event(events.CACHED, step.node, text, seconds=step.seconds))
        else:
            self._listen(
                Event(
                    events.NOT_PASSED,
                    step.node,
                    seconds=step.seconds,
                    attempts=0,
                    metrics=step.metrics,
                    units=_units(ready.task),
                )
            )

    def _finish(self, ready: Ready, done: Done) -> None:
        outcome = done.outcome
        assert outcome is not None
        step = Step(ready.task.id, RAN if outcome.passed else NOT_PASSED)
        step.seconds, step.attempts, step.log = outcome.seconds, outcome.attempts, outcome.log
        step.started = done.started
        step.why = ready.why
        self._fill(step, ready, outcome.result, done.kept)
        for said in step.messages:
            text, level = str(said.get("text", "")), said.get("level", "info")
            self._listen(Event(events.MESSAGE, step.node, text, level=level))
        self._listen(
            Event(
                events.FINISHED if outcome.passed else events.NOT_PASSED,
                step.node,
                seconds=step.seconds,
                attempts=step.attempts,
                metrics=step.metrics,
                units=_units(ready.task),
            )
        )

    def _fill(self, step: Step, ready: Ready, result: dict[str, Any], digests: dict[str, str]) -> None:
        state, node = self._state, step.node
        step.key = ready.key
        step.metrics = result.get("metrics") or {}
        step.rows = result.get("rows") or {}
        step.messages = result.get("messages") or []
        step.report = result.get("report")
        step.effect = result.get("effect")
        step.outputs = {port: state.layout.object(digest) for port, digest in digests.items()}
        state.metrics[node] = step.metrics
        for port, digest in digests.items():
            state.digests[node, port] = digest
        self._ready[node] = ready
        self._steps[node] = step
        self._states[node] = NOT_PASSED if step.state == NOT_PASSED else _OK

    def _fail(self, task: Task, error: EngineError | dict[str, Any], done: Done | None = None) -> None:
        from .executor import error_json, message

        step = Step(task.id, FAILED)
        step.error = dict(error_json(error))
        step.error["exit_code"] = error.exit_code if isinstance(error, EngineError) else STEP
        if done is not None:
            step.started = done.started
        if done is not None and done.outcome is not None:
            outcome = done.outcome
            step.seconds, step.attempts, step.log = outcome.seconds, outcome.attempts, outcome.log
            step.messages = outcome.result.get("messages") or []
        self._steps[task.id] = step
        self._states[task.id] = FAILED
        self._listen(
            Event(
                events.FAILED,
                task.id,
                message(error),
                seconds=step.seconds,
                attempts=step.attempts,
                log=step.log,
                error=step.error,
            )
        )

    # The end

    def _conclude(self) -> None:
        summary, state = self._summary, self._state
        summary.steps = [self._steps[node.id] for node in state.nodes if node.id in self._steps]
        summary.gates = [self._judged[node.id] for node in state.nodes if node.id in self._judged]
        summary.exit_code = self._exit_code()
        for step in summary.steps:
            for port, path in step.outputs.items():
                type = state.tasks[step.node].outputs[port].type
                shown = latest.link(
                    state.layout,
                    state.workflow.name,
                    state.workflow.environment,
                    step.node,
                    port,
                    type,
                    path,
                )
                summary.artefacts.setdefault(step.node, {})[port] = shown
        self._promote()
        summary.seconds = time.time() - state.began
        how = {0: "done", FINDINGS: "not-promoted", EXIT_INTERRUPTED: "interrupted"}
        self._record(how.get(summary.exit_code, "failed"), summary.exit_code)
        self._listen(Event(events.RUN_FINISHED, exit_code=summary.exit_code, seconds=summary.seconds))

    def _record(self, how: str, exit_code: int) -> None:
        ledger.close(self._state, self._cache, self._ready, self._summary, how, exit_code)

    def _exit_code(self) -> int:
        if self._interrupted:
            return EXIT_INTERRUPTED
        failed = [int(step.error["exit_code"]) for step in self._steps.values() if step.error is not None]
        if failed:
            return STEP if STEP in failed else failed[0]
        if any(gate.passed is not True for gate in self._judged.values()):
            return FINDINGS
        return FINDINGS if any(step.state in (NOT_PASSED, BLOCKED) for step in self._steps.values()) else 0

    def _promote(self) -> None:
        summary, state = self._summary, self._state
        services = [node for node in state.nodes if isinstance(node, Service)]
        effects = [node for node in state.nodes if isinstance(node, Task) and node.effect]
        names = [node.id for node in services] + [node.id for node in effects]
        summary.reasons = self._reasons()
        if not names:
            return
        if summary.exit_code != 0:
            self._listen(Event(events.NOT_PROMOTED, reasons=summary.reasons))
            return
        from . import promotion

        bundle = {
            "services": {node.id: bundles.bundle(state, node) for node in services},
            "effects": {node.id: self._steps[node.id].effect for node in effects},
            "figures": {id: figures for id, figures in state.metrics.items() if figures},
            "params": state.params,
        }
        _, summary.new = promotion.promote(
            state.store,
            state.workflow.name,
            state.workflow.environment,
            state.number,
            bundle,
            partial=bool(state.options.only),
        )
        summary.promoted = names
        self._listen(
            Event(
                events.PROMOTED,
                services=[node.id for node in services],
                effects=[node.id for node in effects],
                new=summary.new,
            )
        )

    def _reasons(self) -> list[str]:
        found = []
        for gate in self._judged.values():
            found += [
                figures.sentence(gate.node, verdict)
                for verdict in gate.verdicts
                if not verdict["passed"] and verdict["severity"] != "warn"
            ]
        for step in self._steps.values():
            if step.state == NOT_PASSED:
                told = [str(each.get("text", "")) for each in step.messages if each.get("level") == "warning"]
                found.append(f"`{step.node}` says that it did not pass" + (f": {told[-1]}" if told else ""))
            elif step.state == FAILED and step.error is not None and step.error["code"] != INTERRUPTED.code:
                message = step.error["message"]
                named = message.startswith(f"`{step.node}`")
                found.append(message if named else f"`{step.node}` failed: {message}")
        if self._interrupted:
            found.append("the run was interrupted")
        return found


def processors() -> int:
    """Return how many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def _quoted(name: str) -> str:
    return f"`{name}`"


def _units(task: Task) -> dict[str, str]:
    """Return what the figures of a step count, by name."""
    return {name: str(each.type.get("base", "")) for name, each in task.figures.items()}
