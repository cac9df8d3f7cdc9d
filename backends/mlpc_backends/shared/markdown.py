"""Text from a spec inside Markdown."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&$])")
_RUNS = re.compile(r"`+")


def escaped(text: str) -> str:
    """Return ``text`` on one line, with nothing in it that Markdown or HTML would take for markup."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def code(text: str) -> str:
    """Return ``text`` on one line as a code span, whatever backticks and bars it holds."""
    text = " ".join(text.split()) or " "
    fence = "`" * (1 + max((len(run) for run in _RUNS.findall(text)), default=0))
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def cell(text: str) -> str:
    """Return ``text`` as a code span that may stand in a cell of a table."""
    return code(text).replace("|", r"\|")
