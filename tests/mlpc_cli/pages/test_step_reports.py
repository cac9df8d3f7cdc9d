"""Reports of steps: what a step of one's own writes there breaks no page."""

from __future__ import annotations

from typing import Any

import pytest

from mlpc_cli.pages import run_page, step_reports
from mlpc_run.records import RunDetails, RunRecord, StepRecord

from .html_pages import judge

STRANGE: list[Any] = [None, True, 3, "text", [], {}, [1], {"a": 1}, [[1, 2], "x"], {"1": "x"}, float("inf")]


def page(report: Any, messages: Any = ()) -> str:
    run = RunRecord(1, "p", "", "main.mlp", 0.0, 1.0, "done", 0, {}, {})
    step = StepRecord("s", "ran", 0.0, 1.0, 1, "", None)
    content = {"steps": {"s": {"report": report, "messages": messages}}}
    return "|".join(judge(run_page.page(RunDetails(run, [step], content), None)).texts["h2"])


@pytest.mark.parametrize(
    "name", ["history", "confusion", "classes", "label", "roc", "search", "points", "error_quantiles", "over"]
)
def test_strange_reports(name: str) -> None:
    for strange in STRANGE:
        page({name: strange})
        page({"confusion": [[1, 0], [0, 1]], "history": {"loss": [1, 2]}, name: strange})
        page({"search": {"trials": [strange], "goal": strange}, "roc": {"true_positive_rate": strange}})
        page({"history": {"loss": [1, strange, 3]}, "error_quantiles": {"0.5": strange, "x": 1}})
        page(strange, [strange])


def test_what_is_right_in_it_is_shown() -> None:
    said = page(
        {
            "history": {"loss": [2.0, None, 1.0]},
            "confusion": [[5, 1], [0, 4]],
            "points": [[1, 2], [3, 3]],
            "error_quantiles": {"0.5": 0.1},
        }
    )
    assert said == "Curves|Confusion|Errors|Time"
    assert step_reports.confusion({"confusion": [[1, 2], [3]]}) is None
    found = step_reports.confusion({"confusion": [[1, 2], [3, 4]], "classes": ["a"]})
    assert found is not None
    assert found.classes == ["0", "1"]
    name, (best, _) = step_reports.search(
        {"search": {"goal": "minimize loss", "trials": [{"figures": {"loss": each}} for each in (3, 1, 2)]}}
    )
    assert (name, best.points) == ("loss", [(1.0, 3.0), (2.0, 1.0), (3.0, 1.0)])
    assert step_reports.errors({"error_quantiles": {"0.05": 1.5}}) == [("5%", 1.5)]
