"""`mlpc explain`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

import mlpc
from mlpc import codes
from mlpc.resolve.similar import nearest
from mlpc_cli import errors
from mlpc_cli.errors import UsageError
from mlpc_cli.options import Command
from mlpc_cli.say import tell
from mlpc_cli.terminal import emit, wants_colour, width_of

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def _complete(_context: click.Context, _argument: click.Parameter, begun: str) -> list[CompletionItem]:
    """Complete numbers and names."""
    from click.shell_completion import CompletionItem

    found = [CompletionItem(code.code, help=code.name) for code in codes.ALL.values()]
    found += [CompletionItem(code.name, help=code.code) for code in codes.ALL.values()]
    return [item for item in found if item.value.lower().startswith(begun.lower())]


@click.command(
    cls=Command,
    examples=[
        ("mlpc explain MLP301", "by number"),
        ("mlpc explain unknown-column", "by name"),
        ("mlpc explain", "all codes"),
    ],
)
@click.argument("code", required=False, shell_complete=_complete)
def command(code: str | None) -> int:
    """Tell what the diagnostic CODE means, with a wrong and a right example and how to mend it."""
    if code is None:
        for known in codes.ALL.values():
            tell(f"{known.code}  {known.name}")
        tell("\n`mlpc explain CODE` tells more")
        return errors.OK
    found = codes.find(code.strip("[]"))
    if found is None:
        names = {name.lower(): name for name in [*codes.ALL, *(known.name for known in codes.ALL.values())]}
        folded = {name.replace("-", "_"): name for name in names}
        near = nearest(code.lower(), folded)
        hint = f"did you mean `{names[folded[near]]}`?" if near else "`mlpc explain` lists the codes"
        raise UsageError(f"there is no code `{code}`", help=[hint])
    show(page(found))
    return errors.OK


def page(code: codes.Code) -> str:
    """Return the page about ``code``, in Markdown; that of a rule of the linter is the docstring of its module."""
    if code.code in codes.RULES:
        from mlpc.lint.rules import RULES

        return f"# {code.code} {code.name}\n\n" + next(rule.page for rule in RULES if rule.code is code)
    path = os.path.join(mlpc.__path__[0], "explain", f"{code.name}.md")
    with open(path, encoding="utf-8") as file:
        return f"# {code.code} {code.name}\n\n{file.read()}"


def show(text: str) -> None:
    """Print Markdown: drawn on a terminal, as it is elsewhere."""
    if not wants_colour(sys.stdout):
        emit(text)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console(width=min(width_of(sys.stdout), 100), force_terminal=True)
    with console.capture() as captured:
        console.print(Markdown(text, code_theme="ansi_dark"))
    emit(captured.get())
