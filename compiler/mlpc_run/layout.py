"""Where things lie: the project's root and, in it, the folder ``.mlpc`` that the engine keeps.

=================  ======================================================================================
``store.db``       what is known: runs, results, promotions (SQLite, write-ahead log)
``objects/``       artefacts by the digest of their content, read-only
``work/RUN/``      what a run is busy with; gone when it ends
``logs/RUN/``      a log a step and attempt
``reports/``       a page a run
``latest/``        links to the artefacts of the last run, by pipeline (and environment), step and port
``runtime/``       copies of the step runtime, by digest
``state/``         what steps keep for themselves between runs (an embedded tracking database)
``locks/``         locks that the system frees when their owner dies
=================  ======================================================================================
"""

from __future__ import annotations

import os

FOLDER = ".mlpc"


class Layout:
    """The paths of one project, all absolute."""

    __slots__ = ("root", "home")

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = os.path.abspath(os.fspath(root))
        self.home = os.path.join(self.root, FOLDER)

    def path(self, *parts: str) -> str:
        """Return a path in the engine's folder."""
        return os.path.join(self.home, *parts)

    @property
    def database(self) -> str:
        """The database of the store."""
        return os.path.join(self.home, "store.db")

    @property
    def lock_file(self) -> str:
        """``mlpc.lock``, beside the specs."""
        return os.path.join(self.root, "mlpc.lock")

    def object(self, digest: str) -> str:
        """Return where the artefact with this digest lies, whether or not it is there."""
        name = digest.rpartition(":")[2]
        return os.path.join(self.home, "objects", name[:2], name)

    def work(self, run: int) -> str:
        """Return the folder that a run works in."""
        return os.path.join(self.home, "work", str(run))

    def log(self, run: int, node: str, attempt: int) -> str:
        """Return the log of one attempt of a step."""
        return os.path.join(self.home, "logs", str(run), f"{file_name(node)}.{attempt}.log")

    def report(self, run: int) -> str:
        """Return where the report of a run lies, a page."""
        return os.path.join(self.home, "reports", f"{run}.html")

    def make(self) -> None:
        """Make the folder, which git is told to leave alone."""
        for name in ("objects", "work", "logs", "runtime", "state", "locks"):
            os.makedirs(os.path.join(self.home, name), exist_ok=True)
        ignore = os.path.join(self.home, ".gitignore")
        if not os.path.exists(ignore):
            with open(ignore, "w", encoding="utf-8") as file:
                file.write("*\n")


def cache_folder() -> str:
    """Return the folder of what projects share (environments): ``MLPC_CACHE_DIR`` or the user's cache."""
    told = os.environ.get("MLPC_CACHE_DIR")
    if told:
        return os.path.abspath(told)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "mlpc")


def file_name(id: str) -> str:
    """Return a name for files of the node ``id``: one that every file system takes, and no two ids share."""
    made = "".join(
        char if char.isalnum() or char in "_-[]." else "".join(f"%{byte:02x}" for byte in char.encode())
        for char in id
    )
    if made in ("", ".", "..") or made.startswith(".") or len(made.encode()) > 150:
        from hashlib import sha256

        return f"{made[:40].lstrip('.')}%%{sha256(id.encode()).hexdigest()[:16]}"
    return made
