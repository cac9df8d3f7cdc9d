"""What a checked pipeline says, as text: the values of its blocks, as a person would write them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlpc.check.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlpc.check.specs import ParamSpec
    from mlpc.check.typed import TypedBlock, TypedProgram
    from mlpc.check.types import Type
    from mlpc.check.values import Value

_COMPARED = re.compile(r"\s*(?:>=|<=|==|!=|<|>|\bin\b)")
#: Parameters that say what a table says better.
_TOLD_ELSEWHERE = frozenset({"schema"})


class Said:
    """One value of a block: ``given`` says whether the spec gives it, or the component by default."""

    __slots__ = ("doc", "given", "name", "text", "value")

    def __init__(self, name: str, value: Value, text: str, given: bool, doc: str) -> None:
        self.name = name
        self.value = value
        self.text = text
        self.given = given
        self.doc = doc


def values(typed: TypedProgram, block: TypedBlock) -> list[Said]:
    """Return what a block says and what it has by default, those given first; what is ``none`` is left out."""
    found = []
    for name, value in _all(block):
        if name in _TOLD_ELSEWHERE or (value.known and value.value in (None, {}, [])):
            continue
        spec = _spec(block, name)
        # A default stands in the declaration, in another module.
        given = value.module is block.definition.module or _is_overlaid(block, name)
        found.append(Said(name, value, text_of(typed, value), given, spec.doc if spec is not None else ""))
    found.sort(key=lambda said: not said.given)
    return found


def text_of(typed: TypedProgram, value: Value) -> str:
    """Return a value as a person would write it; one that is known only when it runs as the spec has it."""
    if value.known:
        return written(value.value, value.type)
    if isinstance(value.expr, dict) and "param" in value.expr:
        name = str(value.expr["param"])
        return (
            f"{name} ({text_of(typed, typed.params[name][2])} unless set)" if name in typed.params else name
        )
    return " ".join(value.text.split())


def written(value: Any, type: Type | None) -> str:
    """Return a known value; a layer, a goal and their kind as the calls that they are: ``dense(units = 32)``."""
    if isinstance(value, dict) and "component" in value:
        inside = ", ".join(
            f"{name} = {written(item, None)}" for name, item in value.items() if name != "component"
        )
        if set(value) == {"component", "quantity"}:
            inside = str(value["quantity"])
        return f"{value['component']}({inside})"
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return "[" + ", ".join(written(item, None) for item in value) + "]"
    return shown(value, type)


def component(block: TypedBlock) -> str:
    """Return the component as the spec names it; of a kind that needs none, that of the kind."""
    type = block.definition.decl.type
    if type is not None:
        return block.definition.module.source.text[type.start : type.end]
    return block.component.name if block.component is not None else ""


def differences(plain: TypedProgram, other: TypedProgram) -> list[tuple[str, str, str]]:
    """Return what another environment changes: what, the value here and the value there (empty: there is none)."""
    before, after = _flat(plain), _flat(other)
    names = [*before, *(name for name in after if name not in before)]
    gone = {id for id in plain.blocks if id not in other.blocks}
    new = {id for id in other.blocks if id not in plain.blocks}
    found = []
    for name in names:
        owner, part = name
        if before.get(name, "") == after.get(name, "") or (part and owner in gone | new):
            continue
        found.append((f"{owner}{part}", before.get(name, ""), after.get(name, "")))
    return found


def _flat(typed: TypedProgram) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for name, (_, _, value) in typed.params.items():
        found[f"param {name}", ""] = text_of(typed, value)
    for id, block in typed.blocks.items():
        found[id, ""] = f"{block.kind.name}: {component(block)}"
        for name, value in _all(block):
            if name not in _TOLD_ELSEWHERE:
                # What is computed from a param is the same wherever the param is not.
                found[id, f".{name}"] = (
                    written(value.value, value.type) if value.known else " ".join(value.text.split())
                )
        for port, sources in block.inputs.items():
            found[id, f".{port}"] = ", ".join(f"{each.block}.{each.port}" for each in sources)
        for condition in block.conditions:
            left = _COMPARED.split(condition.text)[0]
            text = condition.text + (" (warns only)" if condition.severity == "warn" else "")
            found[id, f": {condition.verb} {left}"] = " ".join(text.split())
    return found


def _all(block: TypedBlock) -> Iterator[tuple[str, Value]]:
    for table in (block.externals, block.arguments, block.common):
        yield from table.items()


def _spec(block: TypedBlock, name: str) -> ParamSpec | None:
    *path, last = name.split(".")
    for _, inner in block.specs(path):
        if last in inner.params:
            return inner.params[last]
    return None


def _is_overlaid(block: TypedBlock, name: str) -> bool:
    attribute = block.definition.body.attrs.get(name)
    return attribute is not None and bool(attribute.environment)
