"""The symbols of a file and of all specs of its project, and what can be folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from mlpc.assist.outline import folds, symbols

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from mlpc.assist.outline import Symbol
    from mlpc.source import Source

    from ..server import Server

_KINDS = {
    "pipeline": types.SymbolKind.Module,
    "schema": types.SymbolKind.Struct,
    "column": types.SymbolKind.Field,
    "component": types.SymbolKind.Class,
    "kind": types.SymbolKind.Interface,
    "device": types.SymbolKind.Object,
    "env": types.SymbolKind.Namespace,
    "test": types.SymbolKind.Event,
    "let": types.SymbolKind.Constant,
    "param": types.SymbolKind.Variable,
    "secret": types.SymbolKind.Key,
    "block": types.SymbolKind.Property,
}


def register(server: Server) -> None:
    """Answer requests for symbols and folding."""

    @server.answers(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def _symbols(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        opened = server.documents.file(params.text_document.uri)
        if opened is None:
            return []
        file, source = opened[1].file, opened[1].source
        return [_made(server, source, each) for each in symbols(file)]

    @server.answers(types.WORKSPACE_SYMBOL)
    def _everywhere(
        params: types.WorkspaceSymbolParams,
    ) -> Generator[None, None, list[types.SymbolInformation]]:
        wanted = params.query.lower()
        found = []
        for uri in _specs(server):
            file = server.documents.tree(uri)
            if file is None:
                continue
            for each in _all(symbols(file)):
                if wanted in each.name.lower():
                    place = types.Location(uri=uri, range=server.positions.range(file.source, *each.name_at))
                    kind = _KINDS.get(each.kind, types.SymbolKind.Function)
                    found.append(types.SymbolInformation(name=each.name, kind=kind, location=place))
            yield
        return found

    @server.answers(types.TEXT_DOCUMENT_FOLDING_RANGE)
    def _folds(params: types.FoldingRangeParams) -> list[types.FoldingRange]:
        opened = server.documents.file(params.text_document.uri)
        if opened is None:
            return []
        file, source = opened[1].file, opened[1].source
        lines = [(source.position(start)[0] - 1, source.position(end)[0] - 1) for start, end in folds(file)]
        return [
            types.FoldingRange(start_line=first, end_line=last - 1)
            for first, last in lines
            if last - 1 > first
        ]


def _specs(server: Server) -> list[str]:
    """Return the specs of the projects of which one is open, each once."""
    opened = list(server.workspace.text_documents)
    return list(dict.fromkeys(each for uri in opened for each in (uri, *server.documents.others(uri))))


def _all(found: list[Symbol]) -> Iterator[Symbol]:
    for each in found:
        yield each
        yield from _all(each.below)


def _made(server: Server, source: Source, symbol: Symbol) -> types.DocumentSymbol:
    positions = server.positions
    return types.DocumentSymbol(
        name=symbol.name or symbol.kind,
        kind=_KINDS.get(symbol.kind, types.SymbolKind.Function),
        detail=f"{symbol.kind}: {symbol.detail}" if symbol.detail else symbol.kind,
        range=positions.range(source, *symbol.at),
        selection_range=positions.range(source, *symbol.name_at),
        children=[_made(server, source, each) for each in symbol.below],
    )
