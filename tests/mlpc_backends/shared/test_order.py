"""What changes something outside comes last."""

from __future__ import annotations

from hypothesis import given

from mlpc.ir import nodes
from mlpc_backends.shared.order import effects_last, waits
from tests.mlpc.ir.workflows import workflows

FIT = nodes.Action("project", "train.py", "fit")


def task(id: str, *after: str, effect: bool = False) -> nodes.Task:
    return nodes.Task(id, FIT, {}, {}, {}, after=after, effect=effect)


def test_an_effect_waits_for_all_that_waits_for_none() -> None:
    made = effects_last(
        nodes.Workflow(
            "w",
            (
                task("train"),
                nodes.Gate("good", (), after=("train",)),
                task("register", "good", effect=True),
                task("mail", "register"),
                task("export", "train"),
                nodes.Gate("small", (), after=("export",)),
                nodes.Service("api", FIT, {}, {}, after=("good",)),
            ),
        )
    )
    assert [node.id for node in made.nodes] == ["train", "good", "export", "small", "register", "mail", "api"]
    assert waits(made) == {
        "train": [],
        "good": ["train"],
        "export": ["train"],
        "small": ["export"],
        "register": ["good", "small"],
        "mail": ["register"],
        "api": ["good", "mail"],
    }


@given(workflows())
def test_each_node_still_follows_what_it_needs_unless_that_is_a_service(workflow: nodes.Workflow) -> None:
    services = {node.id for node in workflow.nodes if isinstance(node, nodes.Service)}
    made = effects_last(workflow)
    assert {node.id for node in made.nodes} == {node.id for node in workflow.nodes}
    seen = set(services)
    for node in made.nodes:
        assert seen.issuperset(nodes.needs(node))
        seen.add(node.id)
