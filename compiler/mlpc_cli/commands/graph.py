"""`mlpc graph`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from mlpc_cli import errors
from mlpc_cli.errors import UsageError
from mlpc_cli.options import Command, environment, optional_file, project
from mlpc_cli.say import tell
from mlpc_cli.spec import compile_spec
from mlpc_cli.terminal import emit, harmless

if TYPE_CHECKING:
    from mlpc_run.records import RunDetails

#: What the name of a file ends with, for each format.
SUFFIXES = {
    "tree": (".txt",),
    "mermaid": (".mmd", ".mermaid"),
    "dot": (".dot", ".gv"),
    "svg": (".svg",),
    "html": (".html", ".htm"),
}


@click.command(
    cls=Command,
    examples=[
        ("mlpc graph main.mlp", "a tree on the terminal"),
        ("mlpc graph main.mlp -o graph.svg", "a picture"),
        ("mlpc graph main.mlp -o graph.html", "a page to look around in, with the last run"),
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
@click.option("--no-run", is_flag=True, help="Leave the states of the last run out of a page.")
def command(
    file: str | None, environment: str, project: str, form: str | None, output: str, no_run: bool
) -> int:
    """Draw what depends on what in FILE: steps, gates, and what each gate blocks.

    A page (`html`) is one file that loads nothing: the picture is moved, zoomed and searched, and each step tells what it
    does, what it waits for, and how it went in the last run on this machine.

    FILE may be left out where one pipeline stands in the current folder.
    """
    from mlpc.ir import draw

    if form is None:
        ends = output.lower()
        form = next((name for name, suffixes in SUFFIXES.items() if ends.endswith(suffixes)), "tree")
    if no_run and form != "html":
        raise UsageError("--no-run is about a page", help=["`mlpc graph main.mlp -o graph.html --no-run`"])
    spec = compile_spec(file, "graph", environment, project, whole=True)
    workflow = spec.workflow
    if form == "mermaid":
        text = draw.mermaid(workflow)
    elif form == "dot":
        text = draw.dot(workflow)
    elif form == "svg":
        from mlpc_cli.pages import picture

        text = picture.svg(workflow).decode()
    elif form == "html":
        from mlpc_cli.pages import graph_page

        typed = spec.compilation.typed
        assert typed is not None, "it has a workflow"
        last = None if no_run else _last(spec.root, workflow.name, environment)
        text = graph_page.page(workflow, typed, last).decode()
    else:
        text = draw.tree(workflow, ascii=output == "-" and not _draws(sys.stdout.encoding))
    if output == "-":
        emit(text)
    else:
        _write(output, text)
        tell(harmless(output))
    return errors.OK


def _last(root: str, pipeline: str, environment: str) -> RunDetails | None:
    """Return the last run of the pipeline that ended; None where there is none."""
    from mlpc_run import records
    from mlpc_run.layout import Layout
    from mlpc_run.store import Store

    with Store(Layout(root), create=False) as store:
        found = records.runs(store, pipeline=pipeline, environment=environment)
        ended = next((run for run in found if run.state not in ("running", "died")), None)
        return records.details(store, ended.id) if ended is not None else None


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
