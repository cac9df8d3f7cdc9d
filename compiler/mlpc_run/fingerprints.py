"""Digests of local data and code, without reading again what cannot have changed.

A file is not read again where its device, inode, size, time of change and time of the inode's change are those
it had when it was read, and both times lay well before that reading. The inode's time cannot be set back by a
program, so an edit that keeps size and time of change is seen; and a file that was changed within the
resolution of the file system's clock is read again the next time.
"""

from __future__ import annotations

import os
import stat
import time

from . import digests

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .store import Store

#: How much older than its reading a file must be, in nanoseconds; FAT keeps times to two seconds.
MARGIN = 2_500_000_000


class Fingerprints:
    """The digests of files, known from earlier runs where that is safe. May be used from any thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, tuple[str, int, str]] | None = None
        self._fresh: dict[str, tuple[str, int, str]] = {}

    def of(self, path: str) -> str:
        """Return the digest of a file or directory.

        Raises:
            OSError: it is not there or cannot be read.
        """
        path = os.path.abspath(path)
        seen = os.stat(path)
        if stat.S_ISDIR(seen.st_mode):
            return digests.of_folder(path, self._file)
        if not stat.S_ISREG(seen.st_mode):
            raise OSError(22, "this is neither a file nor a directory", path)
        return self._file(path, seen)

    def is_quick(self, path: str, limit: int) -> bool:
        """Return whether :meth:`of` reads at most ``limit`` bytes."""
        path = os.path.abspath(path)
        try:
            seen = os.stat(path)
            if not stat.S_ISDIR(seen.st_mode):
                return seen.st_size <= limit or self._trusted(path, seen) is not None
            for inside, part in digests.walk(path):
                if self._trusted(os.path.join(path, inside), part) is None:
                    limit -= part.st_size
                if limit < 0:
                    return False
        except OSError:
            pass
        return True

    def _file(self, path: str, seen: os.stat_result) -> str:
        known = self._trusted(path, seen)
        if known is not None:
            return known
        for _ in range(3):
            moment = time.time_ns()
            before = _state(os.stat(path))
            digest = digests.of_file(path)
            if _state(os.stat(path)) == before:
                self._fresh[path] = (before, moment, digest)
                break
        return digest

    def _trusted(self, path: str, seen: os.stat_result) -> str | None:
        if self._known is None:
            rows = self._store.rows("SELECT path, stat, hashed, digest FROM seen")
            self._known = {path: (state, hashed, digest) for path, state, hashed, digest in rows}
        found = self._fresh.get(path) or self._known.get(path)
        if found is None or found[0] != _state(seen):
            return None
        return found[2] if max(seen.st_mtime_ns, seen.st_ctime_ns) + MARGIN < found[1] else None

    def save(self) -> list[tuple[str, tuple[object, ...]]]:
        """Return the statements that keep for later runs what was read in this one."""
        fresh, self._fresh = self._fresh, {}
        if self._known is not None:
            self._known.update(fresh)
        return [
            ("INSERT OR REPLACE INTO seen(path, stat, hashed, digest) VALUES(?,?,?,?)", (path, *found))
            for path, found in fresh.items()
        ]


def _state(seen: os.stat_result) -> str:
    return f"{seen.st_dev} {seen.st_ino} {seen.st_size} {seen.st_mtime_ns} {seen.st_ctime_ns}"
