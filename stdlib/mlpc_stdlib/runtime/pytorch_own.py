"""Models of PyTorch that the user's own code trained: kept as an archive of `torch.export`, which needs none of that code.

A module takes rows as a network of mlpc's own does, ``[rows, *shape]`` of 32 bits: the only tensor column, or the columns of
numbers in their order. It says a probability for each class, ``[rows, classes]``, or one value, ``[rows, 1]``.
"""

from __future__ import annotations

import os

from . import codes, models, network_training, pt2, pytorch_network, schema, tensors
from .contract import StepError, a_or_an, first_line, write_atomically, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from .contract import Artefact, JsonObject

#: How far the probabilities of a row may be from 1, in sum.
_ROUNDED = 1e-3
#: Rows that a module is tried on.
_TRIED = 8


def save(output: Artefact, module: Any, data: Artefact | None, frame: Any, origin: str) -> None:
    """Write a module, fitted on the rows ``frame`` of ``data``, to a model's directory; ``origin`` says in messages what it is.

    Raises:
        StepError: it is no module, does not take such rows, says something else, or has no form without its code.
    """
    import torch

    if not isinstance(module, torch.nn.Module):
        _refuse(f"{origin} has to be a torch.nn.Module, and is {a_or_an(module)}")
    if data is None or frame is None or not len(frame):
        _refuse(
            f"{origin} has no rows beside it to tell what it takes",
            "give the function an input `data: dataset`",
        )
    columns = schema.resolve(data.type, [str(name) for name in frame.columns])
    features = [column for column in columns if column.learned]
    label = schema.label_of(data.type)
    if label is None or not features:
        _refuse(
            f"{origin} learned from data that lacks a label, or columns beside it", "mark a column @label"
        )
    signature = _signature(features, label, frame)
    rows = tensors.of_frame(signature, frame.iloc[:_TRIED], "the data")
    module = module.eval()
    try:
        with torch.inference_mode():
            said = module(torch.from_numpy(rows))
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        _refuse(
            f"{origin} does not take rows of the shape {list(rows.shape[1:])}: {first_line(error)[:300]}",
            "rows are 32-bit floats, [rows, *shape]; images have their channels last",
        )
    _judge(signature, said, len(rows), origin)
    try:
        archive = pytorch_network.archive(module, list(rows.shape[1:]))
    except Exception as error:
        if isinstance(error, MemoryError):
            raise
        raise StepError(
            codes.UNSAVEABLE_MODEL,
            f"{origin} cannot be kept without its code: {first_line(error)[:300]}",
            "torch.export has to follow it: let no value of a row decide which way it goes",
        ) from None
    os.makedirs(output.path, exist_ok=True)
    write_atomically(os.path.join(output.path, pytorch_network.PROGRAM_FILE), pt2.canonical(archive))
    write_json(os.path.join(output.path, models.SIGNATURE_FILE), signature)


def _signature(features: list[schema.Column], label: schema.Column, frame: Any) -> JsonObject:
    classes = None if label.dtype == "float64" else network_training.classes_of(label, frame[label.name])
    made = models.make_signature(
        features=features,
        label=label,
        task="regression" if classes is None else "classification",
        classes=classes,
        positive=models.positive_of(classes, label) if classes else None,
        example=models.example_of(frame, features),
        libraries=pytorch_network.libraries(),
        framework="pytorch",
    )
    made["inputs"] = [{"name": "input", "dtype": "float32", "shape": [None, *tensors.shape_of(made)]}]
    made["outputs"][0].update(dtype="float32", shape=[None, len(classes or [0])])
    return made


def _judge(signature: JsonObject, said: Any, count: int, origin: str) -> None:
    """Refuse a module that does not say what its signature says of it."""
    import torch

    wanted = signature["outputs"][0]["shape"][1]
    if not isinstance(said, torch.Tensor) or list(said.shape) != [count, wanted]:
        shape = list(said.shape) if isinstance(said, torch.Tensor) else a_or_an(said)
        what = f"a probability for each of {wanted} classes" if signature["classes"] else "one value"
        _refuse(
            f"{origin} says {shape} of {count} rows, and not {what}, {[count, wanted]}",
            "change its last layer",
        )
    if signature["classes"] and not (
        bool((said >= 0.0).all()) and bool(((said.sum(dim=1) - 1.0).abs() < _ROUNDED).all())
    ):
        _refuse(f"{origin} says numbers that are no probabilities", "put torch.nn.Softmax(dim=1) at its end")


def _refuse(message: str, help: str = "") -> NoReturn:
    raise StepError(codes.WRONG_RETURN, message, help or ())
