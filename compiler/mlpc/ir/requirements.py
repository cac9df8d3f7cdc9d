"""What a step may require: a package, never an option of whatever installs it."""

from __future__ import annotations

import re

#: What stands on one line of a file of requirements and is nothing but one: no option, no comment, nothing that goes on.
_SAFE = r"[A-Za-z0-9](?:(?!\s-|\s#|\\)[\x20-\x7e])*\Z"
#: A name, extras, and bounds or an address; what stands behind a semicolon is left to the installer.
_FORM = (
    r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\s*(?:\[[^\[\]]*\]\s*)?"
    r"(?:@\s*\S.*|(?P<open>\()?(?:(?:===|~=|==|!=|<=|>=|<|>)\s*[A-Za-z0-9.*+!_-]+\s*(?:,\s*(?!$|\))|(?=$|\)|;)))*"
    r"(?(open)\))\s*(?:;.*)?)"
)


def is_requirement(text: str) -> bool:
    """Return whether ``text`` can stand as a line of a file of requirements and be nothing but one."""
    line = " ".join(text.split())
    return re.match(_SAFE, line) is not None and re.fullmatch(_FORM, line) is not None
