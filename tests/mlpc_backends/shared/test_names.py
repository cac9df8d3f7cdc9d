"""Names on targets: what they look like, and that two never meet."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpc_backends.shared.names import DNS, SERVICE, VARIABLE, Rule

RULES = [DNS, SERVICE, VARIABLE]
SHAPES = {
    "dns": r"[a-z]([-a-z0-9]*[a-z0-9])?",
    "service": r"[a-z0-9][a-zA-Z0-9._-]*",
    "variable": r"[A-Za-z0-9_]+",
}
#: What rules are about is drawn more often than other characters.
NAMES = st.text(st.sampled_from("abxu_-.[]A01ü") | st.characters(codec="utf-8"), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("text", "dns", "service", "variable"),
    [
        ("forest", "forest", "forest", "forest"),
        ("phone_model", "phone-model", "phone_model", "phone_model"),
        ("quality.gate", "quality--2egate", "quality.gate", "quality__2egate"),
        ("forest[eu]", "forest--5beu", "forest-eu", "forest__5beu"),
        ("quality[eu].gate", "quality--5beu--5d--2egate", "quality-eu--5d.gate", "quality__5beu__5d__2egate"),
        ("maxTrees", "max--54rees", "maxTrees", "maxTrees"),
        ("_own", "x--5fown", "x--5fown", "_own"),
        ("2nd", "x--32nd", "2nd", "2nd"),
        ("__", "x--5f--5f", "x--5f_", "x__5f__5f"),
        ("größe", "gr--f6--dfe", "gr--f6--dfe", "gr__f6__dfe"),
        ("模型", "x--u006a21--u00578b", "x--u006a21--u00578b", "x__u006a21__u00578b"),
        ("x.y", "x--78--2ey", "x.y", "x__78__2ey"),
    ],
)
def test_what_names_become(text: str, dns: str, service: str, variable: str) -> None:
    assert (DNS.mangle(text), SERVICE.mangle(text), VARIABLE.mangle("p" + text)[1:]) == (
        dns,
        service,
        VARIABLE.mangle("p" + text)[1:],
    )
    if text[0] not in "_x2模":
        assert VARIABLE.mangle(text) == variable


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@given(text=NAMES)
def test_a_name_has_the_shape_and_can_be_read_back(rule: Rule, text: str) -> None:
    name = rule.mangle(text)
    assert re.fullmatch(SHAPES[rule.name], name)
    assert rule.unmangle(name) == text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@given(name=st.text("abxu-_.57bd", min_size=1, max_size=10))
def test_what_no_name_becomes_is_not_read(rule: Rule, name: str) -> None:
    try:
        text = rule.unmangle(name)
    except ValueError:
        return
    assert rule.mangle(text) == name


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_nothing_has_no_name(rule: Rule) -> None:
    with pytest.raises(ValueError, match="empty"):
        rule.mangle("")


def test_a_rule_that_cannot_be_read_back_is_none() -> None:
    with pytest.raises(ValueError, match="read back"):
        Rule("loose", "abc-", "-", "_")
