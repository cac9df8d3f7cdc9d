"""The linter: what is no error, and yet most likely a mistake, to those who know machine learning.

A rule is one file in ``rules/``: its docstring is the page that `mlpc explain` prints, its ``find`` yields diagnostics.
Rules are asked about files without errors only. What a project wants of them stands in `mlpc.toml`
(:mod:`mlpc.lint.settings`); a comment allows a single finding (:mod:`mlpc.lint.allow`).
"""

from __future__ import annotations

from ..diagnostics import Diagnostic, Diagnostics
from .allow import minding
from .rule import FAIL
from .rules import RULES
from .settings import Settings, read_settings
from .spec import Spec

__all__ = ["RULES", "Settings", "Spec", "findings", "read_settings"]


def findings(spec: Spec, settings: Settings) -> list[Diagnostic]:
    """Return what the rules find in ``spec``, and what is wrong with comments that allow findings."""
    gathered = Diagnostics()
    for rule in RULES:
        level = settings.level(rule.code)
        if not settings.is_off(rule.code):
            spec.under = ""
            known = set()
            for item in rule.find(spec):
                item.severity = "error" if level == FAIL else "warning"
                # What is so in all instances of a block, or under all environments, is said once.
                identity = (item.span, item.message)
                if identity not in known:
                    known.add(identity)
                    gathered.add(item)
                    if spec.under and f"`{spec.under}`" not in item.message:
                        item.help = (*item.help, f"this is so under environment `{spec.under}`")
    left = Diagnostics()
    left.extend(minding(list(spec.modules), list(gathered), settings))
    return list(left)
