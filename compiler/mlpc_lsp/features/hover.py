"""Type, unit, default and doc comment of what the mouse rests on, and its value under each environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from .names import named_at

if TYPE_CHECKING:
    from ..server import Server


def register(server: Server) -> None:
    """Answer requests for hover."""

    @server.answers(types.TEXT_DOCUMENT_HOVER)
    def _hover(params: types.HoverParams) -> types.Hover | None:
        found = named_at(server, params.text_document.uri, params.position)
        if found is None or not found.text:
            return None
        return types.Hover(
            contents=types.MarkupContent(kind=types.MarkupKind.Markdown, value=found.text),
            range=server.positions.of(found.at),
        )
