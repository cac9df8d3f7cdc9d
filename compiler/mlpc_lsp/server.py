"""Starts the server and hands requests to the features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from .documents import Documents
from .features import (
    actions,
    completion,
    diagnostics,
    formatting,
    hints,
    hover,
    lenses,
    links,
    navigation,
    outline,
    rename,
    signature,
    tokens,
)
from .positions import Positions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .documents import Project

FEATURES = (
    actions, completion, diagnostics, formatting, hints, hover, lenses, links, navigation, outline, rename, signature, tokens,
)  # fmt: skip
#: Seconds without a keystroke before diagnostics are sent on their own accord.
PAUSE = 0.05


class Server(LanguageServer):
    """A language server for mlp files."""

    def __init__(
        self,
        version: str,
        open_project: Callable[[str], tuple[Project, str]],
        specs_below: Callable[[str], Iterator[str]],
    ) -> None:
        super().__init__("mlpc", version, text_document_sync_kind=types.TextDocumentSyncKind.Incremental)
        self.documents = Documents(open_project, specs_below)
        self.pulls = False
        self._waiting: dict[str, object] = {}
        self._listen()
        for feature in FEATURES:
            feature.register(self)

    @property
    def positions(self) -> Positions:
        """Converts places, in the encoding that was agreed on."""
        return Positions(self.workspace.position_encoding or types.PositionEncodingKind.Utf16)

    def _listen(self) -> None:
        server = self

        @self.feature(types.INITIALIZED)
        def _initialized(params: types.InitializedParams) -> None:
            about = server.client_capabilities.text_document
            server.pulls = about is not None and about.diagnostic is not None

        @self.feature(types.TEXT_DOCUMENT_DID_OPEN)
        def _opened(params: types.DidOpenTextDocumentParams) -> None:
            server.changed(params.text_document.uri)

        @self.feature(types.TEXT_DOCUMENT_DID_CHANGE)
        def _changed(params: types.DidChangeTextDocumentParams) -> None:
            server.changed(params.text_document.uri)

        @self.feature(types.TEXT_DOCUMENT_DID_SAVE)
        def _saved(params: types.DidSaveTextDocumentParams) -> None:
            server.documents.forget()
            server.push()

        @self.feature(types.TEXT_DOCUMENT_DID_CLOSE)
        def _closed(params: types.DidCloseTextDocumentParams) -> None:
            server.documents.close(params.text_document.uri)
            server.tell(params.text_document.uri, [], None)

        @self.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
        def _watched(params: types.DidChangeWatchedFilesParams) -> None:
            server.documents.forget()
            server.push()

    def changed(self, uri: str) -> None:
        """Take over the text of a document, and say what is wrong in it once nobody types."""
        document = self.workspace.get_text_document(uri)
        self.documents.put(uri, document.source)
        if self.pulls:
            return
        import asyncio

        known = self._waiting.pop("push", None)
        if isinstance(known, asyncio.TimerHandle):
            known.cancel()
        self._waiting["push"] = asyncio.get_running_loop().call_later(PAUSE, self.push)

    def push(self) -> None:
        """Send what is wrong in every open file, where the editor does not ask for it."""
        if self.pulls:
            return
        for uri, document in list(self.workspace.text_documents.items()):
            # Another version may have come; then this one is not spoken of any more.
            self.tell(uri, diagnostics.of(self, uri), document.version)

    def tell(self, uri: str, found: list[types.Diagnostic], version: int | None) -> None:
        """Send diagnostics of one file."""
        if not self.pulls:
            self.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(uri=uri, diagnostics=found, version=version)
            )
