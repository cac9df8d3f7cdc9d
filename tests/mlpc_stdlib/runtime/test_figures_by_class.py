"""What `classification` measures is what a gate reads: as a whole, of one class, over all classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlpc_stdlib.runtime import evaluate
from mlpc_stdlib.runtime.conditions import judge
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
