"""Kubeflow's intermediate form (``PipelineSpec`` 2.1.0 and the platform document of Kubernetes), as far as it is used here,
and what Kubeflow can do of the IR.

The names of the messages are those of ``pipeline_spec.proto``.
"""

from __future__ import annotations

from mlpc.backend import Capabilities, lowered, native, refused
from mlpc_backends.shared.names import DIGITS, LOWER, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlpc.ir.nodes import Json, JsonObject

#: Version of the table below and of the files that are written.
VERSION = "1"
#: What the API server demands, exactly.
SCHEMA_VERSION = "2.1.0"
FILE, PAGE = "pipeline.yaml", "README.md"
#: The most characters of the name of a component, `comp-` included: it becomes part of names of Kubernetes.
LONGEST = 52
COMPONENT, EXECUTOR = "comp-", "exec-"
#: What Kubernetes stores of one object with its usual settings, in bytes.
LARGEST = 1_500_000
#: Whole numbers beyond this are not kept exactly: every number is a double.
EXACT = 2**53

#: Pipelines and tasks. No name holds `--`: the engine for one machine of Kubeflow's SDK takes that for the end of the
#: name of a task.
TASK = Rule("task", LOWER + DIGITS, "-", "_", first=LOWER, escape="-0")
#: Parameters and artefacts. Three marks in a row are in none: they join names.
PORT = Rule("port", LOWER + DIGITS, "_", "_", first=LOWER)
JOIN = "___"
#: What every task gives beside its artefacts: status, figures and digests, as JSON.
RECORD = f"mlpc{JOIN}record"
#: The same and more as an artefact: what `mlpc submit` reads, since the API of Kubeflow tells no output parameters.
TOLD = f"mlpc{JOIN}told"
#: What a gate gives: whether it passed.
PASSED = "passed"
#: What a service becomes: the bundle that a server is started with.
BUNDLE = "bundle"
#: What an importer gives.
IMPORTED = "artifact"

CAPABILITIES = Capabilities(
    VERSION,
    {
        "task.runtime": native("a container component"),
        "task.project": native("a container component; its code is copied into the image"),
        "task.container": lowered(
            "the adaptor is put on top of the image, which needs Python 3.11 or newer for that; the command of the spec "
            "runs in it by the step contract"
        ),
        "task.retry": native("`retryPolicy`"),
        "task.timeout": lowered(
            "the adaptor in the container ends the step; a task of Kubeflow knows no timeout"
        ),
        "task.effect": native("runs last, when all other steps and gates went well; never cached"),
        "task.skip": native("`triggerPolicy.condition`"),
        "task.program": refused(
            "images of steps hold Python and its packages: leave out what needs the program, here or in an `env` for this target"
        ),
        "gate": native("a task whose output `passed` is a condition of what it holds back"),
        "service": lowered(
            "Kubeflow runs jobs only: the promoted bundle is published as an artefact, no server is started"
        ),
        "service.container": refused("serve a model by `server`, or run a function of the project"),
        "service.replicas": lowered("written into the published bundle, for what starts a server with it"),
        "service.level": lowered("written into the published bundle; it blocks no promotion"),
        "fan_out": native("each instance is a task of its own"),
        "trigger": lowered(
            "a recurring run, which is made when the pipeline is submitted: the file itself holds none; it knows UTC only, so "
            "hours are what they are in UTC on that day, and after a change of clocks it has to be submitted again"
        ),
        "trigger.time": native(
            "a parameter of the run: of a recurring run the time that it was scheduled for, else when `mlpc submit` was called, "
            "or what its `--at` says"
        ),
        "param": native("a parameter of the run"),
        "data.path": native("imported from an object store, where `mlpc submit` puts it"),
        "data.url": native("read by the step itself"),
        "data.store": lowered(
            "read by the step itself; credentials are keys of one Secret of Kubernetes, which is given to that step "
            "alone where it is there (the README of what is compiled says how to make it)"
        ),
        "secret.env": lowered(
            "a Secret of Kubernetes, which is made from the variable when the pipeline is submitted"
        ),
        "secret.file": lowered(
            "a Secret of Kubernetes, which is made from the file when the pipeline is submitted"
        ),
        "secret.unsourced": native("a Secret of Kubernetes, which has to be there"),
        "resources.cpu": native("a limit of the container, and the number of threads"),
        "resources.memory": native("a limit of the container"),
        "resources.gpu": native("an accelerator of the type `nvidia.com/gpu`"),
    },
)

#: Types of artefacts by port type.
SCHEMAS = {"dataset": "system.Dataset", "model": "system.Model", "metrics": "system.Metrics"}
ARTIFACT = "system.Artifact"
#: Types of parameters by the base of the value type; all others are texts.
PARAMETERS = {
    "int": "NUMBER_INTEGER",
    **dict.fromkeys(("float", "duration", "size", "frequency", "power", "energy", "money"), "NUMBER_DOUBLE"),
    "bool": "BOOLEAN",
    "list": "LIST",
    "tensor": "LIST",
    "map": "STRUCT",
}


class Parameter:
    """A ``ParameterSpec``: with a ``default`` it is optional."""

    __slots__ = ("default", "description", "type")

    def __init__(self, type: str, default: Json = None, description: str = "") -> None:
        self.type = type
        self.default = default
        self.description = description


class Ports:
    """Inputs or outputs of a component: schema titles of artefacts and parameters, by name."""

    __slots__ = ("artifacts", "parameters")

    def __init__(self) -> None:
        self.artifacts: dict[str, str] = {}
        self.parameters: dict[str, Parameter] = {}


class Container:
    """A ``PipelineContainerSpec``; ``memory`` in bytes. ``secrets`` are Secrets of Kubernetes by the path of a folder.

    ``told`` names variables whose values are keys of the Secret ``stores``, if that is there, ``store_files`` the folder in
    which its keys are files.
    """

    __slots__ = (
        "args",
        "command",
        "cpu",
        "gpu",
        "image",
        "memory",
        "secrets",
        "store_files",
        "stores",
        "told",
    )

    def __init__(self, image: str, command: tuple[str, ...], args: list[str]) -> None:
        self.image = image
        self.command = command
        self.args = args
        self.cpu: float | None = None
        self.memory: int | None = None
        self.gpu = 0
        self.secrets: dict[str, str] = {}
        self.stores = ""
        self.told: list[str] = []
        self.store_files = ""


class Importer:
    """An ``ImporterSpec`` whose address is the parameter ``uri`` of its component."""

    __slots__ = ("schema",)

    def __init__(self, schema: str) -> None:
        self.schema = schema


class Source:
    """Where an input of a task comes from: the output ``key`` of ``task``, or without one the input of the DAG."""

    __slots__ = ("key", "task")

    def __init__(self, key: str, task: str = "") -> None:
        self.key = key
        self.task = task


class Retry:
    """A ``RetryPolicy``: attempts after the first, seconds before the second, doubled after each."""

    __slots__ = ("backoff", "count")

    def __init__(self, count: int, backoff: float) -> None:
        self.count = count
        self.backoff = backoff


class Task:
    """A ``PipelineTaskSpec`` and its component, which no other task shares.

    ``label`` is what people are shown. ``condition`` names boolean inputs that have to be true. ``cached`` is None for a DAG.
    """

    __slots__ = (
        "after",
        "artifacts",
        "body",
        "cached",
        "condition",
        "inputs",
        "label",
        "name",
        "outputs",
        "parameters",
        "retry",
    )

    def __init__(self, name: str, label: str, body: Container | Importer | Dag, cached: bool | None) -> None:
        self.name = name
        self.label = label
        self.body = body
        self.cached = cached
        self.inputs = Ports()
        self.outputs = Ports()
        self.artifacts: dict[str, Source] = {}
        self.parameters: dict[str, Source] = {}
        self.after: list[str] = []
        self.condition: list[str] = []
        self.retry: Retry | None = None


class Dag:
    """A ``DagSpec``: tasks in an order in which each follows what it needs."""

    __slots__ = ("tasks",)

    def __init__(self) -> None:
        self.tasks: list[Task] = []


class Pipeline:
    """A ``PipelineSpec``, with what belongs into the platform document."""

    __slots__ = ("description", "inputs", "name", "root")

    def __init__(self, name: str, description: str) -> None:
        self.name = name
        self.description = description
        self.inputs = Ports()
        self.root = Dag()

    def tasks(self) -> list[Task]:
        """Return the tasks of all DAGs, outer ones first."""
        found: list[Task] = []
        waiting = [self.root]
        while waiting:
            for task in waiting.pop().tasks:
                found.append(task)
                if isinstance(task.body, Dag):
                    waiting.append(task.body)
        return found


def kind_of_artifact(type: JsonObject) -> str:
    """Return the schema title for a port type of the IR."""
    return SCHEMAS.get(str(type.get("type")), ARTIFACT)
