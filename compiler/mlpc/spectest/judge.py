"""Whether what a test expects follows from what it gives.

Three answers: it follows, it does not, or it is not known, because a figure that decides is neither given nor estimated. A test
passes when every expectation follows.
"""

from __future__ import annotations

from .. import codes
from ..check.values import shown
from ..ir.nodes import Gate, Task, Trigger, needs
from .logic import UNKNOWN, Figures, evaluate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..check.facts import Expectation, TypedTest
    from ..codes import Code
    from ..ir.nodes import Node, Workflow

PASSED, FAILED, UNDECIDED = "passed", "failed", "undecided"
#: Lines that are said about one expectation at most.
_MOST = 8


class Outcome:
    """How one expectation ends; ``notes`` show the values, ``code`` says that something is not estimated, where that is why."""

    __slots__ = ("code", "expectation", "notes", "state")

    def __init__(self, expectation: Expectation, state: str, notes: list[str], code: Code | None) -> None:
        self.expectation = expectation
        self.state = state
        self.notes = notes
        self.code = code


class Result:
    """How one test ends."""

    __slots__ = ("outcomes", "test")

    def __init__(self, test: TypedTest, outcomes: list[Outcome]) -> None:
        self.test = test
        self.outcomes = outcomes

    @property
    def state(self) -> str:
        """`failed` where one expectation does not hold, else `undecided` where one is not known, else `passed`."""
        states = [outcome.state for outcome in self.outcomes]
        return FAILED if FAILED in states else UNDECIDED if UNDECIDED in states else PASSED


def judge(test: TypedTest, workflow: Workflow) -> Result:
    """Return how ``test`` ends by ``workflow``, which is that of its environment."""
    judging = _Judge(test, workflow)
    return Result(test, [judging.outcome(expectation) for expectation in test.expectations])


class _Judge:
    __slots__ = ("figures", "nodes", "runs", "why", "workflow")

    def __init__(self, test: TypedTest, workflow: Workflow) -> None:
        self.workflow = workflow
        self.nodes: dict[str, Node] = {node.id: node for node in workflow.nodes}
        params = {param.name: param.default for param in workflow.params if not param.trigger}
        params.update(test.params)
        self.runs: dict[str, Any] = {}
        #: Why a node does not run, or why that is not known.
        self.why: dict[str, list[str]] = {}
        self.figures = Figures(test.figures, params, self.runs, test.written)
        for node in workflow.nodes:
            self._decide(node, test.runs.get(node.id))

    def _decide(self, node: Node, given: bool | None) -> None:
        """Decide whether ``node`` runs; of a gate, whether it passes. Nodes stand after what they need."""
        if isinstance(node, Trigger):
            self.runs[node.id] = True
            return
        if given is not None:
            self.runs[node.id] = given
            self.why[node.id] = [f"it is given that `{node.id}` {'runs' if given else 'does not run'}"]
            return
        answer: Any = True
        why: list[str] = []
        for id in needs(node):
            above = self.runs.get(id, True)
            if above is True:
                continue
            if above is False and answer is not False:
                answer, why = False, []  # what is not known does not matter any more
            if above is answer or answer is True:
                answer = above
                why += self.why.get(id, ())
        if isinstance(node, Gate) and answer is True:
            answer, why = self._gate(node)
        elif isinstance(node, Task) and answer is True and node.labels.get("kind") == "choice":
            answer, why = self._choice(node)
        self.runs[node.id] = answer
        self.why[node.id] = list(dict.fromkeys(why))

    def _choice(self, node: Task) -> tuple[Any, list[str]]:
        """Decide whether a choice has a candidate that may be chosen; without one nothing that takes it runs."""
        passed = node.arguments["passed"]
        self.figures.missing.clear()
        found = [evaluate(each, self.figures) for each in (passed if isinstance(passed, list) else [passed])]
        if True in found:
            return True, []
        if UNKNOWN in found:
            missing = dict.fromkeys(self.figures.missing)
            return UNKNOWN, [
                f"`{node.id}` chooses among candidates that pass, but `{name}` is not given"
                for name in missing
            ]
        read = ", ".join(f"{name} is {shown(value, None)}" for name, value in self.figures.read(passed))
        return False, [
            f"`{node.id}` has nothing to choose: no candidate passes" + (f", {read}" if read else "")
        ]

    def _gate(self, gate: Gate) -> tuple[Any, list[str]]:
        answer: Any = True
        why: list[str] = []
        for condition in gate.conditions:
            if condition.severity != "error":
                continue
            self.figures.missing.clear()
            holds = evaluate(condition.expr, self.figures)
            if holds is True:
                continue
            read = self.figures.read(condition.expr)
            if holds is UNKNOWN:
                answer = answer if answer is False else UNKNOWN
                missing = self.figures.missing or [name for name, value in read if value is UNKNOWN]
                why += [
                    f"`{gate.id}` judges `{condition.text}`, but `{name}` is not given" for name in missing
                ]
            else:
                answer = False
                figures = ", ".join(f"{name} is {shown(value, None)}" for name, value in read)
                said = f", but {figures}" if figures else ""
                why.append(f"`{gate.id}` does not pass: `{condition.text}`{said}")
        if answer is False:
            why = [line for line in why if "does not pass" in line]
        return answer, why

    def outcome(self, expectation: Expectation) -> Outcome:
        """Return how ``expectation`` ends."""
        self.figures.missing.clear()
        self.figures.unknown.clear()
        found = evaluate(expectation.expr, self.figures)
        unknown = dict(self.figures.unknown)
        if found is True:
            return Outcome(expectation, PASSED, [], None)
        notes: list[str] = []
        for part in expectation.parts:
            expr = part.value.to_json()
            value = evaluate(expr, self.figures)
            if value is UNKNOWN:
                notes.append(f"{part.text} is not known")
            else:
                notes.append(f"{part.text} is {shown(value, part.value.type)}")
            if isinstance(expr, dict) and "runs" in expr:
                notes += [f"  {line}" for line in self.why.get(str(expr["runs"]), ())]
        notes += [f"  {line}" for line in unknown.values()]
        if found is UNKNOWN:
            notes += [
                f"  `{name}` is not given: add `given {name} = …`"
                for name in dict.fromkeys(self.figures.missing)
                if f"`{name}` is not given" not in "\n".join(notes)
            ]
        code = codes.NO_ESTIMATE if found is UNKNOWN and any(self.figures.without_estimate) else None
        self.figures.without_estimate.clear()
        state = UNDECIDED if found is UNKNOWN else FAILED
        return Outcome(expectation, state, notes[:_MOST], code)
