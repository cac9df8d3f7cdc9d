"""Engines that make the attempts themselves, start no servers, or cannot tell a gate from a fault of Python by 1."""

from __future__ import annotations

import json
from pathlib import Path

from mlpc.ir.nodes import Action, Input, Reference

from .pipelines import COUNT, DOUBLE, GATE, Engine, Retry, Service, task

API = Service(
    "api",
    Action("project", "steps.py", "serve"),
    {"words": Input((Reference("count", "words"),))},
    {},
    after=("enough",),
)


def test_an_engine_that_makes_the_attempts_asks_for_one(tmp_path: Path) -> None:
    words = Engine(tmp_path, COUNT, task("flaky", retry=Retry(3, 60.0)))
    assert words.run("count")[0] == 0
    assert [words.run("flaky", "--attempt", str(number))[0] for number in (1, 2)] == [2, 2]
    assert words.record("flaky")["attempts"] == 2
    assert words.run("flaky", "--attempt", "3")[0] == 0
    assert (words.record("flaky")["status"], words.record("flaky")["attempts"]) == ("done", 3)


def test_a_gate_that_does_not_pass_ends_as_it_is_told(tmp_path: Path) -> None:
    words = Engine(tmp_path, COUNT, GATE, DOUBLE)
    assert words.run("count", "--param", "factor=1")[0] == 0
    assert words.run("enough", "--not-passed", "99")[0] == 99
    assert words.run("double", "--not-passed", "99")[0] == 3
    assert words.run("count")[0] == 0
    assert words.run("enough", "--not-passed", "99")[0] == 0


def test_a_service_is_promoted_without_being_started(tmp_path: Path) -> None:
    words = Engine(tmp_path, COUNT, GATE, API)
    assert [words.run("count")[0], words.run("enough")[0]] == [0, 0]
    status, said = words.run("api", "--publish")
    assert (status, said) == (0, f"api: promoted; what it serves lies in {words.store / 'api'}\n")
    promoted = json.loads((words.store / "api" / "promoted.json").read_bytes())
    copy = words.store / "api" / promoted["task"]["inputs"]["words"]["path"]
    assert copy.read_text(encoding="utf-8") == "6"
    assert words.summary()["promoted"] == ["api"]


def test_a_service_is_not_promoted_when_its_gate_did_not_pass(tmp_path: Path) -> None:
    words = Engine(tmp_path, COUNT, GATE, API)
    assert [words.run("count", "--param", "factor=1")[0], words.run("enough")[0]] == [0, 1]
    status, said = words.run("api", "--publish")
    assert status == 3
    assert "`enough` did not pass" in said
    assert not (words.store / "api" / "promoted.json").exists()
    assert words.summary()["promoted"] == []
