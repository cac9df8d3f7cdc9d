"""What the report on an export says, and that its page loads nothing and trusts no name."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy
import pytest

from mlpc_stdlib.runtime import export, parity, parity_report
from mlpc_stdlib.runtime.contract import Artefact, Result
from mlpc_stdlib.runtime.parity import Compared
from tests.mlpc_stdlib.bundles import make_dataset, make_model, step

ABOUT = {"format": "tflite", "runtimes": {"litert": "LiteRT"}, "size": 1234, "max_abs": 0.05}
#: Three rows of two classes: the second is decided otherwise, the third is equal.
BEFORE = numpy.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7]])
AFTER = numpy.array([[0.88, 0.12], [0.45, 0.55], [0.3, 0.7]])


def told(**more: Any) -> dict[str, Any]:
    compared = Compared(BEFORE, AFTER, BEFORE.argmax(axis=1), 0.05)
    return parity_report.gathered({"classes": ["<no>", "yes"]}, {"litert": compared}, ABOUT, **more)


def of_one(found: dict[str, Any]) -> dict[str, Any]:
    """What is said of the only runtime."""
    (only,) = found["runtimes"]
    assert isinstance(only, dict)
    return only


def test_rows_are_counted_by_their_difference_and_the_farthest_come_first() -> None:
    found = of_one(told())
    counts = {bar["label"]: bar["rows"] for bar in found["histogram"] if bar["rows"]}
    assert counts == {"0": 1, "1e-2": 1, "1e-1": 1}
    assert [item["row"] for item in found["farthest"]] == [1, 0]
    assert found["farthest"][0]["difference"] == pytest.approx(0.15)
    assert [item["alike"] for item in found["farthest"]] == [False, True]


def test_powers_of_ten_without_rows_are_drawn_between_others_only() -> None:
    values = numpy.array([[1.0], [2.0], [3.0]])
    off = {"litert": Compared(values, values + numpy.array([[0.005], [0.5], [5.0]]))}
    page = parity_report.page(parity_report.gathered({"classes": None}, off, ABOUT))
    assert re.findall(r'="middle">([<≥]?1e-?\d+)<', page.replace("&lt;", "<")) == [
        "1e-3",
        "1e-2",
        "1e-1",
        "1e0",
    ]


def test_decisions_are_counted_by_what_the_original_decided() -> None:
    assert of_one(told())["decisions"] == {"classes": ["<no>", "yes"], "counts": [[1, 1], [0, 1]]}


def test_a_regression_has_no_decisions() -> None:
    values = numpy.array([[1.0], [2.0]])
    found = parity_report.gathered({"classes": None}, {"litert": Compared(values, values + 0.001)}, ABOUT)
    assert "decisions" not in of_one(found)
    page = parity_report.page(found)
    assert "Decisions" not in page
    assert "decided" not in page
    assert "farther apart than" in page


def test_scores_that_are_no_numbers_are_written_as_such() -> None:
    values = numpy.array([[1.0], [2.0]])
    compared = Compared(values, numpy.array([[numpy.nan], [2.0]]))
    found = parity_report.gathered({"classes": None}, {"litert": compared}, ABOUT)
    json.dumps(found, allow_nan=False)
    assert "no number" in parity_report.page(found)


class Elements(HTMLParser):
    """Gathers the elements of a page and where they point."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action", "srcset")]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed_loads_nothing_and_escapes_names() -> None:
    layers = [{"layer": "dense<script>", "difference": 0.5, "span": 1.0}]
    text = parity_report.page(told(layers=layers))
    page = Elements(text)
    assert page.open == []
    assert page.links == []
    assert "script" not in page.names
    assert "dense&lt;script&gt;" in text
    assert "&lt;no&gt;" in text
    assert not re.search(r"url\(|@import|https?:", text)
    assert "prefers-color-scheme: dark" in text


def test_agreement_just_below_all_is_not_written_as_all() -> None:
    assert parity_report._share(1.0) == "100%"
    assert parity_report._share(0.999999) == "99.99%"
    assert parity_report._share(0.985) == "98.5%"


def test_a_row_that_is_decided_otherwise_is_listed_before_those_that_are_farther_off() -> None:
    before = numpy.array([[0.9, 0.1]] * 9 + [[0.501, 0.499]])
    after = numpy.array([[0.7, 0.3]] * 9 + [[0.499, 0.501]])
    compared = Compared(before, after, before.argmax(axis=1), None)
    found = parity_report.gathered({"classes": ["no", "yes"]}, {"litert": compared}, ABOUT)
    assert [item["row"] for item in of_one(found)["farthest"]] == [9, 0, 1, 2, 3, 4, 5, 6]


def test_an_export_writes_its_report_where_one_is_asked_for(tmp_path: Path) -> None:
    inputs = {"model": make_model(tmp_path, "enum"), "parity.data": make_dataset(tmp_path / "rows", "enum")}
    contents = []
    for name in ("a", "b"):
        outputs = {
            "portable": Artefact(str(tmp_path / name / "made")),
            "report": Artefact(str(tmp_path / name / "report")),
        }
        metrics = step(export.onnx, inputs, outputs, parity__max_abs=1e-4).metrics
        files = sorted((tmp_path / name / "report").iterdir())
        assert [file.name for file in files] == ["index.html", "report.json"]
        contents.append([file.read_bytes() for file in files])
    assert contents[0] == contents[1]
    found = json.loads(contents[0][1])
    assert found["figures"] == {
        name.partition(".")[2]: value for name, value in metrics.items() if name.startswith("parity.")
    }
    assert (found["format"], found["max_abs"], of_one(found)["runtime"]) == ("onnx", 1e-4, "onnxruntime")


def test_of_several_runtimes_the_worst_counts_and_each_is_shown() -> None:
    """Right in one, wrong in the other."""
    decided = BEFORE.argmax(axis=1)
    found = {
        "litert": Compared(BEFORE, BEFORE, decided, 0.05),
        "tflm": Compared(BEFORE, AFTER, decided, 0.05),
    }
    about = {**ABOUT, "runtimes": {"litert": "LiteRT", "tflm": "TFLite <Micro>"}}
    made = parity_report.gathered({"classes": ["no", "yes"]}, found, about)
    assert made["figures"] == found["tflm"].figures()
    assert [each["figures"]["difference"] for each in made["runtimes"]] == [0.0, pytest.approx(0.15)]
    page = parity_report.page(made)
    assert Elements(page).open == []
    assert page.count("How far rows are off") == 2
    assert "TFLite &lt;Micro&gt;" in page
    result = Result()
    parity.record(result, found)
    assert result.metrics["parity.difference"] == result.metrics["parity.tflm.difference"]
    assert result.metrics["parity.agreement"] == result.metrics["parity.tflm.agreement"] < 1.0
    assert result.metrics["parity.litert.agreement"] == 1.0
    assert result.rows == {"parity.data": 3}


def test_without_rows_the_report_says_that_nothing_was_compared(tmp_path: Path) -> None:
    outputs = {"portable": Artefact(str(tmp_path / "made")), "report": Artefact(str(tmp_path / "report"))}
    step(export.onnx, {"model": make_model(tmp_path)}, outputs)
    assert json.loads((tmp_path / "report" / "report.json").read_text())["figures"] is None
    assert "No rows were compared" in (tmp_path / "report" / "index.html").read_text()
