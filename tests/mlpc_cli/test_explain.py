"""Every code has a page; the wrong example on it yields that code and nothing else, the right one is clean."""

from __future__ import annotations

import re

import pytest

from mlpc import codes
from mlpc.compilation import Compilation
from mlpc.format import format_source
from mlpc.lint import read_settings
from mlpc.source import Source
from tests.loader import Texts
from tests.mlpc_cli.command import mlpc as command
from tests.pages import PAGE_TEXTS, section, session

# Pages of the linter's rules are the docstrings of their modules: see `tests/mlpc/lint`.
NAMES = sorted(code.name for code in codes.ALL.values() if code.code not in codes.RULES)


def found_in(files: dict[str, str], *, linted: bool = False) -> list[str]:
    # What is no UTF-8 cannot be shown as it is; a page writes the byte as an escape.
    texts: dict[str, str | bytes] = {
        path: text.encode().replace(rb"\xE9", b"\xe9") for path, text in files.items()
    }
    loader = Texts(texts)
    compilation = Compilation(loader, "main.mlp")
    found = list(compilation.check())
    if linted:
        settings = read_settings(loader)
        found += [*settings.diagnostics, *compilation.lint(settings)]
    return [item.code.name for item in found]


def is_linters(name: str) -> bool:
    code = codes.find(name)
    return code is not None and code.code.startswith("MLP89")


WITH_EXAMPLES = sorted(name for name, text in PAGE_TEXTS.items() if section(text, "Wrong"))


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert sorted(PAGE_TEXTS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_what_it_means_and_how_to_mend_it(name: str) -> None:
    text = PAGE_TEXTS[name]
    assert not text.startswith("#")
    assert re.search(r"^## How to mend it\n\n\S", text, re.MULTILINE)
    assert max(map(len, text.splitlines())) <= 1000
    for title in ("Wrong", "Right"):
        assert bool(section(text, title)) != bool(session(text, title)), f"an example, or a session: {title}"


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_wrong_example_yields_the_code_and_nothing_else(name: str) -> None:
    assert found_in(section(PAGE_TEXTS[name], "Wrong"), linted=is_linters(name)) == [name]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_right_example_is_clean_and_laid_out(name: str) -> None:
    files = section(PAGE_TEXTS[name], "Right")
    assert found_in(files, linted=is_linters(name)) == []
    for path, text in files.items():
        if path.endswith(".mlp"):
            assert not format_source(Source(path, text)).changed


def test_what_a_check_finds_has_examples() -> None:
    """Codes of a check that have none are those that no text alone can show."""
    checked = {code.name for code in codes.ALL.values() if code.code < "MLP500"}
    assert checked - set(WITH_EXAMPLES) <= {
        "no-file",
        "no-pipeline",
        "step-not-built",
        "too-many-mistakes",
    }


@pytest.mark.parametrize("asked", ["MLP830", "no-seed"])
def test_the_page_of_a_rule_is_the_docstring_of_its_module(asked: str) -> None:
    answer = command("explain", asked)
    assert answer.code == 0
    assert answer.out.startswith("# MLP830 no-seed\n\nRows are drawn, or a forest is grown")


@pytest.mark.parametrize("asked", ["MLP301", "mlp301", "unknown-column", "[MLP301]"])
def test_a_page_is_found_by_number_and_by_name(asked: str) -> None:
    answer = command("explain", asked)
    assert answer.code == 0
    assert answer.out.startswith("# MLP301 unknown-column\n\nA column is named through its data")


def test_on_a_terminal_a_page_is_drawn() -> None:
    answer = command("explain", "unknown-column", FORCE_COLOR="1")
    assert "\x1b[" in answer.out
    assert "```" not in answer.out


@pytest.mark.parametrize(
    ("asked", "help"),
    [
        ("MLP3O1", "did you mean `MLP301`?"),
        ("unknown-colum", "did you mean `unknown-column`?"),
        ("xyzzy", "`mlpc explain` lists the codes"),
    ],
)
def test_a_code_that_does_not_exist(asked: str, help: str) -> None:
    answer = command("explain", asked)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == f"error: there is no code `{asked}`\n  help: {help}\n"


def test_all_codes() -> None:
    answer = command("explain")
    assert answer.code == 0
    assert answer.out.splitlines()[:-2] == [f"{code.code}  {code.name}" for code in codes.ALL.values()]
