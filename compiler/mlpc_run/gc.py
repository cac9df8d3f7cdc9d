"""Collecting garbage: what no kept run, no promotion and no service that runs has need of."""

from __future__ import annotations

import json
import os

from mlpc.codes import STORE_BUSY

from . import environments, records, runtime
from .errors import EngineError
from .fingerprints import Fingerprints
from .layout import Layout
from .locks import Lock, is_held
from .store import Store, discard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Runs kept of each pipeline and environment, and promotions besides the one in service.
RUNS = 10

#: Seconds after which an environment that nobody used goes.
UNUSED = 30 * 86400.0


class Collected:
    """What was removed, or with a dry run would be: numbers of things, and bytes on disk."""

    __slots__ = ("artefacts", "bytes", "environments", "logs", "promotions", "results", "runs")

    def __init__(self) -> None:
        self.artefacts = 0
        self.bytes = 0
        self.environments = 0
        self.logs = 0
        self.promotions = 0
        self.results = 0
        self.runs = 0

    def to_json(self) -> dict[str, int]:
        """Return it as a JSON object."""
        return {name: getattr(self, name) for name in self.__slots__}


def collect(
    project_root: str | os.PathLike[str], *, keep: int = RUNS, dry_run: bool = False, shared: bool = True
) -> Collected:
    """Remove what is not needed and return what that was.

    Kept are, of each pipeline and environment, the last ``keep`` runs with all results that they made or used, the last
    ``keep`` promotions, the one in service, and those that are being served. With ``shared`` environments that
    nobody used for 30 days go too, though other projects may share them: they are made anew when needed.

    Raises:
        EngineError: a run is going on.
    """
    layout = Layout(project_root)
    collected = Collected()
    if shared:
        for _, size in environments.collect(UNUSED, dry_run=dry_run):
            collected.environments += 1
            collected.bytes += size
    if not os.path.exists(layout.database):
        return collected
    alone = Lock(layout.path("locks", "store"))
    if not alone.take(wait=False):
        raise EngineError(
            STORE_BUSY,
            "a run is going on: what it makes must not be collected",
            "try again when it has ended",
        )
    try:
        with Store(layout) as store:
            _Collector(store, layout, max(1, keep), dry_run, collected).collect()
    finally:
        alone.release()
    return collected


class _Collector:
    def __init__(self, store: Store, layout: Layout, keep: int, dry_run: bool, collected: Collected) -> None:
        self._store = store
        self._layout = layout
        self._keep = keep
        self._dry_run = dry_run
        self._collected = collected

    def collect(self) -> None:
        # Rows first: if this is ended half-way, files without rows are left, which the next time removes.
        runs = self._runs()
        promotions = self._promotions()
        keys = {
            key
            for (key,) in self._store.rows(
                f"SELECT DISTINCT key FROM steps WHERE run IN ({_marks(runs)})", *runs
            )
        }
        bundles = [
            json.loads(bundle)
            for (bundle,) in self._store.rows(
                f"SELECT bundle FROM promotions WHERE id IN ({_marks(promotions)})", *promotions
            )
        ]
        results = [key for (key,) in self._store.rows("SELECT key FROM results") if key not in keys]
        kept = {
            digest for key, digest in self._store.rows("SELECT key, digest FROM outputs") if key in keys
        } | set(_digests(bundles))
        objects = [
            digest for (digest,) in self._store.rows("SELECT digest FROM objects") if digest not in kept
        ]
        old_runs = [run for (run,) in self._store.rows("SELECT id FROM runs") if run not in runs]
        old_promotions = [
            each for (each,) in self._store.rows("SELECT id FROM promotions") if each not in promotions
        ]
        self._collected.results += len(results)
        self._collected.runs += len(old_runs)
        self._collected.promotions += len(old_promotions)
        if not self._dry_run:
            self._store.write(
                [
                    *(("DELETE FROM results WHERE key=?", (key,)) for key in results),
                    *(("DELETE FROM objects WHERE digest=?", (digest,)) for digest in objects),
                    *(("DELETE FROM runs WHERE id=?", (run,)) for run in old_runs),
                    *(("DELETE FROM promotions WHERE id=?", (each,)) for each in old_promotions),
                    *(
                        ("DELETE FROM seen WHERE path=?", (path,))
                        for (path,) in self._store.rows("SELECT path FROM seen")
                        if not os.path.exists(path)
                    ),
                ]
            )
        self._files(kept, set(runs), bundles)

    def _runs(self) -> list[int]:
        rows = self._store.rows("SELECT id, pipeline, environment FROM runs ORDER BY id DESC")
        return _newest(rows, self._keep)

    def _promotions(self) -> list[int]:
        rows = self._store.rows("SELECT id, pipeline, environment FROM promotions ORDER BY id DESC")
        kept = set(_newest(rows, self._keep)) | records.served(self._layout)
        kept |= {each for (each,) in self._store.rows("SELECT promotion FROM current")}
        return sorted(kept)

    def _files(self, kept: set[str], runs: set[int], bundles: list[dict[str, Any]]) -> None:
        names = {digest.rpartition(":")[2] for digest in kept}
        for path in list(self._store.objects()):
            if os.path.basename(path) not in names:
                self._collected.artefacts += 1
                self._remove(path)
        now = runtime.digest(runtime.root(), Fingerprints(self._store))
        runtimes = {runtime.path(self._layout, now)} | {
            runtime.path(self._layout, service["runtime"])
            for bundle in bundles
            for service in bundle["services"].values()
        }
        for path in self._inside("runtime"):
            if path not in runtimes:
                self._remove(path)
        for path in self._inside("logs"):
            name = os.path.basename(path)
            if name.isdigit() and int(name) not in runs:
                self._collected.logs += len(os.listdir(path))
                self._remove(path)
        for path in self._inside("reports"):
            name = os.path.basename(path).removesuffix(".html")
            if name.isdecimal() and int(name) not in runs:
                self._remove(path)
        for path in self._inside("work"):
            if not is_held(self._layout.path("locks", os.path.basename(path))):
                self._remove(path)
        for path in self._inside("locks"):
            if os.path.basename(path) != "store" and not is_held(path) and not self._dry_run:
                discard(path)
        self._links()

    def _links(self) -> None:
        if self._dry_run:
            return
        for folder, _, files in os.walk(self._layout.path("latest"), topdown=False):
            for name in files:
                path = os.path.join(folder, name)
                if os.path.islink(path) and not os.path.exists(path):
                    os.unlink(path)
            if not os.listdir(folder):
                os.rmdir(folder)

    def _inside(self, name: str) -> list[str]:
        folder = self._layout.path(name)
        return (
            [os.path.join(folder, each) for each in sorted(os.listdir(folder))]
            if os.path.isdir(folder)
            else []
        )

    def _remove(self, path: str) -> None:
        self._collected.bytes += (
            environments.folder_size(path) if os.path.isdir(path) else os.lstat(path).st_size
        )
        if not self._dry_run:
            discard(path)


def _newest(rows: list[tuple[int, str, str]], keep: int) -> list[int]:
    """Return the first ``keep`` of each pipeline and environment."""
    count: dict[tuple[str, str], int] = {}
    found = []
    for id, pipeline, environment in rows:
        count[pipeline, environment] = count.get((pipeline, environment), 0) + 1
        if count[pipeline, environment] <= keep:
            found.append(id)
    return found


def _digests(value: Any) -> list[str]:
    """Return every digest of an artefact that stands in a bundle's inputs."""
    found: list[str] = []
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if isinstance(item.get("digest"), str):
                found.append(item["digest"])
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return found


def _marks(values: list[int]) -> str:
    return ",".join("?" for _ in values)
