"""What the folders of models have in common from which servers of other projects serve."""

from __future__ import annotations

import os
import re

from . import codes
from .contract import StepError

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


def is_plain(name: str) -> bool:
    """Return whether ``name`` may stand in a path, an address and a configuration as it is."""
    return bool(_NAME.fullmatch(name))


def model_name(name: str) -> str:
    """Return the name of a model.

    Raises:
        StepError: it cannot be one.
    """
    if not is_plain(name):
        raise StepError(
            codes.IMPOSSIBLE_SETTING,
            f"{name!r} cannot be the name of a model: it is a folder, and a part of an address",
            'letters, digits, `_`, `-` and `.`, not `-` or `.` first: name = "tumor"',
        )
    return name


def size(path: str) -> int:
    """Return how many bytes the files below a folder have."""
    return sum(
        os.path.getsize(os.path.join(folder, name)) for folder, _, files in os.walk(path) for name in files
    )
