"""Models on disk: a directory with ``model.joblib`` (what was fitted) and ``signature.json`` (what it takes and says).

The same fit gives the same bytes: padding of NumPy records is cleared, and classes from the project's own files are
kept by value, so that a later step loads them as they were when the model was trained.
"""

from __future__ import annotations

import contextlib
import json
import os

from . import codes, schema
from .contract import VERSION, Artefact, Result, StepError, a_or_an, write_atomically, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    import numpy
    import pandas

    from .contract import JsonObject

    Floats = numpy.ndarray[Any, numpy.dtype[numpy.float64]]

MODEL_FILE = "model.joblib"
SIGNATURE_FILE = "signature.json"
#: What the directory of a model holds that is missing; an output that is `@optional` may be.
MISSING_FILE = "missing.json"
#: The file of the runtime, by framework, whose ``load(folder, signature)`` returns a model with the methods of an estimator.
LOADERS = {
    "keras": "networks",
    "lightgbm": "boosted",
    "onnx": "portable",
    "pytorch": "networks",
    "xgboost": "boosted",
}
#: Fixed, so that the bytes do not follow the version of Python.
_PROTOCOL = 5


def make_signature(
    features: Sequence[schema.Column],
    label: schema.Column | JsonObject | None,
    task: str,
    classes: Sequence[Any] | None = None,
    positive: Any = None,
    example: JsonObject | None = None,
    probabilities: bool = True,
    libraries: dict[str, str] | None = None,
    framework: str = "sklearn",
) -> JsonObject:
    """Return a ``signature.json`` for a model that lies in memory.

    ``classes`` stand in the order of the scores; ``positive`` is one of them, for two classes.
    """
    if task == "classification":
        count = len(classes or ())
        outputs = [
            {"name": "scores", "kind": "probability", "dtype": "float64", "shape": [None, count]}
            if probabilities
            else {"name": "class", "kind": "class", "dtype": "int64", "shape": [None]}
        ]
    else:
        outputs = [{"name": "value", "kind": "value", "dtype": "float64", "shape": [None]}]
    if isinstance(label, schema.Column):
        label = {"name": label.name, "type": label.type}
    return {
        "contract": VERSION,
        "framework": framework,
        "task": task,
        "features": [
            {"name": column.name, "type": column.type, "dtype": column.dtype, "nullable": column.nullable}
            for column in features
        ],
        "label": label,
        "classes": None if classes is None else list(classes),
        "positive": positive,
        "inputs": None,
        "outputs": outputs,
        "example": example,
        "libraries": libraries or {},
    }


def save(path: str, model: Any, signature: JsonObject) -> None:
    """Write a model's directory.

    Raises:
        StepError: the model cannot be written.
    """
    import io

    content = io.BytesIO()
    try:
        with _by_value():
            _pickler()(content, protocol=_PROTOCOL).dump(model)
    except (TypeError, AttributeError, ValueError, RecursionError) as error:
        raise StepError(
            codes.UNSAVEABLE_MODEL,
            f"{a_or_an(model)} cannot be saved: {error}",
            "a model may hold no open files, locks, connections or generators",
        ) from None
    except Exception as error:
        if "pickle" not in type(error).__name__.lower():
            raise
        raise StepError(codes.UNSAVEABLE_MODEL, f"{a_or_an(model)} cannot be saved: {error}") from None
    os.makedirs(path, exist_ok=True)
    write_atomically(os.path.join(path, MODEL_FILE), content.getvalue())
    write_json(os.path.join(path, SIGNATURE_FILE), signature)


def _pickler() -> Any:
    import cloudpickle
    import numpy

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        """Clears the padding between the fields of records, which holds whatever was in memory."""

        def reducer_override(self, obj: Any) -> Any:
            if type(obj) is numpy.ndarray and obj.dtype.names and not obj.dtype.hasobject:
                clean = numpy.zeros(obj.shape, obj.dtype)
                for name in obj.dtype.names:
                    clean[name] = obj[name]
                return clean.__reduce__()
            return super().reducer_override(obj)

    return Pickler


@contextlib.contextmanager
def _by_value() -> Iterator[None]:
    """Keep what the project's own modules define by value, with nothing in it that differs between machines."""
    import hashlib
    import sys

    import cloudpickle

    from . import project

    loaded = project.loaded()
    swapped: list[tuple[Any, str]] = []
    registered = []
    trackers = cloudpickle.cloudpickle._DYNAMIC_CLASS_TRACKER_BY_CLASS
    try:
        for name, relative in loaded.items():
            module = sys.modules.get(name)
            if module is None:
                continue
            cloudpickle.register_pickle_by_value(module)
            registered.append(module)
            swapped.append((module, str(module.__file__)))
            with open(str(module.__file__), "rb") as file:
                source = hashlib.sha256(file.read()).hexdigest()
            module.__file__ = relative
            # Without this each class gets an identity at random, and the file other bytes each time.
            for item in list(vars(module).values()):
                if isinstance(item, type) and item.__module__ == name:
                    told = hashlib.sha256(f"{name}:{item.__qualname__}:{source}".encode()).hexdigest()[:32]
                    if item not in trackers:
                        trackers[item] = told
                        cloudpickle.cloudpickle._DYNAMIC_CLASS_TRACKER_BY_ID[told] = item
        yield
    finally:
        for module, file_name in swapped:
            module.__file__ = file_name
        for module in registered:
            cloudpickle.unregister_pickle_by_value(module)


def leave_out(path: str) -> None:
    """Write a model that is missing: its directory says so, and holds none."""
    os.makedirs(path, exist_ok=True)
    write_json(os.path.join(path, MISSING_FILE), {"contract": VERSION})


def is_missing(path: str) -> bool:
    """Return whether a model's directory says that there is none."""
    return os.path.exists(os.path.join(path, MISSING_FILE))


def read_signature(path: str) -> JsonObject:
    """Read the ``signature.json`` of a model's directory.

    Raises:
        StepError: there is none, or it does not keep to the contract.
    """
    place = os.path.join(path, SIGNATURE_FILE)
    try:
        with open(place, "rb") as file:
            found = json.loads(file.read())
    except FileNotFoundError:
        raise StepError(codes.UNREADABLE_MODEL, f"the model {path} has no {SIGNATURE_FILE}") from None
    except ValueError as error:
        raise StepError(codes.UNREADABLE_MODEL, f"{place} is not JSON: {error}") from None
    if not isinstance(found, dict) or found.get("contract") != VERSION or "features" not in found:
        raise StepError(
            codes.UNREADABLE_MODEL, f"{place} does not keep to version {VERSION} of the step contract"
        )
    return found


def load(artefact: Artefact, result: Result | None = None) -> tuple[Any, JsonObject]:
    """Load a model and its signature.

    Raises:
        StepError: it cannot be loaded.
    """
    import importlib

    signature = read_signature(artefact.path)
    framework = signature.get("framework")
    if framework == "sklearn":
        return _load_estimator(artefact, signature, result), signature
    if framework in LOADERS:
        module = importlib.import_module(f"{__package__}.{LOADERS[framework]}")
        return module.load(artefact.path, signature), signature
    known = sorted(["sklearn", *LOADERS])
    raise StepError(
        codes.UNREADABLE_MODEL,
        f"this step takes a model of {', '.join(known[:-1])} or {known[-1]}, not one of {framework}",
    )


def _load_estimator(artefact: Artefact, signature: JsonObject, result: Result | None) -> Any:
    import warnings

    import joblib

    place = os.path.join(artefact.path, MODEL_FILE)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model = joblib.load(place)
    except ModuleNotFoundError as error:
        raise StepError(
            codes.MISSING_LIBRARY,
            f"the model needs the module `{error.name}`, which the environment of this step lacks",
            f"add the package of `{error.name}` to the `requires` of this component",
        ) from None
    except FileNotFoundError:
        raise StepError(codes.UNREADABLE_MODEL, f"the model {artefact.path} has no {MODEL_FILE}") from None
    except Exception as error:  # noqa: BLE001 - a pickle may raise anything
        raise StepError(
            codes.UNREADABLE_MODEL,
            f"the model cannot be loaded: {type(error).__name__}: {error}",
            "it may have been saved by other versions of its libraries: "
            + ", ".join(f"{name} {version}" for name, version in signature.get("libraries", {}).items()),
        ) from None
    other = [str(item.message) for item in caught if "Inconsistent" in item.category.__name__]
    if other and result is not None:
        result.warning(other[0].splitlines()[0])
    _one_thread(model)
    return model


def _one_thread(model: Any) -> None:
    """Let a model answer on one thread: several add their trees up in the order in which they end."""
    if not hasattr(model, "get_params"):
        return
    try:
        names = [
            name
            for name, value in model.get_params(deep=True).items()
            if name.rpartition("__")[2] == "n_jobs" and value not in (None, 1)
        ]
        if names:
            model.set_params(**dict.fromkeys(names, 1))
    except (TypeError, ValueError, AttributeError):
        return


def libraries_of(model: Any) -> dict[str, str]:
    """Return the versions of the libraries that a model was made with, by package."""
    import sys

    packages = {"sklearn": "scikit-learn"}
    found: dict[str, str] = {}
    for name in sorted({"sklearn", "numpy", type(model).__module__.partition(".")[0]}):
        version = getattr(sys.modules.get(name), "__version__", None)
        if isinstance(version, str):
            found[packages.get(name, name)] = version
    return dict(sorted(found.items()))


def example_of(frame: pandas.DataFrame, features: Sequence[schema.Column]) -> JsonObject:
    """Return one plausible input, no person's row: the middle of numbers, the most frequent of other values.

    Texts of columns that are @sensitive are not shown.
    """
    made: JsonObject = {}
    for column in features:
        values = frame[column.name].dropna()
        if column.dtype == "tensor":
            made[column.name] = _middle(values, column.shape)
        elif column.dtype == "string":
            choices = column.type.get("choices")
            hidden = "sensitive" in column.marks and not choices
            made[column.name] = "…" if hidden or values.empty else str(sorted(values.mode())[0])
        elif values.empty:
            made[column.name] = None
        elif column.dtype == "bool":
            made[column.name] = bool(values.astype(float).mean() > 0.5)
        elif column.dtype == "timestamp":
            made[column.name] = values.sort_values().iloc[len(values) // 2].isoformat()
        else:
            middle = values.astype("float64").quantile(0.5, interpolation="lower")
            made[column.name] = int(middle) if column.dtype == "int64" else float(middle)
    return made


def _middle(values: pandas.Series[Any], shape: Sequence[int]) -> Any:
    """Return the middle of each number of some tensors, as lists within lists."""
    import numpy

    if values.empty:
        return None
    numbers = numpy.sort(numpy.stack(list(values)), axis=0)
    return numbers[(len(numbers) - 1) // 2].reshape(tuple(shape)).tolist()


def python_value(value: Any) -> Any:
    """Return a class label as a plain Python value."""
    return value.item() if hasattr(value, "item") else value


def matrix(signature: JsonObject, frame: pandas.DataFrame, origin: str) -> pandas.DataFrame:
    """Return the features of a frame in the order of a signature, numbers as ``float64``.

    Where a feature is text, columns keep their types, but for numbers that may be missing, in types of pandas alone.

    Raises:
        StepError: the frame lacks a feature.
    """
    features = signature["features"]
    names = [feature["name"] for feature in features]
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise StepError(
            codes.MODEL_MISFITS_DATA,
            f"the model learned from a column `{missing[0]}`"
            + (f" and {len(missing) - 1} more" if len(missing) > 1 else "")
            + f", which {origin} does not have",
            "give it data with the columns that it was trained on",
        )
    chosen = frame[names]
    if all(feature["dtype"] in ("bool", "int64", "float64") for feature in features):
        return chosen.astype("float64")
    kept = {
        feature["name"]: "float64"
        for feature in features
        if feature["dtype"] in ("bool", "int64") and feature["nullable"]
    }
    return chosen.astype(kept)


def predict_scores(model: Any, signature: JsonObject, features: pandas.DataFrame) -> Floats | None:
    """Return the probabilities of the classes, ``[rows, classes]``, or None for a model that gives none."""
    import numpy

    if signature["task"] != "classification" or not hasattr(model, "predict_proba"):
        return None
    return numpy.asarray(model.predict_proba(_taken(model, features)), dtype=numpy.float64)


def predict_values(model: Any, features: pandas.DataFrame) -> Any:
    """Return what the model foretells, ``[rows]``: values of a regression, labels of a classification."""
    import numpy

    found = numpy.asarray(model.predict(_taken(model, features)))
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    return found


def _taken(model: Any, features: pandas.DataFrame) -> Any:
    """Return what the model takes: a frame if it learned the names of its columns, else an array."""
    return (
        features
        if hasattr(model, "feature_names_in_") or not hasattr(model, "n_features_in_")
        else features.to_numpy()
    )


def describe(
    model: Any, output: Artefact, data: Artefact | None, frame: pandas.DataFrame | None, origin: str
) -> JsonObject:
    """Return the signature of a model that the user's own code fitted.

    Its features are those whose names the estimator learned; without names, all columns of ``data`` that are
    learned from, if they are as many as the estimator takes.

    Raises:
        StepError: the model has no ``predict``, or its columns cannot be told.
    """
    if not hasattr(model, "predict"):
        raise StepError(
            codes.WRONG_RETURN,
            f"{origin} has to be a fitted estimator, with a method `predict`, and is {a_or_an(model)}",
        )
    source = data.type if data is not None else output.type
    known = list(frame.columns) if frame is not None else [column.name for column in schema.declared(source)]
    names = _feature_names(model, source, known, origin)
    free = not schema.declared(source) and schema.rest_of(source) is None
    columns = [_guessed(frame, name) for name in names] if free else schema.resolve(source, names)
    label = schema.label_of(source)
    wanted = output.type.get("label")
    if label is None and wanted:
        label = next((column for column in schema.declared(output.type) if column.name == wanted), None)
    if label is not None and label.name in names:
        raise StepError(
            codes.NOT_A_FEATURE,
            f"{origin} was fitted on the label `{label.name}` itself",
            f'leave it out of the features: data.drop(columns="{label.name}")',
        )
    classes = getattr(model, "classes_", None)
    classifies = classes is not None or hasattr(model, "predict_proba")
    return make_signature(
        features=columns,
        label=label,
        task="classification" if classifies else "regression",
        classes=None if classes is None else [python_value(value) for value in classes],
        positive=positive_of([python_value(value) for value in classes], label)
        if classes is not None
        else None,
        example=example_of(frame, columns) if frame is not None and set(names) <= set(known) else None,
        probabilities=hasattr(model, "predict_proba"),
        libraries=libraries_of(model),
    )


def _feature_names(model: Any, source: JsonObject, known: list[str], origin: str) -> list[str]:
    names = getattr(model, "feature_names_in_", None)
    if names is None and hasattr(model, "steps"):
        names = next(
            (step.feature_names_in_ for _, step in model.steps if hasattr(step, "feature_names_in_")), None
        )
    if names is not None:
        return [str(name) for name in names]
    free = not schema.declared(source) and schema.rest_of(source) is None
    learned = known if free else [column.name for column in schema.resolve(source, known) if column.learned]
    count = getattr(model, "n_features_in_", None)
    if count is not None and count != len(learned):
        raise StepError(
            codes.WRONG_RETURN,
            f"{origin} was fitted on {count} columns without names, and the data has {len(learned)} that a model"
            " learns from",
            "fit on a DataFrame, so that the model knows its columns by name",
        )
    return learned


def _guessed(frame: pandas.DataFrame | None, name: str) -> schema.Column:
    import pandas

    base = "float"
    if frame is not None and name in frame.columns:
        values = frame[name]
        if pandas.api.types.is_bool_dtype(values):
            base = "bool"
        elif pandas.api.types.is_integer_dtype(values):
            base = "int"
        elif not pandas.api.types.is_numeric_dtype(values):
            base = "string"
    return schema.Column({"name": name, "type": {"base": base}})


def positive_of(classes: Sequence[Any], label: schema.Column | None) -> Any:
    """Return the positive one of two classes: true, the last choice of an enum, else the last; None for more."""
    if len(classes) != 2:
        return None
    if label is not None and label.base == "enum":
        choices = label.type.get("choices") or []
        if all(value in choices for value in classes):
            return max(classes, key=choices.index)
    return classes[-1]
