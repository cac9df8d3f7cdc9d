"""What a node reads: parameters, secrets, files of the project; and where it stands in the spec."""

from __future__ import annotations

import posixpath

from mlpc.codes import DATA_OUTSIDE_PROJECT
from mlpc.diagnostics import Diagnostic
from mlpc.ir import nodes, stores
from mlpc.ir.nodes import External, Gate, Service, Task
from mlpc.ir.texts import texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlpc.ir.nodes import Node, Workflow


def names_read(node: Task | Gate | Service, form: str) -> list[str]:
    """Return the names of what a node's expressions read in ``form`` (``param`` or ``secret``), in order, each once."""
    if isinstance(node, Gate):
        return nodes.names_read([condition.expr for condition in node.conditions], form)
    return nodes.names_read(list(node.arguments.values()), form)


def files_read(node: Task | Service) -> list[tuple[str, int, External]]:
    """Return the files of the project that a node reads as data: port, number among its sources, what is read."""
    return [
        (name, number, source)
        for name, port in node.inputs.items()
        for number, source in enumerate(port.sources)
        if isinstance(source, External) and not source.url
    ]


def files_named(node: Task | Service, named: Sequence[str], code: object) -> list[str]:
    """Return the files among ``named`` that arguments of a step of the project name, but for its ``code``."""
    if node.action.kind != "project" or not named:
        return []
    given = texts(list(node.arguments.values()))
    paths = [posixpath.normpath(text) for text in named if text in given and not lies_outside(text)]
    return [path for path in dict.fromkeys(paths) if not (isinstance(code, dict) and path in code)]


def credentials(workflow: Workflow) -> dict[str, list[str]]:
    """Return the variables by which steps are told of the object stores that they read, each with the nodes told."""
    found: dict[str, list[str]] = {}
    for node in workflow.nodes:
        if isinstance(node, Task | Service):
            read = stores.read_by(node)
            for name in [*stores.variables(read), *stores.files(read)]:
                found.setdefault(name, []).append(node.id)
    return found


def data_outside(node: Task | Service) -> Iterator[Diagnostic]:
    """Yield what there is to say of data that does not lie in the project, of which containers see nothing."""
    for name, _, source in files_read(node):
        if lies_outside(source.location):
            yield Diagnostic(
                DATA_OUTSIDE_PROJECT,
                f"`{source.location}`, the `{name}` of `{node.id}`, does not lie in the project",
                help=(*at(node), "containers see data of the project only: move it there, or give a URL"),
            )


def lies_outside(location: str) -> bool:
    """Return whether a path does not lie in the project."""
    path = posixpath.normpath(location)
    return posixpath.isabs(path) or path.split("/")[0] == ".." or path == "."


def at(node: Node) -> tuple[str, ...]:
    """Return a line that says where a node stands in the spec; nothing where that is not known."""
    place = node.labels.get("place")
    if not isinstance(place, dict):
        return ()
    return (f"`{node.id}` stands at {place['file']}:{place['line']}:{place['column']}",)
