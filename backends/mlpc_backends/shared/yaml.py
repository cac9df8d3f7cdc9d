"""Writes YAML that every parser reads the same: objects, lists and scalars, nothing else of the language.

Every text is in double quotes with everything unusual escaped, so no text can become a number, a date, a tag, an
anchor, a comment or structure, under YAML 1.1 or 1.2. Keys that are plain words stand without quotes.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TypeAlias

    from typing_extensions import TypeIs

    Value: TypeAlias = None | bool | int | float | str | Sequence["Value"] | Mapping[str, "Value"]

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}\Z")
#: Words that YAML 1.1 or 1.2 takes for something other than a text, in any case.
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})
#: All but what stands for itself in double quotes: printable, and neither quote nor backslash. It is compiled when it
#: is met: that takes longer than to write a plain document.
_UNUSUAL = r"[^\x20\x21\x23-\x5b\x5d-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]"
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
#: The same for a text of ASCII alone.
_ASCII = str.maketrans({chr(code): f"\\x{code:02x}" for code in (*range(32), 127)} | _SHORT)
#: Keys longer than this stand behind `? `: parsers look for the colon of others no further than 1024 characters on.
_LONG = 400
#: How keys are written that were met before: a document has few.
_NAMES: dict[str, str] = {}


def dumps(value: Value, comment: str = "") -> bytes:
    """Return the text of ``value`` in UTF-8, below ``comment`` (one line).

    Raises:
        ValueError: a number is not finite, or a text holds half of a character (a lone surrogate).
        TypeError: it holds anything but objects with texts as keys, lists, texts, numbers, booleans and None.
    """
    lines: list[str] = []
    _write(value, "", lines)
    if comment:
        lines.insert(0, f"# {comment}")
    try:
        return ("\n".join(lines) + "\n").encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("a text holds half of a character (a lone surrogate)") from None


def quoted(text: str) -> str:
    """Return ``text`` as a scalar in double quotes."""
    if text.isascii():
        if text.isprintable() and '"' not in text and "\\" not in text:
            return f'"{text}"'
        return f'"{text.translate(_ASCII)}"'
    return f'"{re.sub(_UNUSUAL, _escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    char = found[0]
    if char in _SHORT:
        return _SHORT[char]
    code = ord(char)
    if 0xD800 <= code <= 0xDFFF:
        raise ValueError("a text holds half of a character (a lone surrogate)")
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _write(value: Value, indent: str, lines: list[str]) -> None:
    """Add the lines of a value that stands by itself, each with its indentation."""
    if value and _is_object(value):
        deeper = indent + "  "
        for key, item in value.items():
            name = _NAMES.get(key) or _name(key)
            if len(name) > _LONG:
                lines.append(f"{indent}? {name}")
                name = ""
            if type(item) is str:
                lines.append(f"{indent}{name}: {quoted(item)}")
            elif item and isinstance(item, dict | list | tuple):
                lines.append(f"{indent}{name}:")
                _write(item, deeper, lines)
            else:
                lines.append(f"{indent}{name}: {_scalar(item)}")
    elif value and _is_list(value):
        deeper = indent + "  "
        for item in value:
            if type(item) is str:
                lines.append(f"{indent}- {quoted(item)}")
            elif item and isinstance(item, dict | list | tuple):
                # The first line of what is inside stands behind the dash.
                start = len(lines)
                _write(item, deeper, lines)
                lines[start] = f"{indent}- {lines[start][len(indent) + 2 :]}"
            else:
                lines.append(f"{indent}- {_scalar(item)}")
    else:
        lines.append(indent + _scalar(value))


def _name(key: object) -> str:
    """Return how a key is written; short ones are remembered."""
    if not isinstance(key, str):
        raise TypeError(f"{key!r} is no key: keys are texts")
    name = key if _PLAIN_KEY.match(key) and key.lower() not in _WORDS else quoted(key)
    if len(name) <= 40 and len(_NAMES) < 10_000:
        _NAMES[key] = name
    return name


def _is_object(value: object) -> TypeIs[Mapping[str, Value]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeIs[Sequence[Value]]:
    return isinstance(value, list | tuple)


def _scalar(value: Value) -> str:
    if isinstance(value, str):
        return quoted(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float(value)
    if _is_object(value):
        return "{}"
    if _is_list(value):
        return "[]"
    raise TypeError(f"YAML is not written for a {type(value).__name__}")


def _float(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError("a number is not finite")
    text = repr(value)
    mantissa, sign, exponent = text.partition("e")
    # YAML 1.1 knows a float by its point and the sign of its exponent.
    if "." not in mantissa:
        mantissa += ".0"
    return f"{mantissa}e{exponent if exponent[0] in '+-' else '+' + exponent}" if sign else mantissa
