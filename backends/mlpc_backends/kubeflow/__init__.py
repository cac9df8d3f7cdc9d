"""The backend for Kubeflow Pipelines: a pipeline in its intermediate form, with Dockerfiles for the images of its tasks."""

from __future__ import annotations

from mlpc.backend import NO_MATERIAL, Capabilities, Emitted, Material
from mlpc.ir.nodes import Workflow

from .emit import emit
from .spec import CAPABILITIES

__all__ = ["BACKEND", "KubeflowBackend"]


class KubeflowBackend:
    """Emits ``pipeline.yaml``, one task a step and gate, which every Kubeflow Pipelines 2 takes; no SDK is imported."""

    __slots__ = ()

    name = "kubeflow"
    takes_material = True

    @property
    def capabilities(self) -> Capabilities:
        """What Kubeflow Pipelines does."""
        return CAPABILITIES

    def emit(self, workflow: Workflow, material: Material = NO_MATERIAL) -> Emitted:
        """Return the directory for ``workflow``; without files where Kubeflow cannot do what it asks for."""
        return emit(self, workflow, material)


BACKEND = KubeflowBackend()
