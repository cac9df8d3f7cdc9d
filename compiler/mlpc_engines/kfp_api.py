"""The API of Kubeflow Pipelines, v2beta1, by the client that Kubeflow generates from it.

Where it answers, who asks, and what is done when it does not answer: what reads is asked again for a while, what makes
something is never sent twice.
"""

from __future__ import annotations

import json
import os
import re
import time

from mlpc.codes import NO_KUBEFLOW, SUBMISSION_FAILED

from .engine import Event
from .errors import SubmitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

#: Seconds for which an API that answered before is asked again when it does not answer.
PATIENCE = 300.0
#: Seconds between two such questions, at first and at most.
PAUSE, LONGEST_PAUSE = 1.0, 10.0
#: Seconds to connect, and to wait for an answer.
_TIMEOUT = (10.0, 60.0)
_TOKEN_FILES = ("KFP_TOKEN_FILE", "KF_PIPELINES_SA_TOKEN_PATH")
_TOKEN_IN_POD = "/var/run/secrets/kubeflow/pipelines/token"
_NAMESPACE_IN_POD = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
#: What a server that is there, but not ready, answers.
_NOT_READY = frozenset({429, 502, 503, 504})
#: The most of a log that is read, and what of it is kept, in bytes.
_LONGEST_LOG, _END_OF_LOG = 8 << 20, 1 << 14
_EQUALS, _IS_SUBSTRING = 1, 9


class Gone(Exception):
    """What was asked for is not there."""


class Silent(Exception):
    """The API did not answer, so whether what was asked for was done is not known."""


class Api:
    """A connection to the API at ``host``; ``multi_user`` says whether everything there belongs to a namespace."""

    def __init__(self, url: str, namespace: str, listen: Callable[[Event], None]) -> None:
        """Find the API and look whether it answers.

        ``url`` and ``namespace`` are what the person and the spec say of it; where they are empty, the variables and
        files that Kubeflow's own SDK reads are looked at.

        Raises:
            SubmitError: its client is not installed, or it does not answer.
        """
        try:
            import kfp_server_api
            import urllib3
        except ImportError:
            raise SubmitError(
                NO_KUBEFLOW,
                "the client of Kubeflow's API is not installed",
                'pip install "mlpc[kubeflow]"',
            ) from None
        self._models = kfp_server_api
        self._listen = listen
        configuration = kfp_server_api.Configuration()
        self.host, how = _host(url, configuration)
        configuration.host = self.host
        # Retries are ours: what makes something may not be sent twice, and a page to log in is no answer.
        configuration.retries = urllib3.Retry(total=0, redirect=0)
        bundle = os.environ.get("SSL_CERT_FILE") or os.environ.get("REQUESTS_CA_BUNDLE")
        if bundle and not configuration.ssl_ca_cert:
            configuration.ssl_ca_cert = bundle
        token, self._token_from = _token()
        if token:
            configuration.api_key["authorization"] = token
            configuration.api_key_prefix["authorization"] = "Bearer"
        self._client: Any = kfp_server_api.ApiClient(configuration)
        self._experiments = kfp_server_api.ExperimentServiceApi(self._client)
        self._pipelines = kfp_server_api.PipelineServiceApi(self._client)
        self._uploads = kfp_server_api.PipelineUploadServiceApi(self._client)
        self._recurring = kfp_server_api.RecurringRunServiceApi(self._client)
        self._runs = kfp_server_api.RunServiceApi(self._client)
        health = kfp_server_api.HealthzServiceApi(self._client)
        try:
            told = self._ask(health.healthz_service_get_healthz).multi_user
            if not isinstance(told, bool):
                raise Gone("something else answers there")
            self.multi_user = told
        except (Silent, Gone, _Refused) as error:
            raise SubmitError(
                NO_KUBEFLOW,
                f"no API of Kubeflow Pipelines (v2beta1) answers at {self.host}: {error}",
                f"this address was tried because {how}",
                "say where it is with `--url URL` or KFP_ENDPOINT; "
                "`kubectl port-forward -n kubeflow svc/ml-pipeline 8888:8888` makes http://localhost:8888",
            ) from None
        self.namespace = namespace or _namespace()
        if self.multi_user and not self.namespace:
            raise SubmitError(
                NO_KUBEFLOW,
                f"the API at {self.host} keeps its users apart, and no namespace is known",
                "name yours with KFP_NAMESPACE",
            )

    @property
    def _owner(self) -> str | None:
        """The namespace that requests name: none where the server has no users."""
        return self.namespace if self.multi_user else None

    # Pipelines

    def version(self, pipeline: str, title: str, version: str, file: str) -> tuple[str, str, bool]:
        """See to it that ``version`` of ``pipeline`` is there; return both identifiers, and whether it was new."""
        id = self._pipeline(pipeline, title)
        found = self._version(id, version)
        if found:
            return id, found, False
        try:
            made = self._make(
                self._uploads.upload_pipeline_version,
                file,
                name=version,
                display_name=version,
                pipelineid=id,
                description="Compiled by mlpc.",
            )
        except (Silent, _Refused) as error:
            # It may have arrived all the same, or someone else was quicker.
            found = self._version(id, version)
            if found:
                return id, found, True
            raise _failure(error, "the pipeline was not taken") from None
        return id, str(made.pipeline_version_id), True

    def _pipeline(self, name: str, title: str) -> str:
        def find() -> str:
            try:
                given = {"namespace": self._owner} if self._owner else {}
                found = self._read(self._pipelines.pipeline_service_get_pipeline_by_name, name, **given)
            except Gone:
                return ""
            return str(found.pipeline_id)

        id = find()
        if id:
            return id
        wanted = self._models.V2beta1Pipeline(
            name=name, display_name=title, description="Compiled by mlpc.", namespace=self._owner
        )
        try:
            return str(self._make(self._pipelines.pipeline_service_create_pipeline, wanted).pipeline_id)
        except (Silent, _Refused) as error:
            id = find()
            if id:
                return id
            raise _failure(error, f"the pipeline `{name}` could not be made") from None

    def _version(self, pipeline: str, name: str) -> str:
        found = self._read(
            self._pipelines.pipeline_service_list_pipeline_versions,
            pipeline,
            filter=_filter(("name", _EQUALS, name)),
            page_size=1,
        )
        versions = found.pipeline_versions or []
        return str(versions[0].pipeline_version_id) if versions else ""

    def experiment(self, name: str) -> str:
        """Return the identifier of the experiment ``name``, which is made where it is not there."""

        def find() -> Any:
            given = {"namespace": self._owner} if self._owner else {}
            found = self._read(
                self._experiments.experiment_service_list_experiments,
                filter=_filter(("display_name", _EQUALS, name)),
                page_size=1,
                **given,
            )
            return (found.experiments or [None])[0]

        found = find()
        if found is None:
            wanted = self._models.V2beta1Experiment(display_name=name, namespace=self._owner)
            try:
                found = self._make(self._experiments.experiment_service_create_experiment, wanted)
            except (Silent, _Refused) as error:
                found = find()
                if found is None:
                    raise _failure(error, f"the experiment `{name}` could not be made") from None
        elif found.storage_state == "ARCHIVED":
            # No run can be started in it.
            self._read(self._experiments.experiment_service_unarchive_experiment, found.experiment_id)
        return str(found.experiment_id)

    # Runs

    def _config(self, parameters: dict[str, Any], root: str) -> Any:
        return self._models.V2beta1RuntimeConfig(parameters=parameters, pipeline_root=root or None)

    def _reference(self, version: tuple[str, str]) -> Any:
        return self._models.V2beta1PipelineVersionReference(
            pipeline_id=version[0], pipeline_version_id=version[1]
        )

    def start(
        self,
        name: str,
        experiment: str,
        version: tuple[str, str],
        parameters: dict[str, Any],
        root: str,
        account: str,
    ) -> str:
        """Start a run and return its identifier. ``name`` is one that no other run has."""
        wanted = self._models.V2beta1Run(
            display_name=name,
            experiment_id=experiment,
            pipeline_version_reference=self._reference(version),
            runtime_config=self._config(parameters, root),
            service_account=account or None,
        )
        try:
            return str(self._make(self._runs.run_service_create_run, wanted).run_id)
        except Silent as error:
            self._listen(Event("note", text="the API did not answer; looking whether it started the run"))
            found = next(self.runs("name", _EQUALS, name), None)
            if found is None:
                raise _failure(error, "the run was not started") from None
            return str(found.run_id)
        except _Refused as error:
            raise _failure(error, "the run was not started") from None

    def run(self, id: str) -> Any:
        """Return what is known of a run; an API that does not answer is asked again for a while.

        Raises:
            Gone: there is no such run.
            SubmitError: the API does not answer any more.
        """
        return self._read(self._runs.run_service_get_run, id)

    def last_run(self, prefix: str) -> Any:
        """Return the newest run whose name begins with ``prefix``, or None."""
        for found in self.runs("name", _IS_SUBSTRING, prefix):
            if str(found.display_name).startswith(prefix):
                return found
        return None

    def runs(self, key: str, operation: int, value: str) -> Iterator[Any]:
        """Yield runs, the newest first."""
        given = {"namespace": self._owner} if self._owner else {}
        token = ""
        while True:
            found = self._read(
                self._runs.run_service_list_runs,
                filter=_filter((key, operation, value)),
                sort_by="created_at desc",
                page_size=20,
                page_token=token,
                **given,
            )
            yield from found.runs or []
            token = found.next_page_token or ""
            if not token:
                return

    def log(self, run: str, node: str) -> str:
        """Return the end of what a container printed, as far as the API can tell; "" where it cannot."""
        workflow, _, number = node.rpartition("-")
        # A pod has the name of its template in its own; what is archived goes by the node.
        for name in (f"{workflow}-system-container-impl-{number}", node):
            try:
                answer = self._ask(
                    self._client.call_api,
                    "/apis/v1alpha1/runs/{run}/nodes/{node}/log",
                    "GET",
                    path_params={"run": run, "node": name},
                    header_params={"Accept": "text/plain"},
                    auth_settings=["Bearer"],
                    _preload_content=False,
                    _return_http_data_only=True,
                )
                text = answer.read(_LONGEST_LOG)[-_END_OF_LOG:].decode("utf-8", "replace")
                answer.release_conn()
            except (Silent, Gone, _Refused, SubmitError, OSError):
                continue
            # The status is that of success even where the server finds no log.
            if text and not text.startswith('{"error'):
                return str(text)
        return ""

    # Recurring runs

    def schedule(
        self,
        name: str,
        experiment: str,
        version: tuple[str, str],
        cron: str,
        parameters: dict[str, Any],
        root: str,
        account: str,
    ) -> str:
        """See to it that there is one recurring run ``name``, as it is told; return "made", "replaced" or "kept"."""
        wanted = self._models.V2beta1RecurringRun(
            display_name=name,
            description="Made by mlpc submit.",
            experiment_id=experiment,
            pipeline_version_reference=self._reference(version),
            runtime_config=self._config(parameters, root),
            service_account=account or None,
            trigger=self._models.V2beta1Trigger(cron_schedule=self._models.V2beta1CronSchedule(cron=cron)),
            mode="ENABLE",
            max_concurrency="1",
            no_catchup=True,
            namespace=self._owner,
        )
        before = list(self.schedules(name))
        same = [each for each in before if each.display_name == name and _same(each, wanted)]
        if same:
            kept = same[0].recurring_run_id
        else:
            try:
                kept = self._make(
                    self._recurring.recurring_run_service_create_recurring_run, wanted
                ).recurring_run_id
            except (Silent, _Refused) as error:
                raise _failure(error, f"the recurring run `{name}` could not be made") from None
        others = [each for each in before if each.display_name == name and each.recurring_run_id != kept]
        for each in others:
            self.unschedule(each.recurring_run_id)
        return "kept" if same else "replaced" if others else "made"

    def schedules(self, prefix: str) -> Iterator[Any]:
        """Yield the recurring runs whose names begin with ``prefix``."""
        given = {"namespace": self._owner} if self._owner else {}
        token = ""
        while True:
            found = self._read(
                self._recurring.recurring_run_service_list_recurring_runs,
                filter=_filter(("name", _IS_SUBSTRING, prefix)),
                page_size=100,
                page_token=token,
                **given,
            )
            for each in found.recurring_runs or []:
                if str(each.display_name).startswith(prefix):
                    yield each
            token = found.next_page_token or ""
            if not token:
                return

    def unschedule(self, id: str) -> None:
        """Delete a recurring run; that it is gone already is as good."""
        try:
            self._read(self._recurring.recurring_run_service_delete_recurring_run, id)
        except Gone:
            pass

    # Requests

    def _read(self, function: Callable[..., Any], *arguments: Any, **given: Any) -> Any:
        """Ask for something that can be asked twice.

        Raises:
            Gone: it is not there.
            SubmitError: the API refuses, or does not answer for too long.
        """
        until = time.monotonic() + PATIENCE
        pause, told = PAUSE, False
        while True:
            try:
                answer = self._ask(function, *arguments, **given)
            except Silent as error:
                if time.monotonic() + pause > until:
                    raise SubmitError(
                        NO_KUBEFLOW,
                        f"the API at {self.host} does not answer any more: {error}",
                        f"it was asked again for {PATIENCE:g} s; a run that was started goes on without it",
                    ) from None
                if not told:
                    self._listen(Event("note", text=f"the API does not answer ({error}); it is asked again"))
                    told = True
                time.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            except _Refused as error:
                raise _failure(error, "the API refused") from None
            else:
                if told:
                    self._listen(Event("note", text="the API answers again"))
                return answer

    def _make(self, function: Callable[..., Any], *arguments: Any, **given: Any) -> Any:
        """Ask for something to be made, once.

        Raises:
            Silent: it is not known whether it was.
            _Refused: it was not.
        """
        try:
            return self._ask(function, *arguments, **given)
        except Gone as error:
            raise _Refused(str(error)) from None

    def _ask(self, function: Callable[..., Any], *arguments: Any, **given: Any) -> Any:
        import urllib3

        try:
            return function(*arguments, _request_timeout=_TIMEOUT, **given)
        except self._models.ApiException as error:
            said = _said(error)
            if error.status in (401, 403):
                raise SubmitError(
                    NO_KUBEFLOW,
                    f"the API at {self.host} does not let this user in: {said}",
                    f"the token was taken from {self._token_from}"
                    if self._token_from
                    else "give a token with KFP_TOKEN, or a file with one with KFP_TOKEN_FILE",
                ) from None
            if error.status == 404:
                raise Gone(said) from None
            if error.status in _NOT_READY:
                raise Silent(said) from None
            raise _Refused(said) from None
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Silent(_reason(error)) from None
        except (ValueError, TypeError) as error:
            # Not what the client expects: no API, or one of another version.
            raise Silent(f"its answer cannot be read ({str(error).splitlines()[0][:200]})") from None


class _Refused(Exception):
    """The API said no, and why."""


def _failure(error: Exception, what: str) -> SubmitError:
    if isinstance(error, Silent):
        return SubmitError(
            SUBMISSION_FAILED,
            f"{what}: the API does not answer ({error})",
            "submit again: what is there already is not made twice",
        )
    return SubmitError(SUBMISSION_FAILED, f"{what}: {error}")


def _said(error: Any) -> str:
    """Return what the server said of an error, in one line."""
    body = error.body if isinstance(error.body, str) else ""
    try:
        content = json.loads(body)
        text = content.get("message") or content.get("error_message") or content.get("error") or ""
    except (ValueError, AttributeError):
        text = "" if "<" in body else body
    line = " ".join(str(text).split())[:500]
    return f"{line} ({error.status})" if line else f"{error.status} {error.reason or ''}".strip()


def _reason(error: Exception) -> str:
    """Return why a connection failed, without the names of classes and objects that urllib3 puts around it."""
    text = " ".join(str(getattr(error, "reason", None) or error).split())
    found = re.search(r"Remote end closed|Connection reset by peer", text)
    return "the connection was closed" if found else re.sub(r"\A\w+\([^()]*\): ", "", text)


def _filter(*predicates: tuple[str, int, str]) -> str:
    """Return a filter as Kubeflow's own SDK writes it; all servers of v2 read that."""
    told = [
        {"operation": operation, "key": key, "stringValue": value} for key, operation, value in predicates
    ]
    # The server decodes what the protocol has decoded once already.
    return json.dumps({"predicates": told}).replace("%", "%25").replace("+", "%2B")


def _same(found: Any, wanted: Any) -> bool:
    """Return whether a recurring run is there as it is wanted."""
    trigger, config = found.trigger, found.runtime_config
    reference = found.pipeline_version_reference
    return bool(
        trigger
        and trigger.cron_schedule
        and trigger.cron_schedule.cron == wanted.trigger.cron_schedule.cron
        and reference
        and reference.pipeline_version_id == wanted.pipeline_version_reference.pipeline_version_id
        and found.experiment_id == wanted.experiment_id
        and found.mode == wanted.mode
        and ((config.parameters if config else None) or {}) == (wanted.runtime_config.parameters or {})
        and ((config.pipeline_root if config else None) or "") == (wanted.runtime_config.pipeline_root or "")
    )


def _host(url: str, configuration: Any) -> tuple[str, str]:
    """Return where the API is, and how that is known. Prepares ``configuration`` where a cluster is asked by proxy."""
    from urllib.parse import urlsplit

    places = [("it was given with --url", url)]
    places += [
        (f"{name} is set", os.environ.get(name, "")) for name in ("KFP_ENDPOINT", "KF_PIPELINES_ENDPOINT")
    ]
    for how, place in places:
        if not place:
            continue
        whole = place if "://" in place else f"https://{place}"
        try:
            parts = urlsplit(whole)
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            good = False
        if not good or parts.username or parts.query or parts.fragment:
            raise SubmitError(
                NO_KUBEFLOW,
                "the address of Kubeflow's API is none: "
                + (f"`{place}`" if "@" not in place else "it holds a user"),
                "it looks like `https://kubeflow.example.org/pipeline`; a token goes into KFP_TOKEN",
            )
        return whole.rstrip("/"), how
    namespace = _namespace() or "kubeflow"
    if os.environ.get("KUBERNETES_SERVICE_HOST"):
        return f"http://ml-pipeline.{namespace}.svc.cluster.local:8888", "mlpc runs in a pod"
    tried = "neither --url nor KFP_ENDPOINT nor KF_PIPELINES_ENDPOINT is given, and mlpc runs in no pod"
    try:
        import kubernetes

        load: Any = kubernetes.config.load_kube_config
        load(client_configuration=configuration)
    except ImportError:
        pass
    except (kubernetes.config.ConfigException, OSError, ValueError, TypeError, KeyError):
        tried += "; no file that KUBECONFIG names, nor ~/.kube/config, holds a cluster"
    else:
        path = f"api/v1/namespaces/{namespace}/services/ml-pipeline:http/proxy"
        return (
            f"{str(configuration.host).rstrip('/')}/{path}",
            "it is the cluster of KUBECONFIG, asked by its proxy",
        )
    raise SubmitError(
        NO_KUBEFLOW,
        "nothing says where the API of Kubeflow Pipelines is",
        tried,
        "say it with `--url URL` or KFP_ENDPOINT",
    )


def _token() -> tuple[str, str]:
    """Return the token that requests carry, and where it is from.

    Raises:
        SubmitError: a file is named that cannot be read.
    """
    if os.environ.get("KFP_TOKEN"):
        return os.environ["KFP_TOKEN"].strip(), "KFP_TOKEN"
    named = [(os.environ[name], name) for name in _TOKEN_FILES if os.environ.get(name)]
    for path, name in named or [(_TOKEN_IN_POD, "")]:
        try:
            with open(path, encoding="utf-8") as file:
                return file.read().strip(), path
        except (OSError, UnicodeDecodeError) as error:
            if name:
                reason = error.strerror if isinstance(error, OSError) else "it is no text"
                raise SubmitError(
                    NO_KUBEFLOW, f"the token cannot be read from {path}, which {name} names: {reason}"
                ) from None
    return "", ""


def _namespace() -> str:
    """Return the namespace of the person: what is set, what Kubeflow's SDK was told, or that of the pod."""
    if os.environ.get("KFP_NAMESPACE"):
        return os.environ["KFP_NAMESPACE"]
    try:
        with open(os.path.expanduser("~/.config/kfp/context.json"), encoding="utf-8") as file:
            told = json.load(file)
            if isinstance(told, dict) and told.get("namespace"):
                return str(told["namespace"])
    except (OSError, ValueError):
        pass
    try:
        with open(_NAMESPACE_IN_POD, encoding="utf-8") as file:
            return file.read().strip()
    except (OSError, UnicodeDecodeError):
        return ""
