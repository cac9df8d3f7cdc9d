"""What the tutorials and the reference show of commands is what comes out of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import system
from tests.documentation.stories import Story, matches
from tools.documentation.examples import fences

ROOT = Path(__file__).resolve().parents[2]
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
REFERENCE = sorted((ROOT / "grammar" / "mlpc_grammar" / "reference").glob("*.md"))


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("page", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_begins_in_an_empty_folder_and_ends_well(page: Path, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        system.install("curl")
    story = Story(tmp_path)
    try:
        for fence in fences(page.read_text(encoding="utf-8")):
            story.tell(fence)
    finally:
        story.end()


def test_there_are_tutorials() -> None:
    assert {path.stem for path in TUTORIALS} == {"index", "first", "own-code", "forecast", "engines", "ci"}


@pytest.mark.parametrize("page", REFERENCE, ids=lambda path: path.stem)
def test_what_the_reference_shows_of_commands_comes_out(page: Path, tmp_path: Path) -> None:
    story = Story(tmp_path)
    for fence in fences(page.read_text(encoding="utf-8")):
        story.tell(fence)


@pytest.mark.parametrize(
    ("shown", "found", "same"),
    [
        ("main.mlp: ok\n", "main.mlp: ok\n", True),
        ("main.mlp: ok\n", "main.mlp: ok, it seems\n", False),
        ("took …s\n", "took 1.2s\n", True),
        ("took …s\n", "took 1.2s\nand more\n", False),
        ("a\n…\nb\n", "a\n1\n2\nb\n", True),
        ("a\n…\nb\n", "a\nb\n", True),
        ("a\n…\nb\n", "b\n", False),
        ("(exit code 1)\n", "", False),
        ("", "", True),
        ("", "something\n", False),
        ("a.b\n", "aXb\n", False),
    ],
)
def test_what_is_shown_matches(shown: str, found: str, same: bool) -> None:
    assert matches(shown, found) is same
