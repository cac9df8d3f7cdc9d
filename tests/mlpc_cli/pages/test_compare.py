"""`mlpc runs compare`: what differs between two real runs, on the terminal, as JSON and as a page."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from mlpc_run.compared import Compared, Difference
from mlpc_run.records import RunDetails, RunRecord
from tests.mlpc_cli.command import mlpc

from . import flowers
from .html_pages import judge

LIGHT = Path(__file__).parents[1] / "light"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two runs, of which the second has fewer trees and a stricter gate, which it missed."""
    return flowers.ran(tmp_path_factory)


def compared(folder: Path, *more: str) -> str:
    answer = mlpc("runs", "compare", "1", "2", *more, cwd=folder)
    assert (answer.code, answer.err) == (0, "")
    return answer.out


def test_on_the_terminal(ran: Path) -> None:
    out = compared(ran)
    assert out.startswith("run 1 of flowers and run 2 of flowers in strict\n")
    assert re.search(r"param trees +30 +-> +3 +-27 \(-90\.0%\)", out)
    assert re.search(r"quality\.gate: require accuracy >= +accuracy >= 0\.5 +-> +accuracy >= 0\.999", out)
    assert re.search(r"quality: accuracy >= +met +-> +missed", out)
    assert re.search(r"forest\.model +tree:[0-9a-f]{12} +-> +tree:[0-9a-f]{12}", out)
    assert "cells" not in out
    assert "the whole run" in out
    assert "What they ran in" not in out, "both ran in the same"


def test_as_json(ran: Path) -> None:
    found = json.loads(compared(ran, "--format", "json"))
    assert [found[name]["id"] for name in ("before", "after")] == [1, 2]
    values = {each["name"]: each for each in found["values"]}
    assert values["param trees"] == {"name": "param trees", "before": 30, "after": 3, "change": -27.0}
    assert values["environment of the spec"]["after"] == "strict"
    assert set(values) == {"param trees", "environment of the spec", "quality.gate: require accuracy >="}
    assert found["gates"] == [{"name": "quality: accuracy >=", "before": "met", "after": "missed"}]
    assert {each["name"] for each in found["artefacts"]} >= {"forest.model"}
    assert found["same"]["artefacts"] >= 4, "the data and its parts"
    assert found["environment"] == []


def test_as_a_page(ran: Path, tmp_path: Path) -> None:
    path = tmp_path / "differences.html"
    assert compared(ran, "-o", str(path)) == f"{path}\n"
    found = judge(path.read_bytes())
    assert found.texts["h1"] == ["flowers, run 1 and run 2"]
    assert "param trees303-27 (-90.0%)" in found.texts["tr"]
    assert any(
        re.fullmatch(r"forest\.modeltree:[0-9a-f]{64}tree:[0-9a-f]{64}", row) for row in found.texts["tr"]
    )
    kept = path.read_bytes()
    compared(ran, "-o", str(path))
    assert path.read_bytes() == kept


def test_two_runs_that_are_alike(tmp_path: Path) -> None:
    folder = shutil.copytree(LIGHT, tmp_path / "light", ignore=shutil.ignore_patterns(".mlpc"))
    for _ in range(2):
        assert mlpc("run", cwd=folder).code == 0
    out = compared(folder)
    assert "nothing differs but times" in out
    assert "Gates" not in out
    compared(folder, "-o", "x.html")
    assert "Nothing differs but times." in judge((folder / "x.html").read_bytes()).texts["p"]
    # Of one that an older mlpc ran, only what is known is compared.
    with sqlite3.connect(folder / ".mlpc" / "store.db") as store:
        store.execute("DELETE FROM described WHERE run=1")
    store.close()
    assert "only figures, gates and params are known of run 1" in compared(folder)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["compare"], "two runs are compared"),
        (["compare", "1"], "two runs are compared"),
        (["compare", "1", "main.mlp"], "two runs are compared"),
        (["compare", "1", "99"], "there is no run 99"),
        (["compare", "1", "2", "--limit", "3"], "--limit is about a list"),
        (["--format", "json"], "--format is about differences"),
    ],
)
def test_what_cannot_be_compared(ran: Path, words: list[str], said: str) -> None:
    answer = mlpc("runs", *words, cwd=ran)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err


def details(id: int, nodes: list[dict[str, Any]], packages: dict[str, list[str]]) -> RunDetails:
    run = RunRecord(id, "p", "", "main.mlp", 0.0, 1.0, "done", 0, {}, {})
    sets = [{"steps": [step], "packages": found} for step, found in packages.items()]
    return RunDetails(
        run, [], {"workflow": {"nodes": nodes}, "environment": {"python": "3.11.7"}, "sets": sets}
    )


def task(id: str, **arguments: Any) -> dict[str, Any]:
    return {"kind": "task", "id": id, "labels": {"component": "a"}, "arguments": arguments, "inputs": {}}


def test_a_block_that_came_or_went_is_one_difference() -> None:
    found = Compared(details(1, [task("a", x=1, y=2)], {}), details(2, [task("a", x=1), task("b", z=3)], {}))
    told = [(each.name, each.before, each.after) for each in found.values]
    assert told == [("a.y", 2, None), ("b: component", None, "a")]


def test_versions_are_told_once_where_all_steps_have_the_same() -> None:
    old = {"a": ["numpy==1.0", 'scipy==1.0 ; python_version < "3.12"'], "b": ["numpy==1.0"]}
    new = {"a": ["numpy==2.0", 'scipy==1.0 ; python_version < "3.12"'], "b": ["numpy==2.0"]}
    found = Compared(details(1, [], old), details(2, [], new))
    assert [(each.name, each.before, each.after) for each in found.environment] == [("numpy", "1.0", "2.0")]
    mixed = {**old, "b": ["numpy==2.0"]}
    found = Compared(details(1, [], old), details(2, [], mixed))
    assert [each.name for each in found.environment] == ["numpy", "numpy of a", "numpy of b"]


def test_only_numbers_change_by_so_much() -> None:
    assert Difference("x", 2, 3.5).change == 1.5
    assert Difference("x", True, 3).change is None
    assert Difference("x", "a", 3).change is None
