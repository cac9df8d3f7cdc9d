"""The steps of a pipeline that is over in a second: nothing but the standard library."""

from __future__ import annotations

import sys
import time
from pathlib import Path


def write(text: str, copies: int) -> str:
    """Return the page; a few texts bring about what a test wants to see."""
    print("writing", text)
    if text == "slow":
        time.sleep(60)
    if text == "fail":
        for number in range(30):
            print("line", number)
        print("\x1b]0;owned\x07the last words", file=sys.stderr)
        raise ValueError("no such page")
    return text * copies


def count(page: Path) -> dict[str, int]:
    """Return how long the page is."""
    return {"letters": len(page.read_text())}


def publish(page: Path) -> str:
    """Return what stands in the catalogue."""
    return page.read_text().upper()
