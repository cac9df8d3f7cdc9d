"""Kubeflow Pipelines: images are pushed, data and secrets brought to the cluster, and a run started there and followed.

The cluster drives the run, so who follows it may end at any time, and someone may follow it again: a run has a name that says
of which directory it is. What was uploaded, pushed or staged before is found by its digest and left as it is.
"""

from __future__ import annotations

import json
import os
import time

from mlpc.codes import BAD_PARAMETER, NO_STAGE, NO_VALUE, NOT_COMPILED, NOTHING_SUBMITTED, SUBMISSION_LOST

from . import given
from .clock import in_utc
from .engine import Event
from .errors import FINDINGS, SubmitError
from .kfp_api import Api, Gone
from .logs import reported
from .outcomes import Outcomes, Seen, line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Self

    from .directory import Compiled
    from .docker import Docker, Progress
    from .engine import Options
    from .stage import Stage

#: Seconds between two looks at a run: few while something happens, more where nothing does.
PAUSE, LONGEST_PAUSE = 0.25, 5.0
_PIPELINE = "pipeline.yaml"
#: The artefact in which a task leaves its record.
_TOLD = "mlpc___told"
#: Lines that are shown of the log of a step that failed.
_LINES = 11
#: What Kubeflow replaces by the time that a recurring run was scheduled for, in UTC; the form is one of Go.
SCHEDULED = "[[ScheduledTime.2006-01-02T15:04:05Z]]"
_OVER = frozenset({"SUCCEEDED", "SKIPPED", "FAILED", "CANCELED"})
_STATES = {"RUNNING": "started", "SUCCEEDED": "done", "FAILED": "failed", "SKIPPED": "skipped"}
#: What the name of a Kubernetes object that prepares a task ends with.
_DRIVER = "-driver"


class Kubeflow:
    """Kubeflow Pipelines, reached by ``api``, and the directory ``compiled``."""

    def __init__(
        self,
        compiled: Compiled,
        options: Options,
        listen: Callable[[Event], None],
        built: Callable[[Progress], None],
        api: Api,
    ) -> None:
        self._compiled = compiled
        self._facts = compiled.facts
        self._listen = listen
        self._built = built
        self._api = api
        self._stage_url = options.stage or os.environ.get("MLPC_STAGE", "")
        self._name = str(self._facts["pipeline_name"])
        digest = str(self._facts["files"][_PIPELINE]).partition(":")[2]
        self._version = f"mlpc-{digest[:16]}"
        self._blind = False

    @classmethod
    def connect(
        cls,
        compiled: Compiled,
        options: Options,
        listen: Callable[[Event], None],
        built: Callable[[Progress], None],
    ) -> Self:
        """Connect to the API that `--url`, the environment or the cluster's configuration names.

        Raises:
            SubmitError: it does not answer, or the directory is for another engine.
        """
        if compiled.target != "kubeflow":
            raise SubmitError(
                NOT_COMPILED, f"`{compiled.shown}` was compiled for `{compiled.target}`, not for Kubeflow"
            )
        if "needs" not in compiled.facts:
            raise SubmitError(
                NOT_COMPILED, f"`{compiled.shown}` was written by an older mlpc", "compile it again"
            )
        return cls(compiled, options, listen, built, Api(options.url, compiled.facts["namespace"], listen))

    def submit(self, data: str = "", params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Bring all that a run needs to the cluster, start it, and follow it to its end.

        ``data`` is the folder in which the project's data lies, ``params`` texts of parameters by name. The summary has
        the members of that of `mlpc run`; ``urls`` is empty, since Kubeflow serves nothing.

        Raises:
            SubmitError: something is missing, or is not taken.
            KeyboardInterrupt: the person ended it; a run that was started goes on.
        """
        # What a person has to mend is found before anything is built or sent.
        values = self._parameters(params or {})
        root = self._compiled.data_root(data) if self._facts["staged"] or self._facts["secrets"] else ""
        stage = self._stage()
        secrets = self._secrets(root)
        self._images()
        if stage is not None:
            values.update(self._upload(stage, root))
        secrets()
        return self._started(values, stage)

    def follow(self) -> dict[str, Any]:
        """Follow the last run that was submitted from this directory, which may have ended, to its end.

        Raises:
            SubmitError: there is none, or it is lost.
            KeyboardInterrupt: the person ended it; the run goes on.
        """
        found = self._api.last_run(self._run_name(""))
        if found is None:
            help = [f"submit it: `mlpc submit {self._compiled.shown}`"]
            other = self._api.last_run(f"{self._name} mlpc-")
            if other is not None:
                help.insert(
                    0, f"the last run of `{self._name}` is `{other.display_name}`, of another version of it"
                )
            raise SubmitError(
                NOTHING_SUBMITTED,
                f"the API at {self._api.host} knows no run that was submitted from `{self._compiled.shown}`",
                *help,
            )
        self._listen(Event("note", text=f"the run is `{found.display_name}` ({found.run_id})"))
        return self._follow(str(found.run_id))

    # What is brought to the cluster

    def _parameters(self, texts: Mapping[str, str]) -> dict[str, Any]:
        keys: dict[str, str] = {**self._facts["params"], **self._facts["asked"]}
        given.look_at_params(texts, keys)
        texts = given.with_times(texts, self._facts["times"])
        types = self._facts["types"]
        missing = [name for name in keys if types[name]["required"] and name not in texts]
        if missing:
            raise SubmitError(
                NO_VALUE,
                f"the parameter `{missing[0]}` has no value, and a run on Kubeflow has to be given one",
                f"`--set {missing[0]}=…`",
                exit_code=FINDINGS,
            )
        return {keys[name]: _value(name, types[name]["type"], text) for name, text in texts.items()}

    def _stage(self) -> Stage | None:
        if self._stage_url:
            from .stage import Stage

            return Stage(self._stage_url)
        if self._facts["staged"]:
            path = next(iter(self._facts["staged"].values()))
            raise SubmitError(
                NO_STAGE,
                f"the pipeline reads `{path}`, and nothing says where the cluster finds data of this machine",
                "say it with `--stage s3://bucket/folder` or MLPC_STAGE",
                exit_code=FINDINGS,
            )
        return None

    def _upload(self, stage: Stage, root: str) -> dict[str, str]:
        found = {}
        for key, path in self._facts["staged"].items():
            staged = stage.put(root, str(path))
            how = "uploaded" if staged.new else "there already"
            self._listen(Event("note", text=f"{staged.path} is {staged.digest}, {how}: {staged.uri}"))
            found[str(key)] = staged.uri
        return found

    def _secrets(self, root: str) -> Callable[[], None]:
        """Read the secrets, and return what makes them in the cluster."""
        told: dict[str, Any] = self._facts["secrets"]
        if not told:
            return lambda: None
        from .cluster import Cluster, by_hand

        namespace = self._api.namespace or "kubeflow"
        values = {
            name: given.secret(self._compiled, name, secret, root)
            for name, secret in told.items()
            if secret["source"]
        }
        try:
            cluster = Cluster(namespace)
        except SubmitError as error:
            for name, secret in told.items():
                line = by_hand(secret["secret"], secret["key"], namespace)
                if name in values:
                    raise SubmitError(
                        error.code,
                        f"the secret `{name}` has to become the Secret `{secret['secret']}`, and {error.message}",
                        *error.help,
                        f"or make it by hand, `{line}`, and leave its source out of the spec",
                    ) from None
                self._listen(
                    Event("note", text=f"whether the Secret `{secret['secret']}` is there is not known")
                )
            return lambda: None

        def make() -> None:
            for name, secret in told.items():
                if name in values:
                    cluster.write(secret["secret"], secret["key"], values[name])
                else:
                    cluster.look(secret["secret"], secret["key"])

        return make

    def _images(self) -> None:
        from .docker import Docker

        registry = self._facts["registry"]
        try:
            docker: Docker | None = Docker()
        except SubmitError:
            if not registry:
                raise
            self._listen(
                Event(
                    "note",
                    text=f"no Docker engine answers here, so the images are taken to be in {registry} already",
                )
            )
            return
        assert docker is not None
        try:
            if registry:
                docker.push(self._compiled, self._built)
                return
            docker.build(self._compiled, self._built)
        finally:
            docker.close()
        self._listen(
            Event(
                "note",
                text="no registry was named when compiling (`--registry`), so the cluster's own machines have to have "
                "the images",
            )
        )

    # The run

    def _run_name(self, mark: str) -> str:
        return f"{self._name} {self._version} {mark}"

    def _started(self, values: dict[str, Any], stage: Stage | None) -> dict[str, Any]:
        from uuid import uuid4

        file = os.path.join(self._compiled.folder, _PIPELINE)
        pipeline, version, new = self._api.version(self._name, self._name, self._version, file)
        how = "uploaded" if new else "there already"
        self._listen(Event("note", text=f"the pipeline `{self._name}` is there as `{self._version}` ({how})"))
        experiment = self._api.experiment(self._name)
        root = stage.runs if stage is not None else ""
        account = str(self._facts["service_account"])
        self._schedules(experiment, (pipeline, version), values, root, account)
        name = self._run_name(uuid4().hex[:8])
        id = self._api.start(name, experiment, (pipeline, version), values, root, account)
        self._listen(Event("note", text=f"the run is `{name}` ({id})"))
        return self._follow(id)

    def _schedules(
        self, experiment: str, version: tuple[str, str], values: dict[str, Any], root: str, account: str
    ) -> None:
        from datetime import UTC, datetime

        prefix = f"{self._name} by mlpc: "
        wanted: dict[str, dict[str, str]] = self._facts["schedules"]
        times = dict.fromkeys((self._facts["params"][name] for name in self._facts["times"]), SCHEDULED)
        for node, told in wanted.items():
            cron, changes = in_utc(node, told["cron"], told["timezone"], datetime.now(UTC))
            # Kubeflow's first field are the seconds.
            how = self._api.schedule(
                f"{prefix}{node}", experiment, version, f"0 {cron}", {**values, **times}, root, account
            )
            text = f"the recurring run of `{node}` ({cron}, UTC) was {how}"
            if told["timezone"] != "UTC":
                text += f"; that is {told['cron']} in {told['timezone']}"
            if changes:
                text += " until its clocks change: submit it again then"
            self._listen(Event("note", text=text))
        for each in list(self._api.schedules(prefix)):
            if str(each.display_name)[len(prefix) :] not in wanted:
                self._api.unschedule(str(each.recurring_run_id))
                self._listen(
                    Event(
                        "note", text=f"the recurring run `{each.display_name}` is no longer wanted: deleted"
                    )
                )

    def _follow(self, id: str) -> dict[str, Any]:
        try:
            return self._followed(id)
        except KeyboardInterrupt:
            self._listen(
                Event(
                    "note",
                    text=f"the run goes on on the cluster; `mlpc submit {self._compiled.shown} --follow` follows it again",
                )
            )
            raise
        except Gone:
            raise SubmitError(
                SUBMISSION_LOST,
                f"the run {id} is not there any more: it was deleted",
                f"submit it again: `mlpc submit {self._compiled.shown}`",
            ) from None

    def _followed(self, id: str) -> dict[str, Any]:
        nodes = {task: node for node, task in self._facts["tasks"].items()}
        seen = {node: Seen() for node in self._facts["needs"]}
        told: dict[str, dict[str, Any]] = {}
        pending: list[str] = []
        pause = PAUSE
        while True:
            run = self._api.run(id)
            root = str((run.runtime_config.pipeline_root if run.runtime_config else "") or "")
            details = (run.run_details.task_details if run.run_details else None) or []
            over = str(run.state or "") in _OVER
            changed = self._look(id, details, nodes, seen, over=over)
            gates = [node for node in changed if node in self._facts["gates"] and seen[node].state == "done"]
            if gates or over:
                told = self._records(root, id) or told
            outcomes = Outcomes(self._facts, seen, told)
            # A gate was judged when it is over; which way, what follows it may have to show.
            news, pending = [*pending, *changed], []
            for node in news:
                if self._is_open(node, seen, outcomes) and not over:
                    pending.append(node)
                else:
                    self._tell(node, seen[node], outcomes)
            if over:
                break
            pause = PAUSE if changed else min(pause * 1.5, LONGEST_PAUSE)
            time.sleep(pause)
        ended = run.state == "CANCELED"
        errors = ["the run was ended on the cluster"] if ended else []
        if run.state == "FAILED" and not any(each.state == "failed" for each in seen.values()):
            errors += self._why(run, details, nodes)
        for node, (state, by) in outcomes.states().items():
            if state in ("blocked", "skipped") and seen[node].state == "":
                self._listen(Event("held-back", node, _held_back(by)))
        summary = outcomes.summary(errors, ended=ended)
        if not told and any(each.state == "done" for each in seen.values()):
            why = "" if root else ": `--stage` says where runs leave them"
            self._listen(Event("note", text=f"the cluster does not tell what the steps measured{why}"))
        return summary

    def _look(
        self, id: str, details: list[Any], nodes: Mapping[str, str], seen: dict[str, Seen], *, over: bool
    ) -> list[str]:
        """Bring ``seen`` up to date, and return the nodes whose state changed, in the order of time."""
        changed = []
        for detail in sorted(details, key=lambda each: (_moment(each.end_time), _moment(each.start_time))):
            name, state = str(detail.display_name or ""), _STATES.get(str(detail.state or ""), "")
            if name.endswith(_DRIVER) and state == "failed":
                # Without what prepares it, the task itself never starts.
                name = name[: -len(_DRIVER)]
            node = nodes.get(name)
            if node is None or not state or seen[node].state in ("done", "failed", "skipped"):
                continue
            if seen[node].state != state:
                changed.append(node)
            text, error = "", None
            if state == "failed":
                pods = [str(child.pod_name) for child in detail.child_tasks or () if child.pod_name]
                log = next((log for log in (self._api.log(id, pod) for pod in pods) if log.strip()), "")
                text = f"it printed last:\n{_end(log)}" if log else self._by_hand(id)
                error = reported(log)
            ended = _moment(detail.end_time) if state in ("done", "failed") else 0.0
            seen[node] = Seen(state, _moment(detail.start_time), ended, text, error)
        if over:
            for node, each in seen.items():
                if each.state == "started":
                    seen[node] = Seen(
                        "failed", each.started, each.started, "it did not end before the run did"
                    )
                    changed.append(node)
        return list(dict.fromkeys(changed))

    def _is_open(self, node: str, seen: Mapping[str, Seen], outcomes: Outcomes) -> bool:
        return node in self._facts["gates"] and seen[node].state == "done" and outcomes.passed(node) is None

    def _tell(self, node: str, seen: Seen, outcomes: Outcomes) -> None:
        seconds = max(0.0, seen.ended - seen.started) if seen.ended else 0.0
        kind, text = seen.state, seen.text
        if kind == "skipped":
            _, by = outcomes.states()[node]
            kind, text = "held-back", _held_back(by)
        elif kind == "done" and node in self._facts["gates"] and outcomes.passed(node) is False:
            verdicts = outcomes.record(node).get("verdicts") or []
            kind = "not-passed"
            text = "\n".join(line(verdict) for verdict in verdicts if not verdict["passed"])
        self._listen(Event(kind, node, text, seconds))

    def _records(self, root: str, id: str) -> dict[str, dict[str, Any]]:
        """Return what tasks told, nothing where the store of the run cannot be read from here."""
        if not root or self._blind:
            return {}
        from .stage import Stage

        try:
            return Stage(root).records(self._name, id, _TOLD)
        except SubmitError as error:
            self._blind = True
            self._listen(Event("note", text=error.message))
            return {}

    def _by_hand(self, id: str) -> str:
        """Return how a person sees what the tasks of a run printed."""
        where = f" --namespace {self._api.namespace}" if self._api.namespace else ""
        return f"what it printed: `kubectl logs{where} --selector pipeline/runid={id} --container main`"

    def _why(self, run: Any, details: list[Any], nodes: Mapping[str, str]) -> list[str]:
        """Return why a run failed none of whose steps did: data that is not there, a pipeline that is not started."""
        found = [
            f"`{detail.display_name}` failed on the cluster"
            for detail in details
            if detail.state == "FAILED" and str(detail.display_name or "").startswith("data-0x")
        ]
        said = str(run.error.message) if run.error and run.error.message else ""
        return found or [f"the run failed on the cluster{': ' + said if said else ''}"]


def _value(name: str, type: str, text: str) -> Any:
    """Return the value that ``text`` stands for as Kubeflow takes it.

    Raises:
        SubmitError: it is of another type.
    """
    if type == "STRING":
        return text

    def refuse(constant: str) -> Any:
        raise ValueError(constant)

    try:
        value = json.loads(text, parse_constant=refuse)
    except ValueError:
        value = None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if type == "NUMBER_INTEGER" and number and value == int(value):
        return int(value)
    if type == "NUMBER_DOUBLE" and number:
        return value
    wanted = {"BOOLEAN": bool, "LIST": list, "STRUCT": dict}.get(type)
    if wanted is not None and isinstance(value, wanted):
        return value
    said = {
        "NUMBER_INTEGER": "a whole number",
        "NUMBER_DOUBLE": "a number",
        "BOOLEAN": "true or false",
        "LIST": "a list in JSON",
        "STRUCT": "an object in JSON",
    }
    raise SubmitError(
        BAD_PARAMETER,
        f"the parameter `{name}` cannot be `{text}`: it is {said.get(type, type)}",
        exit_code=FINDINGS,
    )


def _end(log: str) -> str:
    """Return the last lines of a log."""
    return "\n".join([each for each in log.splitlines() if each.strip()][-_LINES:])


def _moment(time: Any) -> float:
    """Return a moment in seconds; 0 where Kubeflow does not know it yet."""
    return max(0.0, float(time.timestamp())) if time is not None else 0.0


def _held_back(by: list[str]) -> str:
    return "held back by " + ", ".join(f"`{each}`" for each in by) if by else ""
