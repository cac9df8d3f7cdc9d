"""A Docker engine: images are built, containers looked at."""

from __future__ import annotations

import os
import re
import tarfile
import tempfile

from mlpc.codes import IMAGE_FAILED, NO_DOCKER, NO_REGISTRY, PUSH_FAILED, SUBMISSION_FAILED

from . import find_links
from .errors import ENVIRONMENT, FINDINGS, SubmitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import IO, Any

    from .directory import Compiled

#: Variables by which pip is told of an index, or of pages with links; Dockerfiles that install packages take them.
_INDEX = (
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    find_links.VARIABLE,
    "PIP_TRUSTED_HOST",
    "PIP_DEFAULT_TIMEOUT",
    "NPM_CONFIG_REGISTRY",
)
_STEP = re.compile(r"Step (\d+)/(\d+) : (.*)")
#: Lines of a build that failed which are shown.
_LINES = 12


class Progress:
    """How far an image is: ``step`` of ``of``, what is done; ``state`` is build, there, built, push, pushed."""

    __slots__ = ("image", "of", "state", "step", "text")

    def __init__(self, image: str, state: str, step: int = 0, of: int = 0, text: str = "") -> None:
        self.image = image
        self.state = state
        self.step = step
        self.of = of
        self.text = text


class Docker:
    """A connection to the engine that `DOCKER_HOST` names, else to the one of this machine."""

    def __init__(self) -> None:
        """Connect.

        Raises:
            SubmitError: the Docker SDK is not installed, or no engine answers.
        """
        try:
            import docker
        except ImportError:
            raise SubmitError(
                NO_DOCKER, "the Docker SDK is not installed", 'pip install "mlpc[docker]"'
            ) from None
        where = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
        try:
            self._client: Any = docker.from_env(timeout=600)
            self._client.ping()
        except (docker.errors.DockerException, OSError) as error:
            raise SubmitError(
                NO_DOCKER,
                f"no Docker engine answers at {where}: {_last(str(error))}",
                "start it, or say where it is with DOCKER_HOST; `docker info` tells whether it answers",
                "the user has to be allowed to use it: a member of the group `docker`",
            ) from None

    def has_gpus(self) -> bool:
        """Return whether the engine can give a container a GPU of NVIDIA."""
        return "nvidia" in (self._client.info().get("Runtimes") or {})

    def has_image(self, tag: str) -> bool:
        """Return whether an image is there.

        Raises:
            SubmitError: the engine does not answer any more.
        """
        import docker

        try:
            self._client.images.get(tag)
        except docker.errors.ImageNotFound:
            return False
        except (docker.errors.DockerException, OSError) as error:
            raise _silent(error) from None
        return True

    def has_volume(self, name: str) -> bool:
        """Return whether a volume is there.

        Raises:
            SubmitError: the engine does not answer any more.
        """
        import docker

        try:
            self._client.volumes.get(name)
        except docker.errors.NotFound:
            return False
        except (docker.errors.DockerException, OSError) as error:
            raise _silent(error) from None
        return True

    def build(
        self,
        compiled: Compiled,
        listen: Callable[[Progress], None],
        *,
        again: bool = False,
        pull: bool = False,
    ) -> list[str]:
        """Build the images of ``compiled`` that are not there and return their tags.

        A tag names the content of its image, so one that is there is never built twice; with ``again`` it is, without
        the cache of layers. With ``pull`` a newer base image is asked for.

        Raises:
            SubmitError: a build fails; those before it stay.
        """
        built = []
        for tag, image in compiled.facts["images"].items():
            if not again and not pull and self.has_image(tag):
                listen(Progress(tag, "there"))
                continue
            self._build(compiled.folder, tag, image["dockerfile"], listen, again=again, pull=pull)
            built.append(tag)
        return built

    def _build(
        self,
        folder: str,
        tag: str,
        dockerfile: str,
        listen: Callable[[Progress], None],
        *,
        again: bool,
        pull: bool,
    ) -> None:
        import docker

        said: list[str] = []
        step = of = 0
        with open(os.path.join(folder, *dockerfile.split("/")), encoding="utf-8") as file:
            taken = {line.split()[1] for line in file if line.startswith("ARG ")}
        given = {**os.environ, find_links.VARIABLE: find_links.pages()}
        arguments = {name: given[name] for name in _INDEX if name in taken and given.get(name)}
        try:
            with tempfile.TemporaryFile() as context:
                _write_context(context, folder, dockerfile)
                for part in self._client.api.build(
                    fileobj=context,
                    custom_context=True,
                    dockerfile=dockerfile,
                    tag=tag,
                    buildargs=arguments,
                    rm=True,
                    forcerm=True,
                    nocache=again,
                    pull=pull,
                    decode=True,
                ):
                    if part.get("error"):
                        raise _failed(tag, str(part["error"]), said)
                    text = str(part.get("stream") or part.get("status") or "").strip()
                    if not text:
                        continue
                    found = _STEP.match(text)
                    if found:
                        step, of, text = int(found[1]), int(found[2]), found[3]
                    else:
                        said.extend(text.splitlines())
                        text = said[-1]
                    listen(Progress(tag, "build", step, of, text))
        except (docker.errors.DockerException, OSError) as error:
            raise _failed(tag, _last(str(error)), said) from None
        listen(Progress(tag, "built", of, of))

    def push(
        self,
        compiled: Compiled,
        listen: Callable[[Progress], None],
        *,
        again: bool = False,
        pull: bool = False,
    ) -> list[str]:
        """Bring the images of ``compiled`` to the registry that it names, and return the names that were pushed.

        What the registry has already is neither built nor pushed: a tag names the content of its image.

        Raises:
            SubmitError: no registry is named, a build fails, or the registry does not take an image.
        """
        registry = str(compiled.facts.get("registry") or "")
        if not registry:
            target = compiled.target
            raise SubmitError(
                NO_REGISTRY,
                f"`{compiled.shown}` names no registry that images could be pushed to",
                f"name it when compiling: `mlpc compile main.mlp --to {target} --registry registry.example.org/team …`"
                if target == "kubeflow"
                else f"what is compiled for `{target}` runs images of this machine: `mlpc build {compiled.shown}`",
                exit_code=FINDINGS,
            )
        pushed = []
        for tag, image in compiled.facts["images"].items():
            name = f"{registry}/{tag}"
            if not again and not pull and self._in_registry(name):
                listen(Progress(name, "there"))
                continue
            if again or pull or not self.has_image(tag):
                self._build(compiled.folder, tag, image["dockerfile"], listen, again=again, pull=pull)
            self._push(tag, name, listen)
            pushed.append(name)
        return pushed

    def _in_registry(self, name: str) -> bool:
        import docker

        try:
            self._client.images.get_registry_data(name)
        except (docker.errors.DockerException, OSError):
            # Whether it is missing or refused: the push says so.
            return False
        return True

    def _push(self, tag: str, name: str, listen: Callable[[Progress], None]) -> None:
        import docker

        layers: set[str] = set()
        done: set[str] = set()
        repository, _, version = name.rpartition(":")
        try:
            self._client.images.get(tag).tag(repository, version)
            for part in self._client.api.push(repository, version, stream=True, decode=True):
                if part.get("error"):
                    raise _not_pushed(name, str(part["error"]))
                layer, text = str(part.get("id") or ""), str(part.get("status") or "").strip()
                if layer and layer != version:
                    layers.add(layer)
                    if text in ("Pushed", "Layer already exists") or text.startswith("Mounted from"):
                        done.add(layer)
                        listen(Progress(name, "push", len(done), len(layers), text))
        except (docker.errors.DockerException, OSError) as error:
            raise _not_pushed(name, str(error)) from None
        listen(Progress(name, "pushed", len(done), len(layers)))

    def containers(self, project: str) -> dict[str, dict[str, Any]]:
        """Return the containers of a Compose project, as the engine describes them, by service.

        Raises:
            SubmitError: the engine does not answer any more.
        """
        import docker

        found: dict[str, dict[str, Any]] = {}
        label = f"com.docker.compose.project={project}"
        try:
            for each in self._client.api.containers(all=True, filters={"label": label}):
                labels = each["Labels"]
                if str(labels.get("com.docker.compose.oneoff", "False")).lower() == "true":
                    continue
                try:
                    found[labels["com.docker.compose.service"]] = self._client.api.inspect_container(
                        each["Id"]
                    )
                except docker.errors.NotFound:
                    continue  # it is being replaced at this moment
        except (docker.errors.DockerException, OSError) as error:
            raise _silent(error) from None
        return found

    def at_work(self, volume: str) -> dict[str, list[str]]:
        """Return the command lines of the containers that run and have ``volume``, by their id.

        Raises:
            SubmitError: the engine does not answer any more.
        """
        import docker

        found: dict[str, list[str]] = {}
        try:
            for each in self._client.api.containers(filters={"volume": volume, "status": "running"}):
                try:
                    told = self._client.api.inspect_container(each["Id"])
                except docker.errors.NotFound:
                    continue  # it has ended at this moment
                found[each["Id"][:12]] = list(told["Config"]["Cmd"] or ())
        except (docker.errors.DockerException, OSError) as error:
            raise _silent(error) from None
        return found

    def log(self, container: str, lines: int = 40) -> str:
        """Return the end of what a container printed."""
        import docker

        try:
            text: bytes = self._client.api.logs(container, tail=lines)
        except (docker.errors.DockerException, OSError):
            return ""
        return text.decode("utf-8", "replace")

    def ask(self, image: str, command: Sequence[str], volume: str, at: str) -> str:
        """Return what ``command`` prints in a container of ``image`` with ``volume``, if any, mounted read-only.

        Raises:
            SubmitError: it fails.
        """
        import docker

        try:
            container = self._client.containers.run(
                image,
                list(command),
                volumes={volume: {"bind": at, "mode": "ro"}} if volume else {},
                network_disabled=True,
                cap_drop=["ALL"],
                detach=True,
            )
            try:
                # Read after its end: what is followed may lack the words of a container that ends at once.
                status = container.wait()["StatusCode"]
                text: bytes = container.logs(stdout=True, stderr=status != 0)
            finally:
                container.remove(force=True)
        except docker.errors.ImageNotFound as error:
            raise SubmitError(
                SUBMISSION_FAILED, f"a container could not be asked: {_last(str(error))}"
            ) from None
        except (docker.errors.DockerException, OSError) as error:
            raise SubmitError(NO_DOCKER, f"a container could not be asked: {_last(str(error))}") from None
        if status != 0:
            said = _last(text.decode("utf-8", "replace"))
            raise SubmitError(
                SUBMISSION_FAILED, f"a container could not be asked: exit status {status}: {said}"
            )
        return text.decode("utf-8")

    def close(self) -> None:
        """Give the connection back."""
        self._client.close()


def _write_context(context: IO[bytes], folder: str, dockerfile: str) -> None:
    """Write what the build of an image sees: of ``folder`` what `.dockerignore` leaves, and wheels from folders of this machine.

    Raises:
        OSError: something of it cannot be read.
    """
    import docker

    with open(os.path.join(folder, ".dockerignore"), encoding="utf-8") as file:
        ignored = [line for line in file.read().splitlines() if line and not line.startswith("#")]
    docker.utils.build.tar(folder, exclude=ignored, dockerfile=(dockerfile, None), fileobj=context)
    beside = os.path.dirname(dockerfile)
    try:
        with open(os.path.join(folder, *beside.split("/"), "requirements.txt"), encoding="utf-8") as file:
            wheels = find_links.wheels(file.read())
    except FileNotFoundError:
        wheels = []
    context.seek(0)
    with tarfile.open(fileobj=context, mode="a") as archive:
        for path in wheels:
            # What a link leads to; owner and time are those of no machine.
            entry = tarfile.TarInfo(f"{beside}/{os.path.basename(path)}")
            with open(path, "rb") as wheel:
                entry.size = os.fstat(wheel.fileno()).st_size
                archive.addfile(entry, wheel)
    context.seek(0)


def _silent(error: Exception) -> SubmitError:
    # The client raises what its HTTP library does: an OSError.
    return SubmitError(NO_DOCKER, f"the Docker engine does not answer: {_last(str(error))}")


def _failed(tag: str, error: str, said: list[str]) -> SubmitError:
    lines = [line for line in said if line.strip()][-_LINES:]
    help = ["it printed last:\n" + "\n".join(lines)] if lines else []
    if "manifest" in error or "pull" in error or "registry" in error or "lookup" in error:
        help.append("the base image is taken from a registry; pull or make it before where none answers")
    return SubmitError(
        IMAGE_FAILED, f"the image `{tag}` could not be built: {_last(error)}", *help, exit_code=ENVIRONMENT
    )


def _not_pushed(name: str, error: str) -> SubmitError:
    help = ["is the registry reached from here? Docker pushes without TLS to this machine only"]
    if "denied" in error or "unauthorized" in error or "auth" in error:
        help = [f"log in first: `docker login {name.partition('/')[0]}`"]
    return SubmitError(PUSH_FAILED, f"the image `{name}` could not be pushed: {_last(error)}", *help)


def _last(text: str) -> str:
    """Return the last part of a chain of errors in one line."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else "no reason was given"
