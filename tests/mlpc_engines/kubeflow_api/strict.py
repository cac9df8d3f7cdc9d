"""Reads JSON as one of the models that Kubeflow generates from its API: nothing unknown, everything of its type."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import kfp_server_api

_PRIMITIVE: dict[str, Any] = {"str": str, "bool": bool, "int": int, "float": (int, float), "object": object}
#: Numbers of the operations of a filter, which Kubeflow's own SDK writes in place of their names.
OPERATIONS = {
    0: "OPERATION_UNSPECIFIED",
    1: "EQUALS",
    2: "NOT_EQUALS",
    3: "GREATER_THAN",
    5: "GREATER_THAN_EQUALS",
    6: "LESS_THAN",
    7: "LESS_THAN_EQUALS",
    8: "IN",
    9: "IS_SUBSTRING",
}


def read(content: Any, model: str, where: str = "") -> list[str]:
    """Return all that is wrong with ``content`` as ``model``, a name as the generated models write it."""
    where = where or model
    if listed := re.fullmatch(r"list\[(.*)\]", model):
        if not isinstance(content, list):
            return [f"{where} is no list"]
        return [each for at, item in enumerate(content) for each in read(item, listed[1], f"{where}[{at}]")]
    if mapped := re.fullmatch(r"dict\(str, (.*)\)", model):
        if not isinstance(content, dict):
            return [f"{where} is no object"]
        return [each for key, item in content.items() for each in read(item, mapped[1], f"{where}.{key}")]
    if model == "datetime":
        try:
            datetime.fromisoformat(content)
        except (TypeError, ValueError):
            return [f"{where} is no moment: {content!r}"]
        return []
    if model in _PRIMITIVE:
        good = isinstance(content, _PRIMITIVE[model]) and (
            model in ("bool", "object") or not isinstance(content, bool)
        )
        return [] if good else [f"{where} is no {model}: {content!r}"]
    kind = getattr(kfp_server_api, model)
    allowed = getattr(kind, "allowable_values", None)
    if allowed is not None:
        return [] if content in allowed else [f"{where} is none of {allowed}: {content!r}"]
    if not isinstance(content, dict):
        return [f"{where} is no object"]
    members = {name: kind.openapi_types[attribute] for attribute, name in kind.attribute_map.items()}
    found = [f"{where} has no member {name}" for name in content if name not in members]
    for name, item in content.items():
        if name in members:
            found += read(item, members[name], f"{where}.{name}")
    return found


def read_filter(content: Any) -> list[str]:
    """Return all that is wrong with a filter as the servers of v2 take it: `stringValue`, and operations by number."""
    predicates = [
        {
            **{name: value for name, value in each.items() if name != "stringValue"},
            "string_value": each.get("stringValue"),
            "operation": OPERATIONS.get(each.get("operation", 0)),
        }
        for each in content.get("predicates") or ()
    ]
    return read({**content, "predicates": predicates}, "V2beta1Filter")
