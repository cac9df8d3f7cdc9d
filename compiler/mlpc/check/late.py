"""What is said of a value that is known when the pipeline runs, where one is needed that is known when compiling."""

from __future__ import annotations

from .. import codes
from ..diagnostics import Diagnostic, Label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..source import Span
    from .values import Entity

#: What helps nearly always.
USE_LET = "declare it with `let`; an environment may give that another value"


def late(what: str, span: Span, entity: Entity | None = None, help: Sequence[str] = (USE_LET,)) -> Diagnostic:
    """Return the diagnostic for a value at ``span``; ``what`` is what it was meant for, with its verb: `the ends of a range are`.

    ``entity`` is what the value names, which is pointed at where that is a param or a secret.
    """
    labels = []
    if entity is not None and entity.what in ("param", "secret") and entity.item is not None:
        labels = [given_when_it_runs(entity.what, entity.item.span)]
    return Diagnostic(
        codes.NOT_KNOWN_YET,
        f"{what} known when compiling, but this is known when the pipeline runs only",
        span,
        label="not known yet",
        labels=labels,
        help=list(help),
    )


def given_when_it_runs(kind: str, span: Span) -> Label:
    """Return the label at the declaration of a `param` or a `secret`."""
    return Label(span, f"a `{kind}` gets its value when the pipeline runs")
