"""A spec as an editor asks about it: its compilation, and look-ups that report nothing."""

from __future__ import annotations

from ..check.checker import Checker
from ..check.specs import played
from ..diagnostics import Diagnostics
from ..resolve.program import BlockDef

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..check.specs import BlockSpec, ComponentSpec, KindSpec, ParamSpec, PortSpec
    from ..check.typed import TypedProgram
    from ..compilation import Compilation
    from ..resolve.modules import Module
    from ..resolve.program import ValueDef
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

    def component(self, module: Module, kind: str, name: str) -> ComponentSpec | None:
        """Return the component that a block of ``kind`` calls ``name`` in ``module``."""
        found = self.checker.find_component(module, kind, tuple(name.split("."))) if name else None
        return self.checker.declarations.component(*found) if found is not None else None

    def specs(self, frames: list[Frame]) -> list[BlockSpec]:
        """Return what declares the innermost of ``frames``: see :meth:`declaring`; nothing outside of pipelines."""
        inside = [frame for frame in frames if frame.words]
        if len(inside) < 2 or inside[0].kind not in ("pipeline", "env") or self.module is None:
            return []
        block, *nested = inside[1:]
        way = [(frame.kind, frame.component) for frame in nested]
        return self.declaring(self.module, block.kind, block.name, block.component, way)

    def declaring(
        self, module: Module, kind: str, name: str, component: str, way: Sequence[tuple[str, str]]
    ) -> list[BlockSpec]:
        """Return what declares a block that is written `KIND NAME: COMPONENT` in ``module``, the component first, then the kind.

        ``way`` leads to a nested block of it: names, each with the component that plays it or nothing. In an environment a
        block has no component; it is the one that the pipeline gives.
        """
        spec = self.checker.kind(kind, module)
        if spec is None:
            return []
        player = self.component(module, spec.name, component or self._played(module, name) or spec.default)
        found: list[BlockSpec] = []
        for above in (player, spec):
            at: BlockSpec | None = above
            for inner, by in way:
                at = at.blocks.get(inner) if at is not None else None
                nested = self.component(module, at.role, by) if at is not None and at.role else None
                if at is not None and nested is not None:
                    at = played(at, nested)
            if at is not None:
                found.append(at)
        return found

    def item(self, name: str) -> BlockDef | ValueDef | None:
        """Return the block, param, let or secret of the pipeline that is called ``name``."""
        return self.typed.program.names.get(name) if self.typed is not None else None

    def _played(self, module: Module, name: str) -> str:
        """Return the component of a block of the pipeline as it is written there."""
        item = self.item(name) if module is self.module else None
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
