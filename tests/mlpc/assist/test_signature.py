"""Calls that are being written, and what they take."""

from __future__ import annotations

import pytest

from mlpc.assist.completion import complete
from mlpc.assist.signature import signature
from tests.mlpc.assist.spot import in_pipeline, spot

_NET = """\
  data rows: csv {{ path = "rows.csv", schema = Row }}
  train net: keras.classifier {{
    data = rows
    layers = [{layers}
"""


@pytest.mark.parametrize(
    ("written", "label", "active"),
    [
        ("dense(|", "dense(units: int >= 1, ", "units"),
        ("dense(32, |", "dense(", "activation"),
        ("dense(32, activation = |", "dense(", "activation"),
        ('dense(32, activation = "re|', "dense(", "activation"),
        ("flatten(), dense(32, activation = |", "dense(", "activation"),
        ("dense(activation = |)]", "dense(", "activation"),
        ("conv2d(8, kernel = (|", "conv2d(", "kernel"),
    ],
)
def test_a_call_that_is_declared(written: str, label: str, active: str) -> None:
    view, text, offset = spot(in_pipeline(_NET.format(layers=written)))
    found = signature(view, text, offset)
    assert found is not None
    assert found.label.startswith(label)
    assert found.active is not None
    argument = found.arguments[found.active]
    assert argument.name == active
    assert found.label[argument.start : argument.end] == argument.label


@pytest.mark.parametrize("written", ["dense(1, 2, 3, 4, 5, 6, 7, 8, |", "dense(color = |"])
def test_an_argument_that_is_not_taken_is_none_of_them(written: str) -> None:
    view, text, offset = spot(in_pipeline(_NET.format(layers=written)))
    found = signature(view, text, offset)
    assert found is not None
    assert found.active is None


@pytest.mark.parametrize("written", ["|", "dense(2)|", "none_such(|", "[|", "# dense(|"])
def test_where_no_call_is_open_nothing_is_said(written: str) -> None:
    view, text, offset = spot(in_pipeline(_NET.format(layers=written)))
    assert signature(view, text, offset) is None


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("mlp 1\npipeline p {\n  let a = max(|\n}\n", "max(values)"),
        ("mlp 1\npipeline p {\n  register r: mlflow { model = best_of(m[*], by = |", "best_of(candidates, "),
        ("mlp 1\npipeline p {\n  register r: mlflow { model = best_of(m[*], by = minimize(|", "minimize(figures)"),
        ('mlp 1\ntest "t" { expect runs(|', "runs(block)"),
        ("mlp 1\ncomponent c: train {\n  run = python(|\n}\n", 'python("file.py:function")'),
        ("mlp 1\npipeline p {\n  secret s: url = env(|", 'env("NAME")'),
    ],
)  # fmt: skip
def test_a_function_of_the_language(text: str, label: str) -> None:
    view, text, offset = spot(text)
    found = signature(view, text, offset)
    assert found is not None
    assert found.label.startswith(label)
    assert found.doc
    assert found.active is not None


def test_a_function_is_told_where_it_can_stand_only() -> None:
    view, text, offset = spot("mlp 1\npipeline p {\n  let a = python(|\n}\n")
    assert signature(view, text, offset) is None


def test_a_distribution_of_a_search_is_known_as_well() -> None:
    view, text, offset = spot(
        in_pipeline(
            "  train t: keras.classifier {\n    tune {\n      search { batch = choice(|) }\n    }\n  }\n"
        )
    )
    found = signature(view, text, offset)
    assert found is not None
    assert found.label.startswith("choice(")
    assert [item.label for item in complete(view, text, offset).items] == [
        argument.name for argument in found.arguments
    ]
