"""From a name to its declaration, into the library and other files, and to all places where it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from mlpc.assist.targets import references

from .names import named_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlpc.source import Span

    from ..server import Server


def register(server: Server) -> None:
    """Answer requests for declarations and references."""

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def _definition(params: types.DefinitionParams) -> types.Location | None:
        span = declared_at(server, params.text_document.uri, params.position)
        return location(server, params.text_document.uri, span) if span is not None else None

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    def _references(params: types.ReferenceParams) -> list[types.Location]:
        uri = params.text_document.uri
        span = declared_at(server, uri, params.position)
        if span is None:
            return []
        found = [location(server, owner, each) for owner, each in everywhere(server, uri, span)]
        own = location(server, uri, span)
        keep = params.context.include_declaration
        return [each for each in found if each is not None and (keep or each != own)]

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    def _highlight(params: types.DocumentHighlightParams) -> list[types.DocumentHighlight]:
        opened = server.documents.file(params.text_document.uri)
        span = declared_at(server, params.text_document.uri, params.position)
        if opened is None or span is None:
            return []
        view, module = opened
        here = module.source.path
        return [
            types.DocumentHighlight(range=server.positions.of(each))
            for each in references(view, span)
            if each.source.path == here
        ]


def declared_at(server: Server, uri: str, position: types.Position) -> Span | None:
    """Return where the name at a position is declared."""
    found = named_at(server, uri, position)
    return found.span if found is not None else None


def everywhere(server: Server, uri: str, wanted: Span) -> Iterator[tuple[str, Span]]:
    """Yield the places in all specs of the project that name what is declared at ``wanted``, each once, with the spec."""
    seen: set[Span] = set()
    for owner in (uri, *server.documents.others(uri)):
        view = server.documents.view(owner)
        if view is None or wanted.source.path not in view.modules.sources():
            continue
        for span in references(view, wanted):
            if span not in seen:
                seen.add(span)
                yield owner, span


def location(server: Server, uri: str, span: Span) -> types.Location | None:
    """Return a place as the protocol has it."""
    place = server.documents.uri(uri, span.source)
    return types.Location(uri=place, range=server.positions.of(span)) if place is not None else None
