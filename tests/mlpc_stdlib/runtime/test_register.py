"""Models are entered in a real MLflow registry: embedded, and on a server on this machine."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import pytest

from mlpc_stdlib.runtime import models, register, tables
from mlpc_stdlib.runtime.contract import Artefact, Result, StepError, Task, write_json
from tests.mlpc_stdlib.bundles import make_dataset, make_model


class Stop(BaseException):
    """As if the process were killed here."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Artefact:
    made = make_model(tmp_path_factory.mktemp("first"))
    made.digest = "sha256:1111"
    return made


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Artefact:
    made = make_model(tmp_path_factory.mktemp("second"), seed=2)
    made.digest = "sha256:2222"
    return made


@pytest.fixture(scope="module")
def seed_store(tmp_path_factory: pytest.TempPathFactory, model: Artefact) -> Path:
    """A store with one version: making MLflow's tables takes seconds, so tests begin with a copy."""
    folder = tmp_path_factory.mktemp("store")
    Entry(folder, model).run()
    return folder


class Entry:
    """One run of the step."""

    def __init__(self, state: Path, model: Artefact, **arguments: Any) -> None:
        given = {"name": "flowers", "alias": "champion", **arguments}
        inputs: dict[str, Any] = {"model": model, **given.pop("inputs", {})}
        self.task = Task(
            id="catalog",
            action={"kind": "runtime", "target": register.__name__, "function": "mlflow"},
            result="",
            inputs=inputs,
            arguments=given,
            state=str(state),
            context={"pipeline": "garden", "run": "run-7", "labels": {"owner": "ann"}},
        )

    def run(self) -> Result:
        result = Result()
        register.mlflow(self.task, result)
        return result

    def stands(self, effect: Any) -> bool:
        self.task.verify = effect
        return self.run().status == "done"


def client(state: Path) -> Any:
    uri = f"sqlite:///{state / 'mlflow.db'}"
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    return mlflow.MlflowClient(uri, uri)


def versions(state: Path) -> dict[str, str]:
    """Digest by version."""
    found = client(state).search_model_versions("name = 'flowers'")
    return {
        str(item.version): item.tags["mlpc.model_digest"]
        for item in sorted(found, key=lambda item: item.version)
    }


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


# What is entered


def test_a_version_with_signature_example_figures_lineage_and_alias(
    state: Path, model: Artefact, tmp_path: Path
) -> None:
    write_json(str(tmp_path / "metrics.json"), {"auc": 0.987654321, "recall": {"": 0.9, "true": 0.8}})
    result = Entry(
        state,
        model,
        inputs={"metrics": Artefact(str(tmp_path / "metrics.json"), digest="sha256:3333")},
        figures={"quality.accuracy": 0.95},
        description="Tells roses apart.",
        tags={"team": "garden"},
    ).run()
    assert result.effect is not None
    assert {key: result.effect[key] for key in ("store", "name", "version", "alias", "before", "digest")} == {
        "store": "state",
        "name": "flowers",
        "version": "1",
        "alias": "champion",
        "before": None,
        "digest": "sha256:1111",
    }
    assert result.messages[-1]["text"] == "`flowers` version 1, `champion` is on it"
    registry = client(state)
    version = registry.get_model_version_by_alias("flowers", "champion")
    assert version.tags == {
        "mlpc.model_digest": "sha256:1111",
        "mlpc.pipeline": "garden",
        "mlpc.run": "run-7",
        "mlpc.label.owner": "ann",
        "mlpc.input.model": "sha256:1111",
        "mlpc.input.metrics": "sha256:3333",
        "team": "garden",
    }
    assert version.description == "Tells roses apart."
    run = registry.get_run(result.effect["run_id"])
    assert run.data.metrics == {
        "auc": 0.987654321,
        "recall": 0.9,
        "recall/true": 0.8,
        "quality.accuracy": 0.95,
    }
    assert run.data.params["n_estimators"] == "8"
    assert run.data.params["estimator"] == "RandomForestClassifier"
    assert run.info.status == "FINISHED"
    assert not {"mlflow.user", "mlflow.source.name"} & set(run.data.tags)
    loaded = mlflow.pyfunc.load_model("models:/flowers@champion")
    assert [item.name for item in loaded.metadata.signature.inputs] == ["length", "width", "petals", "wild"]
    assert loaded.input_example is not None
    original, _ = models.load(model)
    assert loaded.predict(loaded.input_example).tolist() == original.predict(loaded.input_example).tolist()
    with pytest.raises(mlflow.exceptions.MlflowException, match="missing"):
        loaded.predict(loaded.input_example.drop(columns="length"))


def test_a_model_with_classes_of_the_project_is_kept_by_value(
    state: Path, tmp_path: Path, model: Artefact
) -> None:
    import joblib
    from sklearn.pipeline import make_pipeline

    from tests.mlpc_stdlib.runtime.test_export import Halves

    folder = tmp_path / "own"
    folder.mkdir()
    signature = (Path(model.path) / "signature.json").read_text()
    (folder / "signature.json").write_text(signature)
    halves = Halves()
    halves.classes_ = joblib.load(Path(model.path) / "model.joblib").classes_
    joblib.dump(make_pipeline(halves), folder / "model.joblib")
    result = Entry(state, Artefact(str(folder), digest="sha256:4444")).run()
    assert result.messages[0]["text"] == (
        "the model holds classes of the project: whoever loads it from the registry runs their code"
    )


# Once, however often it is killed


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_boosted_trees_are_kept_in_the_form_of_their_library(
    seed_store: Path, state: Path, tmp_path: Path, library: str
) -> None:
    copied(seed_store, state)
    model = make_model(tmp_path, "enum", library, learning_rate=0.2)
    model.digest = f"sha256:{library}"
    effect = Entry(state, model).run().effect
    assert effect is not None
    entered = client(state).get_model_version("flowers", effect["version"])
    assert client(state).get_run(entered.run_id).data.params["learning_rate"] == "0.2"
    found = mlflow.pyfunc.load_model("models:/flowers@champion")
    assert sorted(found.metadata.flavors) == sorted(["python_function", library])
    assert found.metadata.metadata == {"classes": ["iris", "lily", "rose"]}
    kept, signature = models.load(model)
    rows = tables.read(make_dataset(tmp_path / "rows", "enum"))
    features = models.matrix(signature, rows, "the rows")
    assert found.predict(features) == pytest.approx(kept.predict_proba(features), abs=1e-6)
    packages = (
        Path(mlflow.artifacts.download_artifacts("models:/flowers@champion")) / "requirements.txt"
    ).read_text()
    assert {"xgboost": "xgboost-cpu==", "lightgbm": "lightgbm=="}[library] in packages
    assert "mlpc" not in packages


def copied(seed_store: Path, state: Path) -> Path:
    import shutil

    shutil.copytree(seed_store, state)
    return state


def test_the_same_model_is_entered_once_and_another_moves_the_alias(
    seed_store: Path, state: Path, model: Artefact, other: Artefact
) -> None:
    copied(seed_store, state)
    again = Entry(state, model).run()
    assert again.messages[0]["text"] == "the same model is version 1 of `flowers` already"
    second = Entry(state, other).run()
    assert second.messages[-1]["text"] == "`flowers` version 2, `champion` is on it (was version 1)"
    back = Entry(state, model).run()
    assert back.effect is not None
    assert (back.effect["version"], back.effect["before"]) == ("1", "2")
    assert versions(state) == {"1": "sha256:1111", "2": "sha256:2222"}


@pytest.mark.parametrize(
    ("moment", "when"),
    # Before one call is after the one above it.
    [
        ("mlflow.MlflowClient.create_run", "before"),
        ("mlflow.MlflowClient.log_param", "before"),
        ("mlflow.sklearn.log_model", "before"),
        ("mlflow.MlflowClient.set_tag", "before"),
        ("mlflow.register_model", "before"),
        ("mlflow.MlflowClient.set_registered_model_alias", "before"),
        ("mlflow.MlflowClient.set_registered_model_alias", "after"),
    ],
)
def test_killed_at_any_moment_and_run_again(
    seed_store: Path,
    state: Path,
    model: Artefact,
    other: Artefact,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
    when: str,
) -> None:
    copied(seed_store, state)
    path, _, name = moment.rpartition(".")
    owner: Any = {
        "mlflow": mlflow,
        "mlflow.sklearn": mlflow.sklearn,
        "mlflow.MlflowClient": mlflow.MlflowClient,
    }[path]
    real = getattr(owner, name)

    def killed(*given: Any, **more: Any) -> Any:
        if when == "after":
            real(*given, **more)
        raise Stop

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, killed)
        with pytest.raises(Stop):
            Entry(state, other).run()
    # What a killed process leaves: a run that seems to go on.
    with sqlite3.connect(state / "mlflow.db") as store:
        store.execute("update runs set status = 'RUNNING' where status = 'FAILED'")
    mlflow.end_run()
    alias_before = client(state).get_model_version_by_alias("flowers", "champion").version
    assert str(alias_before) == ("2" if (name, when) == ("set_registered_model_alias", "after") else "1")
    effect = Entry(state, other).run().effect
    assert effect is not None
    assert effect["version"] == "2"
    assert versions(state) == {"1": "sha256:1111", "2": "sha256:2222"}
    registry = client(state)
    assert str(registry.get_model_version_by_alias("flowers", "champion").version) == "2"
    experiment = registry.get_experiment_by_name("garden").experiment_id
    assert {run.info.status for run in registry.search_runs([experiment])} <= {"FINISHED", "KILLED"}


def test_the_alias_is_moved_last(
    seed_store: Path, state: Path, other: Artefact, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied(seed_store, state)
    seen = []
    real = mlflow.MlflowClient.set_registered_model_alias

    def look(self: Any, name: str, alias: str, version: str) -> Any:
        made = self.get_model_version(name, version)
        seen.append((made.status, made.tags["mlpc.model_digest"], self.get_run(made.run_id).info.status))
        return real(self, name, alias, version)

    monkeypatch.setattr(mlflow.MlflowClient, "set_registered_model_alias", look)
    Entry(state, other).run()
    assert seen == [("READY", "sha256:2222", "FINISHED")]


# Whether an effect still stands


def test_an_effect_stands_until_somebody_undoes_it(
    seed_store: Path, state: Path, model: Artefact, other: Artefact
) -> None:
    copied(seed_store, state)
    with sqlite3.connect(state / "mlflow.db") as store:
        # The files of the version lie where the store was made.
        store.execute("update model_versions set storage_location = null")
    first = {"name": "flowers", "version": "1", "alias": "champion"}
    assert Entry(state, model).stands(first)
    assert Entry(state, model, alias=None).stands({**first, "alias": None})
    assert not Entry(state, model).stands({**first, "alias": None})
    assert not Entry(state, model).stands({**first, "version": "9"})
    Entry(state, other).run()
    assert not Entry(state, model).stands(first)
    client(state).delete_registered_model_alias("flowers", "champion")
    assert not Entry(state, other).stands({**first, "version": "2"})
    client(state).delete_model_version("flowers", "1")
    assert not Entry(state, model, alias=None).stands({**first, "alias": None})
    assert not Entry(state / "gone", model).stands(first)


def test_verifying_imports_no_mlflow_and_takes_no_time(seed_store: Path) -> None:
    code = f"""
import sys
from mlpc_stdlib.runtime import register
from mlpc_stdlib.runtime.contract import Result, Task
task = Task("catalog", {{}}, "", arguments={{"name": "flowers", "alias": "champion"}}, state={str(seed_store)!r},
            verify={{"name": "flowers", "version": "1", "alias": "champion"}})
result = Result()
register.mlflow(task, result)
print(result.status, sorted({{"mlflow", "pandas", "numpy", "sklearn"}} & set(sys.modules)))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "done []\n"


# What does not go


def refused(entry: Entry) -> StepError:
    with pytest.raises(StepError) as caught:
        entry.run()
    return caught.value


@pytest.mark.parametrize("name", ["a/b", "a:b", "a'b", "", "x" * 300])
def test_names_that_a_registry_does_not_take(state: Path, model: Artefact, name: str) -> None:
    if not name:
        assert register._judged("fine", "name") == "fine"
        with pytest.raises(StepError, match="a registry takes no name like ''"):
            register._judged("", "name")
        return
    assert refused(Entry(state, model, name=name)).code == "MLP722"


def test_an_alias_that_the_registry_keeps_for_itself(state: Path, model: Artefact) -> None:
    error = refused(Entry(state, model, alias="latest"))
    assert str(error).startswith("MLP761 registry-refused: the registry at ")
    assert "latest" in error.message


def test_an_engine_without_a_store_needs_a_server(model: Artefact, tmp_path: Path) -> None:
    entry = Entry(tmp_path, model)
    entry.task.state = ""
    error = refused(entry)
    assert error.message == "this engine keeps no store between runs, so the registry needs a server"
    assert error.help == ['say where it is: tracking_uri = "https://…"']


def test_a_server_that_does_not_answer(state: Path, model: Artefact) -> None:
    started = time.monotonic()
    error = refused(Entry(state, model, tracking_uri="http://user:secret@127.0.0.1:9"))
    assert time.monotonic() - started < 5
    assert str(error).startswith(
        "MLP760 registry-unreachable: the registry at http://127.0.0.1:9 does not answer"
    )
    assert "secret" not in str(error)
    assert not error.final


# A server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real `mlflow server` on this machine, in an environment of its own: the whole MLflow is large."""
    folder = tmp_path_factory.mktemp("server")
    python = folder / "env" / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    setting_up: list[list[str | Path]] = [
        [uv, "venv", "--quiet", "--python", sys.executable, folder / "env"],
        [uv, "pip", "install", "--quiet", "--python", python, "--compile-bytecode", "mlflow>=3.10,<4"],
    ]
    for line in setting_up:
        subprocess.run(line, check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command: list[str | Path] = [
        *(python, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--backend-store-uri", f"sqlite:///{folder / 'server.db'}"),
        *("--artifacts-destination", str(folder / "artefacts"), "--serve-artifacts"),
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/health", timeout=1).close()
                break
            except OSError:
                if process.poll() is not None:
                    pytest.fail((folder / "log").read_text(errors="replace")[-2000:])
                time.sleep(0.25)
        else:
            pytest.fail("the server did not start: " + (folder / "log").read_text(errors="replace")[-2000:])
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


@pytest.mark.full
def test_a_server_takes_versions_and_tells_whether_they_stand(
    server: str, state: Path, model: Artefact, other: Artefact
) -> None:
    first = Entry(state, model, tracking_uri=server).run()
    assert first.effect is not None
    assert first.effect["store"] == server
    assert Entry(state, model, tracking_uri=server).stands(first.effect)
    second = Entry(state, other, tracking_uri=server).run()
    assert second.effect is not None
    assert (second.effect["version"], second.effect["before"]) == ("2", "1")
    assert not Entry(state, model, tracking_uri=server).stands(first.effect)
    assert Entry(state, other, tracking_uri=server).stands(second.effect)
    assert not Entry(state, other, tracking_uri=server, name="gone").stands({**second.effect, "name": "gone"})
    assert (
        Entry(state, other, tracking_uri=server)
        .run()
        .messages[0]["text"]
        .startswith("the same model is version 2")
    )
    assert not state.exists()
    mlflow.set_tracking_uri(server)
    mlflow.set_registry_uri(server)
    loaded = mlflow.pyfunc.load_model("models:/flowers@champion")
    original, _ = models.load(other)
    assert loaded.predict(loaded.input_example).tolist() == original.predict(loaded.input_example).tolist()
