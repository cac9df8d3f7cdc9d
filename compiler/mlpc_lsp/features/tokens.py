"""What words are, for an editor that colours them by it: of a whole file, and of a part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from mlpc.assist.tokens import MODIFIERS, TYPES, tokens

if TYPE_CHECKING:
    from ..server import Server

_LEGEND = types.SemanticTokensLegend(token_types=list(TYPES), token_modifiers=list(MODIFIERS))
_TYPE = {name: place for place, name in enumerate(TYPES)}
_MODIFIER = {name: 1 << place for place, name in enumerate(MODIFIERS)}


def register(server: Server) -> None:
    """Answer requests for semantic tokens."""

    @server.answers(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, _LEGEND)
    def _full(params: types.SemanticTokensParams) -> types.SemanticTokens:
        return _made(server, params.text_document.uri, None)

    @server.answers(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE, _LEGEND)
    def _range(params: types.SemanticTokensRangeParams) -> types.SemanticTokens:
        return _made(server, params.text_document.uri, params.range)


def _made(server: Server, uri: str, part: types.Range | None) -> types.SemanticTokens:
    opened = server.documents.file(uri)
    if opened is None:
        return types.SemanticTokens(data=[])
    view, source = opened[0], opened[1].source
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
