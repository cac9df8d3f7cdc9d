"""Annotations of GitHub Actions: one workflow command a line, which the runner shows beside the code.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from ..terminal import harmless
from .report import Document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .report import Finding

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


class Annotations(Document):
    """Writes `::error file=…,line=…::…`."""

    __slots__ = ()

    def document(self, findings: Sequence[Finding], checked: Sequence[str]) -> str:
        """Return a command for each of ``findings``."""
        return "".join(map(_command, findings))


def _command(finding: Finding) -> str:
    item = finding.item
    line, column, end_line, end_column = finding.place
    properties: dict[str, object] = {}
    if finding.path:
        properties["file"] = finding.path
    if item.span is not None:
        properties["line"] = line
        # Columns are taken only where a place lies in one line.
        if line == end_line:
            properties |= {"col": column, "endLine": end_line, "endColumn": end_column}
        else:
            properties["endLine"] = end_line
    properties["title"] = f"{item.code.code} {item.code.name}"
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{_COMMANDS[item.severity]} {written}::{_text(chr(10).join([item.message, *finding.told]))}\n"


def _text(text: str) -> str:
    """Return ``text`` so that it cannot end the command, nor begin another one."""
    return harmless(text, lines=True).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _text(harmless(text)).replace(":", "%3A").replace(",", "%2C")


FORMAT = Annotations
