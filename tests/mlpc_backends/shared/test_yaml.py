"""YAML that every parser reads the same, whatever the texts hold."""

from __future__ import annotations

import io
import math
from typing import Any, TypeAlias

import pytest
import ruamel.yaml
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mlpc_backends.shared.yaml import dumps

Anything: TypeAlias = st.SearchStrategy[Any]

HOSTILE = [
    "", " ", "no", "Off", "~", "null", "1e3", "0x1f", "1_000", "12:30:45", "2001-01-01", ".inf", "=", "<<", "-", "- a",
    "? a", "a: b", "a #b", "# a", "&a", "*a", "!!python/object:os.system", "!tag", "%YAML 1.1", "---", "...", "|", ">-",
    "'", '"', "\\", "\\n", "{a: b}", "[a]", "a,b", "\t", "\n", "a\nb", "\r\n", "\x00", "\x1b[31m", "\x7f", "\x85",
    "\xa0", "\u2028", "\u2029", "\ufeff", "\ufffe", "\U0001f600", "${HOME}", "$(id)", "{{ x }}", "{% x %}", "</script>",
    " trailing ", "x" * 5000,
]  # fmt: skip
texts: Anything = st.sampled_from(HOSTILE) | st.text(st.characters(codec="utf-8"), max_size=20)
scalars: Anything = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
)
values: Anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def ruamel_loads(text: bytes, version: str) -> Any:
    parser = ruamel.yaml.YAML(typ="safe", pure=True)
    parser.version = version
    return parser.load(io.BytesIO(text))


@given(values)
def test_what_is_written_is_what_is_read(value: Any) -> None:
    text = dumps(value)
    assert yaml.safe_load(text) == value
    assert ruamel_loads(text, "1.2") == value
    assert ruamel_loads(text, "1.1") == value


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_stays_a_text_as_key_and_value(text: str) -> None:
    forms: list[Any] = [text, {text: text}, [text, {text: [text]}]]
    for value in forms:
        assert yaml.safe_load(dumps(value)) == value
        assert ruamel_loads(dumps(value), "1.2") == value


def test_what_it_looks_like() -> None:
    value: Any = {
        "services": {
            "api": {"command": ["serve", "--x=$1"], "init": True, "cpus": 0.5, "empty": {}, "none": []}
        },
        "no": None,
        "list of lists": [[1, 2], [{"a": 1, "b": [3]}]],
    }
    assert dumps(value, "made").decode() == (
        "# made\n"
        "services:\n"
        "  api:\n"
        "    command:\n"
        '      - "serve"\n'
        '      - "--x=$1"\n'
        "    init: true\n"
        "    cpus: 0.5\n"
        "    empty: {}\n"
        "    none: []\n"
        '"no": null\n'
        '"list of lists":\n'
        "  - - 1\n"
        "    - 2\n"
        "  - - a: 1\n"
        "      b:\n"
        "        - 3\n"
    )


@pytest.mark.parametrize("value", [1e300, 1e-7, -0.0, 5e-324, 123456789.123456789, 1e22])
def test_numbers_are_read_back_exactly(value: float) -> None:
    assert repr(yaml.safe_load(dumps([value]))[0]) == repr(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, "\ud800", {"\udfff": 1}])
def test_what_cannot_be_written(value: Any) -> None:
    with pytest.raises(ValueError, match=r"not finite|half of a character"):
        dumps(value)


@pytest.mark.parametrize("value", [{1: 2}, {"a": object()}, [b"x"]])
def test_what_yaml_is_not_written_for(value: Any) -> None:
    with pytest.raises(TypeError):
        dumps(value)
