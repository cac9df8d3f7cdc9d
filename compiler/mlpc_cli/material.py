"""What backends write out but may not read: the step runtime, code of the project, what was locked."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

from mlpc.backend import Material
from mlpc.codes import NO_SUCH_SOURCE, STALE_LOCK
from mlpc.ir.nodes import Service, Task

from . import errors
from .errors import CommandError, reason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlpc.ir.nodes import Workflow
    from mlpc_run.fingerprints import Fingerprints
    from mlpc_run.store import Store


def gather(workflow: Workflow, root: str) -> Material:
    """Return the material for ``workflow``, whose project lies in ``root``. No data is read, nothing is written.

    Raises:
        CommandError: code of the project is not there, the lock does not cover the steps.
        EngineError: the lock cannot be read.
    """
    from mlpc_run import keys, lock, runtime
    from mlpc_run.imports import Sources

    base = runtime.root()
    sources = Sources(cast("Store", _NothingKnown()), cast("Fingerprints", _Digests()), base)
    code: dict[str, bytes] = {}
    named: set[str] = set()
    for node in workflow.nodes:
        if not isinstance(node, Task | Service) or node.action.kind != "project":
            continue
        try:
            files = sources.of_project(root, node.action.target)
            code.update(_read(root, (path for path in files if not path.startswith("mlpc:"))))
        except OSError as error:
            raise CommandError(
                NO_SUCH_SOURCE,
                f"the code of `{node.id}` cannot be read: `{node.action.target}`: {reason(error)}",
                help=[f"`run` names it, relative to {root}"],
            ) from None
        named.update(keys.named_files(root, node.arguments, cast("Fingerprints", _Digests())))
    found = lock.read(os.path.join(root, "mlpc.lock"))
    missing = lock.stale(found, workflow) if found is not None else {}
    if missing:
        steps = ", ".join(f"`{step}`" for steps in missing.values() for step in steps)
        raise CommandError(
            STALE_LOCK,
            f"mlpc.lock does not have what {steps} need",
            help=["run `mlpc lock`: requirements were added or changed since it was written"],
            exit_code=errors.FINDINGS,
        )
    return Material(
        runtime=_read(base, runtime.files(base)),
        code=code,
        named=sorted(named),
        locked={each: locked.lines for each, locked in found.sets.items()} if found is not None else {},
        python=found.python if found is not None else "",
    )


def _read(root: str, paths: Iterable[str]) -> dict[str, bytes]:
    found = {}
    for path in paths:
        with open(os.path.join(root, path), "rb") as file:
            found[path.replace(os.sep, "/")] = file.read()
    return found


class _NothingKnown:
    """Stands where the engine keeps what it read before: a compile leaves no store behind."""

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Return no rows."""
        return []


class _Digests:
    """Stands where the engine remembers digests of files: names matter here, and nothing is hashed."""

    def of(self, path: str) -> str:
        """Return an empty digest of what is there.

        Raises:
            OSError: it is not.
        """
        os.stat(path)
        return ""
