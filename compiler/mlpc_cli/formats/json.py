"""Diagnostics for programs: one JSON object a line."""

from __future__ import annotations

import json

from .fingerprints import fingerprints
from .report import Document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .report import Finding


class JsonLines(Document):
    """What a diagnostic says of itself, with paths as they are reached from here and a fingerprint."""

    __slots__ = ()

    def document(self, findings: Sequence[Finding], checked: Sequence[str]) -> str:
        """Return a line for each of ``findings``."""
        return "".join(map(_line, findings, fingerprints(findings)))


def _line(finding: Finding, fingerprint: str) -> str:
    data = finding.item.to_json()
    places: list[object] = [data]
    for key in ("labels", "fixes"):
        for entry in _list(data[key]):
            places += _list(entry["edits"]) if "edits" in entry else [entry]
    for place in places:
        if isinstance(place, dict) and isinstance(place["file"], str):
            place["file"] = finding.shown(place["file"])
    data["fingerprint"] = fingerprint
    # Escaped to ASCII: no line separator or direction mark gets into a log, and lone surrogates stay JSON.
    return json.dumps(data) + "\n"


def _list(value: object) -> list[dict[str, object]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


FORMAT = JsonLines
