"""Every page that the command writes, in Chromium: at two widths, light, dark and printed; accessible, and asking for nothing."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.mlpc_cli.command import mlpc

from . import flowers
from .browser import visit

EXAMPLES = Path(__file__).parents[3] / "examples"
#: The pages that are looked at.
PAGES = ["docs-tumor.html", "docs-regions.html", "run.html", "compare.html"]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the browser saw, by page."""
    folder = tmp_path_factory.mktemp("pages")
    for name in ("tumor", "regions"):
        copy = folder / name
        shutil.copytree(EXAMPLES / name, copy, ignore=shutil.ignore_patterns(".mlpc", "__pycache__"))
        answer = mlpc("docs", "main.mlp", "-o", f"../docs-{name}.html", cwd=copy)
        assert answer.code == 0, answer
    shutil.copy(flowers.ran(tmp_path_factory) / ".mlpc" / "reports" / "2.html", folder / "run.html")
    answer = mlpc(
        "runs", "compare", "1", "2", "-o", str(folder / "compare.html"), cwd=flowers.ran(tmp_path_factory)
    )
    assert answer.code == 0, answer
    return visit({folder / name: "" for name in PAGES})


@pytest.mark.parametrize("name", PAGES)
def test_it_looks_well(seen: dict[str, Any], name: str) -> None:
    looks = [each for each in seen[name]["looks"] if "colorScheme" in each]
    assert [(each["width"], each["colorScheme"]) for each in looks] == [
        (1280, "light"),
        (1280, "dark"),
        (390, "light"),
        (390, "dark"),
    ]
    for each in looks:
        assert each["violations"] == []
        assert each["wide"] <= 0
    assert looks[0]["back"] != looks[1]["back"]


@pytest.mark.parametrize("name", PAGES)
def test_it_asks_for_nothing_and_prints_dark_on_light(seen: dict[str, Any], name: str) -> None:
    for each in (each for each in seen[name]["looks"] if "printed" in each):
        # A rule that its policy refuses would be told on the console.
        assert each["said"] == []
        assert each["asked"] == 1, "the page itself"
        assert each["printed"] == "rgb(22, 33, 31)"
