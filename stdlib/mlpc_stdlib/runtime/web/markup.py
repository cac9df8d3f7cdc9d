"""HTML put together from elements, so that no text gets into it unescaped."""

from __future__ import annotations

import html

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Content: TypeAlias = "Markup | str"

_VOID = frozenset({"input", "link", "meta"})


class Markup(str):
    """Text that is HTML already; all other text is escaped."""

    __slots__ = ()


def tag(name: str, /, *content: Content, **attributes: str | bool | None) -> Markup:
    """Return an element. An attribute that is False or None is left out; ``class_`` is ``class``, ``aria_x`` ``aria-x``."""
    told = "".join(
        f" {_name(key)}" + ("" if value is True else f'="{html.escape(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _VOID:
        return Markup(f"<{name}{told}>")
    return Markup(f"<{name}{told}>{join(*content)}</{name}>")


def join(*content: Content) -> Markup:
    """Return several pieces as one."""
    return Markup("".join(each if isinstance(each, Markup) else html.escape(each) for each in content))


def data(text: str) -> Markup:
    """Return JSON as it may stand inside of a ``script`` element: nothing in it can end that element."""
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")
