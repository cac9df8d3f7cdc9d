"""`mlpc runs`."""

from __future__ import annotations

import sys

import click

from mlpc_cli import errors
from mlpc_cli.commands.status import STATES, when
from mlpc_cli.options import Command, environment, optional_file, project
from mlpc_cli.outcome import seconds, shown, table
from mlpc_cli.render import clipped
from mlpc_cli.say import tell
from mlpc_cli.spec import pipeline_of, project_here
from mlpc_cli.terminal import BOLD, Paint, emit, harmless, wants_colour, width_of


@click.command(
    cls=Command,
    examples=[
        ("mlpc runs", "the last 20 of this project"),
        ("mlpc runs main.mlp --env ci", "of this pipeline, in the environment `ci`"),
        ("mlpc runs --limit 100", "more of them"),
    ],
)
@optional_file
@environment
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N", help="How many."
)
@project
def command(file: str | None, environment: str, limit: int, project: str) -> int:
    """List the last runs, the newest first.

    Without FILE, those of every pipeline of the project.
    """
    pipeline = None
    root = project_here(project)
    if file:
        _, root, pipeline = pipeline_of(file, "runs", project)
    from mlpc_run import records
    from mlpc_run.layout import Layout
    from mlpc_run.store import Store

    with Store(Layout(root), create=False) as store:
        found = records.runs(store, pipeline=pipeline, environment=environment or None, limit=limit)
    if not found:
        tell("nothing ran here yet; `mlpc run` trains, judges and promotes")
        return errors.OK
    paint = Paint(wants_colour(sys.stdout))
    rows: list[tuple[str, ...]] = []
    told = []
    for run in found:
        word, style = STATES.get(run.state, (run.state, ""))
        name = run.pipeline + (f" in {run.environment}" if run.environment else "")
        took = seconds(run.ended - run.started) if run.ended is not None else ""
        reasons = run.summary.get("reasons") or []
        promoted = run.summary.get("promoted") or []
        if reasons:
            more = str(reasons[0])
        elif promoted:
            more = f"promoted {', '.join(promoted)}" + (
                "" if run.summary.get("new") else ", the same as before"
            )
        else:
            more = ""
        rows.append((str(run.id), harmless(name), when(run), took, paint(style, word)))
        told.append(more)
    rows.insert(0, tuple(paint(BOLD, title) for title in ("run", "pipeline", "began", "took", "came to")))
    # What came of a run is told last, in what the other columns leave of a line.
    room = width_of(sys.stdout) - sum(max(shown(row[at]) for row in rows) + 2 for at in range(5))
    last = ["", *(harmless(clipped(text, max(room, 20))) for text in told)]
    emit(table([(*row, text) for row, text in zip(rows, last, strict=True)], indent=0))
    return errors.OK
