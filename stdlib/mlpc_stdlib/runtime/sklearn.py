"""Trains estimators of scikit-learn on datasets of numbers."""

from __future__ import annotations

from . import codes
from .contract import Result, StepError, Task
from .training import Training

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def random_forest(task: Task, result: Result) -> None:
    """Fit a random forest (Breiman, 2001): a classifier for a label with classes, a regressor for a float.

    Raises:
        StepError: the data or its label do not fit.
    """
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    training = Training(task, result, task.argument("goal"))
    share = task.argument("max_features")
    settings: dict[str, Any] = {
        "n_estimators": task.argument("trees", 100),
        "max_depth": task.argument("max_depth"),
        "min_samples_leaf": task.argument("min_samples_leaf", 1),
        "random_state": task.argument("seed", task.seed or 0),
        "n_jobs": task.threads,
    }
    if share is not None:
        settings["max_features"] = 1.0 if share == "all" else share
    weight = task.argument("class_weight")
    if training.classifies:
        model = RandomForestClassifier(class_weight=_weight(weight), **settings)
    else:
        if _weight(weight) is not None:
            raise StepError(
                codes.IMPOSSIBLE_SETTING, "`class_weight` is for classes, and the label is a number"
            )
        model = RandomForestRegressor(**settings)
    model.fit(training.features, training.target)
    # How many threads there were is no property of the model.
    model.set_params(n_jobs=None)
    training.save(model)


def logistic_regression(task: Task, result: Result) -> None:
    """Fit a logistic regression, for two or more classes, on standardised columns.

    Raises:
        StepError: the data or its label do not fit.
    """
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    training = Training(task, result, "classification")
    steps: list[tuple[str, Any]] = []
    if training.incomplete:
        impute = task.argument("impute", "median")
        steps.append(("impute", SimpleImputer(strategy=impute, keep_empty_features=True)))
        result.info(f"missing values are filled with the column's {impute.replace('_', ' ')}")
    if task.argument("standardize", True):
        steps.append(("standardize", StandardScaler()))
    limit = task.argument("max_iter", 1000)
    steps.append(
        (
            "regression",
            LogisticRegression(
                **_penalty(task),
                class_weight=_weight(task.argument("class_weight")),
                max_iter=limit,
                tol=task.argument("tolerance", 1e-4),
                random_state=task.argument("seed", task.seed or 0),
            ),
        )
    )
    model = Pipeline(steps)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        model.fit(training.features, training.target)
    if any(issubclass(item.category, ConvergenceWarning) for item in caught):
        result.warning(
            f"the fit did not converge in {limit} iterations; raise `max_iter`, or `standardize = true`"
        )
    training.save(model)


def _weight(name: str | None) -> str | None:
    return None if name in (None, "none") else name


def _penalty(task: Task) -> dict[str, Any]:
    """Return the settings of a penalty, as this version of scikit-learn takes them."""
    import math

    import sklearn

    name, strength = task.argument("penalty", "l2"), task.argument("c", 1.0)
    ratio = {"l2": 0.0, "none": 0.0, "l1": 1.0}.get(name, task.argument("l1_ratio", 0.5))
    solver = "lbfgs" if ratio == 0.0 else "saga"
    if name == "none":
        strength = math.inf
    version = tuple(int(part) for part in sklearn.__version__.split(".")[:2])
    if version >= (1, 8):
        return {"C": strength, "l1_ratio": ratio, "solver": solver}
    found: dict[str, Any] = {"C": strength, "solver": solver, "penalty": name}
    if name == "none":
        found.update(C=1.0, penalty=None)
    elif name == "elasticnet":
        found["l1_ratio"] = ratio
    return found
