"""Whatever stands in a string of a spec, what is compiled from it has one structure, and the string arrives as it is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpc.backend import Material
from tests.loader import compiled
from tests.mlpc_backends.hostile import BACKENDS, Compiled, differences
from tests.mlpc_backends.spec import CODE, HOSTILE, PLAIN, in_code, quoted, source

TARGETS = tuple(BACKENDS)
#: Fragments that mean something, put together, around what marks the text.
FRAGMENTS = st.lists(
    st.sampled_from(HOSTILE[:-1]) | st.text(st.characters(codec="utf-8"), max_size=5), max_size=3
).map("".join)
TEXTS = st.builds(lambda before, after: f"{before}{PLAIN}{after}", FRAGMENTS, FRAGMENTS)


def without(target: str, text: str) -> list[str]:
    """Places where a target refuses such a text, with a code."""
    if target == "kubeflow" and "{{" in text:
        return ["default", "key", "choice"]
    if target == "airflow" and "\0" in text:
        return ["default", "choice"]
    return []


def check(target: str, text: str) -> None:
    kept_out = without(target, text)
    made = Compiled(target, text, *kept_out)
    assert made.errors() == []
    assert differences(made.content(), Compiled(target, PLAIN).content()) == []


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:24]))
def test_a_text_that_means_something_to_an_engine(target: str, text: str) -> None:
    check(target, f"{text}{PLAIN}{text}")


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=40)
@given(text=TEXTS)
def test_any_text(target: str, text: str) -> None:
    check(target, text)


# What cannot be kept is refused with a code


def codes(text: str, changed: tuple[str, str] = ("", "")) -> dict[str, set[str]]:
    """Return the codes of errors for a spec with ``text``: of the check, or by target where that finds none."""
    before, after = changed
    spec = source(text)
    assert before in spec
    code = {f"{in_code(text)}steps.py": CODE, "steps.py": CODE}
    made = compiled(spec.replace(before, after) if before else spec, dict(code))
    found = {each.code.code for each in made.check() if each.severity == "error"}
    if found:
        return {"check": found}
    workflow = made.workflow()
    assert workflow is not None
    material = Material({"a.py": b""}, {"steps.py": b""})
    refused = {}
    for target, backend in BACKENDS.items():
        result = backend.emit(workflow, material)
        errors = [each for each in result.diagnostics if each.severity == "error"]
        assert bool(result.files) != bool(errors)
        assert all(len(each.message) < 300 and each.help for each in errors)
        if errors:
            refused[target] = {each.code.code for each in errors}
    return refused


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("\ud800", "MLP001"),
        ("\0", "MLP001"),
        ("\\u{d800}", "MLP017"),
        ("\\u{dfff}", "MLP017"),
        ("\\u{110000}", "MLP017"),
    ],
    ids=ascii,
)
def test_what_is_no_character_is_refused_where_it_is_read(written: str, code: str) -> None:
    assert codes(PLAIN, (f'owner = "{PLAIN}"', f'owner = "{written}"')) == {"check": {code}}


def test_what_is_no_argument_is_refused_where_it_would_be_one() -> None:
    assert codes(f"{PLAIN}\0") == {"airflow": {"MLP583"}}
    assert codes(PLAIN, (f'"data/{PLAIN}.txt"', '"data/\\u{0}"')) == {"check": {"MLP211"}}


def test_half_a_million_characters_where_a_target_takes_them() -> None:
    text = "x" * 450_000
    assert codes(text) == {"kubeflow": {"MLP583"}, "airflow": {"MLP583"}}
    for target in TARGETS:
        made = Compiled(target, text, "default", "key", "choice", "tags")
        assert made.errors() == []
        assert len(made.emitted.files) == len(Compiled(target, PLAIN).emitted.files)
        assert text in made.emitted.files["plan.json" if target == "local" else "workflow.json"].decode()


LONG = "n" * 1_000_000
TOO_LONG = {target: {"MLP551"} for target in ("kubeflow", "compose", "airflow")}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("pipeline words", f"pipeline {LONG}", TOO_LONG),
        ("step enter:", f"step {LONG}:", TOO_LONG),
        ("secret other:", f'secret unused = env("A")\n  secret {LONG} = env("B")\n  secret other:', TOO_LONG),
        ("param said: string =", f"param {LONG}: int = 1\n  param said: string =", TOO_LONG),
        ("schema Row", f"schema {LONG} {{ a: int }}\nschema Row", {}),
        (f'"data/{PLAIN}.txt"', f'"data/{LONG}"', {"check": {"MLP211"}}),
        (f'"data/{PLAIN}.txt"', f'"{"/".join(["n" * 200] * 30)}"', {"check": {"MLP211"}}),
    ],
    ids=["pipeline", "step", "secret", "param", "schema", "file", "path"],
)
def test_a_name_of_a_million_characters(before: str, after: str, expected: dict[str, set[str]]) -> None:
    assert codes(PLAIN, (before, after)) == expected


@pytest.mark.parametrize(
    "written",
    ["--pre", "-r other.txt", "-e .", "a\n-r b", "a # b", "./here", "", "a\0", "é", "a \\"],
    ids=ascii,
)
def test_what_an_installer_would_take_for_something_else(written: str) -> None:
    requires = f'  requires = ["numpy", {quoted(written)}]\n'
    assert codes(PLAIN, ("component enter: step {\n", "component enter: step {\n" + requires)) == {
        "check": {"MLP557"}
    }
