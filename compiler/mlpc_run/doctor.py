"""What is installed, and what this machine can do."""

from __future__ import annotations

import os
import sys

from .errors import EngineError
from .layout import Layout, cache_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

#: Free bytes below which a disk is said to be nearly full.
SCARCE = 2 << 30


class Finding:
    """One thing looked at: ``state`` is ok, warning or missing; ``help`` says what to do about it."""

    __slots__ = ("help", "name", "state", "text")

    def __init__(self, name: str, state: str, text: str, help: str = "") -> None:
        self.name = name
        self.state = state
        self.text = text
        self.help = help

    def to_json(self) -> dict[str, str]:
        """Return it as a JSON object."""
        return {name: getattr(self, name) for name in self.__slots__}


def examine(project_root: str | os.PathLike[str]) -> list[Finding]:
    """Return what was found; nothing is installed, changed or fetched."""
    layout = Layout(project_root)
    looks: list[Callable[[], Finding]] = [
        _python,
        _uv,
        lambda: _disk("store", layout.home if os.path.isdir(layout.home) else layout.root),
        lambda: _disk("environments", cache_folder()),
        lambda: _store(layout),
        _processors,
        _gpu,
        _docker,
    ]
    return [look() for look in looks]


def _python() -> Finding:
    from . import uv

    version = ".".join(str(part) for part in sys.version_info[:3])
    base = uv.base_python()
    if not os.access(base, os.X_OK):
        return Finding("python", "missing", f"{base} is gone", "install Python again, then mlpc")
    return Finding("python", "ok", f"{version} ({base})")


def _uv() -> Finding:
    from . import uv

    try:
        path = uv.binary()
    except EngineError as error:
        return Finding("uv", "missing", str(error), error.help[0])
    return Finding("uv", "ok", f"{_output([path, '--version']) or 'does not answer'} ({path})")


def _disk(name: str, path: str) -> Finding:
    import shutil

    while not os.path.isdir(path):
        path = os.path.dirname(path)
    if not os.access(path, os.W_OK):
        return Finding(
            f"disk of the {name}", "missing", f"{path} cannot be written to", "is the folder yours?"
        )
    free = shutil.disk_usage(path).free
    text = f"{free / (1 << 30):.1f} GiB free in {path}"
    if free < SCARCE:
        return Finding(f"disk of the {name}", "warning", text, "`mlpc gc` removes what is not needed")
    return Finding(f"disk of the {name}", "ok", text)


def _store(layout: Layout) -> Finding:
    from .store import Store

    if not os.path.exists(layout.database):
        return Finding("store", "ok", "nothing ran in this project yet")
    try:
        with Store(layout, create=False) as store:
            runs = store.rows("SELECT COUNT(*) FROM runs")[0][0]
            objects = store.rows("SELECT COUNT(*), COALESCE(SUM(size), 0) FROM objects")[0]
    except EngineError as error:
        return Finding("store", "missing", str(error), error.help[0] if error.help else "")
    return Finding("store", "ok", f"{runs} runs, {objects[0]} artefacts, {objects[1] / (1 << 20):.1f} MiB")


def _processors() -> Finding:
    from .run import processors

    return Finding("processors", "ok", str(processors()))


def _gpu() -> Finding:
    from .selection import gpus

    count = gpus()
    return Finding("gpu", "ok", str(count) if count else "none: steps that ask for one do not run here")


def _docker() -> Finding:
    import shutil

    path = shutil.which("docker")
    if path is None:
        return Finding("docker", "ok", "not installed (not needed on one machine)")
    version = _output([path, "version", "--format", "{{.Server.Version}}"])
    if not version:
        return Finding("docker", "warning", "installed, but its daemon does not answer")
    return Finding("docker", "ok", version)


def _output(command: list[str]) -> str:
    import subprocess

    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
