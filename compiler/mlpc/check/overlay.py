"""What an environment leaves as it was: a block that would come to what it is under none is not checked again.

So it is with a text that has changed a little since it was checked last.

An environment changes a value here and a block there. A block is checked again where it is changed itself, or where what it
names looks different from outside. That another path is read, or another condition set, is nothing that others see.
"""

from __future__ import annotations

from ..resolve.program import BlockDef
from .order import names_in
from .specs import CHECK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..resolve.program import Program
    from .order import References
    from .typed import TypedBlock, TypedProgram
    from .values import Value


class Overlay:
    """The program of an environment beside ``plain``, the typed one under none, in which nothing was wrong.

    Blocks are asked for (:meth:`leaves`) in an order in which each follows what it names.
    """

    __slots__ = ("_affected", "_changed", "_checked", "_choices", "_plain", "_touched")

    def __init__(self, program: Program, plain: TypedProgram, touched: set[str] | None = None) -> None:
        """``touched`` are the names of what differs between the two, by default what the environment speaks of."""
        self._plain = plain
        self._touched = program.touched if touched is None else touched
        #: Names that look different from outside: all those of values at once, those of blocks as they are checked.
        self._changed = _changed_values(program, plain, self._touched)
        #: Blocks that are checked again, and those that lead to one that looks different, by way of others as well.
        self._checked: set[str] = set()
        self._affected: set[str] = set()
        self._choices = {id for id, block in plain.blocks.items() if block.choice is not None}

    def references(self) -> dict[str, References]:
        """Return what blocks name, of those of which an environment cannot have changed it."""
        return {
            name: found
            for name, found in self._plain.references.items()
            if name not in self._touched and self._changed.isdisjoint(found.names)
        }

    def left_out(self, names: set[str]) -> None:
        """Take note of blocks that stand on a circle, and so come to nothing."""
        self._changed.update(names)

    def leaves(self, definition: BlockDef, references: References) -> bool:
        """Return whether a block comes to what it is without the environment."""
        name, blocks = definition.id, references.blocks
        names_changed = not self._changed.isdisjoint(blocks)
        if names_changed or not self._affected.isdisjoint(blocks):
            self._affected.add(name)
        again = (
            name in self._touched
            or name not in self._plain.references
            or names_changed
            or not self._changed.isdisjoint(references.names)
            or any(self._looks_further(block, blocks) for block in _blocks(name, self._plain))
        )
        if again:
            self._checked.add(name)
        return not again

    def _looks_further(self, block: TypedBlock, named: Iterable[str]) -> bool:
        """Return whether a block has to be checked again for what stands further up, or is no business of others.

        Some look at how what they take was made, or at the whole way that a model came. A choice adds a step for all who
        take it.
        """
        if not self._affected.isdisjoint(named) and any(
            spec.when == CHECK for spec in block.quantities.values()
        ):
            return True
        if self._choices and any(
            source.block in self._choices for sources in block.inputs.values() for source in sources
        ):
            return True
        for port in block.component.inputs.values() if block.component is not None else ():
            if "compatible" in port.marks and not self._affected.isdisjoint(named):
                return True
            if port.made_with and not self._checked.isdisjoint(named):
                return True
        return False

    def take_over(self, name: str, typed: TypedProgram) -> int:
        """Put what a block, or every instance of it, is without the environment into ``typed``; return how many there are."""
        blocks = _blocks(name, self._plain)
        if name in self._plain.instances:
            typed.instances[name] = self._plain.instances[name]
        for block in blocks:
            typed.blocks[block.id] = block
            typed.add_outputs(block)
        return len(blocks)

    def checked(self, name: str, typed: TypedProgram) -> None:
        """Look whether a block that was checked again is to others what it was."""
        ours, theirs = _blocks(name, typed), _blocks(name, self._plain)
        if [block.id for block in ours] != [block.id for block in theirs] or not all(
            map(_alike, ours, theirs)
        ):
            self._changed.add(name)


def _changed_values(program: Program, plain: TypedProgram, touched: set[str]) -> set[str]:
    """Return the names of values that may come to something else, and of what is there only with or without the environment."""
    known = plain.program.names
    changed = set(touched.difference(known))
    naming: dict[str, list[str]] = {}
    for name, item in program.names.items():
        if isinstance(item, BlockDef):
            continue
        kind = item.decl.kind.text
        if kind == "secret" and item.decl.type is None:
            changed.add(name)  # whoever takes it first says of which type it is
        elif name in touched and (kind != "param" or item.decl.type is None):
            changed.add(name)  # of a param others see its type alone
        for first, _ in names_in(item.value) if item.value is not None else ():
            naming.setdefault(first, []).append(name)
    changed.update(name for name in touched if name not in program.names)
    waiting = list(changed)
    while waiting:
        for name in naming.get(waiting.pop(), ()):
            if name not in changed:
                changed.add(name)
                waiting.append(name)
    return changed


def _blocks(name: str, typed: TypedProgram) -> list[TypedBlock]:
    """Return a block, or the instances that its `each` makes."""
    made = typed.instances.get(name)
    if made is None:
        return [typed.blocks[name]] if name in typed.blocks else []
    ids = (made.id(keys) for keys in made.keys(()))
    return [typed.blocks[id] for id in ids if id in typed.blocks]


def _alike(ours: TypedBlock, theirs: TypedBlock) -> bool:
    """Return whether other blocks see no difference."""
    return (
        ours.component is theirs.component
        and ours.kind is theirs.kind
        and ours.shown == theirs.shown
        and ours.outputs.keys() == theirs.outputs.keys()
        and all(_same(type, theirs.outputs[name]) for name, type in ours.outputs.items())
        and ours.quantities == theirs.quantities
        and ours.played == theirs.played
        and ours.externals.keys() == theirs.externals.keys()
        and ours.arguments.keys() == theirs.arguments.keys()
        and all(_same_value(value, theirs.arguments[name]) for name, value in ours.arguments.items())
    )


def _same_value(ours: Value, theirs: Value) -> bool:
    if ours is theirs:
        return True
    return (
        ours.known == theirs.known
        and ours.value == theirs.value
        and ours.expr == theirs.expr
        and _same(ours.type, theirs.type)
        and (ours.entity is theirs.entity or _same(ours.entity, theirs.entity))
    )


def _same(ours: object, theirs: object) -> bool:
    """Return whether two types, or what two references stand for, are the same in all that they are made of."""
    if ours is theirs:
        return True
    if ours.__class__ is not theirs.__class__ or ours is None:
        return False
    slots: tuple[str, ...] = ours.__class__.__slots__  # type: ignore[attr-defined]
    return all(
        mine is yours or mine == yours or (name == "of" and _same(mine, yours))
        for name, mine, yours in ((name, getattr(ours, name), getattr(theirs, name)) for name in slots)
    )
