"""Steps that read an object store are told of it by name, on every engine that starts containers, and no other step is."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest
import yaml

from mlpc.backend import Emitted
from mlpc.ir import nodes, stores
from mlpc_backends.airflow import BACKEND as AIRFLOW
from mlpc_backends.compose import BACKEND as COMPOSE
from mlpc_backends.kubeflow import BACKEND as KUBEFLOW

S3 = stores.variables(["s3"])
GOOGLE = ("CLOUD_STORAGE_EMULATOR_ENDPOINT", "GOOGLE_APPLICATION_CREDENTIALS")
FILE: nodes.JsonObject = {"type": "file", "format": "csv"}


def read(id: str, *urls: str) -> nodes.Task:
    inputs = {
        f"in{number}": nodes.Input((nodes.External(url, "://" in url, FILE),))
        for number, url in enumerate(urls)
    }
    return nodes.Task(
        id, nodes.Action("project", "steps.py", "read"), inputs, {"made": nodes.Output(FILE)}, {}
    )


WORKFLOW = nodes.Workflow(
    "w",
    (
        read("amazon", "s3://clinic/cells.csv"),
        read("google", "gs://clinic/cells.csv"),
        read("both", "GCS://clinic/a.csv", "s3://clinic/b.csv"),
        read("web", "https://example.org/cells.csv"),
        read("file", "data/cells.csv"),
    ),
)


def files(backend: Any) -> Emitted:
    made: Emitted = backend.emit(WORKFLOW)
    assert not made.has_errors
    return made


def test_what_a_node_reads() -> None:
    found = [stores.read_by(node) for node in WORKFLOW.nodes if isinstance(node, nodes.Task)]
    assert found == [["s3"], ["gs"], ["gs", "s3"], [], []]


def test_compose_passes_variables_on_and_mounts_a_file_that_one_names() -> None:
    services = yaml.safe_load(files(COMPOSE).files["docker-compose.yml"])["services"]
    told = {name: service.get("environment", []) for name, service in services.items()}
    assert told == {"amazon": S3, "google": [GOOGLE[0]], "both": [GOOGLE[0], *S3], "web": [], "file": []}
    mounted = {
        "type": "bind",
        "source": "${GOOGLE_APPLICATION_CREDENTIALS:-/dev/null}",
        "target": "/run/mlpc/stores/gs.json",
        "read_only": True,
    }
    assert [mounted in service["volumes"] for service in services.values()] == [
        False,
        True,
        True,
        False,
        False,
    ]


def test_a_dag_reads_variables_when_a_task_runs() -> None:
    tree = ast.parse(files(AIRFLOW).files["dag.py"])
    told: dict[str, list[Any]] = {}
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Step":
            given = {each.arg: each.value for each in call.keywords}
            id = ast.literal_eval(given["task_id"])
            told[id] = []
            if "private_environment" in given:
                (names,) = given["private_environment"].args  # type: ignore[attr-defined]
                told[id] = ast.literal_eval(names.value)
    assert told == {"amazon": S3, "google": [GOOGLE[0]], "both": [GOOGLE[0], *S3], "web": [], "file": []}
    text = files(AIRFLOW).files["dag.py"].decode()
    assert text.count("*files(**{'GOOGLE_APPLICATION_CREDENTIALS': '/run/mlpc/stores/gs.json'})") == 2


def test_kubeflow_takes_keys_of_one_secret_that_may_be_missing() -> None:
    _, platform = yaml.safe_load_all(files(KUBEFLOW).files["pipeline.yaml"])
    executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert sorted(executors) == ["exec-amazon", "exec-both", "exec-google"]
    (secret,) = executors["exec-amazon"]["secretAsEnv"]
    assert secret == {
        "secretName": "mlpc-w.stores",
        "secretNameParameter": {"runtimeValue": {"constant": "mlpc-w.stores"}},
        "keyToEnv": [{"secretKey": name, "envVar": name} for name in S3],
        "optional": True,
    }
    (folder,) = executors["exec-google"]["secretAsVolume"]
    assert (folder["mountPath"], folder["optional"]) == ("/run/mlpc/stores", True)
    assert "secretAsVolume" not in executors["exec-amazon"]


@pytest.mark.parametrize("backend", [COMPOSE, AIRFLOW, KUBEFLOW], ids=lambda backend: str(backend.name))
def test_the_page_says_how_and_the_manifest_which(backend: Any) -> None:
    made = files(backend)
    page = made.files["README.md"].decode()
    assert "## Object stores" in page
    assert "| `AWS_SECRET_ACCESS_KEY` | `amazon`, `both` |" in page
    listed = json.loads(made.files["manifest.json"])["stores"]
    assert sorted(listed if isinstance(listed, list) else listed["variables"]) == sorted([*S3, *GOOGLE])
    plain = backend.emit(nodes.Workflow("w", (read("web", "https://example.org/cells.csv"),)))
    assert "## Object stores" not in plain.files["README.md"].decode()


@pytest.mark.parametrize("backend", [COMPOSE, AIRFLOW, KUBEFLOW], ids=lambda backend: str(backend.name))
def test_compiling_says_so(backend: Any) -> None:
    found = [item.message for item in files(backend).diagnostics if "object store" in item.message]
    assert len(found) == 1
