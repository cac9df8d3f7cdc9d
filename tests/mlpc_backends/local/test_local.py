"""What the backend for one machine emits, notes and refuses."""

from __future__ import annotations

import json

from hypothesis import given

from mlpc.backend import CONSTRUCTS, Emitted
from mlpc.ir import models, nodes
from mlpc_backends.local import BACKEND
from tests.mlpc.ir.workflows import small, workflows

FIT = nodes.Action("project", "train.py", "fit")


def emitted(*made: nodes.Node, secrets: tuple[nodes.Secret, ...] = ()) -> Emitted:
    return BACKEND.emit(nodes.Workflow("tumor", made, secrets=secrets))


def said(result: Emitted) -> list[str]:
    return [" | ".join([f"{item.code.code} {item.message}", *item.help]) for item in result.diagnostics]


@given(workflows())
def test_the_plan_is_the_workflow(workflow: nodes.Workflow) -> None:
    result = BACKEND.emit(workflow)
    if result.has_errors:
        assert result.files == {}
    else:
        assert models.loads(result.files["plan.json"]) == workflow
        assert BACKEND.emit(workflow).files == result.files


def test_a_page_says_what_the_plan_does() -> None:
    result = BACKEND.emit(models.loads(json.dumps(small()).encode()))
    assert result.files["README.md"].decode("utf-8") == (
        "# Plan of `tumor`\n"
        "\n"
        "Made by `mlpc compile`; do not edit. `plan.json` is the workflow in its canonical form,\n"
        "which `mlpc run` executes on one machine.\n"
        "\n"
        "| node | kind | what it does | waits for |\n"
        "|---|---|---|---|\n"
        "| `forest` | task | `mlpc_stdlib.runtime.sklearn:random_forest` |  |\n"
        "| `floor` | gate |  | `forest` |\n"
        "| `api` | service | `mlpc_stdlib.runtime.sklearn:server` | `forest`, `floor` |\n"
        "| `each` | fan-out |  | `forest` |\n"
        "| `nightly` | trigger | `0 3 * * * UTC` |  |\n"
        "\n"
        "| parameter | default |\n"
        "|---|---|\n"
        "| `trees` | `200` |\n"
    )


def test_text_of_a_spec_is_no_markup_on_the_page() -> None:
    workflow = nodes.Workflow(
        "a`b", (nodes.Task("x|y\n# z", FIT, {}, {}, {}),), doc="<script>alert(1)</script> [x](y) **b**"
    )
    page = BACKEND.emit(workflow).files["README.md"].decode("utf-8")
    assert page.startswith("# Plan of ``a`b``\n")
    assert r"\<script\>alert\(1\)\</script\> \[x\]\(y\) \*\*b\*\*" in page
    assert r"| `x\|y # z` | task |" in page


def test_a_service_in_a_container_is_refused_at_its_place() -> None:
    image = nodes.Action("container", "example.org/scorer:1", command=("score",))
    place: nodes.JsonObject = {"place": {"file": "main.mlp", "line": 7, "column": 3}}
    assert emitted(nodes.Task("score", image, {}, {}, {}, labels=place)).files
    result = emitted(nodes.Service("score", image, {}, {}, labels=place))
    assert said(result) == [
        (
            "MLP510 `score` needs a service that runs a container image, which the target `local` does not do"
            " | `score` stands at main.mlp:7:3 | serve a model by `server`, or run a function of the project"
        )
    ]
    assert result.files == {}


def test_a_secret_need_not_say_where_it_comes_from() -> None:
    """`mlpc run` reads `MLPC_SECRET_WAREHOUSE` then."""
    result = emitted(secrets=(nodes.Secret("warehouse", {"base": "url"}, None),))
    assert said(result) == []
    assert result.files


def test_a_trigger_is_lowered_and_noted_once() -> None:
    result = emitted(
        nodes.Trigger("nightly", "0 3 * * *", "UTC"), nodes.Trigger("weekly", "0 3 * * 0", "UTC")
    )
    assert said(result) == [
        (
            "MLP511 on the target `local`, a start by the clock (`nightly`) is lowered: "
            "nothing on one machine waits for the clock; start it with `mlpc run`, from cron if need be"
        )
    ]
    assert not result.has_errors
    assert sorted(result.files) == ["README.md", "plan.json"]


def test_every_construct_has_an_answer() -> None:
    assert list(BACKEND.capabilities.table) == list(CONSTRUCTS)
