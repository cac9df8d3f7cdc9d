"""`mlpc check`, for calls that the quick way does not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlpc_cli.check import check
from mlpc_cli.formats import NAMES
from mlpc_cli.options import Command, environment

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command(
    cls=Command,
    examples=[
        ("mlpc check main.mlp", "every mistake of the file"),
        ("mlpc check main.mlp --env prod", "as the environment `prod` has it"),
        ("mlpc check .", "every spec in this folder and below"),
        ("mlpc check main.mlp --error-format json", "one object a line, for programs"),
        ("mlpc check . --error-format sarif > mlpc.sarif", "for code scanning"),
        ("mlpc check . --error-format github", "annotations in GitHub Actions"),
        ("mlpc check . --error-format gitlab > quality.json", "a code quality report of GitLab"),
        ("mlpc check . --error-format junit > check.xml", "tests, for any CI"),
        ("mlpc check main.mlp --no-cache", "from scratch, whatever was found before"),
    ],
)
@click.argument("files", nargs=-1, type=click.Path(readable=False))
@environment
@click.option(
    "--error-format",
    type=click.Choice(NAMES),
    default="text",
    show_default=True,
    help="For people, for programs or for a CI.",
)
@click.option(
    "--color",
    "colour",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="NO_COLOR and FORCE_COLOR are minded.",
)
@click.option("--no-cache", is_flag=True, help="Use no result of an earlier call, and keep none.")
def command(files: Sequence[str], environment: str, error_format: str, colour: str, no_cache: bool) -> int:
    """Find every mistake of the specs FILES in one run, with places and help.

    Reads no data and runs nothing. A folder stands for all specs in it; without FILES it is the current one.
    Exit code 1 means that there are errors; warnings and notes are none.
    """
    return check(files or ["."], environment, error_format, colour, not no_cache)
