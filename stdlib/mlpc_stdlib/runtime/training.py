"""Rows that something is fitted on: which columns it learns from, which label, and what does not fit."""

from __future__ import annotations

from . import codes, metrics, models, schema, tables
from .contract import Result, StepError, Task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    import numpy
    import pandas

    from .contract import JsonObject

#: From this many values on, a whole-numbered label is more likely an amount than a class.
MANY_CLASSES = 50


class Training:
    """The rows and the label that an estimator is fitted on, judged.

    ``features`` is a frame of ``float64``, ``[rows, features]``; ``target`` the label, ``[rows]``.
    """

    #: The columns that can be learned from, by `dtype`.
    takes: Collection[str] = ("bool", "int64", "float64")
    #: What to write where a label of whole numbers is an amount.
    amount = 'goal = "regression"'

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
        self.features = self._features(frame[[column.name for column in self.columns]])
        self.target = self._target(frame[label.name])
        self.incomplete = any(column.nullable for column in self.columns)

    def held_out(self, port: str) -> tuple[pandas.DataFrame, numpy.ndarray[Any, Any]] | None:
        """Return features and label of the rows at another input, as :attr:`features` and :attr:`target`; None without it.

        Raises:
            StepError: there are no rows, a column is missing, or the label is.
        """
        data = self.task.optional_input(port)
        if data is None:
            return None
        frame = tables.read(data)
        if not len(frame):
            raise StepError(codes.TOO_FEW_ROWS, f"`{port}` has no rows")
        names = [column.name for column in self.columns]
        missing = [name for name in (*names, self.label.name) if name not in frame.columns]
        if missing:
            raise StepError(
                codes.MODEL_MISFITS_DATA, f"`{port}` has no column `{missing[0]}`, and the training data has"
            )
        count = int(frame[self.label.name].isna().sum())
        if count:
            raise StepError(
                codes.UNFIT_LABEL,
                f"the label `{self.label.name}` is missing in {count} of {len(frame)} rows of `{port}`",
            )
        self.result.rows[port] = len(frame)
        return self._features(frame[names]), self._values(frame[self.label.name])

    def _features(self, chosen: pandas.DataFrame) -> pandas.DataFrame:
        """Return the columns that are learned from in the form in which they are."""
        return chosen.astype("float64")

    def _refuse_texts(self) -> None:
        for column in self.columns:
            if column.dtype not in self.takes:
                raise StepError(
                    codes.NOT_A_FEATURE,
                    f"column `{column.name}` is {column.expected}, and this estimator learns from numbers",
                    [
                        f"leave it out: {column.name}: {schema.written(column.type)} @ignore",
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

        found = self._values(values)
        if not self.classifies:
            return found
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
                f" for an amount: {self.amount}"
            )
        return found

    def _values(self, values: pandas.Series[Any]) -> numpy.ndarray[Any, Any]:
        import numpy

        if not self.classifies:
            return values.to_numpy(dtype=numpy.float64)
        kinds = {"bool": numpy.bool_, "int64": numpy.int64}
        found: numpy.ndarray[Any, Any] = values.to_numpy(dtype=kinds.get(self.label.dtype, object))
        return found

    def save(self, model: Any) -> None:
        """Write the fitted estimator of scikit-learn to the output ``model``."""
        classes = [models.python_value(value) for value in model.classes_] if self.classifies else None
        models.save(
            self.task.output("model").path, model, self.signature(classes, models.libraries_of(model))
        )
        self.told(classes)

    def signature(
        self, classes: list[Any] | None, libraries: dict[str, str], framework: str = "sklearn"
    ) -> JsonObject:
        """Return the ``signature.json`` of a model that was fitted on these rows; ``classes`` in the order of its scores."""
        return models.make_signature(
            features=self.columns,
            label=self.label,
            task="classification" if self.classifies else "regression",
            classes=classes,
            positive=models.positive_of(classes, self.label) if classes else None,
            example=models.example_of(self.frame, self.columns),
            libraries=libraries,
            framework=framework,
        )

    def told(self, classes: list[Any] | None) -> None:
        """Say what was learned."""
        self.result.rows["data"] = len(self.features)
        what = f"{len(classes)} classes of" if classes else "values of"
        self.result.info(
            f"learned {what} `{self.label.name}` from {len(self.columns)} column"
            f"{'' if len(self.columns) == 1 else 's'} of {len(self.features)} rows"
        )
