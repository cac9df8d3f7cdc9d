"""The pages of every example of the standard library and of the reference programs: no block is missing, none breaks them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import mlpc_stdlib
from mlpc_cli.pages import graph_page, spec_page
from mlpc_cli.spec import Spec, compile_spec

from .html_pages import judge

FOLDERS = [Path(mlpc_stdlib.__path__[0]) / "examples", Path(__file__).parents[2] / "specs"]


def specs() -> list[Spec]:
    """Those that have a pipeline, and need no file beside them."""
    found = []
    for path in (path for folder in FOLDERS for path in sorted(folder.glob("*.mlp"))):
        text = path.read_text(encoding="utf-8")
        names = re.findall(r'run = python\("([^:"]+):', text)
        if "\npipeline " in text and all((path.parent / name).exists() for name in names):
            found.append(compile_spec(str(path), "docs", quiet=True, whole=True))
    return found


def test_every_block_is_on_the_pages(capsys: pytest.CaptureFixture[str]) -> None:
    found = specs()
    assert len(found) > 25
    for spec in found:
        compilation = spec.compilation
        typed = compilation.typed
        assert typed is not None
        others = [(name, made) for name in compilation.environments() if (made := compilation.program(name))]
        told = judge(spec_page.page(typed, spec.workflow, others, spec.label))
        text = "".join(told.texts["main"] + told.texts["header"])
        missing = [block.id for block in typed.blocks.values() if block.definition.name.text not in text]
        assert missing == [], spec.label
        graph = judge(graph_page.page(spec.workflow, typed, None))
        assert len(graph.texts["article"]) == len(
            [node for node in spec.workflow.nodes if "keys" not in node.__slots__]
        )
    capsys.readouterr()
