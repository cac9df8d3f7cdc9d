"""Enters models in a registry; killed at any point and run again, it ends with one version and the alias on it."""

from __future__ import annotations

import contextlib
import json
import os

from . import boosted, codes, metrics, models
from .contract import Artefact, Result, StepError, Task, first_line, missing_library

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .contract import JsonObject

DATABASE, ARTEFACTS, LOCK = "mlflow.db", "mlflow-artifacts", "mlflow.lock"
#: Tags by which an earlier, perhaps unfinished, attempt is found again.
DIGEST_TAG, LOGGED_TAG = "mlpc.model_digest", "mlpc.logged_model"
#: Seconds for a question to a server.
TIMEOUT = 15.0
#: Packages whose classes a model may hold and still be read without running code that it brings along.
_PLAIN = ("sklearn.", "numpy.", "scipy.", "builtins.", "collections.")


def mlflow(task: Task, result: Result) -> None:
    """Enter a model in MLflow's registry as a version, with signature, input example, figures and lineage.

    The alias is moved last, so that who loads by it never sees a version in the making. A model with the same digest is
    entered once: its version is found again by a tag.

    With ``task.verify`` nothing is changed: the result is ``not_passed`` where the version, or the alias on it, is gone.

    Raises:
        StepError: the registry does not answer, or refuses.
    """
    registry = Registry(task)
    if task.verify is not None:
        if not registry.stands(task.verify):
            result.status = "not_passed"
        return
    with registry.held():
        registry.enter(result)


class Registry:
    """An MLflow tracking store with its registry: embedded (SQLite in ``state``), or a server by its URI."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.name = _judged(task.argument("name", task.id), "name")
        alias = task.argument("alias")
        self.alias: str | None = None if alias is None else _judged(alias, "alias")
        told = task.secret("tracking_uri") or task.argument("tracking_uri")
        self.embedded = told is None
        if told is None:
            if not task.state:
                raise StepError(
                    codes.IMPOSSIBLE_SETTING,
                    "this engine keeps no store between runs, so the registry needs a server",
                    'say where it is: tracking_uri = "https://…"',
                )
            told = f"sqlite:///{os.path.join(os.path.abspath(task.state), DATABASE)}"
        self.uri: str = told
        for name, variable in (
            ("token", "MLFLOW_TRACKING_TOKEN"),
            ("username", "MLFLOW_TRACKING_USERNAME"),
            ("password", "MLFLOW_TRACKING_PASSWORD"),
        ):
            value = task.secret(name)
            if value is not None:
                os.environ[variable] = value

    # Whether an earlier effect still stands, cheaply

    def stands(self, effect: JsonObject) -> bool:
        """Return whether the version of an earlier run is still there and its alias still on it.

        Raises:
            StepError: the registry does not answer.
        """
        name, version, alias = effect.get("name"), str(effect.get("version")), effect.get("alias")
        if name != self.name or alias != self.alias:
            return False
        if self.uri.startswith("sqlite:///"):
            return self._stands_in_file(self.uri.removeprefix("sqlite:///"), self.name, version)
        if self.uri.startswith(("http://", "https://")):
            if alias is None:
                found = self._ask("model-versions/get", name=self.name, version=version)
            else:
                found = self._ask("registered-models/alias", name=self.name, alias=alias)
            told = (found or {}).get("model_version") or {}
            return str(told.get("version")) == version and told.get("status") == "READY"
        client = self.client()
        try:
            told = (
                client.get_model_version(self.name, version)
                if alias is None
                else client.get_model_version_by_alias(self.name, alias)
            )
        except Exception as error:
            if getattr(error, "error_code", "") in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return False
            raise
        return str(told.version) == version

    def _stands_in_file(self, path: str, name: str, version: str) -> bool:
        import sqlite3
        from urllib.parse import quote, unquote, urlsplit

        if not os.path.exists(path):
            return False
        try:
            with contextlib.closing(
                sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, timeout=10)
            ) as store:
                row = store.execute(
                    "select status, current_stage, storage_location, source from model_versions"
                    " where name = ? and version = ?",
                    (name, version),
                ).fetchone()
                if row is None or row[0] != "READY" or row[1] == "Deleted_Internal":
                    return False
                if self.alias is not None:
                    on = store.execute(
                        "select version from registered_model_aliases where name = ? and alias = ?",
                        (name, self.alias),
                    ).fetchone()
                    if on is None or str(on[0]) != version:
                        return False
        except sqlite3.Error:
            return False
        location = urlsplit(row[2] or "")
        return location.scheme != "file" or os.path.isdir(unquote(location.path))

    def _ask(self, method: str, **query: str) -> JsonObject | None:
        """Ask the server; None where it has no such thing.

        Raises:
            StepError: it does not answer.
        """
        import urllib.error
        import urllib.request
        from urllib.parse import urlencode

        address = f"{self.uri.rstrip('/')}/api/2.0/mlflow/{method}?{urlencode(query)}"
        request = urllib.request.Request(address, headers=_credentials())
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                found: JsonObject = json.loads(answer.read())
                return found
        except urllib.error.HTTPError as error:
            if error.code in (400, 404):
                return None
            raise self._unreachable(
                f"answers {error.code} {error.reason}", error.code in (401, 403)
            ) from None
        except (OSError, ValueError) as error:
            raise self._unreachable(f"does not answer: {getattr(error, 'reason', error)}") from None

    def _unreachable(self, said: str, final: bool = False) -> StepError:
        help = (
            "give the credentials as secrets `token`, or `username` and `password`"
            if final
            else "is it running, and reachable from here? A server on another machine may need --allowed-hosts"
        )
        return StepError(
            codes.REGISTRY_UNREACHABLE, f"the registry at {self._shown()} {said}", help, final=final
        )

    def _shown(self) -> str:
        """Return the address without user and password."""
        from urllib.parse import urlsplit, urlunsplit

        if self.embedded:
            return "state"
        parts = urlsplit(self.uri)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))

    # Entering

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let one process at a time work on an embedded store: MLflow makes its tables without asking."""
        if not self.embedded:
            yield
            return
        import fcntl

        os.makedirs(self.task.state, exist_ok=True)
        with open(os.path.join(self.task.state, LOCK), "w", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def enter(self, result: Result) -> None:
        """Log the model, make a version of it and move the alias.

        Raises:
            StepError: the registry does not answer, or refuses.
        """
        source = self.task.input("model")
        model, signature = models.load(source, result)
        digest = source.digest or _digest(source.path)
        if self.uri.startswith(("http://", "https://")):
            self._ask("registered-models/search", max_results="1")
        client = self.client()
        try:
            found = self._known_version(client, digest)
            if found is not None:
                version, run_id = str(found.version), str(found.run_id or "")
                result.info(f"the same model is version {version} of `{self.name}` already")
                self._log_figures(client, run_id)
            else:
                run_id, address = self._logged(client, digest, model, signature, result)
                version = self._new_version(address, digest)
            before = self._alias_now(client)
            if before == version:
                before = None
            elif self.alias is not None:
                client.set_registered_model_alias(self.name, self.alias, version)
        except StepError:
            raise
        except Exception as error:
            if not type(error).__module__.startswith(("mlflow", "sqlalchemy", "requests")):
                raise
            raise self.refusal(error) from None
        moved = "" if before is None else f" (was version {before})"
        on = f", `{self.alias}` is on it{moved}" if self.alias is not None else ""
        result.info(f"`{self.name}` version {version}{on}")
        result.effect = {
            "kind": "mlflow",
            "store": self._shown(),
            "name": self.name,
            "version": version,
            "alias": self.alias,
            "before": before,
            "digest": digest,
            "run_id": run_id,
        }

    def refusal(self, error: Exception) -> StepError:
        """Return what to say of an error that MLflow raised."""
        text = first_line(error)
        transient = any(word in text.lower() for word in ("connection", "timed out", "locked", "503", "502"))
        if transient:
            return StepError(
                codes.REGISTRY_UNREACHABLE, f"the registry at {self._shown()}: {text}", final=False
            )
        return StepError(codes.REGISTRY_REFUSED, f"the registry at {self._shown()} refused: {text}")

    def client(self) -> Any:
        """Return what asks the registry, with MLflow set up for it."""
        import logging
        import warnings

        for name, value in (
            ("MLFLOW_DISABLE_TELEMETRY", "true"),
            ("DO_NOT_TRACK", "1"),
            ("GIT_PYTHON_REFRESH", "quiet"),
            ("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3"),
            ("MLFLOW_HTTP_REQUEST_TIMEOUT", "60"),
        ):
            os.environ.setdefault(name, value)
        try:
            import mlflow as library
        except ModuleNotFoundError as error:
            raise missing_library((error.name or "mlflow").partition(".")[0]) from None
        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.ERROR)
        warnings.filterwarnings("ignore", module="mlflow")
        if self.embedded:
            self._make_database()
        library.set_tracking_uri(self.uri)
        library.set_registry_uri(self.uri)
        return library.MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)

    def _make_database(self) -> None:
        """Make the tables of a new embedded store beside their place, and put them there whole.

        MLflow builds them by a hundred migrations; killed between two of them, the file would never open again.
        """
        path = os.path.join(os.path.abspath(self.task.state), DATABASE)
        if os.path.exists(path):
            return
        from mlflow.store.tracking import sqlalchemy_store

        make: Any = sqlalchemy_store.SqlAlchemyStore
        part = f"{path}.part"
        for end in ("", "-journal", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(part + end)
        store = make(f"sqlite:///{part}", os.path.join(os.path.abspath(self.task.state), ARTEFACTS))
        store.engine.dispose()
        with open(part, "rb") as file:
            os.fsync(file.fileno())
        os.replace(part, path)

    def _known_version(self, client: Any, digest: str) -> Any:
        found = [
            item
            for item in client.search_model_versions(f"name = '{self.name}'", max_results=1000)
            if item.tags.get(DIGEST_TAG) == digest and item.status == "READY"
        ]
        return max(found, key=lambda item: int(item.version)) if found else None

    def _alias_now(self, client: Any) -> str | None:
        if self.alias is None:
            return None
        found = client.get_registered_model(self.name).aliases.get(self.alias)
        return None if found is None else str(found)

    def _new_version(self, address: str, digest: str) -> str:
        import mlflow as library

        tags = {DIGEST_TAG: digest, **self._lineage()}
        made = library.register_model(address, self.name, await_registration_for=120, tags=tags)
        description = self.task.argument("description")
        if description is not None:
            library.MlflowClient().update_model_version(self.name, made.version, description=description)
        return str(made.version)

    def _logged(
        self, client: Any, digest: str, model: Any, signature: JsonObject, result: Result
    ) -> tuple[str, str]:
        """Return the run and the address of the logged model; one that an earlier attempt logged is taken."""
        experiment = self._experiment(client)
        for run in client.search_runs([experiment], f"tags.`{DIGEST_TAG}` = '{digest}'", max_results=100):
            address = run.data.tags.get(LOGGED_TAG)
            if address and run.info.status == "FINISHED":
                return str(run.info.run_id), str(address)
            if run.info.status == "RUNNING":
                # Left by an attempt that was killed.
                client.set_terminated(run.info.run_id, "KILLED")
        import mlflow as library

        context = self.task.context
        # Made by hand: MLflow would note the user's name and the path of this program.
        run = client.create_run(
            experiment,
            run_name=str(context.get("run") or self.name),
            tags={DIGEST_TAG: digest, **self._lineage()},
        )
        run_id = str(run.info.run_id)
        with library.start_run(run_id=run_id):
            self._log_parameters(client, run_id, model)
            self._log_figures(client, run_id)
            address = _log_model(model, signature, result)
            client.set_tag(run_id, LOGGED_TAG, address)
        return run_id, address

    def _experiment(self, client: Any) -> str:
        name = str(self.task.argument("experiment") or self.task.context.get("pipeline") or "mlpc")
        found = client.get_experiment_by_name(name)
        if found is not None:
            if found.lifecycle_stage == "deleted":
                client.restore_experiment(found.experiment_id)
            return str(found.experiment_id)
        location = None
        if self.embedded:
            from urllib.parse import quote

            location = f"file://{quote(os.path.join(os.path.abspath(self.task.state), ARTEFACTS))}"
        return str(client.create_experiment(name, artifact_location=location))

    def _lineage(self) -> dict[str, str]:
        """Return what the version came from, as tags."""
        context = self.task.context
        tags = {f"mlpc.{key}": str(context[key]) for key in ("pipeline", "run") if context.get(key)}
        for key, value in sorted((context.get("labels") or {}).items()):
            tags[f"mlpc.label.{key}"] = str(value)[:5000]
        for port, item in sorted(self.task.inputs.items()):
            for one in item if isinstance(item, list) else [item]:
                if one.digest:
                    tags[f"mlpc.input.{port}" + (f".{one.key}" if one.key else "")] = one.digest
        for key, value in sorted((self.task.argument("tags") or {}).items()):
            tags[str(key)] = str(value)[:5000]
        return tags

    def _log_parameters(self, client: Any, run_id: str, model: Any) -> None:
        steps = getattr(model, "steps", None)
        last = steps[-1][1] if steps else model
        told = last.get_params(deep=False) if hasattr(last, "get_params") else {}
        values = {
            key: value
            for key, value in told.items()
            if value is None or isinstance(value, bool | int | float | str)
        }
        values["estimator"] = type(last).__name__
        values.update(self.task.argument("parameters") or {})
        for key, value in sorted(values.items()):
            client.log_param(run_id, _metric_name(key), str(value)[:6000])

    def _log_figures(self, client: Any, run_id: str) -> None:
        if not run_id:
            return
        figures: dict[str, float] = {}
        given = self.task.inputs.get("metrics")
        for item in given if isinstance(given, list) else [given]:
            if isinstance(item, Artefact):
                with open(item.path, "rb") as file:
                    _flatten(json.loads(file.read()), f"{item.key}." if item.key else "", figures)
        _flatten(self.task.argument("figures") or {}, "", figures)
        known = client.get_run(run_id).data.metrics
        for name, value in sorted(figures.items()):
            if known.get(name) != value:
                client.log_metric(run_id, name, value)


def _log_model(model: Any, signature: JsonObject, result: Result) -> str:
    """Log a model in the active run and return its address."""
    import mlflow as library
    import pandas
    from mlflow.models import ModelSignature, infer_signature
    from mlflow.types import ColSpec, DataType, Schema

    kinds = {"string": DataType.string, "timestamp": DataType.datetime}
    # Whole numbers as double: an integer column of a signature takes no missing value.
    inputs = Schema(
        [
            ColSpec(kinds.get(item["dtype"], DataType.double), item["name"], required=not item["nullable"])
            for item in signature["features"]
        ]
    )
    example = None
    outputs = None
    if signature.get("example"):
        example = models.matrix(signature, pandas.DataFrame([signature["example"]]), "the example")
        said = (
            model.raw(example)
            if isinstance(model, boosted.Boosted)
            else models.predict_values(model, example)
        )
        outputs = infer_signature(example, said).outputs
    settings: dict[str, Any] = {
        "name": "model",
        "signature": ModelSignature(inputs=inputs, outputs=outputs),
        "input_example": example,
        "pip_requirements": _requirements(model),
    }
    if isinstance(model, boosted.Boosted):
        return _log_booster(model, signature, settings)
    trusted = _trusted(model)
    if trusted is None:
        result.info(
            "the model holds classes of the project: whoever loads it from the registry runs their code"
        )
        settings["serialization_format"] = "cloudpickle"
    else:
        settings["serialization_format"] = "skops"
        settings["skops_trusted_types"] = trusted
    made = library.sklearn.log_model(model, **settings)
    return str(made.model_uri)


def _log_booster(model: boosted.Boosted, signature: JsonObject, settings: JsonObject) -> str:
    """Log the booster itself, in its library's own form: it says probabilities, of which classes stands in the metadata."""
    import importlib

    flavour = importlib.import_module(f"mlflow.{model.framework}")
    classes = signature["classes"]
    if classes is not None:
        settings["metadata"] = {"classes": [metrics.class_name(value) for value in classes]}
    # The example would have to be in the form of the library, which each has of its own.
    settings["input_example"] = None
    made = flavour.log_model(model.booster, **settings)
    return str(made.model_uri)


def _trusted(model: Any) -> list[str] | None:
    """Return the types that skops is to be told to trust, or None for a model that it cannot hold."""
    try:
        import skops.io
    except ModuleNotFoundError:
        return None
    try:
        found = skops.io.get_untrusted_types(data=skops.io.dumps(model))
    except Exception:  # noqa: BLE001 - what it cannot hold it says in many ways
        return None
    return sorted(found) if all(name.startswith(_PLAIN) for name in found) else None


def _requirements(model: Any) -> list[str]:
    """Return the packages that the model needs to be loaded, at the versions in use."""
    from importlib import metadata

    packages = ["scikit-learn", "numpy", "pandas", "cloudpickle", "skops", "scipy"]
    if isinstance(model, boosted.Boosted):
        packages, model = ["numpy", "pandas", "scipy"], model.booster
    root = type(model).__module__.partition(".")[0]
    packages.extend(name for name in metadata.packages_distributions().get(root, ()) if name not in packages)
    found = []
    for name in packages:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found.append(f"{name}=={metadata.version(name)}")
    return found


def _flatten(given: JsonObject, prefix: str, into: dict[str, float]) -> None:
    """Gather figures under names that MLflow takes: ``recall``, ``recall/true``, ``recall/plan/basic``."""
    for figure, value in given.items():
        name = figure.replace("[", "/").removesuffix("]")
        if isinstance(value, dict):
            for key, item in value.items():
                whole = f"{prefix}{name}" if key == metrics.WHOLE else f"{prefix}{name}/{key}"
                if item is not None:
                    into[_metric_name(whole)] = float(item)
        elif value is not None:
            into[_metric_name(f"{prefix}{name}")] = float(value)


def _metric_name(name: str) -> str:
    kept = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "_-. :/") else "_" for letter in name
    )
    return kept.strip("/ ")[:250] or "_"


def _judged(name: str, what: str) -> str:
    """Refuse names that MLflow does not take, or that could not be asked for."""
    strange = [letter for letter in str(name) if letter in "/:'\"`\\%" or ord(letter) < 32]
    if not name or strange or len(name) > 250:
        raise StepError(
            codes.IMPOSSIBLE_SETTING,
            f"a registry takes no {what} like {name!r}",
            f"a {what} has no quotes, colons, slashes, backslashes and percent signs, and at most 250 characters",
        )
    return name


def _credentials() -> dict[str, str]:
    token = os.environ.get("MLFLOW_TRACKING_TOKEN")
    user = os.environ.get("MLFLOW_TRACKING_USERNAME")
    if token:
        return {"Authorization": f"Bearer {token}"}
    if user:
        import base64

        both = f"{user}:{os.environ.get('MLFLOW_TRACKING_PASSWORD', '')}".encode()
        return {"Authorization": f"Basic {base64.b64encode(both).decode()}"}
    return {}


def _digest(folder: str) -> str:
    """Return a digest of the files of a model, for engines that give none."""
    import hashlib

    found = hashlib.sha256()
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        found.update(f"{name}\0{content}\n".encode())
    return f"sha256:{found.hexdigest()}"
