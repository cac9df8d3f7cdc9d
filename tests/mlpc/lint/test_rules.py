"""Each rule finds its fault in programs that are not alike, and nothing else; what is sound is left alone by all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mlpc import codes
from mlpc.compilation import Compilation
from mlpc.format import format_source
from mlpc.lint import RULES, Settings
from mlpc.lint import rules as package
from mlpc.lint.rule import GROUPS
from mlpc.source import Source
from mlpc_cli.lint import look
from mlpc_cli.loader import DiskLoader
from tests.mlpc.lint.pages import files_of, section
from tests.mlpc.lint.programs import BASES, CASES, NAMES, Case, cases, found_in, on

FOLDER = Path(package.__path__[0])
ALL = [case for path in sorted(CASES.glob("*.mlp")) for case in cases(path)]
TESTS = Path(__file__).parents[2]
SHOWN = sorted([*(TESTS / "specs").glob("*.mlp"), *(TESTS.parent / "examples").glob("*/*.mlp")])
PROGRAMS = sorted((TESTS / "cases").glob("*/*/main.mlp"))


def label(case: Case) -> str:
    return f"{case.rule}-{'fires' if case.fires else 'quiet'}-{case.base}"


@pytest.mark.parametrize("case", ALL, ids=label)
def test_case(case: Case) -> None:
    """What is found is what the case says, at the place that it names, and nothing else by any rule."""
    found = found_in(on(case.base, case.change))
    said = [(item.code.name, item.span.text if item.span else "") for item in found]
    assert sorted(said) == sorted(case.wanted)


@pytest.mark.parametrize("base", NAMES)
def test_no_rule_says_anything_about_a_sound_program(base: str) -> None:
    assert found_in(on(base, "")) == []


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: "/".join(path.parts[-3:]))
def test_no_rule_says_anything_about_what_is_shown(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither about the reference specs nor about the examples: each as it stands, whatever its project allows or not."""
    monkeypatch.chdir(path.parent)
    compilation = Compilation(DiskLoader("."), path.name)
    assert not compilation.check().has_errors
    assert compilation.lint(Settings()) == []


def test_examples_and_reference_specs_are_looked_at() -> None:
    names = {"/".join(path.parts[-2:]) for path in SHOWN}
    assert {"specs/digits.mlp", "specs/tumor.mlp", "regions/main.mlp", "own_code/main.mlp"} <= names


@pytest.mark.parametrize("base", NAMES)
def test_a_sound_program_is_laid_out(base: str) -> None:
    text = (BASES / base / "main.mlp").read_text(encoding="utf-8")
    assert not format_source(Source("main.mlp", text)).changed


def test_what_is_so_under_an_environment_only_says_so() -> None:
    change = "env staging {\n  split parts { test = 60% }\n  param trees = 50\n}\n"
    (found,) = found_in(on("tumour", change))
    assert found.help[-1] == "this is so under environment `staging`"
    (always,) = found_in(
        on(
            "tumour",
            change
            + "\nsplit parts: random { data = cells, test = 2%, stratify = cells.malignant, seed = 7 }\n",
        )
    )[:1]
    assert "this is so" not in " ".join(always.help)


# What a rule has to bring


def test_there_are_enough_rules() -> None:
    assert len(RULES) >= 40


def test_one_rule_one_file_one_name() -> None:
    names = [rule.name for rule in RULES]
    assert sorted(names) == sorted(code.name for code in codes.RULES.values())
    assert len(names) == len(set(names))
    assert sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__") == sorted(
        name.replace("-", "_") for name in names
    )


def test_no_name_of_a_group_is_one_of_a_rule() -> None:
    assert not set(GROUPS.values()) & {rule.name for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_fires_in_three_programs_and_is_quiet_in_one(rule: object) -> None:
    own = [case for case in ALL if case.rule == getattr(rule, "name", "")]
    assert {case.base for case in own if case.fires} == set(NAMES)
    assert [case for case in own if not case.fires]


def test_every_case_is_of_a_rule() -> None:
    assert {case.rule for case in ALL} == {rule.name for rule in RULES}


# The pages


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_page_shows_a_fault_and_how_it_is_mended(rule: object) -> None:
    name, page = getattr(rule, "name", ""), getattr(rule, "page", "")
    assert not page.startswith("#")
    assert re.search(r"^## How to mend it\n\n\S", page, re.MULTILINE)
    assert name in [item.code.name for item in found_in(files_of(name, "Wrong"))]
    assert name not in [item.code.name for item in found_in(files_of(name, "Right"))]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_examples_of_a_page_are_laid_out(rule: object) -> None:
    page = getattr(rule, "page", "")
    for title in ("Wrong", "Right"):
        text = section(page, title)
        whole = text if text.startswith("mlp 1\n") else f"mlp 1\n\n{text}"
        assert format_source(Source("main.mlp", whole)).text == whole


# Whatever the program


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: "/".join(path.parts[-3:-1]))
def test_every_program_of_the_corpus_is_answered(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that cannot make sense of a program is silent; it never fails."""
    monkeypatch.chdir(path.parent)
    look(DiskLoader("."), "main.mlp")


def test_what_a_regression_may_be_off_is_told_in_the_unit_of_its_label() -> None:
    change = """component fit_ridge: train {
  param alpha: float > 0 = 1.0
  input data: dataset
  output model: model("sklearn", data)
  run = python("train.py:fit")
  requires = ["pandas>=2.2,<3.1", "scikit-learn>=1.6,<2"]
}

export portable: onnx { model = ridge, parity { data = parts.test, max_abs = 0.5 } }
"""
    (found,) = [each for each in found_in(on("prices", change)) if each.code is codes.LOOSE_PARITY]
    assert list(found.help) == [
        "it is in the unit of `price`; without it values may be apart by a ten-thousandth of their deviation"
    ]
