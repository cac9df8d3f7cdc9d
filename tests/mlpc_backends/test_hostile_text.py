"""Whatever stands in a string of a spec, what is compiled from it has one structure, and the string arrives as it is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mlpc_backends.hostile import BACKENDS, Compiled, differences
from tests.mlpc_backends.spec import HOSTILE, PLAIN

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
