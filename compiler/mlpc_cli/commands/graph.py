"""`mlpc graph`."""

from __future__ import annotations

import sys

import click

from mlpc_cli import errors
from mlpc_cli.options import Command, environment, optional_file, project
from mlpc_cli.say import tell
from mlpc_cli.spec import compile_spec
from mlpc_cli.terminal import emit, harmless

#: What the name of a file ends with, for each format.
SUFFIXES = {"tree": (".txt",), "mermaid": (".mmd", ".mermaid"), "dot": (".dot", ".gv"), "svg": (".svg",)}


@click.command(
    cls=Command,
    examples=[
        ("mlpc graph main.mlp", "a tree on the terminal"),
        ("mlpc graph main.mlp -o graph.svg", "a picture"),
        ("mlpc graph main.mlp --format mermaid", "for a Markdown page"),
        ("mlpc graph main.mlp --format dot | dot -Tpng > graph.png", "a picture, by Graphviz"),
    ],
)
@optional_file
@environment
@project
@click.option(
    "--format",
    "form",
    type=click.Choice(list(SUFFIXES)),
    help="What to draw; by default what the name of --output ends with, else a tree.",
)
@click.option("-o", "--output", default="-", metavar="PATH", help="Where to; `-` is the standard output.")
def command(file: str | None, environment: str, project: str, form: str | None, output: str) -> int:
    """Draw what depends on what in FILE: steps, gates, and what each gate blocks.

    FILE may be left out where one pipeline stands in the current folder.
    """
    from mlpc.ir import draw

    if form is None:
        ends = output.lower()
        form = next((name for name, suffixes in SUFFIXES.items() if ends.endswith(suffixes)), "tree")
    workflow = compile_spec(file, "graph", environment, project, whole=True).workflow
    if form == "mermaid":
        text = draw.mermaid(workflow)
    elif form == "dot":
        text = draw.dot(workflow)
    elif form == "svg":
        from mlpc_cli.pages import picture

        text = picture.svg(workflow).decode()
    else:
        text = draw.tree(workflow, ascii=output == "-" and not _draws(sys.stdout.encoding))
    if output == "-":
        emit(text)
    else:
        _write(output, text)
        tell(harmless(output))
    return errors.OK


def _write(path: str, text: str) -> None:
    from mlpc_cli.files import write_atomically

    write_atomically(path, text.encode())


def _draws(encoding: str | None) -> bool:
    """Return whether a terminal of ``encoding`` can show the characters of a tree."""
    try:
        "├─ └─ │ ○ ◆ ▲ ◷ ·".encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
