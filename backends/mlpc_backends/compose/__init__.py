"""The backend for Docker Compose: a directory of a Compose file, images and code that stands alone but for data."""

from __future__ import annotations

from mlpc.backend import NO_MATERIAL, Capabilities, Emitted, Material
from mlpc.ir.nodes import Workflow

from .emit import emit
from .spec import CAPABILITIES

__all__ = ["BACKEND", "ComposeBackend"]


class ComposeBackend:
    """Emits a Compose file of one job a step and gate and one service a service, with Dockerfiles for their images."""

    __slots__ = ()

    name = "compose"
    takes_material = True

    @property
    def capabilities(self) -> Capabilities:
        """What Compose does, 1.29 and v2."""
        return CAPABILITIES

    def emit(self, workflow: Workflow, material: Material = NO_MATERIAL) -> Emitted:
        """Return the directory for ``workflow``; without files where Compose cannot do what it asks for."""
        return emit(self, workflow, material)


BACKEND = ComposeBackend()
