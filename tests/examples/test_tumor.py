"""The tumor example from data to a promoted, served model, through the command and with real environments."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest

from tests.examples.projects import copy_of, digest, edit, metrics
from tests.mlpc_cli.command import Answer, mlpc

STEPS = ("cells", "parts", "forest", "quality", "catalog", "portable", "page.build")


@pytest.fixture(scope="module")
def tumor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example after one run under `env ci`, which has fewer rows and trees."""
    project = copy_of("tumor", tmp_path_factory.mktemp("tumor") / "tumor")
    first = mlpc("run", "--env", "ci", cwd=project)
    assert first.code == 0, first
    assert "promoted api, page, catalog" in first.out
    return project


def run(project: Path, *options: str) -> Answer:
    return mlpc("run", "--env", "ci", *options, cwd=project)


def executed(answer: Answer) -> list[str]:
    """The steps that the summary says were executed."""
    return re.findall(r"^  ([\w.]+) +ran ", answer.out, re.MULTILINE)


def test_a_second_run_executes_no_step_and_says_so(tumor: Path) -> None:
    answer = run(tumor)
    assert answer.code == 0, answer
    assert executed(answer) == []
    assert "no step was executed" in answer.out


def test_editing_a_comment_a_gate_or_a_retry_reruns_nothing_but_the_page(tumor: Path, tmp_path: Path) -> None:
    before = (tumor / "main.mlp").read_text(encoding="utf-8")
    try:
        edit(tumor, "  ## The diagnosis.", "  ## What the pathologist found.")
        edit(tumor, "require accuracy >= 0.92", "require accuracy >= 0.5")
        edit(tumor, "agree = 99.9%", "agree = 99%")
        edit(tumor, "attempts = 3, backoff", "attempts = 2, backoff")
        answer = run(tumor)
        assert answer.code == 0, answer
        # The page shows the comment of the label.
        assert executed(answer) == ["page.build"]
    finally:
        (tumor / "main.mlp").write_text(before, encoding="utf-8")


@pytest.mark.parametrize(
    ("figure", "operator", "beyond"),
    [("accuracy", ">=", 2.0), ("log_loss", "<=", 0.0), ("precision", ">=", 2.0)],
)
def test_a_gate_decides_at_the_last_digit(tumor: Path, figure: str, operator: str, beyond: float) -> None:
    found = metrics(tumor, "tumor@ci", "quality")[figure]
    measured = float(found[""] if isinstance(found, dict) else found)
    before = (tumor / "main.mlp").read_text(encoding="utf-8")
    model = digest(tumor, "tumor@ci", "portable", "portable")
    served = status(tumor)
    try:
        edit(tumor, "require accuracy >= 0.92", f"require {figure} {operator} {measured!r}")
        answer = run(tumor)
        assert answer.code == 0, answer

        edit(tumor, repr(measured), repr(math.nextafter(measured, beyond)))
        answer = run(tumor)
        assert answer.code == 1, answer
        assert executed(answer) == []
        assert "not promoted" in answer.out
        assert re.search(rf"✗ {figure} {operator} \S+ +\S+", answer.out), answer
        assert re.search(r"^  catalog +blocked", answer.out, re.MULTILINE), answer
        assert model == digest(tumor, "tumor@ci", "portable", "portable")
        assert "promoted" in served
    finally:
        (tumor / "main.mlp").write_text(before, encoding="utf-8")
        assert run(tumor).code == 0


def status(project: Path) -> str:
    answer = mlpc("status", "--env", "ci", cwd=project)
    assert answer.code == 0, answer
    return answer.out


def test_another_parameter_reruns_what_depends_on_it(tumor: Path) -> None:
    answer = run(tumor, "--set", "trees=25")
    assert answer.code in (0, 1), answer
    assert executed(answer)[:1] == ["forest"]
    assert {"cells", "parts"}.isdisjoint(executed(answer))
    assert run(tumor).code == 0


def test_the_same_pipeline_gives_the_same_model_from_an_empty_store(tumor: Path, tmp_path: Path) -> None:
    again = copy_of("tumor", tmp_path / "elsewhere")
    assert run(again, "--jobs", "1").code == 0
    assert digest(again, "tumor@ci", "portable", "portable") == digest(
        tumor, "tumor@ci", "portable", "portable"
    )
    assert metrics(again, "tumor@ci", "quality") == metrics(tumor, "tumor@ci", "quality")


def test_an_exported_model_that_differs_is_stopped(tmp_path: Path) -> None:
    """Two columns whose difference decides, at a size where float32 cannot hold it: the export really differs."""
    rows = ["left,right,won"]
    for number in range(400):
        base = 20_000_000 + 2 * (number % 7)
        won = number % 2 == 0
        rows.append(f"{base},{base + (-1 if won else 1)},{'true' if won else 'false'}")
    (tmp_path / "games.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (tmp_path / "main.mlp").write_text(
        """mlp 1

pipeline games {
  data games: csv { path = "games.csv", schema = Game }

  split parts: random { data = games, test = 25%, stratify = games.won, seed = 1 }

  train model: sklearn.logistic_regression { data = parts.train, c = 1e6 }

  evaluate quality: classification {
    model = model
    data = parts.test
    require accuracy >= 0.9
  }

  export portable: onnx {
    model = model
    parity { data = parts.test, max_abs = 1e-6, agree = 100% }
  }

  deploy api: server { model = portable }
}

schema Game {
  left: float
  right: float
  won: bool @label
}
""",
        encoding="utf-8",
    )
    answer = mlpc("run", cwd=tmp_path)
    assert answer.code == 1, answer
    assert "portable.gate not passed" in answer.out
    assert re.search(r"✗ parity\.difference <= 1e-06 +\S+", answer.out), answer
    assert "api" not in re.findall(r"^promoted (.*)$", answer.out, re.MULTILINE)


def test_the_registry_holds_the_version_with_its_alias(tumor: Path) -> None:
    import sqlite3

    with sqlite3.connect(tumor / ".mlpc/state/mlflow.db") as store:
        versions = store.execute("select name, version from model_versions").fetchall()
        aliases = store.execute("select name, alias, version from registered_model_aliases").fetchall()
    assert ("tumor-forest", "champion") in [row[:2] for row in aliases]
    assert all(name == "tumor-forest" for name, _ in versions)


def test_what_is_wrong_with_a_row_is_said(tumor: Path, tmp_path: Path) -> None:
    project = copy_of("tumor", tmp_path / "broken")
    path = project / "data/cells_small.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = lines[4].split(",")
    column = lines[0].split(",").index("smoothness_mean")
    cells[column] = "1.5"
    lines[4] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    answer = run(project)
    assert answer.code == 5, answer
    said = answer.out + answer.err
    assert "row-does-not-fit" in said
    for part in ("data/cells_small.csv", "row 5", "smoothness_mean", "1.5"):
        assert part in said, answer


def test_the_plan_is_said_before_it_is_carried_out(tmp_path: Path) -> None:
    project = copy_of("tumor", tmp_path / "tumor")
    answer = mlpc("run", "--env", "ci", "--dry-run", cwd=project)
    assert answer.code == 0, answer
    for step in STEPS:
        assert step in answer.out
    assert not (project / ".mlpc/latest").exists()


def test_compile_writes_the_plan(tumor: Path, tmp_path: Path) -> None:
    answer = mlpc("compile", "main.mlp", "--to", "local", "-o", str(tmp_path / "out"), cwd=tumor)
    assert answer.code == 0, answer
    plan = json.loads((tmp_path / "out/plan.json").read_text(encoding="utf-8"))
    assert plan["name"] == "tumor"
