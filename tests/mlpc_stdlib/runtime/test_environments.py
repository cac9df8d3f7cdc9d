"""What the components say that they require is what their steps need, at its newest and at its oldest."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.mlpc_stdlib.bundles import flowers

STDLIB = Path(__file__).resolve().parents[3] / "stdlib"
RUNTIME = "mlpc_stdlib.runtime"


def required(action: str) -> tuple[str, ...]:
    """Return the requirements of the component that runs a function, as its `.mlp` file says them."""
    for path in sorted((STDLIB / "mlpc_stdlib").glob("*.mlp")):
        found = re.search(
            rf'run = python\("{re.escape(action)}"\)\s+requires = (\[[^\]]*\])',
            path.read_text(encoding="utf-8"),
        )
        if found:
            return tuple(json.loads(re.sub(r",\s*\]", "]", found.group(1))))
    raise AssertionError(f"no component runs {action}")


BASE = required(f"{RUNTIME}.sklearn:random_forest")


@pytest.mark.parametrize(
    "action",
    [
        "data:csv",
        "npz:npz",
        "split:random",
        "sklearn:random_forest",
        "sklearn:logistic_regression",
        "evaluate:classification",
        "evaluate:regression",
    ],
)
def test_steps_from_data_to_figures_share_one_environment(action: str) -> None:
    assert sorted(required(f"{RUNTIME}.{action}")) == sorted(BASE)


@pytest.mark.parametrize(
    "action",
    [
        "c_trees:c_trees",
        "export:onnx",
        "image_folder:image_folder",
        "lightgbm:regressor",
        "register:mlflow",
        "xgboost:classifier",
    ],
)
def test_the_others_have_the_same_and_more(action: str) -> None:
    assert set(required(f"{RUNTIME}.{action}")) > set(BASE)


@pytest.mark.parametrize(
    "action",
    [
        "data:csv",
        "npz:npz",
        "split:random",
        "sklearn:random_forest",
        "sklearn:logistic_regression",
        "evaluate:classification",
        "evaluate:regression",
        "export:onnx",
        "register:mlflow",
        "c_trees:c_trees",
        "xgboost:classifier",
        "xgboost:regressor",
        "lightgbm:classifier",
        "lightgbm:regressor",
    ],
)
def test_every_requirement_has_a_lower_bound_and_one_to_what_breaks(action: str) -> None:
    """Without one a resolver takes something years old without a word."""
    for requirement in required(f"{RUNTIME}.{action}"):
        assert ">=" in requirement, requirement
    pandas = next(item for item in required(f"{RUNTIME}.{action}") if item.startswith("pandas"))
    assert "<3.1" in pandas


def test_all_that_touches_a_network_shares_one_environment() -> None:
    """TensorFlow takes 2 GB: training, judging and exporting have one set of requirements."""
    text = (STDLIB / "mlpc_stdlib/ports.mlp").read_text(encoding="utf-8")
    told = re.search(r"let keras = (\[[^\]]*\])", text)
    assert told is not None
    wanted = sorted(json.loads(re.sub(r",\s*\]", "]", told.group(1))))
    assert set(wanted) >= set(required(f"{RUNTIME}.evaluate:classification"))
    for action in ("keras:classifier", "keras:regressor", "tflite:tflite", "tfjs:tfjs"):
        assert sorted(required(f"{RUNTIME}.{action}")) == wanted, action


class Environments:
    """Makes environments by uv and runs steps in them."""

    def __init__(self, folder: Path, resolution: str) -> None:
        self.folder = folder
        self.resolution = resolution
        self.pythons: dict[tuple[str, ...], Path] = {}

    def python(self, requirements: tuple[str, ...]) -> Path:
        if requirements not in self.pythons:
            where = self.folder / f"env{len(self.pythons)}"
            uv = Path(sys.executable).with_name("uv")
            made = where / "bin" / "python"
            lines: list[list[str | Path]] = [
                [uv, "venv", "--quiet", "--python", sys.executable, where],
                [
                    uv,
                    "pip",
                    "install",
                    "--quiet",
                    "--python",
                    made,
                    "--resolution",
                    self.resolution,
                    *requirements,
                ],
            ]
            for line in lines:
                subprocess.run(line, check=True)
            self.pythons[requirements] = made
        return self.pythons[requirements]

    def step(
        self, action: str, inputs: dict[str, Any], outputs: dict[str, Any], **arguments: Any
    ) -> dict[str, Any]:
        target, _, function = f"{RUNTIME}.{action}".partition(":")
        result = self.folder / "result.json"
        result.unlink(missing_ok=True)
        task = {
            "contract": 1,
            "task": function,
            "action": {"kind": "runtime", "target": target, "function": function},
            "inputs": inputs,
            "outputs": outputs,
            "arguments": {name.replace("__", "."): value for name, value in arguments.items()},
            "project": str(self.folder),
            "state": str(self.folder / "state"),
            "result": str(result),
        }
        (self.folder / "task.json").write_text(json.dumps(task))
        found = subprocess.run(
            [
                self.python(required(f"{target}:{function}")),
                "-m",
                RUNTIME,
                "--task",
                self.folder / "task.json",
            ],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(STDLIB), "PYTHONHASHSEED": "0"},
        )
        assert found.returncode == 0, found.stderr
        told: dict[str, Any] = json.loads(result.read_text())
        return told


@pytest.mark.full
@pytest.mark.parametrize("resolution", ["highest", "lowest-direct"])
@pytest.mark.parametrize(("estimator", "label"), [("random_forest", "enum"), ("logistic_regression", "bool")])
def test_every_step_runs_in_its_own_environment(
    tmp_path: Path, resolution: str, estimator: str, label: str
) -> None:
    environments = Environments(tmp_path, resolution)
    frame, type = flowers(label)
    frame.to_csv(tmp_path / "flowers.csv", index=False)
    model = {"type": "model", "framework": "sklearn", "schema": type["schema"], "label": "label"}

    def at(name: str, port: dict[str, Any] = type) -> dict[str, Any]:
        return {"path": str(tmp_path / name), "type": port}

    run = environments.step
    run("data:csv", {"path": at("flowers.csv", {})}, {"rows": at("rows")})
    run(
        "split:random",
        {"data": at("rows")},
        {"train": at("train"), "test": at("test")},
        test=0.2,
        stratify="label",
    )
    run(f"sklearn:{estimator}", {"data": at("train")}, {"model": at("model", model)})
    told = run("evaluate:classification", {"model": at("model", model), "data": at("test")}, {})
    assert told["metrics"]["accuracy"] > 0.7
    told = run(
        "export:onnx",
        {"model": at("model", model), "parity.data": at("rows")},
        {"portable": at("portable", {**model, "framework": "onnx"})},
        parity__max_abs=1e-5,
    )
    assert told["metrics"]["parity.agreement"] == 1.0
    told = run("register:mlflow", {"model": at("model", model)}, {}, name="flowers", alias="champion")
    assert told["effect"]["version"] == "1"
