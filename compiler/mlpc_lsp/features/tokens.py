"""What words are, for an editor that colours them by it: of a whole file, and of a part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from mlpc.assist.tokens import MODIFIERS, TYPES, tokens

if TYPE_CHECKING:
    from mlpc.assist.view import View
    from mlpc.resolve.modules import Module
    from mlpc.source import Source

    from ..server import Server

_LEGEND = types.SemanticTokensLegend(token_types=list(TYPES), token_modifiers=list(MODIFIERS))
_TYPE = {name: place for place, name in enumerate(TYPES)}
_MODIFIER = {name: 1 << place for place, name in enumerate(MODIFIERS)}


def register(server: Server) -> None:
    """Answer requests for semantic tokens."""

    nothing = types.SemanticTokens(data=[])

    @server.reads(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, _LEGEND, nothing=nothing)
    def _full(params: types.SemanticTokensParams, view: View, module: Module) -> types.SemanticTokens:
        return _made(server, view, module.source, None)

    @server.reads(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE, _LEGEND, nothing=nothing)
    def _range(params: types.SemanticTokensRangeParams, view: View, module: Module) -> types.SemanticTokens:
        return _made(server, view, module.source, params.range)


def _made(server: Server, view: View, source: Source, part: types.Range | None) -> types.SemanticTokens:
    positions = server.positions
    start, end = 0, None
    if part is not None:
        start, end = positions.offset(source, part.start), positions.offset(source, part.end)
    data: list[int] = []
    line = column = 0
    for token in tokens(view, start, end):
        place = positions.position(source, token.start)
        below = place.line - line
        data += (
            below,
            place.character if below else place.character - column,
            positions.units(source.text[token.start : token.end]),
            _TYPE[token.type],
            sum(_MODIFIER[name] for name in token.modifiers),
        )
        line, column = place.line, place.character
    return types.SemanticTokens(data=data)
