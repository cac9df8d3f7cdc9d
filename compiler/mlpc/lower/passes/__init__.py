"""The passes over the Workflow IR, in order. One pass, one file, one function of the same name."""

from __future__ import annotations

from .candidates import candidates
from .choice import choice
from .order import order
from .promotion import promotion

PASSES = (choice, promotion, candidates, order)
