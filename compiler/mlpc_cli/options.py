"""Options that several commands have, and the class that gives each command its examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from . import complete
from .errors import UsageError

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class Command(click.Command):
    """A command with examples below its options: pairs of what to type and what it does."""

    def __init__(self, *args: Any, examples: Sequence[tuple[str, str]] = (), **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.examples = tuple(examples)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        if not self.examples:
            return
        size = max(len(line) for line, _ in self.examples)
        with formatter.section("Examples"):
            for line, what in self.examples:
                formatter.write(f"{'':{formatter.current_indent}}{line:{size}}  # {what}\n")


def optional_file(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add FILE, which may be left out where one pipeline stands in the current folder."""
    return click.argument("file", required=False, type=click.Path(readable=False))(function)


def environment(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --env."""
    return click.option(
        "--env",
        "environment",
        default="",
        metavar="NAME",
        help="Environment of the spec.",
        shell_complete=complete.environments,
    )(function)


def project(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --project."""
    return click.option(
        "--project",
        default="",
        metavar="FOLDER",
        help="Root of the project; by default the folder of the nearest mlpc.toml, else that of FILE.",
    )(function)


def assignments(texts: Sequence[str]) -> dict[str, str]:
    """Return what several `--set name=value` say.

    Raises:
        UsageError: one of them is no assignment, or two are to the same name.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        name = name.strip()
        if not sign or not name:
            raise UsageError(f"`--set {text}` sets nothing", help=["write it as `--set trees=50`"])
        if name in found:
            raise UsageError(f"`--set {name}=…` is given twice", help=["leave one of them out"])
        found[name] = value
    return found
