"""The backend for Apache Airflow: a DAG file, images and code in a directory that stands alone but for data."""

from __future__ import annotations

from mlpc.backend import NO_MATERIAL, Capabilities, Emitted, Material
from mlpc.ir.nodes import Workflow

from .emit import emit
from .spec import CAPABILITIES

__all__ = ["BACKEND", "AirflowBackend"]


class AirflowBackend:
    """Emits a DAG of one Docker task a step, gate and promotion, with Dockerfiles for their images."""

    __slots__ = ()

    name = "airflow"
    takes_material = True

    @property
    def capabilities(self) -> Capabilities:
        """What Airflow does, 2.11 and 3."""
        return CAPABILITIES

    def emit(self, workflow: Workflow, material: Material = NO_MATERIAL) -> Emitted:
        """Return the directory for ``workflow``; without files where Airflow cannot do what it asks for."""
        return emit(self, workflow, material)


BACKEND = AirflowBackend()
