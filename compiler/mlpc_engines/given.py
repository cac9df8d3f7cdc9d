"""What a person gives a run: values of parameters, and secrets."""

from __future__ import annotations

import os

from mlpc.codes import BAD_PARAMETER, MISSING_SECRET, UNKNOWN_PARAMETER
from mlpc.ir.nodes import TIME

from .errors import FINDINGS, SubmitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from typing import Any

    from .directory import Compiled


def look_at_params(given: Iterable[str], known: Collection[str]) -> None:
    """See to it that all parameters which are given exist.

    Raises:
        SubmitError: one does not.
    """
    from difflib import get_close_matches

    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            listed = ", ".join(f"`{each}`" for each in known)
            raise SubmitError(
                UNKNOWN_PARAMETER,
                f"the pipeline has no parameter `{name}`",
                f"did you mean `{near[0]}`?" if near else f"it has: {listed}" if known else "it has none",
                exit_code=FINDINGS,
            )


def with_times(texts: Mapping[str, str], times: Iterable[str]) -> dict[str, str]:
    """Return the texts of parameters with those that are the times of schedules: now, unless they say another time."""
    import time

    now = time.strftime(TIME, time.gmtime())
    return {**dict.fromkeys(times, now), **texts}


def typed(texts: Mapping[str, str], schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that texts of parameters stand for; ``schemas`` are the JSON Schemas of all that there are.

    Texts and dates stand for themselves, everything else as in JSON.

    Raises:
        SubmitError: a parameter does not exist, or a value does not fit it.
    """
    look_at_params(texts, schemas)
    found = {}
    for name, text in texts.items():
        value = _value(schemas[name], text)
        if value is None:
            raise SubmitError(
                BAD_PARAMETER,
                f"the parameter `{name}` cannot be `{text}`: it is {_wanted(schemas[name])}",
                exit_code=FINDINGS,
            )
        found[name] = value
    return found


def _type(schema: Mapping[str, Any]) -> str:
    """Return the type of a schema; null is beside it where a parameter has no default."""
    found = schema.get("type", "")
    return next((each for each in found if each != "null"), "") if isinstance(found, list) else str(found)


def _value(schema: Mapping[str, Any], text: str) -> Any:
    """Return the value that a text stands for; None where it fits none."""
    import json

    if _type(schema) == "string":
        return text if _fits(schema, text) else None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if _type(schema) == "integer" and isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if value is not None and _fits(schema, value) else None


def _fits(schema: Mapping[str, Any], value: Any) -> bool:
    """Return whether a value fits a schema, as far as those of parameters go."""
    kind = _type(schema)
    if kind in ("integer", "number"):
        is_number = isinstance(value, int if kind == "integer" else int | float) and not isinstance(
            value, bool
        )
        return is_number and value - value == 0 and _within(schema, value)
    if kind == "string":
        choices = schema.get("enum")
        if not isinstance(value, str) or (choices is not None and value not in choices):
            return False
        return schema.get("format") != "date" or _is_date(value)
    if kind == "array":
        count = len(value) if isinstance(value, list) else -1
        if not schema.get("minItems", 0) <= count <= schema.get("maxItems", count):
            return False
        return all(_fits(schema.get("items", {}), item) for item in value)
    if kind == "object":
        inner = schema.get("additionalProperties", {})
        return isinstance(value, dict) and all(_fits(inner, item) for item in value.values())
    return isinstance(value, bool) if kind == "boolean" else True


def _within(schema: Mapping[str, Any], value: float) -> bool:
    return (
        value >= schema.get("minimum", value)
        and value <= schema.get("maximum", value)
        and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
        and ("exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"])
    )


def _is_date(text: str) -> bool:
    from datetime import date

    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _wanted(schema: Mapping[str, Any]) -> str:
    choices = [f"`{choice}`" for choice in schema.get("enum", []) if choice is not None]
    if choices:
        return "one of " + ", ".join(choices)
    if schema.get("format") == "date":
        return "a date such as 2026-01-31"
    said = {
        "boolean": "true or false",
        "integer": "a whole number",
        "number": "a number",
        "array": "a list in JSON",
        "object": "an object in JSON",
    }.get(_type(schema), "a text")
    signs = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
    limits = [f"{sign} {schema[word]:g}" for word, sign in signs.items() if word in schema]
    inner = schema.get("items") or schema.get("additionalProperties")
    if inner:
        said += f", each {_wanted(inner)}"
    return said + (f" {' and '.join(limits)}" if limits else "")


def secret(compiled: Compiled, name: str, told: dict[str, Any], root: str) -> bytes:
    """Return the value of the secret ``name``, whose source stands in ``told``; ``root`` is the project's folder.

    Raises:
        SubmitError: it is not where it should be.
    """
    source = told["source"] or {}
    if "env" in source:
        value = os.environ.get(str(source["env"]))
        if value is None:
            raise SubmitError(
                MISSING_SECRET,
                f"the secret `{name}` comes from the environment variable {source['env']}, which is not set",
                f"export {source['env']}=…",
            )
        return value.encode("utf-8", "surrogateescape")
    if "file" in source:
        path = os.path.join(root, os.path.expanduser(str(source["file"])))
    else:
        folder = os.environ.get("MLPC_SECRETS") or os.path.join(compiled.folder, "secrets")
        path = os.path.join(folder, str(told["file"]))
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise SubmitError(
            MISSING_SECRET, f"the secret `{name}` cannot be read from {path}: {error.strerror}"
        ) from None
