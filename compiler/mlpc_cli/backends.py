"""The backends that are installed, found by their entry points."""

from __future__ import annotations

from mlpc.resolve.similar import nearest

from .errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from mlpc.backend import Backend


def _points() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points

    return {point.name: point for point in sorted(entry_points(group="mlpc.backends"))}


def _declared(name: str) -> str:
    """Return `module:attribute` of the backend ``name`` as it is declared beside an installed package, or nothing.

    `importlib.metadata` finds more, archives for example, and takes longer than a whole compile.
    """
    import os
    import sys

    for folder in sys.path:
        try:
            packages = sorted(each for each in os.listdir(folder or ".") if each.endswith(".dist-info"))
        except OSError:
            continue
        for package in packages:
            try:
                with open(os.path.join(folder, package, "entry_points.txt"), encoding="utf-8") as file:
                    lines = file.read().splitlines()
            except (OSError, UnicodeDecodeError):
                continue
            section = ""
            for line in lines:
                if line.startswith("["):
                    section = line.strip()
                elif section == "[mlpc.backends]":
                    key, _, value = line.partition("=")
                    if key.strip() == name and ":" in value:
                        return value.strip()
    return ""


def _closed(name: str) -> str:
    """Return what became of the system ``name``, or nothing where it is not one that is gone."""
    from mlpc.diagnostics import Diagnostics
    from mlpc.resolve.closed import closed
    from mlpc.resolve.modules import Modules

    from .loader import DiskLoader

    gone = closed(Modules(DiskLoader("."), Diagnostics()), (name,))
    return gone[1] if gone is not None else ""


def named(name: str) -> Backend:
    """Return the backend called ``name``.

    Raises:
        UsageError: none is.
    """
    declared = _declared(name)
    if declared:
        module, _, attribute = declared.partition(":")
        # What `importlib.import_module` does, which brings `warnings` along.
        known: Backend = getattr(__import__(module, fromlist=[attribute]), attribute)
        return known
    found = _points()
    if name not in found:
        gone = _closed(name)
        if gone:
            raise UsageError(f"there is no target `{name}`, and there will be none", help=[gone])
        near = nearest(name, found)
        listed = ", ".join(f"`{one}`" for one in found)
        raise UsageError(
            f"there is no target `{name}`",
            help=[f"did you mean `{near}`?" if near else f"there are {listed}"],
        )
    backend: Backend = found[name].load()
    return backend


def names() -> list[str]:
    """Return the names of all backends; none is loaded."""
    return list(_points())


def folder_of(name: str) -> str:
    """Return the folder of the package of the backend ``name``, which is not loaded, or nothing."""
    import os
    import sys

    package = _declared(name).partition(":")[0]
    for folder in sys.path if package else ():
        place = os.path.join(folder or ".", *package.split("."))
        if os.path.isdir(place):
            return place
    return ""


def every() -> list[Backend]:
    """Return all backends, by name."""
    return [point.load() for point in _points().values()]
