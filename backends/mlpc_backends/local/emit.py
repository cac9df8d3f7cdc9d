"""From a workflow to the files of a plan."""

from __future__ import annotations

from mlpc.backend import Emitted, judge
from mlpc.diagnostics import ERROR
from mlpc.ir.canonical import dumps

from .render import page
from .spec import PAGE, PLAN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlpc.backend import Backend
    from mlpc.ir.nodes import Workflow


def emit(backend: Backend, workflow: Workflow) -> Emitted:
    """Return the plan of ``workflow``, or the reasons why there is none.

    Raises:
        IRError: the workflow holds a value that JSON cannot.
    """
    found = judge(backend, workflow)
    if any(item.severity == ERROR for item in found):
        return Emitted({}, diagnostics=found)
    files = {PLAN: dumps(workflow), PAGE: page(workflow).encode("utf-8")}
    return Emitted(files, diagnostics=found)
