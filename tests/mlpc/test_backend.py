"""The capability table, and what a workflow uses of it."""

from __future__ import annotations

import json

import pytest

from mlpc.backend import CONSTRUCTS, Capabilities, Capability, Emitted, native, uses
from mlpc.ir import models, nodes
from tests.mlpc.ir.workflows import small


def test_what_a_workflow_uses() -> None:
    workflow = models.loads(json.dumps(small()).encode())
    assert [str(use) for use in map(repr, uses(workflow))] == [
        "trees: param",
        "token: secret.env",
        "forest: task.runtime",
        "forest: task.timeout",
        "forest: data.path",
        "floor: gate",
        "api: service",
        "api: task.runtime",
        "api: task.skip",
        "each: fan_out",
        "nightly: trigger",
    ]


def test_what_a_demanding_task_uses() -> None:
    task = nodes.Task(
        "t",
        nodes.Action("container", "image:1"),
        {"data": nodes.Input((nodes.External("s3://b/x", True, {"type": "metrics"}),))},
        {},
        {},
        resources=nodes.Resources(2.0, 1024, 1),
        retry=nodes.Retry(3),
        effect=True,
    )
    assert [use.construct for use in uses(nodes.Workflow("w", (task,)))] == [
        "task.container",
        "task.retry",
        "task.effect",
        "data.store",
        "resources.cpu",
        "resources.memory",
        "resources.gpu",
    ]


def test_a_table_names_every_construct_once() -> None:
    table = dict.fromkeys(CONSTRUCTS, native())
    Capabilities("1", table)
    del table["gate"]
    with pytest.raises(ValueError, match=r"every construct once; these differ: gate$"):
        Capabilities("1", table)


@pytest.mark.parametrize("support", ["lowered", "refused"])
def test_what_is_not_native_says_what_happens_instead(support: str) -> None:
    with pytest.raises(ValueError, match="needs a text"):
        Capability(support)


def test_files_come_in_one_order() -> None:
    assert list(Emitted({"b": b"", "a": b""}).files) == ["a", "b"]
