"""What the backend for Kubeflow emits, notes and refuses."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpc.backend import CONSTRUCTS, Emitted
from mlpc.ir import nodes
from mlpc_backends.kubeflow import BACKEND
from mlpc_backends.kubeflow.spec import PORT, TASK
from tests.mlpc.ir.workflows import small, workflows
from tests.mlpc_backends.kubeflow.reading import (
    container,
    documents,
    emitted,
    gate,
    said,
    service,
    task,
    tasks,
)

NAMES = st.text(st.sampled_from("abxu_-.[]A01ü") | st.characters(codec="utf-8"), min_size=1, max_size=12)


def test_a_step_is_a_task_with_a_component_of_its_own() -> None:
    (document,) = documents(emitted(task("cells", "file:data/cells.csv"), task("forest", "cells.made")))
    assert document["schemaVersion"] == "2.1.0"
    assert document["pipelineInfo"] == {"name": "tumor"}
    assert tasks(document)["forest"] == {
        "taskInfo": {"name": "forest"},
        "componentRef": {"name": "comp-forest"},
        "cachingOptions": {"enableCache": True},
        "dependentTasks": ["cells"],
        "inputs": {
            "artifacts": {
                "cells___made": {"taskOutputArtifact": {"producerTask": "cells", "outputArtifactKey": "made"}}
            },
            "parameters": {
                "record___of___cells": {
                    "taskOutputParameter": {"producerTask": "cells", "outputParameterKey": "mlpc___record"}
                }
            },
        },
    }
    artefact = {"artifactType": {"schemaTitle": "system.Artifact", "schemaVersion": "0.0.1"}}
    assert document["components"]["comp-forest"] == {
        "executorLabel": "exec-forest",
        "inputDefinitions": {
            "artifacts": {"cells___made": artefact},
            "parameters": {"record___of___cells": {"parameterType": "STRING"}},
        },
        "outputDefinitions": {
            "artifacts": {"mlpc___told": artefact, "made": artefact},
            "parameters": {"mlpc___record": {"parameterType": "STRING"}},
        },
    }
    ran = container(document, "forest")
    assert ran["command"] == [
        "/opt/mlpc/bin/python",
        "-P",
        "-s",
        "-m",
        "mlpc_stdlib.runtime.container.kubeflow",
    ]
    assert re.fullmatch(r"mlpc-tumor/plain--image:[0-9a-f]{12}", ran["image"])
    assert " ".join(ran["args"]) == (
        "--node forest --record record___of___cells=cells --take cells___made=cells/made --give made=made --input {{$}}"
    )


def test_data_of_the_project_is_imported_and_its_address_is_a_parameter() -> None:
    reads = task("cells", "file:data/cells.csv", "file:data/more.csv"), task("again", "file:data/cells.csv")
    (document,) = documents(emitted(*reads))
    inputs = document["root"]["inputDefinitions"]["parameters"]
    assert inputs == {
        "data___cells___in0": {"parameterType": "STRING", "description": "Where `data/cells.csv` lies."},
        "data___cells___in1": {"parameterType": "STRING", "description": "Where `data/more.csv` lies."},
    }
    assert document["deploymentSpec"]["executors"]["exec-data-0x1"]["importer"] == {
        "artifactUri": {"runtimeParameter": "uri"},
        "typeSchema": {"schemaTitle": "system.Artifact", "schemaVersion": "0.0.1"},
        "reimport": True,
    }
    assert tasks(document)["again"]["inputs"]["artifacts"] == {
        "data___cells___in0": {
            "taskOutputArtifact": {"producerTask": "data-0x1", "outputArtifactKey": "artifact"}
        }
    }
    # What lies at an address may change: who reads it is never taken from the cache.
    assert tasks(document)["cells"]["cachingOptions"] == {}
    assert "--data data___cells___in1=data/more.csv" in " ".join(container(document, "cells")["args"])


def test_a_gate_is_a_task_and_what_it_holds_back_has_a_condition() -> None:
    forest = task("forest")
    promoted = task("publish", "forest.made", after=("quality.gate",), effect=True)
    (document,) = documents(emitted(forest, gate("quality.gate", "forest"), promoted))
    assert document["components"]["comp-quality-02egate"]["outputDefinitions"]["parameters"] == {
        "mlpc___record": {"parameterType": "STRING"},
        "passed": {"parameterType": "BOOLEAN"},
    }
    held = tasks(document)["publish"]
    assert held["triggerPolicy"] == {
        "condition": "inputs.parameter_values['quality-02egate--passed'] == true"
    }
    assert held["inputs"]["parameters"]["quality-02egate--passed"] == {
        "taskOutputParameter": {"producerTask": "quality-02egate", "outputParameterKey": "passed"}
    }
    assert held["dependentTasks"] == ["forest", "quality-02egate"]
    assert held["cachingOptions"] == {}


def test_an_effect_waits_for_every_gate() -> None:
    steps = task("forest"), task("other"), gate("a", "forest"), gate("b", "other")
    (document,) = documents(emitted(*steps, task("publish", "forest.made", after=("a",), effect=True)))
    assert tasks(document)["publish"]["triggerPolicy"]["condition"] == (
        "inputs.parameter_values['a--passed'] == true && inputs.parameter_values['b--passed'] == true"
    )


def test_steps_behind_a_gate_that_read_each_other_lie_in_a_dag_of_their_own() -> None:
    steps = (
        task("forest"),
        gate("first", "forest"),
        task("small", "forest.made", after=("first",)),
        gate("second", "small"),
        task("tiny", "small.made", after=("second",)),
    )
    result = emitted(*steps)
    (document,) = documents(result)
    assert list(tasks(document)) == ["forest", "first", "promoted-0x1"]
    assert list(tasks(document, "promoted-0x1")) == ["small", "second", "promoted-0x2"]
    assert list(tasks(document, "promoted-0x1", "promoted-0x2")) == ["tiny"]
    outer = tasks(document)["promoted-0x1"]
    assert outer["triggerPolicy"]["condition"] == "inputs.parameter_values['first--passed'] == true"
    assert sorted(outer["dependentTasks"]) == ["first", "forest"]
    assert "triggerPolicy" not in tasks(document, "promoted-0x1")["small"]
    assert tasks(document, "promoted-0x1")["small"]["inputs"]["artifacts"] == {
        "forest___made": {"componentInputArtifact": "forest___made"}
    }


def test_gates_that_do_not_follow_each_other_hold_back_longer_and_that_is_said() -> None:
    steps = (
        task("cat"),
        task("dog"),
        gate("g1", "cat"),
        gate("g2", "dog"),
        task("small_cat", "cat.made", after=("g1",)),
        task("small_dog", "dog.made", after=("g2",)),
        task("both", "small_cat.made", "small_dog.made"),
    )
    result = emitted(*steps)
    (document,) = documents(result)
    assert list(tasks(document, "promoted-0x1")) == ["small_cat".replace("_", "-"), "promoted-0x2"]
    assert "MLP574 on Kubeflow, `small_dog` is held back by `g1`, too" in said(result)


def test_a_service_is_published_and_needs_no_packages() -> None:
    steps = task("forest"), gate("floor", "forest"), service("api", "forest.made", "floor", replicas=(2, 4))
    result = emitted(*steps)
    (document,) = documents(result)
    artefact = {"artifactType": {"schemaTitle": "system.Artifact", "schemaVersion": "0.0.1"}}
    assert document["components"]["comp-api"]["outputDefinitions"]["artifacts"] == {
        "mlpc___told": artefact,
        "bundle": artefact,
    }
    assert "plain--image" in container(document, "api")["image"]
    assert tasks(document)["api"]["dependentTasks"] == ["forest", "floor"]
    assert [text for text in said(result) if "server" in text] == [
        (
            "MLP511 on the target `kubeflow`, a service that stays up (`api`) is lowered: Kubeflow runs jobs only: "
            "the promoted bundle is published as an artefact, no server is started"
        ),
        (
            "MLP511 on the target `kubeflow`, more than one replica of a service (`api`) is lowered: "
            "written into the published bundle, for what starts a server with it"
        ),
    ]


def test_parameters_have_types_and_defaults() -> None:
    params = (
        nodes.Param("trees", {"base": "int", "min": 1}, 20, "Number of {{trees}}."),
        nodes.Param("share", {"base": "float"}, 0.1),
        nodes.Param("wait", {"base": "duration"}, 30),
        nodes.Param("fast", {"base": "bool"}, False),
        nodes.Param("sizes", {"base": "list", "of": {"base": "int"}}, [1, 2]),
        nodes.Param("names", {"base": "map", "of": {"base": "string"}}, {"a": "b"}),
        nodes.Param("zone", {"base": "enum", "choices": ["eu", "us"]}, "eu"),
    )
    reads = task("forest", arguments={"trees": {"param": "trees"}})
    (document,) = documents(emitted(reads, params=params))
    found = document["root"]["inputDefinitions"]["parameters"]
    assert {name: (each["parameterType"], each["defaultValue"]) for name, each in found.items()} == {
        "trees": ("NUMBER_INTEGER", 20),
        "share": ("NUMBER_DOUBLE", 0.1),
        "wait": ("NUMBER_DOUBLE", 30),
        "fast": ("BOOLEAN", False),
        "sizes": ("LIST", [1, 2]),
        "names": ("STRUCT", {"a": "b"}),
        "zone": ("STRING", "eu"),
    }
    assert found["trees"]["description"] == "Number of { {trees}}."
    assert tasks(document)["forest"]["inputs"]["parameters"] == {
        "trees": {"componentInputParameter": "trees"}
    }


def test_resources_retries_and_secrets_reach_the_notions_of_kubernetes() -> None:
    made = task(
        "forest",
        arguments={"key": {"secret": "api_key"}},
        resources=nodes.Resources(1.5, 2 * 1024**3, 2, "A100"),
        retry=nodes.Retry(3, 30),
        timeout=60,
    )
    result = emitted(made, secrets=(nodes.Secret("api_key", {"base": "string"}, {"env": "KEY"}),))
    document, platform = documents(result)
    assert container(document, "forest")["resources"] == {
        "cpuLimit": 1.5,
        "resourceCpuLimit": "1500m",
        "memoryLimit": 2.147483648,
        "resourceMemoryLimit": "2Gi",
        "accelerator": {
            "type": "nvidia.com/gpu",
            "count": "2",
            "resourceType": "nvidia.com/gpu",
            "resourceCount": "2",
        },
    }
    assert tasks(document)["forest"]["retryPolicy"] == {
        "maxRetryCount": 2,
        "backoffDuration": "30s",
        "backoffFactor": 2.0,
        "backoffMaxDuration": "3600s",
    }
    assert platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"] == {
        "exec-forest": {
            "secretAsVolume": [
                {
                    "secretName": "mlpc-tumor--api-key",
                    "secretNameParameter": {"runtimeValue": {"constant": "mlpc-tumor--api-key"}},
                    "mountPath": "/mlpc/secrets/api-key",
                    "optional": False,
                }
            ]
        }
    }
    assert "--secret api_key=/mlpc/secrets/api-key/value" in " ".join(container(document, "forest")["args"])
    assert "MLP556 `forest` asks for a GPU of the type A100; Kubeflow takes any" in said(result)


def test_a_registry_that_the_spec_does_not_name_is_asked_for() -> None:
    action = nodes.Action("runtime", "mlpc_stdlib.runtime.register", "mlflow")
    catalog = nodes.Task("catalog", action, {}, {}, {"tracking_uri": None}, effect=True)
    result = emitted(catalog)
    (document,) = documents(result)
    assert document["root"]["inputDefinitions"]["parameters"] == {
        "catalog__2etracking_uri": {
            "parameterType": "STRING",
            "description": "The `tracking_uri` of `catalog`.",
        }
    }
    assert said(result) == [
        (
            "MLP573 `catalog` says no `tracking_uri`: on Kubeflow it is the parameter `catalog__2etracking_uri`, "
            "which every run has to be given"
        )
    ]
    workflow = json.loads(result.files["workflow.json"])
    assert workflow["nodes"][0]["arguments"] == {"tracking_uri": {"param": "catalog.tracking_uri"}}


def test_names_are_mangled_and_that_is_said_once() -> None:
    result = emitted(task("phone_model"), task("forest[eu]", "phone_model.made"))
    (document,) = documents(result)
    assert list(tasks(document)) == ["phone-model", "forest-05beu"]
    assert tasks(document)["forest-05beu"]["taskInfo"] == {"name": "forest[eu]"}
    assert said(result) == [
        (
            "MLP550 on Kubeflow, `phone_model` is `phone-model`, `forest[eu]` is `forest-05beu`: "
            "its names take fewer characters"
        )
    ]


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (
            emitted(task("a" * 48)),
            f"MLP551 `{'a' * 48}` is too long a name for a task on Kubeflow, where it has 48 characters",
        ),
        (
            emitted(task("a"), name="b" * 53),
            f"MLP551 `{'b' * 53}` is too long a name for the pipeline on Kubeflow, where it has 53 characters",
        ),
        (
            emitted(task("a"), params=(nodes.Param("p", {"base": "string"}, "{{$.pipeline_job_name}}"),)),
            "MLP571 the default of the parameter `p` holds `{{`, which Kubeflow would replace",
        ),
        (
            emitted(task("a"), params=(nodes.Param("p", {"base": "int"}, 2**53 + 1),)),
            "MLP572 the default of the parameter `p` is beyond 2^53: numbers of Kubeflow are doubles",
        ),
        (
            emitted(task("a"), params=(nodes.Param("p", {"base": "int"}, 0.5),)),
            "MLP577 the default of the parameter `p` is no NUMBER_INTEGER, as which Kubeflow takes it",
        ),
        (
            emitted(task("a", "file:../cells.csv")),
            "MLP554 `../cells.csv`, the `in0` of `a`, does not lie in the project",
        ),
        (
            emitted(task("a"), settings={"kubeflow": {"registry": "x y"}}),
            "MLP576 `x y` is no registry of images",
        ),
        (
            emitted(task("a"), settings={"kubeflow": {"namespace": "Team_ML"}}),
            "MLP576 `Team_ML` is no name of a namespace",
        ),
        (
            emitted(task("a"), settings={"kubeflow": {"service_account": "-runner"}}),
            "MLP576 `-runner` is no name of a service account",
        ),
        (
            emitted(nodes.Service("score", nodes.Action("container", "example.org/scorer:1"), {}, {})),
            "MLP510 `score` needs a service that runs a container image, which the target `kubeflow` does not do",
        ),
    ],
    ids=[
        "task",
        "pipeline",
        "placeholder",
        "number",
        "default",
        "outside",
        "registry",
        "namespace",
        "account",
        "container",
    ],
)
def test_what_kubeflow_does_not_take_is_refused(made: Emitted, text: str) -> None:
    assert text in said(made)
    assert made.files == {}


def test_the_longest_name_is_taken() -> None:
    (document,) = documents(emitted(task("a" * 47), name="b" * 52))
    assert list(document["components"]) == ["comp-" + "a" * 47]


def test_a_pipeline_that_is_large_for_a_cluster_gets_a_warning() -> None:
    made = emitted(*(task(f"{'t' * 40}{number}") for number in range(1400)))
    assert next(line for line in said(made) if "more than a cluster stores" in line).startswith("MLP575")


def test_a_schedule_stands_in_the_manifest() -> None:
    result = emitted(task("a"), nodes.Trigger("nightly", "0  3 * * *", "Europe/Berlin"))
    assert json.loads(result.files["manifest.json"])["schedules"] == {
        "nightly": {"cron": "0 3 * * *", "timezone": "Europe/Berlin"}
    }
    assert "it knows UTC only" in said(result)[0]


def test_the_manifest_says_what_a_run_is_given_and_what_waits_for_what() -> None:
    params = (
        nodes.Param("trees", {"base": "int"}, 20),
        nodes.Param("wait", {"base": "duration"}, None),
    )
    steps = task("forest"), gate("floor", "forest"), service("api", "forest.made", "floor")
    facts = json.loads(emitted(*steps, params=params).files["manifest.json"])
    assert facts["types"] == {
        "trees": {"type": "NUMBER_INTEGER", "required": False},
        "wait": {"type": "NUMBER_DOUBLE", "required": True},
    }
    assert facts["needs"] == {"forest": [], "floor": ["forest"], "api": ["forest", "floor"]}


def test_images_come_from_the_registry_that_the_settings_name() -> None:
    (document,) = documents(emitted(task("a"), settings={"kubeflow": {"registry": "r.example.org:5000/ml"}}))
    assert container(document, "a")["image"].startswith("r.example.org:5000/ml/mlpc-tumor/plain--image:")


@given(one=NAMES, other=NAMES)
def test_two_names_never_become_one(one: str, other: str) -> None:
    for rule, shape in ((TASK, r"[a-z]([-a-z0-9]*[a-z0-9])?"), (PORT, r"[a-z][a-z0-9_]*")):
        name = rule.mangle(one)
        assert re.fullmatch(shape, name)
        assert rule.unmangle(name) == one
        assert (name == rule.mangle(other)) == (one == other)
    assert "--" not in TASK.mangle(one)
    assert "___" not in PORT.mangle(one)


@given(workflows())
def test_every_workflow_is_emitted_or_refused_and_always_in_the_same_bytes(workflow: nodes.Workflow) -> None:
    result = BACKEND.emit(workflow)
    assert BACKEND.emit(workflow).files == result.files
    if not result.has_errors:
        documents(result)


def test_the_same_bytes_in_another_process() -> None:
    program = """
        import hashlib, json, sys
        from mlpc.ir import models
        from mlpc_backends.kubeflow import BACKEND
        files = BACKEND.emit(models.loads(sys.stdin.buffer.read())).files
        print(hashlib.sha256(b"".join(path.encode() + files[path] for path in files)).hexdigest())
    """
    spec = json.dumps(small()).encode()
    found = {
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(program)],
            input=spec,
            env={"PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert len(found) == 1


def test_every_construct_has_an_answer() -> None:
    assert list(BACKEND.capabilities.table) == list(CONSTRUCTS)


def test_the_compiler_imports_nothing_of_kubeflow() -> None:
    program = "import sys, mlpc_backends.kubeflow; print([m for m in sys.modules if m in ('kfp', 'google', 'yaml')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
