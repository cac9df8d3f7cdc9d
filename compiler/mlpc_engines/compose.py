"""Docker Compose, v2 or 1.29: a project is brought up, followed to the end of its jobs, and taken down.

Compose itself starts a job when those before it are done, so its process has to live until the last one has started. The
jobs are brought up first; services are touched only when the whole run was promoted.
"""

from __future__ import annotations

import json
import os
import time

from mlpc.codes import (
    NO_COMPOSE,
    NO_DOCKER,
    NO_GPU,
    NOT_COMPILED,
    NOTHING_SUBMITTED,
    SUBMISSION_FAILED,
    SUBMISSION_LOST,
)

from . import given
from .claim import Claim
from .engine import Event
from .errors import STEP, SubmitError
from .remembered import forget, recall, remember

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Self

    from .directory import Compiled
    from .docker import Docker, Progress
    from .engine import Options

#: Seconds within which services have to be healthy.
PATIENCE = 180.0
#: Seconds that a Docker engine may be away while a run is followed.
RETURN = 120.0
_PAUSE = 0.25
#: Exit status of a container that was ended by SIGKILL.
_KILLED = 137
_STORE = "/mlpc/store"


class Compose:
    """Compose on the directory ``compiled``. ``command`` is how it is called; found where it is not given."""

    def __init__(
        self,
        compiled: Compiled,
        docker: Docker,
        listen: Callable[[Event], None],
        command: list[str] | None = None,
    ) -> None:
        """Find Compose.

        Raises:
            SubmitError: there is none.
        """
        self._compiled = compiled
        self._docker = docker
        self._listen = listen
        self._command = command or find()
        self._facts = compiled.facts
        self._project = os.environ.get("COMPOSE_PROJECT_NAME") or compiled.settings().get(
            "COMPOSE_PROJECT_NAME", str(self._facts["project"])
        )

    @classmethod
    def connect(
        cls,
        compiled: Compiled,
        options: Options,
        listen: Callable[[Event], None],
        built: Callable[[Progress], None],
    ) -> Self:
        """Connect to the Docker engine of this machine, or the one that `DOCKER_HOST` names, and build what is missing.

        Raises:
            SubmitError: no engine answers, Compose is not there, an image cannot be built.
        """
        from .docker import Docker

        docker = Docker()
        made = cls(compiled, docker, listen)
        docker.build(compiled, built)
        return made

    @classmethod
    def reach(cls, compiled: Compiled) -> Self:
        """Connect to what was submitted, to take it down: nothing is built, nothing listened to.

        Raises:
            SubmitError: the directory is for another engine, no engine answers, Compose is not there.
        """
        from .docker import Docker

        if compiled.target != "compose":
            raise SubmitError(
                NOT_COMPILED,
                f"`{compiled.shown}` was compiled for `{compiled.target}`, not for Compose",
                "what runs on Airflow and Kubeflow Pipelines is stopped there",
            )
        return cls(compiled, Docker(), lambda event: None)

    def submit(self, data: str = "", params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Run the jobs to their end, start the services if that was promoted, and return the run's summary.

        ``data`` is the folder in which the project's data lies, ``params`` texts of parameters by name. The summary has
        the members of that of `mlpc run`, and ``urls`` by service.

        Raises:
            SubmitError: data, a secret or a GPU is missing, another submission goes on, Compose ends before the jobs.
            KeyboardInterrupt: the person ended it; the jobs that ran are stopped.
        """
        if self._facts["gpus"] and not self._docker.has_gpus():
            raise SubmitError(
                NO_GPU,
                "a step asks for a GPU, and this Docker engine has none to give",
                "compile with an `env` that asks for none: `resources { gpu = 0 }`",
            )
        with Claim(self._compiled) as claim:
            root = self._compiled.data_root(data)
            if self._facts["staged"]:
                self._listen(Event("note", text=f"data is mounted from {root}"))
            variables = {**self._secrets(root), "MLPC_DATA": root, **self._params(params or {})}
            said = self._run_jobs(variables, claim)
            return self._ended(variables, said)

    def follow(self) -> dict[str, Any]:
        """Follow the last submission, by whomever, to its end; start the services if it was promoted and they are not
        up yet, and return the run's summary.

        Compose, which starts one job after the other, goes on when the process that submitted them is gone.

        Raises:
            SubmitError: nothing was submitted, or it came to no end because Compose or the engine was ended.
        """
        known = recall("compose", self._project)
        if not known:
            raise SubmitError(
                NOTHING_SUBMITTED,
                f"nothing was submitted from `{self._compiled.shown}` by this user, or it was taken down",
                f"`mlpc submit {self._compiled.shown}` starts it",
            )
        self._listen(Event("note", text=f"following what was submitted as {self._project}"))
        self._watch(lambda: not Claim(self._compiled).held(), known["before"])
        with Claim(self._compiled):
            return self._ended(known["variables"])

    def _ended(self, variables: dict[str, str], said: str = "") -> dict[str, Any]:
        """Return the summary when no job runs any more; start the services if all went well. ``said`` is what Compose
        said where it ended with an error.
        """
        summary = self._patiently(self.summary)
        summary["urls"] = {}
        lost = summary.pop("lost")
        if lost and said:
            raise self._failure(said)
        if lost:
            raise SubmitError(
                SUBMISSION_LOST,
                "the run came to no end: Compose or the Docker engine was ended before "
                + ", ".join(f"`{node}`" for node in lost[:3])
                + (f" and {len(lost) - 3} more" if len(lost) > 3 else "")
                + " ran",
                "nothing was promoted by it, and what was served before still is",
                f"`mlpc submit {self._compiled.shown}` runs it again",
                exit_code=STEP,
            )
        if summary["exit_code"] == 0 and self._facts["services"]:
            summary["urls"] = self._start_services(variables)
        return summary

    def summary(self) -> dict[str, Any]:
        """Return what the last run came to, as the store tells it."""
        image = next(tag for tag, image in self._facts["images"].items() if image["nodes"])
        words = ["summary", "--workflow", "/mlpc/workflow.json", "--store", _STORE]
        containers = self._docker.containers(self._project)
        for node, service in self._facts["jobs"].items():
            state = (containers.get(service) or {}).get("State") or {}
            if state.get("OOMKilled") and state["ExitCode"] == _KILLED:
                words += ["--starved", node]
        found: dict[str, Any] = json.loads(self._docker.ask(image, words, f"{self._project}_store", _STORE))
        return found

    def down(self, *, volumes: bool = False) -> None:
        """Stop and remove containers and networks; with ``volumes`` what was made and registered, too.

        Raises:
            SubmitError: Compose fails.
        """
        words = ["down", "--remove-orphans", *(["--volumes"] if volumes else [])]
        status, said = self._call(words, {})
        if status != 0:
            raise self._failure(said)
        _forget(self._secret_folder())
        forget("compose", self._project)

    # Jobs

    def _run_jobs(self, variables: dict[str, str], claim: int) -> str:
        """Run the jobs to their end; return what Compose said if it ended with an error, as it does after a job that did."""
        jobs = list(self._facts["jobs"].values())
        before = {service: _started(each) for service, each in self._docker.containers(self._project).items()}
        remember("compose", self._project, {"before": before, "variables": variables})
        # The claim is Compose's too: where this process is killed, the jobs go on, and nobody else starts them anew.
        words = ["up", "-d", "--no-build", "--force-recreate", *jobs]
        process = self._start(words, variables, claim)
        try:
            ended = self._watch(lambda: process.poll() is not None, before)
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            self._call(["stop", *jobs], variables)
            forget("compose", self._project)
            raise
        process.stdout.seek(0)
        with process.stdout:
            said = process.stdout.read().decode("utf-8", "replace")
        if process.returncode != 0 and not ended:
            raise self._failure(said)
        return said if process.returncode != 0 else ""

    def _watch(self, over: Callable[[], bool], before: dict[str, str]) -> int:
        """Tell of the jobs until ``over`` and none of them runs; return how many ended. ``before`` are containers of an
        earlier run.

        Raises:
            SubmitError: the Docker engine is gone for too long.
        """
        names = {service: node for node, service in self._facts["jobs"].items()}
        seen: set[str] = set()
        ended: set[str] = set()
        while True:
            done = over()
            running = False
            for service, container in self._containers().items():
                state = container["State"]
                if service not in names or _started(container) == before.get(service) or service in ended:
                    continue
                if state["Status"] in ("running", "exited", "dead") and service not in seen:
                    seen.add(service)
                    self._listen(Event("started", names[service]))
                if state["Status"] in ("exited", "dead"):
                    ended.add(service)
                    self._tell(names[service], container)
                else:
                    running = running or state["Status"] == "running"
            if done and not running:
                return len(ended)
            time.sleep(_PAUSE)

    def _containers(self) -> dict[str, dict[str, Any]]:
        return self._patiently(lambda: self._docker.containers(self._project))

    def _patiently(self, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return what the Docker engine answers; one that is being restarted gets the time that it needs."""
        deadline = 0.0
        while True:
            try:
                return ask()
            except SubmitError as error:
                if error.code is not NO_DOCKER:
                    raise
                if not deadline:
                    deadline = time.monotonic() + RETURN
                    self._listen(Event("note", text="the Docker engine does not answer; waiting for it"))
                if time.monotonic() > deadline:
                    raise SubmitError(
                        error.code,
                        error.message,
                        f"when it answers again: `mlpc submit {self._compiled.shown} --follow`",
                    ) from None
                time.sleep(4 * _PAUSE)

    def _tell(self, node: str, container: dict[str, Any]) -> None:
        status = container["State"]["ExitCode"]
        kind = {0: "done", 1: "not-passed", 3: "held-back"}.get(status, "failed")
        text = "" if kind == "done" else self._docker.log(container["Id"])
        self._listen(Event(kind, node, text, _seconds(container)))

    # Services

    def _start_services(self, variables: dict[str, str]) -> dict[str, str]:
        """Start the services anew, unless that was done since the last job ended."""
        services = list(self._facts["services"].values())
        found = self._containers()
        jobs = [found[job]["State"]["FinishedAt"] for job in self._facts["jobs"].values() if job in found]
        if all(
            service in found
            and found[service]["State"]["Status"] == "running"
            and found[service]["State"]["StartedAt"] > max(jobs, default="")
            for service in services
        ):
            return self._wait_for_services(services)
        words = ["up", "-d", "--no-build", "--no-deps", "--force-recreate", *services]
        status, said = self._call(words, variables)
        if status != 0:
            raise self._failure(said)
        return self._wait_for_services(services)

    def _wait_for_services(self, services: list[str]) -> dict[str, str]:
        deadline = time.monotonic() + PATIENCE
        waiting = set(services)
        while waiting:
            found = self._containers()
            for service in sorted(waiting):
                state = (found.get(service) or {}).get("State", {})
                if (state.get("Health") or {}).get("Status") == "healthy":
                    waiting.discard(service)
                elif (
                    state.get("Status") == "exited" or state.get("Restarting") or time.monotonic() > deadline
                ):
                    log = self._docker.log(found[service]["Id"]) if service in found else ""
                    raise SubmitError(
                        SUBMISSION_FAILED,
                        f"the service `{service}` did not get ready",
                        *([f"it printed last:\n{log.strip()}"] if log.strip() else []),
                        exit_code=STEP,
                    )
            time.sleep(_PAUSE if waiting else 0)
        return self._urls()

    def _urls(self) -> dict[str, str]:
        found = self._docker.containers(self._project)
        urls: dict[str, str] = {}
        for service in [*self._facts["services"].values(), *self._facts["companions"]]:
            bindings = ((found.get(service) or {}).get("NetworkSettings") or {}).get("Ports") or {}
            for binding in (each for bound in bindings.values() for each in bound or ()):
                host = binding["HostIp"] if binding["HostIp"] not in ("", "0.0.0.0", "::") else "127.0.0.1"
                urls.setdefault(service, f"http://{host}:{binding['HostPort']}")
        for service, url in urls.items():
            self._listen(Event("ready", service, url))
        return urls

    # What is given to it

    def _params(self, params: Mapping[str, str]) -> dict[str, str]:
        known: dict[str, str] = self._facts["params"]
        given.look_at_params(params, known)
        texts = given.with_times(params, self._facts["times"])
        return {known[name]: text for name, text in texts.items()}

    def _secret_folder(self) -> str:
        base = os.environ.get("XDG_RUNTIME_DIR") or os.path.join(
            os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
        )
        return os.path.join(base, "mlpc", "secrets", self._project)

    def _secrets(self, root: str) -> dict[str, str]:
        """Write the secrets to files in a folder that only this user can enter; return where Compose finds them.

        The files can be read by all, since they are mounted one by one and the user in a container is another one.
        """
        if not self._facts["secrets"]:
            return {}
        values = {
            name: given.secret(self._compiled, name, told, root)
            for name, told in self._facts["secrets"].items()
        }
        folder = self._secret_folder()
        _forget(folder)
        os.makedirs(folder, mode=0o700)
        os.chmod(folder, 0o700)
        for name, value in values.items():
            path = os.path.join(folder, self._facts["secrets"][name]["file"])
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
            with open(handle, "wb") as file:
                file.write(value)
                os.fchmod(file.fileno(), 0o444)
        return {"MLPC_SECRETS": folder}

    # Its process

    def _start(self, words: list[str], variables: dict[str, str], claim: int = -1) -> Any:
        import subprocess
        import tempfile

        output = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        file = os.path.join(self._compiled.folder, "docker-compose.yml")
        process = subprocess.Popen(
            [*self._command, "-p", self._project, "-f", file, *words],
            cwd=self._compiled.folder,
            env={**os.environ, **variables, "COMPOSE_PROJECT_NAME": self._project, "COMPOSE_ANSI": "never"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C is for this process to answer.
            start_new_session=True,
            pass_fds=(claim,) if claim >= 0 else (),
        )
        process.stdout = output
        return process

    def _call(self, words: list[str], variables: dict[str, str]) -> tuple[int, str]:
        process = self._start(words, variables)
        status: int = process.wait()
        process.stdout.seek(0)
        with process.stdout:
            return status, process.stdout.read().decode("utf-8", "replace")

    def _failure(self, said: str) -> SubmitError:
        lines = [line for line in said.splitlines() if line.strip()][-8:]
        return SubmitError(
            SUBMISSION_FAILED,
            "Compose ended with an error",
            *(["it said:\n" + "\n".join(lines)] if lines else []),
            exit_code=STEP,
        )


def find() -> list[str]:
    """Return how Compose is called: the one that `MLPC_COMPOSE` names, `docker compose`, or `docker-compose`.

    Raises:
        SubmitError: it is not installed.
    """
    import shutil
    import subprocess

    told = os.environ.get("MLPC_COMPOSE")
    if told:
        return [told]
    if shutil.which("docker"):
        asked = subprocess.run(
            ["docker", "compose", "version"], stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        if asked.returncode == 0:
            return ["docker", "compose"]
    found = shutil.which("docker-compose")
    if found:
        return [found]
    raise SubmitError(
        NO_COMPOSE,
        "Docker Compose is not installed: neither `docker compose` nor `docker-compose` was found",
        "install Compose v2 or 1.29, or name its program with MLPC_COMPOSE",
    )


def _started(container: dict[str, Any]) -> str:
    return f"{container['Id']} {container['State']['StartedAt']}"


def _seconds(container: dict[str, Any]) -> float:
    from datetime import datetime

    def moment(text: str) -> float:
        # Nanoseconds are more than fromisoformat reads.
        return datetime.fromisoformat(text[:19] + "+00:00").timestamp() + float(
            "0" + text[19:].rstrip("Z") or 0
        )

    state = container["State"]
    try:
        return max(0.0, moment(state["FinishedAt"]) - moment(state["StartedAt"]))
    except ValueError:
        return 0.0


def _forget(folder: str) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)
