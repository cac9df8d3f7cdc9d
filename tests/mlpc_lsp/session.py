"""An editor's side of a session with `mlpc lsp`, over its standard input and output."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from lsprotocol import types
from pytest_lsp import LanguageClient, client_capabilities, make_test_lsp_client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from pathlib import Path

#: Editors whose abilities are played: one asks for diagnostics, the other waits for them.
PROFILES = {"asks": "visual-studio-code@1.65.2", "waits": "neovim@0.6.1"}
#: The first, of a version that asks for diagnostics again when it is told to.
REFRESHES = "asks again"


def capabilities(profile: str) -> types.ClientCapabilities:
    """Return what an editor can do."""
    found = client_capabilities(PROFILES.get(profile, PROFILES["asks"]))
    assert found.text_document is not None
    if profile != "waits":
        # The recorded version is older than this part of the protocol.
        found.text_document.diagnostic = types.DiagnosticClientCapabilities()
    else:
        found.text_document.diagnostic = None
    if profile == REFRESHES:
        assert found.workspace is not None
        found.workspace.diagnostics = types.DiagnosticWorkspaceClientCapabilities(refresh_support=True)
    return found


class Editor:
    """Opens files of a folder, types into them, and asks."""

    def __init__(self, client: LanguageClient, folder: Path, profile: str) -> None:
        self.client = client
        self.asks = profile != "waits"
        self.folder = folder
        self.versions: dict[str, int] = {}

    def uri(self, name: str) -> str:
        """Return the URI of a file."""
        return (self.folder / name).as_uri()

    def open(self, name: str) -> str:
        """Open a file, and return its URI."""
        uri = self.uri(name)
        self.versions[uri] = 1
        text = (self.folder / name).read_text(encoding="utf-8")
        item = types.TextDocumentItem(uri=uri, language_id="mlp", version=1, text=text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(text_document=item))
        return uri

    def type(self, uri: str, text: str) -> None:
        """Replace the whole text of an open file."""
        self.versions[uri] += 1
        self.client.diagnostics.pop(uri, None)
        about = types.VersionedTextDocumentIdentifier(uri=uri, version=self.versions[uri])
        change = types.TextDocumentContentChangeWholeDocument(text=text)
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(text_document=about, content_changes=[change])
        )

    def insert(self, uri: str, where: types.Position, text: str) -> None:
        """Type ``text`` at a place of an open file."""
        self.replace(uri, types.Range(start=where, end=where), text)

    def replace(self, uri: str, where: types.Range, text: str) -> None:
        """Put ``text`` in place of a part of an open file."""
        self.versions[uri] += 1
        self.client.diagnostics.pop(uri, None)
        about = types.VersionedTextDocumentIdentifier(uri=uri, version=self.versions[uri])
        change = types.TextDocumentContentChangePartial(range=where, text=text)
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(text_document=about, content_changes=[change])
        )

    async def diagnostics(self, uri: str) -> list[types.Diagnostic]:
        """Return what the server says of a file as it is now, asked for or awaited."""
        if self.asks:
            report = await self.client.text_document_diagnostic_async(
                types.DocumentDiagnosticParams(text_document=types.TextDocumentIdentifier(uri=uri))
            )
            assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
            return list(report.items)
        for _ in range(400):
            if uri in self.client.diagnostics:
                return list(self.client.diagnostics[uri])
            await asyncio.sleep(0.05)
        raise AssertionError("the server said nothing of this version")


@asynccontextmanager
async def editing(
    folder: Path, profile: str = "asks", command: Sequence[str] = (sys.executable, "-m", "mlpc_cli", "lsp")
) -> AsyncIterator[Editor]:
    """Start the server for a folder by ``command``, and end it."""
    client = make_test_lsp_client()
    await client.start_io(*command)
    await client.initialize_session(
        types.InitializeParams(
            capabilities=capabilities(profile),
            workspace_folders=[types.WorkspaceFolder(uri=folder.as_uri(), name="project")],
        )
    )
    try:
        yield Editor(client, folder, profile)
    finally:
        await client.shutdown_session()


def session(
    folder: Path,
    profile: str,
    play: Callable[[Editor], Awaitable[None]],
    command: Sequence[str] = (sys.executable, "-m", "mlpc_cli", "lsp"),
) -> None:
    """Play a session with what ``command`` starts to its end."""

    async def played() -> None:
        async with editing(folder, profile, command) as editor:
            await play(editor)

    asyncio.run(asyncio.wait_for(played(), 120))


def place(text: str, offset: int) -> types.Position:
    """Return the position of an offset, in units of UTF-16."""
    start = text.rfind("\n", 0, offset) + 1
    units = len(text[start:offset].encode("utf-16-le", "surrogatepass")) // 2
    return types.Position(line=text.count("\n", 0, offset), character=units)


def at(text: str, written: str) -> types.Position:
    """Return the position of the `|` in ``written``, which stands in ``text`` without it, in units of UTF-16."""
    return place(text, text.index(written.replace("|", "")) + written.index("|"))


def applied(text: str, edit: types.WorkspaceEdit | None, uri: str) -> str:
    """Return ``text`` after the edits of one file, the last place first."""
    assert edit is not None
    assert edit.changes is not None
    lines = text.split("\n")

    def offset(position: types.Position) -> int:
        before = sum(len(line) + 1 for line in lines[: position.line])
        line = lines[position.line] if position.line < len(lines) else ""
        units = line.encode("utf-16-le")[: 2 * position.character]
        return before + len(units.decode("utf-16-le"))

    for each in sorted(edit.changes.get(uri, []), key=lambda one: offset(one.range.start), reverse=True):
        text = text[: offset(each.range.start)] + each.new_text + text[offset(each.range.end) :]
    return text
