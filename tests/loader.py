"""A loader for tests: files from a dictionary, the standard library as it is."""

from __future__ import annotations

from pathlib import Path

import mlpc_backends
import mlpc_stdlib
from mlpc.compilation import Compilation
from mlpc.diagnostics import Diagnostic
from mlpc.ir.nodes import Workflow

STANDARD = Path(mlpc_stdlib.__path__[0])
BACKENDS = Path(mlpc_backends.__path__[0])


class Texts:
    """Gives texts as the files of a project."""

    def __init__(self, files: dict[str, str | bytes]) -> None:
        self.files = files

    def read(self, path: str) -> bytes | None:
        if path.startswith("std:"):
            try:
                return (STANDARD / f"{path[4:]}.mlp").read_bytes()
            except OSError:  # there is none, or no file could be called so
                return None
        if path.startswith("backend:"):
            file = BACKENDS / path[8:] / "settings.mlp"
            return file.read_bytes() if file.is_file() else None
        text = self.files.get(path)
        return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text

    def names(self, folder: str) -> list[str]:
        if folder == "std:":
            return sorted(file.name for file in STANDARD.glob("*.mlp"))
        if folder == "backend:":
            return sorted(file.parent.name for file in BACKENDS.glob("*/settings.mlp"))
        prefix = f"{folder}/" if folder else ""
        return sorted(path.removeprefix(prefix) for path in self.files if path.rpartition("/")[0] == folder)

    def what(self, path: str) -> str:
        return "a folder" if any(not path or each.startswith(f"{path}/") for each in self.files) else ""


def compiled(main: str, files: dict[str, str | bytes] | None = None, environment: str = "") -> Compilation:
    """Return the compilation of ``main.mlp``, with other ``files`` beside it."""
    return Compilation(Texts({**(files or {}), "main.mlp": main}), "main.mlp", environment)


def checked(main: str, files: dict[str, str | bytes] | None = None) -> list[Diagnostic]:
    """Return what there is to say about ``main.mlp``."""
    return list(compiled(main, files).check())


def workflow_of(main: str, environment: str = "", files: dict[str, str | bytes] | None = None) -> Workflow:
    """Return the workflow of a program that has no mistake."""
    compilation = compiled(main, files, environment)
    found = compilation.workflow()
    assert found is not None, [str(item) for item in compilation.check()]
    return found
