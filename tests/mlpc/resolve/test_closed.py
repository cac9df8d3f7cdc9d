"""Systems that are gone are answered with what takes their place, wherever they are named."""

from __future__ import annotations

import pytest

from mlpc.compilation import Compilation
from mlpc.diagnostics import Diagnostics
from mlpc.resolve.closed import closed
from mlpc.resolve.modules import Modules
from mlpc.syntax import tree
from tests.loader import Texts
from tests.mlpc_cli.command import mlpc

KNOWN = Modules(Texts({}), Diagnostics()).standard("closed")
assert KNOWN is not None
NAMES = sorted(KNOWN.names)

SPEC = """\
mlp 1

pipeline demo {{
  data cells: csv {{ path = "cells.csv", schema = Cell }}

  train model: {name} {{ data = cells }}
}}

schema Cell {{
  malignant: bool @label
}}
"""


def test_what_people_ask_for_is_listed() -> None:
    assert {
        "cortex", "clipper", "graphpipe", "torchserve", "neptune", "censius", "mmdnn", "glow", "openpai", "seldon",
        "whylogs", "pachyderm", "horovod", "onepanel", "igel", "m2cgen", "modelcardtoolkit", "aiplatform",
    } <= set(NAMES)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_each_says_what_takes_its_place(name: str) -> None:
    found = list(Compilation(Texts({"main.mlp": SPEC.format(name=name)}), "main.mlp").check())
    assert [item.code.name for item in found] == ["closed-system"]
    assert "take" in found[0].help[0] or "has become" in found[0].help[0]
    assert found[0].help[1] == (
        "components for `train`: `keras.classifier`, `keras.regressor`, `lightgbm.classifier`, `lightgbm.regressor`,"
        " `pytorch.classifier`, `pytorch.regressor`, `sklearn.logistic_regression`,"
        " `sklearn.random_forest`, `xgboost.classifier`, `xgboost.regressor`"
    )


@pytest.mark.parametrize("name", NAMES)
def test_each_is_text_alone(name: str) -> None:
    assert KNOWN is not None
    value = KNOWN.names[name].value
    assert isinstance(value, tree.String)
    assert all(isinstance(part, str) for part in value.parts)
    assert name == "".join(filter(str.isalnum, name.lower()))


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("TorchServe", True),
        ("torch_serve", True),
        ("Open-PAI", True),
        ("torch", False),
        ("", False),
        ("served", False),
    ],
)
def test_how_a_name_is_written_does_not_matter(written: str, found: bool) -> None:
    modules = Modules(Texts({}), Diagnostics())
    assert (closed(modules, (written,)) is not None) is found


def test_nothing_is_read_of_it_for_a_spec_that_names_none() -> None:
    class Noting(Texts):
        def read(self, path: str) -> bytes | None:
            read.append(path)
            return super().read(path)

    read: list[str] = []
    loader = Noting({"main.mlp": SPEC.format(name="sklearn.random_forest")})
    assert list(Compilation(loader, "main.mlp").check()) == []
    assert "std:kinds" in read
    assert "std:closed" not in read


def test_a_target_that_is_gone() -> None:
    answer = mlpc("targets", "--all", "--to", "openpai")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == (
        "error: there is no target `openpai`, and there will be none\n"
        "  help: OpenPAI has not been changed since June 2024; Kubeflow and Volcano take its place\n"
    )
