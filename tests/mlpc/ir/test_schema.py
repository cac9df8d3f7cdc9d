"""The JSON Schema that is shipped is the one that the models publish."""

from __future__ import annotations

import copy
import json
from importlib import resources
from typing import Any

import jsonschema
import pytest

from mlpc.ir import models

from .workflows import small

SHIPPED = json.loads(resources.files("mlpc.ir").joinpath("workflow.schema.json").read_text(encoding="utf-8"))


def test_the_shipped_schema_is_current() -> None:
    """`python -m tests.mlpc.ir.write_schema` writes it anew."""
    assert models.json_schema() == SHIPPED


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SHIPPED)


def test_it_takes_a_workflow() -> None:
    jsonschema.validate(small(), SHIPPED)


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("version",), 2),
        (("nodes", 0, "kind"), "job"),
        (("nodes", 0, "timeout"), "60s"),
        (("nodes", 0, "timeuot"), 60),
        (("nodes", 0, "arguments", "trees"), {"param": 3}),
        (("nodes", 0, "arguments", "trees"), {"param": "trees", "op": "+"}),
        (("nodes", 0, "arguments", "trees"), {"op": "not", "args": [1, 2]}),
        (("nodes", 0, "inputs", "data", "sources", 0, "type", "type"), "table"),
        (("nodes", 1, "conditions", 0, "expr"), True),
        (("nodes", 2, "replicas"), [1]),
        (("params", 0, "type", "base"), "flaot"),
        (("secrets", 0, "source"), {}),
        (("secrets", 0, "source"), {"value": "hunter2"}),
    ],
)
def test_it_refuses(where: tuple[str | int, ...], value: object) -> None:
    file: Any = copy.deepcopy(small())
    here = file
    for step in where[:-1]:
        here = here[step]
    here[where[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(file, SHIPPED)
