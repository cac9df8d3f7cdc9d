"""Steps for which there was no memory left: how an engine notices, and what is said of it.

Only the standard library is imported.
"""

from __future__ import annotations

import signal

from . import codes
from .contract import StepError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_UNITS = (("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10))
_LESS = "let it hold less at once: fewer rows or columns, smaller batches"
#: Said of a step that failed otherwise, while the system ended a process: most likely one that the step had started.
MEANWHILE = (
    "the system ended a process for want of memory while it ran: `resources { memory = … }` gives it more"
)


def kills() -> int:
    """Return how many processes of this machine the system has ended for want of memory since it started.

    Those that went beyond the limit of their container are counted, in the container as outside. 0 where that is not told.
    """
    try:
        with open("/proc/vmstat", encoding="ascii") as file:
            for line in file:
                name, _, count = line.partition(" ")
                if name == "oom_kill":
                    return int(count)
    except (OSError, ValueError):
        pass
    return 0


def is_it(error: Mapping[str, Any] | None, status: int, *, starved: bool) -> bool:
    """Return whether memory is what a step failed for: it says so as its ``error``, or the system killed it.

    ``status`` is its exit status, negative for a signal; ``starved`` says that the system ended a process for want of memory
    while it ran.
    """
    if error is not None:
        return error.get("code") == codes.OUT_OF_MEMORY[0]
    return starved and status in (-signal.SIGKILL, 128 + signal.SIGKILL)


def ran_out(
    step: str, asked: int | None, error: Mapping[str, Any] | None = None, *, limited: bool
) -> StepError:
    """Return the error of a step for which there was no memory left.

    ``asked`` are the bytes of its `resources.memory`, ``error`` is what it could still say itself; ``limited`` says whether the
    engine gives a step no more than it asks for.
    """
    had = given(asked) if limited else ""
    said = [f"it said: {error['message']}"] if error and error.get("message") else []
    if limited and asked:
        help = [f"give it more: `resources {{ memory = {shown(2 * asked)} }}`", f"or {_LESS}"]
    elif limited:
        help = ["it has no `resources { memory = … }`, so it had what its machine had left", _LESS]
    else:
        wanted = f"asks for {shown(asked)}" if asked else "has no `resources { memory = … }`"
        help = [
            f"it {wanted}, and one machine gives every step what there is: run fewer side by side with `--jobs 1`",
            f"or {_LESS}",
        ]
    place = error.get("place") if error else None
    return StepError(codes.OUT_OF_MEMORY, f"`{step}` ran out of memory{had}", [*said, *help], place, False)


def given(asked: int | None) -> str:
    """Return what to say behind "ran out of memory" of a step that is given so many bytes, and no more."""
    return f": `resources.memory` gives it {shown(asked)}" if asked else ""


def shown(size: int) -> str:
    """Return a number of bytes as it is written in a spec: in the largest unit in which it is whole."""
    for unit, count in _UNITS:
        if size % count == 0:
            return f"{size // count}{unit}"
    return f"{size}B"
