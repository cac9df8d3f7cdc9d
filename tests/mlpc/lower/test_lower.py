"""What values become in the workflow."""

from __future__ import annotations

import pytest

from mlpc.ir.nodes import External, Task
from tests.loader import workflow_of

SPEC = """mlp 1

pipeline sickness {
  param limits: map(list(float)) = { low = [0, 1], high = [2] }
  step tell: tell { place = "data/x.txt", limits = limits, more = { a = "b" } }
}

component tell: step {
  param place: path
  param limits: map(list(float))
  param more: map(string)
  run = python("steps.py:tell")
}
"""
CODE = "def tell(place, limits, more):\n    return {}\n"


def test_a_map_is_a_literal_as_a_default_and_no_expression_as_an_argument() -> None:
    workflow = workflow_of(SPEC, files={"steps.py": CODE})
    assert workflow.params[0].default == {"low": [0, 1], "high": [2]}
    (task,) = workflow.nodes
    assert isinstance(task, Task)
    assert task.arguments["limits"] == {"param": "limits"}
    assert task.arguments["more"] == {"const": {"a": "b"}}


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("data/cells.csv", False),
        ("https://example.org/cells.csv", True),
        ("s3://bucket/cells.csv", True),
        ("data/a://b.csv", False),
        ("data/a b://c", False),
    ],
)
def test_data_is_behind_a_url_only_where_its_path_has_the_form_of_one(path: str, url: bool) -> None:
    spec = """mlp 1
pipeline sickness { data rows: csv { path = "PATH", schema = Row } }
schema Row { age: int }
"""
    (task,) = workflow_of(spec.replace("PATH", path)).nodes
    assert isinstance(task, Task)
    (source,) = task.inputs["path"].sources
    assert isinstance(source, External)
    assert (source.location, source.url) == (path, url)
