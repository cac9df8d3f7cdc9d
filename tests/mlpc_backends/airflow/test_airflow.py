"""What the backend for Airflow emits, notes and refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpc.backend import CONSTRUCTS, Emitted, Material
from mlpc.ir import models, nodes
from mlpc_backends.airflow import BACKEND
from mlpc_backends.airflow.render import literal
from mlpc_backends.airflow.spec import GROUP, TASK, Expression, Template, quoted
from tests.mlpc.ir.workflows import literals, names, workflows

from .reading import calls, rendered, skeleton, steps, texts, tree, value, waits

MATERIAL = Material({"mlpc_stdlib/__init__.py": b""}, {"train.py": b"x = 1\n"})
FIT = nodes.Action("project", "train.py", "fit")
MODEL: nodes.JsonObject = {"type": "file", "format": "bin"}
CSV = nodes.Input((nodes.External("data/cells.csv", False, MODEL),))
FITTED = nodes.Input((nodes.Reference("fit", "model"),))
SERVE = nodes.Action("runtime", "mlpc_stdlib.runtime.serve", "server")
REGISTER = nodes.Action("runtime", "mlpc_stdlib.runtime.register", "mlflow")
CHAMPION = nodes.Action("runtime", "mlpc_stdlib.runtime.champion", "mlflow")


def task(id: str, **more: Any) -> nodes.Task:
    given: dict[str, Any] = {"inputs": {}, "outputs": {"model": nodes.Output(MODEL)}, "arguments": {}, **more}
    return nodes.Task(id, given.pop("action", FIT), **given)


def emitted(*made: nodes.Node, material: Material = MATERIAL, **more: Any) -> Emitted:
    return BACKEND.emit(nodes.Workflow(more.pop("name", "tumor"), made, **more), material)


def dag(*made: nodes.Node, **more: Any) -> bytes:
    result = emitted(*made, **more)
    assert result.files, said(result)
    return result.files["dag.py"]


def said(result: Emitted) -> list[str]:
    return [" | ".join([f"{item.code.code} {item.message}", *item.help]) for item in result.diagnostics]


# A whole file


def test_a_small_pipeline() -> None:
    result = emitted(
        task("fit", inputs={"rows": CSV}, retry=nodes.Retry(3, 30.0), timeout=600.0),
        nodes.Gate("fit.gate", (nodes.Condition({"const": True}, "recall >= 0.9"),), after=("fit",)),
        nodes.Trigger("nightly", "0 3 * * *", "Europe/Berlin"),
        environment="ci",
        labels={"owner": "me@example.org", "tags": ["medical"]},
    )
    images = {step["task_id"]: step["image"] for step in calls(result.files["dag.py"], "Step")}
    assert images["fit"] == images["fit.gate"]
    assert (
        result.files["dag.py"].decode("ascii").replace(images["fit"], "IMAGE")
        == '''\
"""Made by mlpc; do not edit, but compile anew. Airflow 3, or 2.11, with its provider for Docker."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from os.path import abspath, dirname

from airflow.providers.docker.operators.docker import DockerOperator
from docker.types import Mount

try:
    from airflow.sdk import DAG, CronTriggerTimetable
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.timetables.trigger import CronTriggerTimetable


class Step(DockerOperator):
    """A container of which nothing but arguments, variables and mounts are templates, and no text the name of one."""

    template_fields = ('command', 'environment', 'mounts')
    template_ext = ()
    custom_operator_name = 'DockerOperator'


STORE = Mount(source='{{ var.value.get("mlpc.tumor.ci.store", "mlpc-tumor_ci_airflow") }}', target='/mlpc/store', type='volume')

with DAG(
    dag_id='tumor.ci',
    description='',
    doc_md='| the run | what promotes | what it means |\\n|---|---|---|\\n| `success` | `success` | every step and gate \
went well: the model is promoted |\\n| `success` | `skipped` | a gate did not pass, which is a result: nothing is \
registered or published |\\n| `failed` | `failed, upstream_failed` | a step failed: nothing is registered or published \
after it |',
    schedule=CronTriggerTimetable('0 3 * * *', timezone='Europe/Berlin'),
    start_date=datetime(2000, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    tags=['mlpc', 'medical'],
    user_defined_macros={'folder': dirname(abspath(__file__))},
    default_args={
        'owner': 'me@example.org',
        'retries': 0,
        'weight_rule': 'absolute',
        'do_xcom_push': False,
        'auto_remove': 'force',
        'mount_tmp_dir': False,
        'timeout': 600,
        'skip_on_exit_code': 99,
    },
):
    steps = {}
    steps['fit'] = Step(
        task_id='fit',
        image='IMAGE',
        command=[
            '--workflow=/mlpc/workflow.json',
            '--node=fit',
            '--store=/mlpc/store',
            '--run={{ run_id }}',
            '--not-passed=99',
            '--attempt={{ ti.try_number }}',
        ],
        mounts=[
            STORE,
            Mount(source='{{ var.value.get("mlpc.tumor.ci.data", folder ~ "/data") }}/data/cells.csv', \
target='/mlpc/data/data/cells.csv', type='bind', read_only=True),
        ],
        retries=2,
        retry_delay=timedelta(seconds=30.0),
        retry_exponential_backoff=True,
        execution_timeout=timedelta(seconds=660.0),
    )
    steps['fit.gate'] = Step(
        task_id='fit.gate',
        doc_md='- `recall >= 0.9`',
        image='IMAGE',
        command=[
            '--workflow=/mlpc/workflow.json',
            '--node=fit.gate',
            '--store=/mlpc/store',
            '--run={{ run_id }}',
            '--not-passed=99',
        ],
        mounts=[STORE],
    )
    steps['fit.gate'].set_upstream([steps['fit']])
'''
    )
    assert said(result) == []
    assert {path for path in result.files if not path.startswith(("images/", "runtime/"))} == {
        ".airflowignore",
        ".dockerignore",
        "README.md",
        "dag.py",
        "manifest.json",
        "project/train.py",
        "workflow.json",
    }


# What the constructs become


def test_what_promotes_comes_last() -> None:
    file = dag(
        task("fit"),
        nodes.Gate("fit.gate", (), after=("fit",)),
        nodes.Task("tell", FIT, {"model": FITTED}, {}, {}, after=("fit.gate",), effect=True),
        task("other"),
        nodes.Service("api", SERVE, {"model": FITTED}, {}, after=("fit.gate",)),
    )
    assert waits(file) == {
        "fit": [],
        "fit.gate": ["fit"],
        "other": [],
        "tell": ["fit", "fit.gate", "other"],
        "api": ["fit", "fit.gate", "tell"],
    }


def test_a_service_is_published() -> None:
    result = emitted(task("fit"), nodes.Service("api", SERVE, {"model": FITTED}, {}))
    assert steps(result.files["dag.py"])["api"]["command"][-1] == "--publish"
    assert said(result) == [
        (
            "MLP511 on the target `airflow`, a service that stays up (`api`) is lowered: "
            "Airflow runs jobs only: the promoted bundle is put into the store, no server is started"
        )
    ]
    page = result.files["README.md"].decode("utf-8")
    image = steps(result.files["dag.py"])["api"]["image"]
    assert (
        f"    docker run --rm -p 127.0.0.1:8000:8000 -v mlpc-tumor_airflow:/mlpc/store {image} --workflow=/mlpc/workflow.json"
        " --store=/mlpc/store --node=api\n"
    ) in page


def test_instances_are_a_group() -> None:
    file = dag(
        task("fit[eu]"),
        task("fit[us]"),
        nodes.FanOut("fit", ("eu", "us"), {"eu": "fit[eu]", "us": "fit[us]"}),
        task("best", after=("fit",)),
    )
    assert {id: step.get("task_group") for id, step in steps(file).items()} == {
        "fit-eu": "groups['fit']",
        "fit-us": "groups['fit']",
        "best": None,
    }
    assert steps(file)["fit-eu"]["task_display_name"] == "fit[eu]"
    assert waits(file)["best"] == ["fit-eu", "fit-us"]
    assert b"groups = {name: TaskGroup(name, prefix_group_id=False) for name in ['fit']}\n" in file


@pytest.mark.parametrize(
    ("type", "default", "schema"),
    [
        ({"base": "int", "min": 10, "max": 1000}, 200, {"type": "integer", "minimum": 10, "maximum": 1000}),
        (
            {"base": "float", "min": 0, "max": 1, "min_open": True, "max_open": True},
            0.5,
            {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        ),
        ({"base": "duration", "min": 0}, 60.0, {"type": "number", "minimum": 0}),
        ({"base": "bool"}, True, {"type": "boolean"}),
        ({"base": "enum", "choices": ["eu", "us"]}, "eu", {"type": "string", "enum": ["eu", "us"]}),
        (
            {"base": "enum", "choices": ["eu", "us"]},
            None,
            {"type": ["null", "string"], "enum": ["eu", "us", None]},
        ),
        ({"base": "date"}, "2026-01-31", {"type": "string", "format": "date"}),
        ({"base": "url"}, "s3://a/b", {"type": "string"}),
        ({"base": "list", "of": {"base": "int"}}, [1, 2], {"type": "array", "items": {"type": "integer"}}),
        (
            {"base": "map", "of": {"base": "bool"}},
            {"a": True},
            {"type": "object", "additionalProperties": {"type": "boolean"}},
        ),
        (
            {"base": "tensor", "of": {"base": "float"}, "shape": [1, 2]},
            [[0.0, 1.5]],
            {
                "type": "array",
                "minItems": 1,
                "maxItems": 1,
                "items": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number"}},
            },
        ),
    ],
)
def test_a_parameter_is_typed(type: nodes.JsonObject, default: Any, schema: Any) -> None:
    file = dag(
        task("fit", arguments={"x": {"param": "x"}}), params=(nodes.Param("x", type, default, "How."),)
    )
    (found,) = calls(file, "Param")
    assert found.pop("0") == default
    assert found.pop("description").startswith("How.")
    assert found == schema


def test_a_step_is_given_the_parameters_that_it_reads() -> None:
    params = (
        nodes.Param("trees", {"base": "int"}, 200),
        nodes.Param("region", {"base": "string"}, "eu"),
        nodes.Param("limit", {"base": "float"}, None),
        nodes.Param("wait", {"base": "duration"}, 60.0),
    )
    reads: dict[str, Any] = {name: {"param": name} for name in ("trees", "region", "limit")}
    file = dag(task("fit", arguments=reads), task("other"), params=params)
    fit, other = steps(file)["fit"], steps(file)["other"]
    given: dict[str, Any] = {"trees": 10, "region": "{{ 'a' }}\n", "limit": None}
    assert [rendered(word, **given) for word in fit["command"] if word.startswith("--param")] == [
        "--param=trees=10",
        "--param=region={{ 'a' }}\n",
        "--param-variable=limit=MLPC_PARAM_limit",
    ]
    limit = fit["environment"]["MLPC_PARAM_limit"]
    assert [rendered(limit, limit=each) for each in (None, 0.1, 1e300)] == ["", "0.1", "1e+300"]
    assert not any("param" in word for word in other["command"])
    assert [each["description"] for each in calls(file, "Param")] == ["", "", "", "In seconds."]


def test_a_secret_is_a_file_and_its_value_is_nowhere() -> None:
    result = emitted(
        task("fit", arguments={"key": {"secret": "api_key"}}),
        task("other"),
        secrets=(nodes.Secret("api_key", {"base": "string"}, {"env": "API_KEY"}),),
    )
    fit = steps(result.files["dag.py"])["fit"]
    assert fit["mounts"][1] == {
        "source": '{{ var.value.get("mlpc.tumor.secrets", folder ~ "/secrets") }}/api_key',
        "target": "/run/secrets/api_key",
        "type": "bind",
        "read_only": True,
    }
    assert fit["command"][-2] == "--secret=api_key=/run/secrets/api_key"
    assert steps(result.files["dag.py"])["other"]["mounts"] == ["STORE"]
    manifest = json.loads(result.files["manifest.json"])
    assert manifest["secrets"] == {"api_key": {"file": "api_key", "source": {"env": "API_KEY"}}}


def test_what_a_step_asks_for() -> None:
    file = dag(task("fit", resources=nodes.Resources(2.5, 2 << 30, gpu=1)), task("small"))
    fit = steps(file)["fit"]
    assert {name: fit[name] for name in ("cpus", "pool_slots", "mem_limit", "device_requests")} == {
        "cpus": 2.5,
        "pool_slots": 3,
        "mem_limit": 2 << 30,
        "device_requests": [{"count": 1, "capabilities": [["gpu"]]}],
    }
    assert not {"cpus", "pool_slots", "mem_limit", "device_requests"} & set(steps(file)["small"])
    assert b"from docker.types import DeviceRequest, Mount\n" in file


def test_nothing_is_imported_that_is_not_used() -> None:
    imported = {
        alias.name
        for node in tree(dag()).body
        for alias in getattr(node, "names", [])
        if alias.name != "annotations"
    }
    assert imported == {"datetime", "timedelta", "timezone", "abspath", "dirname"}


def test_several_schedules_in_one_time_zone() -> None:
    file = dag(nodes.Trigger("a", "0  3 * * *", "UTC"), nodes.Trigger("b", "0 5 * * 1-5", "UTC"))
    assert b"\nfrom airflow.sdk import DAG, MultipleCronTriggerTimetable\n" in file
    assert b"Airflow 2" not in file
    assert b"    schedule=MultipleCronTriggerTimetable('0 3 * * *', '0 5 * * 1-5', timezone='UTC'),\n" in file


def test_a_registry_without_a_server_is_a_file_in_the_volume() -> None:
    result = emitted(nodes.Task("catalog", REGISTER, {}, {}, {"tracking_uri": None}, effect=True))
    step = steps(result.files["dag.py"])["catalog"]
    assert step["command"][-3:] == [
        "--param-variable=catalog.tracking_uri=MLPC_PARAM_catalog__2etracking_uri",
        "--attempt={{ ti.try_number }}",
        "--state=/mlpc/store/.state",
    ]
    assert step["environment"] == {
        "MLPC_PARAM_catalog__2etracking_uri": '{{ var.value.get("mlpc.tumor.catalog.tracking_uri", "") }}'
    }
    assert said(result) == [
        (
            "MLP580 `catalog` says no `tracking_uri`: on Airflow its registry is a file in the volume of the store"
            " | name a server in the spec, or in the variable `mlpc.tumor.catalog.tracking_uri` of Airflow"
        )
    ]
    asking = nodes.Task("champion", CHAMPION, {}, {}, {"tracking_uri": None})
    both = emitted(asking, nodes.Task("catalog", REGISTER, {}, {}, {"tracking_uri": None}, effect=True))
    assert said(both)[1].endswith(
        "or in the variable `mlpc.tumor.catalog.tracking_uri` of Airflow; "
        "`mlpc.tumor.champion.tracking_uri`: the same, or one looks where the other never was"
    )
    named = emitted(nodes.Task("catalog", REGISTER, {}, {}, {"tracking_uri": "http://m:5000"}, effect=True))
    assert "environment" not in steps(named.files["dag.py"])["catalog"]
    assert said(named) == []


# What is refused, and what is noted


PLACE: nodes.JsonObject = {"place": {"file": "main.mlp", "line": 7, "column": 3}}
AT = "`fit` stands at main.mlp:7:3"


def test_a_service_in_a_container_is_refused() -> None:
    action = nodes.Action("container", "example.org/a:1")
    result = emitted(nodes.Service("fit", action, {}, {}, labels=PLACE))
    assert said(result)[-1] == (
        "MLP510 `fit` needs a service that runs a container image, which the target `airflow` does not do"
        f" | {AT} | serve a model by `server`, or run a function of the project"
    )
    assert result.files == {}


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (
            task(
                "fit", inputs={"rows": nodes.Input((nodes.External("../x.csv", False, MODEL),))}, labels=PLACE
            ),
            (
                "MLP554 `../x.csv`, the `rows` of `fit`, does not lie in the project"
                f" | {AT} | containers see data of the project only: move it there, or give a URL"
            ),
        ),
        (
            task("fit", resources=nodes.Resources(memory=1 << 20), labels=PLACE),
            (
                "MLP558 `fit` asks for 1048576 bytes of memory"
                f" | {AT} | Docker: `Minimum memory limit allowed is 6MB`; the most is 2^63 - 1 bytes"
            ),
        ),
        (
            task("fit", timeout=1e12, labels=PLACE),
            f"MLP583 `fit` asks for a timeout of 1e+12 s | {AT} | dates overflow in Airflow; 1e+09 s are safe",
        ),
        (
            task("fit", retry=nodes.Retry(2**31 + 1), labels=PLACE),
            f"MLP583 `fit` asks for 2147483648 retries | {AT} | Airflow and Docker count to 2147483647",
        ),
        (
            task("f" * 251),
            (
                f"MLP551 `{'f' * 40}…` is too long a name on Airflow: 251 characters"
                " | Airflow: `The key has to be less than 250 characters`"
            ),
        ),
        (
            nodes.Trigger("nightly", "@daily", "UTC"),
            (
                "MLP581 `@daily` is no schedule that Airflow takes"
                " | five fields: minute, hour, day, month, weekday: `0 3 * * *`"
            ),
        ),
        (
            nodes.Trigger("nightly", "0 3 * * *", "../etc/passwd"),
            (
                "MLP581 `../etc/passwd` is no time zone that Airflow takes"
                " | names are those of the IANA database: `Europe/Berlin`"
            ),
        ),
    ],
)
def test_what_airflow_or_docker_would_refuse(node: nodes.Node, expected: str) -> None:
    result = emitted(node)
    assert said(result) == [expected]
    assert result.files == {}


def test_two_time_zones_are_refused() -> None:
    result = emitted(nodes.Trigger("a", "0 3 * * *", "UTC"), nodes.Trigger("b", "0 3 * * *", "Europe/Berlin"))
    assert said(result) == [
        (
            "MLP582 `b` is in the time zone Europe/Berlin, `a` in UTC"
            " | Airflow: all expressions of one timetable are in one time zone"
        )
    ]


def test_a_tag_that_is_too_long() -> None:
    assert said(emitted(labels={"tags": ["t" * 101]})) == [
        f"MLP583 the tag `{'t' * 40}…` has 101 characters | Airflow: `tag cannot be longer than 100 characters`"
    ]


def test_settings_of_the_backend_reach_the_dag() -> None:
    text = dag(
        task("a"), labels={"owner": "me"}, settings={"airflow": {"pool": "ml", "owner": "team"}}
    ).decode()
    assert "        'owner': 'team',\n        'pool': 'ml',\n" in text
    assert "'pool'" not in dag(task("a")).decode()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (
            {"run": "kubernetes"},
            "MLP576 tasks of Airflow run in containers of Docker: pods of Kubernetes are not built",
        ),
        ({"pool": "p" * 257}, f"MLP576 the pool `{'p' * 40}…` has 257 characters"),
    ],
)
def test_settings_that_airflow_cannot_have(setting: nodes.JsonObject, message: str) -> None:
    result = emitted(task("a"), settings={"airflow": setting})
    assert not result.files
    assert [one.partition(" | ")[0] for one in said(result)] == [message]


def test_a_default_that_python_could_not_read() -> None:
    deep: Any = 1
    for _ in range(60):
        deep = [deep]
    result = emitted(params=(nodes.Param("x", {"base": "list", "of": {"base": "int"}}, deep),))
    assert said(result) == [
        (
            "MLP583 the parameter `x` is nested too deep for a DAG file"
            " | Python reads no more than some hundred brackets in brackets; 50 are safe"
        )
    ]


def test_an_image_that_docker_could_not_name() -> None:
    result = emitted(task("F" * 80, requirements=("numpy",)))
    assert said(result) == [
        (
            f"MLP551 the image of `{'F' * 40}` would have a name of 332 characters"
            " | Docker: `repository name must not be more than 255 characters`"
        )
    ]


def test_a_gpu_of_a_type() -> None:
    result = emitted(task("fit", resources=nodes.Resources(gpu=1, gpu_type="h200")))
    assert said(result) == ["MLP556 `fit` asks for a GPU of the type h200; Docker takes any"]


def test_names_that_airflow_does_not_take_are_noted() -> None:
    assert said(emitted(task("fit[eu]"), task("größe"))) == [
        "MLP550 on Airflow, `fit[eu]` is `fit-eu`, `größe` is `gr--f6--dfe`: its names take fewer characters"
    ]


def test_every_construct_has_an_answer() -> None:
    assert list(BACKEND.capabilities.table) == list(CONSTRUCTS)


# Text of a spec is never anything else


HOSTILE = [
    "plain",
    "'; import os; os.system('id') #",
    '"""',
    "\\",
    "\\'",
    "a\nb\r\nc\n",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "{# no #}",
    "}}",
    "$(id) ${HOME} `id`",
    "</script><b>",
    "run.sh",
    "notes.md",
    "\u202eevil\u2066",
    "\x01\x1b[31m",
    "𝔘😀",
    "x" * 20_000,
    "%(a)s %s {0} {a!r}",
    "__import__('os')",
]


def everywhere(text: str) -> Emitted:
    """A pipeline in which ``text`` stands wherever a person may write one."""
    short = text[:20]
    return emitted(
        task(
            f"n{short}",
            inputs={f"i{text}": nodes.Input((nodes.External(f"d/{short}", False, MODEL),))},
            arguments={f"a{text}": {"param": f"p{text}"}, "b": {"secret": f"s{short}"}, "c": text},
            action=nodes.Action("project", f"p/{text}", text),
            labels={"doc": text},
        ),
        nodes.Gate(
            "g", (nodes.Condition({"const": True}, f"t{text}", text, message=text),), after=(f"n{short}",)
        ),
        nodes.Task("r", nodes.Action("runtime", text, text), {}, {}, {}, after=("g",), effect=True),
        name=f"w{short}",
        environment=f"e{short}",
        doc=f"d{text}",
        params=(
            nodes.Param(f"p{text}", {"base": "enum", "choices": [f"v{text}", "w"]}, f"v{text}", f"d{text}"),
        ),
        secrets=(nodes.Secret(f"s{short}", {"base": "string"}, None),),
        labels={"owner": f"o{text}", "tags": [f"t{short}"]},
        settings={"airflow": {"pool": f"p{text[:200]}"}},
    )


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:24]))
def test_no_text_changes_the_structure_of_the_file(text: str) -> None:
    result = everywhere(text)
    file = result.files["dag.py"]
    # An id that is not mangled has no name to be shown beside it.
    shown = b"        task_display_name="
    lines = [line for line in file.splitlines(keepends=True) if not line.startswith(shown)]
    usual = [
        line
        for line in everywhere("plain").files["dag.py"].splitlines(keepends=True)
        if not line.startswith(shown)
    ]
    assert skeleton(b"".join(lines)) == skeleton(b"".join(usual))
    assert file.isascii()
    held = texts(file)
    assert {f"p{text}", f"v{text}", f"o{text}", f"t{text[:20]}"} <= held
    step = steps(file)[TASK.mangle(f"n{text[:20]}")]
    words = [rendered(word, **{f"p{text}": f"v{text}"}) for word in step["command"]]
    assert words == [
        "--workflow=/mlpc/workflow.json",
        f"--node=n{text[:20]}",
        "--store=/mlpc/store",
        "--run=run",
        "--not-passed=99",
        f"--param=p{text}=v{text}",
        f"--secret=s{text[:20]}=/run/secrets/{TASK.mangle(f's{text[:20]}')}",
        "--attempt=1",
    ]
    assert rendered(step["mounts"][1]["source"]) == f"/dags/data/d/{text[:20]}"
    assert rendered(step["mounts"][1]["target"]) == f"/mlpc/data/d/{text[:20]}"
    (whole,) = calls(file, "DAG")
    assert not whole["doc_md"].endswith(".md")


@given(workflows())
def test_any_workflow_is_written_as_it_is_meant(workflow: nodes.Workflow) -> None:
    result = BACKEND.emit(workflow, MATERIAL)
    assert BACKEND.emit(workflow, MATERIAL).files == result.files
    if result.has_errors:
        assert result.files == {}
        return
    file = result.files["dag.py"]
    run = {
        node.id: node for node in workflow.nodes if isinstance(node, nodes.Task | nodes.Gate | nodes.Service)
    }
    assert {TASK.unmangle(id) for id in steps(file)} == set(run)
    assert {name: param["0"] for name, param in _params(file).items()} == {
        param.name: param.default for param in workflow.params
    }
    for id, step in steps(file).items():
        assert rendered(step["command"][1]) == f"--node={TASK.unmangle(id)}"
        assert step.get("task_display_name", id) == TASK.unmangle(id)
    manifest = json.loads(result.files["manifest.json"])
    assert manifest["tasks"] | manifest["gates"] | manifest["published"] == {
        id: TASK.mangle(id) for id in run
    }
    assert models.loads(result.files["workflow.json"]).name == workflow.name


def _params(file: bytes) -> dict[str, dict[str, Any]]:
    (whole,) = calls(file, "DAG")
    found: dict[str, dict[str, Any]] = whole.get("params", {})
    return found


@given(literals)
def test_a_value_is_a_literal_that_reads_back(made: Any) -> None:
    import ast

    source = literal(made)
    assert source.isascii()
    assert "\n" not in source
    assert repr(ast.literal_eval(source)) == repr(made)


@pytest.mark.parametrize("made", [float("nan"), float("inf"), (1,), {1: 2}, b"x", object()])
def test_nothing_else_is_a_literal(made: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        literal(made)


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_a_template_renders_to_its_text(before: str, after: str) -> None:
    template = Template(before, Expression(quoted(after)), after)
    assert rendered(template.render()) == before + after + after


@given(st.lists(names, unique=True, max_size=6))
def test_no_two_names_become_one(given: list[str]) -> None:
    tasks = [TASK.mangle(name) for name in given]
    assert [TASK.unmangle(name) for name in tasks] == given
    for name in tasks:
        assert set(name) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")
    for name, group in zip(given, map(GROUP.mangle, given), strict=True):
        assert "." not in group
        assert GROUP.unmangle(group) == name
        assert group not in [task for other, task in zip(given, tasks, strict=True) if other != name]


def test_the_same_bytes_under_every_hash_seed(tmp_path: Path) -> None:
    program = (
        "import sys, hashlib\n"
        "from mlpc.ir import models\n"
        "from mlpc_backends.airflow import BACKEND\n"
        "from mlpc.backend import Material\n"
        "made = BACKEND.emit(models.loads(open(sys.argv[1], 'rb').read()), Material({'a.py': b''}, {'t.py': b''}))\n"
        "print({path: hashlib.sha256(data).hexdigest() for path, data in made.files.items()})\n"
    )
    params = (nodes.Param("a", {"base": "map", "of": {"base": "int"}}, {"z": 1, "a": 2}),)
    read: dict[str, Any] = {"a": {"param": "a"}, "k": {"secret": "k"}, "l": {"secret": "l"}}
    workflow = nodes.Workflow(
        "tumor",
        (
            task("fit", inputs={"rows": CSV}, arguments=read, requirements=("numpy", "pandas")),
            task("b", after=("fit",)),
        ),
        params=params,
        secrets=tuple(nodes.Secret(name, {"base": "string"}, None) for name in "kl"),
        labels={"tags": ["b", "a"]},
    )
    from mlpc.ir.canonical import dumps

    (tmp_path / "plan.json").write_bytes(dumps(workflow))
    found = {
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "plan.json")],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            check=True,
        ).stdout
        for seed, zone in (("0", "UTC"), ("1", "Asia/Tokyo"), ("4242", "UTC"))
    }
    assert len(found) == 1


def test_values_are_read_as_they_stand() -> None:
    """The reader of these tests tells a literal from source."""
    import ast

    assert value(ast.parse("['a', b, {'c': 1}]", mode="eval").body) == ["a", "b", {"c": 1}]
