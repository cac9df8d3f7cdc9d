"""What a block says: values that are known, and where they stand."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..check.typed import TypedBlock
    from ..check.values import Value
    from ..resolve.program import AttrDef, BodyDef


def value_of(block: TypedBlock, name: str) -> Value | None:
    """Return the value of ``name``, such as `resources.memory`, where it was written and is known when compiling."""
    value = block.arguments.get(name) or block.common.get(name) or block.externals.get(name)
    return value if value is not None and value.known and attr_of(block, name) is not None else None


def attr_of(block: TypedBlock, name: str) -> AttrDef | None:
    """Return the attribute ``name``, such as `resources.memory`, where it was written."""
    body: BodyDef = block.definition.body
    *outer, last = name.split(".")
    for part in outer:
        nested = body.blocks.get(part)
        if nested is None:
            return None
        body = nested.body
    return body.attrs.get(last)
