"""`mlpc new`."""

from __future__ import annotations

import importlib
import os
import re

import click

from mlpc import codes
from mlpc_cli import errors
from mlpc_cli.errors import CommandError, UsageError, reason
from mlpc_cli.files import write_folder
from mlpc_cli.options import Command
from mlpc_cli.say import tell
from mlpc_cli.terminal import harmless

TEMPLATES = ("tabular",)
_RESERVED = frozenset(
    ["and", "or", "not", "in", "if", "then", "else", "true", "false", "none", "each", "when"]
)


@click.command(
    cls=Command,
    examples=[
        ("mlpc new churn", "a folder `churn` with a spec, data and a page"),
        ("mlpc new churn --template tabular", "the same"),
    ],
)
@click.argument("name")
@click.option(
    "--template",
    type=click.Choice(TEMPLATES),
    default="tabular",
    show_default=True,
    help="`tabular`: a table, a classifier, a server.",
)
def command(name: str, template: str) -> int:
    """Start a project in the new folder NAME: a spec with data that checks, runs and serves at once."""
    folder = name.rstrip("/") or name
    pipeline = pipeline_name(os.path.basename(os.path.abspath(folder)))
    if os.path.lexists(folder) and (not os.path.isdir(folder) or _holds_something(folder)):
        raise CommandError(
            codes.OCCUPIED_FOLDER,
            f"`{name}` exists already",
            help=["choose another name; nothing of yours is overwritten"],
        )
    module = importlib.import_module(f"mlpc_cli.templates.{template}")
    files: dict[str, bytes] = module.data()
    for source, target in module.FILES.items():
        with open(os.path.join(module.__path__[0], source), encoding="utf-8") as file:
            files[target] = file.read().replace("{{name}}", pipeline).encode()
    write_folder(folder, files)
    for path in sorted(files):
        tell(f"  {harmless(os.path.join(folder, path))}")
    tell(f"\n{harmless(folder)} is ready. Next:\n")
    if os.path.abspath(folder) != os.getcwd():
        import shlex

        tell(f"  cd {harmless(shlex.quote(folder))}")
    tell("  mlpc check\n  mlpc run\n  mlpc up")
    return errors.OK


def pipeline_name(folder: str) -> str:
    """Return a name of the language for a project in ``folder``: `my-project 2` gives `my_project_2`.

    Raises:
        UsageError: nothing of it can be part of a name.
    """
    name = re.sub(r"[^A-Za-z0-9]+", "_", folder).strip("_").lower()
    if not name:
        raise UsageError(f"`{folder}` gives no name for a pipeline", help=["use letters, digits and `_`"])
    return f"p_{name}" if name[0].isdigit() or name in _RESERVED else name


def _holds_something(folder: str) -> bool:
    try:
        return bool(os.listdir(folder))
    except OSError as error:
        raise CommandError(codes.UNREADABLE_FILE, f"`{folder}` cannot be read: {reason(error)}") from None
