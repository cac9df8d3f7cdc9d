"""Steps that run in an image of the user's own, by Docker on this machine.

The step contract holds in it: the command gets ``--task PATH``, and every path in that file is the same inside as
outside. The step writes as the user who runs the engine, and sees nothing of the machine but its inputs, the project
(read only) and the folder of its attempt.
"""

from __future__ import annotations

import os
import shutil

from mlpc.codes import IMAGE_FAILED, NO_DOCKER

from .errors import STEP, EngineError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mlpc.ir.nodes import Task

    from .executor import Work

#: Seconds for a question to the engine of Docker.
TIMEOUT = 30.0
#: Variables of an environment of Python, which mean nothing in an image.
_NOT_PASSED = frozenset(
    {"PYTHONPATH", "PATH", "HOME", "USER", "LOGNAME", "LD_LIBRARY_PATH", "SHELL", "VIRTUAL_ENV"}
)


def reachable(task: str) -> None:
    """See to it that Docker answers.

    Raises:
        EngineError: it does not.
    """
    status, said = _docker("version", "--format", "{{.Server.Version}}")
    if status != 0:
        raise EngineError(
            NO_DOCKER,
            f"`{task}` runs in a container, and no Docker engine answers: {said or 'there is no program `docker`'}",
            "start it, or say where it is with DOCKER_HOST; `docker info` tells whether it answers",
            "the user has to be allowed to use it: a member of the group `docker`",
        )


def identity(task: str, image: str) -> str:
    """Return what an image is, `sha256:…`, wherever its tag points later; one that is not here is pulled.

    Raises:
        EngineError: it is neither here nor to be had.
    """
    status, said = _docker("image", "inspect", "--format", "{{.Id}}", image)
    if status == 0:
        return said
    status, said = _docker("pull", "--quiet", image, timeout=None)
    if status == 0:
        status, said = _docker("image", "inspect", "--format", "{{.Id}}", image)
    if status != 0:
        raise EngineError(
            IMAGE_FAILED,
            f"the image `{image}`, in which `{task}` runs, is not here and cannot be pulled: {said}",
            f"`docker pull {image}` tells more; an image that was built here has exactly the name that the spec says",
            exit_code=STEP,
        )
    return said


def known(image: str) -> str:
    """Return what an image of this machine is, `sha256:…`; nothing where it is not here or nobody answers."""
    status, said = _docker("image", "inspect", "--format", "{{.Id}}", image)
    return said if status == 0 else ""


def resolved(image: str) -> dict[str, str]:
    """Return by what an image is known for good: the ``digest`` of its registry, or the ``id`` that it has here.

    Raises:
        EngineError: it is not to be had.
    """
    _docker("pull", "--quiet", image, timeout=None)  # what the registry has now, where there is one
    id = identity(image, image)
    # A tag and the port of a registry both stand behind a colon; only the one behind the last slash is a tag.
    folder, slash, last = image.rpartition("/")
    name = f"{folder}{slash}{last.partition(':')[0]}"
    status, said = _docker("image", "inspect", "--format", '{{join .RepoDigests " "}}', image)
    for each in said.split() if status == 0 else ():
        repository, _, digest = each.partition("@")
        if digest.startswith("sha256:") and repository.removeprefix(
            "docker.io/library/"
        ) == name.removeprefix("docker.io/library/"):
            return {"digest": digest}
    return {"id": id}


def command(task: Task, work: Work, folder: str, given: dict[str, str]) -> list[str]:
    """Return the command that runs a step's image; ``given`` are its variables.

    The image's own entry point is not called: what runs is the command of the spec, as on every other engine.
    """
    first, *rest = task.action.command
    words = [
        shutil.which("docker") or "docker",
        "run",
        "--rm",
        "--init",
        "--pull",
        "never",
        "--name",
        name_of(folder),
    ]
    words += ["--user", f"{os.getuid()}:{os.getgid()}", "--env", "HOME=/tmp", "--entrypoint", first]
    # By name alone: the values are those of the process of `docker`, and stand in no list of processes.
    for name in sorted(set(given) - _NOT_PASSED):
        words += ["--env", name]
    places = {path: True for given_input in work.inputs.values() for path in _paths(given_input)}
    places[work.project] = True
    places[folder] = False
    if work.state:
        os.makedirs(work.state, exist_ok=True)
        places[work.state] = False
    for path, fixed in sorted(places.items()):
        words += ["--mount", _mount(path, fixed)]
    if task.resources.gpu:
        words += ["--gpus", str(task.resources.gpu)]
    return [*words, task.action.target, *rest, "--task", os.path.join(folder, "task.json")]


def name_of(folder: str) -> str:
    """Return the name of the container of an attempt."""
    from hashlib import sha256

    return f"mlpc-{sha256(folder.encode()).hexdigest()[:20]}"


def remove(folder: str) -> None:
    """End the container of an attempt, if it is still there: `docker run` may be gone before it."""
    _docker("rm", "--force", name_of(folder))


def _paths(given: Any) -> list[str]:
    if isinstance(given, list):
        return [path for each in given for path in _paths(each)]
    path = given.get("path")
    return [str(path)] if path else []


def _mount(path: str, fixed: bool) -> str:
    """Return one mount, in the form of a line of comma-separated values that Docker reads."""
    fields = ["type=bind", f"source={path}", f"target={path}", *(["readonly"] if fixed else [])]
    quoted = ['"' + field.replace('"', '""') + '"' if set('",') & set(field) else field for field in fields]
    return ",".join(quoted)


def _docker(*words: str, timeout: float | None = TIMEOUT) -> tuple[int, str]:
    """Return the exit status of a command of Docker and the last line that it said."""
    import subprocess

    try:
        done = subprocess.run(
            ["docker", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError:
        return 127, ""
    except (OSError, subprocess.TimeoutExpired) as error:
        return 126, str(error)
    said = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    return done.returncode, said[-1].strip() if said else ""
