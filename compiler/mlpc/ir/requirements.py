"""What a step may require: a package, never an option of whatever installs it."""

from __future__ import annotations

import re

#: A name, extras, versions or an address, a marker; no option, no comment, nothing that goes on in the next line.
_REQUIREMENT = r"[A-Za-z0-9](?:(?!\s-|\s#|\\)[\x20-\x7e])*\Z"


def is_requirement(text: str) -> bool:
    """Return whether ``text`` can stand as a line of a file of requirements and be nothing but one."""
    return re.match(_REQUIREMENT, " ".join(text.split())) is not None
