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


def read_twice(typed: TypedProgram, one: TypedSource, other: TypedSource) -> bool:
    """Return whether rows of both were read from the same file or address, each by a block of its own."""
    first, second = (_read_by(typed, rows_of(typed, source)) for source in (one, other))
    return any(
        first[block] == place and block != again for block in first for again, place in second.items()
    ) and not (first.keys() & second.keys())


def _read_by(typed: TypedProgram, rows: set[Output]) -> dict[str, tuple[object, ...]]:
    """Return where the data of ``rows`` is read from, by block; what is not known is left out."""
    found: dict[str, tuple[object, ...]] = {}
    for name, _ in rows:
        block = typed.blocks.get(name)
        if block is None or block.kind.name != "data" or not block.externals:
            continue
        told = [each for each in block.arguments.values() if each.type.base != "schema"]
        values = [*block.externals.values(), *told]
        if all(value.known for value in values):
            found[name] = tuple(str(value.value) for value in values)
    return found


def judging(typed: TypedProgram) -> dict[str, list[TypedBlock]]:
    """Return the blocks that judge a model, by the block that makes it."""
    found: dict[str, list[TypedBlock]] = {}
    for block in typed.blocks.values():
        ports = block.component.inputs if block.component is not None else {}
        for name, source in inputs(block, "model").items() if block.kind.judges else ():
            if name not in ports or "compared" not in ports[name].marks:
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


def unattended(typed: TypedProgram) -> bool:
    """Return whether the pipeline starts by itself: by a schedule, or since a monitor makes the model anew."""
    return any(
        block.kind.runs == "trigger" or any(condition.verb == "retrain" for condition in block.conditions)
        for block in typed.blocks.values()
    )


def answers(block: TypedBlock) -> bool:
    """Return whether ``block`` computes on machines of its own; else what it deploys runs on the devices of others.

    That is so of a file, and of a page, which is built once and only handed out.
    """
    return (
        block.kind.name == "deploy"
        and all(type.base != "file" for type in block.outputs.values())
        and (block.component is None or block.component.build is None)
    )


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
