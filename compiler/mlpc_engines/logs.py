"""Why a step failed, read from the end of what it printed, where an engine keeps nothing else of one that did."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: As the step runtime writes it: a code and a name, then where it was and what helps on lines of their own.
_ERROR = re.compile(r"error\[(MLP\d{3}) ([a-z0-9-]+)\]: (.*)")
_PLACE = re.compile(r"  at (.+?)(?::(\d+))?$")
_HELP = "  help: "


def reported(log: str) -> dict[str, Any] | None:
    """Return the last error that a log tells of, as a result of the step contract has it; None where there is none."""
    lines = log.splitlines()
    for number in range(len(lines) - 1, -1, -1):
        found = _ERROR.fullmatch(lines[number].rstrip())
        if found is None:
            continue
        error: dict[str, Any] = {
            "code": found[1],
            "name": found[2],
            "message": found[3],
            "help": [],
            "place": None,
            "final": False,
        }
        for line in lines[number + 1 :]:
            place = _PLACE.fullmatch(line)
            if line.startswith(_HELP):
                error["help"].append(line[len(_HELP) :].rstrip())
            elif place is not None:
                error["place"] = {"file": place[1], "line": int(place[2]) if place[2] else None}
            else:
                break
        return error
    return None
