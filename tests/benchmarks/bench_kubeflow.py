"""`mlpc compile --to kubeflow` against `kfp dsl compile` of an equal pipeline, CPU time.

Both are cold, as they are installed, each in an environment of its own, and have byte code: the first call of each, which
does not count, would write what were missing. Neither finds anything of an earlier call. The other pipeline has a task for
each task of ours with the same inputs and outputs, resources, attempts, caching, order and conditions, written as container
components: what its users write by hand. It is one file; ours comes with the code and the Dockerfiles of its images.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import yaml

from tests.benchmarks.bench_check import hundred_lines, install
from tests.benchmarks.measure import Cost, cpu, interleaved, once
from tests.engines import python_with

RUNS = 11


def as_code(document: dict[str, Any]) -> str:
    """Return the program for Kubeflow's SDK that makes a pipeline of the tasks of ``document``."""
    lines = ["from kfp import dsl"]
    body: list[str] = []
    known: dict[str, str] = {}
    held: list[str] = []
    for number, (name, task) in enumerate(document["root"]["dag"]["tasks"].items()):
        known[name] = f"t{number}"
        inputs = task.get("inputs", {})
        if name.startswith("data-0x"):
            uri = inputs["parameters"]["uri"]["componentInputParameter"]
            body.append(f"    t{number} = dsl.importer(artifact_uri={uri}, artifact_class=dsl.Artifact)")
            continue
        gates = [key for key in inputs.get("parameters", {}) if key.endswith("--passed")]
        component = document["components"][task["componentRef"]["name"]]
        signature, given, told = _ports(component, inputs, gates, known)
        words = [repr("--node"), repr(name), *told]
        lines += [
            "",
            "@dsl.container_component",
            f"def c{number}({', '.join(signature)}):",
            f"    return dsl.ContainerSpec(image='image', command=['python'], args=[{', '.join(words)}])",
        ]
        passed = [f"dsl.If({_value(inputs['parameters'][key], known)} == True)" for key in gates]
        if passed and passed != held:
            body.append(f"    with {', '.join(passed)}:")
        held = passed
        indent = "        " if passed else "    "
        container = document["deploymentSpec"]["executors"][component["executorLabel"]]["container"]
        body.append(f"{indent}t{number} = c{number}({', '.join(given)})")
        body += [f"{indent}t{number}.{call}" for call in _settings(task, container, inputs, known)]
    params = [
        f"{name}: {_type(each)}" + (f" = {each['defaultValue']!r}" if "defaultValue" in each else "")
        for name, each in sorted(
            document["root"]["inputDefinitions"]["parameters"].items(),
            key=lambda item: "defaultValue" in item[1],
        )
    ]
    return "\n".join(
        [*lines, "", "@dsl.pipeline(name='tumor')", f"def tumor({', '.join(params)}):", *body, ""]
    )


def _ports(
    component: dict[str, Any], inputs: dict[str, Any], gates: list[str], known: dict[str, str]
) -> tuple[list[str], list[str], list[str]]:
    """Return the parameters of a component, what a task gives for its inputs, and what its container is told."""
    signature: list[str] = []
    given: list[str] = []
    told: list[str] = []
    for kind, ports in inputs.items():
        for key, source in ports.items():
            if key in gates:
                continue
            port = f"p{len(given)}"
            given.append(f"{port}={_value(source, known)}")
            type = _type(component["inputDefinitions"][kind][key])
            signature.append(f"{port}: {type if kind == 'parameters' else 'dsl.Input[dsl.Artifact]'}")
            told.append(port if kind == "parameters" else f"{port}.path")
    outputs = component.get("outputDefinitions", {})
    for key in outputs.get("artifacts", {}):
        signature.append(f"{key}: dsl.Output[dsl.Artifact]")
        told.append(f"{key}.path")
    for key, parameter in outputs.get("parameters", {}).items():
        signature.append(f"{key}: dsl.OutputPath({_type(parameter)})")
        told.append(key)
    return signature, given, told


def _value(source: dict[str, Any], known: dict[str, str]) -> str:
    told = source.get("taskOutputArtifact") or source.get("taskOutputParameter")
    if told is None:
        return str(source["componentInputParameter"])
    output = told.get("outputArtifactKey") or told["outputParameterKey"]
    return f"{known[told['producerTask']]}.outputs[{output!r}]"


def _type(parameter: dict[str, Any]) -> str:
    types = {"NUMBER_INTEGER": "int", "BOOLEAN": "bool"}
    return types.get(parameter.get("parameterType", ""), "str")


def _settings(
    task: dict[str, Any], container: dict[str, Any], inputs: dict[str, Any], known: dict[str, str]
) -> list[str]:
    """Return the calls that give a task its resources, attempts, caching, and what it waits for without reading it."""
    calls = []
    resources = container.get("resources", {})
    if "resourceCpuLimit" in resources:
        calls.append(f"set_cpu_limit({resources['resourceCpuLimit']!r})")
    if "resourceMemoryLimit" in resources:
        calls.append(f"set_memory_limit({resources['resourceMemoryLimit']!r})")
    if retry := task.get("retryPolicy"):
        calls.append(
            f"set_retry({retry['maxRetryCount']}, {retry['backoffDuration']!r}, {retry['backoffFactor']}, "
            f"{retry['backoffMaxDuration']!r})"
        )
    if not task["cachingOptions"]:
        calls.append("set_caching_options(False)")
    read = {
        source[kind]["producerTask"]
        for ports in inputs.values()
        for source in ports.values()
        for kind in ("taskOutputArtifact", "taskOutputParameter")
        if kind in source
    }
    calls += [f"after({known[name]})" for name in task.get("dependentTasks", []) if name not in read]
    return calls


def main() -> None:
    """Print the ratio."""
    kfp = python_with("kfp").with_name("kfp")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mlpc = install(folder, dependencies=True) / "mlpc"
        (folder / "main.mlp").write_text(hundred_lines(), encoding="utf-8")
        ours: list[str | Path] = [mlpc, "compile", "main.mlp", "--to", "kubeflow", "-o", "build"]
        once(ours, folder)
        document = next(yaml.safe_load_all((folder / "build" / "pipeline.yaml").read_bytes()))
        (folder / "pipeline.py").write_text(as_code(document), encoding="utf-8")
        theirs: list[str | Path] = [kfp, "dsl", "compile", "--py", "pipeline.py", "--output", "theirs.yaml"]

        def compile_ours() -> Cost:
            shutil.rmtree(folder / "build")
            return once(ours, folder)

        def compile_theirs() -> Cost:
            (folder / "theirs.yaml").unlink(missing_ok=True)
            return once(theirs, folder)

        mine, other = interleaved(RUNS, compile_ours, compile_theirs)
        compiled = next(yaml.safe_load_all((folder / "theirs.yaml").read_bytes()))
        executors = len(document["deploymentSpec"]["executors"])
        assert len(compiled["deploymentSpec"]["executors"]) == executors
        print(
            f"mlpc compile --to kubeflow, 100 lines, against kfp dsl compile: CPU {cpu(mine) / cpu(other):.3f} "
            f"({1000 * cpu(mine):.0f} ms, {1000 * cpu(other):.0f} ms, medians of {RUNS}); at most 0.1",
            flush=True,
        )


if __name__ == "__main__":
    main()
