"""What a run on a cluster came to: from the states of its tasks and what they told, the summary that `mlpc run` has.

A cluster tells of each task whether it ran, and nothing of what it measured. What tasks told lies in the object store; where
it cannot be read, whether a gate passed follows from what it held back, as far as that follows.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

#: States of steps in a summary.
RAN, CACHED, NOT_PASSED, FAILED, BLOCKED, SKIPPED = (
    "ran",
    "cached",
    "not-passed",
    "failed",
    "blocked",
    "skipped",
)
#: Of a step that could not say itself why it failed.
_NOT_TOLD = (
    "whether its pod was ended for want of memory, the API of Kubeflow does not tell: `kubectl describe pod` shows OOMKilled, "
    "and `resources { memory = … }` gives it more"
)
#: Exit statuses of the command: good, a gate was not passed, a step failed.
_GOOD, _FINDINGS, _STEP = 0, 1, 5


class Seen:
    """What is seen of a task: ``state`` is "", started, done, failed or skipped; moments are in seconds, ``text`` is what is
    known of why it failed, ``error`` what the step itself said of that.
    """

    __slots__ = ("ended", "error", "started", "state", "text")

    def __init__(
        self,
        state: str = "",
        started: float = 0.0,
        ended: float = 0.0,
        text: str = "",
        error: dict[str, Any] | None = None,
    ) -> None:
        self.error = error
        self.state = state
        self.started = started
        self.ended = ended
        self.text = text


class Outcomes:
    """``facts`` is the manifest, ``seen`` what is known of tasks by node, ``told`` what they left in the store."""

    def __init__(
        self,
        facts: Mapping[str, Any],
        seen: Mapping[str, Seen],
        told: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self._facts = facts
        self._seen = seen
        self._told = told
        self._gates = frozenset(facts["gates"])
        self._needs: Mapping[str, list[str]] = facts["needs"]
        self._given: dict[str, Any] = {}
        self._states: dict[str, tuple[str, list[str]]] = {}
        for each in told.values():
            self._given.update(each["given"])

    def passed(self, gate: str) -> bool | None:
        """Return whether a gate passed, or None where that cannot be known."""
        record = self.record(gate)
        if record:
            return bool(record.get("status") == "done")
        if self._seen[gate].state != "done":
            return None
        held = [node for node, needs in self._needs.items() if gate in needs]
        if any(self._seen[node].state in ("started", "done", "failed") for node in held):
            return True
        # What only this gate can have held back, and is held back, was held back by it.
        alone = [
            node
            for node in held
            if self._seen[node].state == "skipped"
            and all(each == gate or self._seen[each].state == "done" for each in self._needs[node])
            and not any(each in self._gates and each != gate for each in self._all(node))
        ]
        return False if alone else None

    def record(self, node: str) -> Mapping[str, Any]:
        """Return what a node told, or what one after it was told of it; empty where nothing is known."""
        own = self._told.get(node)
        found: Mapping[str, Any] = (own["record"] if own else None) or self._given.get(node) or {}
        return found

    def _all(self, node: str) -> set[str]:
        found: set[str] = set()
        waiting = [node]
        while waiting:
            for each in self._needs[waiting.pop()]:
                if each not in found:
                    found.add(each)
                    waiting.append(each)
        return found

    def states(self) -> dict[str, tuple[str, list[str]]]:
        """Return the state of every node when all is over, and what held it back."""
        if not self._states:
            for node in self._needs:
                self._settle(node, self._states)
        return self._states

    def _settle(self, first: str, found: dict[str, tuple[str, list[str]]]) -> None:
        waiting = [first]
        while waiting:
            node = waiting[-1]
            missing = [each for each in self._needs[node] if each not in found]
            if missing:
                waiting.extend(missing)
                continue
            waiting.pop()
            found[node] = self._state(node, found)

    def _state(self, node: str, found: Mapping[str, tuple[str, list[str]]]) -> tuple[str, list[str]]:
        seen = self._seen[node].state
        if seen == "failed":
            return FAILED, []
        if seen == "done":
            if node in self._gates:
                return (NOT_PASSED if self.passed(node) is False else RAN), []
            # Who told anything tells of all that ran: what is silent was taken from the cache.
            own = node in self._told or not self._told
            return (RAN if own else CACHED), []
        held = [each for each in self._needs[node] if found[each][0] not in (RAN, CACHED)]
        if not held and seen == "skipped":
            # One of those gates held it back of which nothing more is known.
            return BLOCKED, [each for each in self._needs[node] if each in self._gates]
        causes = list(dict.fromkeys(cause for each in held for cause in (found[each][1] or [each])))
        failed = any(found[each][0] in (FAILED, SKIPPED) for each in held)
        return (BLOCKED if held and not failed else SKIPPED), causes

    def summary(self, errors: list[str], *, ended: bool) -> dict[str, Any]:
        """Return the summary. ``errors`` say why the run failed beside its steps; ``ended`` that someone ended it.

        Beside the members of that of `mlpc run`, ``untold`` names the gates of which nobody tells whether they passed.
        """
        states = self.states()
        services, effects = self._facts["services"], self._facts["effects"]
        gates: list[dict[str, Any]] = []
        steps: list[dict[str, Any]] = []
        for node, (state, by) in states.items():
            if node in self._gates:
                verdicts = self.record(node).get("verdicts") or []
                judged = state in (RAN, NOT_PASSED)
                gates.append(
                    {"node": node, "passed": self.passed(node) if judged else None, "verdicts": verdicts}
                )
            elif node not in services:
                steps.append(self._step(node, state, by, ended=ended))
        failed = [node for node, (state, _) in states.items() if state == FAILED]
        good = (
            not errors
            and not ended
            and all(state in (RAN, CACHED) for state, _ in states.values())
            and all(gate["passed"] for gate in gates)
        )
        promotes = [node for node in states if node in services or node in effects]
        untold = [
            gate["node"]
            for gate in gates
            if gate["passed"] is None and self._seen[gate["node"]].state == "done"
        ]
        reasons = [*self._reasons(gates, failed), *errors]
        reasons += [
            f"`{node}` was judged, and the cluster does not tell whether it passed" for node in untold
        ]
        times = [seen for seen in self._seen.values() if seen.started and seen.ended]
        return {
            "pipeline": self._facts["pipeline"],
            "environment": self._facts["environment"],
            "steps": steps,
            "gates": gates,
            "promoted": promotes if good else [],
            "reasons": reasons if not good and (promotes or errors or failed or untold) else [],
            "seconds": max(each.ended for each in times) - min(each.started for each in times)
            if times
            else 0.0,
            "exit_code": _GOOD if good else _STEP if failed or errors or ended else _FINDINGS,
            "urls": {},
            "untold": untold,
        }

    def _step(self, node: str, state: str, by: list[str], *, ended: bool) -> dict[str, Any]:
        record = self.record(node) if state in (RAN, CACHED) else {}
        seen = self._seen[node]
        error = None
        if state == FAILED and seen.error is not None and not ended:
            error = seen.error
        elif state == FAILED:
            error = {
                "code": "MLP634" if ended else "MLP630",
                "name": "interrupted" if ended else "step-failed",
                "message": "the run was ended on the cluster" if ended else "the step failed on the cluster",
                "help": [*([seen.text] if seen.text else []), *([] if ended else [_NOT_TOLD])],
                "place": None,
                "final": False,
            }
        return {
            "node": node,
            "state": state,
            "by": by,
            "seconds": max(0.0, seen.ended - seen.started) if state in (RAN, FAILED) else 0.0,
            "started": seen.started,
            "attempts": record.get("attempts", 0),
            "metrics": record.get("metrics") or {},
            "rows": record.get("rows") or {},
            "messages": record.get("messages") or [],
            "report": record.get("report"),
            "effect": record.get("effect"),
            "error": error,
            "inputs": record.get("inputs") or {},
            "outputs": record.get("outputs") or {},
        }

    def _reasons(self, gates: list[dict[str, Any]], failed: list[str]) -> list[str]:
        found = []
        for gate in gates:
            if gate["passed"] is False:
                not_passed = [
                    verdict
                    for verdict in gate["verdicts"]
                    if not verdict["passed"] and verdict["severity"] != "warn"
                ]
                found += [f"`{gate['node']}`: {line(verdict)}" for verdict in not_passed]
                if not not_passed:
                    found.append(f"`{gate['node']}` did not pass")
        return found + [f"`{node}` failed" for node in failed]


def line(verdict: Mapping[str, Any]) -> str:
    """Return how one condition of a gate stands: its text, and the figures that it read."""
    name = f"{verdict['name']}: " if verdict.get("name") else ""
    text = " ".join(str(verdict["text"]).split())
    measured = verdict.get("reason") or ", ".join(
        str(figure["name"])
        + (f'["{figure["class"]}"]' if figure.get("class") is not None else "")
        + f" is {figure['value']}"
        for figure in verdict.get("figures") or ()
    )
    message = f": {verdict['message']}" if verdict.get("message") and not verdict["passed"] else ""
    return f"{name}{text}" + (f"  ({measured})" if measured else "") + message
