"""`mlpc graph -o page.html`: what there is to know of each step, and that no text is more than text."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.mlpc_cli.command import mlpc

from . import flowers
from .html_pages import Page, judge

EXAMPLES = Path(__file__).parents[3] / "examples"
HOSTILE = "</style></script><script>alert(1)</script><img src=x onerror=alert(1)>&\\u{202e}\\u{7}"


def page(folder: Path, *more: str) -> Page:
    """The page of the spec in a folder, judged."""
    answer = mlpc("graph", "main.mlp", "-o", "page.html", *more, cwd=folder)
    assert (answer.code, answer.out) == (0, "page.html\n"), answer
    return judge((folder / "page.html").read_bytes())


def articles(found: Page) -> dict[str, str]:
    """What is told of each step, by its name."""
    return {text.partition("\n")[0]: text for text in found.texts["article"]}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two runs, the second in the environment `strict`."""
    return flowers.ran(tmp_path_factory)


def test_what_it_tells_of_a_project_that_never_ran(tmp_path: Path) -> None:
    folder = shutil.copytree(EXAMPLES / "tumor", tmp_path / "tumor", ignore=shutil.ignore_patterns(".mlpc"))
    found = page(folder)
    assert "13 steps and gates; it has not run here." in found.texts["p"]
    told = "".join(found.texts["article"])
    assert "sklearn:random_forest of the standard library" in told
    assert "Asks for2 cores, 2.0 GiB of memory" in told
    assert "Replicas1 to 4" in told
    assert "p95 <= 50ms" in told
    assert "When0 3 * * * Europe/Berlin" in told
    buttons = [each for each in found.all("button") if each.get("data-go")]
    drawn = {each["data-id"] for each in found.all("g") if each.get("data-id")}
    assert {each["data-go"] for each in buttons} == drawn
    assert {each["data-of"] for each in found.all("article")} == drawn
    assert not (folder / ".mlpc").exists()


def test_what_came_of_the_last_run(ran: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(ran, tmp_path / "flowers", symlinks=True)
    plain = page(folder)
    assert any(text.startswith("done run 1, ") for text in plain.texts["p"])
    found = page(folder, "--env", "strict")
    assert any(text.startswith("not promoted run 2, ") for text in found.texts["p"])
    told = "".join(found.texts["article"])
    assert "accuracy >= 0.999missed0." in told
    assert "In run 2" in told
    assert "Measuredaccuracy 0." in told
    assert "In run" not in "".join(page(folder, "--no-run").texts["article"])


def test_a_spec_that_has_changed_since(ran: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(ran, tmp_path / "flowers", symlinks=True)
    main = folder / "main.mlp"
    text = main.read_text(encoding="utf-8")
    main.write_text(text.replace("mlp 1\n", "mlp 1\n\n# A comment.\n"), encoding="utf-8")
    assert not any("changed since" in each for each in page(folder).texts["p"])
    main.write_text(text.replace("seed = 5", "seed = 6"), encoding="utf-8")
    assert any("changed since" in each for each in page(folder).texts["p"])


def test_the_same_bytes_each_time(ran: Path, tmp_path: Path) -> None:
    pages = []
    for name in ("a", "b"):
        folder = shutil.copytree(ran, tmp_path / name / "flowers", symlinks=True)
        page(folder)
        pages.append((folder / "page.html").read_bytes())
    assert pages[0] == pages[1]
    assert str(tmp_path).encode() not in pages[0]


def test_no_text_of_a_spec_is_more_than_text(tmp_path: Path) -> None:
    folder = shutil.copytree(EXAMPLES / "tumor", tmp_path / "tumor", ignore=shutil.ignore_patterns(".mlpc"))
    main = folder / "main.mlp"
    text = main.read_text(encoding="utf-8")
    for old in ("data/cells.csv", "tumor-forest", "champion"):
        text = text.replace(f'"{old}"', f'"{HOSTILE}"')
    text = text.replace("  train forest", "  ## </article><script>alert(2)</script>\n  train forest")
    main.write_text(text, encoding="utf-8")
    found = page(folder)
    assert len(found.texts["script"]) == 1, "that of the page itself"
    assert "alert" not in found.texts["script"][0]
    assert "</article><script>alert(2)</script>" in found.texts["p"]
    raw = (folder / "page.html").read_text(encoding="utf-8")
    assert not any(char in raw for char in "\u202e\x07")


def test_no_run_is_about_a_page(ran: Path) -> None:
    answer = mlpc("graph", "main.mlp", "--no-run", cwd=ran)
    assert answer.code == 2
    assert "--no-run is about a page" in answer.err
