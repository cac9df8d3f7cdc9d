"""What ships with the pictures, and the colours that they share with the pages of models."""

from __future__ import annotations

import os
import re

_HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "assets")
_VARIABLE = re.compile(r"--([\w-]+):\s*([^;]+);")


def asset(name: str) -> str:
    """Return a file of ``assets``."""
    with open(os.path.join(_HERE, name), encoding="utf-8") as file:
        return file.read()


def colours() -> tuple[dict[str, str], dict[str, str]]:
    """Return the variables of the style sheet of pages by name: by day, and by night (where they differ)."""
    from mlpc_stdlib.runtime.web.site import ASSETS

    with open(os.path.join(ASSETS, "style.css"), encoding="utf-8") as file:
        day, night = file.read().split("@media (prefers-color-scheme: dark)", 1)
    return dict(_VARIABLE.findall(day)), dict(_VARIABLE.findall(night.split("\n}\n", 1)[0]))


def resolved(css: str, values: dict[str, str]) -> str:
    """Return a style sheet with the values of its variables, for programs that know none."""
    return re.sub(r"var\(--([\w-]+)\)", lambda found: values.get(found[1], "inherit"), css)
