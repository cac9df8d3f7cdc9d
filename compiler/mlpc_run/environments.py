"""The environments that steps run in: a virtual environment for each set of locked requirements.

They lie in the user's cache, are shared by projects, and are named by what they hold: locked packages, Python,
system. One is made under another name and renamed when it is whole, so that what has the name is whole; and under
a lock, so that two runs make it once.
"""

from __future__ import annotations

import json
import os
import sys
import time

from . import digests, keys, uv
from .errors import EngineError
from .failpoints import reach
from .layout import cache_folder
from .locks import Lock
from .store import discard, sync

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .lock import Locked
    from .processes import Processes

#: Counted up when environments are made in another way.
FORMAT = 1

_MARK = "mlpc-environment.json"


class Environments:
    """Finds and makes environments, and keeps those in use from being collected as long as it is open."""

    def __init__(
        self,
        folder: str,
        processes: Callable[[], Processes],
        listen: Callable[[str, str, bool], None],
        *,
        isolation: bool = True,
        offline: bool = False,
    ) -> None:
        """``folder`` is where uv is started (it reads settings there); ``listen`` gets the name of an environment,
        what happens to it, and whether that is a detail: what the installer says of a package.
        """
        import threading

        self._folder = folder
        self._processes = processes
        self._listen = listen
        self._isolation = isolation
        self._offline = offline
        self._lock = threading.Lock()
        self._used: dict[str, Lock] = {}

    def python(self, locked: Locked) -> str:
        """Return the interpreter that has what ``locked`` names, making its environment where there is none.

        Raises:
            EngineError: it cannot be made.
        """
        if not self._isolation:
            return sys.executable
        name = key(locked)
        path = os.path.join(home(), name)
        python = os.path.join(path, "bin", "python")
        with self._lock:
            if name in self._used:
                return python
        try:
            os.makedirs(home(), exist_ok=True)
            while True:
                use = Lock(_lock_path(name))
                use.take(shared=True)
                if _whole(path):
                    break
                use.release()
                # Never a wait for the lock alone: whoever made the environment then holds a share of it to the end
                # of its run, which may be this very run. A share is waited for until the maker has done, or died.
                maker = Lock(_lock_path(name))
                if not maker.take(wait=False):
                    time.sleep(0.002)
                    continue
                try:
                    if not _whole(path):
                        self._make(name, path, locked)
                finally:
                    maker.release()
            os.utime(os.path.join(path, _MARK))
        except OSError as error:
            raise _unwritable(error) from None
        with self._lock:
            if name in self._used:
                use.release()
            else:
                self._used[name] = use
        return python

    def _make(self, name: str, path: str, locked: Locked) -> None:
        reach("making-environment")
        part = f"{path}.part"
        discard(part)
        discard(path)
        began = time.monotonic()
        if not locked.lines:
            _bare(part)
        else:
            self._listen(name, f"making an environment of {_counted(len(locked.lines))}", False)
            self._call(
                "making a virtual environment",
                ["venv", "--quiet", "--no-project", "--relocatable", "--python", uv.base_python(), part],
                name,
            )
            with open(os.path.join(part, "requirements.txt"), "w", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in locked.lines)
            self._call(
                "installing " + ", ".join(locked.requirements),
                [
                    "pip",
                    "sync",
                    "--require-hashes",
                    # Byte code is made of what is imported, when it is: a third of the work of compiling all of it.
                    "--no-compile-bytecode",
                    "--link-mode",
                    "hardlink",
                    "--python",
                    os.path.join(part, "bin", "python"),
                    os.path.join(part, "requirements.txt"),
                ],
                name,
            )
        with open(os.path.join(part, _MARK), "w", encoding="utf-8") as file:
            json.dump(
                {"format": FORMAT, "platform": keys.platform(), "packages": locked.pins()}, file, indent=1
            )
        sync(os.path.join(part, _MARK))
        os.rename(part, path)
        sync(os.path.dirname(path))
        reach("environment-made")
        if locked.lines:
            self._listen(name, f"made an environment in {time.monotonic() - began:.1f} s", False)

    def _call(self, what: str, arguments: list[str], name: str) -> None:
        if self._offline:
            arguments = [*arguments, "--offline"]
        status, output = uv.call(
            self._processes(), arguments, self._folder, lambda line: self._listen(name, line, True)
        )
        if status != 0:
            raise uv.failure(what, output, offline=self._offline)

    def close(self) -> None:
        """Let go of the environments."""
        for lock in self._used.values():
            lock.release()
        self._used.clear()


def home() -> str:
    """Return the folder of the environments."""
    return os.path.join(cache_folder(), "envs")


def key(locked: Locked) -> str:
    """Return the name of the environment that holds what ``locked`` names."""
    parts = [FORMAT, keys.platform(), uv.base_python(), list(locked.lines)]
    return digests.of_text(keys.canonical(parts))[:32]


def requirements_part(locked: Locked | None, *, isolation: bool) -> str:
    """Return what stands for the requirements in the key of a step: what was locked; without isolation what is
    installed where mlpc is.
    """
    if not isolation:
        return f"installed {installed()}"
    return locked.digest if locked is not None else "?"


_installed = ""


def installed() -> str:
    """Return a digest of the names and versions of all that this interpreter can import as installed."""
    global _installed
    if not _installed:
        found: list[str] = []
        for folder in sys.path:
            if os.path.isdir(folder):
                found.extend(
                    name
                    for name in os.listdir(folder)
                    if name.endswith((".dist-info", ".egg-info", ".egg-link"))
                )
        _installed = digests.of_text("\n".join(sorted(found)))
    return _installed


def collect(unused_for: float, *, dry_run: bool = False) -> list[tuple[str, int]]:
    """Remove environments that nobody used for so many seconds, and what is left of ones half-made; return their
    paths and sizes in bytes.
    """
    removed = []
    top = home()
    for entry in sorted(os.listdir(top)) if os.path.isdir(top) else ():
        path = os.path.join(top, entry)
        name = entry.partition(".")[0]
        if entry == "locks" or not os.path.isdir(path):
            continue
        try:
            old = (
                entry.endswith(".part")
                or time.time() - os.stat(os.path.join(path, _MARK)).st_mtime > unused_for
            )
        except OSError:
            old = True
        lock = Lock(_lock_path(name))
        if not old or not lock.take(wait=False):
            continue
        try:
            removed.append((path, folder_size(path)))
            if not dry_run:
                if not entry.endswith(".part"):
                    os.rename(path, f"{path}.part")
                    path = f"{path}.part"
                discard(path)
        finally:
            lock.release()
    return removed


def folder_size(path: str) -> int:
    """Return the bytes below a folder; a file with several names outside counts too."""
    return sum(
        os.lstat(os.path.join(where, name)).st_size for where, _, names in os.walk(path) for name in names
    )


def _counted(packages: int) -> str:
    return f"{packages} package{'s' * (packages != 1)}"


def _lock_path(name: str) -> str:
    return os.path.join(home(), "locks", name)


def _whole(path: str) -> bool:
    return os.path.exists(os.path.join(path, _MARK)) and os.path.exists(os.path.join(path, "bin", "python"))


def _bare(path: str) -> None:
    """Make an environment without packages, for which uv is not needed."""
    os.makedirs(os.path.join(path, "bin"))
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    os.makedirs(os.path.join(path, "lib", version, "site-packages"))
    base = uv.base_python()
    for name in ("python", "python3", version):
        os.symlink(base, os.path.join(path, "bin", name))
    with open(os.path.join(path, "pyvenv.cfg"), "w", encoding="utf-8") as file:
        file.write(f"home = {os.path.dirname(base)}\ninclude-system-site-packages = false\n")


def _unwritable(error: OSError) -> EngineError:
    import errno

    from mlpc.codes import DISK_FULL, ENVIRONMENT_FAILED

    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return EngineError(
            DISK_FULL, f"the disk that holds {cache_folder()} is full", "make room, or set MLPC_CACHE_DIR"
        )
    return EngineError(
        ENVIRONMENT_FAILED,
        f"an environment cannot be made in {cache_folder()}: {error.strerror}",
        "set MLPC_CACHE_DIR to a folder that you may write",
    )
