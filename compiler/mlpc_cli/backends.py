"""The backends that are installed, found by their entry points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlpc.resolve.similar import nearest

from .errors import UsageError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from mlpc.backend import Backend


def _points() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points

    return {point.name: point for point in sorted(entry_points(group="mlpc.backends"))}


def named(name: str) -> Backend:
    """Return the backend called ``name``.

    Raises:
        UsageError: none is.
    """
    found = _points()
    if name not in found:
        near = nearest(name, found)
        listed = ", ".join(f"`{one}`" for one in found)
        raise UsageError(
            f"there is no target `{name}`",
            help=[f"did you mean `{near}`?" if near else f"there are {listed}"],
        )
    backend: Backend = found[name].load()
    return backend


def every() -> list[Backend]:
    """Return all backends, by name."""
    return [point.load() for point in _points().values()]
