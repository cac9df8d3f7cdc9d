"""The source that a step's code consists of: its file and what that imports from the project or the step runtime.

Found by reading, never by importing. Imports count wherever they stand in a file, also inside functions; so does
``importlib.import_module("name")`` with a literal. Where a file computes the name of what it imports, every
Python file below the same root is taken to belong to it: rather too much than too little.
"""

from __future__ import annotations

import json
import os

from . import digests

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol, TypeAlias

    class Rows(Protocol):
        """What remembers: the store of the engine."""

        def rows(self, statement: str, /) -> list[Any]:
            """Return what a query finds."""

    class Digests(Protocol):
        """What knows digests of files."""

        def of(self, path: str, /) -> str:
            """Return the digest of a file or directory, or raise an OSError."""

    #: What a file imports: ``[level, module, [names]]``, level as in :class:`ast.ImportFrom`; a computed name
    #: is ``[-1, "", []]``.
    Imports: TypeAlias = list[tuple[int, str, list[str]]]

RUNTIME_PACKAGE = "mlpc_stdlib"
_SKIPPED = {".git", ".hg", ".mlpc", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".nox"}


class Sources:
    """Reads what Python files import, each once, and remembers it by the digest of the file."""

    def __init__(self, store: Rows, fingerprints: Digests, runtime_root: str) -> None:
        self._store = store
        self._fingerprints = fingerprints
        self._runtime_root = runtime_root
        self._known: dict[str, Imports] | None = None
        self._fresh: dict[str, Imports] = {}
        self._closures: dict[tuple[str, ...], dict[str, str]] = {}

    def of_project(self, root: str, file: str) -> dict[str, str]:
        """Return path (relative to ``root``) and digest of ``file`` and of all it imports from the project.

        Raises:
            OSError: the file is not there or cannot be read.
        """
        path = os.path.join(root, file)
        return self._closure([path], [root, os.path.dirname(path)], root)

    def of_runtime(self, *modules: str) -> dict[str, str]:
        """Return path and digest of modules of the step runtime and all they import from it."""
        base = self._runtime_root
        files = [found for module in modules for found in self._module(module, [base])]
        return self._closure(files, [base], base)

    def _closure(self, files: list[str], roots: list[str], base: str) -> dict[str, str]:
        memory = (*files, "", *roots)
        if memory in self._closures:
            return self._closures[memory]
        found: dict[str, str] = {}
        waiting = list(files)
        while waiting:
            path = os.path.normpath(waiting.pop())
            name = self._name(path, base)
            if name in found:
                continue
            found[name] = digest = self._fingerprints.of(path)
            if path.endswith(".py"):
                waiting.extend(self._imported(path, digest, roots))
            waiting.extend(self._assets(path))
        self._closures[memory] = dict(sorted(found.items()))
        return self._closures[memory]

    def _assets(self, path: str) -> list[str]:
        """Return what a package of the step runtime reads beside its code: the files of its folder ``assets``."""
        if os.path.basename(path) != "__init__.py" or not path.startswith(self._runtime_root + os.sep):
            return []
        return [
            os.path.join(folder, name)
            for folder, _, names in os.walk(os.path.join(os.path.dirname(path), "assets"))
            for name in names
        ]

    def _name(self, path: str, base: str) -> str:
        if base != self._runtime_root and path.startswith(self._runtime_root + os.sep):
            return "mlpc:" + os.path.relpath(path, self._runtime_root)
        return os.path.relpath(path, base)

    def _imported(self, path: str, digest: str, roots: list[str]) -> list[str]:
        found: list[str] = []
        # The runtime's root holds all that is installed; what the runtime loads by a computed name is the
        # target of a step, which the caller names.
        of_runtime = path.startswith(self._runtime_root + os.sep) and roots == [self._runtime_root]
        for level, module, names in self._imports(path, digest):
            if level < 0:
                found.extend([] if of_runtime else _python_files(roots[0]))
                continue
            if of_runtime and not level and module.partition(".")[0] != RUNTIME_PACKAGE:
                continue
            if level:
                folder = os.path.dirname(path)
                for _ in range(level - 1):
                    folder = os.path.dirname(folder)
                where = [folder]
                init = os.path.join(folder, "__init__.py")
                if os.path.isfile(init):
                    found.append(init)
            elif module.partition(".")[0] == RUNTIME_PACKAGE:
                where = [self._runtime_root]
            else:
                where = roots
            found.extend(self._module(module, where))
            for name in names:
                if name == "*":
                    found.extend(self._siblings(module, where))
                else:
                    found.extend(self._module(f"{module}.{name}" if module else name, where))
        return found

    def _module(self, module: str, roots: list[str]) -> list[str]:
        """Return the files that importing ``module`` runs: its packages' and its own, as far as they are here."""
        found: list[str] = []
        if not module:
            return found
        for root in dict.fromkeys(roots):
            here = root
            for part in module.split("."):
                here = os.path.join(here, part)
                if os.path.isfile(here + ".py"):
                    found.append(here + ".py")
                if os.path.isfile(os.path.join(here, "__init__.py")):
                    found.append(os.path.join(here, "__init__.py"))
                elif not os.path.isdir(here):
                    found.extend(_extensions(here))
                    break
        return found

    def _siblings(self, module: str, roots: list[str]) -> list[str]:
        found: list[str] = []
        for root in roots:
            folder = os.path.join(root, *module.split(".")) if module else root
            if os.path.isfile(os.path.join(folder, "__init__.py")):
                found.extend(
                    os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".py")
                )
        return found

    def _imports(self, path: str, digest: str) -> Imports:
        if self._known is None:
            self._known = {
                digest: [(level, module, names) for level, module, names in json.loads(text)]
                for digest, text in self._store.rows("SELECT digest, names FROM imports")
            }
        known = self._known.get(digest)
        if known is None:
            with open(path, "rb") as file:
                content = file.read()
            known = read(content)
            if digests.of_bytes(content) == digest:
                self._known[digest] = self._fresh[digest] = known
        return known

    def save(self) -> list[tuple[str, tuple[object, ...]]]:
        """Return the statements that keep for later runs what was read in this one."""
        fresh, self._fresh = self._fresh, {}
        return [
            ("INSERT OR REPLACE INTO imports(digest, names) VALUES(?,?)", (digest, json.dumps(found)))
            for digest, found in fresh.items()
        ]


def read(content: bytes) -> Imports:
    """Return what the text of a Python file imports; a text that does not parse imports nothing."""
    import ast

    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found: Imports = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.extend((0, alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.append((node.level, node.module or "", [alias.name for alias in node.names]))
        elif isinstance(node, ast.Call) and _imports_by_name(node.func):
            name = node.args[0] if node.args else None
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                level = len(name.value) - len(name.value.lstrip("."))
                found.append((level, name.value.lstrip("."), []))
            else:
                found.append((-1, "", []))
    return [item for number, item in enumerate(found) if item not in found[:number]]


def _imports_by_name(function: object) -> bool:
    import ast

    if isinstance(function, ast.Name):
        return function.id in ("__import__", "import_module")
    return isinstance(function, ast.Attribute) and function.attr in (
        "import_module",
        "spec_from_file_location",
    )


def _extensions(path: str) -> list[str]:
    folder, name = os.path.split(path)
    if not os.path.isdir(folder):
        return []
    return [
        os.path.join(folder, entry)
        for entry in sorted(os.listdir(folder))
        if entry.startswith(name + ".") and entry.endswith((".so", ".pyd"))
    ]


def _python_files(root: str) -> list[str]:
    found: list[str] = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        found.extend(os.path.join(folder, name) for name in sorted(files) if name.endswith(".py"))
    return found
