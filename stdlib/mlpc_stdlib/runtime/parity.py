"""How far an exported model is from its original, on rows that go through both.

The figures of every export are made here:

- ``difference`` and ``mean_difference``: of the scores (of the values of a regression), absolute;
- ``agreement``: share of the rows that are decided alike. A row whose original score lies within ``max_abs`` of the
  boundary between the two highest classes counts as decided alike; for a regression one that differs by no more than
  ``max_abs``. Without it that is :data:`NEAR` for scores, and for values :data:`OF_SPREAD` of their deviation, or as much
  of the largest as 32 bits resolve;
- ``rows``: how many rows were compared.

Where an export is run in several runtimes, each figure is that of the worst.
"""

from __future__ import annotations

from . import codes, models, tables
from .contract import StepError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    import numpy
    import pandas

    from .contract import JsonObject, Result, Task

    Floats = numpy.ndarray[Any, numpy.dtype[numpy.float64]]
    Ints = numpy.ndarray[Any, numpy.dtype[numpy.int64]]
    Mask = numpy.ndarray[Any, numpy.dtype[numpy.bool_]]

#: The input of an export whose rows are compared.
PORT = "parity.data"
#: How near to the boundary two scores are taken for equal where no ``max_abs`` says so: what 32 bits resolve.
NEAR = 1e-6
#: The same for values of a regression, as a share of their deviation: no unit is meant, and nobody sees so little.
OF_SPREAD = 1e-4
#: Rows that go through a model at a time.
BATCH = 4096
#: A layer counts as differing where it is off by this share of what its values span: what quantisation does to a layer stays
#: well below.
APART = 0.1


class Compared:
    """What two models said of the same rows.

    ``original`` and ``exported`` are ``[rows, outputs]``: the scores of the classes, or the value of a regression.
    ``difference`` has the same shape and is absolute; ``alike`` is ``[rows]``. ``decided`` holds the number of the class
    that the original chose, ``[rows]``, or None for a regression.
    """

    __slots__ = ("alike", "decided", "difference", "exported", "original")

    def __init__(
        self, original: Floats, exported: Floats, decided: Ints | None = None, max_abs: float | None = None
    ) -> None:
        import numpy

        near = _nearness(original, decided is not None) if max_abs is None else max_abs
        alike: Mask
        if decided is not None:
            ordered = numpy.sort(original, axis=1)
            # Moving both of the highest scores by half their distance reaches the boundary between them.
            distance = (ordered[:, -1] - ordered[:, -2]) / 2.0
            alike = (exported.argmax(axis=1) == decided) | (distance <= near)
        else:
            alike = numpy.abs(exported[:, 0] - original[:, 0]) <= near
        difference = numpy.abs(exported - original)
        # A score that is no number on one side only is as far off as can be told.
        lost = numpy.isnan(exported) != numpy.isnan(original)
        self.original = original
        self.exported = exported
        self.decided = decided
        self.difference: Floats = numpy.where(
            lost, numpy.finfo(numpy.float64).max, numpy.nan_to_num(difference, nan=0.0)
        )
        self.alike: Mask = alike & ~lost.any(axis=1)

    def figures(self) -> dict[str, float | int]:
        """Return the figures of parity, by their names."""
        return {
            "difference": float(self.difference.max()),
            "mean_difference": float((self.difference / self.difference.size).sum()),
            "agreement": float(self.alike.mean()),
            "rows": len(self.original),
        }


def _nearness(original: Floats, classifies: bool) -> float:
    """Return how far two scores or values, ``[rows, outputs]``, may be apart and count as equal where no ``max_abs`` says it."""
    import numpy

    values = original[numpy.isfinite(original)]
    if classifies or not values.size:
        return NEAR
    return max(OF_SPREAD * float(values.std()), NEAR * float(numpy.abs(values).max()))


def rows(task: Task, signature: JsonObject) -> pandas.DataFrame | None:
    """Return the features of the rows to compare on, in the order of a signature, or None where none are given.

    Raises:
        StepError: there is no row, or the rows lack a feature.
    """
    data = task.optional_input(PORT)
    if data is None:
        return None
    frame = tables.read(data)
    if not len(frame):
        raise StepError(codes.TOO_FEW_ROWS, f"`{PORT}` has no rows to compare the models on")
    return models.matrix(signature, frame, f"`{PORT}`")


def worst(found: Mapping[str, Compared]) -> dict[str, float | int]:
    """Return the figures of parity over all runtimes, by their names: of each the worst."""
    each = [compared.figures() for compared in found.values()]
    made = {name: max(figures[name] for figures in each) for name in each[0]}
    made["agreement"] = min(figures["agreement"] for figures in each)
    return made


def record(result: Result, found: Mapping[str, Compared]) -> None:
    """Put the figures of parity among those of a step: the worst, and where there are several runtimes those of each."""
    for name, value in worst(found).items():
        result.metrics[f"parity.{name}"] = value
    for runtime, compared in found.items() if len(found) > 1 else ():
        for name, value in compared.figures().items():
            if name != "rows":
                result.metrics[f"parity.{runtime}.{name}"] = value
    result.rows[PORT] = max(len(compared.original) for compared in found.values())


def in_order(signature: JsonObject, portable: JsonObject, scores: Floats) -> Floats:
    """Return the scores of an export, ``[rows, outputs]``, in the order of the classes that the original has."""
    if portable["classes"] == signature["classes"]:
        return scores
    return scores[:, [portable["classes"].index(name) for name in signature["classes"]]]


def of_estimator(model: Any, signature: JsonObject, features: pandas.DataFrame) -> tuple[Floats, Ints | None]:
    """Return what a model with the methods of an estimator says: the original side of :class:`Compared`."""
    import numpy

    if signature["task"] != "classification":
        values = models.predict_values(model, features)
        return numpy.asarray(values, dtype=numpy.float64).reshape(-1, 1), None
    scores = models.predict_scores(model, signature, features)
    assert scores is not None
    known = {value: number for number, value in enumerate(signature["classes"])}
    decided = [known[models.python_value(value)] for value in models.predict_values(model, features)]
    return scores, numpy.asarray(decided, dtype=numpy.int64)


def in_batches(call: Callable[[Any], Any], taken: Any) -> Floats:
    """Return what ``call`` says of rows, ``[rows, outputs]``, some thousand of them at a time."""
    import numpy

    parts = [call(taken[start : start + BATCH]) for start in range(0, len(taken), BATCH)]
    return numpy.concatenate(parts).astype(numpy.float64)
