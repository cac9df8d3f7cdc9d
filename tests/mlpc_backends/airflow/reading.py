"""Reads a DAG file back without Airflow: by Python's own parser, templates by Jinja."""

from __future__ import annotations

import ast
from typing import Any

from jinja2.sandbox import SandboxedEnvironment


def tree(file: bytes) -> ast.Module:
    return ast.parse(file.decode("ascii"))


def skeleton(file: bytes) -> str:
    """The structure of a file: everything but what its literals say."""
    found = tree(file)
    for node in ast.walk(found):
        if isinstance(node, ast.Constant):
            node.value = type(node.value).__name__
    return ast.dump(found)


def texts(file: bytes) -> set[str]:
    """Every text that a literal of the file holds."""
    found = [node.value for node in ast.walk(tree(file)) if isinstance(node, ast.Constant)]
    return {value for value in found if isinstance(value, str)}


def calls(file: bytes, name: str) -> list[dict[str, Any]]:
    """The arguments of every call of ``name``: positional ones by number, keywords by name."""
    found = []
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            given: dict[str, Any] = {str(number): value(item) for number, item in enumerate(node.args)}
            for keyword in node.keywords:
                given.update({keyword.arg: value(keyword.value)} if keyword.arg else value(keyword.value))
            found.append(given)
    return found


def value(node: ast.expr) -> Any:
    """A literal as it is, a list or an object of such, a call as its arguments, anything else as source."""
    if isinstance(node, ast.List):
        return [value(item) for item in node.elts]
    if isinstance(node, ast.Dict):
        return {value(key): value(item) for key, item in zip(node.keys, node.values, strict=True) if key}
    if isinstance(node, ast.Call):
        return {
            str(keyword.arg) if keyword.arg else "**": value(keyword.value) for keyword in node.keywords
        } | {str(number): value(item) for number, item in enumerate(node.args)}
    try:
        return ast.literal_eval(node)
    except ValueError:
        return ast.unparse(node)


def steps(file: bytes) -> dict[str, dict[str, Any]]:
    """The arguments of every step, by its task id."""
    return {step["task_id"]: step for step in calls(file, "Step")}


def waits(file: bytes) -> dict[str, list[str]]:
    """What each step waits for, by task id."""
    found: dict[str, list[str]] = {id: [] for id in steps(file)}
    for node in ast.walk(tree(file)):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Subscript(slice=step), attr="set_upstream"),
                args=[ast.List(elts=others)],
            ):
                found[ast.literal_eval(step)] = [
                    ast.literal_eval(other.slice) for other in others if isinstance(other, ast.Subscript)
                ]
    return found


class _Variables:
    class value:
        @staticmethod
        def get(key: str, default: str) -> str:
            return default


def rendered(template: str, **params: Any) -> str:
    """What Airflow makes of a template: no variable is set, the DAG file lies in `/dags`."""
    context = {
        "params": params,
        "run_id": "run",
        "ti": type("", (), {"try_number": 1}),
        "var": _Variables,
        "folder": "/dags",
    }
    return SandboxedEnvironment(cache_size=0).from_string(template).render(context)
