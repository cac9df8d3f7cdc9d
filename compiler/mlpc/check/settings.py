"""`backend NAME { … }`: settings that the backend's own declaration types, so that checking a spec loads no backend."""

from __future__ import annotations

from .. import codes
from ..diagnostics import Diagnostic, Fix
from ..resolve.similar import nearest
from .figures import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..resolve.program import BlockDef, Program
    from .checker import Checker
    from .specs import ComponentSpec


def settings(checker: Checker, program: Program, name: str, definition: BlockDef) -> dict[str, Any] | None:
    """Return what ``backend NAME { … }`` sets; None after reporting what is wrong."""
    spec = _declared(checker, name)
    module, decl = definition.module, definition.decl
    if spec is None:
        known = checker.modules.backend_names()
        near = nearest(name, known)
        span = definition.span
        checker.report(
            Diagnostic(
                codes.UNKNOWN_BACKEND,
                f"there is no backend `{name}`",
                span,
                label=f"did you mean `{near}`?" if near else "not installed",
                help=[] if near else ["there is " + ", ".join(f"`{each}`" for each in known)],
                fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
            )
        )
        return None
    if decl.type is not None:
        checker.report(
            Diagnostic(
                codes.WRONG_PLACE,
                "the settings of a backend are declared by the backend, not by a component",
                module.span(decl.type),
                help=[f"write `backend {name} {{ … }}`"],
            )
        )
    return read(checker, definition.body, spec, definition.span, "a `backend` block", program)


def _declared(checker: Checker, name: str) -> ComponentSpec | None:
    module = checker.modules.backend(name)
    decl = module.find(name, "component") if module is not None else None
    return checker.declarations.component(module, decl) if module is not None and decl is not None else None
