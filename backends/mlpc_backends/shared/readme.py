"""Parts of the page that lies in an output directory."""

from __future__ import annotations

from mlpc.ir.nodes import FanOut, Gate, Service, Task, Trigger

from .markdown import cell, code, escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlpc.ir.nodes import Json, Node, Workflow

    from .images import Image


def head(workflow: Workflow, target: str) -> list[str]:
    """Return the lines that say what this is."""
    lines = [f"# {code(workflow.name)} on {target}", ""]
    if workflow.doc:
        lines += [escaped(workflow.doc), ""]
    overlay = f" with the environment {code(workflow.environment)}" if workflow.environment else ""
    return [*lines, f"Made by `mlpc compile`{overlay}; do not edit, but compile anew.", ""]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a table; cells are Markdown already."""
    return [
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
    ]


def stores(told: Mapping[str, Sequence[str]], *how: str) -> list[str]:
    """Return the lines on object stores: ``how`` variables reach the nodes that are ``told`` them; none where none is."""
    if not told:
        return []
    return [
        "## Object stores",
        "",
        *how,
        "",
        *table(
            ("variable", "for"),
            ((code(name), ", ".join(cell(id) for id in nodes)) for name, nodes in told.items()),
        ),
        "What they hold is written down nowhere. An endpoint (`AWS_ENDPOINT_URL`) has to be reached from a container,",
        "where `localhost` is the container itself.",
        "",
    ]


def images(planned: Iterable[Image]) -> list[str]:
    """Return the lines on images, and on wheels that their builds do not find by themselves."""
    return [
        "## Images",
        "",
        *table(
            ("image", "for", "packages"),
            (
                (
                    cell(image.tag),
                    ", ".join(cell(id) for id in image.nodes) or "beside the steps",
                    ("locked: " if image.locked and image.requirements else "")
                    + ", ".join(cell(each) for each in image.requirements),
                )
                for image in planned
            ),
        ),
        "`mlpc build` takes wheels that no index has from the folders that `PIP_FIND_LINKS` names. Who builds without it puts",
        "them beside the `requirements.txt` of their image before.",
        "",
    ]


def kind(node: Node) -> str:
    """Return what a node is called on a page."""
    names = {Task: "task", Gate: "gate", Service: "service", FanOut: "fan-out", Trigger: "trigger"}
    return names[type(node)]


def does(node: Node) -> str:
    """Return what a node runs, as a cell."""
    if isinstance(node, Task | Service):
        action = node.action
        return cell(f"{action.target}:{action.function}" if action.function else action.target)
    if isinstance(node, Gate):
        return ", ".join(cell(condition.text) for condition in node.conditions)
    return cell(f"{node.cron} {node.timezone}") if isinstance(node, Trigger) else ""


def shown(value: Json) -> str:
    """Return a value as a page shows it: a text as it is, anything else as JSON, nothing where there is none."""
    import json

    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
