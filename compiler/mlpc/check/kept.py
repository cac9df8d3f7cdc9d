"""What the standard library and the backends declare, kept from one spec to the next within a process.

A declaration is read from its own module and from those that it leads to. As long as all of these are the same trees, which
they are while their bytes are (see :mod:`mlpc.resolve.modules`), it comes to the same: reading it again for each of three
hundred specs would be most of the work. What is kept is never changed, and nothing is kept of which something was reported.
"""

from __future__ import annotations

from ..source import INSTALLED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..resolve.modules import Modules
    from ..syntax import tree
    from .specs import BlockSpec

#: Specifications by declaration, with the modules that were asked for on the way: the trees that they had then.
_KEPT: dict[tree.Decl, tuple[BlockSpec, list[tuple[str, tree.File | None]]]] = {}
#: More than any library has: an editor that runs for weeks while somebody works on one forgets now and then.
_MOST = 10_000


def kept(modules: Modules, decl: tree.Decl) -> BlockSpec | None:
    """Return what ``decl`` comes to, if that is known and all that it was read from is as it was.

    What it was read from is loaded here as well, so that a result of a check depends on it.
    """
    found = _KEPT.get(decl)
    if found is None:
        return None
    spec, files = found
    return spec if modules.are(files) else None


def keep(modules: Modules, decl: tree.Decl, spec: BlockSpec, asked: set[str]) -> None:
    """Keep what ``decl`` comes to, which was read from the modules ``asked``."""
    if any(not path.startswith(INSTALLED) for path in asked):
        return
    if len(_KEPT) >= _MOST:
        _KEPT.clear()
    files = []
    for path in sorted(asked):
        module = modules.load(path)
        files.append((path, module.file if module is not None else None))
    _KEPT[decl] = spec, files
