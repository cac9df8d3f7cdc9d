"""`mlpc logs`."""

from __future__ import annotations

import sys

import click

from mlpc import codes
from mlpc_cli import errors
from mlpc_cli.errors import CommandError, reason
from mlpc_cli.loader import relative
from mlpc_cli.options import Command, project
from mlpc_cli.say import tell
from mlpc_cli.spec import project_here
from mlpc_cli.terminal import emit, harmless, is_terminal


@click.command(
    cls=Command,
    examples=[
        ("mlpc logs forest", "of the last run that executed it"),
        ("mlpc logs forest --run 3", "of this run"),
        ("mlpc logs api", "what the server printed"),
        ("mlpc logs forest --path", "where the log lies"),
    ],
)
@click.argument("step")
@click.option("--run", type=click.IntRange(min=1), metavar="N", help="The run; `mlpc runs` lists them.")
@click.option("--attempt", type=click.IntRange(min=1), metavar="N", help="The attempt; by default the last.")
@click.option("--path", "path_only", is_flag=True, help="Print where the log lies, not what stands in it.")
@project
def command(step: str, run: int | None, attempt: int | None, path_only: bool, project: str) -> int:
    """Show what STEP printed when it was executed last; the values of secrets are masked."""
    from mlpc_run import records
    from mlpc_run.layout import Layout
    from mlpc_run.store import Store

    with Store(Layout(project_here(project)), create=False) as store:
        path = records.logs(store, step, run=run, attempt=attempt)
    if path_only:
        tell(relative(path))
        return errors.OK
    terminal = is_terminal(sys.stdout)
    try:
        with open(path, encoding="utf-8", errors="backslashreplace", newline="\n") as log:
            for line in log:
                # A program may want the very bytes; a terminal must not be driven by them.
                emit(harmless(line.rstrip("\r\n").expandtabs()) + "\n" if terminal else line)
    except OSError as error:
        raise CommandError(
            codes.UNREADABLE_FILE, f"`{relative(path)}` cannot be read: {reason(error)}"
        ) from None
    return errors.OK
