"""`[lint]` in `mlpc.toml`: how loud rules are, and what is said of a mistake in it."""

from __future__ import annotations

import pytest

from mlpc import codes
from mlpc.lint import Settings, read_settings
from tests.loader import Texts
from tests.mlpc.lint.programs import found_in, on


def read(text: str | bytes) -> Settings:
    return read_settings(Texts({"mlpc.toml": text}))


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("", "warn"),
        ('[lint.rules]\nno-seed = "off"\n', "off"),
        ('[lint.rules]\nMLP830 = "error"\n', "error"),
        ('[lint]\nrules = { no-seed = "error" }\n', "error"),
        ('[lint.rules]\nreproducibility = "error"\n', "error"),
        ('[lint.rules]\nno-seed = "off"\nreproducibility = "error"\n', "off"),
        ('[lint.rules]\nleakage = "error"\n', "warn"),
        ('[prices]\ngpu = 3\n\n[lint.rules]\r\nno-seed = "off"\r\n', "off"),
    ],
)
def test_the_level_of_a_rule(text: str, level: str) -> None:
    settings = read(text)
    assert settings.diagnostics == []
    assert settings.level(codes.NO_SEED) == level


def test_without_a_file_rules_are_as_loud_as_they_are() -> None:
    settings = read_settings(Texts({}))
    assert (settings.level(codes.NO_SEED), settings.level(codes.SECRET_LITERAL)) == ("warn", "error")
    assert not settings.strict


def test_strict() -> None:
    assert read("[lint]\nstrict = true\n").strict


@pytest.mark.parametrize(
    ("text", "code", "place", "label"),
    [
        ('[lint.rules]\nno-sed = "off"\n', "unknown-setting", "no-sed", "did you mean `no-seed`?"),
        ('[lint.rules]\nleakag = "off"\n', "unknown-setting", "leakag", "did you mean `leakage`?"),
        ('[lint.rules]\nunknown-column = "off"\n', "unknown-setting", "unknown-column", "unknown"),
        ("[lint]\nstrikt = true\n", "unknown-setting", "strikt", "did you mean `strict`?"),
        ('[lint]\nno-seed = "off"\n', "unknown-setting", "no-seed", "unknown"),
        ("[lint]\nrulez = {}\n", "unknown-setting", "rulez", "did you mean `rules`?"),
        ('[lnt.rules]\nno-seed = "off"\n', "unknown-setting", "lnt", "did you mean `lint`?"),
        ("[price]\ncpu_hour = 1\n", "unknown-setting", "price", "did you mean `prices`?"),
        ("[tool.black]\nx = 1\n", "unknown-setting", "tool", "unknown"),
        ("strict = true\n", "unknown-setting", "strict", "unknown"),
        ('[lint.rules]\nno-seed = "warning" # why\n', "wrong-setting", '"warning"', 'did you mean `"warn"`?'),
        ('[lint.rules]\nno-seed = "of"\n', "wrong-setting", '"of"', 'did you mean `"off"`?'),
        ("[lint.rules]\nno-seed = false\n", "wrong-setting", "false", "not a level"),
        ("[lint.rules]\nno-seed = [1]\n", "wrong-setting", "[1]", "not a level"),
        ('[lint]\nstrict = "yes"\n', "wrong-setting", '"yes"', ""),
        ('[lint]\nrules = "off"\n', "wrong-setting", '"off"', ""),
        ("lint = 1\n", "wrong-setting", "1", ""),
        ('[lint]\nrules = { no-sed = "off" }\n', "unknown-setting", "no-sed", "did you mean `no-seed`?"),
        ('lint.rules."no-sed" = "off"\n', "unknown-setting", "no-sed", "did you mean `no-seed`?"),
        ("[lint.rules]\nno-seed = off\n", "unreadable-settings", "o", "not read from here on"),
        (
            '[lint.rules]\nno-seed = "off"\nno-seed = "warn"\n',
            "unreadable-settings",
            "",
            "not read from here on",
        ),
        ("[lint", "unreadable-settings", "", "not read from here on"),
    ],
)
def test_a_mistake_is_shown_where_it_is(text: str, code: str, place: str, label: str) -> None:
    (found,) = read(text).diagnostics
    assert found.span is not None
    assert found.code.name == code
    assert found.label == label
    if code != "unreadable-settings":
        assert found.span.text == place


@pytest.mark.parametrize(
    "text", [b"\xff\xfe", b"\0", "[" * 5000, 'lint = { a = "\\uD800" }', "=", "[lint]\n" * 2]
)
def test_whatever_stands_there_is_answered(text: str | bytes) -> None:
    assert {item.code.name for item in read(text).diagnostics} <= {"unreadable-settings", "unknown-setting"}


def test_a_rule_that_is_off_says_nothing_and_one_that_is_an_error_is_one() -> None:
    change = "split parts: random { data = cells, test = 20% }\n"
    files = on("tumour", change)
    assert sorted((i.code.name, i.severity) for i in found_in(files)) == [
        ("no-seed", "warning"),
        ("unstratified-split", "warning"),
    ]
    files.files["mlpc.toml"] = '[lint.rules]\nno-seed = "error"\nevaluation = "off"\n'
    assert [(i.code.name, i.severity) for i in found_in(files)] == [("no-seed", "error")]
