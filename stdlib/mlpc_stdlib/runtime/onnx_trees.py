"""Turns trees of XGBoost and LightGBM into ONNX graphs."""

from __future__ import annotations

from . import codes
from .contract import StepError, first_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .boosted import Boosted

#: The newest operator set that the converter knows; what it uses of it has not changed since.
OPSET = 15


def convert(model: Boosted, features: int, name: str) -> Any:
    """Return an ONNX model whose one input ``name`` takes rows of ``features`` numbers of 32 bits.

    Raises:
        StepError: the converter cannot.
    """
    import onnxmltools
    from onnxmltools.convert.common.data_types import FloatTensorType

    taken = [(name, FloatTensorType([None, features]))]
    try:
        if model.framework == "xgboost":
            return onnxmltools.convert_xgboost(
                model.booster, name="model", initial_types=taken, target_opset=OPSET
            )
        import lightgbm

        exact = lightgbm.Booster(model_str=rounded_down(model.booster.model_to_string()))
        return onnxmltools.convert_lightgbm(
            exact, name="model", initial_types=taken, target_opset=OPSET, zipmap=False
        )
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a converter may raise anything
        raise StepError(
            codes.NOT_EXPORTABLE,
            f"these trees of {model.framework} have no ONNX form: {first_line(error)}",
            "`export …: c_trees` turns them into plain C",
        ) from None


def rounded_down(text: str) -> str:
    """Return a model of LightGBM, as text, with thresholds that 32 bits hold, which decides the same of such numbers.

    A threshold is the largest value that goes to the left. LightGBM keeps it in 64 bits, ONNX in 32; rounded to the
    nearest it could pass a value that goes to the right.
    """
    made = []
    for line in text.splitlines():
        if line.startswith("threshold="):
            values = line.removeprefix("threshold=").split()
            line = "threshold=" + " ".join(repr(_floor(float(value))) for value in values)
        # Where each tree begins in the text; without it LightGBM reads one after the other.
        if not line.startswith("tree_sizes="):
            made.append(line)
    return "\n".join(made) + "\n"


def _floor(value: float) -> float:
    """Return the largest number of 32 bits that is not above ``value``."""
    import numpy

    nearest = numpy.float32(value)
    if float(nearest) > value:
        nearest = numpy.nextafter(nearest, numpy.float32(-numpy.inf))
    return float(nearest)
