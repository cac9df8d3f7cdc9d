"""What a run may cost and how long it may take: limits, hostile prices, many steps."""

from __future__ import annotations

import time

import pytest

from tests.loader import checked


def pipeline(*steps: str, budget: str = "require cost <= 1USD") -> str:
    lines = "\n".join(f"  {step}" for step in steps)
    return f"""mlp 1

pipeline sickness {{
{lines}
  budget {{ {budget} }}
}}

schema Row {{
  age: int
  sick: bool @label
}}
"""


ROWS = 'data rows: csv {{ path = "rows.csv", schema = Row, timeout = {} }}'


def said(text: str, prices: str) -> list[str]:
    return [f"{item.code.code} {item.message}" for item in checked(text, {"mlpc.toml": prices})]


def test_attempts_and_pauses_count() -> None:
    step = ROWS.format("1h, retry { attempts = 3, backoff = 10min }")
    assert (
        said(pipeline(step, budget="require cost <= 6USD\n    require time <= 210min"), "[prices]\nhour = 2")
        == []
    )
    (cost,) = said(pipeline(step, budget="require cost <= 5.9USD"), "[prices]\nhour = 2")
    assert cost == "MLP409 `cost <= 5.9USD` does not hold: cost may come to 6USD"
    (long,) = said(pipeline(step, budget="require time <= 209min"), "")
    assert long == "MLP409 `time <= 209min` does not hold: time may come to 3.5h"


def test_the_longest_way_counts_and_what_promotes_waits_for_what_judges() -> None:
    steps = [
        ROWS.format("10min"),
        "split parts: random { data = rows, test = 20%, timeout = 10min }",
        "train short: sklearn.random_forest { data = parts.train, timeout = 1h }",
        "train long: sklearn.random_forest { data = parts.train, timeout = 5h }",
        "evaluate quality: classification { model = long, data = parts.test, timeout = 1h }",
        'register catalog: mlflow { model = short, name = "a", timeout = 1h }',
    ]
    total = "7h + 20min"
    assert said(pipeline(*steps, budget=f"require time <= {total}"), "") == []
    (found,) = said(pipeline(*steps, budget=f"require time < {total}"), "")
    assert found == f"MLP409 `time < {total}` does not hold: time may come to 7.33h"


def test_euros() -> None:
    prices = '[prices]\ncurrency = "EUR"\nhour = 2\n'
    assert said(pipeline(ROWS.format("1h"), budget="require cost <= 2EUR"), prices) == []
    (found,) = said(pipeline(ROWS.format("1h"), budget="require cost <= 3USD"), prices)
    assert found.startswith("MLP203")


def test_a_gpu_without_a_price() -> None:
    step = ROWS.format('1h, resources { gpu = 1, gpu_type = "nvidia-t4" }')
    (found,) = said(pipeline(step), '[prices.gpu_hour]\n"nvidia-t5" = 0.3\n')
    assert found == (
        "MLP410 whether `cost <= 1USD` holds is not known: there is no price for `nvidia-t4` (`nvidia-t5`?)"
    )


@pytest.mark.parametrize(
    ("prices", "reason"),
    [
        ("[prices", "MLP128 `mlpc.toml` cannot be read: "),
        ("a = " + "[" * 100_000, "MLP128 `mlpc.toml` cannot be read: it is nested too deep"),
        (
            "a = " + "9" * 10_000,
            "MLP128 `mlpc.toml` cannot be read: it is nested too deep, or a number is too long",
        ),
        ("prices = 3", "MLP128 `prices` is a table"),
        ("[prices]\ngpu_hour = 3", "MLP128 `gpu_hour` is a table"),
        ("[prices]\nhour = " + "9" * 400, "MLP128 `hour` is a number from 0 to 1,000,000,000"),
        ("[prices]\nhour = nan", "MLP128 `hour` is a number"),
        ("[prices]\nhour = inf", "MLP128 `hour` is a number"),
        ("[prices]\nhour = true", "MLP128 `hour` is a number"),
        ("[prices]\nhour = -1", "MLP128 `hour` is a number"),
        ('[prices]\ncurrency = ["USD"]', "MLP128 `currency` is one of"),
    ],
)
def test_prices_that_are_none(prices: str, reason: str) -> None:
    (found,) = said(pipeline(ROWS.format("1h")), prices)
    assert found.startswith(reason), found


def test_bytes_that_are_no_text() -> None:
    found = checked(pipeline(ROWS.format("1h")), {"mlpc.toml": b"\xff\xfe[prices]"})
    assert [item.code.code for item in found] == ["MLP128"]


def test_other_tables_of_the_file_are_no_matter() -> None:
    assert said(pipeline(ROWS.format("1h")), "[lint]\nanything = 1\n[prices]\nhour = 0.5\n") == []


def test_amounts_beyond_all_reason() -> None:
    step = ROWS.format("1e300h")
    (found,) = said(pipeline(step), "[prices]\nhour = 1e9")
    assert (
        found.startswith("MLP409 `cost <= 1USD` does not hold: cost may come to 1e+309USD")
        or "infUSD" in found
    )
    (found,) = said(pipeline(step, budget="require time <= 1h"), "")
    assert found.startswith("MLP409 `time <= 1h` does not hold: time may come to 3.6e+303s")


def test_a_long_row_of_steps_takes_no_longer_than_its_length() -> None:
    steps = [ROWS.format("1s")]
    before = "rows"
    for n in range(3000):
        steps.append(f"split s{n}: random {{ data = {before}, test = 20%, timeout = 1s }}")
        before = f"s{n}.train"
    begun = time.process_time()
    assert said(pipeline(*steps, budget="require time <= 3001s"), "") == []
    assert time.process_time() - begun < 30


def test_devices_that_take_figures_one_from_the_other_without_end() -> None:
    rest = 'core = "cortex-m3", clock = 8MHz, ram = 1KiB'
    lines = ["mlp 1", f"device d0: mcu {{ {rest}, flash = 1MiB }}"]
    lines += [f"device d{n}: mcu {{ {rest}, flash = d{n - 1}.flash }}" for n in range(1, 400)]
    assert checked("\n\n".join(lines) + "\n") == []
    found = checked("\n\n".join([lines[0], *reversed(lines[1:])]) + "\n")
    assert found
    assert {item.code.name for item in found} == {"nested-too-deep"}


INSTANCES = [
    'data rows each part in ["a", "b"]: csv { path = "${part}.csv", schema = Row, timeout = 1min }',
    'train fit each part in ["a", "b"]: sklearn.random_forest { data = rows[part], timeout = 10min }',
    """evaluate quality each part in ["a", "b"]: classification {
      model = fit[part], data = rows[part], timeout = 5min, require accuracy >= 0.5
    }""",
    "export best: onnx { model = best_of(fit[*], by = maximize(quality[*].accuracy)), timeout = 2min }",
]


def test_every_instance_costs_and_the_way_leads_through_a_choice() -> None:
    (cost,) = said(pipeline(*INSTANCES, budget="require cost < 34USD"), "[prices]\nhour = 60")
    assert cost == "MLP409 `cost < 34USD` does not hold: cost may come to 34USD"
    (long,) = said(pipeline(*INSTANCES, budget="require time < 18min"), "")
    assert long == "MLP409 `time < 18min` does not hold: time may come to 18min"


def test_what_all_instances_lack_is_said_once() -> None:
    steps = [step.replace(", timeout = 10min", "") for step in INSTANCES]
    (found,) = checked(pipeline(*steps, budget="require time < 1h"))
    assert found.message == "whether `time < 1h` holds is not known: `fit[part]` has no `timeout`"
    assert len(found.labels) == 1
