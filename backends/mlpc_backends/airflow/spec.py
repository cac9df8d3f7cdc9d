"""What Airflow takes, as far as 2.11 and 3 agree, and what it can do of the IR."""

from __future__ import annotations

import re
from string import ascii_letters, digits

from mlpc.backend import Capabilities, lowered, native, refused
from mlpc_backends.shared.names import Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlpc.ir.nodes import Json, JsonObject

#: Version of the table below and of the files that are written.
VERSION = "1"
FILE, PAGE, IGNORE = "dag.py", "README.md", ".airflowignore"
#: What lies beside the DAG file and is none: read alike as globs and, by Airflow 2, as regular expressions.
IGNORED = ("data", "images", "project", "runtime", "secrets")

#: Task ids. Airflow takes more than ASCII, but not every database that it keeps them in compares that alike.
TASK = Rule("airflow task", ascii_letters + digits + "_.", "-", "[", first=ascii_letters + digits + "_")
#: Ids of task groups, and the two halves of the id of a DAG: without the dot.
GROUP = Rule("airflow group", ascii_letters + digits + "_", "-", "[")

#: The most characters of an id of a DAG, a task or a task group, and of a tag.
LONGEST_ID, LONGEST_TAG = 250, 100
#: The same of a pool.
LONGEST_POOL = 256
#: Seconds beyond which dates overflow, or nearly so.
LONGEST_TIME = 1e9
#: What a count may be at most: Airflow's database has 32 bits for it.
LARGEST_COUNT = 2**31 - 1
#: Docker's least limit of memory, in bytes, and its most.
MEMORY = (6 * 2**20, 2**63 - 1)
#: What Docker takes as a weight, in cores: 2 to 262144 shares of 1/1024.
WEIGHT = (0.002, 256.0)
#: The slots that Airflow's pool has unless somebody changes it.
POOL_SLOTS = 128
#: How deep a default may be nested: Python reads no more than some hundred brackets in brackets.
DEEPEST = 50
#: Exit status of a gate that did not pass: what Airflow's own operators take for "skip this".
NOT_PASSED = 99
#: Seconds in which Docker has to answer a question: a busy machine needs more than the minute that is usual.
DOCKER_TIMEOUT = 600
#: Seconds after the end of a step's own timeout at which Airflow ends its task: starting a container counts.
LEEWAY = 60.0

#: Five fields of what croniter reads; a name of a time zone.
CRON = re.compile(r"[0-9A-Za-z*/,-]+( [0-9A-Za-z*/,-]+){4}")
TIMEZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")

CAPABILITIES = Capabilities(
    VERSION,
    {
        "task.runtime": native("a `DockerOperator`"),
        "task.project": native("a `DockerOperator`; its code is copied into the image"),
        "task.container": lowered(
            "the adaptor is put on top of the image, which needs Python 3.11 or newer for that; the command of the spec "
            "runs in it by the step contract"
        ),
        "task.retry": native(
            "`retries` with exponential backoff, to which Airflow adds up to as much again by chance"
        ),
        "task.timeout": native(
            "the step is ended by its container, and by `execution_timeout` a minute later"
        ),
        "task.effect": native("runs last, when all other steps and gates went well"),
        "task.skip": native("skipped with the gate that holds it back"),
        "task.program": refused(
            "images of steps hold Python and its packages: leave out what needs the program, here or in an `env` for this target"
        ),
        "gate": native("a task of its own, which is skipped when the gate does not pass"),
        "service": lowered(
            "Airflow runs jobs only: the promoted bundle is put into the store, no server is started"
        ),
        "service.container": refused("serve a model by `server`, or run a function of the project"),
        "service.replicas": lowered("written into the promoted bundle, for whoever starts a server with it"),
        "service.level": lowered(
            "a level of service is shown by the server's metrics; it blocks no promotion"
        ),
        "fan_out": native("a task group"),
        "trigger": native(
            "a timetable with its time zone; several need Airflow 3; runs that were missed are not made up for"
        ),
        "trigger.time": native(
            "the logical date, of a run without one when it may start; `mlpc submit --at` sets another"
        ),
        "param": native("a typed `Param`"),
        "data.path": native("mounted read-only from a folder of the Docker host"),
        "data.url": native("read by the step itself"),
        "data.store": lowered(
            "read by the step itself; the variables of the worker that hold credentials are passed on by name when "
            "the task runs, to that step alone (the README of what is compiled lists them)"
        ),
        "secret.env": lowered("a file of the Docker host, which `mlpc submit` writes from the variable"),
        "secret.file": native("a file of the Docker host, mounted read-only"),
        "secret.unsourced": lowered("a file of the Docker host, which has to be there"),
        "resources.cpu": lowered(
            "Docker is given a weight, not a limit; threads keep to it, and it is counted as slots of the pool"
        ),
        "resources.memory": native("a limit of the container"),
        "resources.gpu": native("a device request"),
    },
)


class Template:
    """A text that Airflow renders when the task runs: literal parts, and expressions of Jinja.

    Nothing in a literal part is taken for an expression, a comment or a tag.
    """

    __slots__ = ("parts",)

    def __init__(self, *parts: str | Expression) -> None:
        self.parts = parts

    def render(self) -> str:
        """Return it as Airflow reads it."""
        return "".join(
            f"{{{{ {part.text} }}}}" if isinstance(part, Expression) else _inert(part) for part in self.parts
        )


class Expression:
    """An expression of Jinja; texts in it are put there by :func:`quoted`."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


def quoted(text: str) -> str:
    """Return ``text`` as a literal of Jinja, which Airflow renders to ``text`` and to nothing else."""
    made = "".join(
        char if char.isascii() and (char.isalnum() or char in "_./ -") else f"\\U{ord(char):08x}"
        for char in text
    )
    return f'"{made}"'


def _inert(text: str) -> str:
    # Jinja drops the last line feed of a template, and reads every end of a line as one.
    return f"{{{{ {quoted(text)} }}}}" if re.search(r"[{}\r\n]", text) else text


class Mount:
    """What a container sees at ``target``: a named volume, or a file of the Docker host.

    Airflow takes both places for templates.
    """

    __slots__ = ("is_volume", "read_only", "source", "target")

    def __init__(
        self, source: Template, target: str, *, is_volume: bool = False, read_only: bool = False
    ) -> None:
        self.source = source
        self.target = Template(target)
        self.is_volume = is_volume
        self.read_only = read_only


class Param:
    """A parameter of a run: ``schema`` is the JSON Schema of its values."""

    __slots__ = ("default", "description", "name", "schema")

    def __init__(self, name: str, default: Json, schema: JsonObject, description: str) -> None:
        self.name = name
        self.default = default
        self.schema = schema
        self.description = description


class Step:
    """One task: a container. Times in seconds; ``weight`` in cores.

    ``told`` names variables of the worker that are passed on, ``files`` gives where files lie that variables of it name.
    """

    __slots__ = (
        "arguments",
        "backoff",
        "display",
        "doc",
        "environment",
        "files",
        "gpus",
        "group",
        "id",
        "image",
        "memory",
        "mounts",
        "retries",
        "slots",
        "timeout",
        "told",
        "waits",
        "weight",
    )

    def __init__(self, id: str, display: str, image: str, arguments: Sequence[Template]) -> None:
        self.id = id
        self.display = display
        self.image = image
        self.arguments = list(arguments)
        self.environment: dict[str, Template] = {}
        self.told: list[str] = []
        self.files: dict[str, str] = {}
        self.mounts: list[Mount] = []
        self.doc = ""
        self.group = ""
        self.waits: list[str] = []
        self.retries = 0
        self.backoff = 0.0
        self.timeout: float | None = None
        self.weight: float | None = None
        self.slots = 1
        self.memory: int | None = None
        self.gpus = 0


class Dag:
    """A DAG. ``cron`` holds the expressions that start it, all in ``timezone``; ``groups`` the ids of task groups."""

    __slots__ = (
        "cron",
        "description",
        "doc",
        "groups",
        "id",
        "owner",
        "params",
        "pool",
        "steps",
        "store",
        "tags",
        "timezone",
    )

    def __init__(self, id: str, store: Mount) -> None:
        self.id = id
        self.store = store
        self.description = ""
        self.doc = ""
        self.owner = ""
        self.pool = ""
        self.tags: list[str] = []
        self.cron: list[str] = []
        self.timezone = "UTC"
        self.params: list[Param] = []
        self.groups: list[str] = []
        self.steps: list[Step] = []
