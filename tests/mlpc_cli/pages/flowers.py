"""A real pipeline that is over in seconds: boosted trees on flowers, with a gate, curves and a confusion matrix."""

from __future__ import annotations

import fcntl
import random
from pathlib import Path

import pytest

from tests.mlpc_cli.command import mlpc

SPEC = """\
mlp 1

## Which flower it is.
pipeline flowers {
  owner = "botany"

  param trees: int in 1..500 = 30

  data all: csv { path = "flowers.csv", schema = Flower }

  split parts: random { data = all, test = 30%, validation = 20%, seed = 3 }

  train forest: xgboost.classifier {
    data = parts.train
    validation = parts.validation
    trees = trees
    seed = 5
  }

  evaluate quality: classification {
    model = forest
    data = parts.test
    require accuracy >= 0.5
    require log_loss <= 0.9
  }
}

schema Flower {
  length: float
  width: float
  kind: enum("iris", "rose") @label
}

env strict {
  evaluate quality { require accuracy >= 0.999 }
}
"""


def make(folder: Path) -> Path:
    """Write the project."""
    folder.mkdir()
    (folder / "main.mlp").write_text(SPEC, encoding="utf-8")
    chance = random.Random(4)
    lines = ["length,width,kind"]
    for _ in range(240):
        kind = chance.choice(("iris", "rose"))
        middle = 3.0 if kind == "iris" else 4.4
        lines.append(f"{chance.gauss(middle, 1):.3f},{chance.gauss(middle / 2, 1):.3f},{kind}")
    (folder / "flowers.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def run(folder: Path, *more: str, code: int = 0) -> str:
    """Run it in the environment of the tests; return what was printed."""
    answer = mlpc("run", "main.mlp", "--no-isolation", *more, cwd=folder)
    assert answer.code == code, answer
    return answer.out


def ran(temporary: pytest.TempPathFactory) -> Path:
    """Return the project with two runs, good and with a gate that was missed: one for all processes of a run of the tests."""
    base = temporary.getbasetemp()
    folder = (base.parent if base.name.startswith("popen-") else base) / "flowers"
    with open(folder.with_suffix(".lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            making = make(folder.with_suffix(".making"))
            run(making)
            run(making, "--env", "strict", "--set", "trees=3", code=1)
            making.rename(folder)
    return folder
