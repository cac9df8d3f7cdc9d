"""What a network takes, before it is trained; `tests/mlpc_stdlib` shows how near that lies, by networks that are converted."""

from __future__ import annotations

import itertools

import pytest

from mlpc.assist.view import View
from mlpc.check.footprint import Footprint, estimate_of, footprint, plan
from tests.loader import checked, compiled

OWN = """
component doubled: layer {
  param units: int >= 1
  takes = [values]
  gives = [2 * units]
}
"""


def program(layers: str, more: str = "", quantize: str = "", schema: str = "") -> str:
    settings = f', quantize = "{quantize}"' if quantize else ""
    settings += ", calibrate = images" if quantize in ("int8", "int16x8") else ""
    return f"""mlp 1

use std.devices as devices

pipeline digits {{
  {more}
  data images: npz {{ path = "digits.npz", schema = Digit }}
  train net: keras.classifier {{ data = images, layers = [{layers}] }}
  export file: tflite {{ model = net{settings} }}
  deploy sensor: mcu {{ model = file, board = devices.raspberry_pi_pico_2 }}
}}

schema Digit {{
  {schema or "pixels: tensor(float, [8, 8, 1]) in 0..1"}
  digit: int in 0..9 @label
}}
"""


def of(text: str, block: str = "sensor") -> Footprint:
    view = View(compiled(text))
    assert view.typed is not None
    return footprint(view.checker, view.typed, view.typed.blocks[block])


END = 'dense(10, activation = "softmax")'


@pytest.mark.parametrize(
    ("layers", "parameters", "multiplications"),
    [
        (f"flatten(), {END}", 650, 640),
        (f"conv2d(8, kernel = 3), flatten(), {END}", 80 + 2890, 72 * 36 + 2880),
        (f'conv2d(4, kernel = 3, stride = 2, padding = "same"), flatten(), {END}', 40 + 650, 36 * 16 + 640),
        (f"depthwise_conv2d(kernel = 3), flatten(), {END}", 10 + 370, 9 * 36 + 360),
        (f"batch_norm(), global_average_pool(), {END}", 2 + 20, 10),
        (f"flatten(), layer_norm(), dropout(rate = 0.5), {END}", 128 + 650, 640),
    ],
)
def test_parameters_and_multiplications_are_counted(
    layers: str, parameters: int, multiplications: int
) -> None:
    found = of(program(layers))
    assert (found.figures["parameters"], found.figures["multiplications"]) == (parameters, multiplications)


def test_weights_are_shared_by_the_steps_of_a_series_and_multiplied_at_each() -> None:
    series = "pixels: tensor(float, [6, 3]) in 0..1"
    for layer, gates, biases in (("lstm", 4, 4), ("gru", 3, 6)):
        for unroll in ("true", "false"):
            found = of(program(f"{layer}(5, unroll = {unroll}), {END}", schema=series)).figures
            assert found["parameters"] == gates * 5 * (3 + 5) + biases * 5 + 60
            assert found["multiplications"] == 6 * gates * 5 * (3 + 5) + 50


def test_whole_numbers_take_less_and_what_is_larger_takes_more() -> None:
    sizes = [
        of(program(f"flatten(), dense({units}), {END}", quantize=form)).figures
        for units in (16, 64, 256)
        for form in ("int8", "none")
    ]
    for figure in ("size", "flash"):
        assert [each[figure] for each in sizes] == sorted(each[figure] for each in sizes)
    images = f"conv2d(16, kernel = 3), flatten(), {END}"
    whole, wide, floats = (of(program(images, quantize=form)).figures for form in ("int8", "int16x8", "none"))
    assert whole["ram"] < floats["ram"]
    assert whole["size"] < wide["size"] < floats["size"]


def test_what_is_folded_takes_nothing_of_its_own() -> None:
    plain = of(program(f"conv2d(8, kernel = 3), flatten(), {END}")).figures
    folded = of(program(f"conv2d(8, kernel = 3), batch_norm(), flatten(), {END}")).figures
    kept = of(program(f'conv2d(8, kernel = 3, activation = "tanh"), batch_norm(), flatten(), {END}')).figures
    assert (folded["size"], folded["ram"]) == (plain["size"], plain["ram"])
    assert folded["parameters"] == plain["parameters"] + 16
    assert kept["size"] > folded["size"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            program(f"flatten(), dense(units), {END}", "param units: int in 8..64 = 32"),
            "`units` of `dense` gets its value when the pipeline runs",
        ),
        (
            program(f"flatten(), {END}", quantize="float16"),
            '`quantize` of `file` is "float16", and what is estimated is "none", "int8", "int16x8"',
        ),
        (
            program(END, schema="...: float"),
            "how many values go into `net` is not said by its data",
        ),
    ],
)
def test_what_is_not_known_is_said(text: str, why: str) -> None:
    assert of(text, "file").why == why


def test_what_is_wrong_is_said_once() -> None:
    found = checked(program(END))
    assert [each.code.name for each in found] == ["layer-misfit"]


def test_a_layer_that_does_not_say_what_it_becomes_leaves_it_open() -> None:
    keras = compiled("mlp 1\n").modules.standard("keras")
    assert keras is not None
    # Every layer of the library says it.
    view = View(compiled("mlp 1\n"))
    for name, decl in keras.names.items():
        if decl.type is not None and decl.type.name.text == "layer":
            assert view.checker.declarations.component(keras, decl).becomes is not None, name


def test_what_a_declaration_says_it_becomes_is_a_list() -> None:
    (found,) = checked(
        f"mlp 1\n{OWN.replace('takes', 'becomes = 3 takes').replace('3 takes', '3' + chr(10) + '  takes')}"
    )
    assert found.message == "`becomes` is a list of operators"


@pytest.mark.parametrize(
    ("wanted", "bytes"),
    [
        ([], 0),
        ([(10, 0, 0)], 16),
        # In turn: the first and the second, the second and the third.
        ([(64, 0, 0), (32, 0, 1), (64, 1, 2)], 96),
        # All at once.
        ([(16, 0, 2), (16, 1, 2), (16, 2, 2)], 48),
        # Of equal ones the last is laid first, which leaves a gap here: `a person in 96 x 96` of the table is such a network.
        ([(110592, 0, 0), (73728, 0, 1), (73728, 1, 2), (147456, 2, 3)], 294912),
    ],
)
def test_values_share_memory_where_they_are_not_needed_together(
    wanted: list[tuple[int, int, int]], bytes: int
) -> None:
    assert plan(wanted) == bytes


def test_a_plan_holds_what_is_needed_together_and_is_no_larger_than_all() -> None:
    sizes, spans = (16, 48, 100), ((0, 0), (0, 1), (1, 2))
    for chosen in itertools.product(itertools.product(sizes, spans), repeat=3):
        wanted = [(size, first, last) for size, (first, last) in chosen]
        rounded = [(-(-size // 16) * 16, first, last) for size, first, last in wanted]
        together = max(
            sum(size for size, first, last in rounded if first <= step <= last) for step in range(3)
        )
        assert together <= plan(wanted) <= sum(size for size, _, _ in rounded)


def test_what_has_no_network_behind_it_has_no_estimate() -> None:
    text = """mlp 1
pipeline p {
  data rows: csv { path = "rows.csv", schema = Row }
  train forest: sklearn.random_forest { data = rows }
  export portable: onnx { model = forest }
}
schema Row { a: float, good: bool @label }
"""
    view = View(compiled(text))
    assert view.typed is not None
    assert [estimate_of(view.checker, view.typed, block) for block in view.typed.blocks.values()] == [
        [],
        [],
        [],
    ]
