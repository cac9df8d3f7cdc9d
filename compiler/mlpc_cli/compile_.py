"""`mlpc compile`: what continuous integration runs for every change, answered before click is imported."""

from __future__ import annotations

import os

from mlpc import codes

from . import backends, errors
from .errors import CommandError, Findings, UsageError
from .files import write_folder
from .loader import MARK
from .plain import read
from .spec import compile_spec, show
from .terminal import emit, harmless

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlpc.ir.nodes import Workflow

#: Targets whose engines pull images from a registry.
_PULLING = frozenset({"kubeflow"})


def read_arguments(arguments: Sequence[str]) -> tuple[str | None, str, str, str, str] | None:
    """Return file, target, folder, environment and project; None where click has to look at ``arguments``."""
    options = {"--to": "", "--output": "", "--env": "", "--project": ""}
    found = read(arguments, options, {"-o": "--output"})
    if found is None:
        return None
    files, values = found
    if len(files) > 1 or not values["--to"] or not values["--output"]:
        return None
    return (
        files[0] if files else None,
        values["--to"],
        values["--output"],
        values["--env"],
        values["--project"],
    )


def compile_to(
    file: str | None,
    target: str,
    output: str,
    environment: str = "",
    project: str = "",
    registry: str = "",
) -> int:
    """Write what the engine ``target`` takes into the folder ``output``, print its files and return the exit code.

    ``registry`` is where a cluster pulls images from.

    Raises:
        UsageError: there is no such target, it pulls no images from a registry, or no file was named where there is not
            exactly one.
        CommandError: something cannot be read or written, the folder holds something else.
        Findings: the spec has errors, or the target refuses it.
    """
    backend = backends.named(target)
    if registry and target not in _PULLING:
        raise UsageError(
            f"--registry has no meaning for `{target}`, which runs images of this machine",
            help=["leave it out, or compile `--to kubeflow`"],
        )
    spec = compile_spec(file, "compile", environment, project)
    workflow = _with_registry(spec.workflow, target, registry) if registry else spec.workflow
    if backend.takes_material:
        from .material import gather

        emitted = backend.emit(workflow, gather(workflow, spec.root))
    else:
        emitted = backend.emit(workflow)
    if show(emitted.diagnostics, spec.loader):
        raise Findings
    _refuse_others(output)
    listing = "".join(f"{path}\n" for path in emitted.files)
    write_folder(output, {**emitted.files, MARK: listing.encode()}, emitted.modes)
    emit("".join(f"{harmless(os.path.join(output, path))}\n" for path in emitted.files))
    return errors.OK


def _with_registry(workflow: Workflow, target: str, registry: str) -> Workflow:
    """Return ``workflow`` as if `backend TARGET { registry = … }` stood in it."""
    own = workflow.settings.get(target)
    members = {name: getattr(workflow, name) for name in workflow.__slots__}
    members["settings"] = {
        **workflow.settings,
        target: {**(own if isinstance(own, dict) else {}), "registry": registry},
    }
    return type(workflow)(**members)


def _refuse_others(folder: str) -> None:
    """Refuse a folder that holds anything but what an earlier compile wrote."""
    # Without a name it is the current one, as where it is written.
    folder = folder or os.curdir
    there: set[str] = set()
    try:
        for place, _, names in os.walk(folder):
            inside = place[len(folder) :].strip(os.sep).replace(os.sep, "/")
            there.update(f"{inside}/{name}" if inside else name for name in names)
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
