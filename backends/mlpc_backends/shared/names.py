"""Names on targets: one injective rule a target, so that two names of a spec never become one.

Characters that a target takes stand for themselves. One character has a short form, the mark alone (`phone_model` is
`phone-model` on Kubeflow); every other is the mark twice and its code point in hex: two digits, or `u` and six. A name
that could not stand first is an `x` and its first character escaped. The bracket that closes a name, as in
`forest[eu]`, is left out. A name can be read back, which is why no two can meet.
"""

from __future__ import annotations

import re

#: The letters and digits of ASCII; `string` has them too, and compiles its templates on the way.
LOWER, UPPER, DIGITS = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"

_ESCAPE = re.compile(r"u([0-9a-f]{6})|([0-9a-f]{2})")
_BRACKET = re.compile(r"([^\[\]]*\[[^\[\]]*)(\]?)\Z")


class Rule:
    """How names are written on a target.

    ``plain``: the characters that stand for themselves. ``mark``: the escape, none of them. ``short``: the character
    that a single mark stands for. ``first``: the characters that may stand first. ``escape``: what an escape begins
    with, the mark twice unless said otherwise: the mark and something plain.
    """

    __slots__ = ("escape", "first", "mark", "name", "plain", "short")

    def __init__(
        self, name: str, plain: str, mark: str, short: str, first: str = "", escape: str = ""
    ) -> None:
        self.name = name
        self.plain = frozenset(plain)
        self.mark = mark
        self.escape = escape or mark * 2
        self.short = short
        self.first = frozenset(first or plain)
        if mark in self.plain or "x" not in self.first or not frozenset("u0123456789abcdef") <= self.plain:
            raise ValueError(f"the rule `{name}` cannot be read back")

    def mangle(self, text: str) -> str:
        """Return how ``text`` is called on the target.

        Raises:
            ValueError: it is empty.
        """
        if not text:
            raise ValueError("an empty name has no name on a target")
        text = _swap(text)
        made = self._encode(text)
        if made[0] in self.first and not made.startswith("x" + self.escape):
            return made
        return "x" + self._escape(text[0]) + self._encode(text[1:])

    def unmangle(self, name: str) -> str:
        """Return the text that :meth:`mangle` made ``name`` from.

        Raises:
            ValueError: it made none such.
        """
        text = _swap(self._decode(name[1:] if name.startswith("x" + self.escape) else name))
        if not text or self.mangle(text) != name:
            raise ValueError(f"{name!r} is no name by the rule `{self.name}`")
        return text

    def _encode(self, text: str) -> str:
        made = []
        for at, char in enumerate(text):
            if char in self.plain:
                made.append(char)
            elif (
                char == self.short
                and (next := text[at + 1 : at + 2]) in self.plain
                and self.mark + next != self.escape
            ):
                made.append(self.mark)
            else:
                made.append(self._escape(char))
        return "".join(made)

    def _escape(self, char: str) -> str:
        code = ord(char)
        return self.escape + (f"{code:02x}" if code < 256 else f"u{code:06x}")

    def _decode(self, name: str) -> str:
        made = []
        at = 0
        while at < len(name):
            if name.startswith(self.escape, at):
                found = _ESCAPE.match(name, at + len(self.escape))
                code = int(found[1] or found[2], 16) if found else 0x110000
                if found is None or code > 0x10FFFF:
                    raise ValueError(f"{name!r} is no name by the rule `{self.name}`")
                made.append(chr(code))
                at = found.end()
            else:
                made.append(self.short if name[at] == self.mark else name[at])
                at += 1
        return "".join(made)


def _swap(text: str) -> str:
    """Take the last bracket from what is closed by it, and give it to what is not; twice changes nothing."""
    found = _BRACKET.match(text)
    if found is None:
        return text
    return found[1] if found[2] else found[1] + "]"


#: A label of DNS: Kubernetes, Kubeflow, repositories of images.
DNS = Rule("dns", LOWER + DIGITS, "-", "_", first=LOWER)
#: Services, secrets and volumes of Compose.
SERVICE = Rule("service", LOWER + UPPER + DIGITS + "._", "-", "[", LOWER + DIGITS)
#: The end of the name of an environment variable.
VARIABLE = Rule("variable", LOWER + UPPER + DIGITS, "_", "_")
