"""One task of Kubeflow in its container: from an ExecutorInput to artefacts and an ExecutorOutput."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mlpc_stdlib.runtime.container.kubeflow import local_path
from mlpc_stdlib.runtime.contract import StepError

from .pipelines import COUNT, DOUBLE, GATE, Engine


class Launcher:
    """Starts tasks as Kubeflow's launcher does: it tells where things are, and takes what it is told of."""

    def __init__(self, folder: Path) -> None:
        self.engine = Engine(folder, COUNT, GATE, DOUBLE)
        self.folder = folder

    def run(self, *arguments: str, inputs: dict[str, Any], outputs: dict[str, str]) -> tuple[int, str]:
        given = {
            "inputs": {
                "parameterValues": {
                    key: value for key, value in inputs.items() if not isinstance(value, Path)
                },
                "artifacts": {
                    key: {"artifacts": [{"name": key, "uri": str(value)}]}
                    for key, value in inputs.items()
                    if isinstance(value, Path)
                },
            },
            "outputs": {
                "artifacts": {
                    key: {"artifacts": [{"name": key, "uri": str(self.folder / path)}]}
                    for key, path in outputs.items()
                },
                "outputFile": str(self.folder / "answer" / "executor_output.json"),
            },
        }
        places = ["--workflow", str(self.engine.workflow), "--project", str(self.folder / "project")]
        command = [sys.executable, "-m", "mlpc_stdlib.runtime.container.kubeflow", *arguments, *places]
        done = subprocess.run(
            [*command, "--input", json.dumps(given)],
            env=self.engine.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    @property
    def answer(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "answer" / "executor_output.json").read_bytes())
        return found

    @property
    def record(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.answer["parameterValues"]["mlpc___record"])
        return found

    def count(self, factor: Any = 2) -> tuple[int, str]:
        return self.run(
            *("--node", "count", "--data", "data=texts/three.txt", "--param", "factor=factor"),
            *("--give", "words=words"),
            inputs={"data": self.folder / "data" / "texts" / "three.txt", "factor": factor},
            outputs={"words": "bucket/count/words"},
        )


def test_a_task_answers_with_its_artefacts_and_its_record(tmp_path: Path) -> None:
    launcher = Launcher(tmp_path)
    status, said = launcher.count(2.0)
    assert status == 0, said
    made = tmp_path / "bucket" / "count" / "words"
    assert made.read_text(encoding="utf-8") == "6"
    digest = launcher.record["outputs"]["words"]
    assert launcher.record == {"status": "done", "metrics": {"words": 6}, "outputs": {"words": digest}}
    assert launcher.answer["artifacts"]["words"]["artifacts"] == [
        {"name": "words", "uri": str(made), "metadata": {"digest": digest}}
    ]


def test_a_record_says_nothing_that_differs_between_two_runs(tmp_path: Path) -> None:
    launcher = Launcher(tmp_path)
    launcher.count()
    first = launcher.answer
    launcher.count()
    assert launcher.answer == first


def test_who_follows_from_outside_is_told_the_whole_record_and_those_that_it_was_made_from(
    tmp_path: Path,
) -> None:
    launcher = Launcher(tmp_path)
    given = {"status": "done", "metrics": {"words": 3}}
    launcher.run(
        *("--node", "enough", "--record", "r=count"),
        inputs={"r": json.dumps(given)},
        outputs={"mlpc___told": "bucket/enough/told"},
    )
    told = json.loads((tmp_path / "bucket" / "enough" / "told").read_bytes())
    assert (told["node"], told["given"]) == ("enough", {"count": given})
    assert told["record"]["status"] == "not_passed"
    assert told["record"]["seconds"] > 0


@pytest.mark.parametrize(("words", "passed"), [(6, True), (3, False)])
def test_a_gate_ends_well_whichever_way_it_goes(tmp_path: Path, words: int, passed: bool) -> None:
    launcher = Launcher(tmp_path)
    record = json.dumps({"status": "done", "metrics": {"words": words}})
    status, said = launcher.run("--node", "enough", "--record", "r=count", inputs={"r": record}, outputs={})
    assert status == 0, said
    assert launcher.answer["parameterValues"]["passed"] is passed
    assert launcher.record["status"] == ("done" if passed else "not_passed")
    assert launcher.record["verdicts"][0]["figures"][0]["value"] == words


def test_what_another_attempt_left_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "bucket" / "count" / "words").mkdir(parents=True)
    launcher = Launcher(tmp_path)
    assert launcher.count()[0] == 0
    assert (tmp_path / "bucket" / "count" / "words").read_text(encoding="utf-8") == "6"


def test_a_value_that_does_not_fit_is_said(tmp_path: Path) -> None:
    launcher = Launcher(tmp_path)
    status, said = launcher.count("12")
    assert status == 2
    assert "the parameter `factor` cannot be `12`: it is a whole number >= 1 and <= 9" in said
    assert not (tmp_path / "answer").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--node", "cout"), "`words` has no node `cout`"),
        (("--node", "double", "--take", "a=count/words"), "Kubeflow names no artefact `a`"),
        (("--node", "enough", "--record", "r=count"), "the parameter `r` holds no record of a step"),
    ],
)
def test_what_does_not_belong_together_is_said(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    status, text = Launcher(tmp_path).run(*arguments, inputs={}, outputs={})
    assert (status, said in text) == (2, True), text


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("/tmp/out/model", "/tmp/out/model"),
        ("minio://mlpipeline/v2/artifacts/model", "/minio/mlpipeline/v2/artifacts/model"),
        ("s3://bucket/model", "/s3/bucket/model"),
        ("gs://bucket/model", "/gcs/bucket/model"),
        ("file:///data/cells.csv", "/data/cells.csv"),
    ],
)
def test_where_the_launcher_keeps_what_has_an_address(uri: str, path: str) -> None:
    assert local_path(uri) == path


def test_an_address_that_kubeflow_does_not_know() -> None:
    with pytest.raises(StepError, match="no artefact with an address like ftp://"):
        local_path("ftp://host/file")
