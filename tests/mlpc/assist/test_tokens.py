"""Programs, and what their words are."""

from __future__ import annotations

from itertools import pairwise

import pytest

from mlpc.assist.tokens import MODIFIERS, TYPES, tokens
from mlpc.assist.view import View
from tests.loader import compiled
from tests.mlpc.assist.spot import SCHEMA

TEXT = f"""\
mlp 1

use std.devices as devices

## What it is.
pipeline p {{
  param trees: int in 1..500 = 20  # how many
  let names = ["eu", "us"]
  data rows each name in names: csv {{ path = "data/${{name}}.csv", schema = Row }}
  split parts: random {{ data = rows["eu"], test = 20%, stratify = nowhere.good }}
  train forest: sklearn.random_forest {{ data = parts.train, trees = trees }}
  train mine: own {{ data = parts.train }}
  evaluate quality: classification {{ model = forest, data = parts.test, require floor: accuracy >= 90% and speed > 1 }}
}}

component own: train {{
  input data: dataset
  output model: model("sklearn")
  run = python("own.py:fit")
}}
{SCHEMA}
env prod {{ param trees = 200 }}
"""


def words(text: str, start: int = 0, end: int | None = None) -> list[tuple[str, str, frozenset[str]]]:
    """Return what the words of a text are."""
    view = View(compiled(text, {"own.py": "def fit(data): ...\n"}))
    found = tokens(view, start, end)
    assert all(ours.end <= theirs.start for ours, theirs in pairwise(found))
    assert {token.type for token in found} <= set(TYPES)
    assert {name for token in found for name in token.modifiers} <= set(MODIFIERS)
    assert all("\n" not in text[token.start : token.end] for token in found)
    return [(text[token.start : token.end], token.type, token.modifiers) for token in found]


@pytest.mark.parametrize(
    ("word", "type", "modifiers"),
    [
        ("mlp", "keyword", ""),
        ("devices", "namespace", "defaultLibrary"),
        ("devices", "namespace", "declaration"),
        ("## What it is.", "comment", "documentation"),
        ("# how many", "comment", ""),
        ("pipeline", "keyword", ""),
        ("p", "namespace", "declaration"),
        ("trees", "variable", "declaration readonly"),
        ("trees", "property", ""),
        ("trees", "variable", "readonly"),
        ("int", "type", "defaultLibrary"),
        ("each", "keyword", ""),
        ("name", "parameter", "declaration"),
        ('"data/${', "string", ""),
        ("name", "parameter", ""),
        ('}.csv"', "string", ""),
        ("Row", "struct", ""),
        ("rows", "variable", ""),
        ("sklearn", "namespace", "defaultLibrary"),
        ("random_forest", "class", "defaultLibrary"),
        ("own", "class", ""),
        ("own", "class", "declaration"),
        ("floor", "property", "declaration"),
        ("accuracy", "property", "readonly"),
        ("90%", "number", ""),
        ("dataset", "type", "defaultLibrary"),
        ("python", "function", ""),
        ("size", "property", "declaration"),
        ("@label", "decorator", ""),
        ("prod", "namespace", "declaration"),
    ],
)
def test_what_a_word_is(word: str, type: str, modifiers: str) -> None:
    assert (word, type, frozenset(modifiers.split())) in words(TEXT)


def test_a_name_that_stands_for_nothing_is_nothing() -> None:
    told = {word for word, _, _ in words(TEXT)}
    assert "nowhere" not in told
    assert "speed" not in told
    assert "floatt" not in {word for word, _, _ in words("mlp 1\nschema S { a: floatt }\n")}


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("test = 20%", "test = = 20%"),
        TEXT.replace("schema = Row }", "schema = Row "),
        TEXT.replace('"own.py:fit"', '"own.py:fit'),
        TEXT[: TEXT.index("sklearn") + 3],
        TEXT.replace("mlp 1", "mlp 7"),
        TEXT.replace("mlp 1\n", ""),
        TEXT.replace("{", "").replace("}", ""),
        "",
        "mlp 1\r\n\r\npipeline p {\r\n  owner = \"\"\"\r\n  a ${x} b\r\n  \"\"\"\r\n}\r\n",
    ],
)  # fmt: skip
def test_a_text_that_does_not_parse_has_words_as_well(text: str) -> None:
    told = words(text)
    assert bool(told) is bool(text)
    if "Diameter" in text:
        assert ("## Diameter, in millimetres.", "comment", frozenset({"documentation"})) in told


def test_a_part_of_a_text_has_the_words_that_it_has_in_the_whole() -> None:
    start = TEXT.index("  train forest")
    end = TEXT.index("\n", start)
    assert words(TEXT, start, end) == [
        each
        for each, token in zip(words(TEXT), tokens(View(compiled(TEXT))), strict=False)
        if start <= token.start < end
    ]
