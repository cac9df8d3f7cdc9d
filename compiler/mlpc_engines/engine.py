"""What all running engines have in common: they take a compiled directory, and tell what comes of it."""

from __future__ import annotations

from mlpc.codes import NOT_COMPILED

from .errors import SubmitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Protocol

    from .directory import Compiled
    from .docker import Progress

    class Engine(Protocol):
        """An engine that can be reached, and one compiled directory."""

        def submit(self, data: str = "", params: Mapping[str, str] | None = None) -> dict[str, Any]:
            """Run what was compiled, follow it to its end, and return the summary of the run.

            ``data`` is the folder in which the project's data lies (found where it is empty), ``params`` are texts of
            parameters by name. The summary has the members of that of `mlpc run --json`, and ``urls`` by service.

            Raises:
                SubmitError: something is missing, or the engine ends before the run does.
                KeyboardInterrupt: the person ended it.
            """

        def follow(self) -> dict[str, Any]:
            """Follow the last run that was submitted from here, which may have ended, and return its summary.

            Raises:
                SubmitError: there is none, or the engine lost it.
            """


#: Engines by the name of their target: module and class.
_ENGINES = {
    "airflow": ("airflow", "Airflow"),
    "compose": ("compose", "Compose"),
    "kubeflow": ("kubeflow", "Kubeflow"),
}


class Event:
    """What happened: ``kind`` is started, done, not-passed, failed, held-back, ready or note; ``text`` says more."""

    __slots__ = ("kind", "node", "seconds", "text")

    def __init__(self, kind: str, node: str = "", text: str = "", seconds: float = 0.0) -> None:
        self.kind = kind
        self.node = node
        self.text = text
        self.seconds = seconds


class Options:
    """What a person says of an engine: ``url`` of its API, ``dags`` the folder of Airflow's DAG files, ``stage`` the
    address in an object store under which Kubeflow finds data. All may be empty.
    """

    __slots__ = ("dags", "stage", "url")

    def __init__(self, url: str = "", dags: str = "", stage: str = "") -> None:
        self.url = url
        self.dags = dags
        self.stage = stage


def connect(
    compiled: Compiled,
    options: Options,
    listen: Callable[[Event], None],
    built: Callable[[Progress], None],
) -> Engine:
    """Return the engine that ``compiled`` is for. ``listen`` gets what happens there, ``built`` how far images are.

    Raises:
        SubmitError: there is no such engine, or it cannot be reached.
    """
    from importlib import import_module

    if compiled.target not in _ENGINES:
        raise SubmitError(
            NOT_COMPILED,
            f"`{compiled.shown}` was compiled for `{compiled.target}`, which nothing is submitted to",
            "compile it for an engine: `mlpc compile main.mlp --to compose -o build`",
        )
    module, name = _ENGINES[compiled.target]
    engine: Engine = getattr(import_module(f"mlpc_engines.{module}"), name).connect(
        compiled, options, listen, built
    )
    return engine
