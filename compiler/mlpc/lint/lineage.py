"""Where rows and models come from: which data a model has seen, who judges it, what is promoted."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..check.typed import TypedBlock, TypedCondition, TypedProgram, TypedSource

#: An output: a block and a port.
Output = tuple[str, str]


def output(source: TypedSource) -> Output:
    """Return the output that ``source`` takes."""
    return source.block, source.port


def inputs(block: TypedBlock, base: str) -> dict[str, TypedSource]:
    """Return what the inputs of ``block`` of type ``base`` take, by name."""
    return {
        name: source
        for name, sources in block.inputs.items()
        for source in sources
        if source.type.base == base
    }


def chain(typed: TypedProgram, block: TypedBlock) -> list[TypedBlock]:
    """Return the blocks that the model input of ``block`` comes through: the export, then the training."""
    found: list[TypedBlock] = []
    waiting = [source.block for source in inputs(block, "model").values()]
    while waiting:
        made = typed.blocks.get(waiting.pop())
        if made is not None and made not in found:
            found.append(made)
            waiting.extend(source.block for source in inputs(made, "model").values())
    return found


def rows_of(typed: TypedProgram, source: TypedSource) -> set[Output]:
    """Return the outputs that the rows of ``source`` were taken from, ``source`` itself among them."""
    found: set[Output] = set()
    waiting = [output(source)]
    while waiting:
        current = waiting.pop()
        if current in found:
            continue
        found.add(current)
        made = typed.blocks.get(current[0])
        if made is not None:
            waiting.extend(output(each) for each in inputs(made, "dataset").values())
    return found


def judging(typed: TypedProgram) -> dict[str, list[TypedBlock]]:
    """Return the blocks that judge a model, by the block that makes it."""
    found: dict[str, list[TypedBlock]] = {}
    for block in typed.blocks.values():
        for source in inputs(block, "model").values() if block.kind.judges else ():
            found.setdefault(source.block, []).append(block)
    return found


def gates(block: TypedBlock) -> list[TypedCondition]:
    """Return the conditions of ``block`` that a person wrote and that hold something back."""
    return [
        condition
        for condition in block.conditions
        if condition.verb == "require"
        and condition.when == "after"
        and condition.severity == "error"
        and not condition.declared
    ]


def promotions(typed: TypedProgram) -> list[TypedBlock]:
    """Return the blocks that promote a model."""
    return [block for block in typed.blocks.values() if block.kind.promotes]


def behind(typed: TypedProgram, blocks: list[TypedBlock]) -> set[str]:
    """Return the blocks that models of ``blocks`` come through."""
    return {made.id for block in blocks for made in chain(typed, block)}


def taken(typed: TypedProgram) -> set[Output]:
    """Return the outputs that blocks take, whole or a column of."""
    found = {
        output(source) for block in typed.blocks.values() for each in block.inputs.values() for source in each
    }
    for block in typed.blocks.values():
        for values in (block.arguments, block.common):
            for value in values.values():
                entity = value.entity
                if entity is not None and entity.what == "output":
                    found.add((entity.block, entity.name))
    return found
