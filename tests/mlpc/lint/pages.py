"""The examples on the pages of the rules, and the programs that they are a part of."""

from __future__ import annotations

import re

from mlpc.lint.rules import RULES
from tests.loader import Texts
from tests.mlpc.lint.programs import PYTHON, on

_FENCE = re.compile(r"^```mlp(?: declarations)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def section(page: str, title: str) -> str:
    """Return the example below a heading of a page."""
    found = re.search(rf"^## {title}$(.*?)(?=^## (?:Right|How))", page, re.MULTILINE | re.DOTALL)
    assert found is not None, f"no part `{title}`"
    (text,) = _FENCE.findall(found[1])
    return str(text)


def files_of(rule: str, title: str) -> Texts:
    """Return the program that an example of a page stands for: whole, or a change of the base that it fits."""
    text = section(next(each.page for each in RULES if each.name == rule), title)
    if text.startswith("mlp 1\n"):
        return Texts({"main.mlp": text, "train.py": PYTHON, "mlpc.lock": ""})
    if rule == "no-lock" and title == "Wrong":
        text += "\nremove lock\n"
    base = "prices" if re.search(r"\b(ridge|fit_ridge|weekly)\b", text) else "tumour"
    return on(base, text)
