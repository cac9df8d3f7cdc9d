"""Exports against what they were made of: the size of each and the time of one row, as ratios; and the page of a model.

A network of Keras with two convolutions over images of 32 x 32, and the forest of `examples/tumor`. All runs on one thread. The
first prediction of a page, for a visitor who comes for the first time, is measured beside that of a page which does nothing but
load onnxruntime-web and the model, in the same browser.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy

from mlpc_stdlib.runtime import c_trees, export, models, npm, tables
from mlpc_stdlib.runtime.contract import Artefact
from tests.benchmarks import tumor
from tests.benchmarks.measure import ROOT, environment
from tests.engines import python_with
from tests.mlpc_stdlib import bundles, cells
from tests.mlpc_stdlib.runtime.web import browser
from tests.mlpc_stdlib.runtime.web.sites import make_site

HERE = Path(__file__).resolve().parent
LAYERS = (
    'up_sampling(4), conv2d(16, kernel = 3, activation = "relu"), max_pool(),'
    ' conv2d(32, kernel = 3, activation = "relu"), max_pool(), flatten(), dense(64, activation = "relu"),'
    ' dense(10, activation = "softmax")'
)
NETWORK = cells.Model("network", "keras", "", cells.IMAGE, LAYERS)
ROUNDS, CALLS = 15, 100
VISITS = 9


def size(path: Path) -> int:
    """Return the bytes of a model: of all files but the signature, which each has."""
    return sum(each.stat().st_size for each in path.iterdir() if each.name != models.SIGNATURE_FILE)


def network(folder: Path) -> list[str]:
    """Return a line for each form of the network."""
    asked = [
        cells.Cell(NETWORK, to, quantize, "")
        for to in ("tflite", "tfjs", "onnx")
        for quantize in cells.table().choices(to)
    ]
    for cell, outcome in cells.make(asked, folder).items():
        if outcome.figures is None:
            raise RuntimeError(f"{cell.name}: {outcome.why}")
    home = folder / "networks-0" / "network"
    forms = {f"{cell.to}-{cell.quantize}": home / f"{cell.to}-{cell.quantize}" for cell in asked}
    job = {
        "keras": str(home / "model"),
        "tflite": {name: str(place) for name, place in forms.items() if name.startswith("tflite")},
        "onnx": str(forms["onnx-none"]),
        "rows": str(home / "rows.npy"),
        "rounds": ROUNDS,
        "calls": CALLS,
    }
    took = asked_for([python_with("keras"), "-s", HERE / "exports_latency.py"], job, folder)
    rows = numpy.load(home / "rows.npy").astype("<f4")
    rows.tofile(home / "rows.f32")
    in_node = {
        "tensorflow": tensorflow(),
        "onnxruntime": npm.folder("onnxruntime-web"),
        "tfjs": {name: str(place) for name, place in forms.items() if name.startswith("tfjs")},
        "onnx": str(forms["onnx-none"] / "model.onnx"),
        "rows": str(home / "rows.f32"),
        "shape": list(rows.shape),
        "rounds": ROUNDS,
        "calls": CALLS,
    }
    there = asked_for(["node", HERE / "exports_latency.mjs"], in_node, folder)
    own, whole = took["keras"], size(home / "model")
    lines = []
    for name, place in forms.items():
        runs = [("onnxruntime", took["onnx"]), ("onnxruntime-web in Node", there["onnx"])]
        if name.startswith("tflite"):
            runs = [("LiteRT", took[name])]
        elif name.startswith("tfjs"):
            runs = [("TF.js in Node", there[name])]
        told = "; ".join(f"{where} {own / us:.1f}x as fast ({us:.0f} us)" for where, us in runs)
        shown = name.removesuffix("-none").replace("-", " ")
        lines.append(
            f"{shown} against Keras ({own:.0f} us, {whole} B): size {size(place) / whole:.2f}x ({size(place)} B); {told}"
        )
    single, small = took["tflite-none"], took["tflite-int8"]
    sizes = size(forms["tflite-int8"]) / size(forms["tflite-none"])
    lines.append(
        f"int8 against float32 on LiteRT: {single / small:.2f}x as fast ({small:.0f} us, {single:.0f} us); size {sizes:.2f}x"
    )
    return lines


def tensorflow() -> str:
    """Return the packages of TensorFlow.js, of the environment that exported with them."""
    (found,) = (python_with("keras").parents[1] / "npm").glob("tensorflow-*")
    return str(found)


def asked_for(command: list[Any], job: dict[str, Any], folder: Path) -> dict[str, float]:
    """Run a script over a job and return what it prints.

    Raises:
        RuntimeError: it failed.
    """
    path = folder / "latency.json"
    path.write_text(json.dumps(job))
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run(
        [*command, path],
        env={**environment(**quiet), "PYTHONPATH": str(ROOT / "stdlib"), "NODE_PATH": tensorflow()},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def forest(folder: Path) -> list[str]:
    """Return a line for each form of the forest, which lies in ``forest`` and ``bundle``."""
    trained = Artefact(str(folder / "forest"), {"type": "model", "framework": "sklearn"})
    code = Artefact(str(folder / "code"))
    told = bundles.step(c_trees.c_trees, {"model": trained}, {"code": code}).metrics
    model, signature = models.load(trained)
    type = {"type": "dataset", "schema": tumor.SCHEMA}
    frame = models.matrix(signature, tables.read(Artefact(str(folder / "rows.parquet"), type)), "the rows")
    session = export.open_session(str(folder / "bundle" / "model.onnx"))
    narrow = frame.to_numpy(dtype=numpy.float32)
    compiled = library(Path(code.path), folder, len(signature["classes"]))
    singles = [frame.iloc[[number]] for number in range(50)]
    what: dict[str, tuple[Callable[[int], Any], int]] = {
        "scikit-learn": (lambda number: model.predict_proba(singles[number % 50]), 10),
        "onnx": (lambda number: session.run(None, {export.INPUT: narrow[number % 50][None]}), CALLS),
        "c_trees": (lambda number: compiled(narrow[number % 50]), CALLS),
    }
    found: dict[str, list[float]] = {name: [] for name in what}
    for _ in range(ROUNDS):
        for name, (call, calls) in what.items():
            start = time.perf_counter()
            for number in range(calls):
                call(number)
            found[name].append((time.perf_counter() - start) / calls * 1e6)
    took = {name: min(each) for name, each in found.items()}
    own, whole = took["scikit-learn"], size(Path(trained.path))
    sizes = {"onnx": size(folder / "bundle"), "c_trees": int(told["size"])}
    where = {"onnx": "onnxruntime", "c_trees": "C, called from Python,"}
    return [
        f"{name} against scikit-learn ({own:.0f} us, {whole} B): size {sizes[name] / whole:.2f}x ({sizes[name]} B); "
        f"{where[name]} {own / took[name]:.0f}x as fast ({took[name]:.1f} us)"
        for name in sizes
    ]


def library(code: Path, folder: Path, classes: int) -> Callable[[Any], Any]:
    """Compile C as a library and return what calls it for one row."""
    compiler = c_trees.find_compiler()
    made = folder / "model.so"
    words = ["-std=c99", "-O2", "-shared", "-fPIC", str(code / "model.c"), "-o", str(made), "-lm"]
    subprocess.run([*compiler, *words], check=True)
    function = ctypes.CDLL(str(made)).model_predict
    scores = (ctypes.c_float * classes)()
    wide = "typedef double model_number;" in (code / "model.h").read_text()
    number = ctypes.c_double if wide else ctypes.c_float

    def call(row: Any) -> Any:
        values = row.astype(numpy.float64) if wide else row
        function(values.ctypes.data_as(ctypes.POINTER(number)), scores)
        return scores

    return call


PLAIN = """<!doctype html><meta charset="utf-8"><title>plain</title><script type="module">
import * as ort from "./ort.wasm.bundle.min.mjs";
ort.env.wasm.numThreads = 1;
const [wasm, model] = await Promise.all(
  ["ort-wasm-simd-threaded.wasm", "model.onnx"].map((name) => fetch(name).then((answer) => answer.arrayBuffer())));
ort.env.wasm.wasmBinary = wasm;
const session = await ort.InferenceSession.create(new Uint8Array(model), { executionProviders: ["wasm"] });
await session.run({ input: new ort.Tensor("float32", new Float32Array(WIDTH), [1, WIDTH]) });
document.documentElement.dataset.started = "";
</script>
"""


def page(folder: Path) -> list[str]:
    """Return a line about the first prediction of the page of the forest."""
    bundle = folder / "bundle"
    ours = make_site(folder, bundle, title="tumor")
    plain = folder / "plain"
    plain.mkdir()
    dist = Path(npm.folder("onnxruntime-web")) / "onnxruntime-web" / "dist"
    for path in (*dist.iterdir(), bundle / "model.onnx"):
        shutil.copyfile(path, plain / path.name)
    width = len(models.read_signature(str(bundle))["features"])
    (plain / "index.html").write_text(PLAIN.replace("WIDTH", str(width)))
    given = json.dumps({"ours": str(ours), "plain": str(plain), "rounds": VISITS})
    words = ["node", str(HERE / "first_prediction.mjs"), str(browser.packages()), browser.CHROMIUM, given]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=dict(os.environ))
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    found = json.loads(done.stdout)
    ratio = median(one / other for one, other in zip(found["ours"], found["plain"], strict=True))
    loaded = [
        sum(path.stat().st_size for path in place.rglob("*") if path.is_file()) for place in (ours, plain)
    ]
    line = (
        f"first prediction of a page against plain onnxruntime-web in Chromium: {ratio:.2f}x the time "
        f"({median(found['ours']):.0f} ms, {median(found['plain']):.0f} ms); files {loaded[0] / loaded[1]:.2f}x "
        f"({loaded[0] / 1024:.0f} KiB, {loaded[1] / 1024:.0f} KiB)"
    )
    return [line]


def main() -> None:
    """Print the ratios."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        browser.programs()
        tumor.export(folder)
        for part in (forest, page, lambda folder: network(folder / "network")):
            for line in part(folder):
                print(line, flush=True)
