"""A model is compared with the one that was promoted before, which the first run has not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.examples.projects import copy_of

from .engine import mlpc
from .refused import step

pytestmark = pytest.mark.engine

SPEC = """\
mlp 1

pipeline better {
  param trees: int in 1..1000 = 30

  data cells: csv { path = "data/cells.csv", schema = Cell }

  split parts: random { data = cells, test = 30%, stratify = cells.malignant, seed = 7 }

  train forest: sklearn.random_forest { data = parts.train, trees = trees, max_depth = 2, seed = 7 }

  model champion: mlflow { name = "better", alias = "champion", schema = Cell }

  evaluate quality: classification {
    model = forest
    data = parts.test
    baseline = champion
    require baseline == none or auc >= baseline.auc
  }

  register catalog: mlflow { model = forest, name = "better", alias = "champion" }
}

schema Cell {
  malignant: bool @label
  ...: float >= 0
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = copy_of("tumor", tmp_path / "better")
    (folder / "main.mlp").write_text(SPEC, encoding="utf-8")
    return folder


def look(summaries: list[tuple[int, dict[str, Any]]]) -> None:
    """See to it that the first model was registered, and that one of a single tree was held back by it."""
    (first_code, first), (second_code, second) = summaries
    assert (first_code, first["promoted"]) == (0, ["catalog"])
    figures = step(first, "quality")["metrics"]
    assert [name for name in figures if name.startswith("baseline")] == []
    assert (second_code, second["promoted"]) == (1, [])
    compared = step(second, "quality")["metrics"]
    assert (compared["baseline"], compared["baseline.auc"]) == (1, figures["auc"])
    assert compared["auc"] != figures["auc"]
    assert step(second, "catalog")["state"] == "blocked"


def test_on_this_machine(project: Path) -> None:
    found = []
    for words in ((), ("--set", "trees=1")):
        answer = mlpc("run", "--json", *words, cwd=project, variables={})
        found.append((answer.code, json.loads(answer.out)))
    look(found)
