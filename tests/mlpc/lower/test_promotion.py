"""Which gates hold back what."""

from __future__ import annotations

from mlpc.ir.nodes import Gate, Reference, Service, Task, Workflow

from ...loader import workflow_of


def workflow(*lines: str, environments: str = "") -> Workflow:
    body = "\n".join(f"  {line}" for line in lines)
    return workflow_of(f"""mlp 1

pipeline sickness {{
  data rows: csv {{ path = "rows.csv", schema = Row }}
  split parts: random {{ data = rows, test = 20% }}
  train forest: sklearn.random_forest {{ data = parts.train }}
{body}
}}

schema Row {{
  age: int
  sick: bool @label
}}
{environments}""")


def after(workflow: Workflow, id: str) -> list[str]:
    """Return what has to be done, or passed, before ``id`` runs, beside what it takes."""
    (node,) = [node for node in workflow.nodes if node.id == id]
    assert isinstance(node, Task | Service)
    return sorted(node.after)


def figures(workflow: Workflow, id: str) -> list[str]:
    """Return the evaluations whose figures are written down with what `id` promotes."""
    (node,) = [node for node in workflow.nodes if node.id == id]
    assert isinstance(node, Task)
    ports = [port for port in node.inputs.values() if port.many]
    return [source.key for port in ports for source in port.sources if isinstance(source, Reference)]


def gates(workflow: Workflow) -> list[str]:
    return [node.id for node in workflow.nodes if isinstance(node, Gate)]


JUDGED = "evaluate quality: classification { model = forest, data = parts.test, require auc >= 0.9 }"
AGAIN = "evaluate fair: classification { model = forest, data = rows, require recall >= 0.5 }"
REGISTER = 'register catalog: mlflow { model = forest, name = "sickness" }'
EXPORT = "export portable: onnx { model = forest }"
EXPORT_CHECKED = "export portable: onnx { model = forest, parity { data = parts.test, max_abs = 1e-4 } }"
DEPLOY = "deploy api: server { model = portable }"


def test_the_gates_of_a_model_hold_back_its_registration() -> None:
    made = workflow(JUDGED, REGISTER)
    assert after(made, "catalog") == ["quality.gate"]
    assert figures(made, "catalog") == ["quality"]


def test_every_evaluation_of_the_model_counts() -> None:
    made = workflow(REGISTER, JUDGED, AGAIN)
    assert after(made, "catalog") == ["fair.gate", "quality.gate"]
    assert figures(made, "catalog") == ["quality", "fair"]


def test_what_a_model_is_only_compared_with_is_not_judged() -> None:
    rival = "train small: sklearn.random_forest { data = parts.train }"
    compared = (
        "evaluate quality: classification { model = forest, data = parts.test, baseline = small,"
        " require auc >= baseline.auc }"
    )
    small = 'register other: mlflow { model = small, name = "small" }'
    made = workflow(rival, compared, REGISTER, small)
    assert after(made, "catalog") == ["quality.gate"]
    assert after(made, "other") == []


def test_the_gates_of_a_model_hold_back_everything_exported_from_it() -> None:
    made = workflow(JUDGED, EXPORT, DEPLOY)
    assert after(made, "api") == ["quality.gate"]
    # Exporting is no promotion: it may go on while the model is judged.
    assert after(made, "portable") == []


def test_parity_holds_back_only_what_is_downstream_of_the_export() -> None:
    made = workflow(JUDGED, EXPORT_CHECKED, DEPLOY, REGISTER)
    assert gates(made) == ["quality.gate", "portable.gate"]
    assert after(made, "api") == ["portable.gate", "quality.gate"]
    assert after(made, "catalog") == ["quality.gate"]


def test_parity_holds_back_a_step_that_takes_the_exported_model_though_it_promotes_nothing() -> None:
    made = workflow(EXPORT_CHECKED, "evaluate small: classification { model = portable, data = parts.test }")
    assert after(made, "small") == ["portable.gate"]


def test_judging_the_exported_model_does_not_gate_the_original() -> None:
    judged = "evaluate small: classification { model = portable, data = parts.test, require auc >= 0.8 }"
    made = workflow(EXPORT, judged, DEPLOY, REGISTER)
    assert after(made, "api") == ["small.gate"]
    assert after(made, "catalog") == []
    assert figures(made, "catalog") == []


def test_another_model_is_none_of_its_business() -> None:
    other = "train other: sklearn.random_forest { data = parts.train }"
    judged = "evaluate rival: classification { model = other, data = parts.test, require auc >= 0.99 }"
    made = workflow(other, judged, JUDGED, REGISTER)
    assert after(made, "catalog") == ["quality.gate"]


def test_an_evaluation_without_a_condition_gives_figures_and_holds_back_nothing() -> None:
    made = workflow("evaluate quality: classification { model = forest, data = parts.test }", REGISTER)
    assert gates(made) == []
    assert after(made, "catalog") == []
    assert figures(made, "catalog") == ["quality"]


def test_a_condition_that_only_warns_says_so() -> None:
    made = workflow(
        "evaluate quality: classification {",
        "  model = forest",
        "  data = parts.test",
        '  require auc >= 0.9 { severity = "warn", message = "below what we are used to" }',
        "  require recall >= 0.5",
        "}",
        REGISTER,
    )
    (gate,) = [node for node in made.nodes if isinstance(node, Gate)]
    assert [(c.text, c.severity, c.message) for c in gate.conditions] == [
        ("auc >= 0.9", "warn", "below what we are used to"),
        ("recall >= 0.5", "error", ""),
    ]


def test_what_is_known_only_live_is_a_service_level_and_no_gate() -> None:
    made = workflow(
        EXPORT,
        "deploy api: server {",
        "  model = portable",
        "  replicas = 2..4",
        "  require p95 <= 50ms",
        "  require calm: error_rate < 1%",
        "}",
    )
    assert gates(made) == []
    (api,) = [node for node in made.nodes if isinstance(node, Service)]
    assert [(level.name, level.text) for level in api.levels] == [
        ("", "p95 <= 50ms"),
        ("calm", "error_rate < 1%"),
    ]
    assert api.levels[0].expr == {"op": "<=", "args": [{"metric": {"node": "api", "name": "p95"}}, 0.05]}
    assert api.replicas == (2, 4)


def test_an_evaluation_of_what_a_deployment_served_never_gates_that_deployment() -> None:
    made = workflow(
        EXPORT,
        DEPLOY,
        "evaluate lived: classification { model = portable, data = api.requests, require auc >= 0.5 }",
    )
    assert after(made, "api") == []
    assert "lived.gate" in gates(made)


def test_a_gate_may_read_the_figures_of_another_evaluation() -> None:
    made = workflow(
        "train other: sklearn.random_forest { data = parts.train, trees = 3 }",
        "evaluate plain: classification { model = other, data = parts.test }",
        "evaluate quality: classification { model = forest, data = parts.test, require auc >= plain.auc - 0.5% }",
        REGISTER,
    )
    ids = [node.id for node in made.nodes]
    assert ids.index("plain") < ids.index("quality.gate") < ids.index("catalog")
    (gate,) = [node for node in made.nodes if isinstance(node, Gate)]
    assert gate.conditions[0].expr == {
        "op": ">=",
        "args": [
            {"metric": {"node": "quality", "name": "auc"}},
            {"op": "-", "args": [{"metric": {"node": "plain", "name": "auc"}}, 0.005]},
        ],
    }


def test_a_gate_that_an_environment_takes_away_holds_back_nothing() -> None:
    text = (
        "evaluate quality: classification { model = forest, data = parts.test, require floor: auc >= 0.9 }",
        REGISTER,
    )
    body = "\n".join(text)
    source = f"""mlp 1

pipeline sickness {{
  data rows: csv {{ path = "rows.csv", schema = Row }}
  split parts: random {{ data = rows, test = 20% }}
  train forest: sklearn.random_forest {{ data = parts.train }}
{body}
}}

schema Row {{
  age: int
  sick: bool @label
}}

env dev {{
  evaluate quality {{ remove floor }}
}}
"""
    assert after(workflow_of(source), "catalog") == ["quality.gate"]
    assert after(workflow_of(source, "dev"), "catalog") == []
