"""What `best_of` becomes: a step that knows of each candidate whether its gates have passed, and holds nobody else back."""

from __future__ import annotations

from mlpc.ir.nodes import FanOut, Gate, Reference, Task, Workflow
from mlpc.ir.verify import problems
from tests.loader import compiled

SPEC = """mlp 1

pipeline regions {
  data sales each region in ["eu", "us"]: csv { path = "${region}.csv", schema = Sale }
  train model each region in ["eu", "us"]: sklearn.random_forest { data = sales[region] }
  evaluate quality each region in ["eu", "us"]: regression {
    model = model[region]
    data = sales[region]
    require rmse <= 150
    require r2 >= 0 { severity = "warn" }
  }
  MORE
  register best: mlflow { model = best_of(MODEL[*], by = minimize(quality[*].rmse)), name = "best" }
}

schema Sale {
  items: int
  amount: float @label
}
"""


def lowered(more: str = "", model: str = "model") -> Workflow:
    found = compiled(SPEC.replace("MORE", more).replace("MODEL", model)).workflow()
    assert found is not None
    assert problems(found) == []
    return found


def task(workflow: Workflow, id: str) -> Task:
    found = workflow.node(id)
    assert isinstance(found, Task)
    return found


def gate(workflow: Workflow, id: str) -> Gate:
    found = workflow.node(id)
    assert isinstance(found, Gate)
    return found


def test_a_fan_out_holds_the_instances_together() -> None:
    found = lowered().node("model")
    assert isinstance(found, FanOut)
    assert (found.keys, found.members) == (("eu", "us"), {"eu": "model[eu]", "us": "model[us]"})


def test_nothing_waits_for_the_gate_of_a_candidate() -> None:
    workflow = lowered()
    waited = {
        id for node in workflow.nodes if not isinstance(node, FanOut) for id in getattr(node, "after", ())
    }
    assert waited == set()
    for region in ("eu", "us"):
        judged = gate(workflow, f"quality[{region}].gate")
        assert [condition.severity for condition in judged.conditions] == ["warn", "warn"]
        assert judged.labels["deciding"] == [0]
        assert judged.conditions[0].message == f"`model[{region}]` cannot be chosen"


def test_the_choice_is_told_what_the_gates_come_to() -> None:
    choice = task(lowered(), "best.model")
    assert [
        source.key for source in choice.inputs["candidates"].sources if isinstance(source, Reference)
    ] == ["eu", "us"]
    figure = {"metric": {"node": "quality[us]", "name": "rmse"}}
    figures, passed = choice.arguments["figures"], choice.arguments["passed"]
    assert isinstance(figures, list)
    assert isinstance(passed, list)
    assert figures[1] == {"otherwise": [figure, None]}
    assert passed[1] == {"otherwise": [{"op": "<=", "args": [figure, 150]}, False]}
    assert choice.arguments["goal"] == "minimize"


def test_what_registers_the_winner_gets_its_figures() -> None:
    best = task(lowered(), "best")
    assert best.inputs["model"].sources == (Reference("best.model", "chosen"),)
    assert best.inputs["metrics"].sources == (Reference("best.model", "of_quality", key="quality"),)
    assert best.after == ()


def test_a_gate_that_something_else_waits_for_blocks_as_ever() -> None:
    workflow = lowered('register europe: mlflow { model = model["eu"], name = "europe" }')
    assert [each.severity for each in gate(workflow, "quality[eu].gate").conditions] == ["error", "warn"]
    assert [each.severity for each in gate(workflow, "quality[us].gate").conditions] == ["warn", "warn"]
    assert task(workflow, "europe").after == ("quality[eu].gate",)


def test_the_gates_on_the_way_to_a_candidate_count() -> None:
    """A parity gate of an export costs its candidate, as the `evaluate` of the model that was exported does."""
    more = (
        'export port each region in ["eu", "us"]: onnx { model = model[region]\n'
        "parity { data = sales[region], max_abs = 0.1 } }"
    )
    text = SPEC.replace("MORE", more).replace("MODEL", "port")
    text = text.replace("register best: mlflow {", "deploy best: server {").replace(', name = "best"', "")
    workflow = compiled(text).workflow()
    assert workflow is not None
    assert problems(workflow) == []
    passed = task(workflow, "best.model").arguments["passed"]
    assert isinstance(passed, list)
    assert "parity.difference" in str(passed[0])
    assert "quality[eu]" in str(passed[0])
    assert "port[us].gate" not in [id for node in workflow.nodes for id in getattr(node, "after", ())]


def test_an_evaluation_of_the_winner_gates_it() -> None:
    text = SPEC.replace(
        "MORE",
        "let winner = best_of(model[*], by = minimize(quality[*].rmse))\n"
        'evaluate final: regression { model = winner, data = sales["eu"], require mae <= 9 }',
    )
    text = text.replace("best_of(MODEL[*], by = minimize(quality[*].rmse))", "winner")
    workflow = compiled(text).workflow()
    assert workflow is not None
    choices = [node.id for node in workflow.nodes if node.labels.get("kind") == "choice"]
    assert choices == ["final.model"]
    assert task(workflow, "best").after == ("final.gate",)
