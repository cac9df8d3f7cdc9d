"""What `best_of` runs: the best of those whose gates have passed, and what comes of none."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from mlpc_stdlib.runtime import choice, codes, conditions
from mlpc_stdlib.runtime.contract import Artefact, Result, StepError, Task


def task(tmp_path: Path, figures: list[Any], passed: list[Any], goal: str = "minimize") -> Task:
    """Return a task whose candidates `a`, `b`, … are folders that hold their name, with the figures that judged them."""
    keys = "abcdef"[: len(figures)]
    for key in keys:
        (tmp_path / key / "inner").mkdir(parents=True)
        (tmp_path / key / "inner" / "name.txt").write_text(key)
        (tmp_path / f"{key}.json").write_text(f'"{key}"')
        (tmp_path / key).chmod(0o500)
    return Task(
        "best.model",
        {"kind": "runtime", "target": "mlpc_stdlib.runtime.choice", "function": "best_of"},
        str(tmp_path / "result.json"),
        inputs={
            "candidates": [Artefact(str(tmp_path / key), key=key) for key in keys],
            "of_quality": [Artefact(str(tmp_path / f"{key}.json"), key=key) for key in reversed(keys)],
        },
        outputs={
            "chosen": Artefact(str(tmp_path / "chosen")),
            "of_quality": Artefact(str(tmp_path / "figures.json")),
        },
        arguments={"figures": figures, "passed": passed, "goal": goal},
    )


@pytest.mark.parametrize(
    ("figures", "passed", "goal", "wanted"),
    [
        ([3.0, 1.0, 2.0], [True, True, True], "minimize", "b"),
        ([3.0, 1.0, 2.0], [True, True, True], "maximize", "a"),
        ([3.0, 1.0, 2.0], [True, False, True], "minimize", "c"),
        ([1, 1.0], [True, True], "minimize", "a"),
        ([None, 5.0, math.nan], [True, True, True], "minimize", "b"),
        ([-math.inf, 5.0], [True, True], "minimize", "b"),
        ([0.0, 5.0], [None, True], "minimize", "b"),
    ],
)
def test_the_best_of_those_that_passed(
    tmp_path: Path, figures: list[Any], passed: list[Any], goal: str, wanted: str
) -> None:
    result = Result()
    choice.best_of(task(tmp_path, figures, passed, goal), result)
    assert result.status == "done"
    assert (tmp_path / "chosen" / "inner" / "name.txt").read_text() == wanted
    assert (tmp_path / "figures.json").read_text() == f'"{wanted}"'
    assert isinstance(result.report, dict)
    assert result.report["chosen"] == wanted
    assert result.metrics["figure"] == figures["abc".index(wanted)]
    (tmp_path / "chosen" / "more.txt").write_text("what was read-only in the store is not in the copy")


@pytest.mark.parametrize("passed", [[False, False], [None, False]])
def test_none_that_passed_is_a_result_and_no_failure(tmp_path: Path, passed: list[Any]) -> None:
    result = Result()
    choice.best_of(task(tmp_path, [1.5, 2.0], passed), result)
    assert result.status == "not_passed"
    assert not (tmp_path / "chosen").exists()
    assert result.messages == [
        {
            "level": "warning",
            "text": "no candidate is left to choose from: a 1.5, gates not passed; b 2, gates not passed",
        }
    ]


def test_a_task_that_does_not_fit_together(tmp_path: Path) -> None:
    with pytest.raises(StepError) as caught:
        choice.best_of(task(tmp_path, [1.0, 2.0], [True]), Result())
    assert caught.value.code == codes.INVALID_TASK[0]


@pytest.mark.parametrize(
    ("expr", "value"),
    [
        ({"otherwise": [{"metric": {"node": "q", "name": "rmse"}}, None]}, 3.0),
        ({"otherwise": [{"metric": {"node": "q", "name": "auc"}}, None]}, None),
        ({"otherwise": [{"op": "<=", "args": [{"metric": {"node": "q", "name": "nan"}}, 5]}, False]}, False),
        ({"otherwise": [{"op": "<=", "args": [{"metric": {"node": "q", "name": "rmse"}}, 5]}, False]}, True),
    ],
)
def test_otherwise_stands_in_for_a_figure_that_was_not_measured(expr: Any, value: Any) -> None:
    assert conditions.evaluate(expr, {"q": {"rmse": 3.0, "nan": math.nan}}, {}) == value
