"""The one layout, as `mlpc fmt` makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from mlpc.format import format_source

if TYPE_CHECKING:
    from ..server import Server


def register(server: Server) -> None:
    """Answer requests for formatting."""

    @server.answers(types.TEXT_DOCUMENT_FORMATTING)
    def _format(params: types.DocumentFormattingParams) -> list[types.TextEdit]:
        opened = server.documents.file(params.text_document.uri)
        if opened is None:
            return []
        source = opened[1].source
        made = format_source(source)
        if made.text == source.text or any(item.severity == "error" for item in made.diagnostics):
            return []
        whole = server.positions.range(source, 0, len(source.text))
        return [types.TextEdit(range=whole, new_text=made.text)]
