"""Every cell of the table of what becomes what, and where it runs: `make matrix`, or ``python -m tests.mlpc_stdlib.cells WORD``.

A cell is a model, what it is exported to, how that is quantised, and where it is deployed. What the checker says of it is read
from the checker, over a program with that model, export and deployment; what it does is seen by making it, and by running it in
the runtime of its target:

| export | target | runtime |
|---|---|---|
| `tflite` | `edge` | LiteRT |
| `tflite` | `mcu` | TFLite Micro's interpreter |
| `tfjs`, `graph` or `layers` | `web` | TensorFlow.js in Node |
| `onnx` | `server` `edge` `cloud_gpu` | onnxruntime |
| `onnx` | `web` | onnxruntime-web in Node, by the files that a page is given |
| `c_trees` | | C, compiled by the machine's compiler |
| `savedmodel` | | TensorFlow |

Networks are made of the declarations of `keras.mlp`: each layer, and each value of each of its choices. With a WORD only cells
that have it in their name are made. The exit status is 1 where a cell is not as the table says.
"""

from __future__ import annotations

import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy
import pyarrow
from sklearn.datasets import load_digits

from mlpc.check.checker import Checker
from mlpc.check.compatibility import rows as rows_of
from mlpc.diagnostics import Diagnostic, Diagnostics
from mlpc.ir.nodes import Task
from mlpc.resolve.modules import Modules
from mlpc_stdlib.runtime import c_trees, codes, export, models, npm, parity, tables, triton
from mlpc_stdlib.runtime.contract import Artefact, StepError
from tests.engines import python_with
from tests.loader import Texts, checked, workflow_of
from tests.mlpc_stdlib.bundles import column, dataset, make_dataset, make_model, step
from tests.system import install

HERE = Path(__file__).resolve().parent
STDLIB = HERE.parents[1] / "stdlib"
#: Rows that a network learns from, and rows that both sides are asked about.
LEARNED, ASKED = 600, 150

# What there is


class Model(NamedTuple):
    """What is trained: a `framework`, its `family` where it has one, and the program that trains it.

    Of a network `layers` is the list as it is written, else it is empty; `label` is that of trees and sums.
    """

    name: str
    framework: str
    family: str
    shape: tuple[int, ...] = ()
    layers: str = ""
    label: str = ""
    estimator: str = ""


class Cell(NamedTuple):
    """A model, what it becomes, how (`none` where the export has no choice) and where that runs (empty: nowhere yet).

    `format` is that of an export which has several, else empty.
    """

    model: Model
    to: str
    quantize: str
    on: str
    format: str = ""

    @property
    def name(self) -> str:
        parts = (
            self.model.name,
            self.to,
            self.format,
            "" if self.quantize == "none" else self.quantize,
            self.on,
        )
        return " > ".join(part for part in parts if part)


#: What there are models of here.
FRAMEWORKS = {"keras", "sklearn", "xgboost", "lightgbm"}
#: What is made of an export to ONNX, and of nothing else.
OF_ONNX = {"tensorrt": triton.tensorrt}
IMAGE, SERIES = (8, 8, 1), (8, 8)
#: By layer: the shape of what it is tried on, what is written in front of it, its own arguments that are not optional, what is
#: written behind it.
LAYERS: dict[str, tuple[tuple[int, ...], str, str, str]] = {
    "conv2d": (IMAGE, "", "4, kernel = 3", "flatten()"),
    "depthwise_conv2d": (IMAGE, "", "kernel = 3", "flatten()"),
    "max_pool": (IMAGE, 'conv2d(4, kernel = 3, activation = "relu")', "", "flatten()"),
    "average_pool": (IMAGE, 'conv2d(4, kernel = 3, activation = "relu")', "", "flatten()"),
    "global_average_pool": (IMAGE, 'conv2d(12, kernel = 3, activation = "relu")', "", ""),
    "flatten": (IMAGE, "", "", ""),
    "dense": (IMAGE, "flatten()", "16", ""),
    "up_sampling": (IMAGE, 'conv2d(2, kernel = 3, activation = "relu")', "", "flatten()"),
    "lstm": (SERIES, "", "8", ""),
    "gru": (SERIES, "", "8", ""),
    "dropout": (IMAGE, 'flatten(), dense(16, activation = "relu")', "rate = 0.2", ""),
    "batch_norm": (IMAGE, "conv2d(4, kernel = 3)", "", "flatten()"),
    "layer_norm": (IMAGE, 'flatten(), dense(16, activation = "relu")', "", ""),
}


class Table:
    """The table, and the declarations of the layers, as the checker reads them."""

    def __init__(self) -> None:
        diagnostics = Diagnostics()
        self.modules = Modules(Texts({}), diagnostics)
        self.checker = Checker(self.modules, diagnostics)
        self.works = rows_of(self.checker, "works")
        self.fails = rows_of(self.checker, "fails")

    def layers(self) -> dict[str, Any]:
        """Return the parameters of each layer that `keras.mlp` declares."""
        module = self.modules.standard("keras")
        assert module is not None
        found = {}
        for _, spec in self.checker.components(module, "layer"):
            # Other libraries have layers of the same names.
            decl = module.find(spec.name, "component")
            if decl is not None:
                found[spec.name] = self.checker.declarations.component(module, decl).params
        return found

    def choices(self, to: str) -> list[str]:
        """Return the values of `quantize` of an export; `none` alone where it has no such parameter."""
        found = self.checker.standard_component("export", (to,))
        assert found is not None
        params = self.checker.declarations.component(*found).params
        return list(params["quantize"].type.choices or ()) if "quantize" in params else ["none"]


@cache
def table() -> Table:
    """Return the table; it is read once."""
    return Table()


def networks() -> list[Model]:
    """Return a network for each layer, and one for each value of each choice that it has."""
    found = []
    for layer, params in table().layers().items():
        shape, before, arguments, behind = LAYERS[layer]
        settings = [""]
        for name, param in params.items():
            values: list[Any] = [True, False] if param.type.base == "bool" else list(param.type.choices or ())
            usual = param.default.value if param.default is not None else None
            settings += [f"{name} = {json.dumps(value)}" for value in values if value != usual]
        for setting in settings:
            inside = ", ".join(part for part in (arguments, setting) if part)
            layers = [before, f"{layer}({inside})", behind, 'dense(10, activation = "softmax")']
            name = f"{layer}({setting})"
            found.append(Model(name, "keras", "", shape, ", ".join(filter(None, layers))))
    return found


def tabular() -> list[Model]:
    """Return the models of columns of numbers: trees and sums, classes and amounts."""
    found = []
    for framework, family, estimator in (
        ("sklearn", "trees", "random_forest"),
        ("sklearn", "linear", "logistic_regression"),
        ("xgboost", "trees", "xgboost"),
        ("lightgbm", "trees", "lightgbm"),
    ):
        for label in ("bool", "enum", "float"):
            if label != "float" or family == "trees":
                name = f"{framework} {family} {'amount' if label == 'float' else 'classes'}"
                name += " (two)" if label == "bool" else ""
                found.append(Model(name, framework, family, (), "", label, estimator))
    return found


def listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _of(row: dict[str, Any], model: Model) -> bool:
    return all(getattr(model, key) in listed(row[key]) for key in ("framework", "family") if key in row)


@cache
def cells() -> tuple[Cell, ...]:
    """Return all cells: what rows of the table speak of, with each model that they speak of."""
    found: dict[Cell, None] = {}
    for model in (*networks(), *tabular()):
        for row in (*table().works, *table().fails):
            # What fails because of a layer is among what else would work.
            if "layer" in row or "activation" in row or not _of(row, model):
                continue
            # What a runtime does not run, its target does not.
            if "runtime" in row and "on" not in row:
                continue
            for quantize in row.get("quantize", ["none"]):
                targets = listed(row.get("on", [])) or [""]
                for form in row.get("format", [""]):
                    found.update(dict.fromkeys(Cell(model, row["to"], quantize, on, form) for on in targets))
    for row in table().works:
        # A board computes with floats or whole numbers only: what else the export makes is refused by the deployment.
        if row["to"] == "tflite" and "mcu" in row["on"]:
            others = [each for each in table().choices("tflite") if each not in row["quantize"]]
            # One with weights enough in a layer: of few, nothing is made whole numbers of by themselves.
            enough = next(model for model in networks() if model.name == "conv2d()")
            found.update(dict.fromkeys(Cell(enough, "tflite", each, "mcu") for each in others))
    return tuple(found)


# What the checker says

TARGETS = {
    "server": "",
    "web": "",
    "edge": ", device = devices.raspberry_pi_4",
    "mcu": ", board = devices.nucleo_f446re",
    "cloud_gpu": ', replicas = 1..2, resources { gpu = 1, gpu_type = "nvidia-t4" }',
}
SCHEMAS = {
    "bool": "label: bool @label",
    "enum": 'label: enum("iris", "lily", "rose") @label',
    "float": "label: float @label",
}


def training(model: Model) -> list[str]:
    """Return the lines of a program up to the training of a model."""
    if model.layers:
        return [
            "mlp 1",
            "use std.devices as devices",
            "pipeline cell {",
            '  data rows: npz { path = "rows.npz", schema = Row }',
            f"  train net: keras.classifier {{ data = rows, layers = [{model.layers}] }}",
        ]
    component = f"sklearn.{model.estimator}"
    if model.framework != "sklearn":
        component = f"{model.framework}.{'regressor' if model.label == 'float' else 'classifier'}"
    return [
        "mlp 1",
        "use std.devices as devices",
        "pipeline cell {",
        '  data rows: csv { path = "rows.csv", schema = Row }',
        f"  train net: {component} {{ data = rows }}",
    ]


def schema(model: Model) -> list[str]:
    if model.layers:
        pixels = f"pixels: tensor(float, {list(model.shape)}) in 0..1"
        return ["schema Row {", f"  {pixels}", "  digit: int in 0..9 @label", "}"]
    columns = ["length: float", "width: float", "petals: int", "wild: bool", SCHEMAS[model.label]]
    return ["schema Row {", *(f"  {each}" for each in columns), "}"]


class Said(NamedTuple):
    """What the checker says of a cell: code and text of the error, and the number of the row of `fails` that it is of."""

    code: str
    message: str
    row: int | None


def judged(model: Model, its: Sequence[Cell]) -> dict[Cell, Said | None]:
    """Return what the checker says of cells of one model."""
    lines = training(model)
    places: dict[Cell, list[int]] = {}
    exports: dict[tuple[str, ...], int] = {}
    for cell in its:
        key = (cell.to, cell.quantize, cell.format)
        if key not in exports:
            settings = "" if cell.quantize == "none" else f', quantize = "{cell.quantize}"'
            settings += f', format = "{cell.format}"' if cell.format else ""
            settings += ", calibrate = rows" if cell.quantize in ("int8", "int16x8") else ""
            source = "net"
            if cell.to in OF_ONNX:
                source = f"portable_{len(lines)}"
                lines.append(f"  export {source}: onnx {{ model = net }}")
            lines.append(f"  export made_{len(exports)}: {cell.to} {{ model = {source}{settings} }}")
            exports[key] = len(lines)
        places[cell] = [exports[key]]
        if cell.on:
            made = list(exports).index(key)
            lines.append(f"  deploy on_{len(lines)}: {cell.on} {{ model = made_{made}{TARGETS[cell.on]} }}")
            places[cell].append(len(lines))
    lines += ["}", *schema(model)]
    at: dict[int, Diagnostic] = {}
    for mistake in checked("\n".join(lines) + "\n"):
        if mistake.severity == "error":
            assert mistake.span is not None, str(mistake)
            at.setdefault(mistake.span.source.position(mistake.span.start)[0], mistake)
    known = {line for each in places.values() for line in each}
    assert set(at) <= known, [f"{lines[line - 1]}: {at[line].message}" for line in set(at) - known]
    found: dict[Cell, Said | None] = {}
    for cell, where in places.items():
        first = next((at[line] for line in where if line in at), None)
        found[cell] = None if first is None else Said(first.code.code, first.message, _row(first))
    return found


def _row(diagnostic: Diagnostic) -> int | None:
    """Return the number of the row of `fails` that an error is of."""
    for number, row in enumerate(table().fails):
        what = row.get("layer", row.get("activation"))
        of_it = what is None or any(f"{quote}{what}{quote}" in diagnostic.label for quote in '`"')
        if row["because"] in diagnostic.message and of_it:
            return number
    return None


@cache
def verdicts() -> dict[Cell, Said | None]:
    """Return what the checker says of every cell; None where it lets it pass."""
    found: dict[Cell, Said | None] = {}
    for model in dict.fromkeys(cell.model for cell in cells()):
        found.update(judged(model, [cell for cell in cells() if cell.model == model]))
    return found


# What really happens


class Figures(NamedTuple):
    """How far what was made is from its original: the largest difference of a score or a value, and the share decided alike."""

    difference: float
    agreement: float


class Outcome(NamedTuple):
    """What came of a cell: ``why`` it failed, and by which code, if any; else how far it is off.

    ``judged`` is false where nothing was learned of the cell: its model was not trained, or the step ended as none may.
    """

    why: str
    code: str
    figures: Figures | None
    seconds: float
    judged: bool = True


#: By `quantize`: the largest difference of a score, and the least share of rows that are decided alike, of what works. Networks
#: that are as small as these know some digits by a hair, and a row that was so decided may be decided otherwise.
BOUNDS = {
    "none": (1e-5, 1.0),
    "float16": (5e-3, 0.98),
    "dynamic": (0.05, 0.95),
    "int8": (0.1, 0.9),
    "int16x8": (0.05, 0.95),
    "uint8": (0.1, 0.9),
}
#: How near an amount, of some twenty at most, is to be.
NEAR = 1e-3


def works(cell: Cell, outcome: Outcome) -> bool:
    """Return whether a cell was made, ran, and is near to its original."""
    if outcome.figures is None:
        return False
    difference, agreement = BOUNDS[cell.quantize]
    if cell.model.label == "float":
        difference = NEAR
    return outcome.figures.difference <= difference and outcome.figures.agreement >= agreement


def as_told(cell: Cell, outcome: Outcome) -> bool:
    """Return whether what came of a cell is what the table says of it."""
    return outcome.judged and works(cell, outcome) == (verdicts()[cell] is None)


def make(wanted: Sequence[Cell], folder: Path) -> dict[Cell, Outcome]:
    """Make cells below a folder, and run them where they would run; none takes another one down."""
    folder.mkdir(parents=True, exist_ok=True)
    own = [cell for cell in wanted if cell.model.layers]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        # Processes are waited for: two with networks, and this one with all else.
        order = list(dict.fromkeys(cell.model for cell in own))
        halves = [set(order[::2]), set(order[1::2])]
        jobs = [
            pool.submit(
                _networks, [cell for cell in own if cell.model in half], folder / f"networks-{number}"
            )
            for number, half in enumerate(halves)
            if half
        ]
        found = _tabular([cell for cell in wanted if not cell.model.layers], folder / "tabular")
        for job in jobs:
            found.update(job.result())
    return {cell: found[cell] for cell in wanted}


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _slug(model: Model) -> str:
    return "".join(character if character.isalnum() else "-" for character in model.name)


def _networks(wanted: Sequence[Cell], folder: Path) -> dict[Cell, Outcome]:
    """Train networks, export them, and run them in all that is not the export's own runtime."""
    folder.mkdir(parents=True)
    for program, package in (("node", "nodejs"), ("npm", "npm")):
        if shutil.which(program) is None:
            install(package)
    data: dict[tuple[int, ...], tuple[Artefact, Artefact]] = {
        shape: (_digits(folder, 0, shape), _digits(folder, LEARNED, shape)) for shape in (IMAGE, SERIES)
    }
    asked: list[dict[str, Any]] = []
    for model in dict.fromkeys(cell.model for cell in wanted):
        exports = dict.fromkeys(
            (cell.to, cell.quantize, cell.format) for cell in wanted if cell.model == model
        )
        train, test = ({"path": artefact.path, "type": artefact.type} for artefact in data[model.shape])
        layers = layers_of(model)
        told = {"name": _slug(model), "layers": layers, "train": train, "test": test}
        asked.append({**told, "exports": [list(each) for each in exports]})
    answers = folder / "answers.jsonl"
    job = {"folder": str(folder), "answers": str(answers), "networks": asked}
    (folder / "job.json").write_text(json.dumps(job))
    with open(folder / "log.txt", "w") as log:
        subprocess.run(
            [python_with("keras"), "-s", "-P", HERE / "make_cells.py", folder / "job.json"],
            env={**os.environ, "PYTHONPATH": str(STDLIB), "PYTHONHASHSEED": "0"},
            stdout=log,
            stderr=log,
            check=False,
        )
    keys = ("network", "to", "quantize", "format")
    answered = {tuple(each[key] for key in keys): each for each in _lines(answers)}
    found: dict[Cell, Outcome] = {}
    elsewhere: list[Cell] = []
    for cell in wanted:
        answer = answered.get((_slug(cell.model), cell.to, cell.quantize, cell.format))
        if answer is None:
            found[cell] = Outcome("no answer: its process died", "", None, 0.0, judged=False)
        elif answer["error"] is not None:
            error = answer["error"]
            judged = answer["trained"] and _foreseen(error)
            found[cell] = Outcome(error["message"], error["code"], None, answer["seconds"], judged)
        else:
            figures = answer["figures"]
            near = Figures(figures["parity.difference"], figures["parity.agreement"])
            found[cell] = Outcome("", "", near, answer["seconds"])
            if (cell.to, cell.on) in (("tflite", "mcu"), ("onnx", "web")):
                elsewhere.append(cell)
    found.update(_on_boards([cell for cell in elsewhere if cell.on == "mcu"], folder))
    found.update(_in_pages([cell for cell in elsewhere if cell.on == "web"], folder))
    return found


def _foreseen(error: dict[str, Any]) -> bool:
    """Return whether a step ended as it may: by an error that says what is wrong, or by the end of a process that it started."""
    message: str = error["message"]
    return error["code"] != codes.STEP_CRASHED[0] or message.startswith("the process for")


def layers_of(model: Model) -> list[dict[str, Any]]:
    """Return the layers of a network as the compiler hands them to the step that trains it."""
    workflow = workflow_of("\n".join([*training(model), "}", *schema(model)]) + "\n")
    (task,) = [node for node in workflow.nodes if isinstance(node, Task) and node.id == "net"]
    layers: Any = task.arguments["layers"]
    return [each["const"] for each in layers]


def _digits(folder: Path, start: int, shape: tuple[int, ...]) -> Artefact:
    """Write images of digits as a dataset, as images or as series of eight rows."""
    loaded = load_digits()
    stop = start + (ASKED if start else LEARNED)
    images = (loaded.images[start:stop] / 16.0).astype(numpy.float32).reshape(-1)
    frame = pyarrow.table(
        {
            "pixels": pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(images), 64),
            "digit": pyarrow.array(loaded.target[start:stop], pyarrow.int64()),
        }
    )
    tensor = {"base": "tensor", "of": {"base": "float"}, "shape": list(shape), "min": 0, "max": 1}
    type = dataset(
        {"name": "pixels", "type": tensor, "marks": []}, column("digit", "int", "label", min=0, max=9)
    )
    path = folder / f"digits-{start}-{len(shape)}.parquet"
    tables.write_arrow(str(path), frame)
    return Artefact(str(path), type)


def near_to(original: Any, exported: Any, decides: bool = True) -> Figures:
    """Compare answers, ``[rows, outputs]`` each, as parity does; amounts are decided alike within :data:`NEAR`."""
    compared = parity.Compared(original, exported, original.argmax(axis=1)) if decides else None
    figures = (compared or parity.Compared(original, exported, None, NEAR)).figures()
    return Figures(figures["difference"], figures["agreement"])


def _on_boards(wanted: Sequence[Cell], folder: Path) -> dict[Cell, Outcome]:
    """Run exports by TFLite Micro."""
    places = {cell: folder / _slug(cell.model) / f"{cell.to}-{cell.quantize}" for cell in wanted}
    answers = run_on_boards([on_board(place, place.parent / "rows.npy") for place in places.values()], folder)
    found = {}
    for cell, place in places.items():
        answer = answers[str(place)]
        near = None
        if answer["error"] is None:
            near = near_to(numpy.load(place.parent / "said.npy"), numpy.load(place / "board.npy"))
        found[cell] = Outcome(answer["error"] or "", "", near, answer["seconds"])
    return found


def on_board(place: Path, rows: Path) -> dict[str, str]:
    """Return what TFLite Micro is asked of the model in a folder; its answers will lie there as ``board.npy``."""
    return {"folder": str(place), "rows": str(rows), "said": str(place / "board.npy")}


def run_on_boards(asked: Sequence[dict[str, str]], folder: Path) -> dict[str, dict[str, Any]]:
    """Let TFLite Micro's interpreter answer; return its answers by the folders of models, with the ``seconds`` each took.

    A model that takes the process down is left out when that is started again.
    """
    answers = folder / "boards.jsonl"
    found: dict[str, dict[str, Any]] = {}
    waiting = list(asked)
    while waiting:
        (folder / "boards.json").write_text(json.dumps({"answers": str(answers), "models": waiting}))
        start = time.monotonic()
        done = subprocess.run(
            [python_with("keras"), "-s", "-P", HERE / "run_tflm.py", folder / "boards.json"],
            env={**os.environ, "PYTHONPATH": str(STDLIB)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        took = {"seconds": (time.monotonic() - start) / len(waiting)}
        found.update((each["folder"], {**each, **took}) for each in _lines(answers))
        waiting = [each for each in waiting if each["folder"] not in found]
        if waiting:
            died = f"the interpreter died: {done.returncode} {done.stderr[-300:]}"
            found[waiting.pop(0)["folder"]] = {"error": died, **took}
    return found


def _in_pages(wanted: Sequence[Cell], folder: Path) -> dict[Cell, Outcome]:
    """Run exports by onnxruntime-web, in Node."""
    places = [folder / _slug(cell.model) / "onnx-none" for cell in wanted]
    answers = run_in_pages(
        [in_page(place, numpy.load(place.parent / "rows.npy")) for place in places], folder
    )
    found = {}
    for cell in wanted:
        place = folder / _slug(cell.model) / "onnx-none"
        found[cell] = _page_outcome(answers, place, numpy.load(place.parent / "said.npy"), True)
    return found


def in_page(place: Path, rows: Any) -> dict[str, Any]:
    """Write rows beside a model, and return what onnxruntime-web is asked of it."""
    rows.astype("<f4").tofile(place / "page.f32")
    return {
        "path": str(place / "model.onnx"),
        "rows": str(place / "page.f32"),
        "shape": list(rows.shape),
        "said": str(place / "said.f32"),
    }


def run_in_pages(asked: Sequence[dict[str, Any]], folder: Path) -> dict[str, dict[str, Any]]:
    """Let onnxruntime-web answer in Node; return its answers by the paths of models, with the ``seconds`` each took."""
    if not asked:
        return {}
    answers = folder / "pages.jsonl"
    job = {"packages": npm.folder("onnxruntime-web"), "answers": str(answers), "models": list(asked)}
    (folder / "pages.json").write_text(json.dumps(job))
    start = time.monotonic()
    done = subprocess.run(
        ["node", Path(npm.LOCKS) / "onnxruntime-web" / "run.mjs", folder / "pages.json"],
        capture_output=True,
        text=True,
        check=False,
    )
    took = (time.monotonic() - start) / len(asked)
    found = {each["path"]: {**each, "seconds": took} for each in _lines(answers)}
    for model in asked:
        died = {"error": f"Node died: {done.returncode} {done.stderr[-300:]}", "seconds": took}
        found.setdefault(model["path"], died)
    return found


def _page_outcome(answers: dict[str, dict[str, Any]], place: Path, original: Any, decides: bool) -> Outcome:
    answer = answers[str(place / "model.onnx")]
    if answer["error"] is not None:
        return Outcome(answer["error"], "", None, answer["seconds"])
    said = numpy.fromfile(place / "said.f32", "<f4").reshape(answer["shape"]).astype(numpy.float64)
    return Outcome("", "", near_to(original, said, decides), answer["seconds"])


def _tabular(wanted: Sequence[Cell], folder: Path) -> dict[Cell, Outcome]:
    """Train trees and sums, export them, and run them; in this process, since nothing here takes one down."""
    if any(cell.to == "c_trees" for cell in wanted) and shutil.which("gcc") is None:
        install("gcc")
        install("libc6-dev")
    found: dict[Cell, Outcome] = {}
    pages: dict[Cell, dict[str, Any]] = {}
    for model in dict.fromkeys(cell.model for cell in wanted):
        its = [cell for cell in wanted if cell.model == model]
        home = folder / _slug(model)
        try:
            trained = make_model(
                home, model.label, model.estimator, **({"trees": 20} if model.family == "trees" else {})
            )
            asked = make_dataset(home / "asked", model.label, rows=ASKED, seed=11)
        except Exception as error:  # noqa: BLE001 - one training that fails costs no other cell
            found.update(
                (cell, Outcome(f"the training failed: {error}", "", None, 0.0, False)) for cell in its
            )
            continue
        for to in dict.fromkeys(cell.to for cell in its):
            start = time.monotonic()
            try:
                figures = _exported(trained, asked, to, home / to, model.label != "float")
                outcome = Outcome("", "", figures, time.monotonic() - start)
            except Exception as error:  # noqa: BLE001 - as above
                took, told = time.monotonic() - start, isinstance(error, StepError)
                outcome = Outcome(str(error), getattr(error, "code", ""), None, took, told)
            for cell in its:
                if cell.to == to:
                    found[cell] = outcome
                    if cell.on == "web" and outcome.figures is not None:
                        pages[cell] = in_page(home / to, _features(trained, asked)[2].to_numpy())
                        numpy.save(home / to / "original.npy", _original(trained, asked))
    folder.mkdir(parents=True, exist_ok=True)
    answers = run_in_pages(list(pages.values()), folder)
    for cell, page in pages.items():
        place = Path(page["path"]).parent
        original = numpy.load(place / "original.npy")
        found[cell] = _page_outcome(answers, place, original, cell.model.label != "float")
    return found


def _exported(trained: Artefact, asked: Artefact, to: str, place: Path, decides: bool) -> Figures:
    """Export a model by the step, which runs what it made beside the original."""
    if to in OF_ONNX:
        made = Artefact(str(place / "onnx"), {"type": "model", "framework": "onnx"})
        step(export.onnx, {"model": trained}, {"portable": made})
        step(OF_ONNX[to], {"model": made}, {"repository": Artefact(str(place / "repository"))})
        return Figures(0.0, 1.0)  # a plan for another machine: nothing runs here
    function, output = (c_trees.c_trees, "code") if to == "c_trees" else (export.onnx, "portable")
    inputs = {"model": trained, "parity.data": asked}
    settings = {} if decides else {"parity__max_abs": NEAR}
    told = step(function, inputs, {output: Artefact(str(place))}, **settings).metrics
    return Figures(told["parity.difference"], told["parity.agreement"])


def _features(trained: Artefact, asked: Artefact) -> tuple[Any, dict[str, Any], Any]:
    """Return a model, its signature, and the rows that it is asked about, in its order."""
    model, signature = models.load(trained)
    return model, signature, models.matrix(signature, tables.read(asked), "the rows")


def _original(trained: Artefact, asked: Artefact) -> Any:
    return parity.of_estimator(*_features(trained, asked))[0]


# The table of what came of it


def lines(found: dict[Cell, Outcome]) -> list[str]:
    """Return what came of cells, as a table: a row for each model and export."""
    rows: list[tuple[str, ...]] = [("", "export", "runs on", "the table", "came of it", "difference", "s")]
    for cell, outcome in found.items():
        said = verdicts()[cell]
        fine = works(cell, outcome)
        came = "works" if fine else f"fails: {outcome.why.splitlines()[0][:60]}" if outcome.why else "far off"
        told = "works" if said is None else f"fails ({said.code})"
        wrong = "" if as_told(cell, outcome) else "  <-- NOT AS THE TABLE SAYS"
        quantize = "" if cell.quantize == "none" else cell.quantize
        how = " ".join(filter(None, (cell.to, cell.format, quantize)))
        off = "-" if outcome.figures is None else f"{outcome.figures.difference:.2g}"
        rows.append((cell.model.name, how, cell.on or "-", told, came, off, f"{outcome.seconds:.1f}{wrong}"))
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(part.ljust(width) for part, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def main(words: list[str]) -> int:
    """Make the cells whose names have all of ``words``, and print what came of each; return the exit status."""
    wanted = [cell for cell in verdicts() if all(word in cell.name for word in words)]
    start = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="mlpc-cells-"))
    try:
        found = make(wanted, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("\n".join(lines(found)))
    good = sum(works(cell, outcome) for cell, outcome in found.items())
    wrong = [cell for cell, each in found.items() if not as_told(cell, each)]
    took = time.monotonic() - start
    print(
        f"\n{len(found)} cells in {took:.0f} s: {good} work, {len(found) - good} fail; {len(wrong)} not as the table says"
    )
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
