"""The value of a secret is found whatever it was written as."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpc_stdlib.runtime.masking import Masker

SECRET = "p@ss wörd/+%&=\"'\\~"


@pytest.mark.parametrize(
    ("write", "shown"),
    [
        (str, "***"),
        (repr, "'***'"),
        (json.dumps, '"***"'),
        (lambda text: json.dumps(text, ensure_ascii=False), '"***"'),
        (quote, "***"),
        (quote_plus, "***"),
        (lambda text: f"https://user:{quote(text, safe='')}@example.org/", "https://user:***@example.org/"),
        (lambda text: "Basic " + b64encode(text.encode()).decode(), "Basic ***g=="),
        (lambda text: "Basic " + b64encode(f"user:{text}".encode()).decode(), "Basic dXNlcjp***"),
    ],
)
def test_as_it_is_in_json_in_an_address_and_in_a_header(write: Callable[[str], str], shown: str) -> None:
    assert Masker([SECRET]).text(write(SECRET)) == shown


ONE_LINE = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=12, max_size=20)


@given(before=st.binary(max_size=4), value=ONE_LINE, after=st.binary(max_size=4))
def test_in_base64_wherever_it_stands(before: bytes, value: str, after: bytes) -> None:
    masker = Masker([value])
    for encode in (b64encode, urlsafe_b64encode):
        shown = masker.bytes(encode(before + value.encode() + after))
        assert shown.count(b"***") == 1
        # What is left says nothing but what stands around it and, on each side, a part of a byte.
        assert len(shown) - 3 <= 4 * (len(before) + len(after)) / 3 + 8


def test_what_is_left_of_a_short_one_masks_nothing_else() -> None:
    assert Masker(["ab"]).text("YWI= YW") == "YWI= YW"
