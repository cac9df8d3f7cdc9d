"""`mlpc lsp`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from mlpc import __version__, codes
from mlpc_cli import errors
from mlpc_cli.errors import CommandError
from mlpc_cli.loader import DiskLoader, project_root, specs_below
from mlpc_cli.options import Command

if TYPE_CHECKING:
    from mlpc_lsp.documents import Project


@click.command(
    cls=Command, examples=[("mlpc lsp", "what an editor starts; it speaks over standard input and output")]
)
@click.option("--stdio", is_flag=True, help="Speak over standard input and output, as is done anyway.")
def command(stdio: bool) -> int:
    """Serve an editor by the Language Server Protocol.

    Editors start this themselves; docs/editors.md says how to set each of them up.
    """
    try:
        from mlpc_lsp.server import Server
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith(("pygls", "lsprotocol")):
            raise
        raise CommandError(
            codes.MISSING_LIBRARY,
            "the language server needs `pygls`",
            help=['install it: pip install "mlpc[lsp]"'],
        ) from None
    # The server closes what it speaks over; the command still flushes its own when it ends.
    with os.fdopen(os.dup(0), "rb") as given, os.fdopen(os.dup(1), "wb") as answers:
        Server(__version__, _open, specs_below).start_io(given, answers)
    return errors.OK


def _open(place: str) -> tuple[Project, str]:
    """Return the project of the file at ``place`` and the file's path in it; the file need not be there yet."""
    loader = DiskLoader(project_root(place), real=True)
    return loader, os.path.relpath(place, loader.root).replace(os.sep, "/")
