"""`mlpc graph`."""

from __future__ import annotations

import sys

import click

from mlpc_cli import errors
from mlpc_cli.options import Command, environment, optional_file, project
from mlpc_cli.spec import compile_spec
from mlpc_cli.terminal import emit


@click.command(
    cls=Command,
    examples=[
        ("mlpc graph main.mlp", "a tree on the terminal"),
        ("mlpc graph main.mlp --format mermaid", "for a Markdown page"),
        ("mlpc graph main.mlp --format dot | dot -Tsvg > graph.svg", "a picture, by Graphviz"),
    ],
)
@optional_file
@environment
@project
@click.option(
    "--format",
    "form",
    type=click.Choice(["tree", "mermaid", "dot"]),
    default="tree",
    show_default=True,
    help="What to draw.",
)
def command(file: str | None, environment: str, project: str, form: str) -> int:
    """Draw what depends on what in FILE: steps, gates, and what each gate blocks.

    FILE may be left out where one pipeline stands in the current folder.
    """
    from mlpc.ir import draw

    spec = compile_spec(file, "graph", environment, project, whole=True)
    if form == "mermaid":
        emit(draw.mermaid(spec.workflow))
    elif form == "dot":
        emit(draw.dot(spec.workflow))
    else:
        emit(draw.tree(spec.workflow, ascii=not _draws(sys.stdout.encoding)))
    return errors.OK


def _draws(encoding: str | None) -> bool:
    """Return whether a terminal of ``encoding`` can show the characters of a tree."""
    try:
        "├─ └─ │ ○ ◆ ▲ ◷ ·".encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
