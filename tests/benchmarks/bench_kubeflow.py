"""`mlpc compile --to kubeflow` against `kfp dsl compile` of an equal pipeline, CPU time; and how it grows with the spec.

Both are cold, with byte code. The other pipeline has a task for each task of ours, with as many inputs, written as
container components: what its users write by hand.
"""

from __future__ import annotations

import math
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from tests.benchmarks.bench_check import hundred_lines, many_blocks
from tests.benchmarks.measure import cpu, interleaved, once
from tests.engines import python_with

RUNS = 11
GROWTH_RUNS = 3


def as_code(document: dict[str, Any]) -> str:
    """Return the program for Kubeflow's SDK that makes a pipeline of the tasks of ``document``."""
    lines = ["from kfp import dsl", ""]
    body: list[str] = []
    tasks = document["root"]["dag"]["tasks"]
    known: dict[str, str] = {}
    for number, (name, task) in enumerate(tasks.items()):
        known[name] = f"t{number}"
        component = document["components"][task["componentRef"]["name"]]
        inputs = task.get("inputs", {})
        if name.startswith("data-0x"):
            uri = inputs["parameters"]["uri"]["componentInputParameter"]
            body.append(f"    t{number} = dsl.importer(artifact_uri={uri}, artifact_class=dsl.Artifact)")
            continue
        given: list[str] = []
        signature: list[str] = []
        for kind, ports in inputs.items():
            for key, source in ports.items():
                port = f"p{len(given)}"
                told = source.get("taskOutputArtifact") or source.get("taskOutputParameter")
                output = told and (told.get("outputArtifactKey") or told.get("outputParameterKey"))
                value = f"{known[told['producerTask']]}.outputs[{output!r}]" if told else key
                given.append(f"{port}={value}")
                types = {"NUMBER_INTEGER": "int", "BOOLEAN": "bool"}
                type = types.get(component["inputDefinitions"][kind][key].get("parameterType", ""), "str")
                signature.append(f"{port}: {type if kind == 'parameters' else 'dsl.Input[dsl.Artifact]'}")
        for key in component.get("outputDefinitions", {}).get("artifacts", {}):
            signature.append(f"{key}: dsl.Output[dsl.Artifact]")
        for key, parameter in component.get("outputDefinitions", {}).get("parameters", {}).items():
            type = "bool" if parameter["parameterType"] == "BOOLEAN" else "str"
            signature.append(f"{key}: dsl.OutputPath({type})")
        lines += [
            "",
            "@dsl.container_component",
            f"def c{number}({', '.join(signature)}):",
            f"    return dsl.ContainerSpec(image='image', command=['python'], args=['--node', {name!r}])",
        ]
        body.append(f"    t{number} = c{number}({', '.join(given)})")
    types = {"NUMBER_INTEGER": "int"}
    params = [
        f"{name}: {types.get(each['parameterType'], 'str')}"
        + (f" = {each['defaultValue']!r}" if "defaultValue" in each else "")
        for name, each in sorted(
            document["root"]["inputDefinitions"]["parameters"].items(),
            key=lambda item: "defaultValue" in item[1],
        )
    ]
    return "\n".join(
        [*lines, "", "@dsl.pipeline(name='tumor')", f"def tumor({', '.join(params)}):", *body, ""]
    )


def main() -> None:
    """Print the figures as ratios."""
    kfp = python_with("kfp").with_name("kfp")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mlpc = Path(sys.executable).with_name("mlpc")
        (folder / "main.mlp").write_text(hundred_lines(), encoding="utf-8")
        ours: list[str | Path] = [mlpc, "compile", "main.mlp", "--to", "kubeflow", "-o", "build"]
        once(ours, folder)
        document = next(yaml.safe_load_all((folder / "build" / "pipeline.yaml").read_bytes()))
        (folder / "pipeline.py").write_text(as_code(document), encoding="utf-8")
        theirs: list[str | Path] = [kfp, "dsl", "compile", "--py", "pipeline.py", "--output", "theirs.yaml"]
        mine, other = interleaved(RUNS, lambda: once(ours, folder), lambda: once(theirs, folder))
        compiled = next(yaml.safe_load_all((folder / "theirs.yaml").read_bytes()))
        assert len(compiled["root"]["dag"]["tasks"]) == len(document["root"]["dag"]["tasks"])
        print(
            f"mlpc compile --to kubeflow, 100 lines: {cpu(mine) / cpu(other):.3f} of `kfp dsl compile` "
            f"({1000 * cpu(mine):.0f} ms to {1000 * cpu(other):.0f} ms CPU; at most 0.1)"
        )
        sizes = (1_000, 10_000)
        costs = []
        for blocks in sizes:
            (folder / f"{blocks}.mlp").write_text(many_blocks(blocks), encoding="utf-8")
            command: list[str | Path] = [
                mlpc,
                "compile",
                f"{blocks}.mlp",
                "--to",
                "kubeflow",
                "-o",
                f"build{blocks}",
            ]
            (found,) = interleaved(GROWTH_RUNS, lambda command=command: once(command, folder))  # type: ignore[misc]
            costs.append(cpu(found))
        grown = math.log(costs[1] / costs[0]) / math.log(sizes[1] / sizes[0])
        print(f"from {sizes[0]:,} to {sizes[1]:,} blocks: exponent {grown:.2f} (at most 1.1)")


if __name__ == "__main__":
    main()
