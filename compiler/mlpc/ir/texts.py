"""The texts that stand in value expressions."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .nodes import Json

#: Members of an expression that are values themselves. What else stands beside them are names of parameters, secrets, figures
#: and operators, the type that a value is compared with, and where it stands in the spec.
_VALUES: dict[str, tuple[str, ...]] = {
    "checked": ("checked",),
    "op": ("args",),
    "call": ("args",),
    "param": (),
    "secret": (),
    "metric": (),
}


def texts(value: Json) -> set[str]:
    """Return the texts of which the value of an expression is made, or that it holds; such as the paths that arguments
    name.
    """
    found: set[str] = set()
    waiting: list[tuple[Json, bool]] = [(value, True)]
    while waiting:
        item, computed = waiting.pop()
        if isinstance(item, str):
            found.add(item)
        elif isinstance(item, list):
            waiting.extend((each, computed) for each in item)
        elif isinstance(item, dict):
            if computed and "const" in item:
                waiting.append((item["const"], False))
                continue
            form = next((form for form in _VALUES if form in item), "") if computed else ""
            parts = _VALUES[form] if form else item
            waiting.extend((item[name], computed) for name in parts)
    return found
