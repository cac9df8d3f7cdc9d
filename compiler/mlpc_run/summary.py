"""What a run came to, and what a run would do."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

RAN, CACHED, NOT_PASSED, FAILED, BLOCKED, SKIPPED = (
    "ran",
    "cached",
    "not-passed",
    "failed",
    "blocked",
    "skipped",
)


class Options:
    """How to run.

    ``jobs``: steps at once (None: as many as there are processors); ``only``: these nodes and what they need;
    ``from_``: these nodes and what follows them, whether or not a result is known; ``isolation``: an environment for
    each step, else the one that mlpc is in; ``offline``: fetch nothing; ``others``: names of environments of
    the spec that may be named in help.
    """

    __slots__ = ("from_", "isolation", "jobs", "offline", "only", "others")

    def __init__(
        self,
        jobs: int | None = None,
        only: tuple[str, ...] = (),
        from_: tuple[str, ...] = (),
        isolation: bool = True,
        offline: bool = False,
        others: tuple[str, ...] = (),
    ) -> None:
        self.jobs = jobs
        self.only = only
        self.from_ = from_
        self.isolation = isolation
        self.offline = offline
        self.others = others


class Step:
    """What came of one task: ``state`` is ran, cached, not-passed, failed, blocked or skipped.

    ``seconds`` is the time it took when it ran (for a cached one: then); ``outputs`` are paths of artefacts by
    port; ``error`` the ``error`` object of the step contract; ``by`` what held it back; ``why`` the reasons
    why it ran.
    """

    __slots__ = (
        "node",
        "state",
        "seconds",
        "attempts",
        "log",
        "key",
        "metrics",
        "rows",
        "messages",
        "report",
        "effect",
        "error",
        "outputs",
        "by",
        "why",
        "started",
    )

    def __init__(self, node: str, state: str) -> None:
        self.node = node
        self.state = state
        self.seconds = 0.0
        self.attempts = 0
        self.log = ""
        self.key = ""
        self.metrics: dict[str, Any] = {}
        self.rows: dict[str, int] = {}
        self.messages: list[dict[str, str]] = []
        self.report: Any = None
        self.effect: dict[str, Any] | None = None
        self.error: dict[str, Any] | None = None
        self.outputs: dict[str, str] = {}
        self.by: list[str] = []
        self.why: list[str] = []
        self.started = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {name: getattr(self, name) for name in self.__slots__}


class GateResult:
    """How a gate was judged; ``passed`` is None where a figure could not be measured because a step failed."""

    __slots__ = ("node", "passed", "verdicts")

    def __init__(self, node: str, passed: bool | None, verdicts: list[dict[str, Any]]) -> None:
        self.node = node
        self.passed = passed
        self.verdicts = verdicts

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {name: getattr(self, name) for name in self.__slots__}


class Summary:
    """What a run came to.

    ``run`` is its number; ``steps`` and ``gates`` stand in the order of the plan; ``promoted`` names services and steps
    with an effect that are promoted by this run, ``new`` says whether that differs from before; ``reasons`` says why
    something was not promoted; ``artefacts`` are paths that stay, by node and port; ``exit_code`` is the status
    for the command: 0, 1 (a gate was not passed), 4, 5 (a step failed) or 130.
    """

    __slots__ = (
        "run",
        "pipeline",
        "environment",
        "steps",
        "gates",
        "promoted",
        "new",
        "reasons",
        "notes",
        "artefacts",
        "seconds",
        "exit_code",
    )

    def __init__(self, run: int, pipeline: str, environment: str) -> None:
        self.run = run
        self.pipeline = pipeline
        self.environment = environment
        self.steps: list[Step] = []
        self.gates: list[GateResult] = []
        self.promoted: list[str] = []
        self.new = False
        self.reasons: list[str] = []
        self.notes: list[str] = []
        self.artefacts: dict[str, dict[str, str]] = {}
        self.seconds = 0.0
        self.exit_code = 0

    def step(self, node: str) -> Step:
        """Return what came of a task.

        Raises:
            KeyError: it was not part of the run.
        """
        for each in self.steps:
            if each.node == node:
                return each
        raise KeyError(node)

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        made = {name: getattr(self, name) for name in self.__slots__}
        made["steps"] = [step.to_json() for step in self.steps]
        made["gates"] = [gate.to_json() for gate in self.gates]
        return made


class Planned:
    """What ``run`` would do with a task: ``action`` is ``run``, ``cached``, ``verify`` (its effect is asked for first)
    or ``unknown`` (it depends on what a step before it will produce); ``why`` gives the reasons.
    """

    __slots__ = ("action", "node", "why")

    def __init__(self, node: str, action: str, why: list[str]) -> None:
        self.node = node
        self.action = action
        self.why = why
