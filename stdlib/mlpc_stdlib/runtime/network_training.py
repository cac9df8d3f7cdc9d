"""Trains networks, layer by layer as a spec says them, and looks for better settings before: what Keras and PyTorch share.

The frameworks run in processes of their own: a crash there is an error of the step.
"""

from __future__ import annotations

import contextlib
import os
import tempfile

from . import codes, digests, models, tensors
from .children import Worker
from .contract import Result, StepError, Task, write_json
from .metrics import class_name, record
from .search import Search, shown
from .training import Training

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import numpy
    import pandas

    from . import schema
    from .children import Function
    from .contract import JsonObject

    Array = numpy.ndarray[Any, Any]

#: The deviation of a column whose numbers are all equal is below this share of them.
_CONSTANT = 1e-12
#: What would work where the process of a training dies.
_HELP = ("ask for more with `resources { memory = … }`", "or make the network or `batch` smaller")


class Framework:
    """What fits a network: ``fit`` does a job of :mod:`mlpc_stdlib.runtime.fits` in a process of its own."""

    def __init__(self, name: str, packages: Sequence[str], fit: Function) -> None:
        self.name = name
        #: What decides what a fit comes to, beside what the spec says.
        self.packages = packages
        self.fit = fit

    def versions(self) -> dict[str, str]:
        """Return the versions of what decides what a fit comes to."""
        from importlib.metadata import version

        return {name: version(name) for name in self.packages}


class Rows(Training):
    """The rows that a network learns from: one column of tensors, or columns of numbers."""

    takes = ("bool", "int64", "float64", "tensor")

    def __init__(self, task: Task, result: Result, goal: str, framework: Framework) -> None:
        """Read and judge the input ``data``.

        Raises:
            StepError: there is no label, it does not fit, or a column is neither a number nor the only tensor.
        """
        self.framework = framework
        self.amount = f"`{framework.name}.regressor`"
        super().__init__(task, result, goal)
        tensor = next((column for column in self.columns if column.dtype == "tensor"), None)
        if tensor is not None and len(self.columns) > 1:
            raise StepError(
                codes.NOT_A_FEATURE,
                f"a network learns from one tensor or from numbers, and beside `{tensor.name}` there are"
                f" {len(self.columns) - 1} more columns to learn from",
                "mark what the network is not to see `@ignore`",
            )
        self.classes = self._classes() if self.classifies else None
        #: The signature of the network.
        self.network = self._network()
        self.inputs = tensors.of_frame(self.network, self.features, "the data")
        self.targets = self.numbered(self.target, "the data")

    def _features(self, chosen: pandas.DataFrame) -> pandas.DataFrame:
        return chosen

    def _classes(self) -> list[Any]:
        """Return the classes in the order of the scores: all that the label may be, where its type says that."""
        classes = classes_of(self.label, self.target)
        found = {models.python_value(value) for value in self.target}
        lacking = [class_name(value) for value in classes if value not in found]
        if lacking:
            self.result.warning(f"no row to learn from has `{self.label.name}` = {', '.join(lacking[:5])}")
        return classes

    def _network(self) -> JsonObject:
        """Return the signature of the network, with the scaling of its numbers."""
        import numpy

        made = self.signature(self.classes, self.framework.versions(), self.framework.name)
        shape = tensors.shape_of(made)
        made["inputs"] = [{"name": "input", "dtype": "float32", "shape": [None, *shape]}]
        made["outputs"][0].update(dtype="float32", shape=[None, len(self.classes or [0])])
        if self.columns[0].dtype != "tensor":
            numbers = self.features.to_numpy(dtype=numpy.float64, na_value=numpy.nan)
            mean, scale = numbers.mean(axis=0), numbers.std(axis=0)
            # The mean of equal numbers is a little off, and so their deviation is not always 0.
            varied = scale > _CONSTANT * numpy.abs(mean)
            made["scaling"] = {"mean": mean.tolist(), "scale": numpy.where(varied, scale, 1.0).tolist()}
        return made

    def numbered(self, label: Array, origin: str) -> Array:
        """Return the numbers of the classes of a label, ``[rows]``, or its values.

        Raises:
            StepError: one is no class.
        """
        import numpy

        if self.classes is None:
            return numpy.asarray(label, dtype=numpy.float64)
        known = {value: number for number, value in enumerate(self.classes)}
        found = [models.python_value(value) for value in label]
        strange = [value for value in found if value not in known]
        if strange:
            raise StepError(
                codes.UNFIT_LABEL,
                f"{origin} has `{self.label.name}` = {class_name(strange[0])}, which is no class of the network",
                "stratify the split by the label",
            )
        return numpy.asarray([known[value] for value in found], dtype=numpy.int64)

    def judged(self) -> tuple[Array, Array] | None:
        """Return the rows and targets of the input ``tune.on``, by which a search is judged; None without it.

        Raises:
            StepError: there are no rows, or they do not fit.
        """
        held_out = self.held_out("tune.on")
        if held_out is None:
            return None
        features, label = held_out
        return tensors.of_frame(self.network, features, "`tune.on`"), self.numbered(label, "`tune.on`")


def classes_of(label: schema.Column, values: Any) -> list[Any]:
    """Return the classes of a label in the order of the scores: all that its type allows, or those among its ``values``."""
    type = label.type
    low, high = type.get("min"), type.get("max")
    if label.base == "bool":
        return [False, True]
    if label.base == "enum":
        return list(type["choices"])
    if label.base == "int" and low is not None and high is not None:
        return list(range(int(low) + bool(type.get("min_open")), int(high) + (not type.get("max_open"))))
    return sorted({models.python_value(value) for value in values})


def train(rows: Rows) -> None:
    """Train a network on rows and write it to the output ``model``, after a search where one is asked for.

    Raises:
        StepError: the layers do not fit the label, or the training came to no number.
    """
    task, result = rows.task, rows.result
    layers = [dict(layer) for layer in task.argument("layers")]
    _judge_end(rows, layers)
    settings = {
        "epochs": task.argument("epochs", 10),
        "batch": task.argument("batch", 32),
        "learning_rate": task.argument("learning_rate", 1e-3),
        "optimizer": task.argument("optimizer", "adam"),
        "seed": task.argument("seed", task.seed or 0),
    }
    output = task.output("model")
    report: JsonObject = {"kind": "training", "label": rows.label.name}
    with tempfile.TemporaryDirectory(prefix="mlpc-fit-") as folder, contextlib.ExitStack() as stack:
        job = {
            **_kept(rows, folder),
            "shape": list(tensors.shape_of(rows.network)),
            "layers": layers,
            "task": rows.network["task"],
            "settings": settings,
            "threads": task.threads,
            "shown": True,
            "folder": output.path,
        }
        workers = [stack.enter_context(Worker())]
        if task.arguments.get("tune.trials") is not None:
            search = Search(task, settings, _key(rows, job))
            workers += [stack.enter_context(Worker()) for _ in range(min(search.parallel, search.count) - 1)]
            best = search.run(lambda asked: _trials(workers, rows.framework.fit, job, asked))
            settings.update(best.values)
            report["search"] = search.report(best)
            _tell_search(result, search, best.values, best.number)
        workers[0].begin(rows.framework.fit, job, "training the network", _HELP)
        found = workers[0].answer()
    if found["figures"] is None:
        raise StepError(
            codes.IMPOSSIBLE_SETTING,
            f"the training came to no number with {shown(settings)}",
            "take a smaller `learning_rate`; look for extreme values in the data",
        )
    write_json(os.path.join(output.path, models.SIGNATURE_FILE), rows.network)
    for name, value in found["figures"].items():
        record(result, name, value)
    rows.told(rows.classes)
    result.info(f"{found['weights']} weights, fitted in {settings['epochs']} epochs")
    report.update(
        settings=settings, weights=found["weights"], history=found["history"], metrics=result.metrics
    )
    result.report = report
    if "report" in task.outputs:
        os.makedirs(task.outputs["report"].path, exist_ok=True)
        write_json(os.path.join(task.outputs["report"].path, "report.json"), report)


def _judge_end(rows: Rows, layers: Sequence[JsonObject]) -> None:
    """Compare the last layer with the classes; how many there are may be known only now."""
    if rows.classes is None or not layers or layers[-1]["component"] != "dense":
        return
    units = layers[-1]["units"]
    if units != len(rows.classes):
        raise StepError(
            codes.IMPOSSIBLE_SETTING,
            f"the last layer gives {units} scores, and the label `{rows.label.name}` has {len(rows.classes)} classes",
            f'end with dense({len(rows.classes)}, activation = "softmax")',
        )


def _kept(rows: Rows, folder: str) -> JsonObject:
    """Write the rows where the processes of trainings read them."""
    import numpy

    def keep(name: str, values: Array) -> str:
        path = os.path.join(folder, f"{name}.npy")
        numpy.save(path, values)
        return path

    inputs, targets = keep("rows", rows.inputs), keep("targets", rows.targets)
    judged = [inputs, targets]
    held_out = rows.judged()
    if held_out is not None:
        judged = [keep("judged", held_out[0]), keep("judged_targets", held_out[1])]
    return {"rows": inputs, "targets": targets, "judged": judged}


def _key(rows: Rows, job: JsonObject) -> JsonObject:
    """Return what decides what a trial comes to."""
    inputs = (rows.task.input("data"), rows.task.input("tune.on"))
    return {
        "inputs": [each.digest or digests.of_artefact(each.path) for each in inputs],
        "schema": rows.network["features"],
        "label": rows.network["label"],
        **{name: job[name] for name in ("layers", "task", "threads")},
        "libraries": rows.framework.versions(),
    }


def _trials(
    workers: Sequence[Worker], fit: Function, job: JsonObject, asked: Sequence[tuple[int, JsonObject]]
) -> list[JsonObject | None]:
    """Make some trials at the same time, one in each process."""
    for worker, (number, values) in zip(workers, asked, strict=False):
        tried = {**job, "settings": {**job["settings"], **values}, "shown": False, "folder": None}
        worker.begin(fit, tried, f"trial {number} ({shown(values)})", _HELP)
    return [worker.answer()["figures"] for worker, _ in zip(workers, asked, strict=False)]


def _tell_search(result: Result, search: Search, values: JsonObject, number: int) -> None:
    result.metrics["tune.trials"] = len(search.trials)
    for name, value in values.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            result.metrics[f"tune.search.{name}"] = value
    result.info(f"trial {number} of {len(search.trials)} was the best: {shown(values)}")
