"""What the report of a step holds, read with care: a step of the user's own may write anything there."""

from __future__ import annotations

import math
from typing import Any

from .charts import Series


class Matrix:
    """A confusion matrix: rows are what was so, columns what was foretold."""

    __slots__ = ("classes", "counts", "label")

    def __init__(self, label: str, classes: list[str], counts: list[list[int]]) -> None:
        self.label = label
        self.classes = classes
        self.counts = counts


def history(report: Any) -> dict[str, list[float]]:
    """Return curves by name: one number for each epoch or round; what is no number is left out."""
    found = report.get("history") if isinstance(report, dict) else None
    if not isinstance(found, dict):
        return {}
    return {
        str(name): [float(value) if is_finite(value) else math.nan for value in values]
        for name, values in sorted(found.items(), key=lambda item: str(item[0]))
        if isinstance(values, list)
    }


def over(report: Any) -> str:
    """Return what the numbers of a curve are counted by."""
    return str(report.get("over") or "epoch") if isinstance(report, dict) else "epoch"


def roc(report: Any) -> list[tuple[float, float]]:
    """Return the points of a ROC curve; none where there is none."""
    found = report.get("roc") if isinstance(report, dict) else None
    if not isinstance(found, dict):
        return []
    sides = [found.get("false_positive_rate"), found.get("true_positive_rate")]
    if not all(isinstance(side, list) and all(map(is_finite, side)) for side in sides):
        return []
    return list(zip(*sides, strict=False))


def confusion(report: Any) -> Matrix | None:
    """Return the confusion matrix; None where there is none, or none that could be shown."""
    counts = report.get("confusion") if isinstance(report, dict) else None
    if not isinstance(counts, list) or not counts or not all(isinstance(row, list) for row in counts):
        return None
    if not all(len(row) == len(counts) and all(map(_is_count, row)) for row in counts):
        return None
    names = report.get("classes")
    if not isinstance(names, list) or len(names) != len(counts):
        names = range(len(counts))
    return Matrix(str(report.get("label") or ""), [str(name) for name in names], counts)


def errors(report: Any) -> list[tuple[str, float]]:
    """Return the quantiles of the error of a regression: share and value."""
    found = report.get("error_quantiles") if isinstance(report, dict) else None
    if not isinstance(found, dict):
        return []
    return [
        (f"{float(share):.0%}", value)
        for share, value in found.items()
        if is_finite(value) and _is_share(share)
    ]


def points(report: Any) -> list[tuple[float, float]]:
    """Return rows of a regression: what was so, and what was foretold."""
    found = report.get("points") if isinstance(report, dict) else None
    if not isinstance(found, list):
        return []
    return [
        (pair[0], pair[1])
        for pair in found
        if isinstance(pair, list) and len(pair) == 2 and all(map(is_finite, pair))
    ]


def search(report: Any) -> tuple[str, list[Series]]:
    """Return what a search was judged by, with the figure trial by trial and the best so far; nothing where there was none."""
    found = report.get("search") if isinstance(report, dict) else None
    if not isinstance(found, dict) or not isinstance(found.get("trials"), list):
        return "", []
    goal, _, name = str(found.get("goal", "")).partition(" ")
    tried: list[tuple[float, float]] = []
    for number, trial in enumerate(found["trials"], 1):
        figures = trial.get("figures") if isinstance(trial, dict) else None
        value = figures.get(name) if isinstance(figures, dict) else None
        if is_finite(value):
            tried.append((float(number), float(value)))  # type: ignore[arg-type]
    best: list[tuple[float, float]] = []
    for at, reached in tried:
        last = best[-1][1] if best else reached
        best.append((at, max(last, reached) if goal == "maximize" else min(last, reached)))
    return name, [Series("best so far", best), Series("of the trial", tried)]


def is_finite(value: object) -> bool:
    """Return whether a value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_share(text: object) -> bool:
    try:
        return 0.0 <= float(str(text)) <= 1.0
    except ValueError:
        return False
