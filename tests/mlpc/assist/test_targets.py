"""Programs with a cursor on a name, and what it stands for."""

from __future__ import annotations

import pytest

from mlpc.assist.targets import references, target
from tests.mlpc.assist.spot import in_pipeline, spot

BODY = """\
  ## How many.
  param trees: int in 1..500 = 20
  data rows: csv { path = "rows.csv", schema = Row }
  split parts: random { data = rows, test = 20%, stratify = rows.good }
  train forest: sklearn.random_forest { data = parts.train, trees = trees }
  evaluate quality: classification { model = forest, data = parts.test, require accuracy >= 90% }
"""
TEXT = in_pipeline(BODY) + "\nenv prod {\n  param trees = 200\n}\n"


@pytest.mark.parametrize(
    ("written", "place", "said"),
    [
        ("schema = R|ow", "main.mlp:13:8", "size: float >= 0"),
        ("data = par|ts.train", "main.mlp:7:9", "split parts: random"),
        ("data = parts.tr|ain", "std:split", "output train: dataset"),
        ("rows.go|od", "main.mlp:17:3", "good: bool @label"),
        ("trees = tr|ees", "main.mlp:5:9", "`20`; `200` under `prod`"),
        ("tr|ees = trees", "std:sklearn", "param trees: int in 1..100000 = 100"),
        ("require acc|uracy", "std:evaluate", "quantity accuracy"),
        ("tra|in forest", "std:kinds", "kind train"),
        ("sklearn.random_fo|rest", "std:sklearn", "component sklearn.random_forest: train"),
        ("evaluate quality: classi|fication", "std:evaluate", "component classification: evaluate"),
        ("model = for|est", "main.mlp:8:9", "train forest: sklearn.random_forest"),
    ],
)
def test_where_a_name_comes_from(written: str, place: str, said: str) -> None:
    view, _, offset = spot(TEXT.replace(written.replace("|", ""), written, 1))
    found = target(view, offset)
    assert found is not None
    assert found.span is not None
    assert str(found.span).startswith(place)
    assert said in found.text


def test_a_name_is_found_wherever_it_stands_for_the_same() -> None:
    view, text, offset = spot(TEXT.replace("param trees: int", "param tr|ees: int"))
    found = target(view, offset)
    assert found is not None
    assert found.renames
    assert found.span is not None
    places = [span.source.position(span.start)[0] for span in references(view, found.span)]
    # Not the parameter of the component, which is called the same.
    assert places == [5, 8, 21]
    assert text.splitlines()[20] == "  param trees = 200"


def test_the_library_is_not_renamed() -> None:
    view, _, offset = spot(
        TEXT.replace("tra|in forest", "train forest").replace("train forest", "tra|in forest", 1)
    )
    found = target(view, offset)
    assert found is not None
    assert not found.renames


def test_through_an_alias_into_another_file() -> None:
    lib = 'mlp 1\n\n## A board of ours.\ndevice own: mcu { core = "cortex-m4f", clock = 64MHz, flash = 1MiB, ram = 256KiB }\n'
    text = 'mlp 1\n\nuse "./lib.mlp" as lib\n\n' + in_pipeline("  deploy d: mcu { board = lib.o|wn }")[7:]
    view, _, offset = spot(text, {"lib.mlp": lib})
    found = target(view, offset)
    assert found is not None
    assert str(found.span) == "lib.mlp:4:8"
    assert "A board of ours." in found.text


def test_no_name_no_answer() -> None:
    view, _, offset = spot(TEXT.replace("mlp 1", "mlp| 1", 1))
    assert target(view, offset) is None


def test_what_is_estimated_of_a_block_stands_below_it() -> None:
    network = (
        '  data images: npz { path = "d.npz", schema = Digit }\n'
        '  train net: keras.classifier { data = images, layers = [flatten(), dense(10, activation = "softmax")] }\n'
        "  export f|ile: tflite { model = net }\n"
    )
    schema = "\nschema Digit {\n  pixels: tensor(float, [8, 8, 1]) in 0..1\n  digit: int in 0..9 @label\n}\n"
    view, _, offset = spot(in_pipeline(network) + schema)
    found = target(view, offset)
    assert found is not None
    assert found.text.endswith("estimated: about 4.08KiB")
    view, _, offset = spot(
        in_pipeline(network.replace("f|ile", "file").replace("model = net", "model = n|et")) + schema
    )
    found = target(view, offset)
    assert found is not None
    assert "estimated: 650 parameters, 640 multiplications" in found.text
