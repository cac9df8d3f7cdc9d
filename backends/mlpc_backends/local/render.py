"""The page that lies beside a plan."""

from __future__ import annotations

from mlpc.ir.nodes import Service, Task, Trigger, needs
from mlpc_backends.shared.markdown import cell, code, escaped
from mlpc_backends.shared.readme import shown

from .spec import PLAN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlpc.ir.nodes import Node, Workflow


def page(workflow: Workflow) -> str:
    """Return Markdown that says what the plan does, step by step."""
    lines = [f"# Plan of {code(workflow.name)}", ""]
    if workflow.doc:
        lines += [escaped(workflow.doc), ""]
    overlay = f" with the environment {code(workflow.environment)}" if workflow.environment else ""
    lines += [
        f"Made by `mlpc compile`{overlay}; do not edit. `{PLAN}` is the workflow in its canonical form,",
        "which `mlpc run` executes on one machine.",
        "",
        "| node | kind | what it does | waits for |",
        "|---|---|---|---|",
    ]
    lines += [_row(node) for node in workflow.nodes]
    if workflow.params:
        lines += ["", "| parameter | default |", "|---|---|"]
        lines += [f"| {cell(param.name)} | {cell(shown(param.default))} |" for param in workflow.params]
    return "\n".join(lines) + "\n"


def _row(node: Node) -> str:
    kind = type(node).__name__.lower().replace("fanout", "fan-out")
    if isinstance(node, Task | Service):
        action = node.action
        what = cell(f"{action.target}:{action.function}" if action.function else action.target)
    elif isinstance(node, Trigger):
        what = cell(f"{node.cron} {node.timezone}")
    else:
        what = ""
    waits = ", ".join(cell(id) for id in needs(node))
    return f"| {cell(node.id)} | {kind} | {what} | {waits} |"
