"""What the code of a step consists of, beyond what it imports."""

from __future__ import annotations

import os
from pathlib import Path

import mlpc_stdlib
from mlpc_run.digests import of_file
from mlpc_run.imports import Sources

ROOT = str(Path(mlpc_stdlib.__path__[0]).parent)


class Nothing:
    """A store that remembers nothing."""

    def rows(self, statement: str, /) -> list[object]:
        return []


class Digests:
    def of(self, path: str, /) -> str:
        return of_file(path)


def test_what_a_package_of_the_runtime_reads_beside_its_code_belongs_to_it() -> None:
    """A page is made anew where what browsers are sent has changed, or the version of its runtime."""
    found = Sources(Nothing(), Digests(), ROOT).of_runtime("mlpc_stdlib.runtime.web.site")
    for path in ("web/assets/app.js", "web/assets/style.css", "npm/assets/onnxruntime-web/package-lock.json"):
        assert os.path.join("mlpc_stdlib/runtime", path) in found
    other = Sources(Nothing(), Digests(), ROOT).of_runtime("mlpc_stdlib.runtime.split")
    assert not [path for path in other if "assets" in path]
