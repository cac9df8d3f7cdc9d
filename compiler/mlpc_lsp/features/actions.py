"""The fixes of diagnostics, and a comment that lets a finding of the linter stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from ..documents import LINTER
from .diagnostics import made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlpc.diagnostics import Diagnostic, Fix
    from mlpc.source import Source

    from ..server import Server


def register(server: Server) -> None:
    """Answer requests for code actions."""

    @server.answers(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(
            code_action_kinds=[types.CodeActionKind.QuickFix, types.CodeActionKind.SourceFixAll]
        ),
    )
    def _actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        uri = params.text_document.uri
        opened = server.documents.file(uri)
        if opened is None:
            return []
        source = opened[1].source
        start = server.positions.offset(source, params.range.start)
        end = server.positions.offset(source, params.range.end)
        actions = []
        for item, finder in server.documents.found(uri, linted=not server.refreshes):
            if item.span is None or item.span.end < start or item.span.start > end:
                continue
            told = made(server, uri, item, finder)
            actions += [_action(server, uri, fix, told) for fix in item.fixes]
            if finder == LINTER:
                actions.append(_allow(server, uri, source, item, told))
        actions += _all_safe(server, uri)
        return actions


def _edits(server: Server, uri: str, fixes: list[Fix]) -> types.WorkspaceEdit:
    changes: dict[str, list[types.TextEdit]] = {}
    for fix in fixes:
        for span, text in fix.edits:
            place = server.documents.uri(uri, span.source)
            if place is not None:
                changes.setdefault(place, []).append(
                    types.TextEdit(range=server.positions.of(span), new_text=text)
                )
    return types.WorkspaceEdit(changes=changes)


def _action(server: Server, uri: str, fix: Fix, told: types.Diagnostic) -> types.CodeAction:
    title = fix.message[:1].upper() + fix.message[1:]
    return types.CodeAction(
        title=title if fix.safe else f"{title} (look at it: the meaning may change)",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[told],
        is_preferred=fix.safe,
        edit=_edits(server, uri, [fix]),
    )


def _allow(
    server: Server, uri: str, source: Source, item: Diagnostic, told: types.Diagnostic
) -> types.CodeAction:
    """Return the action that writes a comment above the line: the reason is for the person to give."""
    assert item.span is not None  # the caller asked
    line, _ = source.position(item.span.start)
    written = source.line(line)
    indent = written[: len(written) - len(written.lstrip())]
    at = server.positions.position(source, source.offset_of_line(line))
    text = f"{indent}# allow({item.code.name}): why this is meant\n"
    edit = types.TextEdit(range=types.Range(start=at, end=at), new_text=text)
    return types.CodeAction(
        title=f"Allow `{item.code.name}` here, with a reason",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[told],
        edit=types.WorkspaceEdit(changes={uri: [edit]}),
    )


def _all_safe(server: Server, uri: str) -> Iterator[types.CodeAction]:
    """Yield the action that applies every safe fix of the file, the first of each mistake, where none overlap."""
    chosen: list[Fix] = []
    taken: list[tuple[int, int]] = []
    for item, _ in server.documents.found(uri, linted=not server.refreshes):
        fix = next((fix for fix in item.fixes if fix.safe), None)
        if fix is None:
            continue
        places = [(span.start, span.end) for span, _ in fix.edits]
        if any(start < end2 and start2 < end for start, end in places for start2, end2 in taken):
            continue
        taken += places
        chosen.append(fix)
    if len(chosen) > 1:
        yield types.CodeAction(
            title=f"Apply all {len(chosen)} safe fixes",
            kind=types.CodeActionKind.SourceFixAll,
            edit=_edits(server, uri, chosen),
        )
