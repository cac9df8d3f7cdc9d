"""Results of earlier calls on the disk: bytes by a key, which any number of processes may read and write at once.

They lie in a folder of the user's cache, not in the project: who can change a project could put an answer beside it that
its specs do not deserve. A file that belongs to somebody else, or that somebody else may write, is not read. What is
read is text, never code, and begins with a digest over its key and itself: a file that was cut off, damaged, or moved
from another name is as good as none. Nothing here raises: a cache that cannot be read or written is an empty one.
"""

from __future__ import annotations

import os
import stat
from _blake2 import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

#: A folder holds so many files and bytes at most. There are 256 of them: 8,192 results, 64 MiB.
MOST_FILES = 32
MOST_BYTES = 256 * 1024
#: A result is used when it was written or read last in so many seconds; the disk is told of it no more often.
_DAY = 24 * 60 * 60
_DIGEST = 32


class ResultFiles:
    """Results below ``folder``. Keys are 64 hexadecimal digits."""

    __slots__ = ("_folder", "_user")

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._user = os.geteuid()

    def read(self, key: str) -> bytes | None:
        """Return what was written for ``key``, whole and by this user; else None."""
        place = self._place(key)
        try:
            descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            about = os.fstat(descriptor)
            mode = about.st_mode
            if not stat.S_ISREG(mode) or mode & 0o022 or about.st_uid != self._user:
                return None
            if about.st_size > MOST_BYTES:
                return None
            data = os.read(descriptor, MOST_BYTES)
            if data[:_DIGEST] != _seal(key, data[_DIGEST:]):
                return None
            _use(descriptor, about.st_mtime)
            return data[_DIGEST:]
        except OSError:
            return None
        finally:
            os.close(descriptor)

    def write(self, key: str, data: bytes) -> None:
        """Keep ``data`` for ``key``, if it is not too large and can be written, and make room for it."""
        from .errors import CommandError
        from .files import write_atomically

        data = _seal(key, data) + data
        if len(data) > MOST_BYTES:
            return
        place = self._place(key)
        shelf = os.path.dirname(place)
        try:
            os.makedirs(self._folder, 0o700, exist_ok=True)
            if os.stat(self._folder).st_uid != self._user:
                return  # what a superuser left here, its owner could not replace
            try:
                os.mkdir(shelf, 0o700)
            except FileExistsError:
                pass
            # Half of a file is found out by its digest, so that there is nothing to wait for.
            write_atomically(place, data, 0o600, durable=False)
            _make_room(shelf)
        except (OSError, CommandError):
            pass

    def _place(self, key: str) -> str:
        return f"{self._folder}/{key[:2]}/{key[2:]}"


def _seal(key: str, data: bytes) -> bytes:
    return blake2b(key.encode("ascii") + data, digest_size=_DIGEST).digest()


def _use(descriptor: int, last: float) -> None:
    """Tell the disk that a file is in use, so that others go before it."""
    from time import time

    if abs(time() - last) > _DAY:
        try:
            os.utime(descriptor)
        except OSError:
            pass  # a disk that is read only


def _make_room(shelf: str) -> None:
    """Remove from ``shelf`` what was used least of late, what a killed process left half written among it."""
    found = sorted(_ages(shelf), reverse=True)
    size = 0
    for files, (_, length, place) in enumerate(found, 1):
        size += length
        if files > MOST_FILES or size > MOST_BYTES:
            try:
                os.unlink(place)
            except OSError:
                pass


def _ages(shelf: str) -> Iterator[tuple[int, int, str]]:
    with os.scandir(shelf) as entries:
        for entry in entries:
            about = entry.stat(follow_symlinks=False)
            yield about.st_mtime_ns, about.st_size, entry.path
