"""Doing one task, in a thread of its own: from its key to the store."""

from __future__ import annotations

import time

from . import events, lock, runtime, secrets
from .errors import EngineError
from .events import Event
from .locks import Lock
from .store import discard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mlpc.ir.nodes import Task

    from .cache import Cache, Known, Ready
    from .environments import Environments
    from .executor import Executor, Outcome, Work
    from .processes import Processes
    from .state import State


class Done:
    """What came of a task: ``known`` where a result of an earlier or another run was good, ``error`` where it failed,
    else ``outcome``, with ``kept``, the digests of its outputs in the store.
    """

    __slots__ = ("error", "kept", "known", "outcome", "ready", "shared", "started", "task")

    def __init__(self, task: Task) -> None:
        self.task = task
        self.ready: Ready | None = None
        self.known: Known | None = None
        self.shared = False
        self.error: EngineError | dict[str, Any] | None = None
        self.outcome: Outcome | None = None
        self.kept: dict[str, str] = {}
        self.started = time.time()


class Worker:
    """Does the tasks of one run. May be used from any thread; ``tell`` gets what happens."""

    def __init__(self, state: State, cache: Cache, tell: Callable[[Event], None]) -> None:
        from _thread import RLock

        self._state = state
        self._cache = cache
        self._tell = tell
        self._making = RLock()
        self._processes: Processes | None = None
        self._environments: Environments | None = None
        self._executor: Executor | None = None
        self._runtime_path = ""
        self._cancelled = False

    def cancel(self) -> None:
        """Start nothing more."""
        self._cancelled = True
        if self._executor is not None:
            self._executor.cancel()

    def terminate(self) -> None:
        """Ask everything that runs to end."""
        if self._processes is not None:
            self._processes.terminate_all()

    def kill(self) -> None:
        """End everything that runs."""
        if self._processes is not None:
            self._processes.kill_all()

    def close(self) -> None:
        """End what still runs and let go of the environments."""
        if self._processes is not None:
            self._processes.close()
        if self._environments is not None:
            self._environments.close()

    def do(self, job: Ready | Task) -> Done:
        """Do all that a task needs."""
        from .cache import Ready

        done = Done(job.task if isinstance(job, Ready) else job)
        held: Lock | None = None
        try:
            ready = done.ready = job if isinstance(job, Ready) else self._cache.prepare(done.task)
            if ready.key:
                held = self._claim(ready)
                done.known = self._reusable(ready)
                if done.known is not None:
                    done.shared = isinstance(job, Ready) and not done.task.effect
                    return done
            work = self._work(ready)
            done.outcome = self.executor().execute(done.task, work, ready.why)
            done.error = done.outcome.error
            if done.error is None:
                done.kept = self._cache.keep(ready, done.outcome, done.started)
        except EngineError as error:
            done.error = error
        finally:
            if done.outcome is not None and done.outcome.folder:
                discard(done.outcome.folder)
            if held is not None:
                held.release(remove=True)
        return done

    def processes(self) -> Processes:
        """Return what starts processes, which is made when the first is needed."""
        with self._making:
            if self._processes is None:
                from .processes import Processes

                self._processes = Processes()
            return self._processes

    def _claim(self, ready: Ready) -> Lock:
        """Wait until no other run makes what this task is to make."""
        claim = Lock(self._state.layout.path("locks", f"key-{ready.key[:40]}"))
        told = False
        while not claim.take(wait=False):
            if not told:
                self._tell(
                    Event(events.NOTE, ready.task.id, "waiting for another run that is making the same")
                )
                told = True
            if self._cancelled:
                from .executor import interrupted

                raise interrupted(ready.task.id)
            time.sleep(0.05)
        return claim

    def _reusable(self, ready: Ready) -> Known | None:
        """Return a result that is good now: another run may have made it, and an effect still stands."""
        known, _ = self._cache.lookup(ready)
        if known is None or (ready.task.id in self._state.forced and known.created < self._state.began):
            return None
        effect = known.result.get("effect")
        if not ready.task.effect or effect is None:
            return known
        if self.executor().verify(ready.task, self._work(ready), effect):
            return known
        ready.why = ["what it did outside no longer stands"]
        return None

    def executor(self) -> Executor:
        """Return what executes attempts."""
        with self._making:
            if self._executor is None:
                from .executor import Executor

                self._executor = Executor(self._state.layout, self.processes(), self._tell)
            return self._executor

    def _work(self, ready: Ready) -> Work:
        from . import executor

        task = ready.task
        given = {name: self._state.secrets[secret] for name, secret in ready.secrets.items()}
        return executor.Work(
            self._state.number,
            project=self._state.layout.root,
            python=self._python(task),
            runtime=self._provide_runtime(),
            state=self._state.layout.path("state"),
            inputs=ready.inputs,
            arguments=ready.arguments,
            secrets=given,
            masker=self._state.masker,
            passed=executor.passed(secrets.variables(self._state.workflow.secrets)),
            context={
                "pipeline": self._state.workflow.name,
                "run": str(self._state.number),
                "labels": {**self._state.workflow.labels, **task.labels},
            },
            unchanged=lambda: self._cache.unchanged(ready),
        )

    def _provide_runtime(self) -> str:
        with self._making:
            if not self._runtime_path:
                try:
                    state = self._state
                    self._runtime_path = runtime.provide(
                        state.layout, state.runtime_root, state.runtime, state.layout.work(state.number)
                    )
                except OSError as error:
                    from .store import unusable

                    raise unusable(self._state.layout, error) from None
            return self._runtime_path

    def environments(self) -> Environments:
        """Return the environments, opened when the first is needed."""
        with self._making:
            if self._environments is None:
                from .environments import Environments

                self._environments = Environments(
                    self._state.layout.root,
                    self.processes,
                    lambda name, text, detail: self._tell(
                        Event(events.ENVIRONMENT, text=text, environment=name, detail=detail)
                    ),
                    isolation=self._state.options.isolation,
                    offline=self._state.options.offline,
                )
            return self._environments

    def _python(self, task: Task) -> str:
        if task.action.kind == "container":
            return ""  # the image has what the step needs
        return self.environments().python(
            self._state.locked.get(lock.normal(task.requirements)) or lock.Locked((), ())
        )
