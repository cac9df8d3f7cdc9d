"""`mlpc compile`."""

from __future__ import annotations

import os

import click

from mlpc import codes
from mlpc.backend import NO_MATERIAL
from mlpc.ir.nodes import Workflow
from mlpc_cli import backends, errors
from mlpc_cli.errors import CommandError, Findings, UsageError
from mlpc_cli.files import write_folder
from mlpc_cli.material import gather
from mlpc_cli.options import Command, environment, optional_file, project
from mlpc_cli.say import tell
from mlpc_cli.spec import compile_spec, show
from mlpc_cli.terminal import harmless

#: Names the files of an earlier `compile` in its folder, so that another one may replace them.
MARK = ".mlpc-compiled"
#: Targets whose engines pull images from a registry.
_PULLING = frozenset({"kubeflow"})


@click.command(
    cls=Command,
    examples=[
        ("mlpc compile main.mlp --to local -o build", "the plan for this machine"),
        ("mlpc compile main.mlp --to compose -o build", "for Docker Compose; then `mlpc submit build`"),
        ("mlpc compile main.mlp --to local --env ci -o build", "as the environment `ci` has it"),
        ("mlpc compile --to kubeflow --registry HOST/team -o build", "a cluster pulls its images there"),
    ],
)
@optional_file
@click.option(
    "--to", "target", required=True, metavar="TARGET", help="The engine to write for, such as `local`."
)
@click.option(
    "-o", "--output", required=True, metavar="FOLDER", help="Where to; new, or made by an earlier compile."
)
@click.option(
    "--registry", default="", metavar="REGISTRY", help="Where a cluster pulls images from; for `kubeflow`."
)
@environment
@project
def command(file: str | None, target: str, output: str, registry: str, environment: str, project: str) -> int:
    """Write what an engine takes to run the pipeline of FILE.

    Runs nothing and reads no data. The same spec gives the same bytes.
    """
    backend = backends.named(target)
    if registry and target not in _PULLING:
        raise UsageError(
            f"--registry has no meaning for `{target}`, which runs images of this machine",
            help=["leave it out, or compile `--to kubeflow`"],
        )
    spec = compile_spec(file, "compile", environment, project)
    workflow = _with_registry(spec.workflow, target, registry) if registry else spec.workflow
    emitted = backend.emit(workflow, gather(workflow, spec.root) if backend.takes_material else NO_MATERIAL)
    if show(emitted.diagnostics, spec.loader):
        raise Findings
    _refuse_others(output)
    listing = "".join(f"{path}\n" for path in emitted.files)
    write_folder(output, {**emitted.files, MARK: listing.encode()}, emitted.modes)
    for path in emitted.files:
        tell(harmless(os.path.join(output, path)))
    return errors.OK


def _with_registry(workflow: Workflow, target: str, registry: str) -> Workflow:
    """Return ``workflow`` as if `backend TARGET { registry = … }` stood in it."""
    own = workflow.settings.get(target)
    members = {name: getattr(workflow, name) for name in workflow.__slots__}
    members["settings"] = {
        **workflow.settings,
        target: {**(own if isinstance(own, dict) else {}), "registry": registry},
    }
    return Workflow(**members)


def _refuse_others(folder: str) -> None:
    """Refuse a folder that holds anything but what an earlier compile wrote."""
    try:
        there = {
            os.path.relpath(os.path.join(place, name), folder).replace(os.sep, "/")
            for place, _, names in os.walk(folder)
            for name in names
        }
        if os.path.lexists(folder) and not os.path.isdir(folder):
            there = {os.path.basename(folder)}
        elif not there:
            return
        with open(os.path.join(folder, MARK), encoding="utf-8") as file:
            ours = {*file.read().splitlines(), MARK}
    except (OSError, UnicodeDecodeError):
        ours = set()
    others = sorted(there - ours)
    if others:
        raise CommandError(
            codes.OCCUPIED_FOLDER,
            f"`{folder}` holds something else: {', '.join(f'`{name}`' for name in others[:3])}"
            + (f" and {len(others) - 3} more" if len(others) > 3 else ""),
            help=["name another folder with `-o`; only what an earlier `mlpc compile` wrote is replaced"],
        )
