"""Reads arguments of the commands that are answered before click is imported; what is not plain is left to click."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


def read(
    arguments: Sequence[str],
    options: Mapping[str, str],
    short: Mapping[str, str] | None = None,
    flags: Collection[str] = (),
) -> tuple[list[str], dict[str, str]] | None:
    """Return what is no option, and the value of each of ``options``; None where click has to look at ``arguments``.

    ``options`` are long ones, by name with their default; each takes a value. ``short`` names some of them by one letter.
    ``flags`` take none: those that are given are among the values.
    """
    words: list[str] = []
    values = dict(options)
    rest = iter(arguments)
    for argument in rest:
        if argument[:1] != "-":
            words.append(argument)
            continue
        if argument in flags:
            values[argument] = argument
            continue
        name, sign, value = argument.partition("=")
        if short and not sign:
            name = short.get(name, name)
        if name not in options:
            return None
        if not sign:
            value = next(rest, "")
        if not value or value[0] == "-":
            return None
        values[name] = value
    return words, values
