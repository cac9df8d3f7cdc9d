"""What differs between two runs, from their records: values, figures, gates, artefacts, times, and what they ran in."""

from __future__ import annotations

import json
import re

from .figures import is_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .records import RunDetails

    Flat = dict[str, Any]

_COMPARED = re.compile(r".*?(?:>=|<=|==|!=|<|>|\bin\b)")
_PINNED = re.compile(r"\s*([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*==\s*([^;\s]+)")

#: What the name of the value ends with that says of what component a block is.
_KIND = ": component"


class Difference:
    """One thing that is not the same: None where there is none. ``unit`` is what a figure counts."""

    __slots__ = ("after", "before", "name", "unit")

    def __init__(self, name: str, before: Any, after: Any, unit: str = "") -> None:
        self.name = name
        self.unit = unit
        self.before = before
        self.after = after

    @property
    def change(self) -> float | None:
        """How much larger the second is; None where one of them is no number."""
        if is_number(self.before) and is_number(self.after):
            return float(self.after) - float(self.before)
        return None

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        made = {"name": self.name, "before": self.before, "after": self.after}
        return made if self.change is None else {**made, "change": self.change}


class Compared:
    """What differs; ``same`` says of how many things by section that they are the same in both.

    ``values`` are those of the spec and of its params, ``metrics`` by step, name and class; ``gates`` tell whether a condition
    was met; ``artefacts`` hold digests, ``times`` the seconds of steps that ran in both, ``environment`` versions.
    """

    SECTIONS = ("values", "metrics", "gates", "artefacts", "times", "environment")

    __slots__ = ("after", "artefacts", "before", "environment", "gates", "metrics", "same", "times", "values")

    def __init__(self, before: RunDetails, after: RunDetails) -> None:
        self.before = before
        self.after = after
        self.same: dict[str, int] = {}
        whole = bool(before.content and after.content)
        values = [_values(each) if whole else _params(each) for each in (before, after)]
        self.values = self._of("values", *_without_gone(*values))
        units = {**_units(before), **_units(after)}
        self.metrics = self._of("metrics", _metrics(before), _metrics(after), units)
        self.gates = self._of("gates", _gates(before), _gates(after))
        made = [_artefacts(each) if whole else {} for each in (before, after)]
        self.artefacts = self._of("artefacts", *made)
        took = _times(before), _times(after)
        both = [name for name in took[0] if name in took[1]]
        self.times = self._of("times", *({name: each[name] for name in both} for each in took))
        ran_in = [_environment(each) if whole else {} for each in (before, after)]
        self.environment = self._of("environment", *ran_in)

    def _of(
        self, section: str, before: Flat, after: Flat, units: Mapping[str, str] | None = None
    ) -> list[Difference]:
        names = [*before, *(name for name in after if name not in before)]
        found = [
            Difference(name, before.get(name), after.get(name), (units or {}).get(name.partition("[")[0], ""))
            for name in names
            if before.get(name) != after.get(name)
        ]
        self.same[section] = len(names) - len(found)
        return found

    @property
    def sections(self) -> dict[str, list[Difference]]:
        """The differences by section."""
        return {name: getattr(self, name) for name in self.SECTIONS}

    @property
    def is_same(self) -> bool:
        """Whether nothing differs but times."""
        return not any(found for name, found in self.sections.items() if name != "times")

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {
            "before": _run(self.before),
            "after": _run(self.after),
            **{name: [each.to_json() for each in found] for name, found in self.sections.items()},
            "same": self.same,
        }


def _run(details: RunDetails) -> dict[str, Any]:
    run = details.run
    return {
        "id": run.id,
        "pipeline": run.pipeline,
        "environment": run.environment,
        "state": run.state,
        "started": run.started,
        "seconds": run.ended - run.started if run.ended is not None else None,
    }


def _params(details: RunDetails) -> Flat:
    run = details.run
    found: Flat = {"pipeline": run.pipeline}
    if run.environment:
        found["environment of the spec"] = run.environment
    found.update({f"param {name}": _plain(value) for name, value in run.params.items()})
    return found


def _without_gone(before: Flat, after: Flat) -> tuple[Flat, Flat]:
    """Return values without those of blocks that only one run has: that it has the block says it all."""
    kinds = [{name.removesuffix(_KIND) for name in each if name.endswith(_KIND)} for each in (before, after)]
    gone = tuple(mark for id in kinds[0] ^ kinds[1] for mark in (f"{id}.", f"{id}: "))

    def kept(given: Flat) -> Flat:
        return {
            name: value
            for name, value in given.items()
            if not gone or not name.startswith(gone) or (name.endswith(_KIND) and value is not None)
        }

    return kept(before), kept(after)


def _values(details: RunDetails) -> Flat:
    """Return every value that decides what a run does, under a name that a person knows from the spec."""
    found = _params(details)
    for node in (details.content.get("workflow") or {}).get("nodes") or ():
        id = node["id"]
        labels = node.get("labels") or {}
        found[f"{id}{_KIND}"] = labels.get("component") or labels.get("kind") or node["kind"]
        for name, value in (node.get("arguments") or {}).items():
            found[f"{id}.{name}"] = _plain(value)
        for port, given in (node.get("inputs") or {}).items():
            found[f"{id}.{port}"] = _sources(given)
        for name in ("resources", "retry"):
            for key, value in (node.get(name) or {}).items():
                if value:
                    found[f"{id}.{name}.{key}"] = _plain(value)
        for name in ("timeout", "seed", "replicas", "cron", "timezone", "requirements"):
            if name in node and f"{id}.{name}" not in found:
                found[f"{id}.{name}"] = _plain(node[name])
        for name in ("conditions", "levels"):
            for condition in node.get(name) or ():
                text = " ".join(str(condition["text"]).split())
                found[f"{id}: require {_left(condition)}"] = text + (
                    " (warns only)" if condition.get("severity") == "warn" else ""
                )
        for port, output in (node.get("outputs") or {}).items():
            schema = (output.get("type") or {}).get("schema") or {}
            for column in schema.get("columns") or ():
                told = {key: value for key, value in column.items() if key not in ("name", "doc")}
                found[f"{id}.{port}: column {column['name']}"] = _plain(told)
    return {name: value for name, value in found.items() if value is not None}


def _plain(value: Any) -> Any:
    """Return a value as it is shown: texts, numbers and nothing as they are, all else as JSON."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, dict) and set(value) == {"param"}:
        return f"the param {value['param']}"
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _sources(given: dict[str, Any]) -> str:
    return ", ".join(
        str(source.get("location") or f"{source.get('node')}.{source.get('port')}")
        for source in given.get("sources") or ()
    )


def _left(condition: dict[str, Any]) -> str:
    """Return what makes a condition the same one though its bound is another: its name, or all before the bound."""
    text = " ".join(str(condition["text"]).split())
    left = _COMPARED.match(text)
    return str(condition.get("name") or (left[0] if left is not None else text))


def _metrics(details: RunDetails) -> Flat:
    found: Flat = {}
    for step, metrics in details.metrics.items():
        for name, value in metrics.items():
            if isinstance(value, dict):
                for key, item in value.items():
                    found[f"{step}.{name}" + (f"[{key}]" if key else "")] = item
            else:
                found[f"{step}.{name}"] = value
    return found


def _units(details: RunDetails) -> dict[str, str]:
    return {
        f"{step}.{name}": unit for step, figures in details.units.items() for name, unit in figures.items()
    }


def _gates(details: RunDetails) -> Flat:
    """Return whether each condition was met, by what it measures: a bound that was moved is told with the values."""
    found: Flat = {}
    for gate in details.run.summary.get("gates") or ():
        for verdict in gate["verdicts"]:
            found[f"{gate['node'].removesuffix('.gate')}: {_left(verdict)}"] = met(verdict)
    return found


def met(verdict: Mapping[str, Any]) -> str:
    """Return how a condition of a gate came out, in words."""
    if verdict["passed"]:
        return "met"
    return "missed, warns only" if verdict.get("severity") == "warn" else "missed"


def _artefacts(details: RunDetails) -> Flat:
    return {
        f"{step.node}.{port}": told["digest"]
        for step in details.steps
        for port, told in (details.step(step.node).get("outputs") or {}).items()
    }


def _times(details: RunDetails) -> Flat:
    """Return the seconds of steps; those of one that was cached are not of this run."""
    found: Flat = {step.node: step.seconds for step in details.steps if step.state in ("ran", "not-passed")}
    if details.run.ended is not None:
        found["the whole run"] = details.run.ended - details.run.started
    return found


def _environment(details: RunDetails) -> Flat:
    content = details.content
    found: Flat = {name: _plain(value) for name, value in (content.get("environment") or {}).items()}
    versions: dict[str, dict[str, list[str]]] = {}
    for each in content.get("sets") or ():
        for package in each.get("packages") or ():
            pinned = _PINNED.match(str(package))
            if pinned is not None:
                # One that is another for another Python or system is locked several times.
                for step in each["steps"]:
                    versions.setdefault(pinned[1], {}).setdefault(step, []).append(pinned[2])
    for name, steps in sorted(versions.items()):
        told = {step: " or ".join(each) for step, each in steps.items()}
        if len(set(told.values())) == 1:
            found[name] = next(iter(told.values()))
        else:
            found.update({f"{name} of {step}": version for step, version in told.items()})
    return found
