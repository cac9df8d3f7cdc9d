"""Gradient-boosted trees of XGBoost and LightGBM, on disk and with the methods of an estimator.

A model's directory holds what the library itself writes: ``model.json`` of XGBoost, ``model.txt`` of LightGBM. Features
are taken as numbers of 32 bits, which is what XGBoost computes with and what every exported form takes; so no value lies
on one side of a threshold here and on the other there.
"""

from __future__ import annotations

import os

from . import codes, models
from .contract import StepError, first_line, missing_library, write_atomically, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import numpy
    import pandas

    from .contract import JsonObject
    from .training import Training

    Floats = numpy.ndarray[Any, numpy.dtype[numpy.float64]]
    Singles = numpy.ndarray[Any, numpy.dtype[numpy.float32]]

#: The file of a model, by framework.
FILES = {"lightgbm": "model.txt", "xgboost": "model.json"}


def singles(rows: Any) -> Singles:
    """Return rows as numbers of 32 bits, ``[rows, features]``; missing ones are NaN."""
    import numpy

    return numpy.ascontiguousarray(rows, dtype=numpy.float32)


class Boosted:
    """Fitted trees, with ``predict`` and ``predict_proba`` as estimators have them, on one thread."""

    framework = ""

    def __init__(self, booster: Any, signature: JsonObject) -> None:
        self.booster = booster
        #: Features by name, as an estimator has that learned from a frame.
        self.feature_names_in_ = [feature["name"] for feature in signature["features"]]
        self.classes_: list[Any] | None = signature["classes"]

    def raw(self, rows: pandas.DataFrame) -> Any:
        """Return what the library says: probabilities or values, ``[rows]`` or ``[rows, classes]``."""
        raise NotImplementedError

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters of the training, by the names of the library."""
        raise NotImplementedError

    def predict_proba(self, rows: pandas.DataFrame) -> Floats:
        """Return the probabilities of the classes, ``[rows, classes]``."""
        import numpy

        found = numpy.asarray(self.raw(rows), dtype=numpy.float64)
        return found if found.ndim == 2 else numpy.column_stack([1.0 - found, found])

    def predict(self, rows: pandas.DataFrame) -> Any:
        """Return the class with the highest score, the first of equals, or the value of a regression, ``[rows]``."""
        import numpy

        if self.classes_ is None:
            return numpy.asarray(self.raw(rows), dtype=numpy.float64)
        return numpy.asarray(self.classes_)[self.predict_proba(rows).argmax(axis=1)]


class Xgboost(Boosted):
    """Trees of XGBoost."""

    framework = "xgboost"

    def raw(self, rows: pandas.DataFrame) -> Any:
        """See :meth:`Boosted.raw`."""
        import xgboost

        return self.booster.predict(xgboost.DMatrix(singles(rows), nthread=1))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """See :meth:`Boosted.get_params`; the training leaves them as attributes of the model."""
        return dict(self.booster.attributes())


class Lightgbm(Boosted):
    """Trees of LightGBM."""

    framework = "lightgbm"

    def raw(self, rows: pandas.DataFrame) -> Any:
        """See :meth:`Boosted.raw`."""
        return self.booster.predict(singles(rows), num_threads=1)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """See :meth:`Boosted.get_params`."""
        return dict(self.booster.params)


def load(folder: str, signature: JsonObject) -> Boosted:
    """Load the trees of a model's directory.

    Raises:
        StepError: they cannot be loaded.
    """
    framework = signature["framework"]
    name = FILES[framework]
    try:
        with open(os.path.join(folder, name), "rb") as file:
            content = file.read()
    except FileNotFoundError:
        raise StepError(codes.UNREADABLE_MODEL, f"the model {folder} has no {name}") from None
    try:
        if framework == "xgboost":
            import json

            import xgboost

            # What is no JSON would abort the whole process inside XGBoost.
            json.loads(content)
            booster: Any = xgboost.Booster({"nthread": 1}, model_file=bytearray(content))
            return Xgboost(booster, signature)
        import lightgbm

        return Lightgbm(lightgbm.Booster(model_str=content.decode()), signature)
    except ModuleNotFoundError as error:
        raise missing_library((error.name or framework).partition(".")[0]) from None
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - what the libraries raise has no base of its own
        raise StepError(
            codes.UNREADABLE_MODEL,
            f"{framework} does not take {name}: {first_line(error)}",
            "it may have been saved by another version: "
            + ", ".join(f"{name} {version}" for name, version in signature.get("libraries", {}).items()),
        ) from None


class Fit:
    """What both trainers do alike around the training itself.

    ``rows`` are the features as 32 bits, ``target`` the label as the libraries take it (numbers of classes, or
    values), ``weights`` of the rows or None; ``held_out`` the same pair for the input ``validation``, or None.
    """

    def __init__(self, training: Training) -> None:
        """Prepare the rows.

        Raises:
            StepError: the rows of ``validation`` do not fit.
        """
        import numpy

        self.training = training
        self.rows = singles(training.features)
        self.classes: list[Any] | None = None
        self.target = training.target
        self.weights: Floats | None = None
        if training.classifies:
            distinct, self.target = numpy.unique(training.target, return_inverse=True)
            self.classes = [models.python_value(value) for value in distinct]
            if training.task.argument("class_weight") == "balanced":
                counts = numpy.bincount(self.target)
                self.weights = (len(self.target) / (len(counts) * counts))[self.target]
        self.held_out: tuple[Singles, Any] | None = None
        other = training.held_out("validation")
        if other is not None:
            features, values = other
            self.held_out = (singles(features), self._numbered(values))

    def _numbered(self, values: Any) -> Any:
        import numpy

        if self.classes is None:
            return values
        known = {value: number for number, value in enumerate(self.classes)}
        found = [known.get(models.python_value(value), -1) for value in values]
        if -1 in found:
            strange = models.python_value(values[found.index(-1)])
            raise StepError(
                codes.UNFIT_LABEL,
                f"`validation` has rows of the class {strange!r}, which the training data has not",
                "stratify the split by the label",
            )
        return numpy.asarray(found)

    @property
    def objective(self) -> str:
        """What the trees are fitted to: ``binary``, ``multiclass``, or what the argument ``objective`` says."""
        if self.classes is None:
            return str(self.training.task.argument("objective", "squared_error"))
        return "binary" if len(self.classes) == 2 else "multiclass"

    @property
    def patience(self) -> int:
        """Rounds without a smaller loss on ``validation`` after which the training ends."""
        return int(self.training.task.argument("early_stopping_rounds", 10))

    def settings(self, *names: str) -> dict[str, Any]:
        """Return those arguments of the task that are given, by the names that the library has as well."""
        told = {name: self.training.task.argument(name) for name in names}
        return {name: value for name, value in told.items() if value is not None}

    def save(self, framework: str, version: str, content: bytes, rounds: int, loss: float | None) -> None:
        """Write the model and say how it went; ``loss`` is that of the best round on ``validation``."""
        training = self.training
        folder = training.task.output("model").path
        os.makedirs(folder, exist_ok=True)
        write_atomically(os.path.join(folder, FILES[framework]), content)
        signature = training.signature(self.classes, {framework: version}, framework)
        write_json(os.path.join(folder, models.SIGNATURE_FILE), signature)
        training.result.metrics["rounds"] = rounds
        training.told(self.classes)
        if loss is not None:
            training.result.metrics["loss"] = loss
            training.result.info(f"the loss on `validation` was smallest after {rounds} rounds: {loss:.4g}")

    def tell_losses(self, seen: JsonObject, loss: str) -> None:
        """Report the loss on `validation` after each round, as the library noted it under its own name of the loss."""
        values = (seen.get("validation") or {}).get(loss)
        if values:
            self.training.result.report = {
                "kind": "training",
                "label": self.training.label.name,
                "over": "round",
                "history": {"validation loss": [float(value) for value in values]},
            }
