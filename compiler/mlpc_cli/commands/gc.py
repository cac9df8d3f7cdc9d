"""`mlpc gc`."""

from __future__ import annotations

import click

from mlpc_cli import errors
from mlpc_cli.options import Command, project
from mlpc_cli.say import tell
from mlpc_cli.spec import project_here


@click.command(
    cls=Command,
    examples=[
        ("mlpc gc --dry-run", "tell what would be removed"),
        ("mlpc gc", "remove it"),
        ("mlpc gc --keep 3", "keep the last three runs only"),
    ],
)
@click.option("--dry-run", is_flag=True, help="Remove nothing; tell what would be.")
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    metavar="N",
    help="Runs and promotions to keep.",
)
@project
def command(dry_run: bool, keep: int, project: str) -> int:
    """Free space: remove what no kept run, no promotion and no server needs.

    Kept are, of each pipeline and environment, the last runs and promotions, and what is promoted now.
    """
    from mlpc_run.figures import size
    from mlpc_run.gc import collect

    found = collect(project_here(project), keep=keep, dry_run=dry_run)
    parts = [
        f"{count} {name if count != 1 else name[:-1]}"
        for name in ("runs", "results", "artefacts", "logs", "promotions", "environments")
        if (count := int(getattr(found, name)))
    ]
    if not parts and not found.bytes:
        tell("nothing to remove")
    else:
        verb = "would remove" if dry_run else "removed"
        tell(f"{verb} {', '.join(parts) or 'leftovers'}: {size(found.bytes)}")
    return errors.OK
