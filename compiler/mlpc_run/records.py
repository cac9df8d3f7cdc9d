"""What the store knows of runs, for a person who asks: runs, steps, logs, what is in service."""

from __future__ import annotations

import json
import os

from mlpc.codes import NO_SUCH_RUN

from . import described, promotion
from .errors import USAGE, EngineError
from .layout import Layout, file_name
from .locks import is_held
from .values import did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .promotion import Promotion
    from .store import Store


class RunRecord:
    """A run. ``state`` is running, done, not-promoted, failed, interrupted or died; times are seconds since 1970;
    ``summary`` is ``{"gates", "promoted", "new", "reasons", "metrics"}``, empty while it runs.
    """

    __slots__ = (
        "ended",
        "environment",
        "exit_code",
        "id",
        "params",
        "pipeline",
        "spec",
        "started",
        "state",
        "summary",
    )

    def __init__(
        self,
        id: int,
        pipeline: str,
        environment: str,
        spec: str,
        started: float,
        ended: float | None,
        state: str,
        exit_code: int | None,
        params: dict[str, Any],
        summary: dict[str, Any],
    ) -> None:
        self.id = id
        self.pipeline = pipeline
        self.environment = environment
        self.spec = spec
        self.started = started
        self.ended = ended
        self.state = state
        self.exit_code = exit_code
        self.params = params
        self.summary = summary

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {name: getattr(self, name) for name in self.__slots__}


class StepRecord:
    """What a run did with a step; ``state`` as in :class:`mlpc_run.summary.Step`."""

    __slots__ = ("attempts", "error", "log", "node", "seconds", "started", "state")

    def __init__(
        self,
        node: str,
        state: str,
        started: float,
        seconds: float,
        attempts: int,
        log: str,
        error: dict[str, Any] | None,
    ) -> None:
        self.node = node
        self.state = state
        self.started = started
        self.seconds = seconds
        self.attempts = attempts
        self.log = log
        self.error = error

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {name: getattr(self, name) for name in self.__slots__}


class Status:
    """How a pipeline stands in an environment: its last run and what is promoted (None: nothing)."""

    __slots__ = ("environment", "last", "pipeline", "promoted", "serving")

    def __init__(
        self, pipeline: str, environment: str, last: RunRecord, promoted: Promotion | None, serving: bool
    ) -> None:
        self.pipeline = pipeline
        self.environment = environment
        self.last = last
        self.promoted = promoted
        #: Whether a process of this machine serves what is promoted now.
        self.serving = serving


_COLUMNS = "id, pipeline, environment, spec, started, ended, state, exit_code, params, summary"


def runs(
    store: Store, *, pipeline: str | None = None, environment: str | None = None, limit: int = 20
) -> list[RunRecord]:
    """Return the last runs, the newest first; of one pipeline, in one environment."""
    found = store.rows(
        f"SELECT {_COLUMNS} FROM runs WHERE (?1 IS NULL OR pipeline=?1) AND (?2 IS NULL OR environment=?2)"
        " ORDER BY id DESC LIMIT ?3",
        pipeline,
        environment,
        limit,
    )
    return [_run(store.layout, row) for row in found]


def one(store: Store, run: int) -> RunRecord:
    """Return one run.

    Raises:
        EngineError: there is none of that number.
    """
    found = store.rows(f"SELECT {_COLUMNS} FROM runs WHERE id=?", run)
    if not found:
        raise EngineError(NO_SUCH_RUN, f"there is no run {run}", "`mlpc runs` lists them", exit_code=USAGE)
    return _run(store.layout, found[0])


def _run(layout: Layout, row: tuple[Any, ...]) -> RunRecord:
    id, pipeline, environment, spec, started, ended, state, exit_code, params, summary = row
    if state == "running" and not is_held(layout.path("locks", str(id))):
        state = "died"
    return RunRecord(
        id,
        pipeline,
        environment,
        spec,
        started,
        ended,
        state,
        exit_code,
        json.loads(params),
        json.loads(summary),
    )


def steps(store: Store, run: int) -> list[StepRecord]:
    """Return what a run did with its steps, in the order in which they started."""
    found = store.rows(
        "SELECT node, state, started, seconds, attempts, log, error FROM steps WHERE run=? ORDER BY started, node",
        run,
    )
    return [
        StepRecord(node, state, started, seconds, attempts, log, json.loads(error) if error else None)
        for node, state, started, seconds, attempts, log, error in found
    ]


class RunDetails:
    """All that is known of a run: ``steps`` in the order of the plan, ``content`` as :mod:`mlpc_run.described` has it."""

    __slots__ = ("content", "run", "steps")

    def __init__(self, run: RunRecord, steps: list[StepRecord], content: dict[str, Any]) -> None:
        self.run = run
        self.steps = steps
        self.content = content

    def step(self, node: str) -> dict[str, Any]:
        """Return what was kept of a step: rows, messages, report, outputs; empty where there is none."""
        found: dict[str, Any] = (self.content.get("steps") or {}).get(node) or {}
        return found

    @property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """The figures that the gates were judged by, by step."""
        found: dict[str, dict[str, Any]] = self.run.summary.get("metrics") or {}
        return found

    @property
    def units(self) -> dict[str, dict[str, str]]:
        """What the figures count, by step and name, as :func:`mlpc_run.figures.figure` takes it."""
        nodes = (self.content.get("workflow") or {}).get("nodes") or ()
        return {
            node["id"]: {
                name: each["type"].get("base", "") for name, each in (node.get("figures") or {}).items()
            }
            for node in nodes
        }


def details(store: Store, run: int) -> RunDetails:
    """Return all that is known of a run.

    Raises:
        EngineError: there is none of that number.
    """
    found = one(store, run)
    content = described.read(store, run)
    order = {node["id"]: at for at, node in enumerate((content.get("workflow") or {}).get("nodes") or ())}
    listed = sorted(steps(store, run), key=lambda step: order.get(step.node, len(order)))
    return RunDetails(found, listed, content)


def status(store: Store) -> list[Status]:
    """Return how every pipeline stands in every environment that it ran in."""
    found = []
    for (last,) in store.rows("SELECT MAX(id) FROM runs GROUP BY pipeline, environment ORDER BY 1 DESC"):
        run = one(store, last)
        promoted = promotion.current(store, run.pipeline, run.environment)
        serving = promoted is not None and promoted.id in served(store.layout)
        found.append(Status(run.pipeline, run.environment, run, promoted, serving))
    return found


def served(layout: Layout) -> set[int]:
    """Return the promotions that living processes of `mlpc up` serve."""
    folder = layout.path("locks")
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return {
        int(name.split(".")[1])
        for name in names
        if name.startswith("up.") and is_held(os.path.join(folder, name))
    }


def logs(store: Store, node: str, *, run: int | None = None, attempt: int | None = None) -> str:
    """Return the path of a log: of a step's last attempt, in the last run that executed it, or as told.

    Raises:
        EngineError: there is no such log.
    """
    layout = store.layout
    folder = layout.path("logs")
    numbers = (
        [run]
        if run is not None
        else sorted(
            (int(name) for name in os.listdir(folder) if name.isdigit()) if os.path.isdir(folder) else (),
            reverse=True,
        )
    )
    for number in numbers:
        last = attempt
        if last is None:
            last = max(
                (each for name, each in _attempts(layout, number) if name == file_name(node)), default=None
            )
        if last is not None and os.path.exists(path := layout.log(number, node, last)):
            return path
    served_log = layout.path("logs", "up", f"{file_name(node)}.log")
    if run is None and os.path.exists(served_log):
        return served_log
    known = [name for (name,) in store.rows("SELECT DISTINCT node FROM steps ORDER BY node")]
    where = f" in run {run}" if run is not None else ""
    raise EngineError(
        NO_SUCH_RUN,
        f"there is no log of `{node}`{where}{did_you_mean(node, known) if node not in known else ''}",
        "a step that was cached or blocked ran nothing, and old logs are collected by `mlpc gc`",
        exit_code=USAGE,
    )


def _attempts(layout: Layout, run: int) -> list[tuple[str, int]]:
    folder = layout.path("logs", str(run))
    found = []
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        base, _, attempt = name.removesuffix(".log").rpartition(".")
        if attempt.isdigit():
            found.append((base, int(attempt)))
    return found
