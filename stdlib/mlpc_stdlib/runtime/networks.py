"""A network of Keras or PyTorch with the methods of an estimator. The framework runs in a process of its own."""

from __future__ import annotations

import os
import tempfile

from . import children, fitting, pytorch_fitting, tensors, workplace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import numpy
    import pandas

    from .contract import JsonObject

    Floats = numpy.ndarray[Any, numpy.dtype[numpy.float64]]


class Network:
    """What is asked twice of the same rows, their classes and their scores, goes through the network once."""

    def __init__(self, folder: str, signature: JsonObject) -> None:
        self._folder = folder
        self._signature = signature
        self._asked: pandas.DataFrame | None = None
        self._said: Floats | None = None
        #: Features by name, as an estimator has that learned from a frame.
        self.feature_names_in_ = [feature["name"] for feature in signature["features"]]

    def _answer(self, rows: pandas.DataFrame) -> Floats:
        import numpy

        if self._said is None or self._asked is not rows:
            with tempfile.TemporaryDirectory(prefix="mlpc-network-") as folder:
                job = {
                    "model": self._folder,
                    "rows": os.path.join(folder, "rows.npy"),
                    "said": os.path.join(folder, "said.npy"),
                }
                numpy.save(job["rows"], tensors.of_frame(self._signature, rows, "the data"))
                runner = pytorch_fitting if self._signature["framework"] == "pytorch" else fitting
                children.call(runner.predict, job, "running the network")
                self._said = workplace.scores(self._signature, numpy.load(job["said"]))
            self._asked = rows
        return self._said

    def predict_proba(self, rows: pandas.DataFrame) -> Floats:
        """Return the probabilities of the classes, ``[rows, classes]``."""
        return self._answer(rows)

    def predict(self, rows: pandas.DataFrame) -> Any:
        """Return the class with the highest score, the first of equals, or the value of a regression, ``[rows]``."""
        import numpy

        found = self._answer(rows)
        classes = self._signature["classes"]
        return found[:, 0] if classes is None else numpy.asarray(classes)[found.argmax(axis=1)]


def load(folder: str, signature: JsonObject) -> Network:
    """Return the network of a model's directory; it is read when it is first asked."""
    return Network(folder, signature)
