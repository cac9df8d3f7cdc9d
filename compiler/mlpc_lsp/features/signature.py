"""What the call takes that is being written, with the argument at the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from mlpc.assist.signature import signature

if TYPE_CHECKING:
    from mlpc.assist.signature import Argument, Signature

    from ..server import Server


def register(server: Server) -> None:
    """Answer requests for signature help."""

    @server.answers(
        types.TEXT_DOCUMENT_SIGNATURE_HELP,
        types.SignatureHelpOptions(trigger_characters=["(", ","], retrigger_characters=["="]),
    )
    def _signature(params: types.SignatureHelpParams) -> types.SignatureHelp | None:
        opened = server.documents.file(params.text_document.uri)
        if opened is None:
            return None
        view, source = opened[0], opened[1].source
        found = signature(view, source.text, server.positions.offset(source, params.position))
        if found is None:
            return None
        return types.SignatureHelp(
            signatures=[_made(found, _offsets(server))], active_signature=0, active_parameter=found.active
        )


def _offsets(server: Server) -> bool:
    """Return whether the editor takes the place of an argument in the label, and not its text alone."""
    about = server.client_capabilities.text_document
    help = about.signature_help if about is not None else None
    information = help.signature_information if help is not None else None
    parameter = information.parameter_information if information is not None else None
    return bool(parameter is not None and parameter.label_offset_support)


def _made(found: Signature, offsets: bool) -> types.SignatureInformation:
    return types.SignatureInformation(
        label=found.label,
        documentation=_markdown(found.doc),
        parameters=[_argument(found.label, each, offsets) for each in found.arguments],
    )


def _argument(label: str, argument: Argument, offsets: bool) -> types.ParameterInformation:
    # Whatever encoding was agreed on for texts, places in a label are counted in UTF-16.
    place = _utf16(label[: argument.start]), _utf16(label[: argument.end])
    return types.ParameterInformation(
        label=place if offsets else argument.label, documentation=_markdown(argument.doc)
    )


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _markdown(text: str) -> types.MarkupContent | None:
    return types.MarkupContent(kind=types.MarkupKind.Markdown, value=text) if text else None
