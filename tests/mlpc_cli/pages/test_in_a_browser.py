"""Every page that the command writes, in Chromium: at two widths, light, dark and printed; accessible, and asking for nothing."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy
import pytest

from mlpc_stdlib.runtime import parity_report
from mlpc_stdlib.runtime.parity import Compared
from tests.mlpc_cli.command import mlpc

from . import flowers
from .browser import visit

EXAMPLES = Path(__file__).parents[3] / "examples"
#: The pages that are looked at.
PAGES = ["docs-tumor.html", "docs-regions.html", "run.html", "compare.html", "graph.html", "parity.html"]


def parity_page() -> str:
    """The report on an export that is off, in two runtimes, with all that it may show."""
    before = numpy.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7]])
    after = numpy.array([[0.88, 0.12], [0.45, 0.55], [0.3, 0.7]])
    decided = before.argmax(axis=1)
    found = {
        "litert": Compared(before, after, decided, 0.05),
        "tflm": Compared(before, before, decided, 0.05),
    }
    names = {"litert": "LiteRT", "tflm": "TFLite Micro"}
    about = {"format": "tflite", "runtimes": names, "size": 3032, "max_abs": 0.05}
    layers = [
        {"layer": "dense_1", "difference": 0.01, "span": 1.0},
        {"layer": "dense_2", "difference": 0.4, "span": 1.0},
    ]
    return parity_report.page(parity_report.gathered({"classes": ["no", "yes"]}, found, about, layers))


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the browser saw, by page."""
    folder = tmp_path_factory.mktemp("pages")
    for name in ("tumor", "regions"):
        copy = folder / name
        shutil.copytree(EXAMPLES / name, copy, ignore=shutil.ignore_patterns(".mlpc", "__pycache__"))
        answer = mlpc("docs", "main.mlp", "-o", f"../docs-{name}.html", cwd=copy)
        assert answer.code == 0, answer
    shutil.copy(flowers.ran(tmp_path_factory) / ".mlpc" / "reports" / "2.html", folder / "run.html")
    answer = mlpc(
        "runs", "compare", "1", "2", "-o", str(folder / "compare.html"), cwd=flowers.ran(tmp_path_factory)
    )
    assert answer.code == 0, answer
    answer = mlpc("graph", "main.mlp", "-o", str(folder / "graph.html"), cwd=flowers.ran(tmp_path_factory))
    assert answer.code == 0, answer
    (folder / "parity.html").write_text(parity_page(), encoding="utf-8")
    stories = {folder / name: "graph" if name == "graph.html" else "" for name in PAGES}
    return visit(stories, keys=["ArrowDown", "ArrowDown", "ArrowUp", "End", "Home"])


@pytest.mark.parametrize("name", PAGES)
def test_it_looks_well(seen: dict[str, Any], name: str) -> None:
    looks = [each for each in seen[name]["looks"] if "colorScheme" in each]
    assert [(each["width"], each["colorScheme"]) for each in looks] == [
        (1280, "light"),
        (1280, "dark"),
        (390, "light"),
        (390, "dark"),
    ]
    for each in looks:
        assert each["violations"] == []
        assert each["wide"] <= 0
    assert looks[0]["back"] != looks[1]["back"]


@pytest.mark.parametrize("name", PAGES)
def test_it_asks_for_nothing_and_prints_dark_on_light(seen: dict[str, Any], name: str) -> None:
    for each in (each for each in seen[name]["looks"] if "printed" in each):
        # A rule that its policy refuses would be told on the console.
        assert each["said"] == []
        assert each["asked"] == 1, "the page itself"
        assert each["printed"] == ["rgb(22, 33, 31)", "rgb(255, 255, 255)", "light"]


# The picture that is moved


@pytest.fixture(scope="module")
def graph(seen: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = seen["graph.html"]["story"]
    assert found["said"] == []
    return found


def test_the_keyboard_goes_through_the_picture(graph: dict[str, Any]) -> None:
    assert graph["tabs"] == ["all", "parts", "forest", "parts", "quality.gate", "all"]
    assert graph["opened"] == ["all", "h-n0"], "the heading has the focus"
    assert graph["closed"] == ["", "all"]
    assert graph["followed"] == "parts"


def test_who_hears_it_is_told_all_of_it(graph: dict[str, Any]) -> None:
    for name in ("all", "parts", "forest", "quality", "quality.gate"):
        assert f'button "{name} ' in graph["spoken"]
        assert f'button "{name} ' in graph["listed"]
    assert "train: xgboost.classifier ran" in graph["spoken"]
    assert "accuracy >= 0.5" in graph["spoken"]


def test_searching(graph: dict[str, Any]) -> None:
    found = graph["search"]
    assert found["count"] == "2 of 5"
    assert found["shown"] == ["quality", "quality.gate"]
    assert found["opened"] == "quality"
    assert found["after"] == ["", 5]


def test_zooming_and_moving(graph: dict[str, Any]) -> None:
    views = graph["views"]
    assert views["nearer"][2] == pytest.approx(views["before"][2] / 1.25, rel=0.01)
    assert views["again"][2] == pytest.approx(views["before"][2], rel=0.01)
    assert views["wheeled"][2] < views["before"][2]
    # What the mouse took hold of went with it.
    assert views["moved"][0] < views["wheeled"][0]
    assert views["moved"][1] < views["wheeled"][1]
    assert views["chosen"] == "", "moving chooses nothing"
    assert len(set(graph["scales"])) == 1, graph["scales"]
    assert graph["clicked"] == ["forest", ["forest "]]
    assert graph["violations"] == []


def test_without_scripts_everything_can_be_read(graph: dict[str, Any]) -> None:
    assert graph["bare"] == 5
