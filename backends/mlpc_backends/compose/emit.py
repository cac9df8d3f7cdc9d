"""From a workflow to a Compose project."""

from __future__ import annotations

import posixpath

from mlpc.backend import Emitted, judge
from mlpc.codes import (
    COMPANION_STARTED,
    GPU_TYPE_UNKNOWN,
    MANGLED_NAME,
    NAME_TOO_LONG,
    RESOURCE_REFUSED,
    SERVICE_READ,
)
from mlpc.diagnostics import ERROR, Diagnostic
from mlpc.ir import stores
from mlpc.ir.canonical import dumps
from mlpc.ir.nodes import Gate, Reference, Service, Task, needs
from mlpc_backends.shared.images import Images, bad_requirements
from mlpc_backends.shared.limits import long_names, unnameable
from mlpc_backends.shared.manifest import FILE as MANIFEST
from mlpc_backends.shared.manifest import manifest
from mlpc_backends.shared.names import DNS, SERVICE, VARIABLE
from mlpc_backends.shared.order import effects_last, waits, with_arguments
from mlpc_backends.shared.reads import at, credentials, data_outside, files_named, files_read, names_read

from . import render
from .spec import (
    COMPANIONS,
    FILE,
    LONGEST,
    PAGE,
    SETTINGS,
    VERSION,
    Container,
    Mount,
    Project,
    Text,
    Variable,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlpc.backend import Backend, Material
    from mlpc.ir.nodes import Json, JsonObject, Workflow

    from .spec import Companion

#: What Docker refuses to go below: bytes, cores.
_LEAST_MEMORY, _LEAST_CPU = 6 << 20, 0.01
STORE, DATA, CODE, SECRETS = "/mlpc/store", "/mlpc/data", "/mlpc/project", "/run/secrets"
#: Port of a service inside its container, and of the first one outside.
PORT = 8000
COMPLETED, HEALTHY = "service_completed_successfully", "service_healthy"
_HEALTHY = ("python", "-m", "mlpc_stdlib.runtime.container", "healthy")
_DATA = Variable("MLPC_DATA", "./data")
_HOST = Variable("MLPC_HOST", "127.0.0.1")


def emit(backend: Backend, workflow: Workflow, material: Material) -> Emitted:
    """Return the directory for ``workflow``, or the reasons why there is none.

    Raises:
        IRError: the workflow holds a value that JSON cannot.
    """
    found = [*judge(backend, workflow), *_refused(workflow)]
    if any(item.severity == ERROR for item in found):
        return Emitted({}, diagnostics=found)
    companions = _companions(workflow)
    asked = {
        id: {companion.argument: f"http://{name}:{companion.port}"}
        for id, (name, companion) in companions.items()
    }
    lowered = with_arguments(effects_last(workflow), asked)
    images = Images(lowered, dumps(lowered), material)
    maker = Maker(lowered, images, material, companions)
    found += [*images.refused(), *unnameable("the volume of the store", f"{maker.project_name}_store")]
    if any(item.severity == ERROR for item in found):
        return Emitted({}, diagnostics=found)
    project = maker.project()
    found += [*maker.notes(), *images.notes()]
    files = images.files()
    files[FILE] = render.compose(project)
    files[SETTINGS] = render.settings(project, maker.settings(), lowered)
    files[PAGE] = render.page(workflow, lowered, maker, found)
    files[MANIFEST] = manifest(backend.name, VERSION, workflow, files, maker.facts())
    return Emitted(files, diagnostics=found)


def _refused(workflow: Workflow) -> Iterator[Diagnostic]:
    services = {node.id for node in workflow.nodes if isinstance(node, Service)}
    yield from bad_requirements(workflow)
    yield from long_names(workflow, "Compose", SERVICE)
    for node in workflow.nodes:
        if isinstance(node, Task | Gate | Service) and len(SERVICE.mangle(node.id)) > LONGEST:
            yield Diagnostic(
                NAME_TOO_LONG,
                f"`{node.id[:40]}…` is too long a name on Compose: {len(SERVICE.mangle(node.id))} characters",
                help=(*at(node), f"Docker makes names of containers and hosts from it; {LONGEST} are safe"),
            )
        if isinstance(node, Task | Gate) or (isinstance(node, Service) and _references(node, services)):
            for id in sorted(services.intersection(needs(node))):
                yield Diagnostic(
                    SERVICE_READ,
                    f"`{node.id}` needs what the service `{id}` gives while it runs; on Compose, services start "
                    "when all jobs are done",
                    help=(*at(node), "take the rows from a file or a database that the service writes"),
                )
        if not isinstance(node, Task | Service):
            continue
        asked = node.resources
        if (asked.memory is not None and asked.memory < _LEAST_MEMORY) or (
            asked.cpu is not None and asked.cpu < _LEAST_CPU
        ):
            yield Diagnostic(
                RESOURCE_REFUSED,
                f"`{node.id}` asks for less than Docker gives",
                help=(*at(node), "Docker: the least memory is 6 MiB, the least share of a core 0.01"),
            )
        yield from data_outside(node)


def _references(node: Service, services: set[str]) -> bool:
    """Return whether a service has another one as an input, not only starts after it."""
    return any(
        isinstance(source, Reference) and source.node in services
        for port in node.inputs.values()
        for source in port.sources
    )


def _companions(workflow: Workflow) -> dict[str, tuple[str, Companion]]:
    """Return what has to be started beside steps that name none: its service's name, by id of the step."""
    # Services find each other by DNS, which does not tell capital letters from small ones.
    taken = {SERVICE.mangle(node.id).lower() for node in workflow.nodes}
    found: dict[str, tuple[str, Companion]] = {}
    for node in workflow.nodes:
        if not isinstance(node, Task):
            continue
        companion = COMPANIONS.get((node.action.target, node.action.function))
        if companion is not None and node.arguments.get(companion.argument) is None:
            # The second name is one that no node can have.
            name = companion.name if companion.name not in taken else f"{companion.name}--server"
            found[node.id] = (name, companion)
    return found


class Maker:
    """Makes the project of one workflow, and tells what was made."""

    def __init__(
        self,
        workflow: Workflow,
        images: Images,
        material: Material,
        companions: dict[str, tuple[str, Companion]],
    ) -> None:
        self.workflow = workflow
        self.images = images
        self.names = {
            node.id: SERVICE.mangle(node.id)
            for node in workflow.nodes
            if isinstance(node, Task | Gate | Service)
        }
        self.waits = waits(workflow)
        self._services = {node.id for node in workflow.nodes if isinstance(node, Service)}
        self.companions = companions
        self.ports: dict[str, tuple[Variable, int]] = {}
        for node in workflow.nodes:
            if isinstance(node, Service):
                variable = Variable(f"MLPC_PORT_{VARIABLE.mangle(node.id)}", str(PORT + len(self.ports)))
                self.ports[self.names[node.id]] = (variable, PORT)
        for name, companion in companions.values():
            variable = Variable(f"MLPC_{companion.name.upper()}_PORT", str(companion.port))
            self.ports[name] = (variable, companion.port)
        self._material = material
        self._params = {param.name: f"MLPC_PARAM_{VARIABLE.mangle(param.name)}" for param in workflow.params}
        self.secrets = {secret.name: SERVICE.mangle(secret.name) for secret in workflow.secrets}

    @property
    def project_name(self) -> str:
        """The name that containers, volumes and networks begin with."""
        name = f"mlpc-{DNS.mangle(self.workflow.name)}"
        return f"{name}_{DNS.mangle(self.workflow.environment)}" if self.workflow.environment else name

    def project(self) -> Project:
        """Return the project."""
        made = Project(self.project_name)
        made.volumes.append("store")
        for node in self.workflow.nodes:
            if isinstance(node, Task | Gate | Service):
                made.containers[self.names[node.id]] = self._container(node)
        for name, companion in dict(self.companions.values()).items():
            image = self.images.extra(
                companion.name, companion.package, companion.lines(), (companion.volume_at,)
            )
            container = Container(
                image.tag,
                image.dockerfile,
                image.build_arguments,
                [word.replace("{name}", name) for word in companion.command],
            )
            container.mounts.append(Mount(Text(companion.volume), companion.volume_at, is_volume=True))
            container.healthy = ("python", "-c", companion.healthy)
            container.stays = True
            self._publish(name, container)
            made.containers[name] = container
            made.volumes.append(companion.volume)
        used = {name for container in made.containers.values() for name in container.secrets}
        made.secrets = {
            name: Text(Variable("MLPC_SECRETS", "./secrets"), f"/{name}") for name in sorted(used)
        }
        return made

    def _container(self, node: Task | Gate | Service) -> Container:
        image = self.images.of(node.id)
        words = ["--workflow=/mlpc/workflow.json", f"--node={node.id}", f"--store={STORE}"]
        container = Container(image.tag, image.dockerfile, image.build_arguments, words)
        params, secrets = names_read(node, "param"), names_read(node, "secret")
        for name, variable in self._params.items():
            if name in params:
                words.append(f"--param-variable={name}={variable}")
                container.environment.append(variable)
        container.after = {
            self.names[id]: HEALTHY if id in self._services else COMPLETED for id in self.waits[node.id]
        }
        container.mounts.append(Mount(Text("store"), STORE, is_volume=True))
        if isinstance(node, Gate):
            container.arguments = tuple(words)
            return container
        if node.id in self.companions:
            container.after[self.companions[node.id][0]] = HEALTHY
        for path, target in self._files(node).items():
            container.mounts.append(Mount(Text(_DATA, f"/{path}"), target, read_only=True))
        for name, secret in self.secrets.items():
            if name in secrets:
                container.secrets.append(secret)
                words.append(f"--secret={name}={SECRETS}/{secret}")
        read = stores.read_by(node)
        container.environment += stores.variables(read)
        for name, target in stores.files(read).items():
            # Where no file is named there is none that a step would take for one.
            container.mounts.append(Mount(Text(Variable(name, "/dev/null")), target, read_only=True))
        if isinstance(node, Service):
            words.append(f"--port={PORT}")
            container.healthy = (*_HEALTHY, f"--port={PORT}")
            container.stays = True
            self._publish(self.names[node.id], container)
        container.arguments = tuple(words)
        container.cpus = node.resources.cpu
        container.memory = node.resources.memory
        container.gpus = node.resources.gpu
        return container

    def _files(self, node: Task | Service) -> dict[str, str]:
        """Return the files of the project that a node reads, with where it finds them."""
        read = [posixpath.normpath(source.location) for _, _, source in files_read(node)]
        found = {path: f"{DATA}/{path}" for path in read}
        for path in files_named(node, self._material.named, self._material.code):
            found.setdefault(path, f"{CODE}/{path}")
        return found

    def _publish(self, name: str, container: Container) -> None:
        variable, inside = self.ports[name]
        container.ports.append(Text(_HOST, ":", variable, f":{inside}"))

    def settings(self) -> list[Variable]:
        """Return the variables that the person may set, but for parameters."""
        return [_DATA, _HOST, *(variable for variable, _ in self.ports.values())]

    def variable(self, param: str) -> str:
        """Return the variable of a parameter."""
        return self._params[param]

    def files(self) -> list[str]:
        """Return the files of the project that have to be there, sorted."""
        return sorted(
            {
                path
                for node in self.workflow.nodes
                if isinstance(node, Task | Service)
                for path in self._files(node)
            }
        )

    def facts(self) -> JsonObject:
        """Return what the commands that build and submit have to know."""
        companions: list[Json] = [*sorted({name for name, _ in self.companions.values()})]
        jobs = [node for node in self.workflow.nodes if isinstance(node, Task | Gate)]
        services = [node for node in self.workflow.nodes if isinstance(node, Service)]
        ports: JsonObject = {
            name: {"variable": variable.name, "default": int(variable.default)}
            for name, (variable, _) in self.ports.items()
        }
        return {
            "project": self.project_name,
            "images": {image.tag: image.to_json() for image in self.images.all()},
            "jobs": {node.id: self.names[node.id] for node in jobs},
            "services": {node.id: self.names[node.id] for node in services},
            "companions": companions,
            "gpus": sum(
                node.resources.gpu for node in self.workflow.nodes if isinstance(node, Task | Service)
            ),
            "ports": ports,
            "params": {**self._params},
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
        mangled = {id: name for id, name in self.names.items() if id != name}
        if mangled:
            listed = ", ".join(f"`{id}` is `{name}`" for id, name in list(mangled.items())[:5])
            more = f" and {len(mangled) - 5} more" if len(mangled) > 5 else ""
            yield Diagnostic(MANGLED_NAME, f"on Compose, {listed}{more}: its names take fewer characters")
        for id, (name, companion) in self.companions.items():
            yield Diagnostic(
                COMPANION_STARTED,
                f"`{id}` says no `{companion.argument}`: Compose starts a server `{name}` of its own for it",
                help=(f'`{companion.argument} = "https://…"` names one that is there already',),
            )
        for node in self.workflow.nodes:
            if isinstance(node, Task | Service) and node.resources.gpu and node.resources.gpu_type:
                yield Diagnostic(
                    GPU_TYPE_UNKNOWN,
                    f"`{node.id}` asks for a GPU of the type {node.resources.gpu_type}; Compose takes any",
                    help=at(node),
                )
