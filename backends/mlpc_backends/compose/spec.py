"""What Docker Compose takes, as far as 1.29 and v2 agree, and what it can do of the IR."""

from __future__ import annotations

import re

from mlpc.backend import Capabilities, lowered, native, refused
from mlpc_backends.shared.registries import REGISTRIES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlpc_backends.shared.yaml import Value

#: Version of the table below and of the files that are written.
VERSION = "1"
FILE, SETTINGS, PAGE = "docker-compose.yml", ".env", "README.md"
#: The most characters of a service's name: Docker makes names of containers from it, which become host names.
LONGEST = 120

CAPABILITIES = Capabilities(
    VERSION,
    {
        "task.runtime": native(),
        "task.project": native("its code is copied into the image"),
        "task.container": lowered(
            "the adaptor is put on top of the image, which needs Python 3.11 or newer for that; the command of the spec "
            "runs in it by the step contract"
        ),
        "task.retry": lowered(
            "the adaptor in the container makes the attempts; Compose would start a gate again, too"
        ),
        "task.timeout": lowered(
            "the adaptor in the container ends the step; Compose knows no timeout of a job"
        ),
        "task.effect": native("runs last, when all other steps and gates went well"),
        "task.skip": native("`depends_on` with `service_completed_successfully`"),
        "task.program": refused(
            "images of steps hold Python and its packages: leave out what needs the program, here or in an `env` for this target"
        ),
        "gate": native("a job of its own, which ends with status 1 when it does not pass"),
        "service": native("started when every job is done, with a health check"),
        "service.container": refused("serve a model by `server`, or run a function of the project"),
        "service.replicas": lowered(
            "one container runs the least number of replicas, as processes of one server"
        ),
        "service.level": lowered(
            "a level of service is shown by the server's metrics; it blocks no promotion"
        ),
        "fan_out": native("each instance is a job of its own"),
        "trigger": lowered("Compose knows no clock: start `mlpc submit` from cron or a timer of systemd"),
        "trigger.time": lowered(
            "a variable that `mlpc submit` sets to the time at which it is called, or to what its `--at` says; by hand it "
            "has to be set"
        ),
        "param": native("a variable in `.env`"),
        "data.path": native("mounted read-only"),
        "data.url": native("read by the step itself"),
        "data.store": lowered(
            "read by the step itself; the variables of the shell that hold credentials are passed on by name, to "
            "that step alone (the README of what is compiled lists them)"
        ),
        "secret.env": lowered("a file secret, which `mlpc submit` writes from the variable"),
        "secret.file": native("a file secret"),
        "secret.unsourced": lowered("a file secret, which has to lie in `secrets/` beside the Compose file"),
        "resources.cpu": native("a limit of the container, and the number of threads"),
        "resources.memory": native("a limit of the container"),
        "resources.gpu": native("a reservation of devices"),
    },
)


class Companion:
    """A service that a step needs beside it where the spec names no other: the argument that would, the package to
    install, how it is started.
    """

    __slots__ = (
        "argument",
        "command",
        "healthy",
        "name",
        "package",
        "port",
        "volume",
        "volume_at",
    )

    def __init__(
        self,
        name: str,
        argument: str,
        package: str,
        port: int,
        command: tuple[str, ...],
        healthy: str,
        volume: str,
        volume_at: str,
    ) -> None:
        self.name = name
        self.argument = argument
        self.package = package
        self.port = port
        self.command = command
        self.healthy = healthy
        self.volume = volume
        self.volume_at = volume_at

    def lines(self) -> tuple[str, ...]:
        """Return what is installed, locked: one requirement with its hashes a line."""
        from . import servers

        found: tuple[str, ...] = getattr(servers, self.name.upper())
        return found


_MLFLOW = Companion(
    "mlflow",
    "tracking_uri",
    "mlflow",
    5000,
    (
        "mlflow",
        "server",
        "--host=0.0.0.0",
        "--port=5000",
        "--workers=1",
        "--backend-store-uri=sqlite:////var/mlflow/mlflow.db",
        "--artifacts-destination=/var/mlflow/artifacts",
        "--allowed-hosts={name},{name}:*,localhost,localhost:*,127.0.0.1,127.0.0.1:*",
    ),
    "import urllib.request as r; r.urlopen('http://127.0.0.1:5000/health', timeout=4)",
    "mlflow",
    "/var/mlflow",
)
#: By module and function of the step runtime: what a registry that keeps files of its own needs off one machine.
COMPANIONS = dict.fromkeys(REGISTRIES, _MLFLOW)


class Text:
    """A text of a Compose file: literal parts, and variables that the person may set.

    Nothing in a literal part is taken for a variable.
    """

    __slots__ = ("parts",)

    def __init__(self, *parts: str | Variable) -> None:
        self.parts = parts

    def render(self) -> str:
        """Return it as Compose reads it."""
        return "".join(
            part.render() if isinstance(part, Variable) else part.replace("$", "$$") for part in self.parts
        )


class Variable:
    """A variable of the environment or of `.env`, with what holds where it is not set."""

    __slots__ = ("default", "name")

    def __init__(self, name: str, default: str) -> None:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or not re.fullmatch(
            r"[A-Za-z0-9._/-]*", default
        ):
            raise ValueError(f"{name}={default} cannot stand in a Compose file")
        self.name = name
        self.default = default

    def render(self) -> str:
        """Return it as Compose reads it."""
        return f"${{{self.name}:-{self.default}}}"


class Mount:
    """A volume by name, or a file of the host, mounted at ``target``."""

    __slots__ = ("is_volume", "read_only", "source", "target")

    def __init__(
        self, source: Text, target: str, *, is_volume: bool = False, read_only: bool = False
    ) -> None:
        self.source = source
        self.target = target
        self.is_volume = is_volume
        self.read_only = read_only


class Container:
    """One service of a Compose file. ``after`` gives the condition by service; ``environment`` names variables that
    are passed on as they are set, as ``build_arguments`` are to the build of its image.
    """

    __slots__ = (
        "after",
        "arguments",
        "build_arguments",
        "cpus",
        "dockerfile",
        "environment",
        "gpus",
        "healthy",
        "image",
        "memory",
        "mounts",
        "ports",
        "secrets",
        "stays",
    )

    def __init__(
        self, image: str, dockerfile: str, build_arguments: Sequence[str], arguments: Sequence[str]
    ) -> None:
        self.image = image
        self.dockerfile = dockerfile
        self.build_arguments = tuple(build_arguments)
        self.arguments = tuple(arguments)
        self.after: dict[str, str] = {}
        self.environment: list[str] = []
        self.mounts: list[Mount] = []
        self.ports: list[Text] = []
        self.secrets: list[str] = []
        self.healthy: tuple[str, ...] = ()
        self.cpus: float | None = None
        self.memory: int | None = None
        self.gpus = 0
        self.stays = False


class Project:
    """A Compose file: services, named volumes, secrets by the file that holds them."""

    __slots__ = ("containers", "name", "secrets", "volumes")

    def __init__(self, name: str) -> None:
        self.name = name
        self.containers: dict[str, Container] = {}
        self.volumes: list[str] = []
        self.secrets: dict[str, Text] = {}


def to_yaml(project: Project) -> Mapping[str, Value]:
    """Return the Compose file as plain values."""
    made: dict[str, Value] = {
        "services": {name: _service(container) for name, container in project.containers.items()}
    }
    if project.volumes:
        made["volumes"] = {name: {} for name in project.volumes}
    if project.secrets:
        made["secrets"] = {name: {"file": file.render()} for name, file in project.secrets.items()}
    return made


def _service(container: Container) -> Mapping[str, Value]:
    build: dict[str, Value] = {"context": ".", "dockerfile": container.dockerfile}
    if container.build_arguments:
        build["args"] = list(container.build_arguments)
    made: dict[str, Value] = {
        "image": container.image,
        "build": build,
        "command": [Text(argument).render() for argument in container.arguments],
        "init": True,
        "restart": "unless-stopped" if container.stays else "no",
        "stop_grace_period": "15s",
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
    }
    if container.after:
        made["depends_on"] = {name: {"condition": condition} for name, condition in container.after.items()}
    if container.environment:
        made["environment"] = list(container.environment)
    if container.mounts:
        made["volumes"] = [_mount(mount) for mount in container.mounts]
    if container.secrets:
        made["secrets"] = list(container.secrets)
    if container.ports:
        made["ports"] = [port.render() for port in container.ports]
    if container.healthy:
        made["healthcheck"] = {
            "test": ["CMD", *(Text(word).render() for word in container.healthy)],
            "interval": "5s",
            "timeout": "5s",
            "retries": 60,
            "start_period": "5s",
        }
    if container.cpus is not None:
        made["cpus"] = container.cpus
    if container.memory is not None:
        made["mem_limit"] = container.memory
    if container.gpus:
        device: dict[str, Value] = {"driver": "nvidia", "count": container.gpus, "capabilities": ["gpu"]}
        made["deploy"] = {"resources": {"reservations": {"devices": [device]}}}
    return made


def _mount(mount: Mount) -> Mapping[str, Value]:
    made: dict[str, Value] = {
        "type": "volume" if mount.is_volume else "bind",
        "source": mount.source.render(),
        "target": Text(mount.target).render(),
    }
    if mount.read_only:
        made["read_only"] = True
    return made
