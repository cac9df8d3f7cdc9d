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


class Moment(click.ParamType[str]):
    """A time, made the same in UTC to the second; one without a time zone is in UTC."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the time as steps get it: `2026-01-31T03:00:00Z`."""
        from datetime import UTC, datetime

        from mlpc.ir.nodes import TIME

        try:
            read = datetime.fromisoformat(value)
            return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC).strftime(TIME)
        except (ValueError, OverflowError):
            raise UsageError(
                f"`--at {value}` is no time", help=["write it as `--at 2026-01-31T03:00:00Z`"]
            ) from None


def at(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --at."""
    return click.option(
        "--at",
        type=Moment(),
        metavar="TIME",
        help="What the `time` of a schedule is, such as 2026-01-31T03:00:00Z; by default when the run starts.",
    )(function)


def times(at: str | None, names: Sequence[str], where: str) -> dict[str, str]:
    """Return the values that `--at` gives the parameters ``names``, the times of schedules; ``where`` is what reads them.

    Raises:
        UsageError: nothing reads one.
    """
    if at and not names:
        raise UsageError(
            f"`--at` is the time of a schedule, and nothing in {where} reads one",
            help=["a step does by `as_of = nightly.time`"],
        )
    return dict.fromkeys(names, at) if at else {}


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
