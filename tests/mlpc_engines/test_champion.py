"""A model is compared with the one that was promoted before, which the first run has not."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.examples.projects import copy_of

from .engine import mlpc
from .refused import compiled, step

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


#: What a run is given, and whether its model is promoted.
Run = tuple[tuple[str, ...], bool]
#: The first of all, a better one, and one of a single tree.
RUNS: tuple[Run, ...] = (((), True), (("--set", "trees=60"), True), (("--set", "trees=1"), False))


def look(project: Path, *command: str, runs: tuple[Run, ...] = RUNS, **variables: str) -> None:
    """See to it that each model was compared with the one that was promoted last, and held back where it is worse."""
    last: dict[str, Any] = {}
    for words, better in runs:
        answer = mlpc(*command, "--json", *words, cwd=project, variables=variables)
        summary = json.loads(answer.out)
        assert (answer.code, summary["promoted"]) == ((0, ["catalog"]) if better else (1, [])), summary[
            "reasons"
        ]
        figures = step(summary, "quality")["metrics"]
        assert {name for name in figures if name.startswith("baseline.")} == {
            f"baseline.{name}" for name in last
        }
        for name, value in last.items():
            assert figures[f"baseline.{name}"] == value, name
        assert figures.get("baseline") == (1 if last else None)
        assert not last or (figures["auc"][""] > last["auc"][""]) == better
        if better:
            last = {name: value for name, value in figures.items() if not name.startswith("baseline")}
        assert step(summary, "catalog")["state"] == ("ran" if better else "blocked")


def test_on_this_machine(project: Path) -> None:
    look(project, "run")


def test_on_compose(project: Path, docker_engine: None, compose_2: str, full: bool) -> None:
    variables = {
        "COMPOSE_PROJECT_NAME": f"mlpc-test-{uuid.uuid4().hex[:8]}",
        "MLPC_COMPOSE": compose_2,
        "MLPC_MLFLOW_PORT": "0",
    }
    compiled(project, "compose", images=True)
    try:
        look(project, "submit", "build-compose", runs=RUNS if full else RUNS[::2], **variables)
    finally:
        mlpc("down", "build-compose", "--volumes", cwd=project, variables=variables)
