"""`mlpc docs`: pages made of declarations and their doc comments."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlpc_cli.handbook import Handbook
from mlpc_cli.loader import DiskLoader
from tests.mlpc_cli.command import mlpc

HANDBOOK = Handbook(DiskLoader("."))
SPEC = """\
mlp 1

## Who leaves, and who stays.
pipeline churn {
  ## How many trees vote.
  param trees: int in 1..1000 = 200

  data people: csv { path = "people.csv", schema = Person }
}

schema Person {
  ## In whole years.
  age: int in 0..120
  churned: bool @label
}

## Ridge | regression.
component ridge: train {
  input data: dataset(label = ["float"])
  ## Strength of the penalty.
  param alpha: float > 0 = 1.0
  param warm_up: duration >= 0s = none
  param token: string @secret
  output model: model("sklearn", data)
  run = python("train.py:fit")
  requires = ["scikit-learn>=1.6,<2"]
}
"""
RIDGE = """\
## component ridge

A component of the kind `train`.

Ridge | regression.

**Inputs**

| name | type |
|---|---|
| `data` | `dataset(label = ["float"])` |

**Parameters**

| name | type | by default |  |
|---|---|---|---|
| `alpha` | `float > 0` | `1.0` | Strength of the penalty. |
| `warm_up` | `duration >= 0s` | may be left out |  |
| `token` | `string` | must be given | Takes a secret. |

**Outputs**

| name | type |
|---|---|
| `model` | `model("sklearn", data)` |
"""
FILE = """\
# main.mlp

## pipeline churn

Who leaves, and who stays.

|  |  |  |
|---|---|---|
| `param trees` | `int in 1..1000` | How many trees vote. |
| `data people` | `csv` |  |

## schema Person

| column | type |  |
|---|---|---|
| `age` | `int in 0..120` | In whole years. |
| `churned` | `bool @label` |  |

"""


def test_a_component() -> None:
    answer = mlpc("docs", "onnx")
    assert answer.code == 0
    page = answer.out.partition("\n# onnx\n")[0]
    assert page.startswith("# onnx\n\nA component of the kind `")
    assert "| `size` | `size >= 0B` | after the step | Size of the file, in bytes. |" in answer.out
    assert "## `parity { … }`" in answer.out
    assert (
        "\nrequire max_abs == none or difference <= max_abs\nrequire agreement >= agree\n```\n" in answer.out
    )
    assert "- `skl2onnx>=1.20,<2`\n" in answer.out
    assert "## Example\n\n```mlp\nmlp 1\n" in answer.out


def test_a_name_that_several_have_shows_them_all() -> None:
    answer = mlpc("docs", "mcu")
    assert answer.out.count("\n# mcu\n") + answer.out.startswith("# mcu\n") == 2
    assert mlpc("docs", "device/mcu").out.count("# mcu\n") == 1


def test_one_that_is_not_built_says_so() -> None:
    assert "**not built yet**" in mlpc("docs", "cloud_gpu").out
    assert "**not built yet**" not in mlpc("docs", "csv").out


def test_a_kind_has_what_all_its_components_share() -> None:
    answer = mlpc("docs", "evaluate")
    assert "Each `require` in it is a gate" in answer.out
    assert (
        "| `timeout` | `duration > 0s` | may be left out | Ends the step when it takes longer. |"
        in answer.out
    )
    assert "| `regression` | How far a model is off when it predicts a number |" in answer.out


def test_devices() -> None:
    answer = mlpc("docs", "devices")
    assert "## raspberry_pi_pico\n" in answer.out
    assert "| `clock` | `64MHz` |" in answer.out


def test_everything() -> None:
    answer = mlpc("docs")
    assert "train: Fits a model\n" in answer.out
    assert "  csv " in answer.out


def test_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "main.mlp").write_text(SPEC)
    answer = mlpc("docs", "main.mlp", cwd=tmp_path)
    assert answer.out == FILE + RIDGE
    assert mlpc("docs", "main.mlp", "ridge", cwd=tmp_path).out == RIDGE


def test_text_of_a_file_cannot_drive_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "main.mlp").write_text("mlp 1\n\n## Red \x1b[31m.\nschema Row { age: int }\n")
    answer = mlpc("docs", "main.mlp", cwd=tmp_path)
    assert answer.code == 0
    assert "\x1b" not in answer.out
    assert "Red" in answer.out


def test_on_a_terminal_a_page_is_drawn() -> None:
    answer = mlpc("docs", "csv", FORCE_COLOR="1")
    assert "\x1b[" in answer.out
    assert "```" not in answer.out


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            ["keras.clasifier"],
            "there is no component and no kind `keras.clasifier`\n  help: did you mean `keras.classifier`?",
        ),
        (["xyzzy"], "there is no component and no kind `xyzzy`\n  help: `mlpc docs` shows what there is"),
        (["csv", "path"], "`csv` is no file\n  help: write `mlpc docs csv`, or `mlpc docs main.mlp path`"),
        (["main.mlp", "rigde"], "`main.mlp` declares nothing called `rigde`\n  help: did you mean `ridge`?"),
    ],
)
def test_what_there_is_not(tmp_path: Path, asked: list[str], said: str) -> None:
    (tmp_path / "main.mlp").write_text(SPEC)
    answer = mlpc("docs", *asked, cwd=tmp_path)
    assert (answer.code, answer.out, answer.err) == (2, "", f"error: {said}\n")


def test_a_file_that_is_not_there() -> None:
    answer = mlpc("docs", "nowhere.mlp")
    assert answer.code == 4
    assert answer.err == "error[MLP691] no-such-file: there is no file `nowhere.mlp`\n"


@pytest.mark.parametrize("entry", HANDBOOK.entries, ids=lambda entry: entry.path)
def test_everything_in_the_standard_library_says_what_it_is_for(entry: object) -> None:
    assert getattr(entry, "summary", "")
