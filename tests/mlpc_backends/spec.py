"""A spec, as source text, in which one text stands wherever the language lets a person write one."""

from __future__ import annotations

import re

#: Takes the place of the text where nothing is to be tried. It is no part of anything else that is written.
PLAIN = "zqx"

#: Texts that mean something to YAML, Python, Jinja, shells, Compose, CEL, Kubeflow, Argo, HTML, Markdown or a terminal.
HOSTILE = (
    "'; import os; os.system('id') #",
    '"""\n',
    "\\",
    "\\'\\\"",
    "a\nb\r\nc\n",
    "{{ 7 * 7 }}",
    "{{$}}",
    "{{$.inputs.parameters['x']}}",
    "{{workflow.name}}",
    "{% raw %}",
    "{# no #}",
    "}}",
    "$(id) ${HOME} `id` $HOME $$",
    "${MLPC_DATA:-x}",
    "'] == true || true || inputs.parameter_values['b",
    '"\n- !!python/object:os.system x\n',
    "!!binary x",
    "&anchor *alias <<: !tag",
    "a: b\n---\nc: [d, {e: f}]\n...\n",
    "# comment",
    "- x",
    "? y",
    "| z",
    "%YAML 1.2",
    "null",
    "0x1F",
    "1e3",
    "yes",
    "2026-01-31",
    "=",
    "</script><b>",
    "<!-- x",
    "]]>",
    "| a | b |\n|---|---|",
    "``` x",
    "    indented",
    "[a](javascript:b) ![c](d)",
    "run.sh",
    "--node=other",
    "-x",
    "@file",
    "~",
    "*",
    "%(a)s %s {0} {a!r} %2F %n",
    "\x1b[31m\x07\x7f\x9b",
    "\u202eevil\u2066 \u200b",
    "\u2028\x85\ufeff\ufffe",
    "𝔘😀é",
    "   ",
    "\t",
    "\x00",
    "x" * 5_000,
)

#: What the steps of the spec run: it writes down what arrives, so that it can be compared.
CODE = '''
import json
from pathlib import Path


def exposed(key):
    """Tell where the secret can be seen by whoever sees this process, or the first one of its container."""
    found = []
    for process in ("self", "1"):
        for name in ("environ", "cmdline"):
            try:
                content = Path("/proc", process, name).read_bytes()
            except OSError:
                continue
            found += [f"{process}/{name}"] if key.encode() in content else []
    return found


def tell(data: Path, said, choice, many, named, mixed, key, lines):
    """Write down everything that arrives; of the secret its length only, but print it."""
    print("the secret is", key)
    made = {
        "data": data.read_text(encoding="utf-8"),
        "said": said,
        "choice": choice,
        "many": many,
        "named": named,
        "mixed": mixed,
        "key": len(key),
        "lines": lines,
        "exposed": exposed(key),
    }
    return {"told": json.dumps(made), "metrics": {"share": {"": 1.0, choice: 1.0}}}


def enter(told: Path):
    return told.read_text(encoding="utf-8")
'''

#: Parts of the spec that a text can be kept out of: ``default`` is what defaults of parameters say and ``key`` what keys
#: of maps do, ``choice`` a choice of an enum; ``doc`` is comments that document, ``tags`` what people sort pipelines by,
#: ``secret`` the variable that a secret comes from.
PLACES = ("default", "key", "choice", "doc", "tags", "secret")
#: Where the secret of a spec comes from that is run.
VARIABLE = "MLPC_TEST_SECRET"


def quoted(text: str) -> str:
    """Return a string of the language that says ``text``."""
    plain = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "$": "\\$"}
    made = (plain.get(char, char if char.isprintable() else f"\\u{{{ord(char):x}}}") for char in text)
    return f'"{"".join(made)}"'


def remark(text: str, indent: str = "") -> str:
    """Return a comment that documents what stands below it; it cannot hold NUL, nor half of a line's end."""
    lines = re.sub("[\0\r]", " ", text).split("\n")
    return f"\n{indent}".join(f"## {line}" for line in lines)


def in_url(text: str) -> str:
    """Return what is left of ``text`` in a URL."""
    return re.sub(r"[\0\\\s]", "", text)[:1000]


def in_path(text: str) -> str:
    """Return what is left of ``text`` in the name of a file."""
    return re.sub(r"[\0\\/]", "", text)[:60]


def in_code(text: str) -> str:
    """Return what is left of ``text`` in the name of a file with code."""
    return re.sub(r"[\0\\/:\s.]", "", text)[:60]


def in_variable(text: str) -> str:
    """Return what is left of ``text`` in the name of a variable of the environment."""
    return re.sub("[\0=]", "", text)


def source(text: str, *without: str, light: bool = False, name: str = "words") -> str:
    """Return the spec; in the places that ``without`` names stands what is plain instead of the text.

    A ``light`` one has only steps that need no packages.
    """
    assert set(without) <= set(PLACES)

    def at(place: str) -> str:
        return quoted(PLAIN if place in without else text)

    told = PLAIN if "doc" in without else text
    doc, nested = remark(told), remark(told, "  ")
    anywhere = quoted(text)
    tag = quoted((PLAIN if "tags" in without else text)[:100])
    return f"""mlp 1

{doc}
pipeline {name} {{
  owner = {anywhere}
  tags = [{tag}, "two"]

  {nested}
  param said: string = {at("default")}
  param choice: enum({at("choice")}, "other") = {at("choice")}
  param many: list(string) = [{at("default")}, "two"]
  param named: map(string) = {{ {at("key")} = {at("default")} }}
  secret key: string = env({quoted(VARIABLE if "secret" in without else PLAIN + in_variable(text))})

  {nested}
  step tell: tell {{
    data = {quoted("data/" + in_path(text) + ".txt")}
    said = said
    choice = choice
    many = many
    named = named
    mixed = {anywhere[:-1]}${{said}}{anywhere[1:]}
    key = key
    lines = [{anywhere}, "two"]
    resources {{ gpu_type = {anywhere} }}
    retry {{ attempts = 2, backoff = 0s }}
    require floor: share <= 2 - 1 {{ message = {anywhere} }}
    require share[{at("choice")}] > 0
  }}

  step enter: enter {{ told = tell }}
{"" if light else heavy(text)}
  schedule nightly {{ cron = "0 3 * * *", timezone = "UTC" }}
}}

{doc}
component tell: step {{
  {nested}
  param data: path
  param said: string
  param choice: string
  param many: list(string)
  param named: map(string)
  param mixed: string
  param key: string @secret
  param lines: list(string)
  quantity share: float in 0..1 @after @by_class
  output told: file("json")
  run = python({quoted(in_code(text) + "steps.py:tell")})
}}

component enter: step {{
  input told: file("json")
  output copy: file("json")
  run = python({quoted(in_code(text) + "steps.py:enter")})
}}

schema Row {{
  {nested}
  a: float @from({anywhere})
  b: enum({anywhere}, "other") @label
}}
"""


def heavy(text: str) -> str:
    """Return blocks of the standard library whose steps need packages."""
    anywhere = quoted(text)
    return f"""
  secret other: string = file({quoted(PLAIN + text.replace(chr(0), ""))})

  data rows: csv {{
    path = {quoted("https://example.org/" + in_url(text) + ".csv")}
    schema = Row
    separator = {anywhere}
    encoding = {anywhere}
    missing = [{anywhere}]
  }}

  train forest: sklearn.random_forest {{ data = rows }}

  evaluate quality: classification {{
    model = forest
    data = rows
    positive = {anywhere}
    require recall[{anywhere}] > 0
  }}

  register catalog: mlflow {{
    model = forest
    name = {anywhere}
    description = {anywhere}
    tags = {{ {anywhere} = {anywhere} }}
    alias = {anywhere}
    experiment = {anywhere}
    token = other
    tracking_uri = {quoted("https://example.org/" + in_url(text))}
  }}

  export portable: onnx {{ model = forest }}

  deploy api: server {{ model = portable }}
"""
