"""Reads pipelines as strictly as can be: ``python validate.py FILE…`` prints what is wrong as JSON, a list a file.

Kubeflow's own loader takes nearly everything, so the nested messages are parsed as what they are, and the rules of the
API server, and what it finds out only when a run is under way, are written down here.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import yaml
from google.protobuf import json_format
from kfp import components
from kfp.kubernetes import kubernetes_executor_config_pb2 as kubernetes
from kfp.pipeline_spec import pipeline_spec_pb2 as spec

NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?")
KEY = re.compile(r"[a-z0-9_]+")
#: What the SDK's own engine takes for a task and its output.
CHANNEL = re.compile(r"(?!.*--.*--)[a-z0-9-]+--[a-z0-9_]+")
CONDITION = re.compile(r"inputs\.parameter_values\['([^']+)'\] == true")


def problems(path: str) -> list[str]:
    """Return all that is wrong with a file."""
    with open(path, "rb") as file:
        text = file.read()
    documents = list(yaml.load_all(text, Loader=yaml.CSafeLoader))
    if not 1 <= len(documents) <= 2:
        return [f"{len(documents)} documents"]
    found: list[str] = []
    try:
        pipeline = json_format.ParseDict(documents[0], spec.PipelineSpec())
        config = json_format.ParseDict(documents[0]["deploymentSpec"], spec.PipelineDeploymentConfig())
        if len(documents) == 2:
            found += _platform(documents[1], config)
    except json_format.ParseError as error:
        return [str(error)]
    checker = _Checker(pipeline, config, found)
    checker.run()
    loaded = components.load_component_from_file(path)
    if loaded.pipeline_spec != pipeline:
        found.append("the SDK reads another pipeline than was written")
    return found


def _platform(document: dict[str, Any], config: spec.PipelineDeploymentConfig) -> list[str]:
    if set(document) != {"platforms"} or set(document["platforms"]) != {"kubernetes"}:
        return ["the platform document is for another platform"]
    content = json_format.ParseDict(document, spec.PlatformSpec())
    executors = json_format.MessageToDict(content.platforms["kubernetes"].deployment_spec)["executors"]
    found = []
    for label, executor in executors.items():
        parsed = json_format.ParseDict(executor, kubernetes.KubernetesExecutorConfig())
        if label not in config.executors:
            found.append(f"{label} of the platform document is no executor")
        for secret in parsed.secret_as_volume:
            if secret.secret_name != secret.secret_name_parameter.runtime_value.constant.string_value:
                found.append(f"{label} has two names for a secret")
    return found


class _Checker:
    def __init__(
        self, pipeline: spec.PipelineSpec, config: spec.PipelineDeploymentConfig, found: list[str]
    ) -> None:
        self.pipeline = pipeline
        self.config = config
        self.found = found
        self.uses: dict[str, int] = {}

    def run(self) -> None:
        pipeline = self.pipeline
        self.hold(pipeline.schema_version == "2.1.0", "schemaVersion")
        self.hold(bool(NAME.fullmatch(pipeline.pipeline_info.name)), "the name of the pipeline")
        self.hold(pipeline.root.HasField("dag"), "root")
        for name, component in pipeline.components.items():
            self.hold(bool(NAME.fullmatch(name)), f"the name {name}")
            kind = component.WhichOneof("implementation")
            self.hold(kind in ("dag", "executor_label"), f"{name} has no implementation")
            if kind == "executor_label":
                executor = self.config.executors.get(component.executor_label)
                what = executor.WhichOneof("spec") if executor else None
                self.hold(what in ("container", "importer"), f"the executor of {name}")
                if what == "container" and executor:
                    self.hold(
                        bool(executor.container.image and executor.container.command), f"what {name} runs"
                    )
            for ports in (component.input_definitions, component.output_definitions):
                for key in (*ports.artifacts, *ports.parameters):
                    self.hold(bool(KEY.fullmatch(key) or CHANNEL.fullmatch(key)), f"{key} of {name}")
                for key, parameter in ports.parameters.items():
                    self.hold(parameter.parameter_type != 0, f"the type of {key} of {name}")
        for key, parameter in pipeline.root.input_definitions.parameters.items():
            self.hold(bool(KEY.fullmatch(key)), f"the parameter {key}")
            if parameter.HasField("default_value"):
                self.hold(_fits(parameter), f"the default of {key}")
        self.dag("root", pipeline.root)
        for name in pipeline.components:
            self.hold(self.uses.get(name) == 1, f"{name} is used {self.uses.get(name, 0)} times")

    def hold(self, what: bool, text: str) -> None:
        if not what:
            self.found.append(text)

    def dag(self, name: str, component: spec.ComponentSpec) -> None:
        tasks = component.dag.tasks
        done: set[str] = set()
        pending = dict(tasks)
        while ready := [id for id, task in pending.items() if done.issuperset(task.dependent_tasks)]:
            done.update(ready)
            for id in ready:
                del pending[id]
        self.hold(not pending, f"circle or missing task in {name}: {sorted(pending)[:3]}")
        for id, task in tasks.items():
            self.task(f"{name}.{id}", id, task, component)

    def task(self, where: str, id: str, task: spec.PipelineTaskSpec, outer: spec.ComponentSpec) -> None:
        self.hold(bool(NAME.fullmatch(id)), f"the name {where}")
        self.hold(task.WhichOneof("iterator") is None, f"{where} has an iterator")
        reference = task.component_ref.name
        self.uses[reference] = self.uses.get(reference, 0) + 1
        component = self.pipeline.components.get(reference)
        if component is None:
            self.found.append(f"{where} is of no component")
            return
        declared = component.input_definitions
        self.hold(set(task.inputs.artifacts) == set(declared.artifacts), f"the artefacts of {where}")
        wanted = {key for key, each in declared.parameters.items() if not each.is_optional}
        given = set(task.inputs.parameters)
        self.hold(wanted <= given <= set(declared.parameters), f"the parameters of {where}")
        for key, artefact in task.inputs.artifacts.items():
            kind = artefact.WhichOneof("kind")
            if kind == "component_input_artifact":
                source = outer.input_definitions.artifacts.get(artefact.component_input_artifact)
            else:
                told = artefact.task_output_artifact
                source = self.output(where, outer, task, told.producer_task).artifacts.get(
                    told.output_artifact_key
                )
            self.hold(source is not None, f"{key} of {where} comes from nowhere")
            if source is not None:
                same = source.artifact_type == declared.artifacts[key].artifact_type
                self.hold(same, f"{key} of {where} changes its type")
        for key, parameter in task.inputs.parameters.items():
            kind = parameter.WhichOneof("kind")
            if kind == "component_input_parameter":
                value = outer.input_definitions.parameters.get(parameter.component_input_parameter)
            else:
                produced = parameter.task_output_parameter
                value = self.output(where, outer, task, produced.producer_task).parameters.get(
                    produced.output_parameter_key
                )
            self.hold(value is not None, f"{key} of {where} comes from nowhere")
            if value is not None:
                same = value.parameter_type == declared.parameters[key].parameter_type
                self.hold(same, f"{key} of {where} changes its type")
        self.condition(where, task, component)
        if component.HasField("dag"):
            self.dag(where, component)

    def output(
        self, where: str, outer: spec.ComponentSpec, task: spec.PipelineTaskSpec, producer: str
    ) -> Any:
        self.hold(producer in task.dependent_tasks, f"{where} does not wait for {producer}")
        if producer not in outer.dag.tasks:
            return spec.ComponentOutputsSpec()
        # A task that has a condition may not have run: what reads it has to have that condition, too.
        theirs = set(CONDITION.findall(outer.dag.tasks[producer].trigger_policy.condition))
        mine = set(CONDITION.findall(task.trigger_policy.condition))
        self.hold(not theirs, f"{where} reads {producer}, which may be skipped ({len(theirs - mine)})")
        return self.pipeline.components[outer.dag.tasks[producer].component_ref.name].output_definitions

    def condition(self, where: str, task: spec.PipelineTaskSpec, component: spec.ComponentSpec) -> None:
        text = task.trigger_policy.condition
        if not text:
            return
        names = CONDITION.findall(text)
        rest = CONDITION.sub("", text).replace("&&", "").strip()
        self.hold(bool(names) and not rest, f"the condition of {where}: {text}")
        executor = self.config.executors.get(component.executor_label)
        self.hold(
            not (executor and executor.HasField("importer")), f"{where} is an importer with a condition"
        )
        for name in names:
            parameter = component.input_definitions.parameters.get(name)
            self.hold(parameter is not None and parameter.parameter_type == 4, f"{name} of {where}")


def _fits(parameter: Any) -> bool:
    kinds = {
        1: "number_value",
        2: "number_value",
        3: "string_value",
        4: "bool_value",
        5: "list_value",
        6: "struct_value",
    }
    value = parameter.default_value
    if parameter.parameter_type == 2 and value.number_value != int(value.number_value):
        return False
    return bool(kinds.get(parameter.parameter_type) == value.WhichOneof("kind"))


if __name__ == "__main__":
    print(json.dumps([problems(path) for path in sys.argv[1:]]))
