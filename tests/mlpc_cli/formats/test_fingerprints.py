"""A finding is known again after the text around it has changed, and no two are the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.mlpc_cli.command import mlpc
from tests.mlpc_cli.formats.conftest import SPEC


def marks(folder: Path, text: str = "", **changes: str) -> dict[str, str]:
    """Return the fingerprints of the findings by name, where each name is found once."""
    text = text or SPEC
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "main.mlp").write_text(text, encoding="utf-8")
    answer = mlpc("check", "main.mlp", "--error-format", "json", cwd=folder)
    found = [json.loads(line) for line in answer.out.splitlines()]
    return {f"{item['name']} {item['line']}": item["fingerprint"] for item in found}


@pytest.mark.parametrize(
    "changes",
    [
        {"mlp 1\n": "mlp 1\n\n# A comment that moves every line.\n\n"},
        {"  split parts": '  data other: csv { path = "x.csv", schema = Cell }\n\n      split parts'},
        {"radius: float >= 0": "radius: float >= 0\n  area: float"},
        {"data = cells, test": "test"},
        {"test = 20, stratify": "test = 20%, stratify"},
        {"\n## The end.\n": "\n"},
    ],
    ids=["lines", "another_block", "a_column", "another_mistake", "one_mended", "the_last_gone"],
)
def test_the_same_mistake_keeps_its_fingerprint(folder: Path, changes: dict[str, str]) -> None:
    before = {name.split()[0]: mark for name, mark in marks(folder).items()}
    after = {name.split()[0]: mark for name, mark in marks(folder, **changes).items()}
    assert before["unknown-column"] == after["unknown-column"]


def test_two_equal_mistakes_differ(folder: Path) -> None:
    text = SPEC.replace("test = 20", "test = 20%").replace(
        "cells.malignent }",
        "if cells.malignent == cells.malignent then cells.malignant else cells.malignant }",
    )
    found = marks(folder, text)
    assert len(set(found.values())) == len(found)
    text = SPEC + "\nlet a = nope + nope\nlet b = nope\n"
    answer = mlpc("check", "main.mlp", "--error-format", "json", cwd=folder)
    (folder / "main.mlp").write_text(text, encoding="utf-8")
    answer = mlpc("check", "main.mlp", "--error-format", "json", cwd=folder)
    lines = [json.loads(line) for line in answer.out.splitlines()]
    nopes = [item["fingerprint"] for item in lines if item["name"] == "unknown-name"]
    assert len(set(nopes)) == len(nopes) == 3


def test_the_current_folder_does_not_matter_in_a_repository(folder: Path) -> None:
    (folder / ".git").mkdir()
    here = mlpc("check", "main.mlp", "--error-format", "gitlab", cwd=folder)
    above = mlpc("check", f"{folder.name}/main.mlp", "--error-format", "gitlab", cwd=folder.parent)
    assert [item["fingerprint"] for item in json.loads(here.out)] == [
        item["fingerprint"] for item in json.loads(above.out)
    ]


def test_equal_mistakes_of_two_files_differ(folder: Path) -> None:
    (folder / "other.mlp").write_text(SPEC, encoding="utf-8")
    answer = mlpc("check", ".", "--error-format", "gitlab", cwd=folder)
    found = [item["fingerprint"] for item in json.loads(answer.out)]
    assert len(set(found)) == len(found) == 6
