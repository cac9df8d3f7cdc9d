"""From a workflow to a pipeline of Kubeflow."""

from __future__ import annotations

import json
import re

from mlpc.backend import Emitted, judge
from mlpc.codes import (
    ASKED_AT_RUN,
    BAD_SETTING,
    DATA_OUTSIDE_PROJECT,
    GPU_TYPE_UNKNOWN,
    HELD_BACK_LONGER,
    INEXACT_NUMBER,
    LARGE_DOCUMENT,
    MANGLED_NAME,
    NAME_TOO_LONG,
    PLACEHOLDER_IN_TEXT,
    SERVICE_READ,
    UNFIT_DEFAULT,
)
from mlpc.diagnostics import ERROR, Diagnostic
from mlpc.ir import nodes as ir
from mlpc.ir import stores
from mlpc.ir.canonical import dumps
from mlpc.ir.nodes import Gate, Reference, Service, Trigger, metrics_read
from mlpc_backends.shared.images import PYTHON, Images, bad_requirements
from mlpc_backends.shared.limits import ARGUMENT, long_names, outside
from mlpc_backends.shared.manifest import FILE as MANIFEST
from mlpc_backends.shared.manifest import manifest
from mlpc_backends.shared.names import DNS
from mlpc_backends.shared.order import effects_last, waits, with_arguments
from mlpc_backends.shared.reads import (
    at,
    credentials,
    files_named,
    files_read,
    lies_outside,
    names_read,
)
from mlpc_backends.shared.registries import untold

from . import render
from .spec import (
    ARTIFACT,
    BUNDLE,
    COMPONENT,
    EXACT,
    FILE,
    IMPORTED,
    JOIN,
    LARGEST,
    LONGEST,
    PAGE,
    PARAMETERS,
    PASSED,
    PORT,
    RECORD,
    TASK,
    TOLD,
    VERSION,
    Container,
    Dag,
    Importer,
    Parameter,
    Pipeline,
    Retry,
    Source,
    Task,
    kind_of_artifact,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TypeAlias

    from mlpc.backend import Backend, Material
    from mlpc.ir.nodes import Json, JsonObject, Node, Workflow

    #: What becomes a task.
    Work: TypeAlias = ir.Task | Gate | Service

COMMAND = (PYTHON, "-P", "-s", "-m", "mlpc_stdlib.runtime.container.kubeflow")
SECRETS, KEY = "/mlpc/secrets", "value"
_WORK = (ir.Task, Gate, Service)
_UNSAFE = re.compile(r"[^A-Za-z0-9_.\-\[\]/]")
_SHOWN = re.compile(r"[A-Za-z0-9_.\[\]/ -]{1,100}\Z")
_REGISTRY = re.compile(r"[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?(/[a-z0-9][a-z0-9._-]*)*\Z")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
_SUBDOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\Z")


def emit(backend: Backend, workflow: Workflow, material: Material) -> Emitted:
    """Return the directory for ``workflow``, or the reasons why there is none.

    Raises:
        IRError: the workflow holds a value that JSON cannot.
    """
    found = [*judge(backend, workflow), *_refused(workflow)]
    if any(item.severity == ERROR for item in found):
        return Emitted({}, diagnostics=found)
    lowered, asked = _lowered(workflow)
    images = Images(lowered, dumps(lowered), material)
    maker = Maker(lowered, images, material, asked)
    pipeline = maker.pipeline()
    found += [*maker.notes(), *images.notes()]
    document = render.document(pipeline)
    if len(document) > LARGEST:
        found.append(
            Diagnostic(
                LARGE_DOCUMENT,
                f"the pipeline has {len(document):,} bytes: more than a cluster stores as one object, {LARGEST:,}",
                help=("a cluster whose Argo offloads large workflows takes it",),
            )
        )
    files = images.files()
    files[FILE] = document
    files[PAGE] = render.page(workflow, lowered, maker, found)
    files[MANIFEST] = manifest(backend.name, VERSION, workflow, files, maker.facts())
    return Emitted(files, diagnostics=found)


def _refused(workflow: Workflow) -> Iterator[Diagnostic]:
    yield from bad_requirements(workflow)
    yield from long_names(workflow, "Kubeflow", DNS)
    if len(TASK.mangle(workflow.name)) > LONGEST:
        yield _too_long(workflow.name, "the pipeline", TASK.mangle(workflow.name), LONGEST)
    for param in workflow.params:
        yield from _bad_default(param)
        # A task is given all of its parameters in one argument, with more around them.
        size = len(json.dumps(param.default))
        if size > ARGUMENT // 2:
            yield outside(
                param.name,
                f"has {size:,} bytes as JSON",
                f"Linux takes {ARGUMENT:,} in one argument, as which Kubeflow gives a task all of its parameters: "
                f"{ARGUMENT // 2:,} are safe",
            )
    services = {node.id for node in workflow.nodes if isinstance(node, Service)}
    for node in workflow.nodes:
        if isinstance(node, _WORK) and len(TASK.mangle(node.id)) > LONGEST - len(COMPONENT):
            yield _too_long(node.id, "a task", TASK.mangle(node.id), LONGEST - len(COMPONENT), at(node))
        if not isinstance(node, ir.Task | Service):
            continue
        for name, port in node.inputs.items():
            for source in port.sources:
                if isinstance(source, Reference) and source.node in services:
                    yield Diagnostic(
                        SERVICE_READ,
                        f"`{node.id}` reads what the service `{source.node}` gives while it runs, and Kubeflow runs none",
                        help=(*at(node), "take the rows from a file or a database that the service writes"),
                    )
                elif isinstance(source, ir.External) and not source.url and lies_outside(source.location):
                    yield Diagnostic(
                        DATA_OUTSIDE_PROJECT,
                        f"`{source.location}`, the `{name}` of `{node.id}`, does not lie in the project",
                        help=(*at(node), "tasks see data of the project only: move it there, or give a URL"),
                    )
    registry = _registry(workflow)
    if registry and not _REGISTRY.match(registry):
        yield Diagnostic(
            BAD_SETTING,
            f"`{registry}` is no registry of images",
            help=("it looks like `registry.example.org/team`",),
        )
    for name, what, form in (
        ("namespace", "namespace", _LABEL),
        ("service_account", "service account", _SUBDOMAIN),
    ):
        given = _setting(workflow, name)
        if given and not form.match(given):
            yield Diagnostic(
                BAD_SETTING,
                f"`{given[:60]}` is no name of a {what}",
                help=("Kubernetes takes small letters, digits and `-`, such as `team-ml`",),
            )


def _too_long(text: str, what: str, name: str, longest: int, where: tuple[str, ...] = ()) -> Diagnostic:
    shown = text if len(text) <= 60 else f"{text[:40]}…"
    return Diagnostic(
        NAME_TOO_LONG,
        f"`{shown}` is too long a name for {what} on Kubeflow, where it has {len(name)} characters",
        help=(
            *where,
            f"`[a-z0-9]([-a-z0-9]{{0,50}}[a-z0-9])?` is what it takes: {longest} characters are left for this name",
        ),
    )


def _bad_default(param: ir.Param) -> Iterator[Diagnostic]:
    type = _parameter(param.type)
    if param.default is not None and not _fits(type, param.default):
        yield Diagnostic(
            UNFIT_DEFAULT,
            f"the default of the parameter `{param.name}` is no {type}, as which Kubeflow takes it",
            help=("give a default of the type that it is declared with",),
        )
    waiting: list[Json] = [param.default]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str) and "{{" in item:
            yield Diagnostic(
                PLACEHOLDER_IN_TEXT,
                f"the default of the parameter `{param.name}` holds `{{{{`, which Kubeflow would replace",
                help=("give a text without two opening braces in a row",),
            )
            return
        if isinstance(item, int) and not isinstance(item, bool) and abs(item) > EXACT:
            yield Diagnostic(
                INEXACT_NUMBER,
                f"the default of the parameter `{param.name}` is beyond 2^53: numbers of Kubeflow are doubles",
                help=("make it a text, or use a smaller number",),
            )
            return
        if isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, dict):
            waiting.extend([*item, *item.values()])


def _fits(type: str, value: Json) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return type == "NUMBER_DOUBLE" or (type == "NUMBER_INTEGER" and value == int(value))
    fitting = {"STRING": str, "BOOLEAN": bool, "LIST": list, "STRUCT": dict}
    return type in fitting and isinstance(value, fitting[type])


def _registry(workflow: Workflow) -> str:
    return _setting(workflow, "registry").rstrip("/")


def _setting(workflow: Workflow, name: str) -> str:
    settings = workflow.settings.get("kubeflow")
    found = settings.get(name) if isinstance(settings, dict) else None
    return found if isinstance(found, str) else ""


def _lowered(workflow: Workflow) -> tuple[Workflow, dict[str, str]]:
    """Return what Kubeflow runs: effects last, services that need no packages to be published, and parameters of the
    run for what steps have to be told; those by name, with the step that asks.
    """
    ordered = effects_last(workflow)
    asked: dict[str, str] = {}
    given: dict[str, JsonObject] = {}
    params = list(ordered.params)
    for node in ordered.nodes:
        argument = untold(node) if isinstance(node, ir.Task) else ""
        if argument:
            name = f"{node.id}.{argument}"
            asked[name] = node.id
            given[node.id] = {argument: {"param": name}}
            params.append(ir.Param(name, {"base": "url"}, None, f"The `{argument}` of `{node.id}`."))
    told = with_arguments(ordered, given)
    made = [_without_packages(node) if isinstance(node, Service) else node for node in told.nodes]
    members = {name: getattr(told, name) for name in told.__slots__}
    return ir.Workflow(**{**members, "nodes": tuple(made), "params": tuple(params)}), asked


def _without_packages(node: Service) -> Service:
    members = {name: getattr(node, name) for name in node.__slots__}
    return Service(**{**members, "requirements": ()})


class Maker:
    """Makes the pipeline of one workflow, and tells what was made.

    What no gate holds back lies in the root. What a gate holds back is a task with a condition; only where such tasks
    read each other they lie in DAGs inside each other, one a stage, because a task of Kubeflow may not read what may
    not be there.
    """

    def __init__(
        self, workflow: Workflow, images: Images, material: Material, asked: Mapping[str, str]
    ) -> None:
        self.workflow = workflow
        self.images = images
        self.asked = asked
        self.work = [node for node in workflow.nodes if isinstance(node, _WORK)]
        self.names = {node.id: TASK.mangle(node.id) for node in self.work}
        self.params = {param.name: PORT.mangle(param.name) for param in workflow.params}
        self.data: dict[str, str] = {}
        self.secrets = {
            secret.name: f"mlpc-{TASK.mangle(workflow.name)}--{TASK.mangle(secret.name)}"
            for secret in workflow.secrets
        }
        #: A dot stands in no name that is mangled.
        self.stores = f"mlpc-{TASK.mangle(workflow.name)}.stores"
        self._types = {param.name: _parameter(param.type) for param in workflow.params}
        self._nodes = {node.id: node for node in self.work}
        self._material = material
        self.registry = _registry(workflow)
        self._waits = waits(workflow)
        self._order = {node.id: number for number, node in enumerate(self.work)}
        self._held = self._gates()
        self._levels, self._conditions = self._stages()
        self._dags: list[Task] = []
        self._importers: dict[str, str] = {}
        self._keys: dict[str, str] = {}
        self._root = Dag()

    def pipeline(self) -> Pipeline:
        """Return the pipeline."""
        made = Pipeline(TASK.mangle(self.workflow.name), _harmless(self.workflow.doc))
        made.root = self._root
        for param in self.workflow.params:
            made.inputs.parameters[self.params[param.name]] = Parameter(
                self._types[param.name], param.default, _harmless(param.doc)
            )
        for level, gates in enumerate(self._conditions, 1):
            stage = Task(f"promoted-0x{level}", f"promoted {level}", Dag(), None)
            self._dags.append(stage)
            for gate in gates:
                self._hold(stage, gate, level - 1)
        for node in self.work:
            level = self._levels[node.id]
            self._dag(level).tasks.append(self._task(node, level))
        for level, stage in enumerate(self._dags):
            self._dag(level).tasks.append(stage)
        for key, path in self.data.items():
            made.inputs.parameters[key] = Parameter("STRING", None, _harmless(f"Where `{path}` lies."))
        return made

    def _gates(self) -> dict[str, frozenset[str]]:
        """Return the gates that have to pass before a node runs, also those before what it waits for."""
        known: dict[frozenset[str], frozenset[str]] = {}
        found: dict[str, frozenset[str]] = {}
        for node in self.work:
            gathered: set[str] = set()
            for id in self._waits[node.id]:
                gathered.update(found[id])
                if isinstance(self._nodes[id], Gate):
                    gathered.add(id)
            held = frozenset(gathered)
            found[node.id] = known.setdefault(held, held)
        return found

    def _stages(self) -> tuple[dict[str, int], list[list[str]]]:
        """Return in which DAG each node lies, 0 for the root, and the gates that each DAG inside another waits for."""
        levels = dict.fromkeys(self._held, 0)
        reads = any(
            self._held[node.id]
            and any(self._held[id] and id in self._read(node) for id in self._waits[node.id])
            for node in self.work
        )
        if not reads:
            return levels, []
        conditions: list[list[str]] = []
        stages: dict[str, int] = {}
        for held in sorted({*self._held.values()}, key=lambda held: (len(held), self._sorted(held))):
            more = [id for id in self._sorted(held) if id not in stages]
            if more:
                conditions.append(more)
                stages.update(dict.fromkeys(more, len(conditions)))
        # A gate is held back by fewer gates than what it holds back, so it lies in a DAG further out.
        reached = {held: max((stages[id] for id in held), default=0) for held in {*self._held.values()}}
        return {id: reached[held] for id, held in self._held.items()}, conditions

    def _sorted(self, ids: frozenset[str]) -> list[str]:
        return sorted(ids, key=self._order.__getitem__)

    def _read(self, node: Work) -> dict[str, None]:
        """Return the nodes whose outputs a task takes: artefacts, figures, whether a gate passed."""
        found = dict.fromkeys(self._records(node))
        found.update(dict.fromkeys(id for id in self._waits[node.id] if isinstance(self._nodes[id], Gate)))
        return found

    def _records(self, node: Work) -> list[str]:
        """Return the nodes whose figures or digests a task is given."""
        found: dict[str, None] = {}
        if isinstance(node, Gate):
            for condition in node.conditions:
                found.update(dict.fromkeys(id for id, _ in metrics_read(condition.expr)))
            return list(found)
        for port in node.inputs.values():
            found.update(dict.fromkeys(each.node for each in port.sources if isinstance(each, Reference)))
        found.update(dict.fromkeys(id for id, _ in metrics_read(node.arguments)))
        if isinstance(node, Service):
            # What is published says by which figures it was let through.
            for id in self._waits[node.id]:
                gate = self._nodes[id]
                if isinstance(gate, Gate) and gate.id in node.after:
                    figures = self._records(gate)
                    found.update(
                        dict.fromkeys(each for each in figures if self._held[each] <= self._held[node.id])
                    )
        return list(found)

    def _dag(self, level: int) -> Dag:
        if not level:
            return self._root
        body = self._dags[level - 1].body
        assert isinstance(body, Dag)
        return body

    def _task(self, node: Work, level: int) -> Task:
        words = ["--node", _quoted(node.id)]
        image = self.images.of(node.id).tag
        container = Container(f"{self.registry}/{image}" if self.registry else image, COMMAND, words)
        label = node.id if _SHOWN.match(node.id) else self.names[node.id]
        made = Task(self.names[node.id], label, container, cached=False)
        records = self._records(node)
        for id in dict.fromkeys([*self._waits[node.id], *records]):
            self._follow(made, id, level)
        for id in records:
            key = f"record{JOIN}of{JOIN}{PORT.mangle(id)}"
            made.inputs.parameters[key] = Parameter("STRING")
            made.parameters[key] = self._bring(
                "parameters", key, "STRING", level, Source(RECORD, self.names[id]), self._levels[id]
            )
            words += ["--record", f"{key}={_quoted(id)}"]
        for name in names_read(node, "param"):
            key, type = self.params[name], self._types[name]
            made.inputs.parameters[key] = Parameter(type)
            made.parameters[key] = self._bring("parameters", key, type, level, Source(key), 0)
            words += ["--param", f"{key}={_quoted(name)}"]
        made.outputs.parameters[RECORD] = Parameter("STRING")
        made.outputs.artifacts[TOLD] = ARTIFACT
        if isinstance(node, Gate):
            made.outputs.parameters[PASSED] = Parameter("BOOLEAN")
        else:
            self._give(node, made, container, level)
        if not level:
            for gate in self._sorted(self._held[node.id]):
                self._hold(made, gate, 0)
        if not made.cached:
            words += ["--run", "{{$.pipeline_job_uuid}}"]
        words += ["--input", "{{$}}"]
        return made

    def _give(self, node: ir.Task | Service, made: Task, container: Container, level: int) -> None:
        """Give a task its artefacts, secrets and resources."""
        words = container.args
        for port in node.inputs.values():
            for source in port.sources:
                if not isinstance(source, Reference):
                    continue
                out = PORT.mangle(source.port)
                key = f"{PORT.mangle(source.node)}{JOIN}{out}"
                if key in made.artifacts:
                    continue
                producer = self._nodes[source.node]
                assert isinstance(producer, ir.Task)
                schema = kind_of_artifact(producer.outputs[source.port].type)
                made.inputs.artifacts[key] = schema
                made.artifacts[key] = self._bring(
                    "artifacts",
                    key,
                    schema,
                    level,
                    Source(out, self.names[source.node]),
                    self._levels[source.node],
                )
                words += ["--take", f"{key}={_quoted(source.node)}/{_quoted(source.port, '')}"]
        read = [
            (PORT.mangle(name) + (f"{JOIN}{number}" if number else ""), source.location)
            for name, number, source in files_read(node)
        ]
        named = files_named(node, self._material.named, self._material.code)
        numbered = [(f"{JOIN}{number}", path) for number, path in enumerate(named)]
        for option, listed in (("--data", read), ("--file", numbered)):
            for name, path in listed:
                key = self._import(node, name, path)
                if key not in made.artifacts:
                    made.inputs.artifacts[key] = ARTIFACT
                    imported = Source(IMPORTED, self._importers[key])
                    made.artifacts[key] = self._bring("artifacts", key, ARTIFACT, level, imported, 0)
                    (self._dags[0] if level else made).after.append(self._importers[key])
                words += [option, f"{key}={_quoted(path)}"]
        for name in names_read(node, "secret"):
            folder = f"{SECRETS}/{DNS.mangle(name)}"
            container.secrets[folder] = self.secrets[name]
            words += ["--secret", f"{_quoted(name)}={folder}/{KEY}"]
        told = stores.read_by(node)
        container.stores, container.told = self.stores, stores.variables(told)
        container.store_files = stores.FOLDER if stores.files(told) else ""
        if isinstance(node, Service):
            made.outputs.artifacts[BUNDLE] = ARTIFACT
            return
        for name, output in node.outputs.items():
            key = PORT.mangle(name)
            made.outputs.artifacts[key] = kind_of_artifact(output.type)
            words += ["--give", f"{key}={_quoted(name)}"]
        container.cpu, container.memory = node.resources.cpu, node.resources.memory
        container.gpu = node.resources.gpu
        if node.retry.attempts > 1:
            made.retry = Retry(node.retry.attempts - 1, node.retry.backoff)
        outside = any(isinstance(each, ir.External) for port in node.inputs.values() for each in port.sources)
        made.cached = not (node.effect or outside or named or container.secrets)

    def _import(self, node: Node, name: str, path: str) -> str:
        """Return the parameter of the run that says where a file of the project lies; it is imported once."""
        if path in self._keys:
            return self._keys[path]
        key = JOIN.join(("data", PORT.mangle(node.id), name))
        self.data[key] = path
        self._keys[path] = key
        task = Task(
            f"data-0x{len(self.data)}", path if _SHOWN.match(path) else key, Importer(ARTIFACT), cached=False
        )
        task.inputs.parameters["uri"] = Parameter("STRING")
        task.parameters["uri"] = Source(key)
        task.outputs.artifacts[IMPORTED] = ARTIFACT
        self._root.tasks.append(task)
        self._importers[key] = task.name
        return key

    def _hold(self, task: Task, gate: str, level: int) -> None:
        """Let a task in the DAG of ``level`` run only if a gate passed."""
        # The SDK's engine for one machine reads task and output from this name.
        key = f"{self.names[gate]}--{PASSED}"
        task.inputs.parameters[key] = Parameter("BOOLEAN")
        task.parameters[key] = self._bring(
            "parameters", key, "BOOLEAN", level, Source(PASSED, self.names[gate]), self._levels[gate]
        )
        task.condition.append(key)
        self._follow(task, gate, level)

    def _follow(self, task: Task, id: str, level: int) -> None:
        """Let a task in the DAG of ``level`` wait for a node, in the DAG in which that lies."""
        home = self._levels[id]
        waiting = task if home == level else self._dags[home]
        waiting.after.append(self.names[id])

    def _bring(self, kind: str, key: str, type: str, level: int, source: Source, home: int) -> Source:
        """Return where the DAG of ``level`` has what ``source`` is in the DAG of ``home``."""
        for stage in self._dags[home:level]:
            if kind == "artifacts":
                stage.inputs.artifacts[key] = type
                stage.artifacts.setdefault(key, source)
            else:
                stage.inputs.parameters.setdefault(key, Parameter(type))
                stage.parameters.setdefault(key, source)
            source = Source(key)
        return source

    def notes(self) -> Iterator[Diagnostic]:
        """Yield what a person should know of how the workflow was written down."""
        mangled = {id: name for id, name in self.names.items() if id != name}
        mangled.update((id, name) for id, name in self.params.items() if id != name and id not in self.asked)
        if mangled:
            listed = ", ".join(f"`{id}` is `{name}`" for id, name in list(mangled.items())[:5])
            more = f" and {len(mangled) - 5} more" if len(mangled) > 5 else ""
            yield Diagnostic(MANGLED_NAME, f"on Kubeflow, {listed}{more}: its names take fewer characters")
        for name, id in self.asked.items():
            argument = name[len(id) + 1 :]
            yield Diagnostic(
                ASKED_AT_RUN,
                f"`{id}` says no `{argument}`: on Kubeflow it is the parameter `{self.params[name]}`, "
                "which every run has to be given",
                help=(f'`{argument} = "https://…"` writes it into the spec',),
            )
        for node in self.work:
            if isinstance(node, ir.Task) and node.resources.gpu and node.resources.gpu_type:
                yield Diagnostic(
                    GPU_TYPE_UNKNOWN,
                    f"`{node.id}` asks for a GPU of the type {node.resources.gpu_type}; Kubeflow takes any",
                    help=at(node),
                )
        gathered: list[frozenset[str]] = [frozenset()]
        for each in self._conditions:
            gathered.append(gathered[-1] | {*each})
        for node in self.work:
            gates = gathered[self._levels[node.id]] - self._held[node.id]
            if gates:
                listed = ", ".join(f"`{id}`" for id in self._sorted(gates))
                yield Diagnostic(
                    HELD_BACK_LONGER, f"on Kubeflow, `{node.id}` is held back by {listed}, too", help=at(node)
                )

    def facts(self) -> JsonObject:
        """Return what the commands that build and submit have to know."""
        return {
            "images": {image.tag: image.to_json() for image in self.images.all()},
            "pipeline_name": TASK.mangle(self.workflow.name),
            "registry": self.registry,
            "namespace": _setting(self.workflow, "namespace"),
            "service_account": _setting(self.workflow, "service_account"),
            "tasks": {**self.names},
            "needs": {id: list(self._waits[id]) for id in self.names},
            "gates": [node.id for node in self.work if isinstance(node, Gate)],
            "services": [node.id for node in self.work if isinstance(node, Service)],
            "effects": [node.id for node in self.work if isinstance(node, ir.Task) and node.effect],
            "types": {
                param.name: {"type": self._types[param.name], "required": param.default is None}
                for param in self.workflow.params
            },
            "params": {name: key for name, key in self.params.items() if name not in self.asked},
            "asked": {name: self.params[name] for name in self.asked},
            "times": [*self.workflow.times()],
            "staged": {**self.data},
            "stores": {"secret": self.stores, "variables": [*credentials(self.workflow)]},
            "secrets": {
                secret.name: {"secret": self.secrets[secret.name], "key": KEY, "source": secret.source}
                for secret in self.workflow.secrets
            },
            "schedules": {
                node.id: {"cron": " ".join(node.cron.split()), "timezone": node.timezone}
                for node in self.workflow.nodes
                if isinstance(node, Trigger)
            },
        }


def _parameter(type: JsonObject) -> str:
    return PARAMETERS.get(str(type.get("base")), "STRING")


def _quoted(text: str, keep: str = "/") -> str:
    """Return a text of the spec as a word in which nothing could be taken for a placeholder; ``%XX`` as in a URL."""

    def escaped(found: re.Match[str]) -> str:
        return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8"))

    made = _UNSAFE.sub(escaped, text)
    return made if keep else made.replace("/", "%2F")


def _harmless(text: str) -> str:
    """Return a text for people in which neither Kubeflow nor Argo finds anything to replace."""
    while "{{" in text:
        text = text.replace("{{", "{ {")
    return text
