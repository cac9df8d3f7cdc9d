"""Brings in the model that a registry has: what was promoted before, for an evaluation to compare with."""

from __future__ import annotations

import os
import re

from . import codes, models
from .contract import Result, StepError, Task, first_line
from .register import DATABASE, Registry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def mlflow(task: Task, result: Result) -> None:
    """Bring in a version of a registered model of scikit-learn: the one with the alias, else the newest.

    Where the registry has none, nothing is: the output then is a model that is missing.

    Raises:
        StepError: the registry does not answer or refuses, or what it has is no model of scikit-learn.
    """
    registry = Registry(task)
    output = task.output("model")
    with registry.held():
        version = _version(registry)
        if version is None:
            models.leave_out(output.path)
            on = f" with the alias `{registry.alias}`" if registry.alias is not None else ""
            result.info(f"the registry has no model `{registry.name}`{on} yet")
            return
        model = _loaded(registry, version)
        signature = models.describe(model, output, None, None, f"version {version} of `{registry.name}`")
        models.save(output.path, model, signature)
    result.info(f"version {version} of `{registry.name}`")


def _version(registry: Registry) -> str | None:
    """Return the version that is meant, None where the registry has none."""
    if registry.embedded and not os.path.exists(os.path.join(registry.task.state, DATABASE)):
        return None
    client = registry.client()
    try:
        if registry.alias is not None:
            return str(client.get_model_version_by_alias(registry.name, registry.alias).version)
        found = client.search_model_versions(f"name = '{registry.name}'", max_results=1000)
    except Exception as error:  # noqa: BLE001 - MLflow's own, and those of what it stands on
        if getattr(error, "error_code", "") in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise registry.refusal(error) from None
    ready = [int(item.version) for item in found if item.status == "READY"]
    return str(max(ready)) if ready else None


def _loaded(registry: Registry, version: str) -> Any:
    import mlflow as library

    try:
        return library.sklearn.load_model(f"models:/{registry.name}/{version}")
    except Exception as error:  # noqa: BLE001 - what a registry has may be anything
        if re.match(r"(requests|urllib3|sqlalchemy)\b", type(error).__module__):
            raise registry.refusal(error) from None
        raise StepError(
            codes.UNREADABLE_MODEL,
            f"version {version} of `{registry.name}` is no model of scikit-learn that can be read here: {first_line(error)}",
            "a model of another framework is compared with by a component of your own that loads it",
        ) from None
