"""Digests of artefacts, by content alone: the same on every engine.

A file's digest is ``sha256:`` and the SHA-256 of its bytes. A directory's is ``tree:`` and the SHA-256 of its
listing: one line a file, ``HEX PATH`` (hex digest, path relative to the directory with ``/`` between its parts),
sorted by path, and ``- PATH/`` for a directory without entries. Modes, times and owners do not count.
"""

from __future__ import annotations

import os
import stat

_BLOCK = 1 << 20


def of_artefact(path: str) -> str:
    """Return the digest of a file or a directory.

    Raises:
        OSError: it is not there, cannot be read, or holds what is neither file nor directory.
    """
    if not os.path.isdir(path):
        return f"sha256:{_file(path)}"
    from hashlib import sha256

    lines = []
    for inside, whole in _walk(path):
        lines.append(f"{_file(whole) if whole else '-'} {inside}\n")
    return f"tree:{sha256(''.join(lines).encode('utf-8', 'surrogatepass')).hexdigest()}"


def _walk(folder: str) -> list[tuple[str, str]]:
    """Return ``(path inside, path)`` of files, and ``(path inside/, "")`` of empty directories, sorted."""
    found: list[tuple[str, str]] = []
    pending = [""]
    while pending:
        inside = pending.pop()
        empty = True
        with os.scandir(os.path.join(folder, inside)) as entries:
            for entry in entries:
                empty = False
                path = inside + entry.name
                if entry.is_dir(follow_symlinks=False):
                    pending.append(path + "/")
                    continue
                if not stat.S_ISREG(entry.stat().st_mode):
                    raise OSError(22, "this is neither a file nor a directory", entry.path)
                found.append((path, os.path.join(folder, path)))
        if empty and inside:
            found.append((inside, ""))
    return sorted(found)


def _file(path: str) -> str:
    from hashlib import sha256

    found = sha256()
    with open(path, "rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()
