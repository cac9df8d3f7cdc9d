"""A browser answers for a model as a page does; where there is none, or it does not end, that is said."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy
import pytest

from mlpc_stdlib.runtime import codes, export, parity, runtimes
from mlpc_stdlib.runtime.contract import Artefact, StepError, Task
from mlpc_stdlib.runtime.web import browser, site
from tests.mlpc_stdlib import bundles

from .browser import programs

WEB = ["onnxruntime", "node", "chromium"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    programs()
    return bundles.make_bundle(tmp_path_factory.mktemp("model"), "enum")


def job(model: Path, folder: Path) -> dict[str, Any]:
    numpy.save(folder / "rows.npy", numpy.zeros((3, 4), numpy.float32))
    places = {name: str(folder / name) for name in ("said.npy", "profile")}
    return {
        "folder": str(model),
        "rows": str(folder / "rows.npy"),
        "said": places["said.npy"],
        "profile": places["profile"],
    }


def test_node_and_chromium_say_what_onnxruntime_says(tmp_path: Path) -> None:
    programs()
    inputs = {
        "model": bundles.make_model(tmp_path, "enum"),
        "parity.data": bundles.make_dataset(tmp_path / "rows", "enum", rows=40, seed=9),
    }
    outputs = {"portable": Artefact(str(tmp_path / "made")), "report": Artefact(str(tmp_path / "report"))}
    found = bundles.step(export.onnx, inputs, outputs, parity__runtimes=WEB).metrics
    for name in WEB:
        assert found[f"parity.{name}.difference"] < 1e-5
        assert found[f"parity.{name}.agreement"] == 1.0
    assert found["parity.difference"] == max(found[f"parity.{name}.difference"] for name in WEB)
    page = (tmp_path / "report" / "index.html").read_text()
    assert "by onnxruntime, onnxruntime-web in Node and onnxruntime-web in Chromium, through" in page


def test_what_is_wrong_in_the_browser_alone_is_seen(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows reach the page in another order of columns; all other runtimes get them as they are."""
    rows = numpy.random.RandomState(3).uniform(0, 8, (30, 4))
    right = runtimes.answer("node", "onnx", str(model), rows)
    sent = Path(tmp_path / "assets")
    sent.mkdir()
    script = (Path(site.ASSETS) / "measure.js").read_text()
    assert script.count("rows.subarray(start, start + size)") == 1
    for path in Path(site.ASSETS).iterdir():
        (sent / path.name).write_bytes(path.read_bytes())
    (sent / "measure.js").write_text(
        script.replace("rows.subarray(start, start + size)", "rows.slice(start, start + size).reverse()")
    )
    monkeypatch.setattr(site, "ASSETS", str(sent))
    asked = job(model, tmp_path)
    numpy.save(asked["rows"], rows.astype(numpy.float32))
    browser.run(asked)
    wrong = numpy.load(asked["said"])
    found = {
        "node": parity.Compared(right, right, right.argmax(axis=1)),
        "chromium": parity.Compared(right, wrong, right.argmax(axis=1)),
    }
    assert parity.worst(found)["agreement"] < 0.9
    assert found["node"].figures()["agreement"] == 1.0


def test_a_model_that_the_runtime_does_not_take_is_told(tmp_path: Path, model: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "signature.json").write_bytes((model / "signature.json").read_bytes())
    (broken / "model.onnx").write_bytes(b"no model")
    for name in ("node", "chromium"):
        with pytest.raises(StepError, match="does not take the model") as caught:
            runtimes.answer(name, "onnx", str(broken), numpy.zeros((1, 4)))
        assert caught.value.code == codes.NOT_EXPORTABLE[0]


def test_without_a_browser_the_step_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(browser.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(StepError) as caught:
        runtimes.answer("chromium", "onnx", "/nowhere", numpy.zeros((1, 4)))
    assert caught.value.code == codes.MISSING_LIBRARY[0]
    assert "apt-get install chromium" in caught.value.help[0]
    monkeypatch.setenv(browser.VARIABLE, "/nowhere/chrome")
    with pytest.raises(StepError, match="`MLPC_CHROMIUM` names `/nowhere/chrome`, which is no program"):
        browser.chromium()


def program(folder: Path, text: str) -> str:
    path = folder / "chromium"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_a_browser_that_does_not_answer_is_ended_with_what_it_started(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = tmp_path / "started"
    monkeypatch.setenv(browser.VARIABLE, program(tmp_path, f"sleep 600 &\necho $! > {started}\nwait"))
    monkeypatch.setattr(browser, "PATIENCE", 1.5)
    with pytest.raises(StepError, match=r"Chromium took longer than 1\.5 s and was ended"):
        browser.run(job(model, tmp_path))
    child = int(started.read_text())
    for _ in range(50):
        if not os.path.exists(f"/proc/{child}") or "Z" in Path(f"/proc/{child}/stat").read_text().split()[2]:
            return
        time.sleep(0.1)
    raise AssertionError("what the browser started goes on")


def test_a_browser_that_dies_is_told_with_its_last_words(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(browser.VARIABLE, program(tmp_path, "echo no display; exit 3"))
    with pytest.raises(StepError, match="ended before the model had answered: exit status 3") as caught:
        browser.run(job(model, tmp_path))
    assert caught.value.help == ["its last line: no display"]


def test_runtimes_of_another_format_are_refused() -> None:
    task = Task("t", {}, "", arguments={"parity.runtimes": ["tflm"]})
    with pytest.raises(StepError, match="`tflm` runs no model of onnx"):
        runtimes.asked(task, "onnx")
    empty = Task("t", {}, "", arguments={"parity.runtimes": []})
    with pytest.raises(StepError, match="names nothing that runs the model"):
        runtimes.asked(empty, "onnx")
