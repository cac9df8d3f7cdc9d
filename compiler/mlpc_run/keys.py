"""The key of a step: everything that decides what comes out of it, and nothing else.

The parts are kept apart, so that it can be said which of them changed. Not among them: the name of the step, gates,
retries, timeouts, resources, labels, doc comments, where data lies (its content counts), values of secrets.
"""

from __future__ import annotations

import json
import os
import sys

from mlpc.codes import NO_SUCH_INPUT, NO_SUCH_SOURCE
from mlpc.ir.nodes import External

from . import digests
from .errors import EngineError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from mlpc.ir.nodes import Task

    from .fingerprints import Fingerprints
    from .imports import Digests, Sources

#: Version of the step contract.
CONTRACT = 1


class Parts:
    """The parts of a step's key, by name; each a plain JSON value."""

    __slots__ = (
        "action",
        "arguments",
        "code",
        "files",
        "inputs",
        "platform",
        "ports",
        "requirements",
        "seed",
    )

    def __init__(
        self,
        action: list[str],
        arguments: dict[str, Any],
        code: dict[str, str],
        files: dict[str, str],
        inputs: dict[str, Any],
        platform: str,
        ports: dict[str, Any],
        requirements: str,
        seed: int | None,
    ) -> None:
        self.action = action
        self.arguments = arguments
        self.code = code
        self.files = files
        self.inputs = inputs
        self.platform = platform
        self.ports = ports
        self.requirements = requirements
        self.seed = seed

    def to_json(self) -> dict[str, Any]:
        """Return the parts as a JSON object."""
        return {name: getattr(self, name) for name in self.__slots__}

    def key(self) -> str:
        """Return the key: the hex SHA-256 of the parts."""
        return digests.of_text(canonical({"contract": CONTRACT, **self.to_json()}))


def canonical(value: object) -> str:
    """Return the one text of a JSON value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def parts(
    task: Task,
    project: str,
    *,
    arguments: dict[str, Any],
    secrets: Mapping[str, str],
    inputs: dict[str, Any],
    requirements: str,
    sources: Sources,
    fingerprints: Fingerprints,
) -> Parts:
    """Return the parts of the key of ``task``, whose inputs have the digests ``inputs``.

    Raises:
        EngineError: its code is not there.
    """
    given: dict[str, Any] = {name: value for name, value in arguments.items() if value is not None}
    given.update({name: {"secret": secret} for name, secret in secrets.items()})
    return Parts(
        action=[task.action.kind, task.action.target, task.action.function],
        arguments=given,
        code=code(task, project, sources),
        files=named_files(project, arguments, fingerprints),
        inputs=inputs,
        platform=platform(),
        ports={
            "inputs": {
                name: [without_docs(source.type) for source in port.sources if isinstance(source, External)]
                for name, port in task.inputs.items()
            },
            "outputs": {name: without_docs(output.type) for name, output in task.outputs.items()},
            "figures": {name: figure.type for name, figure in task.figures.items()},
        },
        requirements=requirements,
        seed=task.seed,
    )


def code(task: Task, project: str, sources: Sources) -> dict[str, str]:
    """Return path and digest of every source file that the step runs, but for installed packages.

    Raises:
        EngineError: its code is not there.
    """
    if task.action.kind == "container":
        from .containers import identity

        # The tag may move, and the command is code: both belong to what the step runs.
        return {
            "image": identity(task.id, task.action.target),
            "command": json.dumps(list(task.action.command)),
        }
    adaptor = sources.of_runtime("mlpc_stdlib.runtime.__main__")
    try:
        if task.action.kind == "project":
            adaptor = sources.of_runtime("mlpc_stdlib.runtime.__main__", "mlpc_stdlib.runtime.project")
            return {
                **sources.of_project(project, task.action.target),
                **{f"mlpc:{name}": digest for name, digest in adaptor.items()},
            }
        own = sources.of_runtime("mlpc_stdlib.runtime.__main__", task.action.target)
    except OSError as error:
        raise EngineError(
            NO_SUCH_SOURCE,
            f"the code of `{task.id}` cannot be read: {_relative(error.filename, project)}: {error.strerror}",
            f"`run` names {task.action.target}, relative to {project}",
        ) from None
    return {f"mlpc:{name}": digest for name, digest in own.items()}


def named_files(project: str, value: object, fingerprints: Digests) -> dict[str, str]:
    """Return path and digest of what arguments name: a text that is the path of a file, or of a folder of the
    project where it is written as a path (with a ``/`` inside).

    Text that only happens to be a file's name makes a step depend on that file, which costs a needless run at
    worst; the other way round would be a stale result.
    """
    found: dict[str, str] = {}
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, str) and 0 < len(item) < 1024 and "\0" not in item and "://" not in item:
            path = os.path.join(project, item)
            try:
                folder = "/" in item.strip("./") and not os.path.isabs(item) and os.path.isdir(path)
                if folder or os.path.isfile(path):
                    found[item] = fingerprints.of(path)
            except OSError:
                continue
    return dict(sorted(found.items()))


def external(
    task: str, port: str, source: External, project: str, fingerprints: Fingerprints
) -> dict[str, str]:
    """Return the digest of local data, and the suffix of its name, by which readers tell formats.

    Raises:
        EngineError: it is not there or cannot be read.
    """
    path = os.path.join(project, source.location)
    try:
        digest = fingerprints.of(path)
    except OSError as error:
        raise missing_input(task, port, source.location, project, error) from None
    return {"digest": digest, "suffix": "".join(os.path.basename(path).partition(".")[1:])}


def missing_input(task: str, port: str, location: str, project: str, error: OSError) -> EngineError:
    """Return the error for data that is not there or cannot be read."""
    from .values import did_you_mean

    where = os.path.dirname(os.path.join(project, location))
    near = ""
    if isinstance(error, FileNotFoundError) and os.path.isdir(where):
        near = did_you_mean(os.path.basename(location), sorted(os.listdir(where)))
    return EngineError(
        NO_SUCH_INPUT,
        f"`{location}`, which `{task}` reads as its `{port}`, cannot be read: {error.strerror or error}{near}",
        f"paths are relative to {project}",
    )


def without_docs(type: Any) -> Any:
    """Return a type without doc comments, which no step but a service may depend on."""
    if isinstance(type, list):
        return [without_docs(item) for item in type]
    if isinstance(type, dict):
        return {name: without_docs(item) for name, item in type.items() if name != "doc"}
    return type


def platform() -> str:
    """Return what of this machine decides about results: implementation and version of Python, system and
    processor.
    """
    version = ".".join(str(part) for part in sys.version_info[:3])
    return f"{sys.implementation.name} {version} {sys.platform} {os.uname().machine}"


def _relative(path: str | None, project: str) -> str:
    if path and path.startswith(project + os.sep):
        return os.path.relpath(path, project)
    return path or "?"
