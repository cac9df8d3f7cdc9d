"""Small networks for the tests of their exports, and steps called where Keras is: in an environment of their own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy
import pandas
import pyarrow
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits

from mlpc_stdlib.runtime import tables
from mlpc_stdlib.runtime.contract import Artefact
from tests.engines import python_with
from tests.mlpc_stdlib.bundles import column, dataset

HERE = Path(__file__).resolve().parent
STDLIB = HERE.parents[1] / "stdlib"
LOCK = "keras"


def make_networks(folder: Path) -> Path:
    """Train the networks of ``make_networks.py`` into a folder and return it."""
    done = subprocess.run(
        [python_with(LOCK), HERE / "make_networks.py", folder],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def images(start: int = 1200, stop: int | None = None) -> Any:
    """Return images of digits, ``[rows, 8, 8, 1]``, of 32 bits between 0 and 1."""
    return (load_digits().images[start:stop] / 16.0).astype(numpy.float32)[..., None]


def digits(folder: Path, start: int = 1200, stop: int | None = None) -> Artefact:
    """Write images of digits as a dataset with one tensor column; the network has not seen those from 1200 on."""
    pixels = pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(images(start, stop).reshape(-1)), 64)
    table = pyarrow.table(
        {"pixels": pixels, "digit": pyarrow.array(load_digits().target[start:stop], pyarrow.int64())}
    )
    tensor = {"base": "tensor", "of": {"base": "float"}, "shape": [8, 8, 1], "min": 0, "max": 1}
    type = dataset({"name": "pixels", "type": tensor, "marks": []}, column("digit", "int", "label"))
    path = folder / f"digits-{start}.parquet"
    tables.write_arrow(str(path), table)
    return Artefact(str(path), type)


def tumors(folder: Path) -> Artefact:
    """Write the rows of ``tumors``, raw: their scaling is not in the network."""
    loaded = load_breast_cancer()
    return _numbers(folder / "tumors.parquet", loaded.data, "benign", "bool", loaded.target == 1)


def progress(folder: Path) -> Artefact:
    """Write the rows of ``progress``."""
    loaded = load_diabetes()
    return _numbers(folder / "progress.parquet", loaded.data, "y", "float", loaded.target / 100.0)


def _numbers(path: Path, rows: Any, label: str, base: str, values: Any) -> Artefact:
    names = [f"x{number}" for number in range(rows.shape[1])]
    frame = pandas.DataFrame(rows, columns=names)
    frame[label] = values
    type = dataset(*map(column, names), column(label, base, "label"))
    tables.write(str(path), frame, type, "rows")
    return Artefact(str(path), type)


def step(
    target: str,
    folder: Path,
    inputs: dict[str, Artefact],
    outputs: dict[str, Path],
    *,
    runtime: Path = STDLIB,
    lock: str = LOCK,
    **arguments: Any,
) -> dict[str, Any]:
    """Run a step of the runtime in a process where Keras is and return its ``result.json``; ``log.txt`` has what it printed.

    ``lock`` names another lock, and by it the framework of its models.

    Arguments with a dot are written with two underscores.
    """
    folder.mkdir(parents=True, exist_ok=True)
    module, function = target.split(":")
    given = {
        name: {"path": item.path, "type": item.type or {"type": "model", "framework": lock}}
        for name, item in inputs.items()
    }
    task = {
        "contract": 1,
        "task": "step",
        "action": {"kind": "runtime", "target": f"mlpc_stdlib.runtime.{module}", "function": function},
        "inputs": given,
        "outputs": {name: {"path": str(path), "type": {}} for name, path in outputs.items()},
        "arguments": {name.replace("__", "."): value for name, value in arguments.items()},
        "result": str(folder / "result.json"),
    }
    (folder / "task.json").write_text(json.dumps(task))
    with open(folder / "log.txt", "w") as log:
        subprocess.run(
            [python_with(lock), "-s", "-P", "-m", "mlpc_stdlib.runtime", "--task", folder / "task.json"],
            env={**os.environ, "PYTHONPATH": str(runtime), "PYTHONHASHSEED": "0"},
            stdout=log,
            stderr=log,
            check=False,
        )
    found: dict[str, Any] = json.loads((folder / "result.json").read_text())
    return found
