"""What `classification` measures is what a gate reads: as a whole, of one class, over all classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlpc.ir.nodes import Gate
from mlpc_stdlib.runtime import evaluate
from mlpc_stdlib.runtime.conditions import judge
from tests.loader import workflow_of
from tests.mlpc_stdlib.bundles import make_dataset, make_model, step


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("model")
    inputs = {"model": make_model(folder, "enum"), "data": make_dataset(folder, "enum")}
    return step(evaluate.classification, inputs, {}).metrics


def recall(of: str | None = None) -> dict[str, Any]:
    metric = {"node": "quality", "name": "recall"}
    return {"metric": metric if of is None else {**metric, "class": of}}


def passes(figures: dict[str, Any], left: Any, operator: str, right: float) -> bool:
    condition = {"expr": {"op": operator, "args": [left, right]}, "text": "a gate"}
    (verdict,) = judge([condition], {"quality": figures}, {})
    assert verdict["reason"] == ""
    assert isinstance(verdict["passed"], bool)
    return verdict["passed"]


def test_the_whole(figures: dict[str, Any]) -> None:
    mean = figures["recall"][""]
    assert passes(figures, recall(), ">=", mean)
    assert not passes(figures, recall(), ">", mean)


def test_one_class(figures: dict[str, Any]) -> None:
    one = figures["recall"]["rose"]
    assert passes(figures, recall("rose"), "==", one)
    assert not passes(figures, recall("rose"), ">", one)


def test_the_least_of_all_classes(figures: dict[str, Any]) -> None:
    least = min(figures["recall"][name] for name in ("iris", "lily", "rose"))
    assert least < figures["recall"][""]
    assert passes(figures, {"call": "min", "args": [recall()]}, "==", least)
    assert passes(figures, {"call": "count", "args": [recall()]}, "==", 3)


def test_a_figure_without_classes(figures: dict[str, Any]) -> None:
    accuracy = {"metric": {"node": "quality", "name": "accuracy"}}
    assert passes(figures, accuracy, "==", figures["accuracy"])


def test_what_is_written_is_what_is_measured(tmp_path: Path) -> None:
    """From the spec to the verdict: figures beside a baseline, and by the values of a column."""
    flowers = workflow_of("""mlp 1

pipeline flowers {
  data rows: csv { path = "rows.csv", schema = Row }
  train forest: sklearn.random_forest { data = rows }
  train small: sklearn.random_forest { data = rows }
  evaluate quality: classification {
    model = forest
    data = rows
    baseline = small
    slices = [rows.wild]
    require baseline == none or auc >= baseline.auc - 0.5%
    require min(recall[rows.wild]) >= 10%
    require recall[rows.wild]["true"] > max(recall[rows.wild])
    require count(baseline.recall[rows.wild]) == 2
    require auc > baseline.auc
  }
}

schema Row {
  length: float
  wild: bool
  label: enum("iris", "lily", "rose") @label
}
""")
    (gate,) = [node for node in flowers.nodes if isinstance(node, Gate)]
    model = make_model(tmp_path, "enum")
    inputs = {"model": model, "baseline": model, "data": make_dataset(tmp_path, "enum")}
    found = step(evaluate.classification, inputs, {}, slices=["wild"]).metrics
    conditions = [{"expr": each.expr, "text": each.text} for each in gate.conditions]
    verdicts = judge(conditions, {"quality": found}, {})
    assert [verdict["reason"] for verdict in verdicts] == [""] * 5
    assert [verdict["passed"] for verdict in verdicts] == [True, True, False, True, False]
