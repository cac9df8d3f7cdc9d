"""Named moments at which a test may stop the engine for good, to kill it there.

``MLPC_RUN_PAUSE_AT=committing=/tmp/reached`` makes the engine create that file when it comes to the point
``committing``, and wait until it is killed. Without the variable a point costs a comparison.
"""

from __future__ import annotations

import os

_POINT, _, _MARK = os.environ.get("MLPC_RUN_PAUSE_AT", "").partition("=")

#: Every point there is, in the order in which a step comes by them.
POINTS = (
    "resolving",
    "resolved",
    "making-environment",
    "environment-made",
    "starting",
    "running",
    "finished",
    "hashing",
    "renaming",
    "renamed",
    "committing",
    "committed",
    "promoting",
    "promoted",
)


def reach(point: str) -> None:
    """Stop here if a test asks for it."""
    if point == _POINT:
        import time

        with open(_MARK, "w", encoding="utf-8") as file:
            file.write(str(os.getpid()))
        while True:
            time.sleep(60)
