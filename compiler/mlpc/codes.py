"""Every code that a diagnostic may carry: number, readable name, default severity.

The hundreds say where a mistake belongs: 0 text and syntax, 1 names and structure, 2 types, units and values,
3 data, columns and artefacts, 4 conditions and promotion, 5 lowering and targets, 6 environments, store and
engine, 7 what a step found in data, 8 formatter, 9 faults of mlpc itself. What a code means, with a wrong and a
right example, stands in ``mlpc.explain``.
"""

from __future__ import annotations


class Code:
    """A code such as ``MLP301`` with its name ``unknown-column``."""

    __slots__ = ("code", "name", "severity")

    def __init__(self, code: str, name: str, severity: str = "error") -> None:
        self.code = code
        self.name = name
        self.severity = severity

    def __repr__(self) -> str:
        return f"{self.code} {self.name}"


ALL: dict[str, Code] = {}


def _code(code: str, name: str, severity: str = "error") -> Code:
    made = Code(code, name, severity)
    if code in ALL or any(name == known.name for known in ALL.values()):
        raise ValueError(f"{code} {name} is declared twice")
    ALL[code] = made
    return made


def find(text: str) -> Code | None:
    """Return the code that ``text`` names, by number or by name, in any case."""
    wanted = text.strip()
    found = ALL.get(wanted.upper())
    if found is not None:
        return found
    return next((code for code in ALL.values() if code.name == wanted.lower()), None)


# 0 text and syntax
UNREADABLE_TEXT = _code("MLP001", "unreadable-text")
MISSING_EDITION = _code("MLP002", "missing-edition")
NEWER_EDITION = _code("MLP003", "newer-edition")
UNEXPECTED_TOKEN = _code("MLP010", "unexpected-token")
UNEXPECTED_CHARACTER = _code("MLP011", "unexpected-character")
UNTERMINATED_STRING = _code("MLP012", "unterminated-string")
UNCLOSED_BRACKET = _code("MLP013", "unclosed-bracket")
STRAY_BRACKET = _code("MLP014", "stray-bracket")
MISSING_VALUE = _code("MLP015", "missing-value")
RESERVED_NAME = _code("MLP016", "reserved-name")
BAD_ESCAPE = _code("MLP017", "bad-escape")
BAD_NUMBER = _code("MLP018", "bad-number")
NESTED_TOO_DEEP = _code("MLP019", "nested-too-deep")
STRAY_DOC_COMMENT = _code("MLP020", "stray-doc-comment", "warning")
MISSING_SEPARATOR = _code("MLP021", "missing-separator")
