"""Texts of a file that name other files: what it uses, data that lies in the project, functions of the user's Python."""

from __future__ import annotations

from ..check.fit import is_url
from ..check.functions import read
from ..resolve.modules import beside
from ..source import INSTALLED
from ..syntax import tree
from .places import children

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..resolve.modules import Module
    from ..source import Span
    from .view import View

#: Attributes of a component that name a function of the user's.
_FUNCTIONS = ("run", "build")


class Link:
    """A text from ``start`` to ``end`` that names a file: ``path`` as a loader calls it, the 1-based ``line`` in it (0: none)."""

    __slots__ = ("end", "line", "path", "says", "start")

    def __init__(self, node: tree.Node, path: str, says: str, line: int = 0) -> None:
        self.start = node.start
        self.end = node.end
        self.path = path
        self.says = says
        self.line = line


def links(view: View) -> list[Link]:
    """Return the links of the file at the root of ``view``, in its order; a file that is not there is linked by none."""
    module = view.module
    if module is None:
        return []
    found = [*_uses(module), *_data(view, module), *_code(view, module)]
    return sorted(found, key=lambda link: link.start)


def _uses(module: Module) -> Iterator[Link]:
    for use, used in module.aliases.values():
        library = used.path.startswith(INSTALLED)
        yield Link(use.target, used.path, "the library's file" if library else f"`{used.path}`")


def _data(view: View, module: Module) -> Iterator[Link]:
    paths: dict[tuple[int, int], tuple[tree.Node, set[str]]] = {}
    for environment in ("", *view.compilation.environments()):
        typed = view.compilation.program(environment)
        for block in typed.blocks.values() if typed is not None else ():
            for value in block.externals.values():
                if value.module is module and isinstance(value.node, tree.String) and value.known:
                    place = value.node.start, value.node.end
                    paths.setdefault(place, (value.node, set()))[1].add(str(value.value))
    names: dict[str, frozenset[str]] = {}
    for node, written in paths.values():
        # One text can stand for the files of several instances.
        path = beside("", next(iter(written))) if len(written) == 1 else None
        if path and not is_url(path) and _is_there(view, path, names):
            yield Link(node, path, f"`{path}`")


def _is_there(view: View, path: str, names: dict[str, frozenset[str]]) -> bool:
    """Return whether there is such a file; ``names`` are those of the folders that were looked into."""
    folder, _, name = path.rpartition("/")
    if folder not in names:
        names[folder] = frozenset(view.modules.loader.names(folder))
    return name in names[folder]


def _code(view: View, module: Module) -> Iterator[Link]:
    for decl in module.names.values():
        for item in decl.body.items if decl.body is not None else ():
            if isinstance(item, tree.Attr) and item.name.text in _FUNCTIONS:
                for node in _texts(item.value):
                    place = python_function(view, module, node)
                    if place is not None:
                        yield Link(
                            node, place.source.path, f"`{place.text}`", place.source.position(place.start)[0]
                        )


def _texts(node: tree.Node) -> Iterator[tree.String]:
    """Yield the texts that `python(…)` is given in ``node``."""
    stack = [node]
    while stack:
        at = stack.pop()
        stack += children(at)
        if isinstance(at, tree.Call) and isinstance(at.function, tree.Ref) and at.function.text == "python":
            yield from (arg.value for arg in at.args if isinstance(arg.value, tree.String))


def python_function(view: View, module: Module, node: tree.String) -> Span | None:
    """Return where the function stands that a text in `python("file.py:function")` names; None where there is none."""
    text = node.parts[0] if len(node.parts) == 1 else None
    if not isinstance(text, str) or ":" not in text:
        return None
    target, _, name = text.partition(":")
    path = beside(module.path.rpartition("/")[0], target) if target.endswith(".py") else None
    data = view.modules.loader.read(path) if path is not None else None
    file = read(path, data) if path is not None and data is not None else None
    if file is None or isinstance(file, tuple):
        return None
    function = file.functions.get(name)
    return function.span if function is not None else None
