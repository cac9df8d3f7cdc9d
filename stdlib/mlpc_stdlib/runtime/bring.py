"""Brings in models that were made elsewhere: what lies in a file becomes a model with a signature, or is refused."""

from __future__ import annotations

import os

from . import codes, data, export, models, schema
from .contract import Result, StepError, Task, a_or_an, write_atomically, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .contract import JsonObject

#: Labels whose values are classes whatever else is said.
_CLASSES = ("bool", "string", "enum")


def sklearn(task: Task, result: Result) -> None:
    """Bring in a fitted estimator of scikit-learn that ``joblib.dump`` wrote.

    Its features are those whose names it learned; without names, all columns of the schema that are learned from.

    Raises:
        StepError: the file cannot be had or read, is not what ``sha256`` says, or holds no estimator for the schema.
    """
    source, output = task.input("path"), task.output("model")
    if source.url and task.argument("sha256") is None:
        raise StepError(
            codes.IMPOSSIBLE_SETTING,
            "a model of scikit-learn holds code that runs when it is read, so from a URL it is taken with its `sha256` only",
            'write `sha256 = "…"`; the program `sha256sum` says it of a file',
        )
    path = data.local(source)
    _judge(task, path)
    import joblib

    try:
        model = joblib.load(path)
    except ModuleNotFoundError as error:
        raise StepError(
            codes.MISSING_LIBRARY,
            f"the model needs the module `{error.name}`, which is not among the requirements of this step",
            "bring it in by a component of your own, with what it needs in its `requires`",
        ) from None
    except Exception as error:  # noqa: BLE001 - a pickle may raise anything
        raise StepError(
            codes.UNREADABLE_MODEL,
            f"{task.shown(path)} holds no model that joblib reads: {type(error).__name__}: {error}",
            "write it by `joblib.dump(model, path)`, with the versions of the libraries that this step has",
        ) from None
    signature = models.describe(model, output, None, None, f"the model in {task.shown(path)}")
    known = {column.name for column in schema.declared(output.type)}
    strange = [item["name"] for item in signature["features"] if item["name"] not in known]
    if strange and schema.rest_of(output.type) is None:
        raise StepError(
            codes.MODEL_MISFITS_DATA,
            f"the model learned from a column `{strange[0]}`, which the schema does not declare",
        )
    result.info(f"{a_or_an(model)} that takes {len(signature['features'])} columns")
    models.save(output.path, model, signature)


def onnx(task: Task, result: Result) -> None:
    """Bring in an ONNX model with one table of 32-bit floats, ``[rows, columns]``, as input.

    Its output is brought into the form that :mod:`mlpc_stdlib.runtime.export` writes: one table of probabilities,
    ``[rows, classes]``, or of values, ``[rows, 1]``. What else the graph says, such as the class itself, is left out.

    Raises:
        StepError: the file cannot be had or read, is not what ``sha256`` says, or does not fit the schema.
    """
    source, output = task.input("path"), task.output("model")
    path = data.local(source)
    _judge(task, path)
    features, label = _features(output.type)
    classes = _classes(task, label)
    made = _one_form(task.shown(path), path, len(features), classes)
    os.makedirs(output.path, exist_ok=True)
    place = os.path.join(output.path, export.ONNX_FILE)
    write_atomically(place, made)
    width = len(classes) if classes is not None else 1
    answer = export.run(export.open_session(place), [[0.0] * len(features)] * 2)
    if answer.shape != (2, width):
        raise StepError(
            codes.MODEL_MISFITS_DATA,
            f"the model answers two rows with {'x'.join(map(str, answer.shape))} numbers, not with 2x{width}",
            _widths(classes),
        )
    signature = models.make_signature(
        features,
        label,
        "regression" if classes is None else "classification",
        classes,
        None if classes is None else models.positive_of(classes, label),
    )
    result.metrics["size"] = len(made)
    write_json(os.path.join(output.path, models.SIGNATURE_FILE), export.portable_signature(signature))


def _judge(task: Task, path: str) -> None:
    """Compare a file with the digest that the spec gives."""
    import hashlib

    wanted = task.argument("sha256")
    if wanted is None:
        return
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != str(wanted).lower().removeprefix("sha256:"):
        raise StepError(
            codes.UNREADABLE_MODEL,
            f"the file has another content than the spec says: its sha256 is {found}",
            "if it was changed on purpose, write that digest",
        )


def _features(type: JsonObject) -> tuple[list[schema.Column], schema.Column | None]:
    if schema.rest_of(type) is not None:
        raise StepError(
            codes.IMPOSSIBLE_SETTING,
            "an ONNX model does not say what its columns are called, and `...` in the schema names none",
            "declare every column, in the order in which the model takes them",
        )
    features = [column for column in schema.declared(type) if column.learned]
    for column in features:
        if column.dtype not in ("bool", "int64", "float64"):
            raise StepError(
                codes.MODEL_MISFITS_DATA,
                f"an ONNX model takes numbers, and `{column.name}` is {column.expected}",
                "mark the column `@ignore`, or encode it as numbers in a step before",
            )
    return features, schema.label_of(type)


def _classes(task: Task, label: schema.Column | None) -> list[Any] | None:
    """Return the classes in the order of the scores, or None for a regression."""
    told: list[str] = task.argument("classes") or []
    base = label.base if label is not None else "float"
    if not told:
        if base == "bool":
            return [False, True]
        if base not in _CLASSES:
            return None
        raise StepError(
            codes.IMPOSSIBLE_SETTING,
            "an ONNX model does not say in which order its scores stand",
            'write `classes = ["…", "…"]`; a model of scikit-learn has them in the order of its `classes_`',
        )
    if base == "float":
        raise StepError(
            codes.IMPOSSIBLE_SETTING, "`classes` are for a label with classes, and this one is a float"
        )
    if len(set(told)) < len(told):
        raise StepError(codes.IMPOSSIBLE_SETTING, "a class stands twice among `classes`")
    if base == "bool":
        if sorted(told) != ["false", "true"]:
            raise StepError(codes.IMPOSSIBLE_SETTING, 'the classes of a bool are "false" and "true"')
        return [name == "true" for name in told]
    if base == "int":
        try:
            return [int(name) for name in told]
        except ValueError:
            raise StepError(
                codes.IMPOSSIBLE_SETTING, "the classes of an int are whole numbers, written as texts"
            ) from None
    known = label.type.get("choices") if label is not None else None
    strange = [name for name in told if known and name not in known]
    if strange:
        raise StepError(codes.IMPOSSIBLE_SETTING, f'the label has no value "{strange[0]}"')
    return told


def _widths(classes: list[Any] | None) -> str:
    if classes is None:
        return "without `classes`, a model is taken to foretell one number"
    return f"it needs a score for each of the {len(classes)} classes"


def _one_form(shown: str, path: str, width: int, classes: list[Any] | None) -> bytes:
    """Return a model with one input and one output, by the names of the contract."""
    import onnx as library

    try:
        with open(path, "rb") as file:
            made = library.load_model_from_string(file.read())
        library.checker.check_model(made)
    except Exception as error:  # noqa: BLE001 - a parser of foreign bytes
        raise StepError(
            codes.UNREADABLE_MODEL, f"{shown} is no ONNX model: {str(error).strip().splitlines()[0]}"
        ) from None
    graph = made.graph
    weights = {item.name for item in graph.initializer}
    inputs = [item for item in graph.input if item.name not in weights]
    if len(inputs) != 1 or not _floats(library, inputs[0]):
        raise StepError(
            codes.MODEL_MISFITS_DATA,
            f"{shown} has the inputs " + ", ".join(f"`{item.name}`" for item in inputs),
            "it needs one, a table of 32-bit floats: [rows, columns]",
        )
    columns = inputs[0].type.tensor_type.shape.dim[1].dim_value
    if columns and columns != width:
        raise StepError(
            codes.MODEL_MISFITS_DATA,
            f"{shown} takes {columns} columns, and the schema has {width} that a model learns from",
            "declare them in the order in which the model takes them; mark others `@ignore`",
        )
    outputs = [item for item in graph.output if _floats(library, item)]
    if len(outputs) != 1:
        raise StepError(
            codes.MODEL_MISFITS_DATA,
            f"{shown} has {len(outputs)} tables of 32-bit floats among its outputs, and needs one",
            'skl2onnx writes the scores as a table with `options={"zipmap": False}`'
            if classes is not None
            else (),
        )
    kept = outputs[0]
    old, new = kept.name, "value" if classes is None else "scores"
    del graph.output[:]
    graph.output.append(kept)
    export.rename(graph, old, new)
    graph.output[0].name = new
    export.rename(graph, inputs[0].name, export.INPUT)
    inputs[0].name = export.INPUT
    export.prune(graph)
    found: bytes = made.SerializeToString(deterministic=True)
    return found


def _floats(library: Any, item: Any) -> bool:
    tensor = item.type.tensor_type
    return (
        bool(item.type.HasField("tensor_type"))
        and tensor.elem_type == library.TensorProto.FLOAT
        and len(tensor.shape.dim) == 2
    )
