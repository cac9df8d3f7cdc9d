"""What became of systems that are gone: read from `closed.mlp` of the standard library, where a name is not found."""

from __future__ import annotations

from ..syntax import tree
from .modules import CLOSED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from .modules import Modules


def closed(modules: Modules, names: Iterable[str]) -> tuple[str, str] | None:
    """Return the first of ``names`` that is a closed system, and what became of it; None where none is."""
    known = modules.standard(CLOSED)
    if known is None:
        return None
    for name in names:
        decl = known.names.get("".join(filter(str.isalnum, name)).lower())
        if decl is not None and isinstance(decl.value, tree.String):
            return name, "".join(part for part in decl.value.parts if isinstance(part, str))
    return None
