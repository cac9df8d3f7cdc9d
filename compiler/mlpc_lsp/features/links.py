"""Links from texts to the files that they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from mlpc.assist.links import links

if TYPE_CHECKING:
    from ..server import Server


def register(server: Server) -> None:
    """Answer requests for document links."""

    @server.answers(types.TEXT_DOCUMENT_DOCUMENT_LINK, types.DocumentLinkOptions(resolve_provider=False))
    def _links(params: types.DocumentLinkParams) -> list[types.DocumentLink]:
        uri = params.text_document.uri
        opened = server.documents.file(uri)
        if opened is None:
            return []
        view, source = opened[0], opened[1].source
        found = []
        for link in links(view):
            place = server.documents.uri_of(uri, link.path)
            if place is not None:
                # Editors read `#L7` behind a file as its line.
                target = f"{place}#L{link.line}" if link.line else place
                where = server.positions.range(source, link.start, link.end)
                says = link.says if _tooltips(server) else None
                found.append(types.DocumentLink(range=where, target=target, tooltip=says))
        return found


def _tooltips(server: Server) -> bool:
    about = server.client_capabilities.text_document
    return bool(about is not None and about.document_link is not None and about.document_link.tooltip_support)
