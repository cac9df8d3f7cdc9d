"""The text of a pipeline, and the page that lies beside it."""

from __future__ import annotations

from mlpc.codes import LOWERED_FOR_TARGET
from mlpc.ir.stores import FILES, files
from mlpc_backends.shared import yaml
from mlpc_backends.shared.markdown import cell, code, escaped
from mlpc_backends.shared.readme import does, head, images, kind, stores, table
from mlpc_backends.shared.reads import credentials

from .spec import COMPONENT, EXECUTOR, FILE, SCHEMA_VERSION, Container, Dag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mlpc.diagnostics import Diagnostic
    from mlpc.ir.nodes import Workflow

    from .emit import Maker
    from .spec import Importer, Parameter, Pipeline, Ports, Source, Task


def document(pipeline: Pipeline) -> bytes:
    """Return ``pipeline.yaml``: the ``PipelineSpec`` and, where secrets are used, the platform document."""
    tasks = pipeline.tasks()
    info = {"name": pipeline.name}
    if pipeline.description:
        info["description"] = pipeline.description
    root: dict[str, Any] = {"dag": _dag(pipeline.root)}
    if inputs := _ports(pipeline.inputs):
        root["inputDefinitions"] = inputs
    content: dict[str, Any] = {
        "pipelineInfo": info,
        "schemaVersion": SCHEMA_VERSION,
        "sdkVersion": "mlpc",
        "root": root,
        "components": {COMPONENT + task.name: _component(task) for task in tasks},
        "deploymentSpec": {
            "executors": {
                EXECUTOR + task.name: _executor(task.body) for task in tasks if not isinstance(task.body, Dag)
            }
        },
    }
    text = yaml.dumps(content)
    mounted = {
        EXECUTOR + task.name: config
        for task in tasks
        if isinstance(task.body, Container) and (config := _secrets(task.body))
    }
    if mounted:
        platforms = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": mounted}}}}
        text += b"---\n" + yaml.dumps(platforms)
    return text


def _component(task: Task) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if isinstance(task.body, Dag):
        made["dag"] = _dag(task.body)
    else:
        made["executorLabel"] = EXECUTOR + task.name
    if inputs := _ports(task.inputs):
        made["inputDefinitions"] = inputs
    if outputs := _ports(task.outputs):
        made["outputDefinitions"] = outputs
    return made


def _ports(ports: Ports) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if ports.artifacts:
        made["artifacts"] = {
            name: {"artifactType": _schema(title)} for name, title in ports.artifacts.items()
        }
    if ports.parameters:
        made["parameters"] = {name: _parameter(each) for name, each in ports.parameters.items()}
    return made


def _schema(title: str) -> dict[str, Any]:
    return {"schemaTitle": title, "schemaVersion": "0.0.1"}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    made: dict[str, Any] = {"parameterType": parameter.type}
    if parameter.default is not None:
        made["defaultValue"] = parameter.default
        made["isOptional"] = True
    if parameter.description:
        made["description"] = parameter.description
    return made


def _dag(dag: Dag) -> dict[str, Any]:
    return {"tasks": {task.name: _task(task) for task in dag.tasks}}


def _task(task: Task) -> dict[str, Any]:
    made: dict[str, Any] = {"taskInfo": {"name": task.label}, "componentRef": {"name": COMPONENT + task.name}}
    if task.cached is not None:
        made["cachingOptions"] = {"enableCache": True} if task.cached else {}
    if task.after:
        made["dependentTasks"] = list(dict.fromkeys(task.after))
    inputs: dict[str, Any] = {}
    if task.artifacts:
        inputs["artifacts"] = {name: _artifact(source) for name, source in task.artifacts.items()}
    if task.parameters:
        inputs["parameters"] = {name: _value(source) for name, source in task.parameters.items()}
    if inputs:
        made["inputs"] = inputs
    if task.condition:
        tests = [f"inputs.parameter_values['{name}'] == true" for name in task.condition]
        made["triggerPolicy"] = {"condition": " && ".join(tests)}
    if task.retry is not None:
        made["retryPolicy"] = {
            "maxRetryCount": task.retry.count,
            "backoffDuration": _duration(task.retry.backoff),
            "backoffFactor": 2.0,
            "backoffMaxDuration": "3600s",
        }
    return made


def _artifact(source: Source) -> dict[str, Any]:
    if not source.task:
        return {"componentInputArtifact": source.key}
    return {"taskOutputArtifact": {"producerTask": source.task, "outputArtifactKey": source.key}}


def _value(source: Source) -> dict[str, Any]:
    if not source.task:
        return {"componentInputParameter": source.key}
    return {"taskOutputParameter": {"producerTask": source.task, "outputParameterKey": source.key}}


def _duration(seconds: float) -> str:
    return f"{seconds:.9f}".rstrip("0").rstrip(".") + "s"


def _executor(body: Container | Importer) -> dict[str, Any]:
    if not isinstance(body, Container):
        # The same address may hold other content in another run.
        return {
            "importer": {
                "artifactUri": {"runtimeParameter": "uri"},
                "typeSchema": _schema(body.schema),
                "reimport": True,
            }
        }
    made: dict[str, Any] = {"image": body.image, "command": body.command, "args": body.args}
    resources: dict[str, Any] = {}
    if body.cpu is not None:
        resources["cpuLimit"] = float(body.cpu)
        resources["resourceCpuLimit"] = _cores(body.cpu)
    if body.memory is not None:
        resources["memoryLimit"] = body.memory / 1e9
        resources["resourceMemoryLimit"] = _bytes(body.memory)
    if body.gpu:
        name = "nvidia.com/gpu"
        resources["accelerator"] = {
            "type": name,
            "count": str(body.gpu),
            "resourceType": name,
            "resourceCount": str(body.gpu),
        }
    if resources:
        made["resources"] = resources
    return {"container": made}


def _cores(cpu: float) -> str:
    """Return a number of cores as a quantity of Kubernetes, no less than a thousandth."""
    return str(int(cpu)) if cpu == int(cpu) else f"{max(1, round(cpu * 1000))}m"


def _bytes(size: int) -> str:
    for power, unit in ((3, "Gi"), (2, "Mi"), (1, "Ki")):
        if size and size % 1024**power == 0:
            return f"{size // 1024**power}{unit}"
    return str(size)


def _secrets(body: Container) -> dict[str, Any]:
    """Return the ``KubernetesExecutorConfig`` of a container; nothing where it is given no Secret."""
    made: dict[str, Any] = {}
    files = [
        {**_named(name), "mountPath": folder, "optional": False} for folder, name in body.secrets.items()
    ]
    if body.store_files:
        files.append({**_named(body.stores), "mountPath": body.store_files, "optional": True})
    if files:
        made["secretAsVolume"] = files
    if body.told:
        # A cluster may give its pods an identity instead.
        keys = [{"secretKey": name, "envVar": name} for name in body.told]
        made["secretAsEnv"] = [{**_named(body.stores), "keyToEnv": keys, "optional": True}]
    return made


def _named(secret: str) -> dict[str, Any]:
    # The name stands twice: servers before 2.5 read the first form.
    return {"secretName": secret, "secretNameParameter": {"runtimeValue": {"constant": secret}}}


def page(workflow: Workflow, lowered: Workflow, maker: Maker, notes: Sequence[Diagnostic]) -> bytes:
    """Return the page that says how to build the images and submit the pipeline."""
    lines = [
        *head(workflow, "Kubeflow Pipelines"),
        f"`{FILE}` is the pipeline in Kubeflow's intermediate form, version {SCHEMA_VERSION}: upload it as it is, or let",
        "`mlpc submit` do it. The tests of mlpc validate such pipelines against Kubeflow's own messages and run them with",
        "the engine of its SDK for one machine. What `mlpc submit` sends was checked against the request models of",
        "Kubeflow's API, by a stand-in for its server. On a cluster none of this was run.",
        "",
        "    mlpc submit . --url https://… --stage s3://bucket/folder",
        "",
        "builds the images and pushes them, uploads the data, makes secrets and recurring runs, starts a run and follows it",
        "to its end; `--follow` goes on with that. By hand:",
        "",
        "1. Build the images and push them to their registry: `mlpc build . --push`."
        if maker.registry
        else "1. Compile again with `--registry`, to push the images there; or build them, `mlpc build .`, and load them into "
        "the cluster's own machines.",
        "2. Put the data into an object store, and secrets into the namespace of the runs (below).",
        f"3. Upload `{FILE}`, and start a run with the parameters below.",
        "",
        "What did not change is taken from Kubeflow's cache: a task is told the digests of what it reads. A gate that does",
        "not pass ends well, with `passed` false; what it holds back does not run.",
        "",
        *table(
            ("node", "task", "kind", "what it does"),
            (
                (
                    cell(node.id),
                    cell(maker.names[node.id]) if node.id in maker.names else "",
                    kind(node),
                    does(node),
                )
                for node in lowered.nodes
            ),
        ),
    ]
    if maker.params or maker.data:
        defaults = {param.name: param.default for param in lowered.params}
        lines += [
            "## Parameters of a run",
            "",
            *table(
                ("parameter", "what it is", "default"),
                [
                    *((cell(key), cell(name), _shown(defaults[name])) for name, key in maker.params.items()),
                    *(
                        (cell(key), f"where {cell(path)} lies: `s3://…`, `gs://…`, `minio://…`", "")
                        for key, path in maker.data.items()
                    ),
                ],
            ),
        ]
    if maker.secrets:
        lines += [
            "## Secrets",
            "",
            *table(
                ("secret", "Secret of Kubernetes", "how to make it"),
                (
                    (
                        cell(name),
                        cell(secret),
                        f"`kubectl create secret generic {secret} --from-file=value=FILE`",
                    )
                    for name, secret in maker.secrets.items()
                ),
            ),
        ]
    files_of_stores = {name: path.rpartition("/")[2] for name, path in files(FILES).items()}
    told = credentials(lowered)
    lines += stores(
        {files_of_stores.get(name, name): nodes for name, nodes in told.items()},
        f"Keys of the Secret of Kubernetes {code(maker.stores)}, which may be missing where pods have an identity of their",
        "own. `FILE` holds lines like `NAME=value`, or what the key is named after:",
        "",
        f"    kubectl create secret generic {maker.stores} --from-env-file=FILE",
        *(
            f"    kubectl create secret generic {maker.stores} --from-file={key}=FILE"
            for name, key in files_of_stores.items()
            if name in told
        ),
    )
    lines += images(maker.images.all())
    changed = [item for item in notes if item.code is LOWERED_FOR_TARGET]
    if changed:
        lines += [
            "## What is done otherwise here",
            "",
            *(f"- {escaped(item.message)}" for item in changed),
            "",
        ]
    return "\n".join(lines).encode("utf-8")


def _shown(value: object) -> str:
    import json

    return "" if value is None else code(json.dumps(value, ensure_ascii=False)).replace("|", r"\|")
