"""`mlpc lock`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from mlpc import codes
from mlpc_cli import errors
from mlpc_cli.errors import CommandError, UsageError
from mlpc_cli.loader import relative
from mlpc_cli.options import Command, project
from mlpc_cli.render import clipped
from mlpc_cli.say import tell
from mlpc_cli.spec import compile_spec, pipelines_here
from mlpc_cli.terminal import DIM, Paint, emit, harmless, wants_colour, width_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlpc.ir.nodes import Workflow
    from mlpc_run.layout import Layout


@click.command(
    cls=Command,
    examples=[
        ("mlpc lock", "for all pipelines in this folder"),
        ("mlpc lock main.mlp", "for this one; others keep what they have"),
        ("mlpc lock --upgrade", "with the newest versions that fit"),
        ("mlpc lock --check", "exit code 1 where mlpc.lock does not fit; no network"),
    ],
)
@click.argument("files", nargs=-1, type=click.Path(readable=False))
@click.option("--check", "check_only", is_flag=True, help="Write nothing; tell whether mlpc.lock fits.")
@click.option("--upgrade", is_flag=True, help="Take the newest versions; without it, what was locked stays.")
@project
def command(files: Sequence[str], check_only: bool, upgrade: bool, project: str) -> int:
    """Pin what the steps of FILES require in mlpc.lock, with hashes and for every platform.

    Keep the file with the spec: every run then uses the same versions. Without FILES, all pipelines in the
    current folder.
    """
    given = list(files) or pipelines_here()
    if not given:
        raise UsageError(
            "no file was named, and none with a pipeline stands in this folder",
            help=["name one: `mlpc lock FILE`"],
        )
    roots = set()
    workflows: list[Workflow] = []
    for file in given:
        spec = compile_spec(file, "lock", "", project)
        roots.add(spec.root)
        workflows.append(spec.workflow)
        # An environment may use other components, which may require other things.
        workflows += [
            compile_spec(file, "lock", name, project, quiet=True).workflow
            for name in spec.compilation.environments()
        ]
    if len(roots) > 1:
        raise UsageError(
            "the files belong to several projects, and each has a lock of its own",
            help=[f"`mlpc lock {harmless(file)}`" for file in given],
        )
    from mlpc_run.layout import Layout

    layout = Layout(roots.pop())
    return _check(workflows, layout.lock_file) if check_only else _write(workflows, layout, upgrade)


def _check(workflows: list[Workflow], path: str) -> int:
    from mlpc_run import lock

    found = lock.read(path)
    if found is None:
        raise CommandError(
            codes.NOT_LOCKED,
            f"there is no `{relative(path)}`",
            help=["`mlpc lock` writes it"],
            exit_code=errors.FINDINGS,
        )
    missing = {
        step for workflow in workflows for steps in lock.stale(found, workflow).values() for step in steps
    }
    if missing:
        raise CommandError(
            codes.STALE_LOCK,
            f"`{relative(path)}` does not have what {', '.join(f'`{step}`' for step in sorted(missing))} "
            + ("requires" if len(missing) == 1 else "require"),
            help=["`mlpc lock` writes it anew"],
            exit_code=errors.FINDINGS,
        )
    tell(f"{harmless(relative(path))}: fits")
    return errors.OK


def _write(workflows: list[Workflow], layout: Layout, upgrade: bool) -> int:
    from mlpc_run import lock
    from mlpc_run.processes import Processes
    from mlpc_run.store import Store

    paint = Paint(wants_colour(sys.stdout))

    def listen(line: str) -> None:
        emit(paint(DIM, harmless(clipped(line, width_of(sys.stdout)))) + "\n")
        sys.stdout.flush()

    processes = Processes()
    try:
        with Store(layout, create=False) as store:
            made, changed = lock.write(workflows, layout, processes, listen, store=store, upgrade=upgrade)
    finally:
        processes.close()
    packages = {pin for locked in made.sets.values() for pin in locked.pins()}
    path = harmless(relative(layout.lock_file))
    tell(f"{path}: {len(packages)} packages, {'written' if changed else 'as it was'}")
    return errors.OK
