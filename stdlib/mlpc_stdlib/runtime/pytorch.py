"""Trains networks of PyTorch, layer by layer as a spec says them (:mod:`mlpc_stdlib.runtime.network_training`)."""

from __future__ import annotations

from . import pytorch_fitting
from .network_training import Framework, Rows, train

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .contract import Result, Task

PYTORCH = Framework("pytorch", ("numpy", "optuna", "safetensors", "torch"), pytorch_fitting.fit)


def classifier(task: Task, result: Result) -> None:
    """Train a network whose last layer gives a score for each class.

    Figures: ``accuracy`` and ``loss``, the mean negative logarithm of the score given to the true class, on the rows ``tune.on``
    that a search was judged by, else on those that it learned from.

    Raises:
        StepError: the data or its label do not fit, or the training came to no number.
    """
    train(Rows(task, result, "classification", PYTORCH))


def regressor(task: Task, result: Result) -> None:
    """Train a network whose last layer gives one value.

    Figures: ``loss``, the mean squared error, and ``mae``, the mean absolute error, on the rows as for :func:`classifier`. Where
    the last layer is linear, the network learns the label at the scale of its mean and deviation, which then become part of
    that layer.

    Raises:
        StepError: the data or its label do not fit, or the training came to no number.
    """
    train(Rows(task, result, "regression", PYTORCH))
