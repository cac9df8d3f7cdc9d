"""How diagnostics are written: one file a format; only the one that is asked for is imported."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .report import Report

#: Every format, in the order in which `--help` names them.
NAMES = ("text", "json", "sarif", "github", "gitlab", "junit")


def report(name: str, colour: str = "auto") -> Report:
    """Return what gathers diagnostics and writes them to standard output as ``name`` of :data:`NAMES`.

    ``colour`` is ``auto``, ``always`` or ``never``, and matters to text alone.
    """
    if name == "text":
        from .text import Text

        return Text(colour)
    from importlib import import_module

    made: Report = import_module(f"mlpc_cli.formats.{name}").FORMAT()
    return made
