"""Serving: an exported model behind HTTP, until SIGTERM."""

from __future__ import annotations

from . import codes
from .contract import Result, StepError, Task
from .serving.settings import Limits, Settings


def server(task: Task, result: Result) -> None:
    """Serve the model at the input ``model`` on the host and port of the task's ``service``.

    Arguments: ``workers`` (or ``replicas``: the least of them), how many processes answer; ``limits.body``
    (bytes), ``limits.rows``, ``limits.concurrency``, ``limits.time`` (seconds); ``log``, ``quiet`` or ``json``.
    The threads of the task are shared by the processes.

    Raises:
        StepError: the task is no service, its port is taken, or the model cannot be served.
    """
    from .serving.process import serve

    if task.service is None:
        raise StepError(codes.INVALID_TASK, "`server` is a service: its task has to name host and port")
    model = task.input("model")
    labels = task.context.get("labels") or {}
    pipeline = str(task.context.get("pipeline") or "")
    facts = {
        "pipeline": pipeline,
        "run": task.context.get("run"),
        "service": task.id,
        "artefact": model.digest,
        "promoted": labels.get("promoted"),
        "figures": labels.get("figures") or {},
    }
    given = {name: task.argument(f"limits.{name}") for name in ("body", "rows", "concurrency", "time")}
    settings = Settings(
        folder=model.path,
        host=str(task.service.get("host") or "127.0.0.1"),
        port=int(task.service.get("port") or 0),
        title=f"{pipeline} {task.id}".strip(),
        workers=_workers(task),
        threads=task.threads,
        limits=Limits(**{name: value for name, value in given.items() if value is not None}),
        log=str(task.argument("log", "quiet")),
        facts={name: value for name, value in facts.items() if value not in (None, "", {})},
    )
    serve(settings)
    result.info(f"served on {settings.url}")


def _workers(task: Task) -> int:
    replicas = task.argument("workers", task.argument("replicas", 1))
    if isinstance(replicas, list):
        replicas = replicas[0]
    return max(1, int(replicas))
