"""Locks on files that the system frees when the process that holds them dies, however it dies.

So a lock that is held has an owner that lives; there is no stale lock and no process id to mistake.
"""

from __future__ import annotations

import fcntl
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


class Lock:
    """A lock on one file, for one owner or shared by several. Nothing is inherited by processes started."""

    __slots__ = ("_handle", "path")

    def __init__(self, path: str) -> None:
        self.path = path
        self._handle = -1

    def take(self, *, shared: bool = False, wait: bool = True) -> bool:
        """Take the lock; return False where another holds it and ``wait`` is false.

        Raises:
            OSError: the file cannot be made.
        """
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        while True:
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(handle, kind if wait else kind | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
                return False
            except BaseException:
                os.close(handle)
                raise
            # The owner before may have removed the file: then the lock is on a name that nobody else sees.
            try:
                same = os.stat(self.path).st_ino == os.fstat(handle).st_ino
            except FileNotFoundError:
                same = False
            if same:
                self._handle = handle
                return True
            os.close(handle)

    def release(self, *, remove: bool = False) -> None:
        """Give the lock back; ``remove`` takes its file away."""
        if self._handle >= 0:
            if remove:
                try:
                    os.unlink(self.path)
                except OSError:
                    pass
            os.close(self._handle)
            self._handle = -1

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._handle >= 0

    def __enter__(self) -> Self:
        self.take()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def is_held(path: str) -> bool:
    """Return whether a living process holds the lock on ``path``."""
    lock = Lock(path)
    if not os.path.exists(path):
        return False
    if lock.take(wait=False):
        lock.release()
        return False
    return True
