"""Measures child processes: CPU and wall time, interleaved, so that what else the machine does hits all alike."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]


class Cost:
    """What one process took: seconds, and MiB of memory at most."""

    def __init__(self, cpu: float, wall: float, memory: float = 0) -> None:
        self.cpu = cpu
        self.wall = wall
        self.memory = memory


def environment(**more: str) -> dict[str, str]:
    """Return an environment in which byte code is kept."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "NO_COLOR": "1", **more}


def once(command: Sequence[str | Path], folder: Path, status: int = 0, **more: str) -> Cost:
    """Run a command to its end; ``more`` are variables of its environment.

    Raises:
        RuntimeError: it ended with another status than expected; its output is in the message.
    """
    start = time.perf_counter()
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=folder,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    with process.stdout:
        output = process.stdout.read()
    _, code, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(code)
    if process.returncode != status:
        raise RuntimeError(
            f"{' '.join(str(part) for part in command)} ended with status {process.returncode}:\n"
            + output.decode("utf-8", "replace")[-3000:]
        )
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def interleaved(runs: int, *what: Callable[[], Cost]) -> list[list[Cost]]:
    """Call each of ``what`` ``runs`` times, in turns, after one call of each that does not count."""
    for call in what:
        call()
    found: list[list[Cost]] = [[] for _ in what]
    for _ in range(runs):
        for costs, call in zip(found, what, strict=True):
            costs.append(call())
    return found


def cpu(costs: Sequence[Cost]) -> float:
    """Median CPU seconds."""
    return median(cost.cpu for cost in costs)


def wall(costs: Sequence[Cost]) -> float:
    """Median wall seconds."""
    return median(cost.wall for cost in costs)
