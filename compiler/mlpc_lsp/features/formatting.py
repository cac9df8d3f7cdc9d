"""The one layout, as `mlpc fmt` makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from mlpc.format import format_source

if TYPE_CHECKING:
    from mlpc.assist.view import View
    from mlpc.resolve.modules import Module

    from ..server import Server


def register(server: Server) -> None:
    """Answer requests for formatting."""

    @server.reads(types.TEXT_DOCUMENT_FORMATTING, nothing=[])
    def _format(params: types.DocumentFormattingParams, view: View, module: Module) -> list[types.TextEdit]:
        source = module.source
        made = format_source(source)
        if made.text == source.text or any(item.severity == "error" for item in made.diagnostics):
            return []
        whole = server.positions.range(source, 0, len(source.text))
        return [types.TextEdit(range=whole, new_text=made.text)]
