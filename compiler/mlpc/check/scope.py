"""Where a name is looked up: the quantities of a condition, then what stands around it, then the file, then uses."""

from __future__ import annotations

from .types import ARTEFACTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..resolve.modules import Module
    from ..resolve.program import Program
    from .specs import QuantitySpec
    from .types import Type
    from .values import Value


class Scope:
    """A place from which names are seen.

    ``wanted`` is the type of what is read, where that is known; it makes messages better and changes nothing else.
    ``quantities`` are those of the block whose condition is read, by name, and ``block`` its id; ``values`` are names bound by
    what is being checked (the parameters of a declaration's own conditions); ``estimated`` are quantities of the block that are
    known before it runs. In a test (``facts``) what blocks are given is
    seen as well.
    """

    __slots__ = (
        "block",
        "estimated",
        "facts",
        "module",
        "prefix",
        "program",
        "quantities",
        "values",
        "wanted",
    )

    def __init__(
        self,
        module: Module,
        program: Program | None = None,
        *,
        block: str = "",
        prefix: str = "",
        quantities: dict[str, QuantitySpec] | None = None,
        values: dict[str, Value] | None = None,
        wanted: Type | None = None,
        facts: bool = False,
        estimated: Mapping[str, int] | None = None,
    ) -> None:
        self.module = module
        self.program = program
        self.block = block
        self.prefix = prefix
        self.quantities = quantities
        self.values = values
        self.wanted = wanted
        self.facts = facts
        self.estimated = estimated

    def wanting(self, wanted: Type | None) -> Scope:
        """Return the same place with something else wanted."""
        if wanted is self.wanted:
            return self
        return Scope(
            self.module,
            self.program,
            block=self.block,
            prefix=self.prefix,
            quantities=self.quantities,
            values=self.values,
            wanted=wanted,
            facts=self.facts,
            estimated=self.estimated,
        )

    def likely_names(self) -> list[str]:
        """Return the names that stand for something of the kind that is wanted; for did-you-mean."""
        if self.quantities is not None:
            values = self.program.names if self.program is not None else {}
            return [*self.quantities, *values]
        base = self.wanted.base if self.wanted is not None else ""
        if base == "schema":
            return [name for name, decl in self.module.names.items() if decl.kind.text == "schema"]
        if (base in ARTEFACTS or base == "column") and self.program is not None:
            return [block.id for block in self.program.blocks]
        return []

    def sees(self, name: str) -> bool:
        """Return whether ``name`` is among :meth:`names`."""
        program = self.program
        return (
            (self.quantities is not None and name in self.quantities)
            or (self.values is not None and name in self.values)
            or (program is not None and name in program.names)
            or name in self.module.names
            or name in self.module.aliases
        )

    def names(self) -> list[str]:
        """Return every name that is seen from here; for did-you-mean."""
        found: list[str] = []
        if self.quantities:
            found.extend(self.quantities)
        if self.values:
            found.extend(self.values)
        if self.program is not None:
            found.extend(self.program.names)
        found.extend(self.module.names)
        found.extend(self.module.aliases)
        return found
