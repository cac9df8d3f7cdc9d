"""Makes small models and their exports, by the steps themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import pandas

from mlpc_stdlib.runtime import export, lightgbm, sklearn, tables, xgboost
from mlpc_stdlib.runtime.contract import Artefact, Result, Task

FLOWERS = ("iris", "lily", "rose")


def column(name: str, base: str = "float", *marks: str, **refined: Any) -> dict[str, Any]:
    """A column of a schema; ``nullable`` and ``header`` among the keywords belong to the column, others to its type."""
    made: dict[str, Any] = {"name": name}
    for key in ("nullable", "header"):
        if key in refined:
            made[key] = refined.pop(key)
    return {**made, "type": {"base": base, **refined}, "marks": list(marks)}


def dataset(*columns: dict[str, Any], rest: dict[str, Any] | None = None) -> dict[str, Any]:
    """The port type of a dataset."""
    return {"type": "dataset", "schema": {"name": "Row", "columns": list(columns), "rest": rest}}


def flowers(label: str = "bool", rows: int = 200, seed: int = 5) -> tuple[pandas.DataFrame, dict[str, Any]]:
    """Rows with two lengths, a count and a flag, and a label that follows from them.

    ``label`` is ``bool``, ``enum`` (three classes), ``int`` or ``float``.
    """
    random = numpy.random.RandomState(seed)
    frame = pandas.DataFrame(
        {
            "length": random.uniform(0.0, 10.0, rows).round(3),
            "width": random.uniform(0.0, 5.0, rows).round(3),
            "petals": random.randint(3, 9, rows),
            "wild": random.uniform(size=rows) > 0.5,
        }
    )
    score = frame["length"] + frame["width"] + frame["petals"] / 2.0 + random.normal(0.0, 0.7, rows)
    if label == "bool":
        frame["label"] = score > 10.0
        marked = column("label", "bool", "label")
    elif label == "enum":
        frame["label"] = [FLOWERS[number] for number in numpy.digitize(score, [8.0, 12.0])]
        marked = column("label", "enum", "label", choices=list(FLOWERS))
    elif label == "int":
        frame["label"] = numpy.digitize(score, [8.0, 12.0])
        marked = column("label", "int", "label", min=0, max=2)
    else:
        frame["label"] = score.round(3)
        marked = column("label", "float", "label")
    type = dataset(
        column("length", "float", min=0, max=10),
        column("width", "float", min=0),
        column("petals", "int", min=0, max=20),
        column("wild", "bool"),
        marked,
    )
    return frame, type


def make_dataset(folder: Path, label: str = "bool", **more: Any) -> Artefact:
    """Write the rows of :func:`flowers` as a dataset."""
    frame, type = flowers(label, **more)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "flowers.parquet"
    tables.write(str(path), frame, type, "flowers")
    return Artefact(path=str(path), type=type)


def step(function: Any, inputs: dict[str, Any], outputs: dict[str, Any], **arguments: Any) -> Result:
    """Call a step in this process; arguments with a dot are written with two underscores."""
    task = Task(
        id=function.__name__,
        action={"kind": "runtime", "target": function.__module__, "function": function.__name__},
        result="",
        inputs=inputs,
        outputs=outputs,
        arguments={name.replace("__", "."): value for name, value in arguments.items()},
    )
    result = Result()
    function(task, result)
    return result


def make_model(
    folder: Path, label: str = "bool", estimator: str = "random_forest", **arguments: Any
) -> Artefact:
    """Train a small model and return it; ``estimator`` is one of scikit-learn, or ``xgboost`` or ``lightgbm``."""
    data = make_dataset(folder, label)
    schema = data.type["schema"]
    boosted = {"lightgbm": lightgbm, "xgboost": xgboost}.get(estimator)
    framework = "sklearn" if boosted is None else estimator
    model = Artefact(
        path=str(folder / "model"),
        type={"type": "model", "framework": framework, "schema": schema, "label": "label"},
    )
    if estimator != "logistic_regression":
        arguments = {"trees": 8, "max_depth": 4, "seed": 1, **arguments}
    function: Any
    if boosted is None:
        function = getattr(sklearn, estimator)
    else:
        function = boosted.regressor if label == "float" else boosted.classifier
    step(function, {"data": data}, {"model": model}, **arguments)
    return model


def make_bundle(
    folder: Path, label: str = "bool", estimator: str = "random_forest", **arguments: Any
) -> Path:
    """Train and export a small model; return the folder with ``model.onnx`` and ``signature.json``."""
    model = make_model(folder, label, estimator, **arguments)
    bundle = Artefact(path=str(folder / "bundle"), type={**model.type, "framework": "onnx"})
    step(export.onnx, {"model": model}, {"portable": bundle})
    return Path(bundle.path)
