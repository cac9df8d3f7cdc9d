"""The pages of `mlpc explain`, and the programs on them."""

from __future__ import annotations

import re
from pathlib import Path

import mlpc

PAGES = Path(mlpc.__path__[0]) / "explain"
PAGE_TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(PAGES.glob("*.md"))}
_FENCE = re.compile(r"(?:^`([\w./]+)`:\n\n)?^```(mlp|python|toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


_SESSION = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def session(page: str, title: str) -> list[str]:
    """Return the lines of a session on the command line below a heading; none where an example is a program."""
    found = re.search(rf"^## {title}$(.*?)(?=^## (?:Right|How)|\Z)", page, re.MULTILINE | re.DOTALL)
    lines = _SESSION.search(found[1]) if found else None
    return lines[1].splitlines() if lines else []


def section(page: str, title: str) -> dict[str, str]:
    """Return the files of an example, by path; the one without a name is `main.mlp`."""
    found = re.search(rf"^## {title}$(.*?)(?=^## (?:Right|How)|\Z)", page, re.MULTILINE | re.DOTALL)
    return {name or "main.mlp": text for name, _, text in _FENCE.findall(found[1])} if found else {}
