"""Diagnostics for programs: one JSON object a line."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mlpc.diagnostics import Diagnostic


def line(item: Diagnostic, shown: Callable[[str], str] = str) -> str:
    """Return ``item`` as one line of JSON; ``shown`` gives the path under which a file is found from here."""
    data = item.to_json()
    places: list[object] = [data]
    for key in ("labels", "fixes"):
        for entry in _list(data[key]):
            places += _list(entry["edits"]) if "edits" in entry else [entry]
    for place in places:
        if isinstance(place, dict) and isinstance(place["file"], str):
            place["file"] = shown(place["file"])
    # Escaped to ASCII: no line separator or direction mark gets into a log, and lone surrogates stay JSON.
    return json.dumps(data) + "\n"


def _list(value: object) -> list[dict[str, object]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
