"""`mlpc lint`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlpc_cli.formats import NAMES
from mlpc_cli.options import Command

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command(
    cls=Command,
    examples=[
        ("mlpc lint main.mlp", "what is most likely a mistake"),
        ("mlpc lint --fix .", "mend what can be mended without a change of meaning"),
        ("mlpc lint --unsafe-fixes main.mlp", "and what a person should look at afterwards"),
        ("mlpc lint --strict", "exit code 1 for warnings, too"),
        ("mlpc lint main.mlp --no-cache", "from scratch, whatever was found before"),
    ],
)
@click.argument("files", nargs=-1, type=click.Path(readable=False))
@click.option("--fix", is_flag=True, help="Apply safe fixes first: they keep what the spec means.")
@click.option("--unsafe-fixes", is_flag=True, help="Apply also those that may change it; look at the result.")
@click.option("--strict", is_flag=True, help="Let warnings fail the command, too.")
@click.option(
    "--error-format",
    type=click.Choice(NAMES),
    default="text",
    show_default=True,
    help="For people or for programs.",
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
def command(
    files: Sequence[str],
    fix: bool,
    unsafe_fixes: bool,
    strict: bool,
    error_format: str,
    colour: str,
    no_cache: bool,
) -> int:
    """Find what is no error in FILES and yet most likely a mistake: leaks, gates that hold nothing back, secrets, leftovers.

    Rules are asked about specs without errors; of others the errors are shown instead. What FILES use is looked at, and
    mended, too. A folder stands for all specs in it; without FILES it is the current one. `[lint.rules]` in mlpc.toml
    sets rules, or groups of them, to "off", "warn" or "error"; `# allow(rule): reason` above a line, or at its end,
    allows a finding there.

    Exit code 1 means errors, or findings of that level; with --strict, or `strict = true` in mlpc.toml, any findings.
    """
    from mlpc_cli.lint import lint

    return lint(
        files or ["."],
        error_format=error_format,
        colour=colour,
        strict=strict,
        fix=fix or unsafe_fixes,
        unsafe=unsafe_fixes,
        cache=not no_cache,
    )
