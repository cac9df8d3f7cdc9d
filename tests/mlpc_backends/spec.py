"""A spec, as source text, in which one text stands wherever the language lets a person write one."""

from __future__ import annotations

from mlpc.backend import Emitted, Material
from mlpc.compilation import Compilation
from tests.loader import compiled

#: What the spec's own steps run: it gives back what it is given, so that it can be compared.
CODE = '''
import json
from pathlib import Path


def tell(data: Path, said, choice, many, named, mixed, key, lines):
    """Write down everything that arrives; the value of the secret only by its length."""
    made = {
        "data": data.read_text(encoding="utf-8"),
        "said": said,
        "choice": choice,
        "many": many,
        "named": named,
        "mixed": mixed,
        "key": len(key),
        "lines": lines,
    }
    return {"said": json.dumps(made), "metrics": {"share": {"": 1.0, choice: 1.0}}}


def enter(said: Path):
    return {"copy": said.read_text(encoding="utf-8")}
'''

#: Places in the spec; a target that refuses a text at one of them can still be given it at all others.
PLACES = (
    "owner",
    "tags",
    "doc",
    "default",
    "choice",
    "path",
    "data_url",
    "separator",
    "missing",
    "argument",
    "key",
    "secret",
    "file",
    "message",
    "class",
    "gpu_type",
    "header",
    "column_choice",
    "registry",
    "server",
    "code",
    "condition",
)


def quoted(text: str) -> str:
    """Return a string of the language that says ``text``."""
    plain = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "$": "\\$"}
    return '"' + "".join(plain.get(char, char if char.isprintable() else f"\\u{{{ord(char):x}}}") for char in text) + '"'


def remark(text: str) -> str:
    """Return a comment that documents what stands below it; it cannot hold what ends a line, nor NUL."""
    said = text.replace("\0", " ").replace("\r", " ")
    return "\n".join(f"## {line}" for line in said.split("\n"))


def source(text: str, *without: str) -> str:
    """Return the spec; where ``without`` says so, ``plain`` stands instead of the text."""
    unknown = set(without) - set(PLACES)
    assert not unknown, unknown

    def at(place: str, before: str = "", after: str = "") -> str:
        return quoted(before + ("plain" if place in without else text) + after)

    doc = remark("plain" if "doc" in without else text)
    return f"""mlp 1

{doc}
pipeline words {{
  owner = {at("owner")}
  tags = [{at("tags")}, "two"]

  {doc.replace(chr(10), chr(10) + "  ")}
  param said: string = {at("default")}
  param choice: enum({at("choice")}, "other ") = {at("choice")}
  param many: list(string) = [{at("default")}, "two"]
  param named: map(string) = {{ {at("key")} = {at("default")} }}
  secret key: string = env({at("secret")})
  secret other: string = file({at("file")})

  {doc.replace(chr(10), chr(10) + "  ")}
  step tell: tell {{
    data = {at("path", "data/")}
    said = said
    choice = choice
    many = many
    named = named
    mixed = {quoted_mixed(text, without)}
    key = key
    lines = [{at("argument")}, "two"]
    resources {{ gpu_type = {at("gpu_type")} }}
    retry {{ attempts = 2 }}
    require floor: share >= 0 {{ message = {at("message")} }}
    require share[{at("class")}] >= 0
  }}

  step enter: enter {{ said = tell.said }}

  data rows: csv {{
    path = {at("data_url", "https://example.org/", ".csv").replace(" ", "%20")}
    schema = Row
    separator = {at("separator")}
    missing = [{at("missing")}, ""]
  }}

  train forest: sklearn.random_forest {{ data = rows }}

  evaluate quality: classification {{
    model = forest
    data = rows
    require recall[{at("condition")}] >= 0
  }}

  register catalog: mlflow {{
    model = forest
    name = {at("registry")}
    description = {at("registry")}
    tags = {{ {at("key")} = {at("registry")} }}
    alias = {at("registry")}
    experiment = {at("registry")}
    token = other
    tracking_uri = {at("server", "https://example.org/").replace(" ", "%20")}
  }}

  export portable: onnx {{ model = forest }}

  deploy api: server {{ model = portable }}

  schedule nightly {{ cron = "0 3 * * *", timezone = "UTC" }}
}}

{doc}
component tell: step {{
  {doc.replace(chr(10), chr(10) + "  ")}
  param data: path
  param said: string
  param choice: string
  param many: list(string)
  param named: map(string)
  param mixed: string
  param key: string @secret
  param lines: list(string)
  quantity share: float in 0..1 @after @by_class
  output said: file("json")
  run = python({at("code", "", ".py:tell")})
}}

component enter: step {{
  input said: file("json")
  output copy: file("json")
  run = python({at("code", "", ".py:enter")})
}}

schema Row {{
  {doc.replace(chr(10), chr(10) + "  ")}
  a: float @from({at("header")})
  b: enum({at("column_choice")}, "other ") @label
}}
"""
