"""`mlpc doctor`."""

from __future__ import annotations

import sys

import click

from mlpc import __version__
from mlpc_cli import errors
from mlpc_cli.options import Command, project
from mlpc_cli.outcome import Marks
from mlpc_cli.say import tell
from mlpc_cli.spec import project_here
from mlpc_cli.terminal import CYAN, GREEN, RED, YELLOW, Paint, harmless, wants_colour


@click.command(cls=Command, examples=[("mlpc doctor", "look at this machine and this project")])
@project
def command(project: str) -> int:
    """Tell what is installed, what this machine can do, and what is missing.

    Nothing is installed, changed or fetched. Exit code 1 means that something is missing that mlpc needs.
    """
    from mlpc_run.doctor import examine

    paint = Paint(wants_colour(sys.stdout))
    marks = Marks(sys.stdout.encoding)
    signs = {"ok": (marks.good, GREEN), "warning": (marks.warn, YELLOW), "missing": (marks.bad, RED)}
    found = examine(project_here(project))
    tell(f"  {paint(GREEN, marks.good)} mlpc {__version__}")
    for finding in found:
        sign, style = signs.get(finding.state, (marks.dot, ""))
        tell(f"  {paint(style, sign)} {harmless(finding.name)}: {harmless(finding.text)}")
        if finding.help:
            tell(f"      {paint(CYAN, 'help:')} {harmless(finding.help)}")
    return errors.FINDINGS if any(finding.state == "missing" for finding in found) else errors.OK
