"""A workflow that is written and read again is the same workflow, and the same bytes."""

from __future__ import annotations

import json
import subprocess
import sys

import jsonschema
import pytest
from hypothesis import given

from mlpc.ir import canonical, models, nodes
from mlpc.ir.errors import IRError

from .workflows import small, workflows

SCHEMA = jsonschema.Draft202012Validator(models.json_schema())


@given(workflows())
def test_what_was_written_reads_back_equal_and_keeps_to_the_schema(workflow: nodes.Workflow) -> None:
    data = canonical.dumps(workflow)
    again = models.loads(data)
    assert again == workflow
    assert canonical.dumps(again) == data
    SCHEMA.validate(json.loads(data))
    lists = (workflow.nodes, workflow.params, workflow.secrets)
    assert data.count(b"\n") == 11 + sum(len(items) + bool(items) for items in lists)


def test_the_canonical_form_of_a_small_workflow() -> None:
    gate = nodes.Gate("floor", (nodes.Condition({"param": "strict"}, "strict"),))
    workflow = nodes.Workflow("tümor", (gate,), (nodes.Param("strict", {"base": "bool"}, True),))
    assert canonical.dumps(workflow).decode("utf-8") == (
        "{\n"
        '"doc":"",\n'
        '"environment":"",\n'
        '"labels":{},\n'
        '"name":"tümor",\n'
        '"nodes":[\n'
        '{"after":[],"conditions":[{"expr":{"param":"strict"},"message":"","name":"","place":null,'
        '"severity":"error","text":"strict"}],"id":"floor","kind":"gate","labels":{}}\n'
        "],\n"
        '"params":[\n'
        '{"default":true,"doc":"","name":"strict","type":{"base":"bool"}}\n'
        "],\n"
        '"secrets":[],\n'
        '"settings":{},\n'
        '"version":1\n'
        "}\n"
    )


def test_a_file_by_hand_may_leave_out_what_has_a_default() -> None:
    workflow = models.loads(json.dumps(small()).encode())
    forest = workflow.node("forest")
    assert isinstance(forest, nodes.Task)
    assert forest.retry == nodes.Retry(1, 0.0)
    assert forest.resources == nodes.Resources()
    assert models.loads(canonical.dumps(workflow)) == workflow


@pytest.mark.parametrize(
    "number", [0.1, 1e-300, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0, 2**53 + 1, 10**30]
)
def test_numbers_read_back_exactly(number: float) -> None:
    workflow = nodes.Workflow("n", (), (nodes.Param("x", {"base": "float"}, number),))
    again = models.loads(canonical.dumps(workflow)).params[0].default
    assert repr(again) == repr(number)


def test_seconds_are_written_in_one_way() -> None:
    action = nodes.Action("project", "a.py", "f")
    whole, broken = (
        nodes.Workflow("n", (nodes.Task("t", action, {}, {}, {}, timeout=seconds),)) for seconds in (30, 30.0)
    )
    assert canonical.dumps(whole) == canonical.dumps(broken)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (float("nan"), "a number in it is not finite"),
        (float("inf"), "a number in it is not finite"),
        ("\ud800", "a text in it holds half of a character (a lone surrogate)"),
    ],
)
def test_what_json_cannot_hold_is_refused(value: object, reason: str) -> None:
    workflow = nodes.Workflow("n", (), (nodes.Param("x", {"base": "float"}, value),))  # type: ignore[arg-type]
    with pytest.raises(IRError) as caught:
        canonical.dumps(workflow)
    assert str(caught.value) == f"MLP502 workflow `n` cannot be written as JSON: {reason}"


def test_nesting_without_end_is_refused() -> None:
    value: nodes.Json = 1
    for _ in range(100_000):
        value = [value]
    with pytest.raises(IRError, match="a value in it is nested too deep"):
        canonical.dumps(nodes.Workflow("n", (), (nodes.Param("x", {"base": "float"}, value),)))


def test_writing_loads_no_pydantic() -> None:
    program = (
        "import sys\n"
        "from mlpc.ir import canonical, nodes, verify\n"
        "assert 'json' not in sys.modules\n"
        "canonical.dumps(nodes.Workflow('n', ()))\n"
        "heavy = {'pydantic', 'dataclasses', 'enum', 'typing', 'inspect', 'pathlib'} & set(sys.modules)\n"
        "assert heavy <= {'enum'}, heavy\n"  # json's decoder brings re, and re brings enum
    )
    subprocess.run([sys.executable, "-S", "-c", program], check=True, env={"PYTHONPATH": _roots()})


def _roots() -> str:
    import os

    import mlpc

    return os.path.dirname(os.path.dirname(mlpc.__file__))
