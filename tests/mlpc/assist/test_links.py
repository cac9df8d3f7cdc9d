"""Texts that name files."""

from __future__ import annotations

from mlpc.assist.links import links
from mlpc.assist.targets import target
from mlpc.assist.view import View
from tests.loader import compiled
from tests.mlpc.assist.spot import SCHEMA

TEXT = f"""\
mlp 1

use "./lib/rows.mlp" as lib
use std.devices as devices

pipeline p {{
  let folder = "data"
  data rows: csv {{ path = "${{folder}}/rows.csv", schema = Row }}
  data gone: csv {{ path = "data/gone.csv", schema = Row }}
  data far: csv {{ path = "s3://bucket/rows.csv", schema = Row }}
  data many each name in ["eu", "us"]: csv {{ path = "data/${{name}}.csv", schema = Row }}
}}

component own: train {{
  input data: dataset
  output model: model("sklearn")
  run = python("own.py:fit")
}}
component none_such: train {{
  input data: dataset
  output model: model("sklearn")
  run = python("../own.py:fit")
}}
{SCHEMA}
env prod {{ data gone {{ path = "data/us.csv" }} }}
"""
FILES: dict[str, str | bytes] = {
    "lib/rows.mlp": "mlp 1\n",
    "data/rows.csv": "",
    "data/eu.csv": "",
    "data/us.csv": "",
    "own.py": "import os\n\n\ndef fit(data): ...\n",
}


def linked(text: str) -> list[tuple[str, str, int]]:
    """Return the links of a text: what is linked, the file and the line."""
    view = View(compiled(text, FILES))
    return [(text[link.start : link.end], link.path, link.line) for link in links(view)]


def test_only_what_is_there_is_linked() -> None:
    assert linked(TEXT) == [
        ('"./lib/rows.mlp"', "lib/rows.mlp", 0),
        ("std.devices", "std:devices", 0),
        ('"${folder}/rows.csv"', "data/rows.csv", 0),
        ('"own.py:fit"', "own.py", 4),
        ('"data/us.csv"', "data/us.csv", 0),
    ]


def test_a_text_that_does_not_parse_has_its_links() -> None:
    assert linked(TEXT.replace("path = \"data/gone", "path = = \"data/gone"))[:3] == linked(TEXT)[:3]  # fmt: skip
    assert linked("") == []
    assert linked('mlp 1\nuse "./lib/rows.mlp" as\ncomponent') == linked(TEXT)[:1]


def test_a_function_of_the_users_is_found_from_its_name() -> None:
    view = View(compiled(TEXT, FILES))
    found = target(view, TEXT.index("own.py:fit"))
    assert found is not None
    assert found.span is not None
    assert str(found.span).startswith("own.py:4:5")
    assert "def fit(data)" in found.text
    assert not found.renames
