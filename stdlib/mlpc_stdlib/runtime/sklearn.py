"""Trains estimators of scikit-learn on datasets of numbers."""

from __future__ import annotations

from . import codes, metrics, models, schema, tables
from .contract import Result, StepError, Task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import numpy
    import pandas

#: From this many values on, a whole-numbered label is more likely an amount than a class.
MANY_CLASSES = 50


class Training:
    """The rows and the label that an estimator is fitted on, judged.

    ``features`` is a frame of ``float64``, ``[rows, features]``; ``target`` the label, ``[rows]``.
    """

    def __init__(self, task: Task, result: Result, goal: str | None = None) -> None:
        """Read and judge the input ``data``.

        Raises:
            StepError: there is no label, it does not fit, or a column is not made of numbers.
        """
        self.task = task
        self.result = result
        data = task.input("data")
        frame = tables.read(data)
        columns = schema.resolve(data.type, [str(name) for name in frame.columns])
        label = next((column for column in columns if "label" in column.marks), None)
        if label is None:
            raise StepError(
                codes.UNFIT_LABEL,
                "the data has no column that is marked @label",
                "mark what is to be foretold",
            )
        self.label = label
        self.columns = [column for column in columns if column.learned]
        self._refuse_texts()
        if frame[label.name].isna().any():
            count = int(frame[label.name].isna().sum())
            raise StepError(
                codes.UNFIT_LABEL,
                f"the label `{label.name}` is missing in {count} of {len(frame)} rows",
                "leave such rows out of the training data",
            )
        self.classifies = self._goal(goal) == "classification"
        self.frame = frame
        self.features: pandas.DataFrame = frame[[column.name for column in self.columns]].astype("float64")
        self.target = self._target(frame[label.name])
        self.incomplete = any(column.nullable for column in self.columns)

    def _refuse_texts(self) -> None:
        for column in self.columns:
            if column.dtype not in ("bool", "int64", "float64"):
                raise StepError(
                    codes.NOT_A_FEATURE,
                    f"column `{column.name}` is {column.expected}, and this estimator learns from numbers",
                    [
                        f"leave it out: {column.name}: {column.base} @ignore",
                        "or encode it as numbers in a `transform` of your own before the training",
                    ],
                )
        if not self.columns:
            raise StepError(codes.NOT_A_FEATURE, "the data has no column to learn from beside its label")

    def _goal(self, goal: str | None) -> str:
        base, dtype = self.label.base, self.label.dtype
        if goal == "regression" and dtype not in ("int64", "float64"):
            raise StepError(
                codes.UNFIT_LABEL,
                f"a regression foretells numbers, and the label `{self.label.name}` is {self.label.expected}",
            )
        if goal == "classification" and dtype == "float64":
            raise StepError(
                codes.UNFIT_LABEL,
                f"a classifier foretells classes, and the label `{self.label.name}` is a {base}",
                "declare the label as bool, enum, string or int, or train a regression",
            )
        if goal is not None:
            return goal
        return "regression" if dtype == "float64" else "classification"

    def _target(self, values: pandas.Series[Any]) -> numpy.ndarray[Any, Any]:
        import numpy

        if not self.classifies:
            return values.to_numpy(dtype=numpy.float64)
        kinds = {"bool": numpy.bool_, "int64": numpy.int64}
        found: numpy.ndarray[Any, Any] = values.to_numpy(dtype=kinds.get(self.label.dtype, object))
        distinct = numpy.unique(found)
        if len(distinct) < 2:
            raise StepError(
                codes.UNFIT_LABEL,
                f"the label `{self.label.name}` is {metrics.class_name(models.python_value(distinct[0]))} in all"
                f" {len(found)} rows: there is nothing to tell apart",
                "stratify the split by the label, or bring more data",
            )
        if self.label.dtype == "int64" and len(distinct) >= MANY_CLASSES:
            self.result.warning(
                f"the label `{self.label.name}` has {len(distinct)} different whole numbers, each taken as a class;"
                ' for an amount: goal = "regression"'
            )
        return found

    def save(self, model: Any) -> None:
        """Write the fitted model to the output ``model``."""
        classes = [models.python_value(value) for value in model.classes_] if self.classifies else None
        signature = models.make_signature(
            features=self.columns,
            label=self.label,
            task="classification" if self.classifies else "regression",
            classes=classes,
            positive=models.positive_of(classes, self.label) if classes else None,
            example=models.example_of(self.frame, self.columns),
            libraries=models.libraries_of(model),
        )
        models.save(self.task.output("model").path, model, signature)
        self.result.rows["data"] = len(self.features)
        what = f"{len(classes)} classes of" if classes else "values of"
        self.result.info(
            f"learned {what} `{self.label.name}` from {len(self.columns)} columns of {len(self.features)} rows"
        )


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
