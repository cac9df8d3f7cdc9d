"""Running a workflow on this machine, and saying what a run would do."""

from __future__ import annotations

import json
import os
import time

from mlpc.codes import ENGINE_FAULT
from mlpc.ir.nodes import External, Gate, Reference, Service, Task, needs

from . import events, gates, keys, lock, reasons, runtime, secrets, selection, values
from .environments import requirements_part
from .errors import FINDINGS, STEP, EngineError
from .errors import INTERRUPTED as EXIT_INTERRUPTED
from .events import Event
from .failpoints import reach
from .fingerprints import Fingerprints
from .imports import Sources
from .layout import Layout, file_name
from .locks import Lock, is_held
from .store import Store, discard
from .summary import BLOCKED, CACHED, FAILED, NOT_PASSED, RAN, SKIPPED, GateResult, Planned, Step, Summary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from mlpc.ir.nodes import Node, Workflow

    from .environments import Environments
    from .executor import Executor, Outcome, Work
    from .lock import Locked
    from .processes import Processes
    from .summary import Options

#: Data of this size, in bytes, is read by the thread that plans; more is read beside it.
_QUICK = 32 << 20

_OK = "ok"

_STEP_ROW = (
    "INSERT OR REPLACE INTO steps(run, node, state, started, seconds, attempts, key, log, error)"
    " VALUES(?,?,?,?,?,?,?,?,?)"
)


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
    engine = _Engine(workflow, Layout(project_root), params, options, listen)
    with Store(engine.layout) as store:
        return engine.run(store, spec_label)


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
    engine = _Engine(workflow, Layout(project_root), params, options, listen)
    with Store(engine.layout, create=False) as store:
        return engine.plan(store)


class _Ready:
    """A task whose inputs are known: its key, what the key is made of, and what is known under it."""

    __slots__ = ("arguments", "inputs", "key", "known", "parts", "secrets", "task", "why")

    def __init__(self, task: Task) -> None:
        self.task = task
        self.arguments: dict[str, Any] = {}
        self.secrets: dict[str, str] = {}
        self.inputs: dict[str, Any] = {}
        self.parts: dict[str, Any] = {}
        self.key = ""
        self.known: _Known | None = None
        self.why: list[str] = []


class _Known:
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


class _Engine:
    """One run, or one plan."""

    def __init__(
        self,
        workflow: Workflow,
        layout: Layout,
        params: Mapping[str, Any],
        options: Options,
        listen: Callable[[Event], None],
    ) -> None:
        self.workflow = workflow
        self.layout = layout
        self.options = options
        self.listen = listen
        self.params = values.parameters(workflow, params)
        self.nodes = selection.selected(workflow, options.only)
        self.forced = selection.following(workflow, options.from_)
        selection.possible(workflow, self.nodes, options.others)
        self.tasks: dict[str, Task] = {node.id: node for node in workflow.nodes if isinstance(node, Task)}
        self.locked: dict[lock.Set, Locked] = {}
        self.metrics: dict[str, dict[str, Any]] = {}
        self.digests: dict[tuple[str, str], str] = {}
        self.states: dict[str, str] = {}
        self.steps: dict[str, Step] = {}
        self.judged: dict[str, GateResult] = {}
        self.ready: dict[str, _Ready] = {}
        self.number = 0
        self.began = time.time()
        self.interrupted = 0
        self._processes: Processes | None = None
        self._environments: Environments | None = None
        self._executor: Executor | None = None
        self._runtime_path = ""
        self._sound: dict[str, bool] = {}

    def _open(self, store: Store) -> None:
        from _thread import RLock

        self.store = store
        self.fingerprints = Fingerprints(store)
        self.runtime_root = runtime.root()
        self.sources = Sources(store, self.fingerprints, self.runtime_root)
        self.runtime = runtime.digest(self.runtime_root, self.fingerprints)
        self._making = RLock()

    # A plan

    def plan(self, store: Store) -> list[Planned]:
        """Return what a run would do."""
        self._open(store)
        self._lock(resolving=False)
        planned: list[Planned] = []
        unsettled: set[str] = set()
        for node in self.nodes:
            above = [id for id in needs(node) if id in unsettled]
            if isinstance(node, Task) and above:
                unsettled.add(node.id)
                planned.append(Planned(node.id, "unknown", [f"it follows {', '.join(_quoted(above))}"]))
                continue
            if above and not isinstance(node, Gate):
                unsettled.add(node.id)
            if isinstance(node, Gate):
                self._judge(node)
            if not isinstance(node, Task):
                continue
            ready = self._prepare(node)
            if ready.known is None or node.id in self.forced:
                unsettled.add(node.id)
                why = ["--from asks for it"] if ready.known is not None else ready.why
                planned.append(Planned(node.id, "run", why))
            else:
                self._take(ready, ready.known)
                planned.append(Planned(node.id, "verify" if node.effect else "cached", []))
        return planned

    # A run

    def run(self, store: Store, spec: str) -> Summary:
        """Run everything and return what it came to."""
        self._open(store)
        using = Lock(self.layout.path("locks", "store"))
        if not using.take(shared=True, wait=False):
            self.listen(Event(events.NOTE, text="waiting for the store: it is being tidied (`mlpc gc`)"))
            using.take(shared=True)
        mine: Lock | None = None
        try:
            self._tidy()
            mine = self._register(spec)
            self.summary = Summary(self.number, self.workflow.name, self.workflow.environment)
            self.listen(
                Event(
                    events.RUN_STARTED,
                    run=self.number,
                    pipeline=self.workflow.name,
                    environment=self.workflow.environment,
                    steps=[node.id for node in self.nodes if isinstance(node, Task)],
                )
            )
            try:
                self._secrets()
                self._lock()
                self._loop()
                self._conclude()
            except KeyboardInterrupt:
                self.interrupted = max(self.interrupted, 1)
                self._conclude()
            except EngineError as error:
                self._record("failed", error.exit_code)
                raise
            return self.summary
        finally:
            self._close()
            if mine is not None:
                discard(self.layout.work(self.number))
                mine.release(remove=True)
            using.release()

    def _tidy(self) -> None:
        """Say of runs that died that they did, and remove what they were busy with."""
        for (run,) in self.store.rows("SELECT id FROM runs WHERE state='running'"):
            if not is_held(_run_lock(self.layout, run)):
                self.store.write([("UPDATE runs SET state='died' WHERE id=? AND state='running'", (run,))])
        top = self.layout.path("work")
        for name in os.listdir(top):
            if not is_held(self.layout.path("locks", name)):
                discard(os.path.join(top, name))
        for name in os.listdir(self.layout.path("locks")):
            if name != "store":
                left = Lock(self.layout.path("locks", name))
                if left.take(wait=False):
                    left.release(remove=True)

    def _register(self, spec: str) -> Lock:
        taken: list[Lock] = []

        def work(db: Any) -> Lock:
            self.number = int(
                db.execute(
                    "INSERT INTO runs(pipeline, environment, spec, started, state, params) VALUES(?,?,?,?,?,?)",
                    (
                        self.workflow.name,
                        self.workflow.environment,
                        spec,
                        self.began,
                        "running",
                        json.dumps(self.params, sort_keys=True),
                    ),
                ).lastrowid
            )
            # Taken before others can see the row: they would think that its run had died.
            mine = Lock(_run_lock(self.layout, self.number))
            mine.take()
            taken.append(mine)
            return mine

        try:
            return self.store.change(work)
        except BaseException:
            for each in taken:
                each.release(remove=True)
            raise

    def _secrets(self) -> None:
        wanted = {
            str(value["secret"])
            for node in self.nodes
            if isinstance(node, Task)
            for value in node.arguments.values()
            if isinstance(value, dict) and isinstance(value.get("secret"), str)
        }
        self.secrets = secrets.read(self.workflow.secrets, sorted(wanted), self.layout.root)
        self.masker = secrets.Masker(self.secrets.values())

    def _lock(self, *, resolving: bool = True) -> None:
        if not self.options.isolation:
            return
        self.locked, note = lock.locked(
            self.workflow,
            self.layout,
            self.store,
            self.processes,
            lambda line: self.listen(Event(events.ENVIRONMENT, text=line, environment="")),
            offline=self.options.offline,
            resolving=resolving,
        )
        if note and resolving:
            self.summary.notes.append(note)
            self.listen(Event(events.NOTE, text=note))

    def processes(self) -> Processes:
        """Return what starts processes, which is made when the first is needed."""
        with self._making:
            if self._processes is None:
                from .processes import Processes

                self._processes = Processes()
            return self._processes

    # Scheduling

    def _loop(self) -> None:
        from collections import deque

        ids = {node.id for node in self.nodes}
        late = self._late()
        waits = {node.id: {id for id in needs(node) if id in ids} for node in self.nodes}
        followers: dict[str, list[str]] = {}
        for id, above in waits.items():
            for each in above:
                followers.setdefault(each, []).append(id)
        by_id = {node.id: node for node in self.nodes}
        held = [node for node in self.nodes if node.id in late]
        free = deque(node for node in self.nodes if not waits[node.id] and node.id not in late)
        pool: _Pool | None = None
        queued: deque[_Ready | Task] = deque()
        try:
            while True:
                while free:
                    node = free.popleft()
                    job = self._visit(node)
                    if job is not None:
                        queued.append(job)
                    else:
                        free.extend(self._release(node.id, waits, followers, by_id, late))
                if queued and pool is None:
                    pool = _Pool(self)
                while queued and pool is not None and pool.busy < pool.size and not self.interrupted:
                    pool.start(queued.popleft())
                if pool is not None and pool.busy:
                    done = pool.next()
                    if done is not None:
                        free.extend(self._release(done, waits, followers, by_id, late))
                    continue
                if held and not self.interrupted:
                    # Effects come when all else is known to be good.
                    waiting, held, late = held, [], set()
                    self._hold_back(waiting)
                    free.extend(node for node in waiting if not waits[node.id] and node.id not in self.states)
                    for node in waiting:
                        if node.id in self.states:
                            free.extend(self._release(node.id, waits, followers, by_id, late))
                    continue
                return
        finally:
            if pool is not None:
                pool.close()

    def _late(self) -> set[str]:
        """Return the nodes that change something outside, and those that follow them."""
        late: set[str] = set()
        for node in self.nodes:
            if (isinstance(node, Task) and node.effect) or late.intersection(needs(node)):
                late.add(node.id)
        return late

    def _hold_back(self, waiting: list[Node]) -> None:
        """Block effects where something in the run was not good: a run that does not promote changes nothing."""
        bad = [id for id, gate in self.judged.items() if gate.passed is False]
        bad += [id for id, step in self.steps.items() if step.state in (FAILED, NOT_PASSED)]
        if not bad:
            return
        for node in waiting:
            if isinstance(node, Task) and node.effect:
                self._settle_step(node, BLOCKED, bad)

    def _release(
        self,
        id: str,
        waits: dict[str, set[str]],
        followers: dict[str, list[str]],
        by_id: dict[str, Node],
        late: set[str],
    ) -> list[Node]:
        freed = []
        for each in followers.get(id, ()):
            if id in waits[each]:
                waits[each].remove(id)
                if not waits[each] and each not in late and each not in self.states:
                    freed.append(by_id[each])
        return freed

    def _visit(self, node: Node) -> _Ready | Task | None:
        """Settle a node whose needs are settled, or return what has to be worked on for it."""
        if self.interrupted and isinstance(node, Task):
            self.states[node.id] = SKIPPED
            return None
        failed = [id for id in needs(node) if self.states.get(id) in (FAILED, SKIPPED)]
        blocked = [id for id in needs(node) if self.states.get(id) in (BLOCKED, NOT_PASSED)]
        if isinstance(node, Gate):
            blocked = [id for id in blocked if self.states[id] == BLOCKED]
        if failed or blocked:
            state = SKIPPED if failed else BLOCKED
            self.states[node.id] = state
            if isinstance(node, Gate):
                self.judged[node.id] = GateResult(node.id, None, [])
            elif isinstance(node, Task):
                self._settle_step(node, state, failed or blocked)
            elif isinstance(node, Service):
                self.listen(Event(state, node.id, by=self._causes(failed or blocked)))
            return None
        if isinstance(node, Gate):
            self._judge(node)
            gate = self.judged[node.id]
            self.listen(Event(events.GATE, node.id, passed=gate.passed, verdicts=gate.verdicts))
            return None
        if not isinstance(node, Task):
            self.states[node.id] = _OK
            return None
        if not self._is_quick(node):
            return node
        try:
            ready = self._prepare(node)
        except EngineError as error:
            self._fail(node, error)
            return None
        if ready.known is not None and node.id not in self.forced and not node.effect:
            self._take(ready, ready.known)
            return None
        if node.id in self.forced and ready.known is not None:
            ready.why = ["--from asks for it"]
        self.listen(Event(events.QUEUED, node.id, why=ready.why))
        return ready

    def _causes(self, ids: list[str]) -> list[str]:
        """Return what is behind ``ids``: the gates and steps that did not do well themselves."""
        found: list[str] = []
        waiting = list(reversed(ids))
        while waiting:
            id = waiting.pop()
            step = self.steps.get(id)
            if step is not None and step.state in (BLOCKED, SKIPPED):
                waiting.extend(reversed(step.by))
            elif id not in found:
                found.append(id)
        return found

    def _settle_step(self, node: Task, state: str, by: list[str]) -> None:
        step = Step(node.id, state)
        step.by = self._causes(by)
        self.steps[node.id] = step
        self.states[node.id] = state
        self.listen(Event(state, node.id, by=step.by))

    def _judge(self, node: Gate) -> None:
        gate = gates.judge(node, self.metrics, self.params)
        self.judged[node.id] = gate
        self.states[node.id] = _OK if gate.passed else BLOCKED

    def _is_quick(self, task: Task) -> bool:
        return all(
            source.url or self.fingerprints.is_quick(os.path.join(self.layout.root, source.location), _QUICK)
            for port in task.inputs.values()
            for source in port.sources
            if isinstance(source, External)
        )

    # One task

    def _prepare(self, task: Task) -> _Ready:
        """Find out the key of a task whose inputs are there, and what is known under it.

        Raises:
            EngineError: data or code is not there, an argument has no value.
        """
        ready = _Ready(task)
        ready.arguments, ready.secrets = values.arguments(task.id, task.arguments, self.metrics, self.params)
        cached = True
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
            self.layout.root,
            arguments=ready.arguments,
            secrets=ready.secrets,
            inputs=parts,
            requirements=requirements_part(
                self.locked.get(lock.normal(task.requirements)), isolation=self.options.isolation
            ),
            sources=self.sources,
            fingerprints=self.fingerprints,
        )
        ready.parts = found.to_json()
        self.ready[task.id] = ready
        if not cached:
            ready.why = ["it reads data from outside, which may have changed"]
            return ready
        ready.key = found.key()
        ready.known, evicted = self._lookup(ready)
        if ready.known is None:
            if evicted:
                ready.why = [f"its output `{evicted}` is no longer in the store"]
            else:
                before = self.store.rows(
                    "SELECT parts FROM parts WHERE pipeline=? AND environment=? AND node=?",
                    self.workflow.name,
                    self.workflow.environment,
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
            part = keys.external(task.id, name, source, self.layout.root, self.fingerprints)
            path = os.path.join(self.layout.root, source.location)
            return {"path": path, "type": type, "digest": part["digest"]}, part
        digest = self.digests.get((source.node, source.port))
        if digest is None:
            raise EngineError(
                ENGINE_FAULT,
                f"`{source.node}` made no `{source.port}`, which `{task.id}` reads",
                exit_code=STEP,
            )
        type = keys.without_docs(self.tasks[source.node].outputs[source.port].type)
        item: dict[str, Any] = {"path": self.layout.object(digest), "type": type, "digest": digest}
        part = {"digest": digest}
        if source.key:
            item["key"] = part["key"] = source.key
        return item, part

    def _lookup(self, ready: _Ready) -> tuple[_Known | None, str]:
        """Return what is known under the key of a task, and the name of an output that is no longer there."""
        rows = self.store.rows("SELECT status, seconds, created, result FROM results WHERE key=?", ready.key)
        if not rows:
            return None, ""
        status, seconds, created, result = rows[0]
        found = dict(self.store.rows("SELECT port, digest FROM outputs WHERE key=?", ready.key))
        for port in ready.task.outputs if status == "done" else ():
            if port not in found or not self.store.sound(found[port]):
                return None, port
        return _Known(status, seconds, created, json.loads(result), found), ""

    def _take(self, ready: _Ready, known: _Known, *, shared: bool = False) -> None:
        """Settle a task with a result from an earlier run."""
        step = Step(ready.task.id, CACHED if known.status == "done" else NOT_PASSED)
        step.seconds = known.seconds
        self._fill(step, ready, known.result, known.digests)
        text = "made by another run" if shared else ""
        self.listen(
            Event(events.CACHED, step.node, text, seconds=step.seconds)
            if step.state == CACHED
            else Event(events.NOT_PASSED, step.node, seconds=step.seconds, attempts=0, metrics=step.metrics)
        )

    def _fill(self, step: Step, ready: _Ready, result: dict[str, Any], digests: dict[str, str]) -> None:
        node = step.node
        step.key = ready.key
        step.metrics = result.get("metrics") or {}
        step.rows = result.get("rows") or {}
        step.messages = result.get("messages") or []
        step.report = result.get("report")
        step.effect = result.get("effect")
        step.outputs = {port: self.layout.object(digest) for port, digest in digests.items()}
        self.metrics[node] = step.metrics
        for port, digest in digests.items():
            self.digests[node, port] = digest
        self.steps[node] = step
        self.states[node] = NOT_PASSED if step.state == NOT_PASSED else _OK

    def _fail(
        self,
        task: Task,
        error: EngineError | dict[str, Any],
        outcome: Outcome | None = None,
        started: float = 0,
    ) -> None:
        from .executor import error_json, message

        step = Step(task.id, FAILED)
        step.error = error_json(error)
        step.error["exit_code"] = error.exit_code if isinstance(error, EngineError) else STEP
        step.started = started
        if outcome is not None:
            step.seconds, step.attempts, step.log = outcome.seconds, outcome.attempts, outcome.log
            step.messages = outcome.result.get("messages") or []
        self.steps[task.id] = step
        self.states[task.id] = FAILED
        self.listen(
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

    # What workers do

    def work_on(self, job: _Ready | Task, tell: Callable[[Event], None]) -> Callable[[], None]:
        """Do all that a task needs, in a thread of its own; return what settles it, for the thread of the run."""
        task = job.task if isinstance(job, _Ready) else job
        started = time.time()
        outcome: Outcome | None = None
        held: Lock | None = None
        try:
            ready = job if isinstance(job, _Ready) else self._prepare(task)
            if ready.key:
                held = self._claim(ready, tell)
                known = self._reusable(ready, tell)
                if known is not None:
                    found = known
                    return lambda: self._take(
                        ready, found, shared=not isinstance(job, Task) and not task.effect
                    )
            work = self._work(ready)
            outcome = self.executor(tell).execute(task, work, ready.why)
            if outcome.error is not None:
                error = outcome.error
                return lambda: self._fail(task, error, outcome, started)
            kept = self._keep(ready, outcome, started, tell)
            done = outcome
            return lambda: self._finish(ready, done, kept, started)
        except EngineError as problem:
            error = problem
            return lambda: self._fail(task, error, outcome, started)
        finally:
            if outcome is not None and outcome.folder:
                discard(outcome.folder)
            if held is not None:
                held.release(remove=True)

    def _claim(self, ready: _Ready, tell: Callable[[Event], None]) -> Lock:
        """Wait until no other run makes what this task is to make."""
        claim = Lock(self.layout.path("locks", f"key-{ready.key[:40]}"))
        told = False
        while not claim.take(wait=False):
            if not told:
                tell(Event(events.NOTE, ready.task.id, "waiting for another run that is making the same"))
                told = True
            if self.interrupted:
                from .executor import interrupted

                raise interrupted(ready.task.id)
            time.sleep(0.05)
        return claim

    def _reusable(self, ready: _Ready, tell: Callable[[Event], None]) -> _Known | None:
        """Return a result that is good now: another run may have made it, and an effect still stands."""
        known, _ = self._lookup(ready)
        if known is None or (ready.task.id in self.forced and known.created < self.began):
            return None
        effect = known.result.get("effect")
        if not ready.task.effect or effect is None:
            return known
        if self.executor(tell).verify(ready.task, self._work(ready), effect):
            return known
        ready.why = ["what it did outside no longer stands"]
        return None

    def executor(self, tell: Callable[[Event], None]) -> Executor:
        """Return what executes attempts."""
        with self._making:
            if self._executor is None:
                from .executor import Executor

                self._executor = Executor(self.layout, self.processes(), tell)
            return self._executor

    def _work(self, ready: _Ready) -> Work:
        from . import executor

        task = ready.task
        given = {name: self.secrets[secret] for name, secret in ready.secrets.items()}
        return executor.Work(
            self.number,
            project=self.layout.root,
            python=self._python(task),
            runtime=self._provide_runtime(),
            state=self.layout.path("state"),
            inputs=ready.inputs,
            arguments=ready.arguments,
            secrets=given,
            masker=self.masker,
            passed=executor.passed(secrets.variables(self.workflow.secrets)),
            context={
                "pipeline": self.workflow.name,
                "run": str(self.number),
                "labels": {**self.workflow.labels, **task.labels},
            },
            unchanged=lambda: self._unchanged(ready),
        )

    def _provide_runtime(self) -> str:
        with self._making:
            if not self._runtime_path:
                try:
                    self._runtime_path = runtime.provide(
                        self.layout, self.runtime_root, self.runtime, self.layout.work(self.number)
                    )
                except OSError as error:
                    from .store import unusable

                    raise unusable(self.layout, error) from None
            return self._runtime_path

    def environments(self) -> Environments:
        """Return the environments, opened when the first is needed."""
        with self._making:
            if self._environments is None:
                from .environments import Environments

                self._environments = Environments(
                    self.layout.root,
                    self.processes,
                    lambda name, text: self._tell(Event(events.ENVIRONMENT, text=text, environment=name)),
                    isolation=self.options.isolation,
                    offline=self.options.offline,
                )
            return self._environments

    def _python(self, task: Task) -> str:
        return self.environments().python(
            self.locked.get(lock.normal(task.requirements)) or lock.Locked((), ())
        )

    def _unchanged(self, ready: _Ready) -> None:
        """Raise an error where local data is not what it was when the key was made."""
        from .executor import changed_input

        for name, port in ready.task.inputs.items():
            for source in port.sources:
                if isinstance(source, External) and not source.url:
                    now = keys.external(ready.task.id, name, source, self.layout.root, self.fingerprints)
                    if now not in ready.parts["inputs"][name]:
                        raise changed_input(ready.task.id, source.location)

    def _code_changed(self, ready: _Ready) -> list[str]:
        """Return the files of the project's code that are not what they were when the key was made."""
        changed = []
        for name, digest in {**ready.parts["code"], **ready.parts["files"]}.items():
            if name.startswith("mlpc:") or (
                ready.task.action.kind != "project" and name in ready.parts["code"]
            ):
                continue
            try:
                now = self.fingerprints.of(os.path.join(self.layout.root, name))
            except OSError:
                now = ""
            if now != digest:
                changed.append(name)
        return changed

    def _keep(
        self, ready: _Ready, outcome: Outcome, started: float, tell: Callable[[Event], None]
    ) -> dict[str, str]:
        """Put outputs and result into the store, durably; return the digests of the outputs."""
        task = ready.task
        changed = self._code_changed(ready)
        if changed:
            text = f"{', '.join(changed)} changed while `{task.id}` ran: its result serves this run only"
            outcome.result["messages"].append({"level": "warning", "text": text})
        if changed or not ready.key:
            ready.key = f"run-{self.number}-{file_name(task.id)}"
        statements: list[tuple[str, tuple[Any, ...]]] = []
        kept: dict[str, str] = {}
        for port, path in outcome.outputs.items():
            digest, size, listing = self.store.put(path)
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
                (ready.key, task.id, status, self.number, now, outcome.seconds, json.dumps(result)),
            ),
            *(
                ("INSERT INTO outputs(key, port, digest) VALUES(?,?,?)", (ready.key, port, digest))
                for port, digest in kept.items()
            ),
            (
                _STEP_ROW,
                (
                    self.number,
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
            self._parts_row(ready),
        ]
        reach("committing")
        self.store.write(statements)
        reach("committed")
        return kept

    def _parts_row(self, ready: _Ready) -> tuple[str, tuple[Any, ...]]:
        return (
            "INSERT OR REPLACE INTO parts(pipeline, environment, node, key, parts) VALUES(?,?,?,?,?)",
            (
                self.workflow.name,
                self.workflow.environment,
                ready.task.id,
                ready.key,
                json.dumps(ready.parts),
            ),
        )

    def _finish(self, ready: _Ready, outcome: Outcome, kept: dict[str, str], started: float) -> None:
        step = Step(ready.task.id, RAN if outcome.passed else NOT_PASSED)
        step.seconds, step.attempts, step.log = outcome.seconds, outcome.attempts, outcome.log
        step.started = started
        step.why = ready.why
        self._fill(step, ready, outcome.result, kept)
        for said in step.messages:
            self.listen(
                Event(events.MESSAGE, step.node, str(said.get("text", "")), level=said.get("level", "info"))
            )
        self.listen(
            Event(
                events.FINISHED if outcome.passed else events.NOT_PASSED,
                step.node,
                seconds=step.seconds,
                attempts=step.attempts,
                metrics=step.metrics,
            )
        )

    def _tell(self, event: Event) -> None:
        self.listen(event)

    # The end

    def interrupt(self) -> None:
        """End what runs: politely the first time, at once the second."""
        self.interrupted += 1
        if self._executor is not None:
            self._executor.cancel()

    def _conclude(self) -> None:
        summary = self.summary
        summary.steps = [self.steps[node.id] for node in self.nodes if node.id in self.steps]
        summary.gates = [self.judged[node.id] for node in self.nodes if node.id in self.judged]
        summary.exit_code = self._exit_code()
        self._link()
        self._promote()
        summary.seconds = time.time() - self.began
        state = "interrupted" if self.interrupted else "done" if summary.exit_code == 0 else "failed"
        if summary.exit_code == FINDINGS:
            state = "not-promoted"
        self._record(state, summary.exit_code)
        self.listen(Event(events.RUN_FINISHED, exit_code=summary.exit_code, seconds=summary.seconds))

    def _exit_code(self) -> int:
        if self.interrupted:
            return EXIT_INTERRUPTED
        failed = [int(step.error["exit_code"]) for step in self.steps.values() if step.error is not None]
        if failed:
            return STEP if STEP in failed else failed[0]
        if any(gate.passed is not True for gate in self.judged.values()):
            return FINDINGS
        return FINDINGS if any(step.state in (NOT_PASSED, BLOCKED) for step in self.steps.values()) else 0

    def _promote(self) -> None:
        summary = self.summary
        services = [node for node in self.nodes if isinstance(node, Service)]
        effects = [node for node in self.nodes if isinstance(node, Task) and node.effect]
        names = [node.id for node in services] + [node.id for node in effects]
        summary.reasons = self._reasons()
        if not names:
            return
        if summary.exit_code != 0:
            self.listen(Event(events.NOT_PROMOTED, reasons=summary.reasons))
            return
        from . import promotion

        bundle = {
            "services": {node.id: self._bundle(node) for node in services},
            "effects": {node.id: self.steps[node.id].effect for node in effects},
            "figures": {id: figures for id, figures in self.metrics.items() if figures},
            "params": self.params,
        }
        _, summary.new = promotion.promote(
            self.store,
            self.workflow.name,
            self.workflow.environment,
            self.number,
            bundle,
            partial=bool(self.options.only),
        )
        summary.promoted = names
        self.listen(
            Event(
                events.PROMOTED,
                services=[node.id for node in services],
                effects=[node.id for node in effects],
                new=summary.new,
            )
        )

    def _reasons(self) -> list[str]:
        found = []
        for gate in self.judged.values():
            found += [
                gates.sentence(gate.node, verdict)
                for verdict in gate.verdicts
                if not verdict["passed"] and verdict["severity"] != "warn"
            ]
        for step in self.steps.values():
            if step.state == NOT_PASSED:
                found.append(f"`{step.node}` says that it did not pass")
            elif step.state == FAILED and step.error is not None:
                found.append(f"`{step.node}` failed: {step.error['message']}")
        if self.interrupted:
            found.append("the run was interrupted")
        return found

    def _bundle(self, node: Service) -> dict[str, Any]:
        """Return all that is needed to start a service later, whatever happens to the spec meanwhile."""
        arguments, names = values.arguments(node.id, node.arguments, self.metrics, self.params)
        inputs: dict[str, Any] = {}
        for name, port in node.inputs.items():
            items = [self._served(node, source) for source in port.sources]
            if items:
                inputs[name] = items if port.many else items[0]
        locked = self.locked.get(lock.normal(node.requirements))
        return {
            "action": {
                "kind": node.action.kind,
                "target": node.action.target,
                "function": node.action.function,
            },
            "inputs": inputs,
            "arguments": arguments,
            "secrets": {
                name: {"secret": secret, "source": self._secret_source(secret)}
                for name, secret in names.items()
            },
            "requirements": list(lock.normal(node.requirements)),
            "locked": list(locked.lines) if locked is not None else None,
            "runtime": self.runtime,
            "resources": {
                "cpu": node.resources.cpu,
                "memory": node.resources.memory,
                "gpu": node.resources.gpu,
            },
            "replicas": list(node.replicas),
            "levels": [condition.text for condition in node.levels],
            "labels": node.labels,
            "project": {}
            if node.action.kind != "project"
            else self.sources.of_project(self.layout.root, node.action.target),
        }

    def _served(self, node: Service, source: Reference | External) -> dict[str, Any]:
        if isinstance(source, External):
            item: dict[str, Any] = {"type": source.type}
            if source.url:
                item["url"] = source.location
            else:
                item["location"] = source.location
            return item
        digest = self.digests[source.node, source.port]
        item = {"digest": digest, "type": self.tasks[source.node].outputs[source.port].type}
        if source.key:
            item["key"] = source.key
        return item

    def _secret_source(self, name: str) -> dict[str, Any] | None:
        return next((secret.source for secret in self.workflow.secrets if secret.name == name), None)

    def _link(self) -> None:
        """Let ``latest`` show the artefacts of this run."""
        suffixes = {"dataset": ".parquet", "metrics": ".json"}
        for step in self.summary.steps:
            for port, path in step.outputs.items():
                type = self.tasks[step.node].outputs[port].type
                suffix = suffixes.get(str(type.get("type")), "")
                if type.get("type") == "file" and type.get("format"):
                    suffix = "." + file_name(str(type["format"]))
                link = self.layout.path(
                    "latest", file_name(self.workflow.name), file_name(step.node), file_name(port) + suffix
                )
                try:
                    _point(link, path)
                except OSError:
                    link = path  # no links on this file system
                self.summary.artefacts.setdefault(step.node, {})[port] = link

    def _record(self, state: str, exit_code: int) -> None:
        statements: list[tuple[str, tuple[Any, ...]]] = []
        for step in self.steps.values():
            if step.state == RAN:
                continue
            statements.append(
                (
                    _STEP_ROW,
                    (
                        self.number,
                        step.node,
                        step.state,
                        step.started or self.began,
                        step.seconds,
                        step.attempts,
                        step.key,
                        step.log,
                        json.dumps(step.error) if step.error is not None else None,
                    ),
                )
            )
            ready = self.ready.get(step.node)
            if step.state == CACHED and ready is not None:
                statements.append(self._parts_row(ready))
        statements.append(
            (
                "UPDATE runs SET ended=?, state=?, exit_code=?, summary=? WHERE id=?",
                (time.time(), state, exit_code, json.dumps(self._told()), self.number),
            )
        )
        statements += self.fingerprints.save() + self.sources.save()
        self.store.write(statements)

    def _told(self) -> dict[str, Any]:
        summary = self.summary
        return {
            "gates": [gate.to_json() for gate in summary.gates],
            "promoted": summary.promoted,
            "new": summary.new,
            "reasons": summary.reasons,
            "metrics": {id: found for id, found in self.metrics.items() if found},
        }

    def _close(self) -> None:
        if self._processes is not None:
            self._processes.close()
        if self._environments is not None:
            self._environments.close()


class _Pool:
    """The threads that wait for steps, one a step, and the queue through which they speak to the run."""

    def __init__(self, engine: _Engine) -> None:
        import signal
        import threading
        from _queue import SimpleQueue

        self._engine = engine
        self._queue: SimpleQueue[Event | tuple[str, Callable[[], None]] | None] = SimpleQueue()
        self._threading = threading
        self.busy = 0
        self.size = engine.options.jobs or processors()
        self._deadline = 0.0
        self._before: dict[int, Any] = {}
        self._thread = threading.current_thread()
        engine._tell = self.tell  # type: ignore[method-assign]
        if self._thread is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._on_signal)

    def tell(self, event: Event) -> None:
        """Pass an event on to the thread of the run."""
        if self._threading.current_thread() is self._thread:
            self._engine.listen(event)
        else:
            self._queue.put(event)

    def _on_signal(self, number: int, frame: object) -> None:
        self._engine.interrupt()
        self._queue.put(None)

    def start(self, job: _Ready | Task) -> None:
        """Work on a task in a thread of its own."""
        self.busy += 1
        name = job.task.id if isinstance(job, _Ready) else job.id
        self._threading.Thread(target=self._work, args=(name, job), name=name, daemon=True).start()

    def _work(self, name: str, job: _Ready | Task) -> None:
        engine = self._engine
        try:
            settle = engine.work_on(job, self.tell)
        except BaseException as problem:  # noqa: BLE001 - whatever happens in a thread, the run must hear of it
            import traceback

            told = traceback.format_exc().strip().splitlines()
            error = EngineError(
                ENGINE_FAULT,
                f"the engine failed in `{name}`: {type(problem).__name__}: {problem}",
                *told[-6:],
                exit_code=STEP,
            )
            task = job.task if isinstance(job, _Ready) else job

            def settle() -> None:
                engine._fail(task, error)

        self._queue.put((name, settle))

    def next(self) -> str | None:
        """Wait for something to happen; return the node that was settled by it, if one was."""
        engine = self._engine
        try:
            item = self._queue.get(timeout=0.2) if engine.interrupted else self._queue.get()
        except Exception as problem:
            if type(problem).__name__ != "Empty":
                raise
            item = None
        if item is None:
            self._end()
            return None
        if isinstance(item, Event):
            engine.listen(item)
            return None
        name, settle = item
        self.busy -= 1
        settle()
        return name

    def _end(self) -> None:
        """Bring about the end after an interruption: SIGTERM, and SIGKILL after ten seconds or a second time."""
        from .processes import GRACE

        engine = self._engine
        if not engine.interrupted or engine._processes is None:
            return
        if not self._deadline:
            self._deadline = time.monotonic() + GRACE
            engine.listen(
                Event(events.INTERRUPTED, text="ending the steps that run; once more to end them at once")
            )
            engine._processes.terminate_all()
        if engine.interrupted > 1 or time.monotonic() > self._deadline:
            engine._processes.kill_all()

    def close(self) -> None:
        """Give the signals back."""
        import signal

        for number, handler in self._before.items():
            signal.signal(number, handler)


def processors() -> int:
    """Return how many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def _run_lock(layout: Layout, run: int) -> str:
    return layout.path("locks", str(run))


def _point(link: str, path: str) -> None:
    target = os.path.relpath(path, os.path.dirname(link))
    try:
        if os.readlink(link) == target:
            return
    except OSError:
        os.makedirs(os.path.dirname(link), exist_ok=True)
    new = f"{link}.{os.getpid()}.new"
    try:
        os.unlink(new)
    except FileNotFoundError:
        pass
    os.symlink(target, new)
    os.replace(new, link)


def _quoted(names: list[str]) -> list[str]:
    return [f"`{name}`" for name in names]
