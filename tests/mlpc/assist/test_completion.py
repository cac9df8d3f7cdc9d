"""Programs with a cursor, and what may be written there."""

from __future__ import annotations

import pytest

from mlpc.assist.completion import REQUIRED, Item, complete
from tests.mlpc.assist.spot import in_pipeline, spot


def offered(text: str, files: dict[str, str | bytes] | None = None) -> dict[str, Item]:
    view, whole, offset = spot(text, files)
    return {item.label: item for item in complete(view, whole, offset).items}


DATA = '  data rows: csv { path = "rows.csv", schema = Row }\n'
TRAINED = DATA + "  train forest: sklearn.random_forest { data = rows }\n"


def test_the_top_level_takes_declarations() -> None:
    assert {"pipeline", "schema", "env", "use"} <= set(offered("mlp 1\n\n|"))


def test_a_pipeline_takes_kinds_and_what_is_said_of_it() -> None:
    found = offered(in_pipeline("  |"))
    assert {"data", "train", "deploy", "param", "secret", "owner"} <= set(found)
    assert found["train"].insert == "train ${1:name}: ${2:component} {\n  $0\n}"
    assert "task" not in found


def test_what_was_said_is_not_offered_again() -> None:
    assert "owner" not in offered(in_pipeline('  owner = "a@example.org"\n  |'))


def test_behind_the_colon_stand_the_components_of_the_kind() -> None:
    found = offered(in_pipeline("  train forest: |"))
    assert {"sklearn.random_forest", "sklearn.logistic_regression"} <= set(found)
    assert "csv" not in found


def test_behind_the_dot_those_of_the_module() -> None:
    found = offered(in_pipeline("  train forest: sklearn.|"))
    assert {"random_forest", "logistic_regression"} <= set(found)


def test_a_block_takes_its_keys_what_it_needs_first() -> None:
    found = offered(in_pipeline(DATA + "  train forest: sklearn.random_forest {\n    |\n  }"))
    assert found["data"].order == REQUIRED
    assert found["trees"].detail == "param trees: int in 1..100000 = 100"
    assert found["trees"].doc == "Number of trees."
    assert found["resources"].insert == "resources {\n  $0\n}"
    assert "require" not in found


def test_a_key_that_is_set_is_not_offered() -> None:
    found = offered(in_pipeline(DATA + "  train forest: sklearn.random_forest {\n    trees = 3\n    |\n  }"))
    assert "trees" not in found
    assert "data" in found


def test_a_nested_block_takes_its_own() -> None:
    found = offered(in_pipeline(TRAINED + "  export x: onnx {\n    model = forest\n    parity { |\n  }\n"))
    assert {"data", "max_abs", "agree"} <= set(found)
    assert "model" not in found


@pytest.mark.parametrize(
    ("written", "inserted"), [("|", '"balanced"'), ('"|', "balanced"), ('"bal|', "balanced")]
)
def test_a_choice_is_offered_with_the_quotes_that_lack(written: str, inserted: str) -> None:
    body = DATA + "  train forest: sklearn.random_forest {\n    class_weight = " + written + "\n  }"
    found = offered(in_pipeline(body))
    assert found["balanced"].insert == inserted


def test_an_input_takes_blocks_that_make_what_it_takes() -> None:
    found = offered(in_pipeline(TRAINED + "  evaluate q: classification {\n    model = |\n  }"))
    assert set(found) == {"forest"}


def test_a_split_is_offered_by_its_parts() -> None:
    body = (
        DATA
        + "  split parts: random { data = rows, test = 20% }\n  train f: sklearn.random_forest {\n    data = |\n  }"
    )
    assert set(offered(in_pipeline(body))) == {"rows", "parts.train", "parts.test"}


def test_behind_a_block_stand_outputs_and_columns() -> None:
    found = offered(
        in_pipeline(DATA + "  split parts: random {\n    data = rows\n    stratify = rows.|\n  }")
    )
    assert {"size", "colour", "good"} <= set(found)
    assert found["size"].doc == "Diameter, in millimetres."


def test_a_condition_takes_quantities_first() -> None:
    found = offered(
        in_pipeline(TRAINED + "  evaluate q: classification {\n    model = forest\n    require |\n  }")
    )
    assert found["accuracy"].order == REQUIRED
    assert "auc" in found


def test_a_number_takes_parameters_that_are_numbers() -> None:
    params = '  param trees: int = 20\n  param mail: string = "a"\n'
    body = params + DATA + "  train forest: sklearn.random_forest {\n    trees = |\n  }"
    found = offered(in_pipeline(body))
    assert "trees" in found
    assert "mail" not in found


def test_layers_are_calls_and_take_their_parameters() -> None:
    body = DATA + "  train net: keras.classifier {\n    data = rows\n    layers = [|\n  }"
    assert {"dense", "flatten", "conv2d"} <= set(offered(in_pipeline(body)))
    body = body.replace("[|", "[dense(4, |")
    assert set(offered(in_pipeline(body))) == {"units", "activation"}
    body = body.replace("(4, |", "(4, activation = |")
    assert offered(in_pipeline(body))["relu"].insert == '"relu"'


def test_modules_of_the_library() -> None:
    assert "devices" in offered("mlp 1\n\nuse std.|\n")
    assert set(offered("mlp 1\n\nuse |\n")) == {"std"}


def test_what_a_file_declares_is_offered_by_its_alias() -> None:
    body = "  deploy board: mcu {\n    board = |\n  }"
    text = in_pipeline(body).replace("mlp 1\n", "mlp 1\n\nuse std.devices as devices\n")
    assert "devices.raspberry_pi_pico" in offered(text)
    assert "raspberry_pi_pico" in offered(text.replace("board = |", "board = devices.|"))


def test_a_schema_takes_types_and_marks() -> None:
    assert "float" in offered("mlp 1\n\nschema Row {\n  size: |\n}\n")
    assert "label" in offered("mlp 1\n\nschema Row {\n  good: bool @|\n}\n")


def test_nothing_is_offered_in_a_comment() -> None:
    assert offered(in_pipeline("  # tr|")) == {}


def test_an_environment_offers_keys_of_the_block_that_it_changes() -> None:
    text = in_pipeline(TRAINED) + "\nenv prod {\n  train forest {\n    |\n  }\n}\n"
    assert "trees" in offered(text)
