"""A search makes the same trials whenever it is ended and begun again, and finds what is to be found."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlpc_stdlib.runtime.contract import StepError, Task
from mlpc_stdlib.runtime.search import Search, Trial, shown

SETTINGS: dict[str, Any] = {
    "epochs": 10,
    "batch": 32,
    "learning_rate": 1e-3,
    "optimizer": "adam",
    "seed": 3,
}
RATE = {"component": "log_uniform", "low": 1e-5, "high": 1.0}
SPACE: dict[str, Any] = {
    "learning_rate": RATE,
    "batch": {"component": "choice", "values": [16, 32, 64]},
    "epochs": {"component": "uniform", "low": 5, "high": 30},
    "optimizer": {"component": "choice", "values": ["adam", "sgd"]},
}
MAXIMIZE = {"component": "maximize", "quantity": "accuracy"}


class Killed(Exception):
    """The process was ended."""


def search(
    state: Path | None,
    space: dict[str, Any] = SPACE,
    trials: int = 12,
    goal: dict[str, Any] = MAXIMIZE,
    parallel: int | None = None,
    seed: int = 3,
    key: dict[str, Any] | None = None,
) -> Search:
    arguments: dict[str, Any] = {"tune.goal": goal, "tune.trials": trials, "tune.parallel": parallel}
    arguments.update({f"tune.search.{name}": told for name, told in space.items()})
    task = Task("net", {}, "", arguments=arguments, state="" if state is None else str(state))
    return Search(task, {**SETTINGS, "seed": seed}, key or {"data": "x"})


def figures(values: dict[str, Any]) -> dict[str, Any] | None:
    """What a training would come to: best at a rate of 0.01 and with `sgd`, no number above 0.5."""
    rate = values.get("learning_rate", 1e-3)
    if rate > 0.5:
        return None
    found = 1.0 - abs(math.log10(rate) + 2.0) / 5.0 - (0.1 if values.get("optimizer") == "adam" else 0.0)
    return {"accuracy": round(found, 3), "loss": values.get("epochs", 10) / 100.0}


class Trainer:
    """Makes rounds of trials and may be ended before one of them."""

    def __init__(self, dies_before: int | None = None) -> None:
        self.dies_before = dies_before
        self.rounds: list[list[int]] = []

    def __call__(self, asked: Sequence[tuple[int, dict[str, Any]]]) -> list[dict[str, Any] | None]:
        if self.dies_before is not None and asked[-1][0] >= self.dies_before:
            raise Killed
        self.rounds.append([number for number, _ in asked])
        return [figures(values) for _, values in asked]


def told(found: Search, best: Trial) -> str:
    return json.dumps(found.report(best))


def whole(**more: Any) -> str:
    made = search(None, **more)
    return told(made, made.run(Trainer()))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    deaths=st.lists(st.integers(1, 12), max_size=3), parallel=st.integers(1, 4), seed=st.integers(0, 2**32)
)
def test_a_search_that_is_ended_goes_on_where_it_was(
    tmp_path_factory: pytest.TempPathFactory, deaths: list[int], parallel: int, seed: int
) -> None:
    state = tmp_path_factory.mktemp("state")
    made = 0
    for death in deaths:
        trainer = Trainer(death)
        with pytest.raises(Killed):
            search(state, parallel=parallel, seed=seed).run(trainer)
        made += sum(map(len, trainer.rounds))
        assert made < 12
    last = search(state, parallel=parallel, seed=seed)
    trainer = Trainer()
    best = last.run(trainer)
    assert made + sum(map(len, trainer.rounds)) == 12, "no trial is made twice"
    assert told(last, best) == whole(parallel=parallel, seed=seed)


@pytest.mark.parametrize("parallel", [1, 3])
def test_more_trials_go_on_from_fewer(tmp_path: Path, parallel: int) -> None:
    search(tmp_path, trials=7, parallel=parallel).run(Trainer())
    trainer = Trainer()
    longer = search(tmp_path, trials=12, parallel=parallel)
    assert told(longer, longer.run(trainer)) == whole(trials=12, parallel=parallel)
    assert trainer.rounds[0][0] == (8 if parallel == 1 else 7)
    trainer = Trainer()
    search(tmp_path, trials=5, parallel=parallel).run(trainer)
    assert trainer.rounds == []


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 4},
        {"key": {"data": "y"}},
        {"parallel": 2},
        {"space": {**SPACE, "learning_rate": {**RATE, "high": 0.5}}},
        {"goal": {"component": "minimize", "quantity": "loss"}},
    ],
)
def test_another_search_begins_anew(tmp_path: Path, change: dict[str, Any]) -> None:
    search(tmp_path).run(Trainer())
    trainer = Trainer()
    search(tmp_path, **change).run(trainer)
    assert sum(map(len, trainer.rounds)) == 12


@pytest.mark.parametrize("content", ["", "[]", "{", '{"trials": 3}', '{"key": {}, "trials": []}'])
def test_a_file_that_is_no_search_is_not_read(tmp_path: Path, content: str) -> None:
    search(tmp_path, trials=2).run(Trainer())
    (path,) = (tmp_path / "searches").iterdir()
    path.write_text(content)
    trainer = Trainer()
    search(tmp_path, trials=2).run(trainer)
    assert trainer.rounds == [[1], [2]]


def test_the_first_trial_is_what_the_spec_says(tmp_path: Path) -> None:
    found = search(None)
    found.run(Trainer())
    assert found.trials[0].values == {
        "batch": 32,
        "epochs": 10,
        "learning_rate": 1e-3,
        "optimizer": "adam",
    }
    found = search(None, {"learning_rate": {**RATE, "low": 0.1}, "batch": SPACE["batch"]})
    found.run(Trainer())
    assert found.trials[0].values["batch"] == 32
    assert found.trials[0].values["learning_rate"] >= 0.1


def test_values_come_from_where_they_may(tmp_path: Path) -> None:
    space = {**SPACE, "seed": {"component": "log_uniform", "low": 1, "high": 1000}}
    found = search(None, space, trials=40)
    found.run(Trainer())
    for trial in found.trials:
        assert 1e-5 <= trial.values["learning_rate"] <= 1.0
        assert trial.values["batch"] in (16, 32, 64)
        assert 5 <= trial.values["epochs"] <= 30
        assert type(trial.values["epochs"]) is type(trial.values["seed"]) is int
    assert len({trial.values["learning_rate"] for trial in found.trials}) == 40
    rates = [math.log10(trial.values["learning_rate"]) for trial in found.trials[1:6]]
    assert max(rates) - min(rates) > 1.0, "orders of magnitude are as likely as each other"


def test_a_search_gets_better_by_what_it_tried() -> None:
    """Later trials lie nearer to the best than those at random, over some seeds."""
    later, random = 0.0, 0.0
    for seed in range(8):
        found = search(None, {"learning_rate": {**RATE, "high": 0.5}}, trials=30, seed=seed)
        found.run(Trainer())
        distance = [abs(math.log10(trial.values["learning_rate"]) + 2.0) for trial in found.trials]
        random += sum(distance[1:5]) / 4
        later += sum(distance[-10:]) / 10
    assert later < 0.6 * random


def test_the_best_of_equals_has_the_smaller_loss_then_comes_first() -> None:
    found = search(None, {"epochs": {"component": "choice", "values": [10, 5, 20]}}, trials=10)
    best = found.run(Trainer())
    assert best.values == {"epochs": 5}
    assert best.number == min(trial.number for trial in found.trials if trial.values == {"epochs": 5})
    found = search(
        None,
        {"epochs": {"component": "choice", "values": [10, 5, 20]}},
        goal={"component": "minimize", "quantity": "loss"},
    )
    assert found.run(Trainer()).values == {"epochs": 5}


def test_trials_that_come_to_no_number_are_told_and_never_the_best(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = search(None, {"learning_rate": {**RATE, "low": 0.3}}, trials=12)
    best = found.run(Trainer())
    lost = [trial for trial in found.trials if trial.figures is None]
    assert lost
    assert best.figures is not None
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 12
    assert (
        f"trial {lost[0].number} of 12: learning_rate = {lost[0].values['learning_rate']:.4g}: no number"
        in (said[lost[0].number - 1])
    )
    with pytest.raises(StepError) as caught:
        search(None, {"learning_rate": {**RATE, "low": 0.6}}).run(Trainer())
    assert caught.value.message == "none of 12 trials came to a number"


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"component": "choice", "values": []}, "`epochs` has no value to choose from"),
        (
            {"component": "uniform", "low": 9, "high": 3},
            "`epochs` is searched from 9 to 3, and the first is the larger",
        ),
    ],
)
def test_what_nothing_can_be_drawn_from(told: dict[str, Any], message: str) -> None:
    with pytest.raises(StepError) as caught:
        search(None, {"epochs": told})
    assert caught.value.message == message


def test_values_are_shown_as_they_would_be_written() -> None:
    assert shown({"batch": 32, "learning_rate": 0.00123456, "optimizer": "sgd"}) == (
        'batch = 32, learning_rate = 0.001235, optimizer = "sgd"'
    )
