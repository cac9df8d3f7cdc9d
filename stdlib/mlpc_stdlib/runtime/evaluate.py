"""Measures models on rows that they did not learn from."""

from __future__ import annotations

import contextlib
import os

from . import codes, metrics, models, schema, tables
from .contract import Result, StepError, Task, did_you_mean, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    import numpy
    import pandas

    from .contract import Artefact

    Floats = numpy.ndarray[Any, numpy.dtype[numpy.float64]]
    Bools = numpy.ndarray[Any, numpy.dtype[numpy.bool_]]
    Ints = numpy.ndarray[Any, numpy.dtype[numpy.int64]]

#: Points that a curve in a report has at most.
CURVE_POINTS = 200
#: Values of a column that figures are given by, at most.
MOST_SLICES = 200


def classification(task: Task, result: Result) -> None:
    """Measure a classifier, and beside it the model at the input ``baseline`` where there is one.

    For two classes precision, recall and F1 are those of the positive class; for more they are the plain mean over the
    classes. Both come by class as well, and so does the area under the ROC curve, one class against the rest. Figures of the
    baseline are called ``baseline.recall``, those by the values of a column ``recall[plan]``.

    Raises:
        StepError: a model does not foretell classes, or the data lacks its columns or its label.
    """
    model, signature = _classifier(task.input("model"), result)
    frame, label = _labelled(task, signature)
    slices = _slices(task, frame)
    found = _foretell(model, signature, frame, label, task.argument("positive"), result)
    report: dict[str, Any] = {
        "kind": "classification",
        "label": label,
        "classes": found.names,
        "positive": None if found.positive is None else found.names[found.positive],
        # Rows are what was so, columns what was foretold.
        "confusion": _confusion(found.actual, found.foretold, len(found.names)).tolist(),
    }
    _measure(found, slices, result)
    if found.scores is None:
        result.warning("the model gives no probabilities: there is no `auc`, `log_loss` and `brier`")
    elif found.positive is not None:
        report["roc"] = _roc(found.actual == found.positive, found.scores[:, found.positive])
    if found.positive is not None:
        result.info(f"`{label}` = {found.names[found.positive]} is the positive class")
    beside = _baseline(task, result)
    if beside is not None:
        with _told_of_baseline(result) as told:
            model, signature = _classifier(beside, told)
            _same_label(signature, label)
            _measure(_foretell(model, signature, frame, label, task.argument("positive"), told), slices, told)
    result.rows["data"] = len(frame)
    _finish(task, result, report)


def regression(task: Task, result: Result) -> None:
    """Measure a model that foretells numbers, in the unit of the label; beside it the ``baseline`` where there is one.

    Raises:
        StepError: a model foretells classes, or the data lacks its columns or its label.
    """
    import numpy

    model, signature = _regressor(task.input("model"), result)
    frame, label = _labelled(task, signature)
    if not _is_number(frame[label]):
        raise StepError(codes.UNFIT_LABEL, f"the label `{label}` holds no numbers")
    slices = _slices(task, frame)
    actual = frame[label].to_numpy(dtype=numpy.float64)
    error = _error(model, signature, frame, actual)
    _errors(actual, error, slices, result)
    beside = _baseline(task, result)
    if beside is not None:
        with _told_of_baseline(result) as told:
            model, signature = _regressor(beside, told)
            _same_label(signature, label)
            _errors(actual, _error(model, signature, frame, actual), slices, told)
    result.rows["data"] = len(frame)
    quantiles = [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0]
    shown = numpy.unique(numpy.linspace(0, len(actual) - 1, CURVE_POINTS).astype(int))
    report = {
        "kind": "regression",
        "label": label,
        "error_quantiles": {
            str(share): float(value)
            for share, value in zip(quantiles, numpy.quantile(error, quantiles), strict=True)
        },
        # Some rows: what was so, and what was foretold.
        "points": [[float(actual[row]), float(actual[row] + error[row])] for row in shown],
    }
    _finish(task, result, report)


def _classifier(given: Artefact, result: Result) -> tuple[Any, dict[str, Any]]:
    model, signature = models.load(given, result)
    if signature["task"] != "classification" or not signature["classes"]:
        raise StepError(
            codes.MODEL_MISFITS_DATA,
            "the model foretells numbers, and this step measures classes",
            "measure it with `regression`",
        )
    return model, signature


def _regressor(given: Artefact, result: Result) -> tuple[Any, dict[str, Any]]:
    model, signature = models.load(given, result)
    if signature["task"] != "regression":
        raise StepError(
            codes.MODEL_MISFITS_DATA,
            "the model foretells classes, and this step measures numbers",
            "measure it with `classification`",
        )
    return model, signature


def _baseline(task: Task, result: Result) -> Artefact | None:
    """Return the model to measure beside, where there is one; of one that may be missing, that it is not is a figure."""
    given = task.optional_input("baseline")
    if given is None or not given.type.get("optional"):
        return given
    if models.is_missing(given.path):
        return None
    result.metrics["baseline"] = 1
    return given


@contextlib.contextmanager
def _told_of_baseline(result: Result) -> Iterator[Result]:
    """Gather what is found of the baseline, and tell it as that."""
    told = Result()
    try:
        yield told
    except StepError as problem:
        problem.message = f"the baseline: {problem.message}"
        raise
    result.messages.extend(
        {**message, "text": f"the baseline: {message['text']}"} for message in told.messages
    )
    result.metrics.update({f"baseline.{name}": value for name, value in told.metrics.items()})


def _same_label(signature: dict[str, Any], label: str) -> None:
    told = signature.get("label")
    if told and told["name"] != label:
        raise StepError(
            codes.MODEL_MISFITS_DATA, f"it foretells `{told['name']}`, and the model beside it `{label}`"
        )


def _slices(task: Task, frame: pandas.DataFrame) -> dict[str, dict[str, Bools]]:
    """Return which rows hold each value of the columns that figures are given by.

    Raises:
        StepError: the data lacks such a column, or it has too many values.
    """
    import numpy

    found: dict[str, dict[str, Bools]] = {}
    for name in task.argument("slices") or ():
        if name not in frame.columns:
            raise StepError(
                codes.MODEL_MISFITS_DATA,
                f"figures are asked for by `{name}`, and the data has no such column"
                + did_you_mean(name, list(frame.columns)),
            )
        values = [_value(models.python_value(value)) for value in frame[name].tolist()]
        each = sorted(set(values))
        if len(each) > MOST_SLICES:
            raise StepError(
                codes.IMPOSSIBLE_SETTING,
                f"figures are asked for by `{name}`, which has {len(each):,} values in these rows",
                f"name a column of at most {MOST_SLICES} values, such as a group made of them",
            )
        column = numpy.asarray(values, dtype=object)
        found[name] = {value: numpy.asarray(column == value, dtype=bool) for value in each}
    return found


def _value(value: Any) -> str:
    return "none" if value is None or value != value else metrics.class_name(value)


def _by_slice(
    slices: dict[str, dict[str, Bools]], measure: Callable[[Bools, Result], None], result: Result
) -> None:
    """Record each figure for every value of the columns as well; what is not defined for a value has none."""
    for column, parts in slices.items():
        found: dict[str, dict[str, Any]] = {}
        for value, rows in parts.items():
            part = Result()
            measure(rows, part)
            found[value] = {name: _whole(figure) for name, figure in part.metrics.items()}
        for name in list(result.metrics):
            if "[" not in name:
                by = {value: figures.get(name, float("nan")) for value, figures in found.items()}
                metrics.record_parts(result, f"{name}[{column}]", by)


def _whole(figure: Any) -> Any:
    return figure.get(metrics.WHOLE, float("nan")) if isinstance(figure, dict) else figure


class _Foretold:
    """What a classifier foretold of rows: ``actual`` and ``foretold`` are numbers of classes, which are called ``names``.

    ``scores`` are the probabilities, a column a class, or None where there are none; ``positive`` is the number of the positive
    class, or None for more than two classes.
    """

    __slots__ = ("actual", "foretold", "names", "positive", "scores")

    def __init__(
        self, actual: Ints, foretold: Ints, scores: Floats | None, names: list[str], positive: int | None
    ) -> None:
        self.actual = actual
        self.foretold = foretold
        self.scores = scores
        self.names = names
        self.positive = positive


def _foretell(
    model: Any,
    signature: dict[str, Any],
    frame: pandas.DataFrame,
    label: str,
    positive: str | None,
    result: Result,
) -> _Foretold:
    features = models.matrix(signature, frame, "the data")
    actual, classes = _numbered(frame[label], list(signature["classes"]), result, label)
    foretold = _foretold(
        models.predict_values(model, features), {value: number for number, value in enumerate(classes)}
    )
    scores = models.predict_scores(model, signature, features)
    names = [metrics.class_name(value) for value in classes]
    return _Foretold(
        actual,
        foretold,
        None if scores is None else _padded(scores, len(classes)),
        names,
        _positive(positive, signature, names),
    )


def _measure(found: _Foretold, slices: dict[str, dict[str, Bools]], result: Result) -> None:
    """Record the figures of all rows, and of the rows of each value that is asked for."""

    def of(actual: Ints, foretold: Ints, scores: Floats | None, into: Result) -> None:
        _counted(_confusion(actual, foretold, len(found.names)), found.names, found.positive, into)
        if scores is not None:
            _ranked(actual, scores, found.names, found.positive, into)

    def of_rows(rows: Bools, into: Result) -> None:
        scores = None if found.scores is None else found.scores[rows]
        of(found.actual[rows], found.foretold[rows], scores, into)

    of(found.actual, found.foretold, found.scores, result)
    _by_slice(slices, of_rows, result)


def _error(model: Any, signature: dict[str, Any], frame: pandas.DataFrame, actual: Floats) -> Floats:
    """Return by how much a model is off in each row.

    Raises:
        StepError: it does not foretell a finite number for each.
    """
    import numpy

    features = models.matrix(signature, frame, "the data")
    foretold = numpy.asarray(models.predict_values(model, features), dtype=numpy.float64)
    if foretold.shape != actual.shape or not numpy.isfinite(foretold).all():
        raise StepError(
            codes.MODEL_MISFITS_DATA,
            "the model does not foretell one finite number for each row",
            "look for missing values in the data and at what `predict` returns",
        )
    return foretold - actual


def _errors(actual: Floats, error: Floats, slices: dict[str, dict[str, Bools]], result: Result) -> None:
    """Record how far off a model is over all rows, and over the rows of each value that is asked for."""
    import numpy

    def of(actual: Floats, error: Floats, into: Result) -> None:
        spread = float(((actual - actual.mean()) ** 2).sum())
        metrics.record(into, "rmse", float(numpy.sqrt((error**2).mean())))
        metrics.record(into, "mae", float(numpy.abs(error).mean()))
        metrics.record(into, "r2", 1.0 - float((error**2).sum()) / spread if spread else float("nan"))
        metrics.record(into, "max_error", float(numpy.abs(error).max()))
        if (actual != 0.0).all():
            metrics.record(into, "mape", float(numpy.abs(error / actual).mean()))
        metrics.record(into, "support", len(actual))

    of(actual, error, result)
    _by_slice(slices, lambda rows, into: of(actual[rows], error[rows], into), result)


def _labelled(task: Task, signature: dict[str, Any]) -> tuple[pandas.DataFrame, str]:
    """Return the rows and the name of the label.

    Raises:
        StepError: there are no rows or there is no label.
    """
    data = task.input("data")
    frame = tables.read(data)
    told, marked = signature.get("label"), schema.label_of(data.type)
    name: str | None = told["name"] if told else (marked.name if marked else None)
    if name is None:
        raise StepError(codes.UNFIT_LABEL, "neither the model nor the data says which column is the label")
    if name not in frame.columns:
        raise StepError(
            codes.MODEL_MISFITS_DATA,
            f"the model foretells `{name}`, and the data has no such column"
            + did_you_mean(name, list(frame.columns)),
        )
    if not len(frame):
        raise StepError(codes.TOO_FEW_ROWS, "there are no rows to measure the model on")
    if frame[name].isna().any():
        raise StepError(
            codes.UNFIT_LABEL,
            f"the label `{name}` is missing in {int(frame[name].isna().sum())} of {len(frame)} rows",
        )
    return frame, name


def _is_number(values: pandas.Series[Any]) -> bool:
    import pandas

    return pandas.api.types.is_numeric_dtype(values) and not pandas.api.types.is_bool_dtype(values)


def _numbered(
    values: pandas.Series[Any], classes: list[Any], result: Result, label: str
) -> tuple[Ints, list[Any]]:
    """Return the number of each row's class; classes that the model never saw get the next numbers."""
    import numpy

    known = {value: number for number, value in enumerate(classes)}
    found = [models.python_value(value) for value in values.tolist()]
    unseen = sorted({value for value in found if value not in known}, key=str)
    if len(unseen) == len(set(found)):
        raise StepError(
            codes.MODEL_MISFITS_DATA,
            f"no value of the label `{label}` is a class of the model: the data has {_some(unseen)}, the model"
            f" {_some(classes)}",
        )
    if unseen:
        result.warning(f"the model never saw `{label}` = {_some(unseen)}: such rows count as wrong")
    for value in unseen:
        known[value] = len(known)
    return numpy.asarray([known[value] for value in found], dtype=numpy.int64), [*classes, *unseen]


def _some(values: list[Any], most: int = 5) -> str:
    shown = ", ".join(metrics.class_name(value) for value in values[:most])
    return shown + (f" and {len(values) - most} more" if len(values) > most else "")


def _foretold(values: Any, known: dict[Any, int]) -> Ints:
    import numpy

    found = [known.get(models.python_value(value), -1) for value in values.tolist()]
    if -1 in found:
        strange = values.tolist()[found.index(-1)]
        raise StepError(
            codes.MODEL_MISFITS_DATA, f"the model foretells {strange!r}, which is none of its own `classes_`"
        )
    return numpy.asarray(found, dtype=numpy.int64)


def _positive(wanted: str | None, signature: dict[str, Any], names: list[str]) -> int | None:
    """Return the number of the positive class, or None for more than two classes.

    Raises:
        StepError: there is no class of the name that was given.
    """
    if wanted is not None:
        if wanted not in names:
            raise StepError(
                codes.IMPOSSIBLE_SETTING,
                f'`positive` is "{wanted}", which is no class of the label' + did_you_mean(wanted, names),
                "the classes are: " + ", ".join(f'"{name}"' for name in names),
            )
        return names.index(wanted)
    told = signature.get("positive")
    return None if told is None or len(names) != 2 else names.index(metrics.class_name(told))


def _confusion(actual: Ints, foretold: Ints, count: int) -> Ints:
    import numpy

    flat = numpy.bincount(actual * count + foretold, minlength=count * count)
    found: Ints = flat.reshape(count, count).astype(numpy.int64)
    return found


def _counted(confusion: Ints, names: list[str], positive: int | None, result: Result) -> None:
    """Record what follows from the confusion matrix.

    A class of which nothing was foretold has precision 0; a class without a row has no recall and does not enter
    the mean.
    """
    import numpy

    hits = confusion.diagonal().astype(numpy.float64)
    rows, columns = confusion.sum(axis=1), confusion.sum(axis=0)
    there = rows > 0
    metrics.record(result, "accuracy", float(hits.sum() / confusion.sum()))
    by_class = {
        "precision": numpy.where(columns > 0, hits / numpy.maximum(columns, 1), 0.0),
        "recall": hits / numpy.maximum(rows, 1),
        "f1": 2.0 * hits / numpy.maximum(rows + columns, 1),
    }
    for name, values in by_class.items():
        whole = values[positive] if positive is not None else values[there].mean()
        if positive is not None and not there[positive]:
            whole = float("nan")
        metrics.record(
            result,
            name,
            float(whole),
            {names[number]: float(values[number]) for number in there.nonzero()[0]},
        )
    silent = [names[number] for number in (there & (columns == 0)).nonzero()[0]]
    if silent:
        result.warning(f"the model never foretells {_some(list(silent))}")
    metrics.record(
        result,
        "support",
        int(confusion.sum()),
        {name: int(count) for name, count in zip(names, rows, strict=True)},
    )


def _padded(scores: Floats, count: int) -> Floats:
    """Give classes that the model never saw the probability 0."""
    import numpy

    lacking = count - scores.shape[1]
    return scores if not lacking else numpy.hstack([scores, numpy.zeros((len(scores), lacking))])


def _ranked(actual: Ints, scores: Floats, names: list[str], positive: int | None, result: Result) -> None:
    """Record what follows from the probabilities."""
    import numpy
    from sklearn.metrics import roc_auc_score

    counts = numpy.bincount(actual, minlength=len(names))
    defined = [number for number in range(len(names)) if 0 < counts[number] < len(actual)]
    areas = {number: float(roc_auc_score(actual == number, scores[:, number])) for number in defined}
    if not areas:
        result.warning(f"`auc` is not defined: every row has the label {names[int(actual[0])]}")
    else:
        whole = areas.get(positive) if positive is not None else sum(areas.values()) / len(areas)
        metrics.record(
            result,
            "auc",
            float("nan") if whole is None else whole,
            {names[number]: area for number, area in areas.items()},
        )
    # As scikit-learn does: no probability is nearer to 0 than the smallest step of a float.
    chance = numpy.clip(scores[numpy.arange(len(actual)), actual], numpy.finfo(numpy.float64).eps, 1.0)
    metrics.record(result, "log_loss", float(-numpy.log(chance).mean()))
    if positive is not None:
        # Brier (1950), in the form for two classes.
        metrics.record(result, "brier", float(((scores[:, positive] - (actual == positive)) ** 2).mean()))


def _roc(actual: Any, score: Floats) -> dict[str, list[float]]:
    import numpy
    from sklearn.metrics import roc_curve

    if actual.all() or not actual.any():
        return {}
    false_rate, true_rate, _ = roc_curve(actual, score)
    chosen = numpy.unique(numpy.linspace(0, len(false_rate) - 1, CURVE_POINTS).astype(int))
    return {
        "false_positive_rate": [float(value) for value in false_rate[chosen]],
        "true_positive_rate": [float(value) for value in true_rate[chosen]],
    }


def _finish(task: Task, result: Result, report: dict[str, Any]) -> None:
    result.report = report
    if "metrics" in task.outputs:
        metrics.write(task.outputs["metrics"].path, result.metrics)
    if "report" in task.outputs:
        folder = task.outputs["report"].path
        os.makedirs(folder, exist_ok=True)
        write_json(os.path.join(folder, "report.json"), {**report, "metrics": result.metrics})
