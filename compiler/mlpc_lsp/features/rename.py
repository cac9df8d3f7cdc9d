"""Calls a declaration of the user's own otherwise, wherever specs of the project name it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from mlpc.syntax.lexer import RESERVED, STATEMENT_WORDS

from .names import named_at
from .navigation import everywhere

if TYPE_CHECKING:
    from collections.abc import Generator

    from mlpc.assist.targets import Target

    from ..server import Server

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_RESERVED = frozenset((*RESERVED, *STATEMENT_WORDS))


def register(server: Server) -> None:
    """Answer requests for renaming."""

    @server.answers(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    def _rename(params: types.RenameParams) -> Generator[None, None, types.WorkspaceEdit | None]:
        new = params.new_name
        if not _NAME.match(new) or new in _RESERVED:
            raise JsonRpcInvalidParams(message=f"`{new}` is no name: letters, digits and `_`, no digit first")
        found = _found(server, params.text_document.uri, params.position)
        if found is None or found.span is None:
            return None
        changes: dict[str, list[types.TextEdit]] = {}
        places = yield from everywhere(server, params.text_document.uri, found.span, params.work_done_token)
        for place in places:
            changes.setdefault(place.uri, []).append(types.TextEdit(range=place.range, new_text=new))
        return types.WorkspaceEdit(changes=changes)

    @server.answers(types.TEXT_DOCUMENT_PREPARE_RENAME)
    def _prepare(params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
        found = _found(server, params.text_document.uri, params.position)
        if found is None:
            return None
        return types.PrepareRenamePlaceholder(range=server.positions.of(found.at), placeholder=found.name)


def _found(server: Server, uri: str, position: types.Position) -> Target | None:
    found = named_at(server, uri, position)
    return found if found is not None and found.renames else None
