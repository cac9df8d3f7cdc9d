"""The node classes of the Workflow IR: a closed union, plain slotted classes, JSON types only.

Ids are unique in a workflow. Numbers with a unit are in SI base units (seconds, bytes, hertz, watts, joules).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Json: TypeAlias = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
    JsonObject: TypeAlias = dict[str, Json]

#: Version of the IR; a file of another major version is refused.
VERSION = 1

_EMPTY: JsonObject = {}

#: How the time for which a run was started is written: in UTC, to the second, as `strftime` has it.
TIME = "%Y-%m-%dT%H:%M:%SZ"
#: What the id of the task ends with that makes what a service serves. No name that a person gives holds a dot.
BUILD = ".build"


class Record:
    """Base of the IR classes: equality and representation by slots."""

    __slots__: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and all(
            getattr(self, name) == getattr(other, name) for name in self.__slots__
        )

    def __hash__(self) -> int:
        return hash(type(self).__name__)

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"{type(self).__name__}({inside})"


class Param(Record):
    """A run-time parameter of the compiled pipeline.

    ``type`` is a value type (see :mod:`mlpc.ir.types`), ``default`` a literal of it. With a ``trigger`` it is the time for
    which that starts a run, in UTC to the second; a run that nobody gives one has the time at which it starts.
    """

    __slots__ = ("name", "type", "default", "doc", "trigger")

    def __init__(self, name: str, type: JsonObject, default: Json, doc: str = "", trigger: str = "") -> None:
        self.name = name
        self.type = type
        self.default = default
        self.doc = doc
        self.trigger = trigger


class Secret(Record):
    """A secret by name, never by value.

    ``source`` is ``{"env": NAME}``, ``{"file": PATH}`` or None where the engine has to be told.
    """

    __slots__ = ("name", "type", "source")

    def __init__(self, name: str, type: JsonObject, source: JsonObject | None) -> None:
        self.name = name
        self.type = type
        self.source = source


class Output(Record):
    """A typed output port of a task.

    ``type`` is a port type (see :mod:`mlpc.ir.types`).
    """

    __slots__ = ("type",)

    def __init__(self, type: JsonObject) -> None:
        self.type = type


class Figure(Record):
    """A figure that a task measures: ``type`` is the value type that its component declares, ``place`` where it does."""

    __slots__ = ("type", "place")

    def __init__(self, type: JsonObject, place: JsonObject | None = None) -> None:
        self.type = type
        self.place = place


class Reference(Record):
    """The output ``port`` of ``node``; ``key`` names the instance where an input takes many."""

    __slots__ = ("node", "port", "key")

    def __init__(self, node: str, port: str, key: str = "") -> None:
        self.node = node
        self.port = port
        self.key = key


class External(Record):
    """Data from outside: a path relative to the project, or a URL."""

    __slots__ = ("location", "url", "type")

    def __init__(self, location: str, url: bool, type: JsonObject) -> None:
        self.location = location
        self.url = url
        self.type = type


class Input(Record):
    """What an input port receives: one source, or with ``many`` a keyed list of them."""

    __slots__ = ("sources", "many")

    def __init__(self, sources: tuple[Reference | External, ...], many: bool = False) -> None:
        self.sources = sources
        self.many = many


class Action(Record):
    """What a task executes.

    ``runtime``: ``function`` of the module ``target`` of the shipped step runtime; ``project``:
    ``function`` of the file ``target`` (relative to the project); ``container``: image ``target`` with
    ``command``.
    """

    __slots__ = ("kind", "target", "function", "command")

    def __init__(self, kind: str, target: str, function: str = "", command: tuple[str, ...] = ()) -> None:
        self.kind = kind
        self.target = target
        self.function = function
        self.command = command


class Resources(Record):
    """What a node asks for; ``memory`` in bytes, ``cpu`` in cores."""

    __slots__ = ("cpu", "memory", "gpu", "gpu_type")

    def __init__(
        self,
        cpu: float | None = None,
        memory: int | None = None,
        gpu: int = 0,
        gpu_type: str = "",
    ) -> None:
        self.cpu = cpu
        self.memory = memory
        self.gpu = gpu
        self.gpu_type = gpu_type


class Retry(Record):
    """``attempts`` in all, the first included; ``backoff`` in seconds before the second, doubled after
    each.
    """

    __slots__ = ("attempts", "backoff")

    def __init__(self, attempts: int = 1, backoff: float = 0.0) -> None:
        self.attempts = attempts
        self.backoff = backoff


_RESOURCES = Resources()
_RETRY = Retry()
_FIGURES: dict[str, Figure] = {}


class Condition(Record):
    """One thing that has to hold.

    ``expr`` is a value expression (see :mod:`mlpc.ir.types`), ``text`` what the person wrote, ``place``
    its ``{"file", "line", "column"}``. ``severity`` is ``error`` or ``warn`` (which blocks nothing).
    """

    __slots__ = ("expr", "text", "name", "severity", "message", "place")

    def __init__(
        self,
        expr: JsonObject,
        text: str,
        name: str = "",
        severity: str = "error",
        message: str = "",
        place: JsonObject | None = None,
    ) -> None:
        self.expr = expr
        self.text = text
        self.name = name
        self.severity = severity
        self.message = message
        self.place = place


class Task(Record):
    """A process that runs to completion.

    ``timeout`` in seconds; ``after`` names nodes that must be done (a gate: passed) first; ``effect``
    says that it changes something outside, which is verified before the task is skipped. A step whose
    ``figures`` are not what their types say has failed; those that it left out are no fault.
    """

    __slots__ = (
        "id",
        "action",
        "inputs",
        "outputs",
        "figures",
        "arguments",
        "requirements",
        "resources",
        "retry",
        "timeout",
        "seed",
        "after",
        "effect",
        "labels",
    )

    def __init__(
        self,
        id: str,
        action: Action,
        inputs: dict[str, Input],
        outputs: dict[str, Output],
        arguments: JsonObject,
        requirements: tuple[str, ...] = (),
        resources: Resources = _RESOURCES,
        retry: Retry = _RETRY,
        timeout: float | None = None,
        seed: int | None = None,
        after: tuple[str, ...] = (),
        effect: bool = False,
        labels: JsonObject = _EMPTY,
        figures: dict[str, Figure] = _FIGURES,
    ) -> None:
        self.id = id
        self.action = action
        self.inputs = inputs
        self.outputs = outputs
        self.figures = figures
        self.arguments = arguments
        self.requirements = requirements
        self.resources = resources
        self.retry = retry
        self.timeout = timeout
        self.seed = seed
        self.after = after
        self.effect = effect
        self.labels = labels


class Gate(Record):
    """Judges figures that tasks measured. What names it in ``after`` runs only if it passes."""

    __slots__ = ("id", "conditions", "after", "labels")

    def __init__(
        self,
        id: str,
        conditions: tuple[Condition, ...],
        after: tuple[str, ...] = (),
        labels: JsonObject = _EMPTY,
    ) -> None:
        self.id = id
        self.conditions = conditions
        self.after = after
        self.labels = labels


class Service(Record):
    """A process that stays up and answers requests; ``levels`` are conditions known only while it does."""

    __slots__ = (
        "id",
        "action",
        "inputs",
        "arguments",
        "requirements",
        "resources",
        "replicas",
        "levels",
        "after",
        "labels",
    )

    def __init__(
        self,
        id: str,
        action: Action,
        inputs: dict[str, Input],
        arguments: JsonObject,
        requirements: tuple[str, ...] = (),
        resources: Resources = _RESOURCES,
        replicas: tuple[int, int] = (1, 1),
        levels: tuple[Condition, ...] = (),
        after: tuple[str, ...] = (),
        labels: JsonObject = _EMPTY,
    ) -> None:
        self.id = id
        self.action = action
        self.inputs = inputs
        self.arguments = arguments
        self.requirements = requirements
        self.resources = resources
        self.replicas = replicas
        self.levels = levels
        self.after = after
        self.labels = labels


class FanOut(Record):
    """The instances that one ``each`` made: node id by key."""

    __slots__ = ("id", "keys", "members", "labels")

    def __init__(
        self,
        id: str,
        keys: tuple[str, ...],
        members: dict[str, str],
        labels: JsonObject = _EMPTY,
    ) -> None:
        self.id = id
        self.keys = keys
        self.members = members
        self.labels = labels


class Trigger(Record):
    """Starts the workflow by the clock."""

    __slots__ = ("id", "cron", "timezone", "labels")

    def __init__(self, id: str, cron: str, timezone: str, labels: JsonObject = _EMPTY) -> None:
        self.id = id
        self.cron = cron
        self.timezone = timezone
        self.labels = labels


class Workflow(Record):
    """A whole pipeline. Nodes stand in an order in which each follows what it needs.

    ``settings`` holds what ``backend NAME { … }`` blocks say, by backend.
    """

    __slots__ = ("name", "nodes", "params", "secrets", "environment", "settings", "doc", "labels", "version")

    def __init__(
        self,
        name: str,
        nodes: tuple[Node, ...],
        params: tuple[Param, ...] = (),
        secrets: tuple[Secret, ...] = (),
        environment: str = "",
        settings: JsonObject = _EMPTY,
        doc: str = "",
        labels: JsonObject = _EMPTY,
        version: int = VERSION,
    ) -> None:
        self.name = name
        self.nodes = nodes
        self.params = params
        self.secrets = secrets
        self.environment = environment
        self.settings = settings
        self.doc = doc
        self.labels = labels
        self.version = version

    def times(self) -> list[str]:
        """Return the names of the parameters that hold the times of triggers."""
        return [param.name for param in self.params if param.trigger]

    def node(self, id: str) -> Node:
        """Return the node called ``id``.

        Raises:
            KeyError: there is none.
        """
        for node in self.nodes:
            if node.id == id:
                return node
        raise KeyError(id)


if TYPE_CHECKING:
    Node: TypeAlias = Task | Gate | Service | FanOut | Trigger


def metrics_read(expr: Json) -> list[tuple[str, str]]:
    """Return the ``(node, metric)`` pairs that a value expression reads, in order, each once."""
    found: list[tuple[str, str]] = []
    stack: list[Json] = [expr]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            metric = item.get("metric")
            if "const" in item:
                continue
            if isinstance(metric, dict):
                pair = (str(metric["node"]), str(metric["name"]))
                if pair not in found:
                    found.append(pair)
            else:
                stack.extend(reversed(list(item.values())))
        elif isinstance(item, list):
            stack.extend(reversed(item))
    return found


def names_read(expr: Json, form: str) -> list[str]:
    """Return the names that a value expression reads in ``form`` (``param`` or ``secret``), in order, each once."""
    found: dict[str, None] = {}
    stack: list[Json] = [expr]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            stack.extend(reversed(item))
        elif isinstance(item, dict) and "const" not in item:
            name = item.get(form)
            if len(item) == 1 and isinstance(name, str):
                found[name] = None
            else:
                stack.extend(reversed(item.values()))
    return list(found)


def needs(node: Node) -> list[str]:
    """Return the ids of the nodes that ``node`` waits for: inputs, figures read, control edges; each once."""
    found: list[str] = []
    if isinstance(node, Task | Service):
        for port in node.inputs.values():
            found.extend(source.node for source in port.sources if isinstance(source, Reference))
        found.extend(id for id, _ in metrics_read(node.arguments))
    if isinstance(node, Gate):
        for condition in node.conditions:
            found.extend(id for id, _ in metrics_read(condition.expr))
    if isinstance(node, FanOut):
        found.extend(node.members.values())
    if isinstance(node, Task | Service | Gate):
        found.extend(node.after)
    return list(dict.fromkeys(found))
