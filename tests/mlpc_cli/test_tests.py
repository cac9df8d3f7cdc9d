"""`mlpc test`: what it prints, its report, its exit codes; and `mlpc explain-value`."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.mlpc.spectest.test_judge import PIPELINE, REGIONS
from tests.mlpc_cli.command import mlpc

TESTS = """
test "a weak model is not registered" {
  given quality.accuracy = 80%
  expect not runs(catalog)
}

test "two <servers> & \\"more\\" in production" {
  given env = "prod"
  expect api.replicas == 2..4
}

test "nobody knows" {
  expect runs(catalog)
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.mlp").write_text(PIPELINE + TESTS, encoding="utf-8")
    return tmp_path


def test_it_tells_what_does_not_hold_and_shows_the_values(folder: Path) -> None:
    answer = mlpc("test", cwd=folder)
    assert answer.code == 1
    assert answer.err == ""
    lines = answer.out.splitlines()
    assert lines[:5] == [
        "main.mlp",
        "  ✓ a weak model is not registered",
        '  ✗ two <servers> & "more" in production',
        "      main.mlp:43:10: `api.replicas == 2..4` does not hold",
        "        api.replicas is 2..16",
    ]
    assert lines[5] == "  ? nobody knows"
    assert lines[6] == "      main.mlp:47:10: `runs(catalog)` is not decided"
    assert lines[-1].startswith("3 tests: 1 passed, 1 failed, 1 undecided (")


def test_all_of_them_pass(folder: Path) -> None:
    answer = mlpc("test", "main.mlp", "-k", "weak", cwd=folder)
    assert answer.code == 0
    assert "1 test: 1 passed" in answer.out


def test_none_is_there(folder: Path) -> None:
    assert mlpc("test", "-k", "zebra", cwd=folder).out == "no test has `zebra` in its name\n"
    (folder / "main.mlp").write_text(PIPELINE, encoding="utf-8")
    answer = mlpc("test", cwd=folder)
    assert (answer.code, answer.out) == (0, 'no test: write `test "…" { expect … }`\n')


def test_a_folder_stands_for_the_specs_in_it(folder: Path) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / "other.mlp").write_text(PIPELINE + TESTS, encoding="utf-8")
    (folder / "deep" / "library.mlp").write_text("mlp 1\n\nlet limit = 20min\n", encoding="utf-8")
    answer = mlpc("test", ".", "-k", "weak", cwd=folder)
    assert answer.code == 0
    assert answer.out.startswith(
        "main.mlp\n  ✓ a weak model is not registered\ndeep/other.mlp\n  ✓ a weak model is not registered\n"
    )
    assert "2 tests: 2 passed" in answer.out
    (folder / "empty").mkdir()
    answer = mlpc("test", "empty", cwd=folder)
    assert answer.code == 4
    assert "no-such-file: the folder `empty` holds no `.mlp` file" in answer.err


def test_what_is_sound_is_judged_beside_what_is_not(folder: Path) -> None:
    (folder / "wrong.mlp").write_text("mlp 1\n\nlet limit = 20mins\n", encoding="utf-8")
    answer = mlpc("test", ".", "-k", "weak", cwd=folder)
    assert answer.code == 1
    assert "wrong.mlp:3:13" in answer.err
    assert "1 test: 1 passed" in answer.out


def test_mistakes_come_first(folder: Path) -> None:
    text = (PIPELINE + TESTS).replace("runs(catalog)", "runs(catalogue)", 1)
    (folder / "main.mlp").write_text(text, encoding="utf-8")
    answer = mlpc("test", "--junit", "report.xml", cwd=folder)
    assert (answer.code, answer.out) == (1, "")
    assert "MLP104" in answer.err
    assert not (folder / "report.xml").exists()


def test_no_such_file(folder: Path) -> None:
    assert mlpc("test", "other.mlp", cwd=folder).code == 4
    assert mlpc("test", "--junit", "no/such/folder.xml", cwd=folder).code == 4


def test_the_report(folder: Path) -> None:
    answer = mlpc("test", "main.mlp", "--junit", "report.xml", cwd=folder)
    assert answer.code == 1
    root = ET.fromstring((folder / "report.xml").read_text(encoding="utf-8"))
    assert (root.tag, root.attrib["tests"], root.attrib["failures"], root.attrib["errors"]) == (
        "testsuites",
        "3",
        "1",
        "1",
    )
    cases = list(root.iter("testcase"))
    assert [case.attrib["name"] for case in cases] == [
        "a weak model is not registered",
        'two <servers> & "more" in production',
        "nobody knows",
    ]
    assert [[child.tag for child in case] for case in cases] == [[], ["failure"], ["error"]]
    (failure,) = cases[1]
    assert failure.attrib == {"type": "failed", "message": "api.replicas == 2..4"}
    assert failure.text == "main.mlp:43:10: api.replicas == 2..4\n  api.replicas is 2..16"


def test_it_takes_milliseconds(folder: Path) -> None:
    """Many tests are judged by one graph for each environment."""
    many = "".join(
        f'\ntest "number {n}" {{\n  given quality.accuracy = 80%\n  expect not runs(catalog)\n}}\n'
        for n in range(200)
    )
    (folder / "main.mlp").write_text(PIPELINE + many, encoding="utf-8")
    begun = time.process_time()
    answer = mlpc("test", cwd=folder)
    assert answer.code == 0
    assert "200 tests: 200 passed" in answer.out
    took = float(answer.out.rpartition("(")[2].partition(" ms")[0])
    assert took < 5000, took
    assert time.process_time() - begun < 5


# explain-value


def test_the_chain_that_gave_a_value(folder: Path) -> None:
    answer = mlpc("explain-value", "api.replicas", "--env", "prod", cwd=folder)
    assert answer.code == 0
    assert answer.out == (
        "api.replicas = 2..16\n"
        "\n"
        "  main.mlp:32:27        2..16  environment `prod`\n"
        "  main.mlp:22:53        1..4   the pipeline; not used\n"
        "  <std>/deploy.mlp:7:9  1..1   default of `server`; not used\n"
    )


def test_what_is_estimated_is_told_layer_by_layer(tmp_path: Path) -> None:
    (tmp_path / "main.mlp").write_text(
        """mlp 1

use std.devices as devices

pipeline digits {
  param late: int in 8..64 = 32
  data images: npz { path = "digits.npz", schema = Digit }
  train net: keras.classifier { data = images, layers = [flatten(), dense(10, activation = "softmax")] }
  train other: keras.classifier { data = images, layers = [flatten(), dense(late), dense(10, activation = "softmax")] }
  export file: tflite { model = net }
  export unknown: tflite { model = other }
  deploy sensor: mcu { model = file, board = devices.nucleo_f446re }
}

schema Digit {
  pixels: tensor(float, [8, 8, 1]) in 0..1
  digit: int in 0..9 @label
}
"""
    )
    answer = mlpc("explain-value", "sensor.flash", cwd=tmp_path)
    assert answer.code == 0
    first, _, quantity, *layers = answer.out.splitlines()
    assert first == "sensor.flash = 68KiB"
    assert quantity.split("  ")[1].startswith("<std>/deploy_mcu.mlp:")
    assert quantity.endswith("estimated before anything is trained: 4.08KiB of model, the rest is program")
    assert [line.split("  ")[-1] for line in layers] == ["0B of weights", "2.54KiB of weights"]
    assert "650 parameters" in mlpc("explain-value", "net.parameters", cwd=tmp_path).out
    # What cannot be estimated is a figure like any other.
    answer = mlpc("explain-value", "unknown.size", cwd=tmp_path)
    assert (answer.code, "`unknown.size` is measured" in answer.err) == (1, True)


def test_names_in_a_value_are_followed(folder: Path) -> None:
    answer = mlpc("explain-value", "parts.test", cwd=folder)
    assert answer.out == (
        "parts.test = 0.2\n\n  main.mlp:8:45    share        the pipeline\n    main.mlp:6:15  share = 20%  the pipeline\n"
    )
    answer = mlpc("explain-value", "trees", cwd=folder)
    assert "`--set trees=…` gives another when it runs" in answer.out


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("forest.resources.memory", "forest.resources.memory = 2GiB"),
        ("forest.max_depth", "forest.max_depth = none"),
        ("api.limits.concurrency", "api.limits.concurrency = 128"),
        ("forest.data", "forest.data = parts.train"),
        ("share", "share = 0.2"),
    ],
)
def test_what_can_be_asked(folder: Path, name: str, first: str) -> None:
    answer = mlpc("explain-value", name, cwd=folder)
    assert answer.code == 0, answer
    assert answer.out.splitlines()[0] == first


def test_the_file_may_come_first(folder: Path) -> None:
    first = mlpc("explain-value", "main.mlp", "forest.trees", cwd=folder)
    assert first.code == 0, first
    assert first.out == mlpc("explain-value", "forest.trees", "main.mlp", cwd=folder).out


@pytest.mark.parametrize(
    ("words", "help"),
    [
        (("apj.replicas",), "did you mean `api`?"),
        (("api.replica",), "did you mean `api.replicas`?"),
        (("api",), "it has `api.model`, `api.replicas`"),
        (("forest.resources.memry",), "did you mean `forest.resources.memory`?"),
        (("forest.resources",), "it has `forest.resources.cpu`, `forest.resources.memory`"),
        (("quality.auc",), "`quality.auc` is measured when the pipeline runs: no spec gives it a value"),
        (("api.p95",), "`api.p95` is measured while it is up: no spec gives it a value"),
        (("parts.train",), "`parts.train` is made when the pipeline runs: no spec gives it a value"),
        (("catalog.name", "--env", "prod"), "environment `prod` takes `catalog` away"),
    ],
)
def test_what_cannot(folder: Path, words: tuple[str, ...], help: str) -> None:
    answer = mlpc("explain-value", *words, cwd=folder)
    assert (answer.code, answer.out) == (1, "")
    assert help in answer.err


def test_a_block_that_was_put_aside_whole(folder: Path) -> None:
    text = PIPELINE.replace(
        'data rows { path = "s3://clinic/rows.csv" }',
        'data rows: csv { path = "s3://clinic/rows.csv", schema = Row }',
    )
    (folder / "main.mlp").write_text(text, encoding="utf-8")
    answer = mlpc("explain-value", "rows.path", "--env", "prod", cwd=folder)
    assert "the pipeline, whose block was put aside whole; not used" in answer.out


@pytest.mark.parametrize("name", ["model[eu].trees", 'model["eu"].trees'])
def test_one_of_several_instances(tmp_path: Path, name: str) -> None:
    (tmp_path / "main.mlp").write_text(REGIONS, encoding="utf-8")
    answer = mlpc("explain-value", name, cwd=tmp_path)
    assert answer.out.splitlines()[0] == f"{name} = 500"
    assert 'if region == "eu" then 500 else 100' in answer.out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("model.trees", "`model` stands for 2 instances: say which one"),
        ("model.trees", "there is `model[eu].trees`, `model[us].trees`"),
        ("model[uss].trees", "did you mean `model[us].trees`?"),
        ("model[asia].trees", "`model` has no instance `model[asia]`"),
        ("model[eu", "the pipeline has no `model[eu`"),
        ("best[eu].name", "`best` has no instances: it is declared without `each`"),
        ("model[eu].tres", "did you mean `model[eu].trees`?"),
    ],
)
def test_instances_that_are_not_there(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "main.mlp").write_text(REGIONS, encoding="utf-8")
    answer = mlpc("explain-value", name, cwd=tmp_path)
    assert (answer.code, answer.out) == (1, "")
    assert said in answer.err


def test_the_time_of_a_schedule_is_told_by_each_run(tmp_path: Path) -> None:
    (tmp_path / "main.mlp").write_text(
        'mlp 1\n\npipeline days { schedule nightly { cron = "0 3 * * *" } }\n', encoding="utf-8"
    )
    answer = mlpc("explain-value", "nightly.time", cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.splitlines()[-1].split("  ")[-2:] == [
        "(the time of the run)",
        "the schedule, for each run; `--at` says another",
    ]
