"""What fits of networks have in common, whatever fits them: rows, scales, what is told of epochs, figures.

Runs in a child process only. The job of a fit:

========== =====================================================================================
rows       file, ``[rows, *shape]``
targets    file, ``[rows]``: numbers of classes, or values
judged     the files of the rows and targets by which it is measured
shape      of one row
layers     the calls, in their order
task       ``classification`` or ``regression``
settings   ``epochs``, ``batch``, ``learning_rate``, ``optimizer``, ``seed``
threads    for one operation
shown      whether each epoch is told in the log
folder     where the model is written to, or null
========== =====================================================================================

Its answer: ``figures`` (see :func:`measured`; null where the training came to no number), ``history``, by figure one value an
epoch, and the number of ``weights``.
"""

from __future__ import annotations

from .contract import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import numpy

    from .contract import JsonObject

    Array = numpy.ndarray[Any, Any]

_arrays: dict[str, Array] = {}


def array(path: str) -> Array:
    """Return what a file holds; each is read once."""
    import numpy

    if path not in _arrays:
        _arrays[path] = numpy.load(path)
    return _arrays[path]


def linear(layers: Sequence[JsonObject]) -> bool:
    """Return whether the last layer gives any number."""
    last = layers[-1]
    return bool(last["component"] == "dense" and last["activation"] == "none")


def scale(targets: Array) -> tuple[float, float]:
    """Return what values are centred by and divided by while a network learns them."""
    spread = float(targets.std())
    return float(targets.mean()), spread if spread > 0.0 else 1.0


class Epochs:
    """Tells what came of each epoch, and ends a training that came to no number."""

    def __init__(self, count: int, scale: float, shown: bool) -> None:
        self.count = count
        #: Loss in the unit of the label for one in the unit of the training.
        self.scale = scale
        self.shown = shown
        self.finite = True
        self.history: dict[str, list[float]] = {}

    def told(self, epoch: int, figures: dict[str, float]) -> bool:
        """Keep and tell the figures of an epoch; return whether they are numbers."""
        import math

        if not math.isfinite(figures["loss"]):
            self.finite = False
            say(f"epoch {epoch + 1} of {self.count}: the loss is no number")
            return False
        found = {
            name: value * (self.scale if name == "loss" else 1.0) for name, value in sorted(figures.items())
        }
        for name, value in found.items():
            self.history.setdefault(name, []).append(value)
        if self.shown:
            said = ", ".join(f"{name} {value:.4g}" for name, value in found.items())
            say(f"epoch {epoch + 1} of {self.count}: {said}")
        return True


def measured(said: Array, targets: Array, classifies: bool) -> JsonObject | None:
    """Return the figures of a network on rows, or None where it says what is no number.

    Of a classification ``accuracy`` and ``loss``, the mean negative logarithm of the true class's score, of which none is taken
    for nearer to 0 than the smallest step of 64 bits; of a regression ``loss``, the mean squared error, and ``mae``.
    """
    import numpy

    if not numpy.isfinite(said).all():
        return None
    if not classifies:
        error = said[:, 0] - targets
        return {"loss": float((error**2).mean()), "mae": float(numpy.abs(error).mean())}
    chance = numpy.clip(said[numpy.arange(len(said)), targets], numpy.finfo(numpy.float64).eps, 1.0)
    return {
        "accuracy": float((said.argmax(axis=1) == targets).mean()),
        "loss": float(-numpy.log(chance).mean()),
    }
