"""Where a name is looked up: the quantities of a condition, then what stands around it, then the file, then uses."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..resolve.modules import Module
    from ..resolve.program import Program
    from .specs import QuantitySpec
    from .values import Value


class Scope:
    """A place from which names are seen.

    ``quantities`` are those of the block whose condition is read, by name, and ``block`` its id; ``values`` are names bound by
    what is being checked (the parameters of a declaration's own conditions).
    """

    __slots__ = ("block", "module", "prefix", "program", "quantities", "values")

    def __init__(
        self,
        module: Module,
        program: Program | None = None,
        *,
        block: str = "",
        prefix: str = "",
        quantities: dict[str, QuantitySpec] | None = None,
        values: dict[str, Value] | None = None,
    ) -> None:
        self.module = module
        self.program = program
        self.block = block
        self.prefix = prefix
        self.quantities = quantities
        self.values = values

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
