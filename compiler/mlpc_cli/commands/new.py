"""`mlpc new`."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Iterable
from typing import Any

import click

from mlpc import codes
from mlpc.resolve.similar import nearest
from mlpc_cli import errors
from mlpc_cli.errors import CommandError, UsageError, reason
from mlpc_cli.files import write_folder
from mlpc_cli.options import Command
from mlpc_cli.outcome import table
from mlpc_cli.say import tell
from mlpc_cli.terminal import harmless, is_terminal

#: Templates by the name that people give; each of them runs at once.
TEMPLATES = {
    "tabular": "tabular",
    "own-code": "own_code",
    "time-series": "time_series",
    "text": "text",
    "vision": "vision",
}
_DEFAULT = "tabular"
#: Files of one folder that are told one by one.
_MANY = 8
_RESERVED = frozenset(
    ["and", "or", "not", "in", "if", "then", "else", "true", "false", "none", "each", "when"]
)


@click.command(
    cls=Command,
    examples=[
        ("mlpc new churn", "a folder `churn` with a spec, data and a README"),
        ("mlpc new prices --template own-code", "with training code of your own"),
        ("mlpc new --list", "what templates there are"),
        ("mlpc new", "asks for both"),
    ],
)
@click.argument("name", required=False)
@click.option("--template", type=click.Choice(list(TEMPLATES)), help="What to begin with; see `--list`.")
@click.option("--list", "listing", is_flag=True, help="Tell what templates there are.")
def command(name: str | None, template: str | None, listing: bool) -> int:
    """Start a project in the new folder NAME: a spec with data that checks and runs at once.

    On a terminal, what is not said is asked for; elsewhere, the template is `tabular`.
    """
    if listing:
        tell(table([(each, _module(each).ABOUT) for each in TEMPLATES], indent=0).rstrip("\n"))
        return errors.OK
    asks = is_terminal(sys.stdin) and is_terminal(sys.stdout)
    if name is None:
        if not asks:
            raise UsageError("no name was given", help=["name the folder to be made: `mlpc new my_project`"])
        name = _ask_name()
        template = template or _ask_template()
    folder = name.rstrip("/") or name
    pipeline = pipeline_name(os.path.basename(os.path.abspath(folder)))
    if os.path.lexists(folder) and (not os.path.isdir(folder) or _holds_something(folder)):
        raise CommandError(
            codes.OCCUPIED_FOLDER,
            f"`{name}` exists already",
            help=["choose another name; nothing of yours is overwritten"],
        )
    module = _module(template or _DEFAULT)
    files: dict[str, bytes] = module.data()
    for source, target in module.FILES.items():
        with open(os.path.join(module.__path__[0], source), encoding="utf-8") as file:
            files[target] = file.read().replace("{{name}}", pipeline).encode()
    write_folder(folder, files)
    for path in _shown(files):
        tell(f"  {harmless(os.path.join(folder, path))}")
    tell(f"\n{harmless(folder)} is ready. Next:\n")
    if os.path.abspath(folder) != os.getcwd():
        import shlex

        tell(f"  cd {harmless(shlex.quote(folder))}")
    for each in module.NEXT:
        tell(f"  mlpc {each}")
    return errors.OK


def _shown(files: Iterable[str]) -> list[str]:
    """Return what is told of files: each by itself, but of a folder with many only how many they are."""
    folders: dict[str, list[str]] = {}
    for path in sorted(files):
        folders.setdefault(os.path.dirname(path), []).append(path)
    found = []
    for folder, paths in folders.items():
        found += paths if len(paths) <= _MANY else [f"{folder}/ ({len(paths)} files)"]
    return sorted(found)


def _module(template: str) -> Any:
    return importlib.import_module(f"mlpc_cli.templates.{TEMPLATES[template]}")


def _ask_name() -> str:
    while True:
        given = str(click.prompt("Name of the new folder", default="my_project")).strip()
        if os.path.lexists(given):
            tell(f"`{harmless(given)}` exists already: choose another name")
        elif re.search("[A-Za-z0-9]", given):
            return given
        else:
            tell("use letters, digits and `_`")


def _ask_template() -> str:
    names = list(TEMPLATES)
    tell("What to begin with:")
    tell(table([(str(at), each, _module(each).ABOUT) for at, each in enumerate(names, 1)]).rstrip("\n"))
    while True:
        given = str(click.prompt("Number or name", default=_DEFAULT)).strip()
        if given.isdecimal() and 1 <= int(given) <= len(names):
            return names[int(given) - 1]
        if given in TEMPLATES:
            return given
        near = nearest(given, names)
        tell(f"there is no template `{harmless(given)}`" + (f": did you mean `{near}`?" if near else ""))


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
