"""From a workflow to a DAG of Airflow."""

from __future__ import annotations

import json
import math
import posixpath

from mlpc.backend import Emitted, judge
from mlpc.codes import (
    BAD_SCHEDULE,
    BAD_SETTING,
    GPU_TYPE_UNKNOWN,
    MANGLED_NAME,
    NAME_TOO_LONG,
    OUTSIDE_LIMIT,
    REGISTRY_IN_VOLUME,
    RESOURCE_REFUSED,
    SERVICE_READ,
    SEVERAL_TIMEZONES,
)
from mlpc.diagnostics import ERROR, Diagnostic
from mlpc.ir import stores
from mlpc.ir.canonical import dumps
from mlpc.ir.nodes import TIME, FanOut, Gate, Param, Reference, Service, Task, Trigger, Workflow, needs
from mlpc_backends.shared.images import Images, bad_requirements
from mlpc_backends.shared.limits import ARGUMENT, NAME, long_names, outside, unnameable
from mlpc_backends.shared.manifest import FILE as MANIFEST
from mlpc_backends.shared.manifest import manifest
from mlpc_backends.shared.markdown import code
from mlpc_backends.shared.names import DNS, VARIABLE
from mlpc_backends.shared.order import effects_last, waits, with_arguments
from mlpc_backends.shared.reads import (
    at,
    credentials,
    data_outside,
    files_named,
    files_read,
    names_read,
)
from mlpc_backends.shared.registries import told_by, untold

from . import render, spec
from .spec import (
    FILE,
    GROUP,
    IGNORE,
    IGNORED,
    PAGE,
    TASK,
    VERSION,
    Dag,
    Expression,
    Mount,
    Step,
    Template,
    quoted,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlpc.backend import Backend, Material
    from mlpc.ir.nodes import Json, JsonObject

STORE, STATE, DATA, CODE, SECRETS = (
    "/mlpc/store",
    "/mlpc/store/.state",
    "/mlpc/data",
    "/mlpc/project",
    "/run/secrets",
)
_NUMBERS = frozenset({"float", "duration", "size", "frequency", "power", "energy", "money"})
#: What a number is counted in, by the base of its type.
_UNITS = {"duration": "seconds", "size": "bytes", "frequency": "hertz", "power": "watts", "energy": "joules"}


def emit(backend: Backend, workflow: Workflow, material: Material) -> Emitted:
    """Return the directory for ``workflow``, or the reasons why there is none.

    Raises:
        IRError: the workflow holds a value that JSON cannot.
    """
    found = [*judge(backend, workflow), *_refused(workflow)]
    if any(item.severity == ERROR for item in found):
        return Emitted({}, diagnostics=found)
    lowered = _asking(effects_last(workflow))
    images = Images(lowered, dumps(lowered), material)
    maker = Maker(workflow, lowered, images, material)
    found += [*images.refused(), *unnameable("the volume of the store", maker.volume)]
    if any(item.severity == ERROR for item in found):
        return Emitted({}, diagnostics=found)
    dag = maker.dag()
    found += [*maker.notes(), *images.notes()]
    files = images.files()
    files[FILE] = render.dag(dag)
    files[IGNORE] = "".join(f"{name}\n" for name in IGNORED).encode("ascii")
    files[PAGE] = render.page(workflow, lowered, maker, dag, found)
    files[MANIFEST] = manifest(backend.name, VERSION, workflow, files, maker.facts())
    return Emitted(files, diagnostics=found)


def _refused(workflow: Workflow) -> Iterator[Diagnostic]:
    services = {node.id for node in workflow.nodes if isinstance(node, Service)}
    yield from bad_requirements(workflow)
    yield from _too_long(workflow)
    yield from long_names(workflow, "Airflow", TASK)
    yield from _bad_schedules(workflow)
    if _setting(workflow, "run") == "kubernetes":
        yield Diagnostic(
            BAD_SETTING,
            "tasks of Airflow run in containers of Docker: pods of Kubernetes are not built",
            help=('leave `run = "kubernetes"` out of `backend airflow`, or compile `--to kubeflow`',),
        )
    pool = _setting(workflow, "pool")
    if len(pool) > spec.LONGEST_POOL:
        yield Diagnostic(
            BAD_SETTING,
            f"the pool `{pool[:40]}…` has {len(pool)} characters",
            help=(f"the name of a pool of Airflow has {spec.LONGEST_POOL} at most",),
        )
    for node in workflow.nodes:
        if isinstance(node, Task | Gate | Service):
            wanted = _read_from(node) if isinstance(node, Service) else set(needs(node))
            for id in sorted(services & wanted):
                yield Diagnostic(
                    SERVICE_READ,
                    f"`{node.id}` needs what the service `{id}` gives while it runs; Airflow starts no service",
                    help=(*at(node), "take the rows from a file or a database that the service writes"),
                )
        if not isinstance(node, Task | Service):
            continue
        yield from data_outside(node)
        yield from _limits(node)
    tags = workflow.labels.get("tags")
    for tag in tags if isinstance(tags, list) else []:
        if isinstance(tag, str) and len(tag) > spec.LONGEST_TAG:
            yield Diagnostic(
                OUTSIDE_LIMIT,
                f"the tag `{tag[:40]}…` has {len(tag)} characters",
                help=(f"Airflow: `tag cannot be longer than {spec.LONGEST_TAG} characters`",),
            )
    for param in workflow.params:
        if max(_depth(param.type), _depth(param.default)) > spec.DEEPEST:
            yield Diagnostic(
                OUTSIDE_LIMIT,
                f"the parameter `{param.name}` is nested too deep for a DAG file",
                help=(
                    f"Python reads no more than some hundred brackets in brackets; {spec.DEEPEST} are safe",
                ),
            )
        else:
            yield from _unfit_argument(param)


def _unfit_argument(param: Param) -> Iterator[Diagnostic]:
    """Yield an error if a container could not be started with the default of a parameter as an argument."""
    text = param.default if isinstance(param.default, str) else json.dumps(param.default)
    size = len(f"--param={param.name}={text}".encode())
    if len(text) > NAME and size > ARGUMENT:
        yield outside(
            param.name, f"is an argument of {size:,} bytes", f"Linux takes {ARGUMENT:,} in one argument"
        )
    elif "\0" in text:
        yield outside(param.name, "holds a NUL", "Linux takes none in an argument")


def _read_from(node: Task | Service) -> set[str]:
    sources = [source for port in node.inputs.values() for source in port.sources]
    return {source.node for source in sources if isinstance(source, Reference)}


def _limits(node: Task | Service) -> Iterator[Diagnostic]:
    least, most = spec.MEMORY
    if node.resources.memory is not None and not least <= node.resources.memory <= most:
        yield Diagnostic(
            RESOURCE_REFUSED,
            f"`{node.id}` asks for {node.resources.memory} bytes of memory",
            help=(*at(node), "Docker: `Minimum memory limit allowed is 6MB`; the most is 2^63 - 1 bytes"),
        )
    counts: dict[str, float] = {"GPUs": node.resources.gpu}
    times: dict[str, float] = {}
    if isinstance(node, Task):
        counts["retries"] = node.retry.attempts - 1
        times = {"a backoff": node.retry.backoff, "a timeout": node.timeout or 0.0}
    for what, count in counts.items():
        if count > spec.LARGEST_COUNT:
            yield Diagnostic(
                OUTSIDE_LIMIT,
                f"`{node.id}` asks for {count} {what}",
                help=(*at(node), f"Airflow and Docker count to {spec.LARGEST_COUNT}"),
            )
    for what, seconds in times.items():
        if seconds > spec.LONGEST_TIME:
            yield Diagnostic(
                OUTSIDE_LIMIT,
                f"`{node.id}` asks for {what} of {seconds:g} s",
                help=(*at(node), f"dates overflow in Airflow; {spec.LONGEST_TIME:g} s are safe"),
            )


def _too_long(workflow: Workflow) -> Iterator[Diagnostic]:
    limit = spec.LONGEST_ID
    rule = f"Airflow: `The key has to be less than {limit} characters`"
    if len(_dag_id(workflow)) > limit:
        yield Diagnostic(
            NAME_TOO_LONG,
            f"`{workflow.name[:40]}…` is too long a name on Airflow: {len(_dag_id(workflow))} characters",
            help=(rule,),
        )
    for node in workflow.nodes:
        if isinstance(node, Trigger):
            continue
        length = len(GROUP.mangle(node.id) if isinstance(node, FanOut) else TASK.mangle(node.id))
        if length > limit:
            yield Diagnostic(
                NAME_TOO_LONG,
                f"`{node.id[:40]}…` is too long a name on Airflow: {length} characters",
                help=(*at(node), rule),
            )


def _bad_schedules(workflow: Workflow) -> Iterator[Diagnostic]:
    triggers = [node for node in workflow.nodes if isinstance(node, Trigger)]
    for node in triggers:
        if not spec.CRON.fullmatch(" ".join(node.cron.split())):
            yield Diagnostic(
                BAD_SCHEDULE,
                f"`{node.cron}` is no schedule that Airflow takes",
                help=(*at(node), "five fields: minute, hour, day, month, weekday: `0 3 * * *`"),
            )
        if not spec.TIMEZONE.fullmatch(node.timezone):
            yield Diagnostic(
                BAD_SCHEDULE,
                f"`{node.timezone}` is no time zone that Airflow takes",
                help=(*at(node), "names are those of the IANA database: `Europe/Berlin`"),
            )
        if node.timezone != triggers[0].timezone:
            yield Diagnostic(
                SEVERAL_TIMEZONES,
                f"`{node.id}` is in the time zone {node.timezone}, `{triggers[0].id}` in {triggers[0].timezone}",
                help=(*at(node), "Airflow: all expressions of one timetable are in one time zone"),
            )


def _dag_id(workflow: Workflow) -> str:
    name = GROUP.mangle(workflow.name)
    return f"{name}.{GROUP.mangle(workflow.environment)}" if workflow.environment else name


def _depth(value: Json) -> int:
    """Return how deep a value is nested."""
    deepest = 0
    waiting: list[tuple[Json, int]] = [(value, 0)]
    while waiting:
        item, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(item, list | dict):
            inside = item if isinstance(item, list) else item.values()
            waiting.extend((each, depth + 1) for each in inside)
    return deepest


def _asking(workflow: Workflow) -> Workflow:
    """Return ``workflow`` with a parameter for each server that a step may still be told of; by default there is none."""
    asked = {node.id: name for node in workflow.nodes if isinstance(node, Task) and (name := untold(node))}
    if not asked:
        return workflow
    told = with_arguments(workflow, {id: {name: {"param": f"{id}.{name}"}} for id, name in asked.items()})
    params = tuple(Param(f"{id}.{name}", {"base": "url"}, None) for id, name in asked.items())
    members = {name: getattr(told, name) for name in told.__slots__}
    return Workflow(**{**members, "params": (*told.params, *params)})


def schema(type: JsonObject) -> JsonObject:
    """Return the JSON Schema of a value type."""
    base = type["base"]
    of = type.get("of")
    inner = schema(of) if isinstance(of, dict) else {}
    if base == "bool":
        return {"type": "boolean"}
    if base == "enum":
        return {"type": "string", "enum": type["choices"]}
    if base == "list":
        return {"type": "array", "items": inner}
    if base == "map":
        return {"type": "object", "additionalProperties": inner}
    if base == "tensor":
        shape = type["shape"]
        for length in reversed(shape if isinstance(shape, list) else []):
            inner = {"type": "array", "items": inner, "minItems": length, "maxItems": length}
        return inner
    if base == "int" or base in _NUMBERS:
        made: JsonObject = {"type": "integer" if base == "int" else "number"}
        for limit, word, exclusive in (
            ("min", "minimum", "exclusiveMinimum"),
            ("max", "maximum", "exclusiveMaximum"),
        ):
            if type.get(limit) is not None:
                made[exclusive if type.get(f"{limit}_open") else word] = type[limit]
        return made
    return {"type": "string", "format": "date"} if base == "date" else {"type": "string"}


def _is_text(param: Param) -> bool:
    return schema(param.type)["type"] == "string"


class Maker:
    """Makes the DAG of one workflow, and tells what was made."""

    def __init__(self, workflow: Workflow, lowered: Workflow, images: Images, material: Material) -> None:
        self.workflow = lowered
        self.images = images
        self.id = _dag_id(workflow)
        self.names = {
            node.id: TASK.mangle(node.id) for node in lowered.nodes if isinstance(node, Task | Gate | Service)
        }
        self.waits = waits(lowered)
        self.groups = {node.id: GROUP.mangle(node.id) for node in lowered.nodes if isinstance(node, FanOut)}
        self.secrets = {secret.name: TASK.mangle(secret.name) for secret in lowered.secrets}
        self.params = {param.name: param for param in workflow.params}
        #: Variables of Airflow that hold the address of a server, by the parameter that it is given as.
        self.servers = {
            param.name: f"mlpc.{self.id}.{param.name}"
            for param in lowered.params
            if param.name not in self.params
        }
        self.volume = f"mlpc-{DNS.mangle(workflow.name)}"
        if workflow.environment:
            self.volume += f"_{DNS.mangle(workflow.environment)}"
        self.volume += "_airflow"
        self._material = material
        self._members: dict[str, str] = {}
        for node in lowered.nodes:
            if isinstance(node, FanOut):
                for member in node.members.values():
                    self._members.setdefault(member, node.id)

    def variable(self, name: str) -> str:
        """Return the key of the variable of Airflow that says where ``name`` lies: ``store``, ``data``, ``secrets``."""
        return f"mlpc.{self.id}.{name}"

    def _place(self, name: str) -> Expression:
        return Expression(f'var.value.get({quoted(self.variable(name))}, folder ~ "/{name}")')

    def dag(self) -> Dag:
        """Return the DAG."""
        workflow = self.workflow
        volume = Expression(f"var.value.get({quoted(self.variable('store'))}, {quoted(self.volume)})")
        made = Dag(self.id, Mount(Template(volume), STORE, is_volume=True))
        made.description = " ".join(workflow.doc.split())[:500]
        made.doc = render.doc(workflow)
        owner, tags = workflow.labels.get("owner"), workflow.labels.get("tags")
        made.owner = _setting(workflow, "owner") or (owner if isinstance(owner, str) else "")
        made.pool = _setting(workflow, "pool")
        found = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
        made.tags = list(dict.fromkeys(["mlpc", *found]))
        triggers = [node for node in workflow.nodes if isinstance(node, Trigger)]
        made.cron = list(dict.fromkeys(" ".join(node.cron.split()) for node in triggers))
        made.timezone = triggers[0].timezone if triggers else "UTC"
        made.params = [_param(param) for param in self.params.values()]
        made.groups = [self.groups[id] for id in dict.fromkeys(self._members.values())]
        made.steps = [self._step(node) for node in workflow.nodes if isinstance(node, Task | Gate | Service)]
        return made

    def _step(self, node: Task | Gate | Service) -> Step:
        step = Step(self.names[node.id], node.id, self.images.of(node.id).tag, ())
        words = step.arguments
        words += [
            Template("--workflow=/mlpc/workflow.json"),
            Template(f"--node={node.id}"),
            Template(f"--store={STORE}"),
            Template("--run=", Expression("run_id")),
            Template(f"--not-passed={spec.NOT_PASSED}"),
        ]
        for name in names_read(node, "param"):
            self._give(step, name)
        step.waits = [self.names[id] for id in self.waits[node.id]]
        if node.id in self._members:
            step.group = self.groups[self._members[node.id]]
        if isinstance(node, Gate):
            step.doc = "\n".join(f"- {code(condition.text)}" for condition in node.conditions)
            return step
        for path, target in self._files(node).items():
            step.mounts.append(Mount(Template(self._place("data"), f"/{path}"), target, read_only=True))
        for name in names_read(node, "secret"):
            file = self.secrets[name]
            step.mounts.append(
                Mount(Template(self._place("secrets"), f"/{file}"), f"{SECRETS}/{file}", read_only=True)
            )
            words.append(Template(f"--secret={name}={SECRETS}/{file}"))
        read = stores.read_by(node)
        step.told, step.files = stores.variables(read), stores.files(read)
        if isinstance(node, Service):
            words.append(Template("--publish"))
        else:
            words.append(Template("--attempt=", Expression("ti.try_number")))
            if told_by(node):
                words.append(Template(f"--state={STATE}"))
            step.retries = node.retry.attempts - 1
            step.backoff = node.retry.backoff
            step.timeout = None if node.timeout is None else node.timeout + spec.LEEWAY
        cpu = node.resources.cpu
        if cpu is not None:
            step.weight = min(max(cpu, spec.WEIGHT[0]), spec.WEIGHT[1])
            step.slots = min(max(math.ceil(cpu), 1), spec.POOL_SLOTS)
        step.memory = node.resources.memory
        step.gpus = node.resources.gpu
        return step

    def _give(self, step: Step, name: str) -> None:
        """Give a step the value that the parameter ``name`` has in the run."""
        variable = f"MLPC_PARAM_{VARIABLE.mangle(name)}"
        if name in self.servers:
            step.environment[variable] = Template(
                Expression(f'var.value.get({quoted(self.servers[name])}, "")')
            )
        else:
            param = self.params[name]
            if param.trigger:
                step.arguments.append(Template(f"--param={name}=", Expression(_time(name))))
                return
            value = f"params[{quoted(name)}]" + ("" if _is_text(param) else " | tojson")
            if param.default is not None:
                step.arguments.append(Template(f"--param={name}=", Expression(value)))
                return
            # None is a value that only a variable that is empty can say.
            step.environment[variable] = Template(
                Expression(f'"" if params[{quoted(name)}] is none else {value}')
            )
        step.arguments.append(Template(f"--param-variable={name}={variable}"))

    def _files(self, node: Task | Service) -> dict[str, str]:
        """Return the files of the project that a node reads, with where it finds them."""
        read = [posixpath.normpath(source.location) for _, _, source in files_read(node)]
        found = {path: f"{DATA}/{path}" for path in read}
        for path in files_named(node, self._material.named, self._material.code):
            found.setdefault(path, f"{CODE}/{path}")
        return found

    def files(self) -> list[str]:
        """Return the files of the project that have to be there, sorted."""
        nodes = [node for node in self.workflow.nodes if isinstance(node, Task | Service)]
        return sorted({path for node in nodes for path in self._files(node)})

    def facts(self) -> JsonObject:
        """Return what the commands that build and submit have to know."""

        def named(*kinds: type) -> JsonObject:
            return {node.id: self.names[node.id] for node in self.workflow.nodes if isinstance(node, kinds)}

        return {
            "dag": self.id,
            "volume": self.volume,
            "variables": {
                "data": self.variable("data"),
                "secrets": self.variable("secrets"),
                "servers": {**self.servers},
                "store": self.variable("store"),
            },
            "images": {image.tag: image.to_json() for image in self.images.all()},
            "tasks": named(Task),
            "gates": named(Gate),
            "published": named(Service),
            "params": {param.name: _param(param).schema for param in self.params.values()},
            "times": [*self.workflow.times()],
            "secrets": {
                secret.name: {"file": self.secrets[secret.name], "source": secret.source}
                for secret in self.workflow.secrets
            },
            "staged": [*self.files()],
            "stores": [*credentials(self.workflow)],
        }

    def notes(self) -> Iterator[Diagnostic]:
        """Yield what a person should know of how the workflow was written down."""
        written = [*self.names.items(), *self.groups.items(), (self.workflow.name, self.id.split(".")[0])]
        mangled = [(id, name) for id, name in written if id != name]
        if mangled:
            listed = ", ".join(f"`{id}` is `{name}`" for id, name in mangled[:5])
            more = f" and {len(mangled) - 5} more" if len(mangled) > 5 else ""
            yield Diagnostic(MANGLED_NAME, f"on Airflow, {listed}{more}: its names take fewer characters")
        for node in self.workflow.nodes:
            if isinstance(node, Task) and f"{node.id}.{told_by(node)}" in self.servers:
                key = self.servers[f"{node.id}.{told_by(node)}"]
                others = [f"`{other}`" for other in self.servers.values() if other != key]
                same = (
                    f"; {', '.join(others)}: the same, or one looks where the other never was"
                    if others
                    else ""
                )
                yield Diagnostic(
                    REGISTRY_IN_VOLUME,
                    f"`{node.id}` says no `{told_by(node)}`: on Airflow its registry is a file in the volume of the "
                    "store",
                    help=(
                        *at(node),
                        f"name a server in the spec, or in the variable `{key}` of Airflow{same}",
                    ),
                )
            if isinstance(node, Task | Service) and node.resources.gpu and node.resources.gpu_type:
                yield Diagnostic(
                    GPU_TYPE_UNKNOWN,
                    f"`{node.id}` asks for a GPU of the type {node.resources.gpu_type}; Docker takes any",
                    help=at(node),
                )


def _setting(workflow: Workflow, name: str) -> str:
    """Return what `backend airflow { … }` sets, or nothing."""
    settings = workflow.settings.get("airflow")
    found = settings.get(name) if isinstance(settings, dict) else None
    return found if isinstance(found, str) else ""


def _time(name: str) -> str:
    """Return the expression for the time of a run: what is given, else the logical date; one that is started by hand has none."""
    clock = f"(dag_run.logical_date or dag_run.run_after).strftime({quoted(TIME)})"
    return f"params[{quoted(name)}] or {clock}"


def _param(param: Param) -> spec.Param:
    made = schema(param.type)
    if param.default is None:
        made["type"] = ["null", made["type"]]
        choices = made.get("enum")
        if isinstance(choices, list):
            made["enum"] = [*choices, None]
    said = " ".join(param.doc.split())
    unit = _UNITS.get(str(param.type["base"]), "")
    return spec.Param(param.name, param.default, made, " ".join(filter(None, (said, unit and f"In {unit}."))))
