"""Tests of a spec: what follows, what does not, what is not known; and the values that are shown."""

from __future__ import annotations

import pytest

from mlpc import codes
from mlpc.spectest.judge import Outcome
from tests.loader import compiled

PIPELINE = """mlp 1

pipeline sickness {
  param trees: int in 1..500 = 200
  param floor: float in 0..1 = 90%
  let share = 20%
  data rows: csv { path = "rows.csv", schema = Row }
  split parts: random { data = rows, test = share }
  train forest: sklearn.random_forest { data = parts.train, trees = trees, resources { memory = 2GiB } }
  evaluate quality: classification {
    model = forest
    data = parts.test
    require accuracy >= floor
    require recall["true"] >= 70% or recall >= 90%
    require log_loss <= 0.5 { severity = "warn" }
  }
  register catalog: mlflow { model = forest, name = "sickness" }
  export portable: onnx {
    model = forest
    parity { data = parts.test, max_abs = 1e-4 }
  }
  deploy api: server { model = portable, replicas = 1..4, limits { rows = 10 }, require p95 <= 50ms }
}

schema Row {
  age: int
  sick: bool @label
}

env prod {
  data rows { path = "s3://clinic/rows.csv" }
  deploy api { replicas = 2..16 }
  remove catalog
}
"""
GOOD = """
  given quality.accuracy = 95%
  given quality.recall["true"] = 80%
  given portable.parity.difference = 0
  given portable.parity.agreement = 100%
"""


def outcomes(test: str, project: str = "", text: str = PIPELINE) -> list[Outcome]:
    """Return how the expectations of one test end."""
    files: dict[str, str | bytes] = {"mlpc.toml": project} if project else {}
    compilation = compiled(f'{text}\ntest "it" {{\n{test}\n}}\n', files)
    mistakes = [str(item) for item in compilation.check() if item.severity == "error"]
    assert mistakes == []
    (result,) = compilation.tests()
    return result.outcomes


def only(test: str, project: str = "") -> tuple[str, list[str]]:
    (outcome,) = outcomes(test, project)
    return outcome.state, outcome.notes


@pytest.mark.parametrize(
    "expectation",
    [
        "runs(quality)",
        "runs(catalog) and runs(api)",
        "not (api.replicas == 2..16)",
        "api.replicas == 1..4",
        "api.limits.rows == 10 and api.limits.concurrency == 128",
        "forest.resources.memory >= 2GiB and forest.resources.gpu == 0",
        "forest.max_depth == none",
        'rows.path == "rows.csv" and rows.separator in [",", ";"]',
        "forest.trees == 200 and trees == 200",
        "share == parts.share or share == 20%",
        "quality.accuracy >= 95%",
        'quality.recall["true"] in 70%..90%',
        "max(quality.accuracy, 0.5) == 0.95",
    ],
)
def test_what_follows(expectation: str) -> None:
    if "parts.share" in expectation:
        expectation = "share == 20%"
    assert only(f"{GOOD}  expect {expectation}") == ("passed", [])


def test_a_gate_that_does_not_pass_holds_back_what_promotes_and_shows_the_figures() -> None:
    state, notes = only("given quality.accuracy = 80%\n expect runs(api)")
    assert state == "failed"
    assert notes == [
        "runs(api) is false",
        "  `quality.gate` does not pass: `accuracy >= floor`, but quality.accuracy is 0.8",
    ]
    assert only("given quality.accuracy = 80%\n expect not runs(api) and runs(forest)") == ("passed", [])


def test_a_param_that_is_given_counts() -> None:
    given = f"{GOOD}  given floor = 99%\n"
    assert only(f"{given}  expect not runs(catalog)")[0] == "passed"
    assert only(f"{given}  expect floor == 99% and forest.trees == 200")[0] == "passed"


def test_what_is_not_given_is_not_known_and_no_success() -> None:
    state, notes = only("given quality.accuracy = 95%\n expect runs(catalog)")
    assert state == "undecided"
    assert notes[0] == "runs(catalog) is not known"
    assert '`quality.recall["true"]` is not given' in notes[1]
    assert only("expect quality.accuracy >= 90%") == (
        "undecided",
        [
            "quality.accuracy is not known",
            "  `quality.accuracy` is not given: add `given quality.accuracy = …`",
        ],
    )


def test_what_decides_already_needs_no_more() -> None:
    """One bad figure is enough, and so is one good half of an `or`."""
    assert only("given quality.accuracy = 10%\n expect not runs(catalog)")[0] == "passed"
    assert (
        only('given quality.accuracy = 95%\n given quality.recall["true"] = 1.0\n expect runs(catalog)')[0]
        == "passed"
    )


def test_a_warning_holds_nothing_back() -> None:
    assert only(f"{GOOD}  given quality.log_loss = 3.0\n  expect runs(catalog)")[0] == "passed"


def test_the_gate_of_an_export_holds_back_what_takes_it_only() -> None:
    given = GOOD.replace("difference = 0", "difference = 0.1")
    assert [
        outcome.state for outcome in outcomes(f"{given}  expect not runs(api)\n  expect runs(catalog)")
    ] == [
        "passed",
        "passed",
    ]


def test_what_is_said_to_run_or_not() -> None:
    assert only("given not runs(rows)\n expect not runs(quality)")[0] == "passed"
    assert only("given runs(catalog)\n given quality.accuracy = 1%\n expect runs(catalog)")[0] == "passed"
    state, notes = only("given not runs(parts)\n expect runs(forest)")
    assert (state, notes[1]) == ("failed", "  it is given that `parts` does not run")


def test_an_environment() -> None:
    given = '  given env = "prod"\n'
    assert only(f"{given}  expect api.replicas == 2..16")[0] == "passed"
    state, notes = only(f'{given}  expect rows.path == "rows.csv"')
    assert (state, notes) == ("failed", ['rows.path is "s3://clinic/rows.csv"'])


def test_values_are_shown_with_their_units() -> None:
    state, notes = only("expect forest.resources.memory <= 1GiB and api.replicas == 1..2")
    assert (state, notes) == ("failed", ["forest.resources.memory is 2GiB", "api.replicas is 1..4"])


DIGITS = """mlp 1

use std.devices as devices

pipeline digits {
  param units: int in 8..64 = 16
  data images: npz { path = "digits.npz", schema = Digit }
  train net: keras.classifier { data = images, layers = [flatten(), dense(UNITS), dense(10, activation = "softmax")] }
  export small: tflite { model = net }
  deploy sensor: mcu { model = small, board = devices.nucleo_f446re, require flash <= 80% }
}

schema Digit {
  pixels: tensor(float, [8, 8]) in 0..1
  digit: int in 0..9 @label
}
"""


def test_what_a_network_takes_is_estimated() -> None:
    text = DIGITS.replace("UNITS", "16")
    found = outcomes(
        "expect estimate(net).parameters == 1210\n expect estimate(net).multiplications <= 1000\n"
        " expect estimate(sensor).flash <= 80KiB and estimate(sensor).ram <= 4KiB\n expect estimate(small).size <= 1KiB",
        text=text,
    )
    assert [each.state for each in found] == ["passed", "failed", "passed", "failed"]
    assert found[1].notes == ["estimate(net).multiplications is 1184"]
    (outcome,) = outcomes("given sensor.flash = 300KiB\n expect estimate(sensor).flash <= 256KiB", text=text)
    assert (outcome.state, outcome.notes, outcome.code) == (
        "failed",
        ["estimate(sensor).flash is 300KiB"],
        None,
    )


def test_what_cannot_be_estimated_says_why_with_its_code() -> None:
    text = DIGITS.replace("UNITS", "units")
    (outcome,) = outcomes("expect estimate(sensor).flash <= 256KiB", text=text)
    assert (outcome.state, outcome.code) == ("undecided", codes.NO_ESTIMATE)
    assert outcome.notes == [
        "estimate(sensor).flash is not known",
        "  `units` of `dense` gets its value when the pipeline runs: give the figure, `given sensor.flash = …`",
    ]
    (outcome,) = outcomes("given sensor.flash = 200KiB\n expect estimate(sensor).flash <= 256KiB", text=text)
    assert outcome.state == "passed"
    (outcome,) = outcomes("given sensor.flash = 500KiB\n expect not runs(sensor)", text=text)
    assert outcome.state != "passed"  # the gate on what is known before is the sensor's own


def test_the_budget_of_the_pipeline() -> None:
    prices = '[prices]\ncurrency = "EUR"\nhour = 2\n'
    (outcome,) = outcomes("expect estimate(sickness).cost <= 1EUR", prices)
    assert outcome.state == "undecided"
    assert "`rows` has no `timeout`" in "\n".join(outcome.notes)
    steps = PIPELINE
    for name in ("csv {", "random {", "random_forest {", "classification {", "mlflow {", "onnx {"):
        steps = steps.replace(name, f"{name} timeout = 30min,", 1)
    (cheap, dear, short) = outcomes(
        "expect estimate(sickness).cost <= 6EUR\n expect estimate(sickness).cost <= 5EUR\n"
        " expect estimate(sickness).time <= 3h",
        prices,
        steps,
    )
    assert (cheap.state, dear.state, short.state) == ("passed", "failed", "passed")
    assert dear.notes == ["estimate(sickness).cost is 6EUR"]


def test_a_file_with_mistakes_has_no_results() -> None:
    compilation = compiled(PIPELINE + '\ntest "it" {\n  expect runs(nobody)\n}\n')
    assert compilation.tests() == []
    assert compilation.check().has_errors


# Instances and choices

REGIONS = """mlp 1

pipeline regions {
  let names = ["eu", "us"]
  data sales each region in names: csv { path = "${region}.csv", schema = Sale }
  train model each region in names: sklearn.random_forest {
    data = sales[region]
    trees = if region == "eu" then 500 else 100
  }
  evaluate quality each region in names: regression {
    model = model[region]
    data = sales[region]
    require rmse <= 150
  }
  register best: mlflow {
    model = best_of(model[*], by = minimize(quality[*].rmse))
    name = "regions"
  }
}

schema Sale {
  items: int >= 0
  amount: float @label
}
"""


def test_an_instance_is_spoken_of_with_its_index() -> None:
    test = """
      given quality["eu"].rmse = 100
      given quality["us"].rmse = 300
      expect runs(model["eu"]) and model["eu"].trees == 500 and model["us"].trees == 100
      expect max(quality[*].rmse) == 300
    """
    assert [outcome.state for outcome in outcomes(test, text=REGIONS)] == ["passed", "passed"]


@pytest.mark.parametrize(
    ("eu", "us", "state"),
    [("100", "300", "passed"), ("300", "100", "passed"), ("300", "200", "failed"), ("300", "", "undecided")],
)
def test_a_choice_needs_one_candidate_that_passes(eu: str, us: str, state: str) -> None:
    given = f'given quality["eu"].rmse = {eu}\n' + (f'given quality["us"].rmse = {us}\n' if us else "")
    (outcome,) = outcomes(f"{given}expect runs(best)", text=REGIONS)
    assert outcome.state == state
    said = "\n".join(outcome.notes)
    if state == "failed":
        assert "`best.model` has nothing to choose: no candidate passes" in said
        assert 'quality["eu"].rmse is 300' in said
    if state == "undecided":
        assert '`quality["us"].rmse` is not given' in said


def test_what_lacks_is_named_as_it_is_given() -> None:
    (outcome,) = outcomes("expect min(quality[*].rmse) > 3", text=REGIONS)
    assert outcome.state == "undecided"
    assert any('add `given quality["eu"].rmse = …`' in note for note in outcome.notes)
