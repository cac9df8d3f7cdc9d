"""What happens during a run, as it happens: plain objects for whoever shows it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

RUN_STARTED = "run-started"
NOTE = "note"
QUEUED = "queued"
STARTED = "started"
CACHED = "cached"
RETRY = "retry"
FINISHED = "finished"
NOT_PASSED = "not-passed"
FAILED = "failed"
BLOCKED = "blocked"
SKIPPED = "skipped"
LOG = "log"
MESSAGE = "message"
ENVIRONMENT = "environment"
GATE = "gate"
PROMOTED = "promoted"
NOT_PROMOTED = "not-promoted"
SERVICE_READY = "service-ready"
SERVICE_ENDED = "service-ended"
INTERRUPTED = "interrupted"
RUN_FINISHED = "run-finished"


class Event:
    """One thing that happened. ``node`` is the step it happened to, or empty; ``text`` says it in a few words.

    ``data`` by kind:

    ==================  ===========================================================================
    ``run-started``     ``run`` (number), ``pipeline``, ``environment``, ``steps`` (ids, in order)
    ``note``            nothing; ``text`` is for the person
    ``queued``          ``why``: list of reasons why the step is to run
    ``started``         ``attempt``, ``of`` (attempts in all), ``log`` (path), ``why``
    ``cached``          ``seconds`` (that the step took when it ran)
    ``retry``           ``attempt`` (that failed), ``of``, ``wait`` (seconds), ``error``
    ``finished``        ``seconds``, ``attempts``, ``metrics``, ``units`` (what they count, by name)
    ``not-passed``      the same; the step itself found that a gate does not hold
    ``failed``          ``seconds``, ``attempts``, ``log``, ``error`` (as in the step contract)
    ``blocked``         ``by``: gates and steps that hold the step back
    ``skipped``         ``by``: steps whose output it needs and that did not finish
    ``log``             ``attempt``; ``text`` is a line that the step printed, masked
    ``message``         ``level``; ``text`` is what the step has to say to the person
    ``environment``     ``environment`` (its name), ``detail`` (whether it is about one package); ``text`` is progress
    ``gate``            ``passed``, ``verdicts`` (see ``mlpc_stdlib.runtime.conditions.judge``)
    ``promoted``        ``services``, ``effects`` (ids), ``new`` (false: the same as before)
    ``not-promoted``    ``reasons``: list of texts
    ``service-ready``   ``url``, ``pid``
    ``service-ended``   ``status``
    ``interrupted``     nothing
    ``run-finished``    ``exit_code``, ``seconds``
    ==================  ===========================================================================
    """

    __slots__ = ("data", "kind", "node", "text")

    def __init__(self, kind: str, node: str = "", text: str = "", **data: Any) -> None:
        self.kind = kind
        self.node = node
        self.text = text
        self.data = data

    def __repr__(self) -> str:
        inside = "".join(f", {name}={value!r}" for name, value in self.data.items())
        return f"Event({self.kind!r}, {self.node!r}, {self.text!r}{inside})"
