"""Airflow 3: the DAG is put into its folder, run through its API, and followed to the end.

Airflow drives the run, so it goes on when this process ends; what it came to is read out of the store, which the Docker
engine of Airflow's workers holds.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import time

from mlpc.codes import NO_AIRFLOW, NOT_COMPILED, NOTHING_SUBMITTED, SUBMISSION_FAILED, SUBMISSION_LOST

from . import airflow_folder as folder
from . import given
from .airflow_api import Api, Refused
from .claim import Claim
from .directory import Compiled
from .engine import Event
from .errors import STEP, SubmitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any, Self

    from .docker import Docker, Progress
    from .engine import Options

#: How the ids of runs begin that are submitted, so that they are told from those of the schedule.
PREFIX = "mlpc__"
#: Seconds within which Airflow has to find a DAG file: it looks for new ones every 300, unless it is told otherwise.
PATIENCE = 660.0
#: Seconds after which a person is told what is waited for, and between two looks at what may keep a run from going on.
_SILENCE, _LOOK = 5.0, 15.0
#: Seconds within which containers have to end that were left by a run which is over.
_LEFT = 60.0
_PAUSE = 1.0
_STORE = "/mlpc/store"
_FILE = "dag.py"
#: What Airflow shows of secrets.
_MASK = "***"
_OVER = frozenset({"success", "failed"})
#: Lines of a log, and characters of a traceback, that are shown.
_LINES, _LONG = 40, 6000
#: What Airflow itself logs before the first and after the last line of a container.
_CONTAINER = "Starting docker container from image "
#: What its operator says of a container that was ended by SIGKILL: with its limit of memory, most likely for that.
_KILLED = "'StatusCode': 137"
_FRAME = frozenset({"Task failed with exception", "Skipping task."})


class Airflow:
    """The Airflow that ``api`` asks, and the DAG that was compiled into a directory."""

    def __init__(
        self,
        compiled: Compiled,
        api: Api,
        docker: Docker,
        dags: str,
        listen: Callable[[Event], None],
        built: Callable[[Progress], None],
    ) -> None:
        """``dags`` is the folder of Airflow's DAG files, as far as a person told of it.

        Raises:
            SubmitError: the directory is for another engine.
        """
        if compiled.target != "airflow":
            raise SubmitError(
                NOT_COMPILED, f"`{compiled.shown}` was compiled for `{compiled.target}`, not for Airflow"
            )
        self._compiled = compiled
        self._shown = compiled.shown
        self._facts = compiled.facts
        self._id = str(self._facts["dag"])
        self._api = api
        self._docker = docker
        self._dags = dags
        self._listen = listen
        self._built = built

    @classmethod
    def connect(
        cls,
        compiled: Compiled,
        options: Options,
        listen: Callable[[Event], None],
        built: Callable[[Progress], None],
    ) -> Self:
        """Log in to Airflow, and connect to the Docker engine of this machine, or the one that `DOCKER_HOST` names.

        Raises:
            SubmitError: one of them does not answer, or Airflow does not let us in.
        """
        from .docker import Docker

        api = Api(options.url, lambda text: listen(Event("note", text=text)))
        api.connect()
        return cls(compiled, api, Docker(), options.dags, listen, built)

    def submit(self, data: str = "", params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Hand the DAG over, run it, follow it to its end, and return the run's summary.

        ``data`` is the folder in which the project's data lies, ``params`` texts of parameters by name. The summary has
        the members of that of `mlpc run`; ``urls`` is empty, since Airflow starts no service.

        Raises:
            SubmitError: something is missing, a run of the DAG goes on, Airflow refuses it or stops answering.
            KeyboardInterrupt: the person ended it; once it was started, the run goes on.
        """
        conf = given.typed(params or {}, self._facts["params"])
        dags = folder.find(self._dags)
        folder.look(dags, self._id)
        with Claim(self._compiled):
            staged = self._staged(data)
            self._docker.build(self._compiled, self._built)
            self._none_goes_on()
            self._none_is_left()
            known = self._hand_over(dags, staged)
            run = f"{PREFIX}{time.strftime('%Y-%m-%dT%H%M%S', time.gmtime())}_{os.urandom(4).hex()}"
            # Noted before it is started: a client that dies in between is seen, and the other way round it is not.
            folder.note(dags, self._id, {**known, "run": run, "url": self._api.url})
            self._start(run, conf, known["data"])
        return self._end_of(run)

    def follow(self) -> dict[str, Any]:
        """Follow the last run that was submitted, which may have ended, and return its summary.

        Raises:
            SubmitError: none was, or Airflow has it no longer.
            KeyboardInterrupt: the person ended it; the run goes on.
        """
        known: dict[str, Any] = {}
        with contextlib.suppress(SubmitError) if not self._dags else contextlib.nullcontext():
            dags = folder.find(self._dags)
            known = folder.record(dags, self._id) or {}
            if known:
                # What runs is what was handed over, which may not be what was compiled last.
                self._compiled = Compiled(os.path.join(dags, self._id))
                self._facts = self._compiled.facts
        run = str(known.get("run") or "") or self._last_submitted()
        if not run:
            raise SubmitError(
                NOTHING_SUBMITTED,
                f"no run of `{self._id}` was submitted to Airflow at {self._api.url}, or it was deleted there",
                f"start one: `mlpc submit {self._shown}`",
            )
        if self._api.find("dags", self._id, "dagRuns", run) is None:
            elsewhere = known.get("url") not in (None, self._api.url)
            raise SubmitError(
                SUBMISSION_LOST,
                f"Airflow at {self._api.url} has no run {run}: it was deleted there, or `mlpc submit` ended before it "
                "was started",
                *([f"it was submitted to {known['url']}: `--url {known['url']}`"] if elsewhere else []),
                "start another: `mlpc submit`",
            )
        self._note(f"the run {run} was submitted last")
        return self._end_of(run)

    # Handing over

    def _staged(self, data: str) -> folder.Staged:
        """Return what has to lie beside the DAG file; nothing where Airflow's variables say that it lies elsewhere."""
        variables = self._facts["variables"]
        paths = [str(path) for path in self._facts["staged"]]
        told = self._facts["secrets"]
        elsewhere = self._api.see("variables", variables["data"]) if paths else None
        if elsewhere is not None:
            # A value that Airflow takes for a secret is not told.
            value = str(elsewhere.get("value"))
            where = f"where the variable {variables['data']} says" + ("" if _MASK in value else f": {value}")
            if data:
                raise SubmitError(
                    SUBMISSION_FAILED,
                    f"Airflow reads data from {where}",
                    "leave out --data, or delete the variable",
                )
            self._note(f"data is read from {where}")
            paths = []
        if told and self._api.see("variables", variables["secrets"]) is not None:
            self._note(f"secrets are read from where the variable {variables['secrets']} says")
            told = {}
        root = self._compiled.data_root(data) if paths else os.path.abspath(data or os.getcwd())
        secrets = {
            str(secret["file"]): given.secret(self._compiled, name, secret, root)
            for name, secret in told.items()
        }
        return folder.Staged(root, paths, secrets)

    def _none_goes_on(self) -> None:
        """See to it that no run goes on from which the DAG would be taken away."""
        file = f"{self._id}/{_FILE}"
        dag = self._api.find("dags", self._id)
        if dag is None:
            return
        other = str(dag.get("relative_fileloc") or file)
        if other != file and not dag.get("is_stale"):
            raise SubmitError(
                SUBMISSION_FAILED,
                f"Airflow already has a DAG `{self._id}`, from the file {other}",
                "remove that file, or compile the pipeline under another name",
            )
        found = self._api.find("dags", self._id, "dagRuns", state=["running", "queued"], order_by="run_after")
        runs = [str(run["dag_run_id"]) for run in (found or {}).get("dag_runs", [])]
        if runs:
            raise SubmitError(
                SUBMISSION_FAILED,
                f"the run {runs[0]} of `{self._id}` goes on in Airflow",
                f"wait until it has ended: `mlpc submit {self._shown} --follow`"
                if runs[0].startswith(PREFIX)
                else "wait until it has ended, or mark it as failed there",
            )

    def _none_is_left(self) -> None:
        """Wait until no container of a run that Airflow gave up works in the store; those that serve from it may stay."""
        volume, began, told = self._volume({}), time.monotonic(), False
        while True:
            left = [id for id, words in self._docker.at_work(volume).items() if _is_step(words)]
            if not left:
                return
            if time.monotonic() - began > _LEFT:
                raise SubmitError(
                    SUBMISSION_FAILED,
                    f"a container of a run that Airflow gave up still works in the store: {left[0]}",
                    f"wait until it has ended, or stop it: `docker stop {' '.join(left)}`",
                )
            if not told:
                told = True
                self._note(f"waiting for a container of a run that Airflow gave up: {left[0]}")
            time.sleep(_PAUSE)

    def _hand_over(self, dags: str, staged: folder.Staged) -> dict[str, Any]:
        """Put the DAG into its folder, and wait until Airflow has read it; return what is known of it."""
        errors = self._import_errors()
        before = self._api.find("dags", self._id) or {}
        known = folder.put(self._compiled, dags, self._id, staged)
        place = os.path.join(dags, self._id)
        for path, digest in known["data"].items():
            self._note(f"data staged: {path} ({digest[:19]}…) from {staged.root}")
        with open(os.path.join(place, _FILE), encoding="ascii") as file:
            source = file.read()
        if before.get("file_token"):
            with contextlib.suppress(Refused):
                self._api.change("PUT", "parseDagFile", str(before["file_token"]))
        began, told = time.monotonic(), False
        while not self._is_read(source, before):
            for key, error in self._import_errors().items():
                if key not in errors:
                    raise SubmitError(
                        SUBMISSION_FAILED,
                        f"Airflow cannot load {place}/{_FILE}",
                        f"it said:\n{error[-_LONG:].strip()}",
                        *(
                            ["install `apache-airflow-providers-docker` where Airflow runs"]
                            if "No module named 'airflow.providers.docker'" in error
                            or "No module named 'docker'" in error
                            else []
                        ),
                    )
            waited = time.monotonic() - began
            if waited > PATIENCE:
                raise SubmitError(
                    SUBMISSION_FAILED,
                    f"Airflow at {self._api.url} has not read {place}/{_FILE} for {PATIENCE:g} s",
                    *self._unwell("dag_processor", "its DAG processor"),
                    "is that the folder of this Airflow's DAG files? `airflow config get-value core dags_folder` tells",
                )
            if waited > _SILENCE and not told:
                told = True
                self._note(
                    f"waiting for Airflow to read {place}/{_FILE}; it looks for new files at an interval of its own, "
                    "[dag_processor] refresh_interval"
                )
            time.sleep(_PAUSE)
        self._unpause()
        return known

    def _is_read(self, source: str, before: dict[str, Any]) -> bool:
        """Return whether the DAG that Airflow would run is the one that was put there."""
        dag = self._api.find("dags", self._id)
        if dag is None or dag.get("is_stale") or dag.get("has_import_errors"):
            return False
        told = self._api.see("dagSources", self._id)
        content = (told or {}).get("content") or ""
        if content.startswith("REDACTED") or told is None:
            # Not for us to see: that it was read since has to do.
            return bool(dag.get("last_parsed_time") != before.get("last_parsed_time"))
        return bool(content == source)

    def _import_errors(self) -> dict[tuple[int, str], str]:
        """Return what Airflow says of our file when it cannot load it, by number and time."""
        file = f"{self._id}/{_FILE}"
        found = self._api.see("importErrors", order_by="-timestamp", limit=100) or {"import_errors": []}
        return {
            (error["import_error_id"], str(error["timestamp"])): str(error["stack_trace"])
            for error in found["import_errors"]
            if error["filename"] == file or str(error["filename"]).endswith(f"/{file}")
        }

    def _unpause(self) -> None:
        dag = self._api.find("dags", self._id) or {}
        if not dag.get("is_paused"):
            return
        try:
            self._api.change("PATCH", "dags", self._id, body={"is_paused": False}, update_mask="is_paused")
        except Refused as refused:
            raise self._api.failed(refused) from None
        if dag.get("timetable_summary"):
            self._note(f"Airflow runs it by its schedule from now on: {dag['timetable_summary']}")

    def _start(self, run: str, conf: dict[str, Any], digests: dict[str, str]) -> None:
        said = ["Submitted by mlpc.", *(f"{path}: {digest}" for path, digest in digests.items())]
        body = {"dag_run_id": run, "logical_date": None, "conf": conf, "note": "\n".join(said)[:1000]}
        try:
            self._api.change("POST", "dags", self._id, "dagRuns", body=body)
        except Refused as refused:
            # It is there already where the answer to the first question was lost.
            if refused.status in (401, 403):
                raise self._api.failed(refused) from None
            if not refused.is_conflict:
                raise SubmitError(
                    SUBMISSION_FAILED,
                    f"Airflow does not run `{self._id}`: {refused.said}",
                ) from None
        self._note(f"the run {run} was started")

    def _last_submitted(self) -> str:
        found = self._api.find("dags", self._id, "dagRuns", order_by="-run_after", run_id_pattern=PREFIX)
        runs = [str(run["dag_run_id"]) for run in (found or {}).get("dag_runs", [])]
        return next((run for run in runs if run.startswith(PREFIX)), "")

    # Following

    def _end_of(self, run: str) -> dict[str, Any]:
        again = f"mlpc submit {self._shown} --follow"
        try:
            state, instances = self._follow(run)
            return self._summary(run, state, instances)
        except KeyboardInterrupt:
            self._note(f"the run {run} goes on in Airflow; to follow it: {again}")
            raise
        except SubmitError as error:
            if error.code is NO_AIRFLOW:
                error.help = (*error.help, f"the run {run} may go on; to follow it: `{again}`")
            raise

    def _follow(self, run: str) -> tuple[str, dict[str, dict[str, Any]]]:
        """Tell of the tasks until the run has ended; return its state, and the instances of tasks by node."""
        watch = _Watch(self, run)
        while True:
            began = time.monotonic()
            try:
                state = str(self._api.get("dags", self._id, "dagRuns", run)["state"])
                instances = self._instances(run)
            except Refused as refused:
                if not refused.is_missing:
                    raise self._api.failed(refused) from None
                raise SubmitError(
                    SUBMISSION_LOST,
                    f"the run {run} was deleted in Airflow while it was followed",
                    "containers that it started may go on; start another: `mlpc submit`",
                ) from None
            watch.tell(state, instances)
            if state in _OVER:
                return state, instances
            # A list of thousands of tasks takes Airflow a while: it has better things to do.
            time.sleep(max(_PAUSE, 3 * (time.monotonic() - began)))

    def _instances(self, run: str) -> dict[str, dict[str, Any]]:
        nodes = {
            task: node for kind in ("tasks", "gates", "published") for node, task in self._facts[kind].items()
        }
        found = self._api.all(
            "task_instances", "dags", self._id, "dagRuns", run, "taskInstances", order_by="id"
        )
        return {nodes[each["task_id"]]: each for each in found if each["task_id"] in nodes}

    def _log(self, run: str, instance: dict[str, Any]) -> str:
        """Return the end of what a task printed in its last attempt."""
        path = (
            "dags",
            self._id,
            "dagRuns",
            run,
            "taskInstances",
            instance["task_id"],
            "logs",
            str(instance["try_number"]),
        )
        try:
            found = self._api.get(*path, full_content="true")
        except Refused:
            return ""
        return _end(found.get("content") if isinstance(found, dict) else None)

    def _unwell(self, part: str, name: str) -> list[str]:
        try:
            health = self._api.get("monitor", "health")
            well = health[part]["status"] == "healthy"
        except (Refused, KeyError, TypeError):
            return []
        return [] if well else [f"{name} does not run"]

    def _note(self, text: str) -> None:
        self._listen(Event("note", text=text))

    # What it came to

    def _summary(self, run: str, state: str, instances: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """Return what the run came to: as the store tells it, and as Airflow does where a task never got to the store."""
        from .airflow_summary import missing, reconcile

        states = {node: str(each["state"]) for node, each in instances.items()}
        images = self._facts["images"]
        image = next((tag for tag, each in images.items() if each["nodes"]), "")
        if not image:
            return {
                "pipeline": self._facts["pipeline"],
                "environment": self._facts["environment"],
                **{name: [] for name in ("steps", "gates", "promoted", "reasons")},
                "seconds": 0.0,
                "exit_code": 0 if state == "success" else STEP,
                "urls": {},
            }
        self._docker.build(self._compiled, self._built)
        volume = self._volume(instances)
        words = ["summary", "--workflow", "/mlpc/workflow.json", "--store", _STORE, "--run", run]
        for node, state in states.items():
            if state == "failed" and _KILLED in self._log(run, instances[node]):
                words += ["--starved", node]
        there = self._docker.has_volume(volume)
        found: dict[str, Any] = json.loads(
            self._docker.ask(image, words, volume if there else "", _STORE if there else "")
        )
        lost = missing(found, states)
        if lost:
            raise self._lost(run, state, lost, volume, there)
        reconcile(found, state, states, lambda node: self._log(run, instances[node]))
        found["urls"] = {}
        return found

    def _lost(self, run: str, state: str, nodes: list[str], volume: str, there: bool) -> SubmitError:
        later = self._api.find("dags", self._id, "dagRuns", order_by="-run_after", limit=1)
        last = next((str(each["dag_run_id"]) for each in (later or {}).get("dag_runs", [])), run)
        ended = {"success": "well", "failed": "with a failure"}[state]
        status = STEP if state == "failed" else 4
        if there and last != run:
            return SubmitError(
                SUBMISSION_LOST,
                f"the run {run} ended {ended}, but its figures are gone: the run {last} has since replaced what was in "
                "the store",
                exit_code=status,
            )
        return SubmitError(
            SUBMISSION_LOST,
            f"the run {run} ended {ended}, but the store knows nothing of `{nodes[0]}`: "
            + (f"the volume {volume} holds no such run" if there else f"there is no volume {volume}"),
            "mlpc has to reach the Docker engine of Airflow's workers: say where it is with DOCKER_HOST",
            "a task that was marked as successful by hand did nothing, too",
            exit_code=status,
        )

    def _volume(self, instances: dict[str, dict[str, Any]]) -> str:
        """Return the volume that the run had as its store: as a task was given it, or as Airflow's variable says."""
        for each in instances.values():
            mounts = json.dumps((each.get("rendered_fields") or {}).get("mounts") or "")
            for part in re.findall(r"\{[^{}]*\}", mounts.replace('\\"', '"').replace("'", '"')):
                source = re.search(r'"Source": *"([^"]+)"', part)
                if source and _MASK not in source[1] and re.search(rf'"Target": *"{_STORE}"', part):
                    return source[1]
        variable = self._api.see("variables", self._facts["variables"]["store"]) or {}
        value = str(variable.get("value") or "")
        return value if value and _MASK not in value else str(self._facts["volume"])


class _Watch:
    """What was told of a run so far."""

    def __init__(self, engine: Airflow, run: str) -> None:
        self._engine = engine
        self._run = run
        self._told: dict[str, tuple[str, int]] = {}
        self._started: dict[str, int] = {}
        self._stands = ""
        self._began = self._looked = time.monotonic()

    def tell(self, state: str, instances: dict[str, dict[str, Any]]) -> None:
        """Tell what is new."""
        for node, each in sorted(instances.items(), key=_when):
            now = (str(each["state"]), int(each["try_number"] or 0))
            if self._told.get(node) == now:
                continue
            self._told[node] = now
            for event in self._events(node, each, *now):
                self._engine._listen(event)
        if state not in _OVER and time.monotonic() - self._looked > _LOOK:
            self._looked = time.monotonic()
            self._look(state)

    def _events(self, node: str, each: dict[str, Any], state: str, tries: int) -> Iterator[Event]:
        ran = tries > 0 and each.get("start_date") is not None
        is_gate = node in self._engine._facts["gates"]
        if ran and (state in ("running", "success", "failed") or (state == "skipped" and is_gate)):
            before = self._started.get(node, 0)
            if before == 0:
                yield Event("started", node)
            elif before < tries:
                yield Event("note", node, f"attempt {tries} started")
            self._started[node] = tries
        seconds = float(each.get("duration") or 0.0)
        if state == "success":
            yield Event("done", node, "", seconds)
        elif state == "failed":
            yield Event("failed", node, self._engine._log(self._run, each), seconds)
        elif state == "skipped" and is_gate and ran:
            yield Event("not-passed", node, self._engine._log(self._run, each), seconds)
        elif state == "skipped":
            yield Event("held-back", node)
        elif state == "upstream_failed":
            yield Event("held-back", node, "a step that it needs failed")
        elif state == "up_for_retry":
            yield Event("note", node, f"attempt {tries} failed; Airflow tries it again")

    def _look(self, state: str) -> None:
        """Tell once what keeps a run from going on, and when it does go on."""
        engine = self._engine
        dag = engine._api.find("dags", engine._id) or {}
        reason = next(iter(engine._unwell("scheduler", "Airflow's scheduler")), "")
        if not reason and dag.get("is_paused"):
            reason = "the DAG is paused in Airflow"
        if not reason and state == "queued":
            found = engine._api.find("dags", engine._id, "dagRuns", state=["running"], limit=1) or {}
            others = [str(run["dag_run_id"]) for run in found.get("dag_runs", [])]
            reason = f"it is queued until the run {others[0]} has ended" if others else ""
        if reason != self._stands:
            engine._note(f"the run stands still: {reason}" if reason else "the run goes on")
            self._stands = reason


def _is_step(words: list[str]) -> bool:
    """Return whether a command line is one that a task of Airflow gave its container."""
    return any(word.startswith("--run=") for word in words)


def _when(item: tuple[str, dict[str, Any]]) -> tuple[str, str]:
    node, each = item
    return str(each.get("end_date") or each.get("start_date") or "~"), node


def _end(content: Any) -> str:
    """Return the end of a log as Airflow gives it: what the container printed; all, where there was none."""
    lines: list[str] = []
    for each in content if isinstance(content, list) else []:
        entry = each if isinstance(each, dict) else {"event": str(each)}
        event = str(entry.get("event", ""))
        if event.startswith(_CONTAINER):
            lines.clear()
        elif event and not event.startswith("::") and event not in _FRAME:
            lines.extend(line for line in event.splitlines() if line.strip())
        elif event in _FRAME and not any(str(line).startswith("error[") for line in lines):
            told = entry.get("error_detail")
            for error in told if isinstance(told, list) else []:
                lines.append(f"{error.get('exc_type')}: {error.get('exc_value')}")
    return "\n".join(lines[-_LINES:])[-_LONG:]
