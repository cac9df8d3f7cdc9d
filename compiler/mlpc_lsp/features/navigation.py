"""From a name to its declaration, into the library and other files, and to all places where it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from mlpc.assist.targets import references

from .names import named_at

if TYPE_CHECKING:
    from collections.abc import Generator

    from mlpc.source import Span

    from ..server import Server


def register(server: Server) -> None:
    """Answer requests for declarations and references."""

    @server.answers(types.TEXT_DOCUMENT_DEFINITION)
    def _definition(params: types.DefinitionParams) -> types.Location | None:
        span = declared_at(server, params.text_document.uri, params.position)
        return location(server, params.text_document.uri, span) if span is not None else None

    @server.answers(types.TEXT_DOCUMENT_REFERENCES)
    def _references(params: types.ReferenceParams) -> Generator[None, None, list[types.Location]]:
        uri = params.text_document.uri
        span = declared_at(server, uri, params.position)
        if span is None:
            return []
        found = yield from everywhere(server, uri, span, params.work_done_token)
        own = location(server, uri, span)
        keep = params.context.include_declaration
        return [each for each in found if keep or each != own]

    @server.answers(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
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


def everywhere(
    server: Server, uri: str, wanted: Span, token: types.ProgressToken | None = None
) -> Generator[None, None, list[types.Location]]:
    """Return the places in all specs of the project that name what is declared at ``wanted``, each once; pause behind each spec.

    ``token`` is by what the editor wants to hear how far this is.
    """
    told = server.work_done_progress
    specs = [uri, *server.documents.others(uri)]
    if token is not None:
        told.begin(token, types.WorkDoneProgressBegin(title="Looking for uses", percentage=0))
    found: dict[tuple[str, int, int], types.Location] = {}
    for count, owner in enumerate(specs, 1):
        view = server.documents.view(owner)
        if view is not None and wanted.source.path in view.modules.sources():
            for span in references(view, wanted):
                place = location(server, owner, span)
                if place is not None:
                    found.setdefault((place.uri, span.start, span.end), place)
        yield
        if token is not None:
            told.report(token, types.WorkDoneProgressReport(percentage=100 * count // len(specs)))
    if token is not None:
        told.end(token, types.WorkDoneProgressEnd())
    return list(found.values())


def location(server: Server, uri: str, span: Span) -> types.Location | None:
    """Return a place as the protocol has it."""
    place = server.documents.uri(uri, span.source)
    return types.Location(uri=place, range=server.positions.of(span)) if place is not None else None
