"""`mlpc runs`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from mlpc_cli import errors
from mlpc_cli.commands.status import STATES, when
from mlpc_cli.errors import UsageError
from mlpc_cli.options import Command, environment, project
from mlpc_cli.outcome import shown, table
from mlpc_cli.render import clipped
from mlpc_cli.say import tell
from mlpc_cli.spec import pipeline_of, project_here
from mlpc_cli.terminal import BOLD, Paint, emit, harmless, wants_colour, width_of
from mlpc_run.figures import seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlpc_run.store import Store


@click.command(
    cls=Command,
    examples=[
        ("mlpc runs", "the last 20 of this project"),
        ("mlpc runs main.mlp --env ci", "of this pipeline, in the environment `ci`"),
        ("mlpc runs --limit 100", "more of them"),
        ("mlpc runs 12", "what run 12 came to"),
        ("mlpc runs 12 -o report.html", "its report, a page"),
        ("mlpc runs compare 11 12", "what differs between two runs"),
        ("mlpc runs compare 11 12 -o differences.html", "the same as a page"),
    ],
)
@click.argument("words", nargs=-1, metavar="[FILE] [RUN] | compare RUN RUN", type=click.Path(readable=False))
@environment
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="How many; by default 20.")
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    help="Write a page there, as HTML in one file: of RUN, or of what differs.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How differences are told.",
)
@project
def command(
    words: Sequence[str], environment: str, limit: int | None, output: str | None, form: str, project: str
) -> int:
    """List the last runs, the newest first, show one of them, or compare two.

    Without FILE, those of every pipeline of the project. Two runs differ in values, figures, gates, digests of artefacts,
    times, and what they ran in.
    """
    words = list(words)
    if words and words[0] == "compare":
        if environment or limit:
            raise UsageError(f"{'--env' if environment else '--limit'} is about a list, not about two runs")
        return _compare(words[1:], output, form, project)
    if form != "text":
        raise UsageError("--format is about differences", help=["`mlpc runs compare 11 12 --format json`"])
    numbers = [int(words.pop())] if words and words[-1].isdecimal() else []
    if len(words) > 1:
        raise UsageError(
            f"`{words[1]}` is no number of a run", help=["`mlpc runs` lists them, `mlpc runs 12` shows one"]
        )
    pipeline = None
    root = project_here(project)
    if words:
        _, root, pipeline = pipeline_of(words[0], "runs", project)
    if numbers and (environment or limit):
        raise UsageError(
            f"{'--env' if environment else '--limit'} is about a list, not about run {numbers[0]}"
        )
    if output is not None and not numbers:
        raise UsageError("a report is about one run", help=[f"say which: `mlpc runs 12 -o {output}`"])
    from mlpc_run.layout import Layout
    from mlpc_run.store import Store

    with Store(Layout(root), create=False) as store:
        if numbers:
            return _one(store, numbers[0], pipeline, output)
        return _list(store, pipeline, environment, limit or 20)


def _one(store: Store, number: int, pipeline: str | None, output: str | None) -> int:
    from mlpc_cli.report import of_run, text

    details = of_run(store, number, pipeline)
    if output is None:
        emit(text(details))
        return errors.OK
    from mlpc_cli.files import write_atomically
    from mlpc_cli.pages import run_page
    from mlpc_cli.report import workflow_of

    write_atomically(output, run_page.page(details, workflow_of(details)))
    tell(harmless(output))
    return errors.OK


def _compare(words: list[str], output: str | None, form: str, project: str) -> int:
    if len(words) != 2 or not all(word.isdecimal() for word in words):
        raise UsageError(
            "two runs are compared, each by its number",
            help=["`mlpc runs compare 11 12`", "`mlpc runs` lists them"],
        )
    from mlpc_run.compared import Compared
    from mlpc_run.layout import Layout
    from mlpc_run.records import details
    from mlpc_run.store import Store

    with Store(Layout(project_here(project)), create=False) as store:
        compared = Compared(details(store, int(words[0])), details(store, int(words[1])))
    if output is not None:
        from mlpc_cli.files import write_atomically
        from mlpc_cli.pages import compare_page

        write_atomically(output, compare_page.page(compared))
        tell(harmless(output))
    elif form == "json":
        import json

        tell(json.dumps(compared.to_json(), sort_keys=True, ensure_ascii=True))
    else:
        from mlpc_cli.differences import text

        emit(text(compared))
    return errors.OK


def _list(store: Store, pipeline: str | None, environment: str, limit: int) -> int:
    from mlpc_run import records

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
