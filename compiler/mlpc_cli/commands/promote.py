"""`mlpc promote`."""

from __future__ import annotations

import time

import click

from mlpc_cli import errors
from mlpc_cli.errors import UsageError
from mlpc_cli.options import Command, environment, optional_file, project
from mlpc_cli.say import tell
from mlpc_cli.spec import pipeline_of
from mlpc_cli.terminal import harmless


@click.command(
    cls=Command,
    examples=[
        ("mlpc promote main.mlp --previous", "go back one"),
        ("mlpc promote main.mlp --previous --env prod", "in the environment `prod`"),
    ],
)
@optional_file
@click.option("--previous", is_flag=True, help="Put the promotion before the present one in service again.")
@environment
@project
def command(file: str | None, previous: bool, environment: str, project: str) -> int:
    """Go back to what the pipeline of FILE promoted before.

    Going forward is what `mlpc run` does. FILE may be left out where one pipeline stands in the current folder.
    """
    if not previous:
        raise UsageError(
            "say what to promote", help=["`--previous` goes back one; going forward is what `mlpc run` does"]
        )
    _, root, pipeline = pipeline_of(file, "promote", project)
    from mlpc_run import promotion, records
    from mlpc_run.layout import Layout
    from mlpc_run.store import Store
    from mlpc_run.up import age

    with Store(Layout(root), create=False) as store:
        found = promotion.previous(store, pipeline, environment)
        served = records.served(store.layout) - {found.id}
    tell(
        f"in service again: promotion {found.id} of {harmless(pipeline)}, "
        f"made {age(time.time() - found.at)} ago by run {found.run}"
    )
    if found.bundle["effects"]:
        names = ", ".join(f"`{harmless(name)}`" for name in found.bundle["effects"])
        tell(f"what {names} did outside of the store is not undone")
    if served:
        tell("an `mlpc up` that runs goes on with what it began with: start it anew")
    return errors.OK
