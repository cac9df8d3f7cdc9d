"""What a page has to know of a model, from its ``signature.json``: what to ask a person for, what to call the answers."""

from __future__ import annotations

import math

from .. import codes
from ..contract import StepError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..contract import JsonObject

#: Units of what is measured in SI base units.
UNITS = {"duration": "s", "size": "B", "frequency": "Hz", "power": "W", "energy": "J"}
_TAKEN = ("bool", "int64", "float64", "float32", "string")
#: A picture of more cells is not drawn by hand.
LARGEST_SIDE = 1024
#: A group of fewer fields needs no heading.
_LEAST = 3


class Field:
    """One value that a person gives, and what is said of it.

    ``kind`` is ``number``; ``text``; ``switch``, which is on or off; or ``choice``, of which ``choices`` are text and value.
    """

    __slots__ = ("choices", "doc", "example", "group", "kind", "label", "nullable", "type", "unit", "whole")

    def __init__(self, feature: JsonObject, example: Any, doc: str = "") -> None:
        self.type: JsonObject = feature["type"]
        self.label = readable(feature["name"])
        self.doc = first_paragraph(doc)
        self.group = ""
        self.nullable = bool(feature.get("nullable"))
        self.whole = feature["dtype"] == "int64"
        self.unit = UNITS.get(str(self.type.get("base")), "")
        self.example = self._plausible() if example is None else example
        self.kind = "number"
        self.choices: list[tuple[str, str | int]] = []
        if feature["dtype"] == "bool":
            self.kind = "choice" if self.nullable else "switch"
            self.choices = [("yes", 1), ("no", 0)]
        elif self.type.get("choices"):
            self.kind = "choice"
            self.choices = [(readable(each, plain=True), each) for each in self.type["choices"]]
        elif feature["dtype"] == "string":
            self.kind = "text"

    def _plausible(self) -> Any:
        """Return what a field holds at first where no example is known: what lies in the middle of its range, if it has one."""
        low, high = self.bound("min"), self.bound("max")
        if low is None or high is None:
            return None
        return round((low + high) / 2) if self.whole else (low + high) / 2

    def bound(self, name: str) -> float | None:
        """Return the bound ``min`` or ``max``, if there is one."""
        found = self.type.get(name)
        return found if isinstance(found, int | float) and math.isfinite(found) else None

    def limits(self) -> str:
        """Return what may be given, in a few signs: ``0 – 1``, ``≥ 0``."""
        low, high = self.bound("min"), self.bound("max")
        if low is not None and high is not None:
            return f"{shown(low)} – {shown(high)}"
        if low is not None:
            return f"{'>' if self.type.get('min_open') else '≥'} {shown(low)}"
        if high is not None:
            return f"{'<' if self.type.get('max_open') else '≤'} {shown(high)}"
        return ""

    def to_json(self) -> JsonObject:
        """Return what the script of the page judges values by."""
        return {
            "label": f"{self.label} ({self.group.lower()})" if self.group else self.label,
            "kind": self.kind,
            "choices": [value for _, value in self.choices],
            "unit": self.unit,
            "whole": self.whole,
            "nullable": self.nullable,
            "min": self.bound("min"),
            "max": self.bound("max"),
            "minOpen": bool(self.type.get("min_open")),
            "maxOpen": bool(self.type.get("max_open")),
        }


def fields(signature: JsonObject, docs: Mapping[str, str] | None = None) -> list[Field]:
    """Return the fields of a form, in the order in which the model takes the values; none for a picture.

    ``docs`` says what is known of columns, by their names.

    Raises:
        StepError: the model takes what nobody can give in a form.
    """
    if image(signature) is not None:
        return []
    example = signature.get("example") or {}
    made = []
    for feature in signature["features"]:
        if feature["dtype"] not in _TAKEN:
            raise StepError(
                codes.NOT_EXPORTABLE,
                f"a page has no field for `{feature['name']}`, which is {feature['dtype']}",
                "a model in a page takes numbers, bools, enums and texts, or one tensor that is a picture",
            )
        name = feature["name"]
        made.append(Field(feature, example.get(name), (docs or {}).get(name, "")))
    _group(made, [feature["name"] for feature in signature["features"]])
    return made


def image(signature: JsonObject) -> JsonObject | None:
    """Return height, width, channels and range of the one picture that the model takes; None where it takes a row.

    Raises:
        StepError: it takes a tensor that is no picture.
    """
    features = signature["features"]
    tensors = [feature for feature in features if feature["dtype"] == "tensor"]
    if not tensors:
        return None
    kind = tensors[0]["type"]
    shape = list(kind.get("shape") or ())
    if len(shape) == 2:
        shape.append(1)
    fits = len(shape) == 3 and shape[2] in (1, 3) and all(0 < side <= LARGEST_SIDE for side in shape)
    if len(features) != 1 or not fits:
        raise StepError(
            codes.NOT_EXPORTABLE,
            f"a page has no field for `{tensors[0]['name']}`"
            + ("" if fits else f", a tensor of shape {kind.get('shape')}")
            + (" beside other columns" if len(features) > 1 else ""),
            "a page takes one picture, `tensor(float, [height, width, 1])` or `[height, width, 3]`, or a row of numbers",
        )
    of = kind.get("of") or {}
    return {
        "height": shape[0],
        "width": shape[1],
        "channels": shape[2],
        "low": _first(of.get("min"), kind.get("min"), 0),
        "high": _first(of.get("max"), kind.get("max"), 1),
        "whole": of.get("base") == "int",
    }


def _first(*values: Any) -> Any:
    return next(value for value in values if value is not None)


def classes(signature: JsonObject) -> list[str] | None:
    """Return what the classes are called, in the order of the scores; None for a regression."""
    found = signature.get("classes")
    if found is None:
        return None
    label = (signature.get("label") or {}).get("name") or ""
    if all(isinstance(value, bool) for value in found) and label:
        name = readable(label).lower()
        return [name if value else f"not {name}" for value in found]
    return [str(value) if not isinstance(value, str) else readable(value, plain=True) for value in found]


def inputs_of(signature: JsonObject) -> list[JsonObject]:
    """Return name, type and shape of what the model takes, for one row: one tensor, or one value for each feature.

    Raises:
        StepError: it takes something else.
    """
    found = signature.get("inputs") or []
    table = len(found) == 1 and found[0].get("dtype") == "float32"
    columns = [each.get("name") for each in found] == [each["name"] for each in signature["features"]]
    if not table and not (columns and all(each.get("dtype") in ("float32", "string") for each in found)):
        raise StepError(
            codes.NOT_EXPORTABLE,
            "the model of a page takes one tensor of 32-bit floats, or a number or text for each feature, and this one does not",
        )
    return [
        {"name": each["name"], "dtype": each["dtype"], "shape": [1, *each["shape"][1:]]} for each in found
    ]


def first_paragraph(doc: str) -> str:
    """Return the first paragraph of a doc comment, as one line."""
    return " ".join(doc.strip().split("\n\n")[0].split())


def readable(name: str, plain: bool = False) -> str:
    """Return a name as a person would write it: ``concave_points`` is ``Concave points``."""
    words = " ".join(name.replace("_", " ").split())
    return words if plain or not words else words[0].upper() + words[1:]


def shown(value: float) -> str:
    """Return a number in as few digits as tell it."""
    if float(value).is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)


def _group(made: list[Field], names: list[str]) -> None:
    """Put fields under headings where their names end, or begin, in the same words throughout."""
    for whole, rest in ((_ends, 0), (_begins, 1)):
        parts = [whole(name) for name in names]
        groups: dict[str, int] = {}
        for part in parts:
            groups[part[1 - rest]] = groups.get(part[1 - rest], 0) + 1
        if (
            "" in groups
            or len(groups) < 2
            or min(groups.values()) < _LEAST
            or len(groups) > len(names) // _LEAST
        ):
            continue
        for field, part in zip(made, parts, strict=True):
            field.group, field.label = readable(part[1 - rest]), readable(part[rest])
        return


def _ends(name: str) -> tuple[str, str]:
    first, _, last = name.rpartition("_")
    return (first, last) if first else (name, "")


def _begins(name: str) -> tuple[str, str]:
    first, _, last = name.partition("_")
    return (first, last) if last else ("", name)
