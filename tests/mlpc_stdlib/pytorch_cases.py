"""Makes networks of every layer, where PyTorch is, and prints what came of each: `pytorch_cases.py FOLDER [onnx|pt2|litert …]`.

Of each network: the `shapes` of a row behind its layers, the `figures` of a short fit, whether it `reads` back as it was
written. Where asked: how `far` its ONNX form is from it in onnxruntime, the most by which one of its `layers` is off there, how
many of these are `lost`, and whether the form is the `same` each time.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy

from mlpc_stdlib.runtime import (
    export,
    litert,
    project,
    pt2,
    pytorch_fitting,
    pytorch_network,
    pytorch_onnx,
    tables,
    tflite,
)
from mlpc_stdlib.runtime.contract import Artefact, Result, StepError, Task


def dense(units: int, activation: str = "none") -> dict[str, Any]:
    return {"component": "dense", "units": units, "activation": activation}


def filters(component: str, **settings: Any) -> dict[str, Any]:
    return {
        "component": component,
        "kernel": 3,
        "stride": 1,
        "padding": "valid",
        "activation": "relu",
    } | settings


END = dense(3, "softmax")
IMAGE, SERIES, ROW = [7, 6, 2], [5, 2], [4]
NETWORKS: dict[str, tuple[list[int], list[dict[str, Any]]]] = {
    "window": (
        IMAGE,
        [filters("conv2d", filters=4, stride=2, padding="same"), {"component": "flatten"}, END],
    ),
    "depthwise": (
        IMAGE,
        [
            filters("depthwise_conv2d"),
            {"component": "average_pool", "size": 2},
            {"component": "flatten"},
            END,
        ],
    ),
    "pools": (
        IMAGE,
        [
            {"component": "up_sampling", "size": 2},
            {"component": "max_pool", "size": 3},
            {"component": "batch_norm"},
            {"component": "layer_norm"},
            {"component": "dropout", "rate": 0.2},
            {"component": "global_average_pool"},
            END,
        ],
    ),
    "lstm": (SERIES, [{"component": "batch_norm"}, {"component": "lstm", "units": 3}, END]),
    "gru": (SERIES, [{"component": "layer_norm"}, {"component": "gru", "units": 3}, END]),
    "flat series": (SERIES, [{"component": "flatten"}, END]),
    "row": (ROW, [{"component": "batch_norm"}, {"component": "layer_norm"}, END]),
    **{
        activation: (ROW, [dense(4, activation), END])
        for activation in ("relu", "gelu", "swish", "hard_swish", "tanh", "sigmoid", "none")
    },
}


def fit(
    folder: Path, rows: Any, targets: Any, layers: list[dict[str, Any]], task: str, **settings: Any
) -> dict[str, Any]:
    """Fit a network into ``folder/model``."""
    folder.mkdir()
    files = [str(folder / "rows.npy"), str(folder / "targets.npy")]
    numpy.save(files[0], rows.astype(numpy.float32))
    numpy.save(files[1], targets)
    plain = {"epochs": 2, "batch": 32, "learning_rate": 0.01, "optimizer": "adam", "seed": 1}
    return pytorch_fitting.fit(
        {
            "rows": files[0],
            "targets": files[1],
            "judged": files,
            "shape": list(rows.shape[1:]),
            "layers": layers,
            "task": task,
            "settings": plain | settings,
            "threads": 1,
            "shown": False,
            "folder": str(folder / "model"),
        }
    )


def told(folder: Path, shape: list[int], layers: list[dict[str, Any]], forms: list[str]) -> dict[str, Any]:
    chance = numpy.random.default_rng(3)
    rows = chance.normal(size=(33, *shape)).astype(numpy.float32)
    fitted = fit(folder, rows, chance.integers(0, 3, size=33), layers, "classification")
    network = pytorch_network.load(str(folder / "model"))
    pytorch_network.save(network, shape, layers, str(folder / "again"))
    found = {
        "shapes": [list(values.shape[1:]) for _, values in pytorch_network.between(network, rows)],
        "figures": fitted["figures"],
        "weights": fitted["weights"],
        "reads": all(
            (folder / "model" / name).read_bytes() == (folder / "again" / name).read_bytes()
            for name in ("network.json", "weights.safetensors")
        ),
    }
    if "pt2" in forms:
        found.update(archived(folder, shape))
    if "litert" in forms:
        found["litert"] = small(folder, shape)
    if "onnx" in forms:
        job = {
            "model": str(folder / "model"),
            "folder": str(folder),
            "shape": shape,
            "rows": str(folder / "rows.npy"),
            "output": "scores",
            "classes": 3,
            "scaling": None,
        }
        pytorch_onnx.convert(job)
        first = (folder / "model.onnx").read_bytes()
        pytorch_onnx.convert(job)
        session = export.open_session(str(folder / "model.onnx"))
        found["far"] = float(numpy.abs(export.run(session, rows) - pytorch_network.said(network, rows)).max())
        found["same"] = first == (folder / "model.onnx").read_bytes()
        with numpy.load(folder / "layers.npz") as own, numpy.load(folder / "probed.npz") as other:
            found["lost"] = len(own.files) - len(other.files)
            found["layers"] = max(float(numpy.abs(own[name] - other[name]).max()) for name in other.files)
    return found


def archived(folder: Path, shape: list[int]) -> dict[str, float]:
    """Return how far an `archive` of a network is from it, and the most by which one of its layers is off `inside`."""
    job = {"model": str(folder / "model"), "folder": str(folder), "shape": shape}
    job["rows"] = str(folder / "rows.npy")
    layers = pt2._convert(job)["layers"]
    pt2._run({**job, "layers": layers})
    far = numpy.abs(numpy.load(folder / "original.npy") - numpy.load(folder / "exported.npy")).max()
    with numpy.load(folder / "layers.npz") as own, numpy.load(folder / "probed.npz") as other:
        inside = max(float(numpy.abs(own[name] - other[name]).max()) for name in other.files)
    return {"archive": float(far), "inside": inside}


def small(folder: Path, shape: list[int]) -> dict[str, Any]:
    """Return for each way of making numbers smaller how far LiteRT is from a network, or why there is no such form."""
    job = {"model": str(folder / "model"), "folder": str(folder), "shape": shape}
    job["rows"] = job["calibrate"] = str(folder / "rows.npy")
    path = folder / "model.tflite"
    told = litert._convert({**job, "quantize": "none"})
    plain = path.read_bytes()
    found: dict[str, Any] = {}
    for quantize in ("none", "float16", "dynamic", "int8", "int16x8"):
        path.write_bytes(plain)
        try:
            if quantize != "none":
                path.write_bytes(litert._quantized(str(path), {**job, "quantize": quantize}))
            forms = tflite._run({**job, "layers": told["layers"], "shapes": told["shapes"]})
        except (RuntimeError, ValueError) as error:
            found[quantize] = {"fails": str(error)[:200]}
            continue
        far = numpy.abs(numpy.load(folder / "original.npy") - numpy.load(folder / "exported.npy")).max()
        found[quantize] = {"far": float(far), "input": forms["input"]["dtype"]}
        # As the folder of an export, for what else runs it.
        (folder / quantize).mkdir()
        (folder / quantize / "model.tflite").write_bytes(path.read_bytes())
        signature = {"inputs": [forms["input"]], "outputs": [forms["output"]]}
        (folder / quantize / "signature.json").write_text(json.dumps(signature))
        with numpy.load(folder / "layers.npz") as own, numpy.load(folder / "probed.npz") as other:
            off = [float(numpy.abs(own[name] - other[name]).max()) for name in other.files]
            found[quantize].update(inside=max(off, default=0.0), lost=len(own.files) - len(other.files))
    return found


def refused(folder: Path) -> dict[str, str]:
    """Return what is said of models that are not as they were written."""
    layers = [dense(4), END]
    found = {}

    def attempt(name: str, damage: Any) -> None:
        place = folder / name
        pytorch_network.save(pytorch_network.build(ROW, layers), ROW, layers, str(place))
        damage(place)
        try:
            pytorch_network.load(str(place))
        except StepError as error:
            found[name] = f"{error.code} {error.message}"

    attempt("no weights", lambda place: (place / "weights.safetensors").unlink())
    attempt("cut weights", lambda place: (place / "weights.safetensors").write_bytes(b"\0" * 20))
    attempt("no json", lambda place: (place / "network.json").write_text("{"))
    other = json.dumps({"shape": [5], "layers": layers})
    attempt("other shape", lambda place: (place / "network.json").write_text(other))
    strange = json.dumps({"shape": ROW, "layers": [{"component": "os.system"}]})
    attempt("no such layer", lambda place: (place / "network.json").write_text(strange))
    return found


def amounts(folder: Path) -> dict[str, Any]:
    """Return the figures of a regression of thousands, with a deviation of hundreds."""
    rows = numpy.random.default_rng(0).normal(size=(200, 2))
    targets = 5000.0 + 300.0 * rows[:, 0] - 100.0 * rows[:, 1]
    layers = [dense(8, "tanh"), dense(1)]
    # The last of 200 rows goes with the 199 before.
    settings = {"epochs": 60, "batch": 199, "learning_rate": 0.05}
    figures: dict[str, Any] = fit(folder, rows, targets, layers, "regression", **settings)["figures"]
    return figures


def single(folder: Path) -> str:
    """Return what is said of a batch of one row where rows are to be compared."""
    rows, layers = numpy.zeros((4, 3)), [{"component": "batch_norm"}, END]
    try:
        fit(folder, rows, numpy.array([0, 1, 2, 0]), layers, "classification", batch=1)
    except StepError as error:
        return f"{error.code} {error.message}"
    return ""


OWN = """\
import torch

class Net(torch.nn.Module):
    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.inner = torch.nn.Linear(2, 8)
        self.outer = torch.nn.Linear(8, outputs)

    def forward(self, rows):
        return torch.softmax(self.outer(torch.relu(self.inner(rows))), dim=1)

class Turns(Net):
    def forward(self, rows):
        return super().forward(rows) if rows.sum() > 0 else super().forward(-rows)

def fit(data) -> torch.nn.Module:
    torch.manual_seed(1)
    return Net(2)

def three(data) -> torch.nn.Module:
    return Net(3)

def turns(data) -> torch.nn.Module:
    return Turns(2)

def unscaled(data) -> torch.nn.Module:
    return torch.nn.Linear(2, 2)

def narrow(data) -> torch.nn.Module:
    return torch.nn.Linear(5, 2)

def nothing(data):
    return {"weights": [1.0]}
"""


def own(folder: Path, onnx: bool) -> dict[str, Any]:
    """Return what is said of modules that the user's own code made, and how far what was kept of one `is` from it."""
    import pandas
    import torch

    columns: list[dict[str, Any]] = [
        {"name": name, "type": {"base": "float"}, "marks": []} for name in ("a", "b")
    ]
    columns.append({"name": "good", "type": {"base": "bool"}, "marks": ["label"]})
    kind = {"type": "dataset", "schema": {"columns": columns, "rest": None}, "label": "good"}
    rows = numpy.random.default_rng(0).normal(size=(20, 2))
    folder.mkdir()
    (folder / "mine.py").write_text(OWN)
    frame = pandas.DataFrame({"a": rows[:, 0], "b": rows[:, 1], "good": rows[:, 0] > 0})
    tables.write(str(folder / "data.parquet"), frame, kind, "rows")
    found: dict[str, Any] = {}
    for function in ("fit", "three", "turns", "unscaled", "narrow", "nothing"):
        task = Task(
            id="own",
            action={"kind": "project", "target": "mine.py", "function": function},
            result="",
            inputs={"data": Artefact(str(folder / "data.parquet"), kind)},
            outputs={"model": Artefact(str(folder / function), {"type": "model", "framework": "pytorch"})},
            arguments={},
            secrets={},
            project=str(folder),
            seed=None,
        )
        try:
            project.call(task, Result())
        except StepError as error:
            found[function] = f"{error.code} {error.message}"
    taken = rows.astype(numpy.float32)
    with torch.inference_mode():
        said = sys.modules["mine"].fit(None)(torch.from_numpy(taken)).numpy()
    for name in [name for name in sys.modules if name == "mine"]:
        del sys.modules[name]
    kept = pytorch_network.load(str(folder / "fit"))
    found["is"] = float(numpy.abs(pytorch_network.said(kept, taken) - said).max())
    found["files"] = sorted(path.name for path in (folder / "fit").iterdir())
    if onnx:
        numpy.save(folder / "rows.npy", taken)
        job = {
            "model": str(folder / "fit"),
            "folder": str(folder),
            "shape": [2],
            "rows": str(folder / "rows.npy"),
        }
        pytorch_onnx.convert({**job, "output": "scores", "classes": 2, "scaling": None})
        session = export.open_session(str(folder / "model.onnx"))
        found["onnx"] = float(numpy.abs(export.run(session, taken) - said).max())
        pt2._run({**job, "layers": pt2._convert(job)["layers"]})
        found["pt2"] = float(numpy.abs(numpy.load(folder / "exported.npy") - said).max())
    return found


def main(folder: Path, forms: list[str]) -> None:
    made: dict[str, Any] = {
        name: told(folder / name, shape, layers, forms) for name, (shape, layers) in NETWORKS.items()
    }
    found = {
        "refused": refused(folder),
        "amounts": amounts(folder / "amounts"),
        "single": single(folder / "single"),
        "own": own(folder / "own", "onnx" in forms),
    }
    print(json.dumps({"networks": made, **found}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
