"""Programs, and what stands behind their text."""

from __future__ import annotations

from mlpc.assist.hints import hints
from mlpc.assist.view import View
from tests.loader import compiled
from tests.mlpc.assist.spot import SCHEMA

TEXT = f"""\
mlp 1

let base = 10
let limit = base * 2

pipeline p {{
  owner = "a@example.org"
  param trees: int in 1..500 = 20
  let deep = limit - 15
  let names = ["eu", "us"]
  data rows: csv {{ path = "rows.csv", schema = Row }}
  split parts: random {{ data = rows, test = 20%, seed = deep }}
  train forest each name in names: sklearn.random_forest {{
    data = parts.train
    trees = trees
    max_depth = if name == "eu" then deep else 3
    timeout = 10min
    resources {{ cpu = 1 + 1, memory = 1GiB }}
  }}
  train other: sklearn.random_forest {{ data = parts.train, trees = 30 }}
  register r: mlflow {{ model = other, name = "model-${{deep}}" }}
}}
{SCHEMA}
env ci {{
  param trees = 2
  train other {{ trees = 5 }}
}}
env prod {{
  data rows {{ path = "s3://bucket/rows.csv" }}
}}
"""


def told(text: str, files: dict[str, str | bytes] | None = None) -> list[tuple[str, str]]:
    """Return the hints of a text, each with the words before it."""
    view = View(compiled(text, files))
    return [(text[: hint.offset].split()[-1], hint.label) for hint in hints(view)]


def test_what_is_computed_is_told_and_what_environments_change() -> None:
    assert told(TEXT) == [
        ("2", "= 20"),
        ("20", "ci: 2"),
        ("15", "= 5"),
        ('"rows.csv"', 'prod: "s3://bucket/rows.csv"'),
        ("deep", "= 5"),
        ("trees", "= 20; ci: 2"),
        ("3", "= 5, 3"),
        ("1", "= 2"),
        ("30", "ci: 5"),
        ('"model-${deep}"', '= "model-5"'),
    ]


def test_a_text_that_does_not_parse_has_the_hints_of_the_rest() -> None:
    found = told(TEXT.replace("data = rows, test = 20%", "data = = rows, test = 20%"))
    assert ("2", "= 20") in found
    assert ("20", "ci: 2") in found
    assert told("") == []


def test_a_part_of_a_text_has_its_hints_alone() -> None:
    view = View(compiled(TEXT))
    start = TEXT.index("  train other")
    assert [hint.label for hint in hints(view, start, TEXT.index("\n", start))] == ["ci: 5"]


def test_what_is_long_is_cut_and_told_whole_beside() -> None:
    text = TEXT.replace('"model-${deep}"', '"model-${deep}-' + "x" * 60 + '"')
    (hint,) = [hint for hint in hints(View(compiled(text))) if "model" in hint.label]
    assert len(hint.label) == 48
    assert hint.label.endswith("…")
    assert hint.whole == '= "model-5-' + "x" * 60 + '"'


def test_what_a_budget_bounds_is_estimated_where_all_is_known() -> None:
    budget = "  budget { require cost <= 40USD, require time <= 2d }\n"
    steps = TEXT.replace("  owner =", budget + "  owner =").replace(
        "trees = 30 }", "trees = 30, timeout = 1h }"
    )
    steps = steps.replace("schema = Row }\n  split", "schema = Row, timeout = 1min }\n  split")
    steps = steps.replace("seed = deep }", "seed = deep, timeout = 1min }").replace(
        'name = "model-${deep}" }', 'name = "m", timeout = 1min }'
    )
    prices = b'[prices]\ncurrency = "USD"\ncpu_hour = 1.0\nmemory_gib_hour = 0.5\n'
    found = dict(told(steps, {"mlpc.toml": prices}))
    assert found.get("2d", "").startswith("time ")
    assert found["2d"].endswith(" at most")
    # Nothing is made up where something is missing.
    assert "2d" not in dict(told(TEXT.replace("  owner =", budget + "  owner =")))


NETWORK = """\
mlp 1

use std.devices as devices

pipeline p {
  data images: npz { path = "digits.npz", schema = Digit }
  train net: keras.classifier {
    data = images
    layers = [conv2d(8, kernel = 3), max_pool(), flatten(), dense(10, activation = "softmax")]
  }
  export file: tflite { model = net, quantize = "int8", calibrate = images }
  export halved: tflite { model = net, quantize = "float16" }
  deploy sensor: mcu { model = file, board = devices.nucleo_f446re }
}

schema Digit {
  pixels: tensor(float, [8, 8, 1]) in 0..1
  digit: int in 0..9 @label
}
"""


def test_layers_tell_what_they_give_and_what_a_network_takes_is_estimated() -> None:
    assert told(NETWORK) == [
        ("keras.classifier", "810 parameters, 3,312 multiplications"),
        ("3)", "[6, 6, 8], 80 parameters"),
        ("max_pool()", "[3, 3, 8]"),
        ("flatten()", "[72]"),
        ('"softmax")', "[10], 730 parameters"),
        ("tflite", "about 3.77KiB"),
        ("mcu", "about 75KiB of flash, about 3KiB of ram"),
    ]
    # Where a layer does not fit there is nothing behind it, and nothing is estimated.
    assert told(NETWORK.replace("flatten(), ", "")) == []
