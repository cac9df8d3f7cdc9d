"""A new component in a fresh `.mlp` file needs no change to the compiler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlpc.ir.nodes import Gate, Task

from ...loader import checked, workflow_of

if TYPE_CHECKING:
    from mlpc.ir.nodes import Node

LIBRARY = """mlp 1

## Gradient boosting of my own.
component booster: train {
  ## Rows with what is to be foretold.
  input data: dataset(label = ["int", "float"])
  input warm: model = none
  param rounds: int in 1..5000 = 300
  param rate: float > 0 = 0.1
  param patience: duration >= 1s
  param loss: enum("squared", "absolute") = "squared"
  output model: model("xgboost", data)
  block early_stopping {
    input data: dataset(data)
    param rounds: int >= 1 = 20
    param at_most: float >= 0 = none
    quantity gap: float >= 0 @after
    require at_most == none or gap <= at_most
  }
  run = python("../code/boost.py:fit")
  requires = ["xgboost>=2,<4"]
}

component far_off: evaluate {
  input model: model("xgboost")
  input data: dataset(model, label = ["int", "float"])
  param horizon: duration > 0s = 1d
  quantity mape: float in 0..1 @after
  quantity pinball: float >= 0 @after @by_class
  output metrics: metrics
  run = python("../code/boost.py:judge")
  requires = ["xgboost>=2,<4"]
}

## The same rows, fewer columns: what comes out has the columns of `rows`.
component sift: transform {
  input rows: dataset
  output kept: dataset(rows)
  run = container(image = "example.org/sift:2", command = ["sift", "--quiet"])
}
"""

CODE = """
def fit(data, warm=None, *, rounds, rate, patience, loss, **early_stopping):
    return data

def judge(model, data, horizon):
    return {}
"""

PIPELINE = """mlp 1

use "./lib/boost.mlp" as boost

pipeline demand {
  data sales: csv { path = "sales.csv", schema = Sale }
  transform kept: boost.sift { rows = sales }
  split parts: random { data = kept, test = 20%, stratify = kept.shop }
  train trees: boost.booster {
    data = parts.train
    patience = 2min
    early_stopping { data = parts.test, at_most = 0.5 }
    resources { cpu = 4 }
  }

  evaluate quality: boost.far_off {
    model = trees
    data = parts.test
    require mape <= 20%
    require pinball["0.9"] <= 3
  }

  step tidy: sweep { model = trees, keep = 3 }
}

component sweep: step {
  input model: model
  param keep: int in 1..9 = 1
  output log: report
  run = python("tidy.py:sweep")
}

schema Sale {
  shop: enum("a", "b")
  items: int @label
}
"""

FILES: dict[str, str | bytes] = {
    "lib/boost.mlp": LIBRARY,
    "code/boost.py": CODE,
    "tidy.py": "def sweep(model, keep):\n    return {}\n",
}


def messages(old: str, new: str) -> list[str]:
    assert PIPELINE.count(old) == 1
    return [f"{item.code.name}: {item.message}" for item in checked(PIPELINE.replace(old, new), FILES)]


def test_the_new_components_reach_the_workflow() -> None:
    nodes: dict[str, Node] = {node.id: node for node in workflow_of(PIPELINE, files=FILES).nodes}
    assert list(nodes) == ["sales", "kept", "parts", "trees", "trees.gate", "quality", "quality.gate", "tidy"]

    kept = nodes["kept"]
    assert isinstance(kept, Task)
    assert (kept.action.kind, kept.action.target) == ("container", "example.org/sift:2")
    assert kept.action.command == ("sift", "--quiet")
    sale = kept.outputs["kept"].type["schema"]
    assert isinstance(sale, dict)
    assert sale["name"] == "Sale"

    trees = nodes["trees"]
    assert isinstance(trees, Task)
    assert (trees.action.kind, trees.action.target, trees.action.function) == (
        "project",
        "code/boost.py",
        "fit",
    )
    assert trees.arguments == {
        "rounds": 300,
        "rate": 0.1,
        "patience": 120,
        "loss": "squared",
        "early_stopping.rounds": 20,
        "early_stopping.at_most": 0.5,
    }
    assert set(trees.inputs) == {"data", "early_stopping.data"}
    assert "xgboost>=2,<4" in trees.requirements
    assert trees.resources.cpu == 4
    model = trees.outputs["model"].type
    assert (model["framework"], model["label"]) == ("xgboost", "items")
    assert model["schema"] == sale

    # The condition that the declaration itself makes, with the bound that the pipeline gave.
    gate = nodes["trees.gate"]
    assert isinstance(gate, Gate)
    assert [condition.text for condition in gate.conditions] == ["early_stopping.gap <= 0.5"]
    quality = nodes["quality.gate"]
    assert isinstance(quality, Gate)
    assert [condition.text for condition in quality.conditions] == ["mape <= 20%", 'pinball["0.9"] <= 3']

    tidy = nodes["tidy"]
    assert isinstance(tidy, Task)
    assert (tidy.action.target, tidy.action.function, tidy.arguments) == ("tidy.py", "sweep", {"keep": 3})


def test_a_condition_of_the_declaration_speaks_only_where_it_is_asked_for() -> None:
    without = PIPELINE.replace(", at_most = 0.5", "")
    assert "trees.gate" not in [node.id for node in workflow_of(without, files=FILES).nodes]


def test_what_the_new_components_declare_is_held_to() -> None:
    assert messages("patience = 2min", "patience = 2") == [
        "missing-unit: `patience` of `boost.booster` is a duration: it needs a unit"
    ]
    assert messages("patience = 2min", "patience = 500ms") == [
        "out-of-range: `patience` of `boost.booster` is >= 1s, but this is 500ms"
    ]
    assert messages("    patience = 2min\n", "") == ["missing-key: `trees` needs `patience`"]
    assert messages("patience = 2min", "patience = 2min, lost = 3") == [
        "unknown-key: `boost.booster` has no `lost`"
    ]
    assert messages("at_most = 0.5", "at_mst = 0.5") == [
        "unknown-key: `boost.booster.early_stopping` has no `at_mst`"
    ]
    assert messages("require mape", "require smape") == ["unknown-metric: `quality` has no quantity `smape`"]
    assert messages("kept.shop", "kept.shp") == ["unknown-column: `kept` has no column `shp`"]
    assert messages("keep = 3", "keep = 10") == ["out-of-range: `keep` of `sweep` is in 1..9, but this is 10"]
    assert messages("items: int @label", "items: string @label") == [
        "wrong-label-type: `booster` cannot work with the label `items`, which is a string",
        "wrong-label-type: `far_off` cannot work with the label `items`, which is a string",
    ]
    assert messages("model = trees\n    data", "model = sales\n    data") == [
        'wrong-artefact: `model` of `quality` takes a model("xgboost"), but `sales` is a dataset(Sale)'
    ]
    assert messages("train trees: boost.booster", "train trees: boost.boster") == [
        "unknown-component: there is no component `boost.boster` for `train`"
    ]
