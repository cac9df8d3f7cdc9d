"""Which names of a text are to be given: by the rule of what runs queries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.sql.compiler import BIND_PARAMS

from mlpc.check.bound_names import bound_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("select 1", []),
        ("where day = :day", ["day"]),
        ("where :day < a and b < :day or :x1", ["day", "x1"]),
        ("where at::date > '12:30:00'", []),
        (r"where a = '\:b'", []),
        (":", []),
        ("a:b :c", ["c"]),
    ],
)
def test_what_stands_behind_a_colon(text: str, names: list[str]) -> None:
    assert bound_names(text) == names


@given(st.text(st.sampled_from("ab1_$:\\ '\u00e9"), max_size=24))
def test_the_rule_is_that_of_sqlalchemy(text: str) -> None:
    assert bound_names(text) == list(dict.fromkeys(BIND_PARAMS.findall(text)))
