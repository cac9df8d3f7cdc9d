"""The values that a node is given: run-time parameters read from text, arguments computed from figures."""

from __future__ import annotations

import json

from .. import codes, conditions, refinements
from ..contract import StepError, did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .graph import Graph
    from .store import Store


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
        if name in texts or not param.get("trigger")
    }


def _unfit(problem: conditions.Unfit) -> StepError:
    """Return the error for a value that came to what its type does not allow."""
    return StepError(codes.VALUE_DOES_NOT_FIT, str(problem), problem.help, problem.place)


def parse(name: str, type: Mapping[str, Any], text: str) -> Any:
    """Return the value of the parameter ``name`` that ``text`` stands for.

    Texts stand for themselves, everything else as in JSON; a number with a unit is in its SI base unit.

    Raises:
        StepError: it does not fit the parameter's type.
    """
    base = type["base"]
    if base not in refinements.NUMBERS and base not in ("bool", "list", "map", "tensor"):
        if not refinements.fits(type, text):
            raise _wrong(name, text, type)
        return text
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise _wrong(name, text, type) from None
    if not refinements.fits(type, value):
        raise _wrong(name, text, type)
    return int(value) if base == "int" else value


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _wrong(name: str, text: str, type: Mapping[str, Any]) -> StepError:
    wanted = refinements.wanted(type)
    if type["base"] in ("list", "tensor", "map"):
        wanted = wanted.replace("a list", "a list in JSON", 1).replace("a map", "an object in JSON", 1)
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
        except conditions.Unfit as problem:
            raise _unfit(problem) from None
        except conditions.NoValue as problem:
            raise StepError(
                codes.INVALID_TASK,
                f"`{name}` of `{node}` has no value: {problem}",
                "the time of a schedule is told by `mlpc submit`; by hand it is given like any parameter"
                if any(param.get("trigger") for param in graph.params.values())
                else (),
            ) from None
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
