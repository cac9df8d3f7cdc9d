"""Completion from types: only legal keys, values that fit, required ones first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from mlpc.assist.completion import complete

if TYPE_CHECKING:
    from mlpc.assist.completion import Item

    from ..server import Server

_KINDS = {
    "kind": types.CompletionItemKind.Keyword,
    "component": types.CompletionItemKind.Class,
    "key": types.CompletionItemKind.Property,
    "block": types.CompletionItemKind.Struct,
    "value": types.CompletionItemKind.EnumMember,
    "name": types.CompletionItemKind.Variable,
    "column": types.CompletionItemKind.Field,
    "quantity": types.CompletionItemKind.Value,
    "type": types.CompletionItemKind.TypeParameter,
    "mark": types.CompletionItemKind.Keyword,
    "module": types.CompletionItemKind.Module,
    "function": types.CompletionItemKind.Function,
}


def register(server: Server) -> None:
    """Answer requests for completion."""

    @server.answers(
        types.TEXT_DOCUMENT_COMPLETION,
        types.CompletionOptions(trigger_characters=[".", "=", ":", '"', "@", "("]),
    )
    def _complete(params: types.CompletionParams) -> types.CompletionList:
        opened = server.documents.file(params.text_document.uri)
        if opened is None:
            return types.CompletionList(is_incomplete=False, items=[])
        view, source = opened[0], opened[1].source
        offset = server.positions.offset(source, params.position)
        found = complete(view, source.text, offset)
        place = server.positions.range(source, found.start, offset)
        return types.CompletionList(
            is_incomplete=False, items=[_made(item, place, _snippets(server)) for item in found.items]
        )


def _snippets(server: Server) -> bool:
    about = server.client_capabilities.text_document
    item = about.completion.completion_item if about is not None and about.completion is not None else None
    return bool(item is not None and item.snippet_support)


def _made(item: Item, place: types.Range, snippets: bool) -> types.CompletionItem:
    snippet = item.snippet and snippets
    text = item.insert if snippet or not item.snippet else item.label
    return types.CompletionItem(
        label=item.label,
        kind=_KINDS[item.what],
        detail=item.detail or None,
        documentation=types.MarkupContent(kind=types.MarkupKind.Markdown, value=item.doc)
        if item.doc
        else None,
        sort_text=item.order + item.label,
        insert_text_format=types.InsertTextFormat.Snippet if snippet else types.InsertTextFormat.PlainText,
        text_edit=types.TextEdit(range=place, new_text=text),
    )
