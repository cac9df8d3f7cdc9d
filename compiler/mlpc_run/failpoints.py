"""Named moments at which a test may stop the engine for good, to kill it there.

``MLPC_RUN_PAUSE_AT=committing@2=/tmp/reached`` makes the engine create that file when it comes to the point
``committing`` for the second time, and wait until it is killed. Without the variable a point costs a comparison.
"""

from __future__ import annotations

import os

_WHERE, _, _MARK = os.environ.get("MLPC_RUN_PAUSE_AT", "").partition("=")
_POINT, _, _COUNT = _WHERE.partition("@")
_left = int(_COUNT or 1)

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
    global _left
    if point == _POINT:
        _left -= 1
        if _left == 0:
            import time

            with open(_MARK, "w", encoding="utf-8") as file:
                file.write(str(os.getpid()))
            while True:
                time.sleep(60)
