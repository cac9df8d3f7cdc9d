"""`mlpc check`, for calls that the quick way does not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlpc_cli.changed import HEAD
from mlpc_cli.check import check
from mlpc_cli.errors import UsageError
from mlpc_cli.formats import NAMES
from mlpc_cli.options import Command, environment

if TYPE_CHECKING:
    from collections.abc import Sequence


class Check(Command):
    """`--changed` takes a value by `=` alone: the word behind it is a file."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read ``args``."""
        end = args.index("--") if "--" in args else len(args)
        options = [f"--changed={HEAD}" if each == "--changed" else each for each in args[:end]]
        return super().parse_args(ctx, [*options, *args[end:]])


@click.command(
    cls=Check,
    examples=[
        ("mlpc check main.mlp", "every mistake of the file"),
        ("mlpc check main.mlp --env prod", "as the environment `prod` has it"),
        ("mlpc check .", "every spec in this folder and below"),
        ("mlpc check main.mlp --error-format json", "one object a line, for programs"),
        ("mlpc check . --changed", "what is not committed, and the specs that use it"),
        ("mlpc check . --changed=origin/main", "what this branch changed"),
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
@click.option(
    "--changed",
    metavar="[=REF]",
    help="Only specs that changed since this branch left REF of git, or that use what did; "
    "without REF: since the last commit.",
)
def command(
    files: Sequence[str],
    environment: str,
    error_format: str,
    colour: str,
    no_cache: bool,
    changed: str | None,
) -> int:
    """Find every mistake of the specs FILES in one run, with places and help.

    Reads no data and runs nothing. A folder stands for all specs in it; without FILES it is the current one.
    Exit code 1 means that there are errors; warnings and notes are none.
    """
    if changed == "":
        raise UsageError(
            "`--changed=` names no revision", help=["such as `--changed=origin/main`, or `--changed` alone"]
        )
    return check(files or ["."], environment, error_format, colour, not no_cache, changed or "")
