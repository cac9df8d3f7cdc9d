"""Trains gradient-boosted trees by LightGBM (Ke and others, 2017).

On one thread: several add gradients up in an order of their own.
"""

from __future__ import annotations

from .boosted import Fit
from .contract import Result, Task
from .training import Training

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Objective and loss of LightGBM by ours.
_OBJECTIVES = {
    "binary": ("binary", "binary_logloss"),
    "multiclass": ("multiclass", "multi_logloss"),
    "squared_error": ("regression", "rmse"),
    "absolute_error": ("regression_l1", "l1"),
    "poisson": ("poisson", "poisson"),
}


def classifier(task: Task, result: Result) -> None:
    """Fit trees for a label with classes.

    Raises:
        StepError: the data or its label do not fit.
    """
    _fit(Training(task, result, "classification"))


def regressor(task: Task, result: Result) -> None:
    """Fit trees for a label that is a number.

    Raises:
        StepError: the data or its label do not fit.
    """
    _fit(Training(task, result, "regression"))


def _fit(training: Training) -> None:
    import lightgbm

    task, fit = training.task, Fit(training)
    objective, loss = _OBJECTIVES[fit.objective]
    settings: dict[str, Any] = {
        "objective": objective,
        "metric": loss,
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "seed": task.argument("seed", task.seed or 0),
        "verbosity": -1,
        **fit.settings(
            "learning_rate",
            "num_leaves",
            "max_depth",
            "min_child_samples",
            "min_child_weight",
            "subsample",
            "colsample_bytree",
            "min_split_gain",
            "reg_lambda",
            "reg_alpha",
            "max_bin",
        ),
    }
    if settings.get("subsample", 1.0) < 1.0:
        # Without it LightGBM takes all rows, whatever the share is.
        settings["subsample_freq"] = 1
    if fit.objective == "multiclass":
        settings["num_class"] = len(fit.classes or ())
    rows = lightgbm.Dataset(fit.rows, fit.target, weight=fit.weights, free_raw_data=False)
    watched: list[Any] = []
    calls: list[Any] = []
    seen: dict[str, Any] = {}
    if fit.held_out is not None:
        watched = [lightgbm.Dataset(*fit.held_out, reference=rows, free_raw_data=False)]
        calls = [lightgbm.early_stopping(fit.patience, verbose=False), lightgbm.record_evaluation(seen)]
    booster = lightgbm.train(
        settings,
        rows,
        task.argument("trees", 100),
        valid_sets=watched,
        valid_names=["validation"] if watched else None,
        callbacks=calls,
    )
    kept, best = booster.current_iteration(), None
    if fit.held_out is not None:
        kept, best = booster.best_iteration, float(booster.best_score["validation"][loss])
    content = booster.model_to_string(num_iteration=kept)
    fit.save("lightgbm", lightgbm.__version__, content.encode(), kept, best)
    fit.tell_losses(seen, loss)
