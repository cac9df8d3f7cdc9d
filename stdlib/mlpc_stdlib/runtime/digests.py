"""Digests of artefacts, by content alone: the same on every engine.

A file's digest is ``sha256:`` and the SHA-256 of its bytes. A directory's is ``tree:`` and the SHA-256 of its
listing: one line a file, ``HEX PATH`` (hex digest, path relative to the directory with ``/`` between its parts),
sorted by path, and ``- PATH/`` for a directory without entries. Modes, times and owners do not count.
"""

from __future__ import annotations

import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BLOCK = 1 << 20


def of_bytes(content: bytes) -> str:
    """Return the digest of a file with this content."""
    from hashlib import sha256

    return f"sha256:{sha256(content).hexdigest()}"


def of_text(text: str) -> str:
    """Return the hex SHA-256 of a text."""
    from hashlib import sha256

    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def of_file(path: str) -> str:
    """Return the digest of a file.

    Raises:
        OSError: it cannot be read.
    """
    from hashlib import sha256

    found = sha256()
    with open(path, "rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return f"sha256:{found.hexdigest()}"


def of_listing(entries: list[tuple[str, str]]) -> str:
    """Return the digest of a directory from ``(path, digest of the file)``, paths sorted; ``""`` for an empty
    directory, whose path ends with ``/``.
    """
    lines = [f"{digest.rpartition(':')[2] or '-'} {path}\n" for path, digest in entries]
    return f"tree:{of_text(''.join(lines))}"


def walk(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the files and empty directories (path ending with ``/``) below ``folder``, sorted by path.

    Links are followed to files; what is neither file nor directory is left to the caller to refuse.

    Raises:
        OSError: a directory cannot be read.
    """
    found: list[tuple[str, os.stat_result]] = []
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
                else:
                    found.append((path, entry.stat()))
        if empty and inside:
            found.append((inside, os.stat(os.path.join(folder, inside))))
    yield from sorted(found, key=lambda item: item[0])


def of_folder(folder: str, file: Callable[[str, os.stat_result], str] | None = None) -> str:
    """Return the digest of a directory; ``file`` may know a quicker way to the digest of a file.

    Raises:
        OSError: something in it cannot be read.
    """
    entries = []
    for path, seen in walk(folder):
        if path.endswith("/"):
            entries.append((path, ""))
            continue
        whole = os.path.join(folder, path)
        if not stat.S_ISREG(seen.st_mode):
            raise OSError(22, "this is neither a file nor a directory", whole)
        entries.append((path, file(whole, seen) if file else of_file(whole)))
    return of_listing(entries)


def of_artefact(path: str) -> str:
    """Return the digest of a file or a directory.

    Raises:
        OSError: it is not there, cannot be read, or holds what is neither file nor directory.
    """
    return of_folder(path) if os.path.isdir(path) else of_file(path)
