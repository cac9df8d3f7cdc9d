"""`mlpc submit` to Kubeflow Pipelines, against a stand-in for its API that checks requests by the API's own models.

No cluster can be had in these tests. Nothing here shows that a cluster runs what is submitted; that it is what one takes is
shown by the models that Kubeflow generates from its API, and by its SDK, which runs the same file in other tests.
"""

from __future__ import annotations

import copy
import json
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4
from zlib import crc32

import pytest

from mlpc.ir import nodes
from mlpc_backends.kubeflow import BACKEND
from mlpc_cli.files import write_folder
from mlpc_cli.material import gather
from mlpc_engines import kfp_api
from tests.mlpc_backends.kubeflow.reading import problems
from tests.mlpc_backends.kubeflow.reading import run as run_local
from tests.mlpc_cli.command import EXECUTABLE, Answer, environment
from tests.mlpc_cli.command import mlpc as run
from tests.mlpc_stdlib.runtime.container.pipelines import (
    CODE,
    COUNT,
    DOUBLE,
    FACTOR,
    FILE,
    GATE,
    task,
)

from . import engine
from .kubeflow_api.server import StandIn
from .kubeflow_api.strict import read
from .object_store import BUCKET, Objects, serving

TUMOR = Path(__file__).resolve().parents[2] / "examples" / "tumor"
REGISTRY = {"kubeflow": {"registry": "registry.example.org/team"}}
#: A step that reads nothing of the project.
FREE = nodes.Task(
    "free", nodes.Action("project", "steps.py", "double"), {}, {"words": nodes.Output(FILE)}, {}
)
AFTER = nodes.Task(
    "after",
    nodes.Action("project", "steps.py", "double"),
    {"words": nodes.Input((nodes.Reference("free", "words"),))},
    {"made": nodes.Output(FILE)},
    {},
    after=("good",),
)
GOOD = nodes.Gate("good", (nodes.Condition({"op": ">=", "args": [1, 0]}, "1 >= 0"),), ("free",))
RUNNING = {"free": "RUNNING"}
PASSED = {"free": "SUCCEEDED", "good": "SUCCEEDED", "after": "SUCCEEDED"}
BLOCKED = {"free": "SUCCEEDED", "good": "SUCCEEDED", "after": "SKIPPED"}
GOES_WELL = [("RUNNING", RUNNING), ("SUCCEEDED", PASSED)]


class Project:
    """A directory compiled for Kubeflow, and the stand-in that it is submitted to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.frames: list[tuple[str, dict[str, str]]] = GOES_WELL
        self.api = StandIn(lambda run: self.frames)
        self.api.start()
        self.variables = {
            "KFP_ENDPOINT": self.api.url,
            "DOCKER_HOST": "unix:///nowhere/docker.sock",
            "HOME": str(folder),
            "KUBECONFIG": str(folder / "kubeconfig"),
        }

    def compile(self, *made: Any, into: str = "build", settings: Any = REGISTRY, **more: Any) -> Path:
        (self.folder / "steps.py").write_text(CODE, encoding="utf-8")
        workflow = nodes.Workflow("words", made or (FREE, GOOD, AFTER), settings=settings, **more)
        emitted = BACKEND.emit(workflow, gather(workflow, str(self.folder)))
        assert not emitted.has_errors, [item.message for item in emitted.diagnostics]
        write_folder(str(self.folder / into), emitted.files, emitted.modes)
        return self.folder / into

    def submit(self, *arguments: str, into: str = "build", code: int = 0) -> Answer:
        answer = run("submit", into, *arguments, cwd=self.folder, **self.variables)
        assert self.api.problems == [], answer
        assert answer.code == code, answer
        return answer

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Submit in a process that is not waited for."""
        return subprocess.Popen(
            [EXECUTABLE, "submit", "build", *arguments],
            cwd=self.folder,
            env=environment(**self.variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_for_run(self) -> Any:
        for _ in range(400):
            if any(each.looks for each in self.api.runs.values()):
                return next(iter(self.api.runs.values()))
            time.sleep(0.05)
        raise AssertionError("no run was started")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project(tmp_path)
    yield made
    made.api.stop()


# What is sent


def test_a_pipeline_is_uploaded_and_a_run_of_it_started_and_followed(project: Project) -> None:
    build = project.compile()
    answer = project.submit()
    (pipeline,) = project.api.pipelines.values()
    (version,) = project.api.versions.values()
    (experiment,) = project.api.experiments.values()
    (made,) = project.api.runs.values()
    assert (pipeline["name"], experiment["display_name"]) == ("words", "words")
    assert project.api.files[version["pipeline_version_id"]] == (build / "pipeline.yaml").read_bytes()
    assert made.content["display_name"].startswith(f"words {version['name']} ")
    assert made.content["experiment_id"] == experiment["experiment_id"]
    assert made.content["runtime_config"] == {"parameters": {}}
    lines = [" ".join(line.split()) for line in answer.out.splitlines()]
    assert "free started" in lines
    assert "free done 5.0 s" in lines


def test_the_same_directory_is_uploaded_once_and_another_one_as_another_version(project: Project) -> None:
    project.compile()
    project.submit()
    assert "(there already)" in project.submit().out
    assert (len(project.api.versions), len(project.api.runs)) == (1, 2)
    project.compile(FREE, GOOD)
    project.frames = [("SUCCEEDED", {"free": "SUCCEEDED", "good": "SUCCEEDED"})]
    # Nothing comes after the gate, and nothing tells whether it passed.
    answer = project.submit(code=1)
    assert "good judged: whether it passed is not told" in answer.out
    assert "the cluster does not tell what the steps measured: `--stage` says where" in answer.out
    assert len(project.api.versions) == 2
    assert (len(project.api.pipelines), len(project.api.experiments)) == (1, 1)


def test_parameters_are_sent_with_their_types(project: Project) -> None:
    types = {"i": "int", "f": "float", "b": "bool", "s": "string", "l": "list", "m": "map"}
    params = tuple(nodes.Param(name, {"base": base}, None) for name, base in types.items())
    project.compile(params=params)
    texts = {"i": "3", "f": "0.5", "b": "true", "s": "true", "l": "[1]", "m": '{"a": {"b": null}}'}
    project.submit(*(word for name, text in texts.items() for word in ("--set", f"{name}={text}")))
    (made,) = project.api.runs.values()
    assert made.content["runtime_config"]["parameters"] == {
        "i": 3,
        "f": 0.5,
        "b": True,
        "s": "true",
        "l": [1],
        "m": {"a": {"b": None}},
    }


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (
            ["factor=half"],
            "error[MLP793] bad-parameter: the parameter `factor` cannot be `half`: it is a whole number",
        ),
        (
            ["factor=2.5"],
            "error[MLP793] bad-parameter: the parameter `factor` cannot be `2.5`: it is a whole number",
        ),
        (["facter=2"], "error[MLP601] unknown-parameter: the pipeline has no parameter `facter`"),
        ([], "error[MLP602] no-value: the parameter `factor` has no value"),
    ],
)
def test_a_parameter_that_does_not_fit_is_said_before_anything_is_sent(
    project: Project, given: list[str], text: str
) -> None:
    project.compile(params=(nodes.Param("factor", {"base": "int"}, None),))
    answer = project.submit(*(word for each in given for word in ("--set", each)), code=1)
    assert text in answer.err
    assert not project.api.pipelines


def test_what_a_step_has_to_be_told_of_a_run_is_given_like_a_parameter(project: Project) -> None:
    register = nodes.Task(
        "catalog",
        nodes.Action("runtime", "mlpc_stdlib.runtime.register", "mlflow"),
        {"model": nodes.Input((nodes.Reference("free", "words"),))},
        {},
        {"name": "words"},
        effect=True,
    )
    project.compile(FREE, register)
    project.frames = [("SUCCEEDED", {"free": "SUCCEEDED", "catalog": "SUCCEEDED"})]
    assert "`--set catalog.tracking_uri=…`" in project.submit(code=1).err
    project.submit("--set", "catalog.tracking_uri=https://mlflow.example.org")
    (made,) = project.api.runs.values()
    assert made.content["runtime_config"]["parameters"] == {
        "catalog__2etracking_uri": "https://mlflow.example.org"
    }


def test_a_schedule_becomes_one_recurring_run_however_often_it_is_submitted(project: Project) -> None:
    nightly = nodes.Trigger("nightly", "0 3 * * *", "UTC")
    project.compile(FREE, GOOD, AFTER, nightly)
    assert "(0 3 * * *, UTC) was made" in project.submit().out
    (first,) = project.api.recurring.values()
    assert first["display_name"] == "words by mlpc: nightly"
    assert first["trigger"] == {"cron_schedule": {"cron": "0 0 3 * * *"}}
    assert "was kept" in project.submit().out
    assert [*project.api.recurring.values()] == [first]
    project.compile(FREE, GOOD, AFTER, nodes.Trigger("nightly", "30 4 * * *", "UTC"))
    assert "was replaced" in project.submit().out
    (second,) = project.api.recurring.values()
    assert second["trigger"] == {"cron_schedule": {"cron": "0 30 4 * * *"}}
    project.compile()
    assert "is no longer wanted: deleted" in project.submit().out
    assert project.api.recurring == {}


def test_a_schedule_by_the_clock_of_a_place_is_written_in_utc(project: Project) -> None:
    project.compile(FREE, GOOD, AFTER, nodes.Trigger("nightly", "0 3 * * *", "Asia/Tokyo"))
    assert "(0 18 * * *, UTC) was made; that is 0 3 * * * in Asia/Tokyo\n" in project.submit().out
    (made,) = project.api.recurring.values()
    assert made["trigger"] == {"cron_schedule": {"cron": "0 0 18 * * *"}}
    project.compile(FREE, GOOD, AFTER, nodes.Trigger("nightly", "0 3 * * *", "Europe/Berlin"))
    assert "in Europe/Berlin until its clocks change: submit it again then" in project.submit().out


def test_a_recurring_run_is_told_for_which_time_it_was_scheduled(project: Project) -> None:
    """Kubeflow puts that into each run of it; a run that `mlpc submit` starts gets the time of that, or what `--at` says."""
    nightly = nodes.Trigger("nightly", "0 3 * * *", "UTC")
    asked = copy.copy(FREE)
    asked.arguments = {**FREE.arguments, "as_of": {"param": "nightly.time"}}
    moment = nodes.Param("nightly.time", {"base": "datetime"}, None, "", "nightly")
    project.compile(asked, GOOD, AFTER, nightly, params=(moment,))
    project.submit("--at", "2026-01-31T03:00")
    before = time.strftime(nodes.TIME, time.gmtime())
    project.submit()
    said = [
        made.content["runtime_config"]["parameters"]["nightly__2etime"] for made in project.api.runs.values()
    ]
    assert said[0] == "2026-01-31T03:00:00Z"
    assert before <= said[1] <= time.strftime(nodes.TIME, time.gmtime())
    (recurring,) = project.api.recurring.values()
    assert recurring["runtime_config"]["parameters"] == {
        "nightly__2etime": "[[ScheduledTime.2006-01-02T15:04:05Z]]"
    }


def test_an_experiment_that_was_archived_is_used_again(project: Project) -> None:
    project.compile()
    project.submit()
    (experiment,) = project.api.experiments.values()
    experiment["storage_state"] = "ARCHIVED"
    project.submit()
    assert len(project.api.experiments) == 1


def test_users_have_namespaces_and_tokens(project: Project, tmp_path: Path) -> None:
    project.compile()
    project.api.multi_user, project.api.token = True, "t0ken"
    answer = project.submit(code=4)
    assert "does not let this user in: Unauthenticated" in answer.err
    assert "give a token with KFP_TOKEN" in answer.err
    (tmp_path / "token").write_text("t0ken\n", encoding="utf-8")
    project.variables["KFP_TOKEN_FILE"] = str(tmp_path / "token")
    assert "name yours with KFP_NAMESPACE" in project.submit(code=4).err
    project.variables["KFP_NAMESPACE"] = "ada"
    answer = project.submit()
    assert {each["namespace"] for each in project.api.pipelines.values()} == {"ada"}
    assert {each["namespace"] for each in project.api.experiments.values()} == {"ada"}
    assert "t0ken" not in answer.out + answer.err


def test_no_request_is_taken_that_the_models_of_the_api_do_not_know() -> None:
    """The check itself: what is misspelt, or of another type, is found."""
    good = {
        "display_name": "a",
        "runtime_config": {"parameters": {"x": 1}},
        "created_at": "2026-01-01T00:00:00+00:00",
    }
    assert read(good, "V2beta1Run") == []
    assert read({"displayName": "a"}, "V2beta1Run") == ["V2beta1Run has no member displayName"]
    assert read({"runtime_config": {"params": {}}}, "V2beta1Run") == [
        "V2beta1Run.runtime_config has no member params"
    ]
    assert read({"mode": "ON", "max_concurrency": 1}, "V2beta1RecurringRun") != []
    assert len(read({"mode": "ON", "max_concurrency": 1}, "V2beta1RecurringRun")) == 2


# What comes of it


def test_a_gate_that_holds_something_back_is_shown_as_what_it_is(project: Project) -> None:
    project.compile()
    judged = {"free": "SUCCEEDED", "good": "SUCCEEDED"}
    project.frames = [("RUNNING", RUNNING), ("RUNNING", judged), ("SUCCEEDED", BLOCKED)]
    answer = project.submit(code=1)
    lines = [" ".join(line.split()) for line in answer.out.splitlines()]
    assert "good not passed 5.0 s" in lines
    assert "after held back" in lines
    assert "| held back by `good`" in lines
    assert "failed" not in answer.out
    summary = json.loads(project.submit("--json", code=1).out)
    assert summary["gates"] == [{"node": "good", "passed": False, "verdicts": []}]
    assert [(each["node"], each["state"], each["by"]) for each in summary["steps"]] == [
        ("free", "ran", []),
        ("after", "blocked", ["good"]),
    ]


def test_the_summary_has_the_members_of_that_of_a_run_here(project: Project) -> None:
    from mlpc_run.summary import Step, Summary

    project.compile()
    summary = json.loads(project.submit("--json").out)
    elsewhere = {"run", "new", "notes", "artefacts"}
    assert set(Summary(1, "", "").to_json()) - elsewhere <= set(summary)
    assert set(Step("", "").to_json()) - {"log", "key", "why"} <= set(summary["steps"][0])
    assert (summary["exit_code"], summary["gates"][0]["passed"]) == (0, True)


def test_a_step_that_fails_is_shown_with_the_end_of_its_log(project: Project) -> None:
    project.compile()
    project.frames = [("RUNNING", RUNNING), ("FAILED", {"free": "FAILED"})]
    number = crc32(b"free")
    project.api.logs[f"words-x7k2p-system-container-impl-{number}"] = "Traceback\nKeyError: 'words'\n"
    answer = project.submit(code=5)
    lines = [" ".join(line.split()) for line in answer.out.splitlines()]
    assert "| KeyError: 'words'" in lines
    assert "| held back by `free`" in lines
    project.api.logs, logs = {}, project.api.logs
    assert (
        f"--selector pipeline/runid={next(iter(project.api.runs))} " in project.submit("--follow", code=5).out
    )
    project.api.logs = logs
    summary = json.loads(project.submit("--json", code=5).out)
    assert [each["state"] for each in summary["steps"]] == ["failed", "skipped"]
    error = summary["steps"][0]["error"]
    assert (error["code"], "KeyError: 'words'" in error["help"][0]) == ("MLP630", True)


def test_what_a_step_says_of_its_failure_is_what_the_summary_says(project: Project) -> None:
    """A task that failed leaves nothing but its log: Kubeflow's launcher takes no outputs of it."""
    project.compile()
    project.frames = [("FAILED", {"free": "FAILED"})]
    project.api.logs[f"words-x7k2p-system-container-impl-{crc32(b'free')}"] = (
        "error[MLP743 user-code-failed]: the first attempt\n"
        "error[MLP795 value-does-not-fit]: `size` of `free` is a whole number, but comes to 1.5\n"
        "  at steps.py:4\n"
        "  help: main.mlp:9:12 says `words / 2`\n"
        "F0101 10:00:00.0 17 main.go:54] failed to execute component: exit status 2\n"
    )
    answer = project.submit(code=5)
    said = "error[MLP795] value-does-not-fit: `size` of `free` is a whole number, but comes to 1.5\n"
    assert f"{said}  = help: at steps.py:4\n  = help: main.mlp:9:12 says `words / 2`\n" in answer.out
    (error, *_) = [each["error"] for each in json.loads(project.submit("--json", code=5).out)["steps"]]
    assert (error["code"], error["name"]) == ("MLP795", "value-does-not-fit")
    assert error["place"] == {"file": "steps.py", "line": 4}


def test_a_run_that_fails_without_a_step_says_why_as_far_as_it_is_known(project: Project) -> None:
    project.compile()
    project.frames = [("FAILED", {"data-0x1": "FAILED"})]
    summary = json.loads(project.submit("--json", code=5).out)
    assert summary["reasons"] == ["`data-0x1` failed on the cluster"]
    project.frames = [("CANCELED", RUNNING)]
    summary = json.loads(project.submit("--json", code=5).out)
    assert summary["reasons"] == ["`free` failed", "the run was ended on the cluster"]
    assert summary["steps"][0]["error"]["name"] == "interrupted"


# An API that does not answer, and clients that end


def test_an_api_that_is_not_there_is_said_with_what_was_tried(project: Project) -> None:
    project.compile()
    project.api.stop()
    answer = project.submit(code=4)
    assert f"no API of Kubeflow Pipelines (v2beta1) answers at {project.api.url}" in answer.err
    assert "KFP_ENDPOINT is set" in answer.err
    answer = project.submit("--url", "http://127.0.0.1:9/pipeline", code=4)
    assert "at http://127.0.0.1:9/pipeline" in answer.err
    assert "it was given with --url" in answer.err
    del project.variables["KFP_ENDPOINT"]
    answer = project.submit(code=4)
    assert "nothing says where the API of Kubeflow Pipelines is" in answer.err
    project.api.start()


@pytest.mark.parametrize(
    "url", ["ftp://host", "http://", "http://user:pass@host", "https://host?x=1", "http://h:port"]
)
def test_an_address_that_is_none_is_told(project: Project, url: str) -> None:
    project.compile()
    answer = project.submit("--url", url, code=4)
    assert "error[MLP590] no-kubeflow: the address of Kubeflow's API is none" in answer.err
    assert "pass@" not in answer.err


def test_something_else_that_answers_is_not_taken_for_the_api(project: Project) -> None:
    project.compile()
    project.api.instead = "<!DOCTYPE html><html>log in</html>"
    assert "something else answers there" in project.submit(code=4).err


def test_connections_that_drop_are_made_again(project: Project) -> None:
    project.compile()
    process = project.start()
    project.frames = [("RUNNING", RUNNING)] * 2 + [("SUCCEEDED", PASSED)]
    project.wait_for_run()
    project.api.drop = 2
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "the API does not answer (the connection was closed); it is asked again" in said
    assert "the API answers again" in said


def test_an_api_that_stays_away_is_reported_and_the_run_can_be_followed_later(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlpc_engines.directory import Compiled
    from mlpc_engines.engine import Options
    from mlpc_engines.errors import SubmitError
    from mlpc_engines.kubeflow import Kubeflow

    build = project.compile()
    project.submit()
    monkeypatch.setattr(kfp_api, "PATIENCE", 0.5)
    monkeypatch.setattr(kfp_api, "PAUSE", 0.1)
    for name, value in project.variables.items():
        monkeypatch.setenv(name, value)
    kubeflow = Kubeflow.connect(Compiled(str(build)), Options(), lambda event: None, lambda progress: None)
    project.api.stop()
    with pytest.raises(SubmitError, match=r"does not answer any more: .*refused"):
        kubeflow.follow()
    project.api.start()
    assert kubeflow.follow()["exit_code"] == 0


def test_a_run_whose_start_was_not_confirmed_is_not_started_twice(project: Project) -> None:
    project.compile()
    project.api.lose = [("POST", "/apis/v2beta1/runs")]
    assert "looking whether it started the run" in project.submit().out
    assert len(project.api.runs) == 1


@pytest.mark.parametrize("lost", ["pipelines", "pipelines/upload_version", "experiments"])
def test_what_was_made_without_an_answer_is_found(project: Project, lost: str) -> None:
    project.compile()
    project.api.lose = [("POST", f"/apis/v2beta1/{lost}")]
    project.submit()
    assert len(project.api.pipelines) == len(project.api.versions) == len(project.api.experiments) == 1


def test_a_client_that_is_killed_leaves_a_run_that_can_be_followed(project: Project) -> None:
    project.compile()
    project.frames = [("RUNNING", RUNNING)]
    process = project.start()
    made = project.wait_for_run()
    process.kill()
    process.communicate()
    # The API is started anew meanwhile.
    project.api.stop()
    project.api.start()
    made.frames = [("SUCCEEDED", PASSED)]
    answer = project.submit("--follow")
    assert made.content["run_id"] in answer.out
    assert "free             done" in answer.out
    assert len(project.api.runs) == 1


def test_who_is_interrupted_is_told_how_to_go_on(project: Project) -> None:
    project.compile()
    project.frames = [("RUNNING", RUNNING)]
    process = project.start()
    project.wait_for_run()
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert "`mlpc submit build --follow` follows it again" in said
    assert ("POST", "terminate") not in project.api.requests


def test_nothing_to_follow_and_a_run_that_was_deleted_are_told(project: Project) -> None:
    project.compile()
    assert "knows no run that was submitted from `build`" in project.submit("--follow", code=4).err
    project.submit()
    project.compile(FREE, GOOD, into="other")
    answer = project.submit("--follow", into="other", code=4)
    assert "of another version of it" in answer.err
    project.frames = [("RUNNING", RUNNING)]
    process = project.start()
    for _ in range(400):
        if len(project.api.runs) == 2 and [*project.api.runs.values()][1].looks:
            break
        time.sleep(0.05)
    project.api.runs.popitem()
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 4, said
    assert "is not there any more: it was deleted" in said


# Images, secrets and data that are not there


def test_without_a_registry_and_without_docker_nothing_is_submitted(project: Project) -> None:
    project.compile(settings={})
    assert "error[MLP560] no-docker" in project.submit(code=4).err
    answer = run("build", "build", "--push", cwd=project.folder, DOCKER_HOST="unix:///nowhere")
    assert (answer.code, "MLP560" in answer.err) == (4, True)
    assert not project.api.pipelines


def test_data_without_a_store_is_told_before_anything_is_sent(project: Project) -> None:
    project.compile(COUNT, GATE, DOUBLE, params=(FACTOR,))
    (project.folder / "texts").mkdir()
    (project.folder / "texts" / "three.txt").write_text("one two three", encoding="utf-8")
    answer = project.submit(code=1)
    assert "error[MLP593] no-stage: the pipeline reads `texts/three.txt`" in answer.err
    for url in ("bucket/x", "http://host/x", "s3://", "s3://b/../x", "file:///tmp", "s3://key:secret@host/b"):
        answer = project.submit("--stage", url, code=1)
        assert "error[MLP593] no-stage" in answer.err
        assert "secret@" not in answer.err
    answer = project.submit("--stage", "minio://mlpipeline/data", code=4)
    assert "nothing says where MinIO is reached from here" in answer.err
    assert not project.api.pipelines


KEY = nodes.Secret("key", {"base": "string"}, {"env": "TEST_KEY"})


def test_a_secret_without_a_cluster_is_told_with_the_line_that_makes_it(project: Project) -> None:
    tell = task("tell", inputs={}, arguments={"key": {"secret": "key"}})
    project.compile(tell, secrets=(KEY,))
    project.variables["TEST_KEY"] = "s3same"
    answer = project.submit(code=4)
    assert (
        "error[MLP595] no-cluster: the secret `key` has to become the Secret `mlpc-words--key`" in answer.err
    )
    assert (
        "kubectl create secret generic mlpc-words--key --namespace kubeflow --from-file=value=FILE"
        in answer.err
    )
    assert "s3same" not in answer.out + answer.err
    del project.variables["TEST_KEY"]
    assert "error[MLP607] missing-secret" in project.submit(code=4).err
    assert not project.api.pipelines


def test_secrets_are_made_in_the_namespace_of_the_run(project: Project) -> None:
    import threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    from kubernetes.client import V1Secret

    stored: dict[str, dict[str, Any]] = {}
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        """A stand-in for the API of Kubernetes as far as Secrets go; bodies are read by its strict models."""

        def log_message(self, *arguments: Any) -> None:
            pass

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"null")
            name = self.path.rpartition("/")[2] if self.command != "POST" else body["metadata"]["name"]
            seen.append(f"{self.command} {self.path}")
            status = 200
            if self.command == "GET":
                status = 200 if name in stored else 404
            elif self.command == "POST" and name in stored:
                status = 409
            else:
                V1Secret.model_validate(body)
                stored[name] = body
            text = json.dumps(stored.get(name) if status == 200 else {"message": "no"}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_PUT = do_POST

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_address[1]}"}}],
        "users": [{"name": "u", "user": {}}],
    }
    (project.folder / "kubeconfig").write_text(json.dumps(config), encoding="utf-8")
    project.variables |= {"TEST_KEY": "s3same", "KFP_NAMESPACE": "ml"}
    tell = task("tell", inputs={}, arguments={"key": {"secret": "key"}, "more": {"secret": "more"}})
    project.compile(tell, secrets=(KEY, nodes.Secret("more", {"base": "string"}, None)))
    project.frames = [("SUCCEEDED", {"tell": "SUCCEEDED"})]
    try:
        answer = project.submit(code=4)
        assert "the Secret `mlpc-words--more` is not in the namespace `ml`" in answer.err
        stored["mlpc-words--more"] = {}
        project.submit()
        assert stored["mlpc-words--key"]["data"] == {"value": "czNzYW1l"}
        assert "PUT /api/v1/namespaces/ml/secrets/mlpc-words--key" in seen
        project.variables["TEST_KEY"] = "0ther"
        answer = project.submit()
        assert stored["mlpc-words--key"]["data"] == {"value": "MHRoZXI="}
    finally:
        server.shutdown()
        server.server_close()
    sent = json.dumps([run.content for run in project.api.runs.values()])
    built = "".join(
        path.read_text(errors="replace") for path in (project.folder / "build").rglob("*") if path.is_file()
    )
    for value in ("s3same", "0ther", "czNzYW1l"):
        assert value not in answer.out + answer.err + sent + built


def test_the_page_says_what_was_checked_and_what_was_not(project: Project) -> None:
    page = (project.compile() / "README.md").read_text(encoding="utf-8")
    assert "checked against the request models of" in page
    assert "On a cluster none of this was run." in page


def test_a_registry_is_named_when_compiling(tmp_path: Path) -> None:
    for name in ("main.mlp", "mlpc.lock"):
        (tmp_path / name).write_bytes((TUMOR / name).read_bytes())
    words = ("compile", "main.mlp", "--env", "ci", "-o", "build", "--registry")
    assert run(*words, "registry.example.org/team", "--to", "compose", cwd=tmp_path).code == 2
    answer = run(*words, "not a registry", "--to", "kubeflow", cwd=tmp_path)
    assert "error[MLP576] bad-setting: `not a registry` is no registry of images" in answer.err
    assert not (tmp_path / "build").exists()
    assert run(*words, "registry.example.org/team", "--to", "kubeflow", cwd=tmp_path).code == 0
    text = (tmp_path / "build" / "pipeline.yaml").read_text(encoding="utf-8")
    assert text.count('image: "registry.example.org/team/mlpc-tumor/') == text.count("image: ") > 5


# Data, in a real server that speaks S3; what tasks told is written there as Kubeflow's launcher does


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Objects]:
    with serving(tmp_path_factory.mktemp("s3")) as found:
        yield found


@pytest.fixture
def staged(project: Project, objects: Objects) -> Project:
    """The project with a step that reads a file, and a store for it."""
    project.variables |= objects.variables | {"MLPC_STAGE": f"s3://{BUCKET}/{project.folder.name}"}
    project.compile(COUNT, GATE, DOUBLE, params=(FACTOR,))
    (project.folder / "texts").mkdir()
    (project.folder / "texts" / "three.txt").write_text("one two three", encoding="utf-8")
    return project


def tell(objects: Objects, made: dict[str, Any], node: str, record: Any, given: Any = None) -> None:
    """Leave a record where a task of the run leaves it: the name of a task and a number stand in between."""
    root = made["runtime_config"]["pipeline_root"]
    uri = f"{root}/words/{made['run_id']}/{node}/0b2c/mlpc___told"
    objects.write(uri, json.dumps({"node": node, "record": record, "given": given or {}}).encode())


COUNTED = {
    "status": "done",
    "metrics": {"words": 6},
    "outputs": {"words": "sha256:0"},
    "attempts": 1,
}
VERDICT = {
    "name": "size",
    "text": "words >= 6",
    "passed": False,
    "severity": "error",
    "message": "",
    "reason": "",
    "figures": [{"node": "count", "name": "words", "class": None, "value": 3}],
}
DONE = {"data-0x1": "SUCCEEDED", "count": "SUCCEEDED", "enough": "SUCCEEDED", "double": "SUCCEEDED"}


@pytest.mark.engine
def test_data_is_uploaded_once_and_named_by_its_digest(staged: Project, objects: Objects) -> None:
    from mlpc_stdlib.runtime import digests

    staged.frames = [("SUCCEEDED", DONE)]
    digest = digests.of_artefact(str(staged.folder / "texts" / "three.txt"))
    assert f"texts/three.txt is {digest}, uploaded: s3://" in staged.submit().out
    (made,) = staged.api.runs.values()
    uri = made.content["runtime_config"]["parameters"]["data___count___text"]
    assert uri == f"{staged.variables['MLPC_STAGE']}/data/{digest.replace(':', '-')}/three.txt"
    assert objects.read(uri) == b"one two three"
    before = objects.all()
    assert f"texts/three.txt is {digest}, there already" in staged.submit().out
    assert objects.all() == before
    (staged.folder / "texts" / "three.txt").write_text("one two", encoding="utf-8")
    staged.submit()
    other = [*staged.api.runs.values()][2].content["runtime_config"]["parameters"]["data___count___text"]
    assert other != uri
    assert (objects.read(uri), objects.read(other)) == (b"one two three", b"one two")


@pytest.mark.engine
def test_a_folder_is_uploaded_and_an_upload_that_was_cut_off_is_gone_on_with(
    staged: Project, objects: Objects
) -> None:
    from mlpc_stdlib.runtime import digests

    place = staged.folder / "texts" / "three.txt"
    place.unlink()
    (place / "in side").mkdir(parents=True)
    for name in ("a.txt", "in side/ü.txt"):
        (place / name).write_text(name, encoding="utf-8")
    staged.frames = [("SUCCEEDED", DONE)]
    digest = digests.of_artefact(str(place))
    base = f"{staged.variables['MLPC_STAGE']}/data/{digest.replace(':', '-')}/three.txt"
    objects.write(f"{base}/a.txt", b"a.txt")
    before = objects.all()
    assert f"is {digest}, uploaded: {base}" in staged.submit().out
    assert objects.read(f"{base}/in side/ü.txt").decode() == "in side/ü.txt"
    after = objects.all()
    assert {path: after[path] for path in before} == before


@pytest.mark.engine
def test_figures_are_those_that_the_tasks_told(staged: Project, objects: Objects) -> None:
    staged.frames = [("RUNNING", {"count": "RUNNING"})]
    process = staged.start("--json")
    made = staged.wait_for_run()
    tell(objects, made.content, "count", COUNTED)
    passed = {**VERDICT, "passed": True}
    tell(objects, made.content, "enough", {"status": "done", "verdicts": [passed]}, {"count": COUNTED})
    tell(objects, made.content, "double", {"status": "done", "outputs": {"made": "sha256:1"}})
    made.frames, made.looks = [("SUCCEEDED", DONE)], 0
    said, _ = process.communicate(timeout=60)
    summary = json.loads(said)
    assert summary["exit_code"] == 0
    assert summary["gates"] == [{"node": "enough", "passed": True, "verdicts": [passed]}]
    steps = {each["node"]: each for each in summary["steps"]}
    assert steps["count"]["metrics"] == {"words": 6}
    assert steps["double"]["outputs"] == {"made": "sha256:1"}


@pytest.mark.engine
def test_a_gate_that_does_not_pass_is_told_with_its_figures(staged: Project, objects: Objects) -> None:
    staged.frames = [("RUNNING", {"count": "RUNNING"})]
    process = staged.start()
    made = staged.wait_for_run()
    counted = {**COUNTED, "metrics": {"words": 3}}
    # The step itself was taken from the cache, so only the gate tells of it.
    tell(objects, made.content, "enough", {"status": "not_passed", "verdicts": [VERDICT]}, {"count": counted})
    made.frames, made.looks = [("SUCCEEDED", {**DONE, "double": "SKIPPED"})], 0
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 1, said
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert "| size: words >= 6 (words is 3)" in lines
    assert "count cached" in lines
    summary = json.loads(staged.submit("--follow", "--json", code=1).out)
    steps = {each["node"]: each for each in summary["steps"]}
    assert (steps["count"]["state"], steps["count"]["metrics"]) == ("cached", {"words": 3})
    assert (steps["double"]["state"], steps["double"]["by"]) == ("blocked", ["enough"])


@pytest.mark.engine
def test_a_store_that_does_not_take_data_is_told(staged: Project) -> None:
    staged.variables["MLPC_STAGE"] = "s3://nobody/there"
    answer = staged.submit(code=4)
    assert "error[MLP594] staging-failed: the store at s3://nobody/there does not take the data" in answer.err
    assert "the bucket has to be there: it is not made" in answer.err
    staged.variables |= {"MLPC_STAGE": f"s3://{BUCKET}", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    assert "AWS_ENDPOINT_URL" in staged.submit(code=4).err
    assert not staged.api.runs


@pytest.mark.engine
def test_kubeflows_own_messages_find_nothing_wrong_with_what_is_uploaded(project: Project) -> None:
    build = project.compile()
    project.submit()
    ((id, content),) = project.api.files.items()
    uploaded = project.folder / f"{id}.yaml"
    uploaded.write_bytes(content)
    assert problems(uploaded, build / "pipeline.yaml") == [[], []]


@pytest.mark.engine
def test_what_was_submitted_runs_and_its_records_are_what_is_shown(staged: Project, objects: Objects) -> None:
    """The run is made by the engine of Kubeflow's SDK for one machine, of the file and the parameters that were sent."""
    staged.frames = [("RUNNING", {"count": "RUNNING"})]
    process = staged.start("--json", "--set", "factor=3")
    made = staged.wait_for_run()
    config = made.content["runtime_config"]
    (content,) = staged.api.files.values()
    local = staged.folder / "local"
    local.mkdir()
    for path in (staged.folder / "build").rglob("*"):
        if path.is_file():
            target = local / "build" / path.relative_to(staged.folder / "build")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    (local / "build" / "pipeline.yaml").write_bytes(content.replace(b"registry.example.org/team/", b""))
    # Such an engine reads files: what a cluster would fetch is fetched for it.
    (local / "three.txt").write_bytes(objects.read(config["parameters"]["data___count___text"]))
    done = run_local(
        local / "build", local, {**config["parameters"], "data___count___text": str(local / "three.txt")}
    )
    assert done.failed == [], done.log
    for path in (local / "out").rglob("mlpc___told"):
        root = f"{config['pipeline_root']}/words/{made.content['run_id']}"
        objects.write(f"{root}/{path.parent.name}/1/mlpc___told", path.read_bytes())
    made.frames, made.looks = [("SUCCEEDED", dict.fromkeys(done.ran, "SUCCEEDED"))], 0
    said, _ = process.communicate(timeout=60)
    summary = json.loads(said)
    steps = {each["node"]: each for each in summary["steps"]}
    assert (summary["exit_code"], set(steps)) == (0, {"count", "double"})
    assert steps["count"]["metrics"] == done.record("count")["metrics"] == {"words": 9}
    assert steps["double"]["outputs"] == done.record("double")["outputs"]
    assert summary["gates"][0]["verdicts"] == done.record("enough")["verdicts"]


# Images, in a real registry


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a registry of images on this machine."""
    with engine.registry(tmp_path_factory.mktemp("registry")) as address:
        yield address


@pytest.mark.engine
@pytest.mark.usefixtures("docker_engine")
def test_images_are_built_and_pushed_once_to_the_registry_that_the_pipeline_names(
    project: Project, registry: str
) -> None:
    project.variables.pop("DOCKER_HOST")
    settings = {"kubeflow": {"registry": f"{registry}/team"}}
    build = project.compile(settings=settings, labels={"test": uuid4().hex})
    facts = json.loads((build / "manifest.json").read_bytes())
    (tag,) = facts["images"]
    full = f"{registry}/team/{tag}"
    try:
        answer = run("build", "build", "--push", cwd=project.folder)
        assert (answer.code, f"{full}  pushed" in answer.out) == (0, True), answer
        assert f'image: "{full}"' in (build / "pipeline.yaml").read_text(encoding="utf-8")
        repository, _, version = tag.partition(":")
        with urllib.request.urlopen(f"http://{registry}/v2/team/{repository}/tags/list") as found:
            assert json.loads(found.read())["tags"] == [version]
        engine.call("docker", "image", "rm", full, tag)
        # What the registry has is neither built nor pushed again, by whoever submits it.
        assert f"{full}  there already" in run("build", "build", "--push", cwd=project.folder).out
        assert "no registry" not in project.submit().out
        assert engine.call("docker", "image", "inspect", tag).returncode != 0
        pulled = engine.call("docker", "pull", full)
        assert pulled.returncode == 0, pulled.stderr
    finally:
        engine.call("docker", "image", "rm", full, tag)


@pytest.mark.engine
@pytest.mark.usefixtures("docker_engine")
def test_a_registry_that_is_not_named_or_not_there_is_told(project: Project) -> None:
    project.variables.pop("DOCKER_HOST")
    build = project.compile(settings={}, labels={"test": uuid4().hex})
    (tag,) = json.loads((build / "manifest.json").read_bytes())["images"]
    try:
        answer = run("build", "build", "--push", cwd=project.folder)
        assert answer.code == 1
        assert "error[MLP591] no-registry: `build` names no registry" in answer.err
        assert "--registry registry.example.org/team" in answer.err
        assert "no registry was named when compiling" in project.submit().out
    finally:
        engine.call("docker", "image", "rm", tag)
    build = project.compile(settings={"kubeflow": {"registry": "127.0.0.1:9"}}, labels={"test": uuid4().hex})
    (tag,) = json.loads((build / "manifest.json").read_bytes())["images"]
    try:
        answer = run("build", "build", "--push", cwd=project.folder)
        assert (answer.code, "error[MLP592] push-failed" in answer.err) == (4, True), answer
    finally:
        engine.call("docker", "image", "rm", tag, f"127.0.0.1:9/{tag}")
