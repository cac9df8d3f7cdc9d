"""The report on a run: what it says of a real one, and that it is the same whenever it is made."""

from __future__ import annotations

import re
import shutil
import sqlite3
from pathlib import Path

import pytest

from mlpc.ir.nodes import Action, Input, Reference, Task, Workflow
from mlpc_cli.pages import picture, run_page
from mlpc_cli.pages.charts import Bar, Series, curves, gantt, ticks
from mlpc_cli.pages.run_marks import Judged, marks, moment
from mlpc_run.records import RunDetails, RunRecord
from tests.mlpc_cli.command import mlpc

from . import flowers
from .html_pages import Page, judge

LIGHT = Path(__file__).parents[1] / "light"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two runs: good, and one whose gate was missed."""
    return flowers.ran(tmp_path_factory)


def report(folder: Path, number: int) -> Page:
    """The report that the run left, judged."""
    return judge((folder / ".mlpc" / "reports" / f"{number}.html").read_bytes())


def test_what_it_says(ran: Path) -> None:
    found = report(ran, 1)
    assert found.texts["h1"] == ["flowers, run 1"]
    assert found.texts["h2"] == [
        "What had to hold",
        "What was measured",
        "Curves",
        "Confusion",
        "Time",
        "What it ran",
        "What was said",
        "Artefacts",
        "What it ran in",
    ]
    rows = found.texts["tr"]
    (gate,) = [row for row in rows if row.startswith("accuracy >= 0.5met")]
    assert re.fullmatch(r"accuracy >= 0\.5met0\.\d+0\.\d+ above \(\d+\.\d%\)quality", gate)
    assert re.search(r"forest\.modelmodel\d+\.\d KiBtree:[0-9a-f]{64}", "".join(rows))
    (header,) = found.texts["header"]
    assert "trees = 30" in header
    (footer,) = found.texts["footer"]
    assert footer.startswith("Run by mlpc ")
    assert "Seedsparts 3, forest 5" in "".join(found.texts["dl"])


def test_curves_and_confusion_are_those_that_the_steps_measured(ran: Path) -> None:
    found = report(ran, 1)
    titles = found.texts["figcaption"]
    assert titles == ["forest: loss", "quality: ROC, true against false positive rate"]
    drawn = [each for each in found.all("polyline") if "curve" in (each["class"] or "")]
    rounds = len((drawn[0]["points"] or "").split())
    assert 5 < rounds <= 30
    matrix = [row for row in found.texts["tr"] if re.fullmatch(r"(iris|rose)\d+", row)]
    counts = [[int(each) for each in cells] for cells in _cells(found)]
    assert len(matrix) == 2
    assert sum(map(sum, counts)) == 72, "the rows of the test part"


def _cells(found: Page) -> list[list[str]]:
    """The cells of the confusion matrix: the ones that are figures and have no name of a column."""
    at = next(number for number, (_, each) in enumerate(found.elements) if each.get("class") == "matrix")
    texts = iter(found.texts["td"][sum(tag == "td" for tag, _ in found.elements[:at]) :])
    return [[next(texts), next(texts)], [next(texts), next(texts)]]


def test_a_gate_that_was_missed(ran: Path) -> None:
    found = report(ran, 2)
    assert "not promoted" in found.texts["span"]
    (row,) = [row for row in found.texts["tr"] if row.startswith("accuracy >= 0.999missed")]
    assert re.fullmatch(r"accuracy >= 0\.999missed0\.\d+0\.\d+ below \(\d+\.\d%\)quality", row)
    assert "Run of a pipeline in the environment strict" in found.texts["p"]
    marked = [each["class"] for each in found.all("g") if "is-bad" in (each.get("class") or "")]
    assert marked == ["gate is-bad"]


def test_it_is_the_same_whenever_it_is_made(ran: Path, tmp_path: Path) -> None:
    kept = (ran / ".mlpc" / "reports" / "1.html").read_bytes()
    answer = mlpc("runs", "main.mlp", "1", "-o", str(tmp_path / "again.html"), cwd=ran)
    assert answer.code == 0, answer
    assert (tmp_path / "again.html").read_bytes() == kept
    assert str(ran).encode() not in kept


def test_a_later_run_changes_nothing_of_it(tmp_path: Path) -> None:
    folder = shutil.copytree(LIGHT, tmp_path / "light", ignore=shutil.ignore_patterns(".mlpc"))
    said = mlpc("run", cwd=folder)
    assert said.code == 0, said
    assert "\nreport .mlpc/reports/1.html\n" in said.out
    kept = (folder / ".mlpc" / "reports" / "1.html").read_bytes()
    assert mlpc("run", "--from", "page", cwd=folder).code == 0
    assert mlpc("runs", "1", "-o", "later.html", cwd=folder).code == 0
    assert (folder / "later.html").read_bytes() == kept


def test_a_run_on_the_terminal(ran: Path) -> None:
    answer = mlpc("runs", "main.mlp", "2", cwd=ran)
    assert (answer.code, answer.err) == (0, "")
    assert "flowers in `strict`, run 2" in answer.out
    assert re.search(r"✗ accuracy >= 0\.999 +0\.\d", answer.out)
    assert "next:" not in answer.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["77"], "there is no run 77"),
        (["main.mlp", "forest"], "`forest` is no number of a run"),
        (["-o", "x.html"], "a report is about one run"),
        (["1", "--limit", "3"], "--limit is about a list"),
        (["1", "--env", "ci"], "--env is about a list"),
    ],
)
def test_what_there_is_no_report_of(ran: Path, words: list[str], said: str) -> None:
    answer = mlpc("runs", *words, cwd=ran)
    assert answer.code == 2
    assert said in answer.err
    assert not (ran / "x.html").exists()


def test_a_run_that_failed_and_texts_that_would_be_markup(tmp_path: Path) -> None:
    folder = shutil.copytree(LIGHT, tmp_path / "light", ignore=shutil.ignore_patterns(".mlpc"))
    assert mlpc("run", "--set", "word=fail", cwd=folder).code == 5
    found = report(folder, 1)
    (row,) = [row for row in found.texts["tr"] if row.startswith("pagefailed")]
    assert "no such page" in row
    assert "size was not judged: a figure is missing." in found.texts["p"]
    assert mlpc("run", "--set", "word=<script>alert(1)</script>", cwd=folder).code == 0
    found = report(folder, 2)
    assert "script" not in found.texts
    assert "word = <script>alert(1)</script>" in found.texts["dd"][3]


def test_a_store_that_an_older_mlpc_made(tmp_path: Path) -> None:
    folder = shutil.copytree(LIGHT, tmp_path / "light", ignore=shutil.ignore_patterns(".mlpc"))
    assert mlpc("run", cwd=folder).code == 0
    with sqlite3.connect(folder / ".mlpc" / "store.db") as store:
        store.execute("DROP TABLE described")
    store.close()
    answer = mlpc("runs", "1", "-o", "old.html", cwd=folder)
    assert answer.code == 0, answer
    found = judge((folder / "old.html").read_bytes())
    assert "letters >= 3met52 above (66.7%)size" in found.texts["tr"]
    assert "What it ran" not in found.texts["h2"]
    assert mlpc("run", "--set", "word=again", cwd=folder).code == 0
    assert "What it ran" in report(folder, 2).texts["h2"]


def test_reports_go_with_their_runs(tmp_path: Path) -> None:
    folder = shutil.copytree(LIGHT, tmp_path / "light", ignore=shutil.ignore_patterns(".mlpc"))
    for _ in range(2):
        assert mlpc("run", cwd=folder).code == 0
    assert mlpc("gc", "--keep", "1", cwd=folder).code == 0
    assert [path.name for path in (folder / ".mlpc" / "reports").iterdir()] == ["2.html"]


@pytest.mark.parametrize(
    ("text", "measured", "operator", "required", "told"),
    [
        ("recall >= 0.85", 0.9, ">=", 0.85, ("good", "0.9", "0.05 above (5.9%)")),
        ("rmse <= 150", 151.5, "<=", 150, ("bad", "151.5", "1.5 above (1.0%)")),
        ("size <= 4MiB", 3_717_492, "<=", 4_194_304, ("good", "3.5 MiB", "465.6 KiB below (11.4%)")),
        ("p95 <= 50ms", 0.0483, "<=", 0.05, ("good", "48.3 ms", "1.7 ms below (3.4%)")),
        ("share in 0.2..0.4", 0.45, "in", [0.2, 0.4], ("bad", "0.45", "0.05 above (12.5%)")),
        ("rows == 5", 5, "==", 5, ("good", "5", "exactly")),
        ("drift <= 0", 0.1, "<=", 0, ("bad", "0.1", "0.1 above")),
    ],
)
def test_by_how_much(
    text: str, measured: float, operator: str, required: object, told: tuple[str, str, str]
) -> None:
    verdict = {
        "text": text,
        "name": "",
        "severity": "error",
        "passed": told[0] == "good",
        "reason": "",
        "comparison": {"measured": measured, "operator": operator, "required": required},
        "figures": [],
    }
    found = Judged(verdict)
    assert (found.kind, found.measured, found.margin) == told


def test_a_condition_without_a_figure() -> None:
    found = Judged({"text": "a >= b", "passed": False, "severity": "warn", "reason": "`b` was not measured"})
    assert (found.kind, found.word, found.measured) == ("held", "missed, warns only", "`b` was not measured")


def test_a_gate_that_only_warned_is_marked() -> None:
    gate = {"node": "g", "passed": True, "verdicts": [{"passed": True}, {"passed": False}]}
    good = {"node": "h", "passed": True, "verdicts": [{"passed": True}]}
    record = RunRecord(1, "p", "", "main.mlp", 0.0, 1.0, "done", 0, {}, {"gates": [gate, good]})
    found = marks(RunDetails(record, [], {}), Workflow("p", ()))
    assert {id: (mark.kind, mark.text) for id, mark in found.items()} == {
        "g": ("held", "passed, 1 missed"),
        "h": ("good", "passed"),
    }


@pytest.mark.parametrize(
    ("low", "high", "whole", "found"),
    [
        (0.07, 2.0, False, [0.0, 0.5, 1.0, 1.5, 2.0]),
        (0.38, 0.98, False, [0.2, 0.4, 0.6, 0.8, 1.0]),
        (1, 12, True, [1, 5.0, 10.0]),
        (1, 8, True, [2.0, 4.0, 6.0, 8.0]),
        (1, 1, True, [1]),
        (-3.0, 3.0, False, [-4.0, -2.0, 0.0, 2.0, 4.0]),
        (0.0, 0.0, False, [0.0, 0.25, 0.5, 0.75, 1.0]),
    ],
)
def test_round_numbers_on_an_axis(low: float, high: float, whole: bool, found: list[float]) -> None:
    assert ticks(low, high, whole=whole) == found


def test_charts_of_nothing_are_nothing() -> None:
    assert curves("t", [Series("a", [(1.0, float("nan"))])], "x") == ""
    assert gantt("t", []) == ""
    assert "<circle" in curves("t", [Series("a", [(1.0, 2.0)])], "x")
    assert "1:40:00" in gantt("t", [Bar("a", 0.0, 6000.0, "good", "")])


def test_moments() -> None:
    assert moment(0.0) == "1970-01-01 00:00:00 UTC"


def many(count: int) -> Workflow:
    """A workflow whose steps follow one another."""
    action = Action("runtime", "mlpc_stdlib.runtime.anything", "anything")
    nodes = [
        Task(f"step{n}", action, {"a": Input((Reference(f"step{n - 1}", "b"),))} if n else {}, {}, {})
        for n in range(count)
    ]
    return Workflow("long", tuple(nodes))


def test_a_long_chain_is_drawn_and_one_that_is_longer_told_of() -> None:
    record = RunRecord(1, "long", "", "main.mlp", 0.0, 1.0, "done", 0, {}, {})
    details = RunDetails(record, [], {})
    drawn = judge(run_page.page(details, many(run_page.DRAWN)))
    assert len([each for each in drawn.all("g") if each.get("class") == "step"]) == run_page.DRAWN
    told = judge(run_page.page(details, many(run_page.DRAWN + 1)))
    assert told.all("svg") == []
    assert (
        "121 steps and gates: too many to be drawn here. mlpc graph -o graph.html draws them."
        in told.texts["p"]
    )
    # What is asked for is drawn all the same, however deep the layout calls itself.
    assert len(picture.svg(many(400))) > 100_000
