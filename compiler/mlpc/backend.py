"""What a backend is: a pure function from a workflow to files, with a table of what it can do.

A backend lies in three small files: the target's own model (``spec``), the way there (``emit``) and the text
(``render``). It reads no disk, no clock, no environment and no network. It is found by its entry point in the
group ``mlpc.backends``.
"""

from __future__ import annotations

from .codes import LOWERED_FOR_TARGET, REFUSED_BY_TARGET
from .diagnostics import ERROR, Diagnostic
from .ir.nodes import External, FanOut, Gate, Service, Task, Trigger
from .ir.stores import store_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Protocol

    from .ir.nodes import Node, Workflow

    class Backend(Protocol):
        """What stands behind an entry point of ``mlpc.backends``."""

        @property
        def name(self) -> str:
            """The name by which people ask for it."""

        @property
        def capabilities(self) -> Capabilities:
            """What it does natively, what it lowers and how, what it refuses."""

        @property
        def takes_material(self) -> bool:
            """Whether what it emits holds code and locked requirements, so that they have to be gathered."""

        def emit(self, workflow: Workflow, material: Material = ..., /) -> Emitted:
            """Return the files for ``workflow``; none where a diagnostic is an error."""


NATIVE = "native"
LOWERED = "lowered"
REFUSED = "refused"

#: Every construct of the IR that a target may lack, with what it is for a reader.
CONSTRUCTS: dict[str, str] = {
    "task.runtime": "a step of the standard library",
    "task.project": "a step that runs a function of the project",
    "task.container": "a step that runs a container image",
    "task.retry": "another attempt when a step fails",
    "task.timeout": "an end to a step that takes too long",
    "task.effect": "a step that changes something outside",
    "task.skip": "a step that runs only if a gate passes",
    "task.program": "a step that starts a program of the machine, such as a browser",
    "gate": "a gate on measured figures",
    "service": "a service that stays up",
    "service.container": "a service that runs a container image",
    "service.replicas": "more than one replica of a service",
    "service.level": "a condition on a running service",
    "fan_out": "instances made by `each`",
    "trigger": "a start by the clock",
    "trigger.time": "the time for which a run was started",
    "param": "a parameter that can be given at run time",
    "data.path": "data in a file of the project",
    "data.url": "data at a URL",
    "data.store": "data in an object store",
    "secret.env": "a secret from the environment",
    "secret.file": "a secret from a file",
    "secret.unsourced": "a secret that says not where it comes from",
    "resources.cpu": "a number of cores",
    "resources.memory": "an amount of memory",
    "resources.gpu": "a GPU",
}


class Capability:
    """What a target does with one construct.

    ``support`` is ``native``, ``lowered`` or ``refused``; ``text`` says how it is lowered, or what to write
    instead of what is refused.
    """

    __slots__ = ("support", "text")

    def __init__(self, support: str, text: str = "") -> None:
        if support not in (NATIVE, LOWERED, REFUSED):
            raise ValueError(f"{support!r} is no kind of support")
        if support != NATIVE and not text:
            raise ValueError(f"what is {support} needs a text")
        self.support = support
        self.text = text

    def __repr__(self) -> str:
        return f"{self.support}({self.text})" if self.text else self.support


def native(text: str = "") -> Capability:
    """The target has it."""
    return Capability(NATIVE, text)


def lowered(how: str) -> Capability:
    """The target lacks it, and something else stands for it."""
    return Capability(LOWERED, how)


def refused(instead: str) -> Capability:
    """The target cannot do it; ``instead`` says what would work."""
    return Capability(REFUSED, instead)


class Capabilities:
    """The capability table of a target: one entry for each construct, valid for ``version`` of the target."""

    __slots__ = ("table", "version")

    def __init__(self, version: str, table: Mapping[str, Capability]) -> None:
        if set(table) != set(CONSTRUCTS):
            odd = sorted(set(table) ^ set(CONSTRUCTS))
            raise ValueError(f"a capability table names every construct once; these differ: {', '.join(odd)}")
        self.version = version
        self.table = {construct: table[construct] for construct in CONSTRUCTS}

    def __getitem__(self, construct: str) -> Capability:
        return self.table[construct]


class Use:
    """A construct that a workflow uses: by the node, parameter or secret ``owner``; ``place`` may be None."""

    __slots__ = ("construct", "owner", "place")

    def __init__(self, construct: str, owner: str, place: dict[str, object] | None = None) -> None:
        self.construct = construct
        self.owner = owner
        self.place = place

    def __repr__(self) -> str:
        return f"{self.owner}: {self.construct}"


def uses(workflow: Workflow) -> Iterator[Use]:
    """Yield the constructs that ``workflow`` uses, in its order."""
    for param in workflow.params:
        yield Use("trigger.time" if param.trigger else "param", param.name)
    for secret in workflow.secrets:
        kind = next(iter(secret.source), "unsourced") if secret.source else "unsourced"
        yield Use(f"secret.{kind}", secret.name)
    gates = {node.id for node in workflow.nodes if isinstance(node, Gate)}
    for node in workflow.nodes:
        place = _place(node)
        for construct in _constructs(node, gates):
            yield Use(construct, node.id, place)


def _constructs(node: Node, gates: set[str]) -> Iterator[str]:
    if isinstance(node, Gate):
        yield "gate"
    elif isinstance(node, FanOut):
        yield "fan_out"
    elif isinstance(node, Trigger):
        yield "trigger"
    else:
        if isinstance(node, Service):
            yield "service"
            if node.replicas != (1, 1):
                yield "service.replicas"
            if node.levels:
                yield "service.level"
        contained = isinstance(node, Service) and node.action.kind == "container"
        yield "service.container" if contained else f"task.{node.action.kind}"
        if isinstance(node, Task):
            if node.retry.attempts > 1:
                yield "task.retry"
            if node.timeout is not None:
                yield "task.timeout"
            if node.effect:
                yield "task.effect"
            if node.labels.get("programs") and node.action.kind != "container":
                yield "task.program"
        if not gates.isdisjoint(node.after):
            yield "task.skip"
        found = {
            ("data.store" if store_of(source.location) else "data.url") if source.url else "data.path"
            for port in node.inputs.values()
            for source in port.sources
            if isinstance(source, External)
        }
        yield from sorted(found)
        if node.resources.cpu is not None:
            yield "resources.cpu"
        if node.resources.memory is not None:
            yield "resources.memory"
        if node.resources.gpu:
            yield "resources.gpu"


def _place(node: Node) -> dict[str, object] | None:
    place = node.labels.get("place")
    return dict(place) if isinstance(place, dict) else None


class Material:
    """Bytes that a backend writes out but may not read itself, by relative POSIX path; the command gathers them.

    ``runtime``: the step runtime, from the folder that goes on Python's path. ``code``: files of the project that
    its own steps run, and what those import. ``named``: files and folders of the project that arguments name; they
    are data and are not copied. ``locked``: by requirement set (sorted, each once), the requirements with their
    hashes, one a line; a set that is missing here is not locked. ``images``: by the name of an image of the user's own,
    the name with its digest. ``python``: the Python that the lock is for, ``X.Y``.
    """

    __slots__ = ("code", "images", "locked", "named", "python", "runtime")

    def __init__(
        self,
        runtime: Mapping[str, bytes] | None = None,
        code: Mapping[str, bytes] | None = None,
        named: Sequence[str] = (),
        locked: Mapping[tuple[str, ...], tuple[str, ...]] | None = None,
        python: str = "",
        images: Mapping[str, str] | None = None,
    ) -> None:
        self.images = dict(images or {})
        self.runtime = dict(runtime or {})
        self.code = dict(code or {})
        self.named = tuple(named)
        self.locked = dict(locked or {})
        self.python = python


#: For backends that emit nothing but what the workflow says.
NO_MATERIAL = Material()


class Emitted:
    """What a backend made: bytes by relative POSIX path, modes where they differ from 0o644, diagnostics."""

    __slots__ = ("diagnostics", "files", "modes")

    def __init__(
        self,
        files: Mapping[str, bytes],
        *,
        modes: Mapping[str, int] | None = None,
        diagnostics: Sequence[Diagnostic] = (),
    ) -> None:
        self.files = {path: files[path] for path in sorted(files)}
        self.modes = dict(modes or {})
        self.diagnostics = tuple(diagnostics)

    @property
    def has_errors(self) -> bool:
        """Whether the target refused something; there are no files then."""
        return any(item.severity == ERROR for item in self.diagnostics)


def judge(backend: Backend, workflow: Workflow) -> list[Diagnostic]:
    """Return an error for each construct of ``workflow`` that the target refuses, a note for each it lowers.

    A construct that many nodes use gives one note, but one error each.
    """
    found: list[Diagnostic] = []
    noted: set[str] = set()
    for use in uses(workflow):
        capability = backend.capabilities[use.construct]
        what = CONSTRUCTS[use.construct]
        if capability.support == REFUSED:
            message = f"`{use.owner}` needs {what}, which the target `{backend.name}` does not do"
            found.append(Diagnostic(REFUSED_BY_TARGET, message, help=(*_at(use), capability.text)))
        elif capability.support == LOWERED and use.construct not in noted:
            noted.add(use.construct)
            message = f"on the target `{backend.name}`, {what} (`{use.owner}`) is lowered: {capability.text}"
            found.append(Diagnostic(LOWERED_FOR_TARGET, message, help=_at(use)))
    return found


def _at(use: Use) -> tuple[str, ...]:
    if use.place is None:
        return ()
    return (f"`{use.owner}` stands at {use.place['file']}:{use.place['line']}:{use.place['column']}",)
