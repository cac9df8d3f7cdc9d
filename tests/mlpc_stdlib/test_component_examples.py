"""Every component of the standard library has a program that shows it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import mlpc_stdlib
from mlpc.source import Source
from mlpc.syntax.parser import parse
from mlpc.syntax.tree import Decl, Name, Node
from mlpc_cli.handbook import Entry, Handbook, example_of
from mlpc_cli.loader import DiskLoader
from tools.documentation.examples import faults, fences

STANDARD = Path(mlpc_stdlib.__path__[0])
FOLDER = STANDARD / "examples"
HANDBOOK = Handbook(DiskLoader("."))
COMPONENTS = [entry for entry in HANDBOOK.entries if entry.decl.kind.text == "component"]


@pytest.mark.parametrize("entry", COMPONENTS, ids=lambda entry: entry.path)
def test_a_component_has_an_example_that_uses_it(entry: Entry) -> None:
    text = example_of(entry)
    own = entry.name.rpartition(".")[2]
    used = {
        "backend": rf"backend {own} ",
        "budget": "budget {",
        "layer": rf"\b{own}\(",
        "goal": rf"\b{own}\(",
        "distribution": rf"\b{own}\(",
        "step": rf"\b{own}\(",
        "cluster": rf"distributed: {own} ",
    }.get(entry.kind, rf"(?m)^ *{entry.kind} \w+[^:\n]*: {re.escape(entry.name)}\b")
    if own not in (
        "minimize",
        "uniform",
        "depthwise_conv2d",
        "average_pool",
        "global_average_pool",
        "batch_norm",
    ):
        assert re.search(used, text), text


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.mlp")), ids=lambda path: path.stem)
def test_an_example_is_clean_and_laid_out(path: Path) -> None:
    (fence,) = fences(f"```mlp\n{path.read_text(encoding='utf-8')}```\n")
    assert faults(fence) == []


def test_every_example_is_shown() -> None:
    names = {entry.module.path.removeprefix("std:") for entry in COMPONENTS}
    names |= {f"{entry.kind}.{entry.name.rpartition('.')[2]}" for entry in COMPONENTS}
    assert {path.stem for path in FOLDER.glob("*.mlp")} <= names


@pytest.mark.parametrize("file", sorted(STANDARD.glob("*.mlp")), ids=lambda file: file.stem)
def test_every_param_of_the_library_says_what_it_does(file: Path) -> None:
    """`mlpc docs`, the site and hover show its doc comment, and have nothing to show without."""
    parsed = parse(Source(file.name, file.read_text(encoding="utf-8")))
    assert not parsed.diagnostics
    silent = []
    pending: list[tuple[str, Node]] = [("", item) for item in parsed.file.items]
    while pending:
        around, item = pending.pop()
        if not isinstance(item, Decl) or not isinstance(item.name, Name):
            continue
        path = f"{around}{item.name.text}"
        if item.kind.text == "param" and item.doc is None:
            silent.append(path)
        pending += [(f"{path}.", each) for each in (item.body.items if item.body is not None else ())]
    assert not silent
