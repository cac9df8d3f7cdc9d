"""Judges the body of a request by the features of a model.

The judging is pydantic's core, compiled once from the signature; what it finds is said as FastAPI says it, a list
of ``{"type", "loc", "msg", "input"}``.
"""

from __future__ import annotations

import math
import re

from pydantic_core import SchemaValidator, ValidationError, core_schema

from .bundle import LARGEST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .bundle import Feature

#: How many mistakes of one request are told; the rest is counted.
TOLD = 25

_BATCH = re.compile(rb'\s*\{\s*"rows"\s*:\s*\[')
_BOUNDS = (
    ("min", "min_open", "gt", "ge"),
    ("max", "max_open", "lt", "le"),
)


class RequestError(Exception):
    """A body that is not what the model takes; ``detail`` as FastAPI gives it, ``more`` mistakes untold."""

    def __init__(self, detail: list[dict[str, Any]], more: int = 0) -> None:
        super().__init__(f"{len(detail) + more} mistakes")
        self.detail = detail
        self.more = more


class Requests:
    """Reads bodies: one row as an object, or ``{"rows": [ROW, …]}``.

    ``label`` is the column that the model predicts, ``max_rows`` the most rows of one request.
    """

    def __init__(self, features: Sequence[Feature], label: str | None, max_rows: int) -> None:
        self.names = [feature.name for feature in features]
        self.label = label
        self.max_rows = max_rows
        row = core_schema.typed_dict_schema(
            {
                feature.name: core_schema.typed_dict_field(_field(feature), required=not feature.nullable)
                for feature in features
            },
            extra_behavior="forbid",
            strict=True,
        )
        rows = core_schema.list_schema(row, min_length=1, max_length=max_rows, strict=True)
        batch = core_schema.typed_dict_schema(
            {"rows": core_schema.typed_dict_field(rows, required=True)}, extra_behavior="forbid", strict=True
        )
        self._one = SchemaValidator(row)
        self._batch = SchemaValidator(batch)
        #: Features that a request may leave out: they count as null.
        self._optional = any(feature.nullable for feature in features)

    def read(self, body: bytes) -> tuple[list[list[Any]], bool]:
        """Return the values row by row, in the order of the features, and whether they came as a batch.

        Raises:
            RequestError: it is not JSON, or not what the model takes.
        """
        batch = _BATCH.match(body) is not None
        try:
            if batch:
                rows = self._batch.validate_json(body)["rows"]
            else:
                rows = [self._one.validate_json(body)]
        except ValidationError as error:
            found = error
        else:
            if self._optional:
                return [[row.get(name) for name in self.names] for row in rows], batch
            return [list(row.values()) for row in rows], batch
        if not batch and "rows" not in self.names and _rows_inside(found):
            # `rows` did not come first; what it holds is judged as rows all the same.
            batch = True
            try:
                rows = self._batch.validate_json(body)["rows"]
            except ValidationError as error:
                found = error
            else:
                return [[row.get(name) for name in self.names] for row in rows], True
        raise self._told(found, batch)

    def _told(self, error: ValidationError, batch: bool) -> RequestError:
        found = error.errors(include_url=False, include_context=True)
        detail = [self._item(item, batch) for item in found[:TOLD]]
        return RequestError(detail, max(0, len(found) - TOLD))

    def _item(self, item: Any, batch: bool) -> dict[str, Any]:
        kind, loc, message, given = item["type"], item["loc"], item["msg"], item["input"]
        if kind == "missing":
            message, given = "Field required", None
        elif kind == "extra_forbidden":
            message = self._unknown(str(loc[-1])) if not batch or len(loc) > 1 else self._beside(str(loc[0]))
            given = shown(given)
        elif kind == "list_type" and batch and loc == ("rows",):
            message, given = "Input should be a list of rows", shown(given)
        elif kind in ("too_short", "too_long"):
            actual, ctx = item["ctx"]["actual_length"], item["ctx"]
            wanted = ctx.get("min_length", ctx.get("max_length"))
            told = f"Input should be a list of {wanted}, not of {actual}"
            message, given = self._count(actual) if batch and loc == ("rows",) else told, shown(given)
        elif kind == "dict_type":
            message, given = "Input should be an object", shown(given)
        elif kind == "json_invalid":
            given = None
        else:
            given = shown(given)
        return {"type": kind, "loc": ["body", *loc], "msg": message, "input": given}

    def _count(self, rows: int) -> str:
        if rows == 0:
            return "Send at least 1 row"
        return f"Send at most {self.max_rows} rows at once, not {rows}"

    def _beside(self, name: str) -> str:
        """Return what to say of a field that stands beside `rows`."""
        return "Send either `rows` or the fields of one row" if name in self.names else "Unknown field"

    def _unknown(self, name: str) -> str:
        if name == self.label:
            return f"`{name}` is what the model predicts: leave it out"
        from difflib import get_close_matches

        near = get_close_matches(name, self.names, n=1)
        return f"Unknown field: did you mean `{near[0]}`?" if near else "Unknown field"


def _rows_inside(error: ValidationError) -> bool:
    return any(
        item["type"] == "extra_forbidden" and item["loc"] == ("rows",)
        for item in error.errors(include_url=False, include_context=False)
    )


def _field(feature: Feature) -> core_schema.CoreSchema:
    schema = _value(feature)
    return core_schema.nullable_schema(schema, strict=True) if feature.nullable else schema


def _value(feature: Feature) -> core_schema.CoreSchema:
    if feature.choices is not None:
        return core_schema.literal_schema(list(feature.choices))
    if feature.kind == "bool":
        return core_schema.bool_schema(strict=True)
    if feature.kind == "text":
        return core_schema.str_schema(strict=True)
    if feature.element is not None:
        made = _value(feature.element)
        for size in reversed(feature.shape):
            made = core_schema.list_schema(made, min_length=size, max_length=size, strict=True)
        return made
    limits: dict[str, Any] = {}
    for bound, is_open, strictly, loosely in _BOUNDS:
        limit = feature.type.get(bound)
        if limit is not None:
            limits[strictly if feature.type.get(is_open) else loosely] = limit
    if feature.kind == "int":
        if "gt" not in limits:
            limits.setdefault("ge", -(2**63))
        if "lt" not in limits:
            limits.setdefault("le", 2**63 - 1)
        return core_schema.int_schema(strict=True, **limits)
    if "gt" not in limits:
        limits.setdefault("ge", -LARGEST)
    if "lt" not in limits:
        limits.setdefault("le", LARGEST)
    return core_schema.float_schema(strict=True, allow_inf_nan=False, **limits)


def shown(value: Any) -> Any:
    """Return ``value`` as it may stand in an answer: JSON, and short."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**300:
        return "a number of hundreds of digits"
    if isinstance(value, str):
        return value if len(value) <= 100 else f"{value[:99]}…"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return f"an object of {len(value)}"
    return value
