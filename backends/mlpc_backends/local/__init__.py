"""The backend for one machine: it emits the plan that `mlpc run` executes."""

from __future__ import annotations

from mlpc.backend import NO_MATERIAL, Capabilities, Emitted, Material
from mlpc.ir.nodes import Workflow

from .emit import emit
from .spec import CAPABILITIES

__all__ = ["BACKEND", "LocalBackend"]


class LocalBackend:
    """Emits ``plan.json``, the canonical form of the workflow, and a page that says how to run it."""

    __slots__ = ()

    name = "local"
    takes_material = False

    @property
    def capabilities(self) -> Capabilities:
        """What the engine for one machine does."""
        return CAPABILITIES

    def emit(self, workflow: Workflow, material: Material = NO_MATERIAL) -> Emitted:
        """Return the plan for ``workflow``; without files where the engine cannot do what it asks for."""
        return emit(self, workflow)


BACKEND = LocalBackend()
