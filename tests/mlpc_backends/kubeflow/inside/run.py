"""Runs a pipeline with the engine of Kubeflow's SDK for one machine: ``python run.py TASK``, a JSON file.

``directory``: what was compiled. ``pythons``: by image, the Python that has the packages of that image; it stands for
the image, and the directory for the image's files. ``arguments``: of the run. ``root``: where outputs go.
``secrets``: the folder in which each secret is a folder, as Kubernetes mounts it.

Without ``pythons`` each task is a container of its image, on the Docker engine of this machine.

Prints one line of JSON: the outputs of the tasks that ran, by name. The exit status is 1 where the run failed.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import yaml
from google.protobuf import json_format
from kfp import local
from kfp.local import pipeline_orchestrator, subprocess_task_handler
from kfp.local.orchestrator import task_executor
from kfp.pipeline_spec import pipeline_spec_pb2 as spec


def main() -> int:
    with open(sys.argv[1], encoding="utf-8") as file:
        told = json.load(file)
    directory = told["directory"]
    with open(f"{directory}/pipeline.yaml", "rb") as text:
        document = next(iter(yaml.load_all(text, Loader=yaml.CSafeLoader)))
    if told["pythons"]:
        _as_processes(document, told)
        # The runner is for steps written as Python functions, which it knows by their command. Ours are processes as well.
        subprocess_task_handler.SubprocessTaskHandler.validate_not_container_component = lambda *_: None
        runner = local.SubprocessRunner(use_venv=False)
    else:
        # A cluster starts the command of a task in place of the image's own; here that has to be asked for. Outputs are of
        # the user who looks at them.
        runner = local.DockerRunner(entrypoint=[""], user=f"{os.getuid()}:{os.getgid()}")
    pipeline = json_format.ParseDict(document, spec.PipelineSpec())
    local.init(runner, pipeline_root=told["root"], raise_on_error=False)
    ran: dict[str, Any] = {}
    execute = task_executor.execute_single_task

    def observed(**given: Any) -> Any:
        outputs, status = execute(**given)
        ran[given["task_name"]] = {
            "status": status.name,
            "outputs": {key: getattr(value, "uri", value) for key, value in outputs.items()},
        }
        return outputs, status

    task_executor.execute_single_task = observed
    failed: list[str] = []
    original = pipeline_orchestrator.log_and_maybe_raise_for_failure

    def noted(**given: Any) -> None:
        failed.extend(given["fail_stack"])
        original(**given)

    pipeline_orchestrator.log_and_maybe_raise_for_failure = noted
    pipeline_orchestrator.run_local_pipeline(pipeline, told["arguments"])
    print(json.dumps({"ran": ran, "failed": failed}))
    return 1 if failed else 0


def _as_processes(document: dict[str, Any], told: dict[str, Any]) -> None:
    """Let the command of each task run here, with the files of the compiled directory in place of the image's."""
    directory = told["directory"]
    for executor in document["deploymentSpec"]["executors"].values():
        if container := executor.get("container"):
            container["command"][0] = told["pythons"][container["image"]]
            container["args"] += [
                "--workflow",
                f"{directory}/workflow.json",
                "--project",
                f"{directory}/project",
            ]
            if "secrets" in told:
                container["args"] = [
                    word.replace("=/mlpc/secrets/", f"={told['secrets']}/") for word in container["args"]
                ]
            container["env"] = [{"name": "PYTHONPATH", "value": f"{directory}/runtime"}]


if __name__ == "__main__":
    sys.exit(main())
