"""What names an image: text that can stand in a Dockerfile and on a command line and be nothing but that."""

from __future__ import annotations

import re

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
#: As the specification of the Open Container Initiative has it: a host, a path, a tag, a digest.
_FORM = (
    r"(?:(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*(?::[0-9]+)?/)?"
    rf"{_PART}(?:/{_PART})*(?::[A-Za-z0-9_][A-Za-z0-9._-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?"
)


def is_image(text: str) -> bool:
    """Return whether ``text`` is the name of an image, such as ``registry.example.org/team/train:1.4``."""
    return len(text) <= 255 and re.fullmatch(_FORM, text) is not None
