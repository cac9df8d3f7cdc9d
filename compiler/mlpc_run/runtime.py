"""The step runtime that steps see: a copy in the store, named by its content.

Steps get it through ``PYTHONPATH``. A path to where mlpc is installed would show them all that is installed
beside it; and a service that was promoted goes on with the runtime that its model was judged with.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .fingerprints import Fingerprints
    from .layout import Layout

_PACKAGE = "mlpc_stdlib"


def root() -> str:
    """Return the folder that holds the package of the standard library."""
    import mlpc_stdlib

    return os.path.dirname(os.path.dirname(os.path.abspath(mlpc_stdlib.__file__ or "")))


def files(base: str) -> list[str]:
    """Return the files of the step runtime below ``base``, relative to it, sorted."""
    found = [f"{_PACKAGE}/__init__.py"]
    for folder, folders, names in os.walk(os.path.join(base, _PACKAGE, "runtime")):
        folders[:] = [name for name in folders if name != "__pycache__"]
        inside = os.path.relpath(folder, base)
        found.extend(f"{inside}/{name}" for name in names if not name.endswith((".pyc", ".pyo")))
    return sorted(found)


def digest(base: str, fingerprints: Fingerprints) -> str:
    """Return the digest of the runtime below ``base``."""
    from . import digests

    return digests.of_listing([(name, fingerprints.of(os.path.join(base, name))) for name in files(base)])


def provide(layout: Layout, base: str, name: str, scratch: str) -> str:
    """Return the folder for ``PYTHONPATH``, making the copy (with its byte code) in ``scratch`` where there is none.

    Raises:
        OSError: it cannot be written.
    """
    target = path(layout, name)
    if os.path.isdir(target):
        return target
    import py_compile
    import shutil

    from . import digests
    from .store import discard, sync

    making = os.path.join(scratch, "runtime.part")
    discard(making)
    for inside in files(base):
        whole = os.path.join(making, inside)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        shutil.copyfile(os.path.join(base, inside), whole)
        sync(whole)
        if inside.endswith(".py"):
            py_compile.compile(
                whole, dfile=inside, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
            )
    if (
        digests.of_listing([(each, digests.of_file(os.path.join(making, each))) for each in files(making)])
        != name
    ):
        discard(making)
        raise OSError(5, "the step runtime changed while it was copied", base)
    try:
        os.rename(making, target)
    except OSError:
        if not os.path.isdir(target):
            raise
        discard(making)
    return target


def path(layout: Layout, name: str) -> str:
    """Return where the copy with this digest lies."""
    return layout.path("runtime", name.rpartition(":")[2][:32])
