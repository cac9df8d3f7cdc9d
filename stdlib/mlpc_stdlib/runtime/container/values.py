"""The values that a node is given: run-time parameters read from text, arguments computed from figures."""

from __future__ import annotations

import json

from .. import codes, conditions
from ..contract import StepError, did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .graph import Graph
    from .store import Store

#: What a value is counted in, by the base of its type.
_UNITS = {"duration": "seconds", "size": "bytes", "frequency": "hertz", "power": "watts", "energy": "joules"}
_NUMBERS = {"int", "float", "money", *_UNITS}


def parameters(graph: Graph, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the value of every run-time parameter: its default, or what ``texts`` says.

    Raises:
        StepError: a parameter that the pipeline does not have, or a value that does not fit.
    """
    for name in texts:
        if name not in graph.params:
            raise StepError(
                codes.BAD_PARAMETER,
                f"the pipeline `{graph.name}` has no parameter `{name}`{did_you_mean(name, list(graph.params))}",
                "it has: " + ", ".join(f"`{each}`" for each in graph.params)
                if graph.params
                else "it has none",
            )
    return {
        name: parse(name, param["type"], texts[name]) if name in texts else param["default"]
        for name, param in graph.params.items()
    }


def parse(name: str, type: Mapping[str, Any], text: str) -> Any:
    """Return the value of the parameter ``name`` that ``text`` stands for.

    Texts stand for themselves, everything else as in JSON; a number with a unit is in its SI base unit.

    Raises:
        StepError: it does not fit the parameter's type.
    """
    base = type["base"]
    if base not in _NUMBERS and base not in ("bool", "list", "map", "tensor"):
        if base == "enum" and text not in type["choices"]:
            raise _wrong(name, text, "one of " + ", ".join(f"`{choice}`" for choice in type["choices"]))
        return text
    try:
        value = json.loads(text, parse_constant=_refuse)
    except ValueError:
        raise _wrong(name, text, _wanted(type)) from None
    if base == "bool":
        fits = isinstance(value, bool)
    elif base in _NUMBERS:
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        if fits and base == "int" and isinstance(value, float):
            fits, value = value.is_integer(), int(value)
        fits = fits and _within(type, value)
    else:
        fits = isinstance(value, dict if base == "map" else list)
    if not fits:
        raise _wrong(name, text, _wanted(type))
    return value


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _within(type: Mapping[str, Any], value: float) -> bool:
    low, high = type.get("min"), type.get("max")
    if low is not None and (value < low or (value == low and type.get("min_open"))):
        return False
    return high is None or value < high or (value == high and not type.get("max_open"))


def _wanted(type: Mapping[str, Any]) -> str:
    base = str(type["base"])
    what = {
        "bool": "true or false",
        "int": "a whole number",
        "list": "a list in JSON",
        "map": "an object in JSON",
    }
    said = what.get(base, "a number" + (f" of {_UNITS[base]}" if base in _UNITS else ""))
    if type.get("min") is not None:
        said += f" {'>' if type.get('min_open') else '>='} {conditions.text(type['min'])}"
    if type.get("max") is not None:
        said += f" {'and ' if type.get('min') is not None else ''}{'<' if type.get('max_open') else '<='} "
        said += conditions.text(type["max"])
    return said


def _wrong(name: str, text: str, wanted: str) -> StepError:
    return StepError(codes.BAD_PARAMETER, f"the parameter `{name}` cannot be `{text}`: it is {wanted}")


def arguments(
    graph: Graph, node: str, store: Store, params: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the arguments of ``node`` with everything computed, and names of secrets by argument.

    Raises:
        StepError: one cannot be computed.
    """
    measured = figures(graph, node, store)
    computed: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    for name, value in graph.nodes[node]["arguments"].items():
        if isinstance(value, dict) and len(value) == 1 and isinstance(value.get("secret"), str):
            secrets[name] = value["secret"]
            continue
        try:
            made = conditions.evaluate(value, measured, params)
        except conditions.NoValue as problem:
            raise StepError(codes.INVALID_TASK, f"`{name}` of `{node}` has no value: {problem}") from None
        computed[name] = [made.low, made.high] if isinstance(made, conditions.Range) else made
    return computed, secrets


def figures(graph: Graph, node: str, store: Store) -> dict[str, dict[str, Any]]:
    """Return the figures of all that ``node`` waits for, by node."""
    return {
        each: record.get("metrics") or {}
        for each in graph.needs(node)
        if (record := store.record(each)) is not None
    }


def without_docs(type: Any) -> Any:
    """Return a type without doc comments, on which what a task computes may not depend."""
    if isinstance(type, list):
        return [without_docs(item) for item in type]
    if isinstance(type, dict):
        return {name: without_docs(item) for name, item in type.items() if name != "doc"}
    return type
