"""The store of a project: artefacts by content, and what is known of runs, results and promotions.

An artefact is put in place by a rename after it was synced to disk, and only then a row says that it is there; so
whatever moment the engine dies at, every row is true, and what has no row yet is rubbish that the next run or
``gc`` removes. Artefacts are read-only and carry a fixed time of change, which shows a later write to them.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import time

from mlpc.codes import DISK_FULL, NEWER_STORE, STORE_UNUSABLE, STRANGE_OUTPUT

from . import digests
from .errors import EngineError
from .failpoints import reach
from .layout import Layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType
    from typing import Any, Self, TypeVar

    T = TypeVar("T")

VERSION = 1

#: Time of change of every artefact (1980-01-01), in nanoseconds: an artefact with another one was written to.
MOMENT = 315_532_800 * 10**9

_TABLES = """
CREATE TABLE runs(
  id INTEGER PRIMARY KEY AUTOINCREMENT, pipeline TEXT NOT NULL, environment TEXT NOT NULL, spec TEXT NOT NULL,
  started REAL NOT NULL, ended REAL, state TEXT NOT NULL, exit_code INTEGER, params TEXT NOT NULL,
  summary TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE steps(
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, node TEXT NOT NULL, state TEXT NOT NULL,
  started REAL NOT NULL, seconds REAL NOT NULL, attempts INTEGER NOT NULL, key TEXT NOT NULL,
  log TEXT NOT NULL, error TEXT, PRIMARY KEY(run, node)
) WITHOUT ROWID;
CREATE TABLE results(
  key TEXT PRIMARY KEY, node TEXT NOT NULL, status TEXT NOT NULL, run INTEGER NOT NULL, created REAL NOT NULL,
  seconds REAL NOT NULL, result TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE outputs(
  key TEXT NOT NULL REFERENCES results(key) ON DELETE CASCADE, port TEXT NOT NULL,
  digest TEXT NOT NULL REFERENCES objects(digest), PRIMARY KEY(key, port)
) WITHOUT ROWID;
CREATE TABLE objects(
  digest TEXT PRIMARY KEY, size INTEGER NOT NULL, listing TEXT
) WITHOUT ROWID;
CREATE TABLE parts(
  pipeline TEXT NOT NULL, environment TEXT NOT NULL, node TEXT NOT NULL, key TEXT NOT NULL, parts TEXT NOT NULL,
  PRIMARY KEY(pipeline, environment, node)
) WITHOUT ROWID;
CREATE TABLE seen(
  path TEXT PRIMARY KEY, stat TEXT NOT NULL, hashed INTEGER NOT NULL, digest TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE imports(digest TEXT PRIMARY KEY, names TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE resolutions(
  key TEXT PRIMARY KEY, requirements TEXT NOT NULL, locked TEXT NOT NULL, created REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE promotions(
  id INTEGER PRIMARY KEY AUTOINCREMENT, pipeline TEXT NOT NULL, environment TEXT NOT NULL, run INTEGER NOT NULL,
  at REAL NOT NULL, digest TEXT NOT NULL, bundle TEXT NOT NULL, confirmed REAL NOT NULL, before INTEGER
);
CREATE TABLE current(
  pipeline TEXT NOT NULL, environment TEXT NOT NULL, promotion INTEGER NOT NULL REFERENCES promotions(id),
  PRIMARY KEY(pipeline, environment)
) WITHOUT ROWID;
CREATE INDEX runs_of ON runs(pipeline, environment, id);
CREATE INDEX outputs_of ON outputs(digest);
"""

#: What a run was made of, see `described`. Stores that an older mlpc made have it once a newer one has run.
_DESCRIBED = """
CREATE TABLE IF NOT EXISTS described(
  run INTEGER PRIMARY KEY REFERENCES runs(id) ON DELETE CASCADE, content BLOB NOT NULL
)"""


class Store:
    """The store of one project. Its methods may be called from any thread."""

    def __init__(self, layout: Layout, *, create: bool = True) -> None:
        """Open the store, and make it where there is none.

        With ``create`` false a project without a store gets an empty one in memory: what is asked of it has
        the answers of a project that nothing ran in.

        Raises:
            EngineError: it cannot be opened, or a newer mlpc made it.
        """
        from _thread import RLock  # `threading` costs milliseconds

        self.layout = layout
        self.lock = RLock()
        exists = os.path.exists(layout.database)
        try:
            if create:
                layout.make()
            name = layout.database if create or exists else ":memory:"
            self.db = sqlite3.connect(name, timeout=60, isolation_level=None, check_same_thread=False)
            version = self.db.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                version = self._make()
            elif create and version == VERSION and not self._has("described"):
                self.db.execute(_DESCRIBED)
            self.db.execute("PRAGMA synchronous=FULL")
            self.db.execute("PRAGMA foreign_keys=ON")
        except (OSError, sqlite3.Error) as error:
            raise unusable(layout, error) from None
        if version > VERSION:
            raise EngineError(
                NEWER_STORE,
                f"{layout.home} was made by a newer mlpc (its layout is {version}, this one knows {VERSION})",
                "update mlpc, or remove the folder: everything is then run anew",
            )

    def _make(self) -> int:
        # Two runs may make the store at the same moment; SQLite does not wait for this one lock.
        for attempt in range(100):
            try:
                self.db.execute("PRAGMA journal_mode=WAL")
                break
            except sqlite3.OperationalError:
                if attempt == 99:
                    raise
                time.sleep(0.05)
        self.db.execute("BEGIN IMMEDIATE")
        version = int(self.db.execute("PRAGMA user_version").fetchone()[0])
        if version == 0:
            for statement in (*_TABLES.split(";"), _DESCRIBED):
                self.db.execute(statement)
            self.db.execute(f"PRAGMA user_version={VERSION}")
            version = VERSION
        self.db.execute("COMMIT")
        return version

    def _has(self, table: str) -> bool:
        found = self.db.execute("SELECT 1 FROM sqlite_master WHERE type='table' AND name=?", (table,))
        return found.fetchone() is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        self.db.close()

    # Rows

    def rows(self, statement: str, *values: Any) -> list[Any]:
        """Return what a query finds.

        Raises:
            EngineError: the database cannot be read.
        """
        with self.lock:
            try:
                return self.db.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                raise unusable(self.layout, error) from None

    def change(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do ``work`` in one transaction: all of it is done and on disk afterwards, or nothing.

        Raises:
            EngineError: the database cannot be written; with the code of a full disk where that is why.
        """
        with self.lock:
            try:
                self.db.execute("BEGIN IMMEDIATE")
                try:
                    made = work(self.db)
                    self.db.execute("COMMIT")
                except BaseException:
                    if self.db.in_transaction:
                        self.db.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise unusable(self.layout, error) from None
            return made

    def write(self, statements: Iterable[tuple[str, tuple[Any, ...]]]) -> None:
        """Execute statements in one transaction.

        Raises:
            EngineError: as :meth:`change`.
        """

        def work(db: sqlite3.Connection) -> None:
            for statement, values in statements:
                db.execute(statement, values)

        self.change(work)

    # Artefacts

    def put(self, path: str) -> tuple[str, int, str | None]:
        """Move a file or directory into the store; return its digest, its size in bytes and, for a directory,
        its listing as JSON. What lies in the store already is not moved again.

        Raises:
            EngineError: it holds something that is neither a file nor a directory, or the disk is full.
        """
        try:
            return self._put(path)
        except OSError as error:
            raise _full(error, self.layout) or EngineError(
                STRANGE_OUTPUT,
                f"an output cannot be kept: {error.strerror or error} ({os.path.basename(error.filename or path)})",
                "an output is a file, or a directory of files",
            ) from None

    def _put(self, path: str) -> tuple[str, int, str | None]:
        import json

        listing = None
        reach("hashing")
        if stat.S_ISDIR(os.lstat(path).st_mode):
            entries: list[tuple[str, int, str]] = []
            folders = {""}
            for inside, seen in list(digests.walk(path)):
                if inside.endswith("/"):
                    entries.append((inside, 0, ""))
                    folders.add(inside)
                    continue
                entries.append((inside, seen.st_size, _settle(os.path.join(path, inside))))
                parts = inside.split("/")[:-1]
                folders.update("/".join(parts[: n + 1]) + "/" for n in range(len(parts)))
            digest = digests.of_listing([(inside, each) for inside, _, each in entries])
            listing = json.dumps([[inside, size] for inside, size, _ in entries])
            size = sum(size for _, size, _ in entries)
            for folder in sorted(folders, reverse=True):
                whole = os.path.join(path, folder)
                sync(whole)
                if folder:
                    os.chmod(whole, 0o555)
        else:
            digest = _settle(path)
            size = os.lstat(path).st_size
        target = self.layout.object(digest)
        reach("renaming")
        if not self._sound(digest, size, listing):
            self._rename(path, target)
        reach("renamed")
        return digest, size, listing

    def _rename(self, path: str, target: str) -> None:
        parent = os.path.dirname(target)
        if not os.path.isdir(parent):
            os.makedirs(parent, exist_ok=True)
            sync(os.path.dirname(parent))
        if os.path.isdir(target):
            # Damaged: `_sound` said so. Another run may have mended it meanwhile, which is as good.
            discard(target)
        try:
            os.rename(path, target)
        except OSError:
            if not os.path.exists(target):
                raise
        if os.path.isdir(target):
            os.chmod(target, 0o555)
        sync(parent)

    def sound(self, digest: str) -> bool:
        """Return whether an artefact is there and nobody wrote to it: by its size and time, not its bytes."""
        found = self.rows("SELECT size, listing FROM objects WHERE digest=?", digest)
        return bool(found) and self._sound(digest, found[0][0], found[0][1])

    def _sound(self, digest: str, size: int, listing: str | None) -> bool:
        path = self.layout.object(digest)
        if listing is None:
            return _untouched(path, size)
        import json

        return all(
            os.path.isdir(f"{path}/{inside}")
            if inside.endswith("/")
            else _untouched(f"{path}/{inside}", part)
            for inside, part in json.loads(listing)
        ) and os.path.isdir(path)

    def objects(self) -> Iterator[str]:
        """Yield the path of everything in the folder of artefacts."""
        top = self.layout.path("objects")
        for prefix in sorted(os.listdir(top)) if os.path.isdir(top) else ():
            for name in sorted(os.listdir(os.path.join(top, prefix))):
                yield os.path.join(top, prefix, name)

    def audit(self) -> list[str]:
        """Return what is wrong with the store, as sentences; reads every byte in it.

        Artefacts without a row are no fault: the engine died between the rename and the commit, and ``gc``
        removes them.
        """
        wrong = []
        for (problem,) in self.rows("PRAGMA integrity_check"):
            if problem != "ok":
                wrong.append(f"the database is damaged: {problem}")
        for table, row, *_ in self.rows("PRAGMA foreign_key_check"):
            wrong.append(f"a row of {table} ({row}) points at nothing")
        for path in self.objects():
            name = os.path.basename(path)
            try:
                digest = digests.of_folder(path) if os.path.isdir(path) else digests.of_file(path)
            except OSError as error:
                wrong.append(f"object {name} cannot be read: {error}")
                continue
            if digest.rpartition(":")[2] != name:
                wrong.append(f"object {name} holds other bytes ({digest})")
        for key, port, digest in self.rows("SELECT key, port, digest FROM outputs"):
            if not self.sound(digest):
                wrong.append(f"the result {key[:12]} says that {port} is {digest}, which is not in the store")
        for (key,) in self.rows("SELECT key FROM results WHERE status NOT IN ('done', 'not_passed')"):
            wrong.append(f"the result {key[:12]} is half-written")
        return wrong


def _settle(path: str) -> str:
    """Make a file read-only, give it its time, write it through to disk and return its digest."""
    seen = os.stat(path)
    if not stat.S_ISREG(seen.st_mode):
        raise OSError(22, "neither a file nor a directory", path)
    if os.path.islink(path) or seen.st_nlink > 1:
        # A link into somebody else's file: the store keeps bytes of its own.
        import shutil

        copy = f"{path}.copy"
        shutil.copyfile(path, copy)
        os.replace(copy, path)
    os.chmod(path, 0o555 if seen.st_mode & 0o100 else 0o444)
    os.utime(path, ns=(MOMENT, MOMENT))
    sync(path)
    return digests.of_file(path)


def sync(path: str) -> None:
    """Write a file or directory through to disk.

    Raises:
        OSError: it cannot be.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _untouched(path: str, size: int) -> bool:
    try:
        seen = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(seen.st_mode) and seen.st_size == size and seen.st_mtime_ns == MOMENT


def discard(path: str) -> None:
    """Remove a file or a directory, whether or not it is read-only or there."""
    import shutil

    try:
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            os.unlink(path)
            return
    except FileNotFoundError:
        return
    for folder, _, _ in os.walk(path):
        try:
            os.chmod(folder, 0o755)
        except OSError:
            pass
    shutil.rmtree(path, ignore_errors=True)


def unusable(layout: Layout, error: Exception) -> EngineError:
    """Return the error for a store that cannot be opened, read or written."""
    full = _full(error, layout)
    if full:
        return full
    return EngineError(
        STORE_UNUSABLE,
        f"the store in {layout.home} cannot be used: {getattr(error, 'strerror', None) or error}",
        "is the folder yours and writable? Without it (remove it) everything is run anew",
    )


def _full(error: Exception, layout: Layout) -> EngineError | None:
    """Return the error for a full disk, or None where ``error`` says something else."""
    import errno

    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    if full or "disk is full" in str(error) or "disk I/O" in str(error):
        return EngineError(
            DISK_FULL,
            f"the disk that holds {layout.home} is full",
            "make room (`mlpc gc` removes what no run or promotion needs) and run again: what is done stays done",
        )
    return None


def full_disk(error: OSError, layout: Layout) -> EngineError | None:
    """Return the coded error where ``error`` says that the disk is full."""
    return _full(error, layout)
