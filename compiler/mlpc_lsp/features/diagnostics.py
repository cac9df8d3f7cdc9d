"""What `mlpc check` and `mlpc lint` say of a file, as the protocol has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

if TYPE_CHECKING:
    from mlpc.diagnostics import Diagnostic, Label

    from ..server import Server

_SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "note": types.DiagnosticSeverity.Information,
}
#: Findings of which an editor shows the text in grey: it is there for nothing.
_UNNECESSARY = frozenset({"unused"})


def register(server: Server) -> None:
    """Answer requests for diagnostics."""

    @server.answers(
        types.TEXT_DOCUMENT_DIAGNOSTIC,
        types.DiagnosticOptions(inter_file_dependencies=True, workspace_diagnostics=False, identifier="mlpc"),
    )
    def _pull(params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
        uri = params.text_document.uri
        found = of(server, uri, linted=not server.refreshes)
        if not server.documents.is_linted(uri):
            server.lint_later(uri)
        return types.RelatedFullDocumentDiagnosticReport(items=found)


def of(server: Server, uri: str, *, linted: bool = True) -> list[types.Diagnostic]:
    """Return what there is to say of one file: mistakes, and where there are none, what the linter finds.

    Without ``linted`` the linter is not asked.
    """
    return [made(server, uri, item, by) for item, by in server.documents.found(uri, linted=linted)]


def made(server: Server, uri: str, item: Diagnostic, source: str) -> types.Diagnostic:
    """Return a diagnostic as the protocol has it; ``source`` is who found it."""
    positions = server.positions
    zero = types.Position(line=0, character=0)
    lines = [
        item.message + (f" ({item.label})" if item.label else ""),
        *(f"help: {line}" for line in item.help),
    ]
    related = [place for label in item.labels if (place := _related(server, uri, label)) is not None]
    return types.Diagnostic(
        range=positions.of(item.span) if item.span is not None else types.Range(start=zero, end=zero),
        message="\n".join(lines),
        severity=_SEVERITIES[item.severity],
        code=item.code.code,
        source=source,
        tags=[types.DiagnosticTag.Unnecessary] if item.code.name.split("-")[0] in _UNNECESSARY else None,
        related_information=related or None,
        data={"name": item.code.name},
    )


def _related(server: Server, uri: str, label: Label) -> types.DiagnosticRelatedInformation | None:
    place = server.documents.uri(uri, label.span.source)
    if place is None:
        return None
    return types.DiagnosticRelatedInformation(
        location=types.Location(uri=place, range=server.positions.of(label.span)), message=label.message
    )
