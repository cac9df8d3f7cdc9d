"""`mlpc status`."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from mlpc_cli import errors
from mlpc_cli.options import Command, environment, optional_file, project
from mlpc_cli.render import clipped
from mlpc_cli.say import tell
from mlpc_cli.spec import pipeline_of, project_here
from mlpc_cli.terminal import BOLD, GREEN, RED, YELLOW, Paint, harmless, wants_colour, width_of
from mlpc_run.figures import figure, whole

if TYPE_CHECKING:
    from mlpc_run.promotion import Promotion
    from mlpc_run.records import RunRecord, Status

#: How the state of a run is said, and its colour.
STATES = {
    "running": ("running", YELLOW),
    "done": ("done", GREEN),
    "not-promoted": ("not promoted", RED),
    "failed": ("failed", RED),
    "interrupted": ("interrupted", YELLOW),
    "died": ("died", RED),
}


@click.command(
    cls=Command,
    examples=[
        ("mlpc status", "every pipeline of this project"),
        ("mlpc status main.mlp", "this one"),
        ("mlpc status main.mlp --env prod", "in the environment `prod`"),
    ],
)
@optional_file
@environment
@project
def command(file: str | None, environment: str, project: str) -> int:
    """Tell what is promoted and served, and how the last run ended.

    Without FILE, for every pipeline of the project and every environment that it ran in.
    """
    pipeline = ""
    root = project_here(project)
    if file:
        _, root, pipeline = pipeline_of(file, "status", project)
    from mlpc_run import records
    from mlpc_run.layout import Layout
    from mlpc_run.store import Store

    with Store(Layout(root), create=False) as store:
        found = [
            item
            for item in records.status(store)
            if item.pipeline == (pipeline or item.pipeline)
            and item.environment == (environment or item.environment)
        ]
    if not found:
        tell("nothing ran here yet; `mlpc run` trains, judges and promotes")
        return errors.OK
    paint = Paint(wants_colour(sys.stdout))
    for index, item in enumerate(found):
        if index:
            tell()
        _show(item, paint)
    return errors.OK


def _show(item: Status, paint: Paint) -> None:
    under = f" in `{harmless(item.environment)}`" if item.environment else ""
    tell(f"{paint(BOLD, harmless(item.pipeline))}{under}")
    if item.promoted is None:
        tell("  promoted  nothing yet")
    else:
        _promotion(item.promoted, item.serving, paint)
    word, style = STATES.get(item.last.state, (item.last.state, ""))
    tell(f"  last run  run {item.last.id}, {when(item.last)}: {paint(style, word)}")
    for reason in item.last.summary.get("reasons") or ():
        tell(f"            {harmless(clipped(str(reason), width_of(sys.stdout) - 12))}")


def _promotion(found: Promotion, serving: bool, paint: Paint) -> None:
    from mlpc_run.up import age

    served = f", {paint(GREEN, 'served now')}" if serving else ""
    names = ", ".join([*found.bundle["services"], *found.bundle["effects"]])
    tell(
        f"  promoted  {harmless(names)}: promotion {found.id}, made {age(time.time() - found.at)} ago "
        f"by run {found.run}{served}"
    )
    for node, figures in (found.bundle.get("figures") or {}).items():
        shown = [
            f"{name} {figure(whole(value))}" for name, value in figures.items() if whole(value) is not None
        ]
        if shown:
            tell(f"            {harmless(node)}: {harmless(', '.join(shown))}")


def when(run: RunRecord) -> str:
    """Return how long ago a run began."""
    from mlpc_run.up import age

    return f"{age(time.time() - run.started)} ago"
