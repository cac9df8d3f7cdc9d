"""Fixes: what comes out parses, checks and is laid out; a second time there is nothing left to fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mlpc import codes
from mlpc.compilation import Compilation
from mlpc.diagnostics import Diagnostic, Fix
from mlpc.format import format_source
from mlpc.lint.fixing import Mended, mend
from mlpc.source import Source, Span
from mlpc_cli.lint import lay_out, look
from tests.loader import Texts
from tests.mlpc.lint.programs import CASES, NAMES, cases, changed, found_in, on

if TYPE_CHECKING:
    from mlpc.source import Loader

ALL = [case for path in sorted(CASES.glob("*.mlp")) for case in cases(path)]
CHANGES = {base: [case.change for case in ALL if case.base == base] for base in NAMES}


def mended(files: Texts, *, unsafe: bool = False) -> Mended:
    return mend(files, lambda loader: look(loader, "main.mlp"), lay_out, unsafe=unsafe)


def fixed(text: str, *, base: str = "tumour", unsafe: bool = False) -> str:
    """Return the program that a change of a base becomes."""
    files = on(base, text)
    before = str(files.files["main.mlp"])
    return mended(files, unsafe=unsafe).texts.get("main.mlp", before)


def lines_changed(text: str, **how: object) -> tuple[list[str], list[str]]:
    """Return the lines that a change of a base loses and gains by fixing."""
    base = str(how.pop("base", "tumour"))
    before = str(on(base, text).files["main.mlp"]).splitlines()
    after = fixed(text, base=base, unsafe=bool(how.get("unsafe"))).splitlines()
    gone = [line for line in before if line.strip() and line not in after]
    come = [line for line in after if line.strip() and line not in before]
    return gone, come


# What fixes do


def test_a_seed_is_written_down_as_the_default_is() -> None:
    assert lines_changed(
        "split parts: random { data = cells, test = 20%, stratify = cells.malignant }\n"
    ) == (
        ["  split parts: random { data = cells, test = 20%, stratify = cells.malignant }"],
        ["  split parts: random { data = cells, test = 20%, stratify = cells.malignant, seed = 0 }"],
    )


def test_what_is_not_used_goes_with_its_doc_comment() -> None:
    change = "## Nobody has it.\nschema Patient {\n  age: int in 0..120\n}\n\nlet share = 20%\n"
    assert lines_changed(change) == (
        ["## Nobody has it.", "schema Patient {", "  age: int in 0..120", "let share = 20%"],
        [],
    )


def test_what_is_only_used_by_what_is_not_used_goes_too() -> None:
    change = "let a = 1\nlet b = a + 1\nlet c = b + 1\nlet d = c + 1\n"
    assert lines_changed(change)[0] == change.splitlines()


def test_a_value_that_holds_anyway_goes_and_the_environment_stays() -> None:
    change = "env staging {\n  param trees = 200\n  deploy api { replicas = 2..4 }\n}\n"
    assert lines_changed(change) == (["  param trees = 200"], [])


def test_a_block_of_an_environment_goes_with_its_only_value() -> None:
    change = "env south {\n  data sales { retry { attempts = 4 } }\n  param alpha = 2.0\n}\n"
    assert lines_changed(change, base="prices") == (["  data sales { retry { attempts = 4 } }"], [])


def test_of_two_conditions_the_weaker_one_goes() -> None:
    change = """evaluate quality: classification {
  model = forest
  data = parts.test
  require recall >= 0.8  # from the first model
  require accuracy >= 0.9
  require recall >= 0.85
}
"""
    assert lines_changed(change) == (["    require recall >= 0.8  # from the first model"], [])


@pytest.mark.parametrize(
    ("change", "come"),
    [
        ("split parts: random { data = cells, test = 20%, seed = 7 }\n", "stratify = cells.malignant"),
        (
            "evaluate quality: classification {\n  model = forest\n  data = parts.train\n  require recall >= 0.8\n}\n",
            "data = parts.test",
        ),
        (
            "schema Cell {\n  patient_id: string  # of the clinic\n  radius: float\n  malignant: bool @label\n}\n",
            "patient_id: string @key  # of the clinic",
        ),
        (
            "schema Cell { email: string @ignore, malignant: bool @label }\n",
            "email: string @ignore @sensitive, malignant",
        ),
    ],
)
def test_what_may_change_the_meaning_is_fixed_only_when_asked(change: str, come: str) -> None:
    assert lines_changed(change) == ([], [])
    assert come in fixed(change, unsafe=True)


def test_a_file_that_was_not_laid_out_keeps_the_rest_of_its_layout() -> None:
    text = str(on("tumour", "let unused = 1\n").files["main.mlp"]).replace("seed = 7", "seed   =   7")
    files = on("tumour", text)
    after = mended(files).texts["main.mlp"]
    assert after == text.replace("let unused = 1\n", "")


def test_a_file_that_is_used_is_mended_too() -> None:
    files = on("species", "")
    files.files["steps.mlp"] = str(files.files["steps.mlp"]).replace(
        "mlp 1\n", "mlp 1\n\nuse std.split as splits\n"
    )
    assert list(mended(files).texts) == ["steps.mlp"]


def test_misspelt_settings_and_allowances_are_mended() -> None:
    files = on("tumour", "# allow(unused-schemas): read by others\nschema Other { a: int }\n")
    files.files["mlpc.toml"] = '[lint.rules]\nno-oner = "warning"\n'
    done = mended(files)
    assert done.texts["mlpc.toml"] == '[lint.rules]\nno-owner = "warn"\n'
    assert "# allow(unused-schema): read by others\n" in done.texts["main.mlp"]
    assert done.left == []


# Fixes that cannot be applied


def test_a_fix_that_breaks_the_file_is_refused_and_the_others_are_applied() -> None:
    files = on("tumour", "let unused = 1\n")

    def looking(loader: Loader) -> tuple[bool, list[Diagnostic]]:
        broken, found = look(loader, "main.mlp")
        source = Source("main.mlp", (loader.read("main.mlp") or b"").decode())
        at = source.text.index("forest")
        breaking = Fix("call it something else", [(Span(source, at, at + 6), "wood")])
        return broken, [
            *found,
            Diagnostic(codes.DEPRECATED, "made up", Span(source, at, at + 6), fixes=[breaking]),
        ]

    done = mend(files, looking, lay_out, unsafe=False)
    assert (done.applied, done.refused) == (1, 1)
    assert "unused" not in done.texts["main.mlp"]
    assert "train forest" in done.texts["main.mlp"]


def test_a_file_with_errors_is_left_alone() -> None:
    files = Texts({"main.mlp": "mlp 1\n\nlet a = \n"})
    done = mended(files)
    assert (done.texts, done.applied) == ({}, 0)
    assert [item.severity for item in done.left] == ["error"]


def test_overlapping_fixes_are_applied_one_after_the_other() -> None:
    """Neighbouring lines touch; both go, in two passes. And so does a long list of them."""
    change = "".join(f"let unused{number} = {number}\n" for number in range(40))
    assert "unused" not in fixed(change)


# For all programs


@settings(deadline=None, max_examples=120)
@given(data=st.data(), unsafe=st.booleans())
def test_whatever_is_wrong_the_result_is_sound_and_stable(data: st.DataObject, unsafe: bool) -> None:
    base = data.draw(st.sampled_from(NAMES))
    drawn = data.draw(st.lists(st.sampled_from(CHANGES[base]), min_size=1, max_size=4, unique=True))
    try:
        files = on(base, "")
        for change in drawn:
            files = changed(files, change)
    except KeyError:
        assume(False)  # two changes take the same thing away
    assume(not Compilation(files, "main.mlp").check().has_errors)
    done = mended(files, unsafe=unsafe)
    assert done.refused == 0
    after = Texts({**files.files, **done.texts})
    text = str(after.files["main.mlp"])
    assert not Compilation(after, "main.mlp").check().has_errors
    assert not format_source(Source("main.mlp", text)).changed
    again = mended(after, unsafe=unsafe)
    assert (again.applied, again.texts) == (0, {})
    fixable = [item for item in found_in(after) for fix in item.fixes if fix.safe or unsafe]
    assert fixable == []
