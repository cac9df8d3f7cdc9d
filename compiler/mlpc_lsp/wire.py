"""The two pipes of a server: what comes is read at once, so that the server knows of it while it works."""

from __future__ import annotations

import asyncio
import os
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import BinaryIO

#: Bytes that are read at once, at most.
_CHUNK = 1 << 16


def reader(given: BinaryIO) -> asyncio.StreamReader:
    """Return what comes through ``given``, a file with a descriptor, as it comes; the loop has to run.

    A thread reads, and does nothing else: files and terminals cannot be waited for in another way on all systems. It ends with
    the process.
    """
    loop = asyncio.get_running_loop()
    made = asyncio.StreamReader(loop=loop)
    descriptor = given.fileno()

    def read() -> None:
        try:
            while chunk := os.read(descriptor, _CHUNK):
                loop.call_soon_threadsafe(made.feed_data, chunk)
            loop.call_soon_threadsafe(made.feed_eof)
        except (OSError, RuntimeError):
            return  # the pipe is closed, or the server has ended: nobody listens

    Thread(target=read, name="reader", daemon=True).start()
    return made
