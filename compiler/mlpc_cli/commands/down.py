"""`mlpc down`."""

from __future__ import annotations

import click

from mlpc_cli import errors
from mlpc_cli.engines import reported
from mlpc_cli.options import Command


@click.command(
    cls=Command,
    examples=[
        ("mlpc down build", "stop what was submitted from `build`"),
        ("mlpc down build --volumes", "and forget what it made"),
    ],
)
@click.argument("folder", type=click.Path())
@click.option("--volumes", is_flag=True, help="Remove artefacts, promotions and registries of its own, too.")
def command(folder: str, volumes: bool) -> int:
    """Stop what `mlpc submit FOLDER` started on Docker Compose, and remove its containers."""
    with reported():
        from mlpc_engines.compose import Compose
        from mlpc_engines.directory import Compiled

        Compose.reach(Compiled(folder)).down(volumes=volumes)
    return errors.OK
