"""Trains gradient-boosted trees by XGBoost (Chen and Guestrin, 2016).

On one thread: several add gradients up in an order of their own.
"""

from __future__ import annotations

from .boosted import Fit
from .contract import Result, Task
from .training import Training

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Objective and loss of XGBoost by ours.
_OBJECTIVES = {
    "binary": ("binary:logistic", "logloss"),
    "multiclass": ("multi:softprob", "mlogloss"),
    "squared_error": ("reg:squarederror", "rmse"),
    "absolute_error": ("reg:absoluteerror", "mae"),
    "poisson": ("count:poisson", "poisson-nloglik"),
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
    import xgboost

    task, fit = training.task, Fit(training)
    objective, loss = _OBJECTIVES[fit.objective]
    settings: dict[str, Any] = {
        "objective": objective,
        "eval_metric": loss,
        "tree_method": "hist",
        "nthread": 1,
        "seed": task.argument("seed", task.seed or 0),
        "verbosity": 0,
        **fit.settings(
            "learning_rate",
            "max_depth",
            "min_child_weight",
            "subsample",
            "colsample_bytree",
            "gamma",
            "reg_lambda",
            "reg_alpha",
            "max_bin",
        ),
    }
    if fit.objective == "multiclass":
        settings["num_class"] = len(fit.classes or ())
    rows = xgboost.DMatrix(fit.rows, fit.target, weight=fit.weights, nthread=1)
    watched, stop = [], None
    seen: dict[str, Any] = {}
    if fit.held_out is not None:
        watched = [(xgboost.DMatrix(*fit.held_out, nthread=1), "validation")]
        stop = fit.patience
    booster = xgboost.train(
        settings,
        rows,
        task.argument("trees", 100),
        evals=watched,
        early_stopping_rounds=stop,
        evals_result=seen,
        verbose_eval=False,
    )
    best = None
    if fit.held_out is not None:
        best = float(booster.best_score)
        booster = booster[: booster.best_iteration + 1]
    # The file of a model keeps no parameters of the training by itself.
    booster.set_attr(best_iteration=None, best_score=None)
    booster.set_attr(**{name: f"{value}" for name, value in sorted(settings.items())})
    content = bytes(booster.save_raw("json"))
    fit.save("xgboost", xgboost.__version__, content, booster.num_boosted_rounds(), best)
    fit.tell_losses(seen, loss)
