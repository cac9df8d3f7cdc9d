"""What expressions come to, behind them; under each environment, where it changes that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from mlpc.assist.hints import hints

if TYPE_CHECKING:
    from ..server import Server


def register(server: Server) -> None:
    """Answer requests for inlay hints."""

    @server.answers(types.TEXT_DOCUMENT_INLAY_HINT, types.InlayHintOptions(resolve_provider=False))
    def _hints(params: types.InlayHintParams) -> list[types.InlayHint]:
        opened = server.documents.file(params.text_document.uri)
        if opened is None:
            return []
        view, source = opened[0], opened[1].source
        positions = server.positions
        start = positions.offset(source, params.range.start)
        end = positions.offset(source, params.range.end)
        return [
            types.InlayHint(
                position=positions.position(source, hint.offset),
                label=hint.label,
                tooltip=hint.whole or None,
                padding_left=True,
            )
            for hint in hints(view, start, end)
        ]
