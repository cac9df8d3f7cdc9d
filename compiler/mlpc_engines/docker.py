"""A Docker engine: images are built, containers looked at."""

from __future__ import annotations

import os
import re

from mlpc.codes import IMAGE_FAILED, NO_DOCKER

from .errors import ENVIRONMENT, SubmitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .directory import Compiled

#: Variables by which pip is told of an index; Dockerfiles that install packages take them.
_INDEX = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT")
_STEP = re.compile(r"Step (\d+)/(\d+) : (.*)")
#: Lines of a build that failed which are shown.
_LINES = 12


class Progress:
    """How far the build of an image is: ``step`` of ``of``, what it does; ``state`` is build, there, built."""

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
        """Return whether an image is there."""
        import docker

        try:
            self._client.images.get(tag)
        except docker.errors.ImageNotFound:
            return False
        return True

    def has_volume(self, name: str) -> bool:
        """Return whether a volume is there."""
        import docker

        try:
            self._client.volumes.get(name)
        except docker.errors.NotFound:
            return False
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
        arguments = {name: os.environ[name] for name in _INDEX if name in taken and os.environ.get(name)}
        try:
            for part in self._client.api.build(
                path=folder,
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

    def containers(self, project: str) -> dict[str, dict[str, Any]]:
        """Return the containers of a Compose project, as the engine describes them, by service."""
        import docker

        found: dict[str, dict[str, Any]] = {}
        label = f"com.docker.compose.project={project}"
        for each in self._client.api.containers(all=True, filters={"label": label}):
            labels = each["Labels"]
            if str(labels.get("com.docker.compose.oneoff", "False")).lower() == "true":
                continue
            try:
                found[labels["com.docker.compose.service"]] = self._client.api.inspect_container(each["Id"])
            except docker.errors.NotFound:
                continue  # it is being replaced at this moment
        return found

    def at_work(self, volume: str) -> dict[str, list[str]]:
        """Return the command lines of the containers that run and have ``volume``, by their id."""
        import docker

        found: dict[str, list[str]] = {}
        for each in self._client.api.containers(filters={"volume": volume, "status": "running"}):
            try:
                told = self._client.api.inspect_container(each["Id"])
            except docker.errors.NotFound:
                continue  # it has ended at this moment
            found[each["Id"][:12]] = list(told["Config"]["Cmd"] or ())
        return found

    def log(self, container: str, lines: int = 40) -> str:
        """Return the end of what a container printed."""
        import docker

        try:
            text: bytes = self._client.api.logs(container, tail=lines)
        except docker.errors.DockerException:
            return ""
        return text.decode("utf-8", "replace")

    def ask(self, image: str, command: Sequence[str], volume: str, at: str) -> str:
        """Return what ``command`` prints in a container of ``image`` with ``volume``, if any, mounted read-only.

        Raises:
            SubmitError: it fails.
        """
        import docker

        try:
            text: bytes = self._client.containers.run(
                image,
                list(command),
                volumes={volume: {"bind": at, "mode": "ro"}} if volume else {},
                network_disabled=True,
                cap_drop=["ALL"],
                remove=True,
            )
        except docker.errors.DockerException as error:
            raise SubmitError(NO_DOCKER, f"a container could not be asked: {_last(str(error))}") from None
        return text.decode("utf-8")

    def close(self) -> None:
        """Give the connection back."""
        self._client.close()


def _failed(tag: str, error: str, said: list[str]) -> SubmitError:
    lines = [line for line in said if line.strip()][-_LINES:]
    help = ["it printed last:\n" + "\n".join(lines)] if lines else []
    if "manifest" in error or "pull" in error or "registry" in error or "lookup" in error:
        help.append("the base image is taken from a registry; pull or make it before where none answers")
    return SubmitError(
        IMAGE_FAILED, f"the image `{tag}` could not be built: {_last(error)}", *help, exit_code=ENVIRONMENT
    )


def _last(text: str) -> str:
    """Return the last part of a chain of errors in one line."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else "no reason was given"
