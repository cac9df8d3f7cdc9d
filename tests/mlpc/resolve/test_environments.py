"""Environments: what each may change, rule by rule, and what it may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlpc.ir.nodes import Gate, Task

from ...loader import checked, compiled, workflow_of

if TYPE_CHECKING:
    from mlpc.ir.nodes import JsonObject, Node

PIPELINE = """mlp 1

pipeline sickness {
  owner = "clinic@example.org"
  tags = ["a", "b"]
  param trees: int in 10..1000 = 200
  let share = 20%
  secret token: string

  data rows: csv { path = "rows.csv", schema = Row }
  split parts: random { data = rows, test = share, seed = 7 }
  train forest: sklearn.random_forest {
    data = parts.train
    trees = trees
    resources { cpu = 2, memory = 2GiB }
  }

  evaluate quality: classification {
    model = forest
    data = parts.test
    require accuracy >= 0.9
    require floor: auc >= 0.8
    require recall >= 0.5
  }

  register catalog: mlflow { model = forest, name = "sickness", token = token }
}

schema Row {
  age: int
  sick: bool @label
}

component sql: data {
  param query: string
  param schema: schema
  output rows: dataset(schema)
  run = python("sql.py:read")
}
"""
FILES: dict[str, str | bytes] = {"sql.py": "def read(query):\n    return query\n"}


def under(*lines: str, more: str = "") -> dict[str, Node]:
    """Return the nodes under `env e { … }`."""
    body = "\n".join(f"  {line}" for line in lines)
    made = workflow_of(f"{PIPELINE}\nenv e {{\n{body}\n}}\n{more}", "e", FILES)
    assert made.environment == "e"
    return {node.id: node for node in made.nodes}


def task(nodes: dict[str, Node], id: str) -> Task:
    node = nodes[id]
    assert isinstance(node, Task)
    return node


def arguments(nodes: dict[str, Node], id: str) -> JsonObject:
    return task(nodes, id).arguments


def conditions(nodes: dict[str, Node]) -> list[str]:
    gate = nodes["quality.gate"]
    assert isinstance(gate, Gate)
    return [condition.text for condition in gate.conditions]


def mistakes(*lines: str, more: str = "") -> list[str]:
    body = "\n".join(f"  {line}" for line in lines)
    return [item.message for item in checked(f"{PIPELINE}\nenv e {{\n{body}\n}}\n{more}", FILES)]


def test_a_param_gets_another_default() -> None:
    made = workflow_of(f"{PIPELINE}\nenv e {{\n  param trees = 20\n}}\n", "e", FILES)
    assert [(param.name, param.default) for param in made.params] == [("trees", 20)]
    assert made.params[0].type == {"base": "int", "min": 10, "max": 1000}


def test_a_let_gets_another_value() -> None:
    assert arguments(under("let share = 0.3"), "parts")["test"] == 0.3


def test_a_block_gets_other_attributes_and_keeps_the_rest() -> None:
    nodes = under("split parts { seed = 8 }")
    assert (arguments(nodes, "parts")["seed"], arguments(nodes, "parts")["test"]) == (8, 0.2)


def test_nested_blocks_are_merged_key_by_key() -> None:
    resources = task(under("train forest { resources { memory = 8GiB } }"), "forest").resources
    assert (resources.cpu, resources.memory) == (2, 8 * 2**30)


def test_a_nested_block_that_was_not_there_is_added() -> None:
    assert task(under("train forest { retry { attempts = 4 } }"), "forest").retry.attempts == 4


def test_a_block_is_added() -> None:
    nodes = under('data more: csv { path = "more.csv", schema = Row }')
    assert "more" in nodes


def test_a_block_is_replaced_whole_where_its_component_is_named() -> None:
    rows = task(under('data rows: sql { query = "select *", schema = Row }'), "rows")
    assert rows.action.target == "sql.py"
    assert rows.arguments == {"query": "select *"}
    assert rows.inputs == {}


def test_a_secret_comes_from_somewhere() -> None:
    made = workflow_of(f'{PIPELINE}\nenv e {{\n  secret token = env("TOKEN")\n}}\n', "e", FILES)
    assert made.secrets[0].source == {"env": "TOKEN"}


def test_a_block_is_taken_away() -> None:
    assert "catalog" not in under("remove catalog")


def test_a_key_is_taken_away() -> None:
    assert arguments(under("split parts { remove seed }"), "parts")["seed"] == 0


def test_lists_are_replaced_whole() -> None:
    made = workflow_of(f'{PIPELINE}\nenv e {{\n  tags = ["c"]\n}}\n', "e", FILES)
    assert made.labels == {"owner": "clinic@example.org", "tags": ["c"]}


def test_a_condition_replaces_the_one_of_the_same_name() -> None:
    nodes = under("evaluate quality { require floor: f1 >= 0.7 }")
    assert conditions(nodes) == ["accuracy >= 0.9", "f1 >= 0.7", "recall >= 0.5"]


def test_a_condition_without_a_name_replaces_the_one_with_the_same_left_side() -> None:
    nodes = under("evaluate quality { require recall   < 0.99 }")
    assert conditions(nodes) == ["accuracy >= 0.9", "auc >= 0.8", "recall < 0.99"]


def test_a_condition_is_taken_away_by_its_name() -> None:
    assert conditions(under("evaluate quality { remove floor }")) == ["accuracy >= 0.9", "recall >= 0.5"]


def test_an_environment_builds_on_another() -> None:
    nodes = under(
        "split parts { seed = 8 }",
        more="env f: e {\n  split parts { test = 30% }\n}\n",
    )
    assert arguments(nodes, "parts")["test"] == 0.2
    made = workflow_of(
        f"{PIPELINE}\nenv e {{\n  split parts {{ seed = 8 }}\n}}\n\nenv f: e {{\n  split parts {{ test = 30% }}\n}}\n",
        "f",
        FILES,
    )
    parts = next(node for node in made.nodes if node.id == "parts")
    assert isinstance(parts, Task)
    assert (parts.arguments["seed"], parts.arguments["test"]) == (8, 0.3)


def test_one_environment_changes_nothing_for_another() -> None:
    text = f"{PIPELINE}\nenv e {{\n  split parts {{ seed = 8 }}\n  remove catalog\n}}\n"
    plain = {node.id: node for node in workflow_of(text, files=FILES).nodes}
    assert arguments(plain, "parts")["seed"] == 7
    assert "catalog" in plain
    assert workflow_of(text, files=FILES).nodes == workflow_of(PIPELINE, files=FILES).nodes


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("param tres = 20", "the pipeline has no `tres` to change"),
        ("param trees = 5", "`trees` is in 10..1000, but this is 5"),
        ("param trees: float = 5.5", "an environment gives `trees` another value, never another type"),
        ("param trees", "nothing is said about `trees`"),
        ("data rows", "nothing is said about `rows`"),
        ('data rws { path = "x.csv" }', "the pipeline has no `rws` to change"),
        ("train rows { trees = 3 }", "`rows` is a `data`, not a `train`"),
        ("remove nothing_like_it", "the pipeline has no `nothing_like_it` to remove"),
        ("split parts { remove sed }", "`parts` has no `sed` to remove"),
        ("split parts { sed = 3 }", "`random` has no `sed`"),
        ("evaluate quality { require f1 >= 0.5 }", "`quality` has no condition on `f1` to replace"),
        (
            "evaluate quality { require flor: f1 >= 0.5 }",
            "`quality` has no condition named `flor` to replace",
        ),
        ("remove parts", "`parts` is needed, but environment `e` takes it away"),
        (
            "notify team: webhook { url = 1 }",
            "`url` of `webhook` is an url, but this is an int",
        ),
        ("schema Other { age: int }", "a schema stands at the top level of a file, not in an environment"),
        ('data { path = "x.csv" }', "a `data` needs a name"),
    ],
)
def test_what_an_environment_may_not(line: str, message: str) -> None:
    assert message in mistakes(line)
    assert len(set(mistakes(line))) == 1


def test_an_unknown_environment_that_is_asked_for() -> None:
    compilation = compiled(f"{PIPELINE}\nenv prod {{\n  param trees = 20\n}}\n", FILES, "prd")
    (found,) = compilation.check()
    assert found.code.name == "unknown-environment"
    assert found.help == ("did you mean `prod`?",)
    assert compilation.workflow() is None


def test_a_mistake_of_the_pipeline_is_said_once_and_one_of_an_environment_with_its_name() -> None:
    environments = "\nenv e {\n  param trees = 20\n}\n\nenv f {\n  data rows { schema = Short }\n}\n"
    short = "\nschema Short {\n  sick: bool @label\n}\n"
    text = PIPELINE.replace("seed = 7", "stratify = rows.age, sed = 7") + short + environments
    found = checked(text, FILES)
    assert [(item.message, item.help) for item in found] == [
        ("`rows` has no column `age`", ("it has `sick`", "this is so under environment `f`")),
        ("`random` has no `sed`", ()),
    ]
