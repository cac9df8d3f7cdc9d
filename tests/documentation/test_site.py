"""The site: built whole, by itself, the same each time, and never with an example that is not what it says."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest

from mlpc import codes
from mlpc_cli.handbook import Handbook
from mlpc_cli.loader import DiskLoader
from tools.documentation.build import BuildFailed, build
from tools.documentation.pages import REFERENCE, ROOT, BrokenExample, pages

pytestmark = pytest.mark.timeout(1200)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole site; warnings of the generator are errors."""
    folder = tmp_path_factory.mktemp("site") / "made"
    assert build(folder) > 300
    return folder


def html(site: Path, path: str) -> str:
    return (site / f"{path}.html").read_text(encoding="utf-8")


def test_every_code_and_every_component_has_a_page(site: Path) -> None:
    for code in codes.ALL.values():
        assert f"<h1>{code.code} {code.name}" in html(site, f"diagnostics/{code.name}")
    for entry in Handbook(DiskLoader(".")).entries:
        if entry.decl.kind.text == "component":
            assert (site / "components" / f"{entry.path}.html").is_file()
    for file in (ROOT / REFERENCE).glob("*.md"):
        assert (site / "reference" / f"{file.stem}.html").is_file()


def test_it_loads_nothing_from_elsewhere(site: Path) -> None:
    loads = re.compile(
        r"<(?:script|link|img|iframe|source)\b[^>]*(?:src|href)=\"(?:https?:)?//", re.IGNORECASE
    )
    for file in site.rglob("*.html"):
        assert not loads.search(file.read_text(encoding="utf-8")), file
    for file in site.rglob("*.css"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"(?:url\(|@import\s+)[\"']?(?:https?:)?//", text), file


def test_links_inside_lead_somewhere(site: Path) -> None:
    for file in site.rglob("*.html"):
        for target in re.findall(r'<a[^>]*\shref="([^"#:]+)(?:#[^"]*)?"', file.read_text(encoding="utf-8")):
            assert (file.parent / target).exists(), f"{file.relative_to(site)} leads to {target}"


def test_it_can_be_searched(site: Path) -> None:
    text = (site / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
    assert "diagnostics/unknown-column" in index["docnames"]
    assert {"strati", "gate", "malign"} & set(index["terms"])
    assert 'id="pst-search-dialog"' in html(site, "index")


def test_it_is_made_for_phones_and_for_the_dark(site: Path) -> None:
    page = html(site, "index")
    assert '<meta name="viewport" content="width=device-width, initial-scale=1' in page
    assert "theme-switch" in page
    colours = (site / "_static" / "pygments.css").read_text(encoding="utf-8")
    assert 'html[data-theme="dark"]' in colours
    assert 'html[data-theme="light"]' in colours


def test_specs_are_coloured(site: Path) -> None:
    page = html(site, "index")
    assert '<span class="kd">pipeline</span>' in page
    assert '<span class="nc">forest</span>' in page


def test_examples_with_mistakes_look_like_it(site: Path) -> None:
    page = html(site, "diagnostics/unknown-column")
    assert page.count('class="wrong highlight-mlp') == 1


def test_no_path_of_this_machine_is_in_it(site: Path) -> None:
    for file in site.rglob("*"):
        if file.is_file():
            assert str(ROOT).encode() not in file.read_bytes(), file


@pytest.mark.full
def test_the_same_pages_give_the_same_bytes(site: Path, tmp_path: Path) -> None:
    build(tmp_path / "again")
    assert digests(tmp_path / "again") == digests(site)


def test_a_few_pages_give_the_same_bytes_twice(tmp_path: Path) -> None:
    texts = few()
    build(tmp_path / "once", texts)
    build(tmp_path / "again", texts)
    assert digests(tmp_path / "once") == digests(tmp_path / "again")


def test_a_link_that_leads_nowhere_breaks_the_build(tmp_path: Path) -> None:
    texts = few()
    texts["values.md"] += "\n[nowhere](nowhere.md)\n"
    with pytest.raises(BuildFailed, match=r"values\.md.*nowhere"):
        build(tmp_path / "site", texts)
    assert not (tmp_path / "site").exists()


def few() -> dict[str, str]:
    """Return a site of two pages."""
    index = "# Home\n\n```mlp\nmlp 1\n\nschema Row { age: int @label }\n```\n\n```{toctree}\nvalues\n```\n"
    return {"index.md": index, "values.md": "# Values\n\nOf all kinds.\n"}


def digests(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.mark.parametrize(
    ("page", "before", "after", "said"),
    [
        ("docs/index.md", "stratify = cells.malignant", "stratify = cells.malignent", "unknown-column"),
        (f"{REFERENCE}/instances.md", "require rmse <= 150", "require rmsee <= 150", "unknown-metric"),
        (f"{REFERENCE}/tests.md", "given quality.recall = 80%", "given quality.recalled = 80%", "unknown-"),
        (f"{REFERENCE}/values.md", "# is 1s\n", "# is 2s\n", "it is 1s, not 2s"),
        (f"{REFERENCE}/types.md", "wrong second-label", "wrong unknown-type", "found .'second-label'"),
    ],
)
def test_a_broken_example_breaks_the_build(
    tmp_path: Path, page: str, before: str, after: str, said: str
) -> None:
    for folder in ("docs", REFERENCE):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    text = (tmp_path / page).read_text(encoding="utf-8")
    assert before in text
    (tmp_path / page).write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(BrokenExample, match=rf"{re.escape(page)}:\d+: .*{said}"):
        pages(tmp_path, only_written=True)
