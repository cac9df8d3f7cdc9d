"""Names of the language for columns and schemas."""

from __future__ import annotations

import re
import unicodedata

from mlpc.syntax.lexer import RESERVED, STATEMENT_WORDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST = 60
_TAKEN = frozenset((*RESERVED, *STATEMENT_WORDS))


def column_names(headers: Iterable[str]) -> list[str]:
    """Return a name for each header, all different: the header itself where it is one."""
    headers = list(headers)
    taken = {header for header in headers if is_name(header)}
    names = []
    for at, header in enumerate(headers, 1):
        if header in taken:
            names.append(header)
            continue
        plain = _plain(header).lower() or f"column_{at}"
        name, number = plain, 2
        while name in taken:
            name, number = f"{plain}_{number}", number + 1
        taken.add(name)
        names.append(name)
    return names


def schema_name(file: str) -> str:
    """Return a name for the schema of a file: `blood-tests.csv` gives `BloodTests`."""
    words = _plain(file.split(".")[0]).split("_")
    name = "".join(word[:1].upper() + word[1:] for word in words)
    return name if name and not name[0].isdigit() else f"Table{name}"


def quoted(text: str) -> str:
    """Return ``text`` as a string of the language, with escapes for what could not be seen."""
    parts = []
    for character in text:
        if character in '"\\':
            parts.append("\\" + character)
        elif character == "\n":
            parts.append("\\n")
        elif character == "\t":
            parts.append("\\t")
        elif unicodedata.category(character)[0] in "CZ" and character != " ":
            parts.append(f"\\u{{{ord(character):x}}}")
        else:
            parts.append(character)
    return '"' + "".join(parts).replace("${", "\\${") + '"'


def is_name(text: str) -> bool:
    """Return whether ``text`` can be the name of a column or a schema as it is."""
    return _NAME.fullmatch(text) is not None and text not in _TAKEN and len(text) <= _LONGEST


def _plain(text: str) -> str:
    """Return ``text`` in letters, digits and `_`."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9]+", "_", bare).strip("_")[:_LONGEST].rstrip("_")
    if plain[:1].isdigit():
        plain = f"c_{plain}"
    return f"{plain}_" if plain.lower() in _TAKEN else plain
