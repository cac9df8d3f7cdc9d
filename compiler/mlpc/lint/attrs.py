"""What a block says: values that are known, and where they stand."""

from __future__ import annotations

from ..syntax import tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..check.typed import TypedBlock
    from ..check.values import Value
    from ..resolve.program import AttrDef, BodyDef
    from ..source import Span


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


def given_columns(block: TypedBlock) -> Iterator[tuple[str, Span, str]]:
    """Yield the columns that params of ``block`` are set to, alone or in lists: param, place, name of the column."""
    for name, value in block.arguments.items():
        param = block.component.params.get(name) if block.component is not None else None
        if param is None or not value.known or attr_of(block, name) is None:
            continue
        if param.type.base == "column" and value.value is not None:
            yield name, value.span, value.value
        elif param.type.of is not None and param.type.of.base == "column":
            node = value.node
            places = (
                [value.module.span(item) for item in node.items]
                if isinstance(node, tree.List)
                else [value.span]
            )
            for index, column in enumerate(value.value or ()):
                yield name, places[min(index, len(places) - 1)], column
