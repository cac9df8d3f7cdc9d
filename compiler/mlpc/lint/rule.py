"""What a rule of the linter is: one module in ``rules/`` with a ``CODE``, a ``find`` and its page as docstring."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..codes import Code
    from ..diagnostics import Diagnostic
    from .spec import Spec

OFF, WARN, FAIL = "off", "warn", "error"
LEVELS = (OFF, WARN, FAIL)

#: Groups of rules by the first two digits of their codes.
GROUPS = {
    "81": "leakage",
    "82": "evaluation",
    "83": "reproducibility",
    "84": "deployment",
    "85": "operations",
    "86": "security",
    "87": "hygiene",
    "88": "hygiene",
}


class Rule:
    """A rule: what it is called, how it finds its fault, and the page that `mlpc explain` prints."""

    __slots__ = ("code", "find", "page")

    def __init__(self, code: Code, find: Callable[[Spec], Iterable[Diagnostic]], page: str) -> None:
        self.code = code
        self.find = find
        self.page = page

    @property
    def name(self) -> str:
        """The name that settings and comments use."""
        return self.code.name

    @property
    def group(self) -> str:
        """The group that settings may name instead."""
        return GROUPS[self.code.code[3:5]]

    @property
    def level(self) -> str:
        """The level where a project says nothing."""
        return FAIL if self.code.severity == "error" else WARN
