"""An ONNX model with the methods of an estimator, so that what judges models need not know which kind it has."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import numpy
    import pandas

    from .contract import JsonObject

    Floats = numpy.ndarray[Any, numpy.dtype[numpy.float64]]


class Portable:
    """A model that onnxruntime runs, on one thread: several add scores up in the order in which they end."""

    def __init__(self, folder: str, signature: JsonObject) -> None:
        from . import export

        self._session = export.open_session(os.path.join(folder, export.ONNX_FILE), 1)
        self._export = export
        self._classes = signature["classes"]
        self._signature = signature
        #: Features by name, as an estimator has that learned from a frame.
        self.feature_names_in_ = [feature["name"] for feature in signature["features"]]

    def predict_proba(self, rows: pandas.DataFrame) -> Floats:
        """Return the probabilities of the classes, or the values of a regression, ``[rows, outputs]``."""
        if any(feature["dtype"] == "tensor" for feature in self._signature["features"]):
            from . import tensors

            return self._export.run(self._session, tensors.of_frame(self._signature, rows, "the data"))
        return self._export.answer(self._session, self._signature, rows)

    def predict(self, rows: pandas.DataFrame) -> Any:
        """Return the class with the highest score, the first of equals, or the value of a regression, ``[rows]``."""
        import numpy

        found = self.predict_proba(rows)
        if self._classes is None:
            return found[:, 0]
        return numpy.asarray(self._classes)[found.argmax(axis=1)]


def load(folder: str, signature: JsonObject) -> Portable:
    """Open the ONNX model of a model's directory.

    Raises:
        StepError: onnxruntime does not take it.
    """
    return Portable(folder, signature)
