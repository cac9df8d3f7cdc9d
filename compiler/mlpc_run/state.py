"""What one run knows while it goes on, for all that take part in it."""

from __future__ import annotations

import time

from mlpc.ir.nodes import Task

from . import runtime, secrets, selection, values
from .fingerprints import Fingerprints
from .imports import Sources
from .lock import pinned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from mlpc.ir.nodes import Workflow

    from .layout import Layout
    from .lock import Locked, Set
    from .store import Store
    from .summary import Options


class State:
    """The workflow and what was asked of it, what is open, and what is known so far.

    ``metrics`` are figures by node and name; ``digests`` those of artefacts by node and port; ``forced`` are the
    nodes that are to run whatever is known.
    """

    __slots__ = (
        "workflow",
        "layout",
        "options",
        "params",
        "nodes",
        "forced",
        "tasks",
        "store",
        "fingerprints",
        "sources",
        "runtime_root",
        "runtime",
        "locked",
        "metrics",
        "digests",
        "secrets",
        "masker",
        "number",
        "began",
    )

    def __init__(
        self, workflow: Workflow, layout: Layout, params: Mapping[str, Any], options: Options
    ) -> None:
        """Look at what is asked for.

        Raises:
            EngineError: a name that nothing has, or what this machine cannot do.
        """
        workflow = pinned(workflow, layout.lock_file)
        self.workflow = workflow
        self.layout = layout
        self.options = options
        self.began = time.time()
        self.params = values.parameters(workflow, params, self.began)
        self.nodes = selection.selected(workflow, options.only)
        self.forced = selection.following(workflow, options.from_)
        selection.possible(workflow, self.nodes, options.others)
        self.tasks: dict[str, Task] = {node.id: node for node in workflow.nodes if isinstance(node, Task)}
        self.locked: dict[Set, Locked] = {}
        self.metrics: dict[str, dict[str, Any]] = {}
        self.digests: dict[tuple[str, str], str] = {}
        self.secrets: dict[str, str] = {}
        self.masker = secrets.Masker(())
        self.number = 0

    def open(self, store: Store) -> None:
        """Go by this store."""
        self.store = store
        self.fingerprints = Fingerprints(store)
        self.runtime_root = runtime.root()
        self.sources = Sources(store, self.fingerprints, self.runtime_root)
        self.runtime = runtime.digest(self.runtime_root, self.fingerprints)

    def read_secrets(self) -> None:
        """Read the secrets that the tasks of this run are given.

        Raises:
            EngineError: one is not there.
        """
        wanted = {
            str(value["secret"])
            for node in self.nodes
            if isinstance(node, Task)
            for value in node.arguments.values()
            if isinstance(value, dict) and isinstance(value.get("secret"), str)
        }
        self.secrets = secrets.read(self.workflow.secrets, sorted(wanted), self.layout.root)
        self.masker = secrets.Masker([*self.secrets.values(), *secrets.of_stores(self.nodes)])
