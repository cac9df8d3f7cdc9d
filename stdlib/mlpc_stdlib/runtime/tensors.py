"""Rows of a frame as the one array that a network takes."""

from __future__ import annotations

from . import codes, models
from .contract import StepError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import numpy
    import pandas

    from .contract import JsonObject

    Singles = numpy.ndarray[Any, numpy.dtype[numpy.float32]]


def shape_of(signature: JsonObject) -> tuple[int, ...]:
    """Return the shape of one row as the network of a signature takes it: a tensor's own, or ``(numbers,)``.

    Raises:
        StepError: the features are neither one tensor nor numbers.
    """
    features = signature["features"]
    if len(features) == 1 and features[0]["dtype"] == "tensor":
        return tuple(int(size) for size in features[0]["type"]["shape"])
    for feature in features:
        if feature["dtype"] not in ("bool", "int64", "float64"):
            raise StepError(
                codes.NOT_EXPORTABLE,
                f"the network learns from `{feature['name']}`, which is {feature['dtype']}: it takes one tensor, or"
                " numbers",
            )
    return (len(features),)


def of_frame(signature: JsonObject, frame: pandas.DataFrame, origin: str) -> Singles:
    """Return the features of a frame as the network takes them, ``[rows, *shape]``.

    Columns of numbers are brought to the scale of the signature, ``(value - mean) / scale`` in 64 bits: that is no part of
    the network.

    Raises:
        StepError: the frame lacks a feature, or values of one.
    """
    import numpy

    shape = shape_of(signature)
    chosen = models.matrix(signature, frame, origin)
    for name in chosen.columns:
        count = int(chosen[name].isna().sum())
        if count:
            raise StepError(
                codes.MODEL_MISFITS_DATA,
                f"`{name}` is missing in {count} of {len(chosen)} rows of {origin}, and a network takes no missing values",
                "fill the gaps in a `transform` of your own, or leave such rows out",
            )
    if signature["features"][0]["dtype"] == "tensor":
        column = chosen[signature["features"][0]["name"]]
        made: Singles = numpy.asarray(numpy.stack(list(column)), dtype=numpy.float32).reshape(-1, *shape)
        return made
    values = chosen.to_numpy(dtype=numpy.float64)
    scaling = signature.get("scaling")
    if scaling:
        values = (values - numpy.asarray(scaling["mean"])) / numpy.asarray(scaling["scale"])
    return values.astype(numpy.float32)
