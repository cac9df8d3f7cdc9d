"""What backends write out but may not read: the step runtime, code of the project, what was locked."""

from __future__ import annotations

import os

from mlpc.backend import Material
from mlpc.codes import NO_SUCH_SOURCE, STALE_LOCK
from mlpc.ir.nodes import Service, Task
from mlpc.ir.texts import texts

from . import errors
from .errors import CommandError, reason
from .loader import read_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlpc.ir.nodes import Workflow


def gather(workflow: Workflow, root: str) -> Material:
    """Return the material for ``workflow``, whose project lies in ``root``. No data is read, nothing is written.

    Raises:
        CommandError: code of the project is not there, the lock does not cover the steps.
        EngineError: the lock cannot be read.
    """
    from mlpc_run import runtime

    base = runtime.root()
    own = [
        node for node in workflow.nodes if isinstance(node, Task | Service) and node.action.kind == "project"
    ]
    code, named = _project(own, root, base) if own else ({}, [])
    locked, python, images = _locked(workflow, os.path.join(root, "mlpc.lock"))
    return Material(
        runtime=_read(base, runtime.files(base)),
        code=code,
        named=named,
        locked=locked,
        python=python,
        images=images,
    )


def _project(steps: Iterable[Task | Service], root: str, base: str) -> tuple[dict[str, bytes], list[str]]:
    """Return the code that steps of the project run, and what their arguments name."""
    from mlpc_run import keys
    from mlpc_run.imports import Sources

    digests = _Digests()
    sources = Sources(_NothingKnown(), digests, base)
    code: dict[str, bytes] = {}
    named: set[str] = set()
    for node in steps:
        try:
            files = sources.of_project(root, node.action.target)
            wanted = (path for path in files if not path.startswith("mlpc:") and path not in code)
            code.update(_read(root, wanted))
        except OSError as error:
            raise CommandError(
                NO_SUCH_SOURCE,
                f"the code of `{node.id}` cannot be read: `{node.action.target}`: {reason(error)}",
                help=[f"`run` names it, relative to {root}"],
            ) from None
        named.update(keys.named_files(root, sorted(texts(list(node.arguments.values()))), digests))
    return code, sorted(named)


def _locked(
    workflow: Workflow, path: str
) -> tuple[dict[tuple[str, ...], tuple[str, ...]], str, dict[str, str]]:
    """Return what the lock at ``path`` has, the Python that it is for and the images; nothing where there is none."""
    if not os.path.lexists(path):
        return {}, "", {}
    from mlpc_run import lock

    found = lock.read(path)
    if found is None:
        return {}, "", {}
    missing = lock.stale(found, workflow)
    if missing:
        steps = ", ".join(f"`{step}`" for steps in missing.values() for step in steps)
        raise CommandError(
            STALE_LOCK,
            f"mlpc.lock does not have what {steps} need",
            help=["run `mlpc lock`: requirements were added or changed since it was written"],
            exit_code=errors.FINDINGS,
        )
    return {each: locked.lines for each, locked in found.sets.items()}, found.python, found.references()


def _read(root: str, paths: Iterable[str]) -> dict[str, bytes]:
    return {path.replace(os.sep, "/"): read_file(os.path.join(root, path)) for path in paths}


class _NothingKnown:
    """Stands where the engine keeps what it read before: a compile leaves no store behind."""

    def rows(self, statement: str) -> list[tuple[str, str]]:
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
