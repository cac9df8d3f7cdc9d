"""Chooses one of several artefacts by a figure; only those whose gates have passed can be chosen."""

from __future__ import annotations

import math
import os

from . import codes
from .contract import Artefact, Result, StepError, Task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: What ports are called that hold the figures of the candidates, and, as outputs, those of the one that was chosen.
FIGURES = "of_"


def best_of(task: Task, result: Result) -> None:
    """Pass on the candidate whose figure is best, with the figures of what judged it.

    ``figures`` and ``passed`` stand in the order of the candidates. Of equal ones the first is chosen. Where no
    candidate passed its gates, or none has a figure, the step does not pass.

    Raises:
        StepError: the task does not fit together.
    """
    candidates = _many(task, "candidates")
    figures, passed = task.argument("figures", []), task.argument("passed", [])
    if not candidates or not len(candidates) == len(figures) == len(passed):
        raise StepError(codes.INVALID_TASK, "every candidate needs a figure and a verdict")
    sign = -1.0 if task.argument("goal") == "maximize" else 1.0
    fit = [at for at, good in enumerate(passed) if good is True and _number(figures[at])]
    shown = [_said(source.key, figures[at], passed[at]) for at, source in enumerate(candidates)]
    result.report = {
        "candidates": [
            {"key": source.key, "figure": figures[at], "passed": passed[at] is True}
            for at, source in enumerate(candidates)
        ],
        "chosen": None,
    }
    result.metrics["candidates"] = len(candidates)
    result.metrics["passed"] = sum(1 for good in passed if good is True)
    if not fit:
        result.status = "not_passed"
        result.warning("no candidate is left to choose from: " + "; ".join(shown))
        return
    best = min(fit, key=lambda at: (sign * figures[at], at))
    winner = candidates[best]
    result.metrics["figure"] = figures[best]
    result.report["chosen"] = winner.key
    result.info(f"`{winner.key}` is the best of {len(candidates)}: " + "; ".join(shown))
    copy(winner.path, task.output("chosen").path)
    for port, output in task.outputs.items():
        if port.startswith(FIGURES):
            copy(next(each.path for each in _many(task, port) if each.key == winner.key), output.path)


def copy(source: str, target: str) -> None:
    """Copy a file or a folder, contents only: what lies in a store may be read-only, and a copy is not."""
    import shutil

    if not os.path.isdir(source):
        shutil.copyfile(source, target)
        return
    os.makedirs(target, exist_ok=True)
    for name in sorted(os.listdir(source)):
        copy(os.path.join(source, name), os.path.join(target, name))


def _many(task: Task, port: str) -> list[Artefact]:
    found = task.inputs.get(port)
    if not isinstance(found, list):
        raise StepError(codes.INVALID_TASK, f"the task gives no list as its input `{port}`")
    return found


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _said(key: str, figure: Any, passed: Any) -> str:
    shown = f"{figure:.6g}" if _number(figure) else "no figure"
    return f"{key} {shown}" + ("" if passed is True else ", gates not passed")
