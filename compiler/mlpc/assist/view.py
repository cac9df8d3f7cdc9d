"""A spec as an editor asks about it: its compilation, and look-ups that report nothing."""

from __future__ import annotations

from ..check.checker import Checker
from ..diagnostics import Diagnostics

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..check.specs import BlockSpec, ComponentSpec, KindSpec, ParamSpec, PortSpec
    from ..check.typed import TypedProgram
    from ..compilation import Compilation
    from ..resolve.modules import Module
    from .surroundings import Frame


class View:
    """What is known of the file at the root of a compilation; ``module`` and ``typed`` may be missing."""

    def __init__(self, compilation: Compilation) -> None:
        compilation.check()
        self.compilation = compilation
        self.module: Module | None = compilation.root
        self.typed: TypedProgram | None = compilation.typed
        self.modules = compilation.modules
        # One of its own: what it would report was reported by the check, or is not yet to be reported.
        self.checker = Checker(compilation.modules, Diagnostics())

    def kind(self, name: str) -> KindSpec | None:
        """Return what a kind declares, as seen from the file."""
        return self.checker.kind(name, self.module) if self.module is not None else None

    def component(self, kind: str, name: str) -> ComponentSpec | None:
        """Return the component that a block of ``kind`` calls ``name``."""
        if self.module is None or not name:
            return None
        found = self.checker.find_component(self.module, kind, tuple(name.split(".")))
        return self.checker.declarations.component(*found) if found is not None else None

    def specs(self, frames: list[Frame]) -> tuple[list[BlockSpec], Frame | None, list[str]]:
        """Return what declares the innermost of ``frames``, the block of the pipeline that it belongs to, and the way from there.

        The component comes first, then the kind. Empty where the frames lead to no block of a pipeline.
        """
        inside = [frame for frame in frames if frame.words]
        if len(inside) < 2 or inside[0].kind not in ("pipeline", "env"):
            return [], None, []
        block, *nested = inside[1:]
        kind = self.kind(block.kind)
        if kind is None:
            return [], None, []
        component = self.component(kind.name, block.component or self._played(block.name) or kind.default)
        found: list[BlockSpec] = []
        way = [frame.kind for frame in nested]
        for spec in (component, kind):
            at: BlockSpec | None = spec
            for frame in nested:
                at = at.blocks.get(frame.kind) if at is not None else None
                if at is not None and at.role and frame.component:
                    player = self.component(at.role, frame.component)
                    if player is not None:
                        from ..check.specs import played

                        at = played(at, player)
            if at is not None:
                found.append(at)
        return found, block, way

    def _played(self, name: str) -> str:
        """Return the component of a block of the pipeline as written: an environment names it no second time."""
        from ..resolve.program import BlockDef

        item = self.typed.program.names.get(name) if self.typed is not None else None
        node = item.decl.type if isinstance(item, BlockDef) else None
        return node.name.text if node is not None else ""


def members(specs: list[BlockSpec]) -> Iterator[tuple[str, ParamSpec | PortSpec | BlockSpec]]:
    """Yield what may be set in a block, by name: inputs, parameters, nested blocks; the first spec has the say."""
    seen = set()
    for spec in specs:
        for table in (spec.inputs, spec.params, spec.blocks):
            for name, member in table.items():
                if name not in seen:
                    seen.add(name)
                    yield name, member
