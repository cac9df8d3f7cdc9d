"""Starts the server and hands requests to the features."""

from __future__ import annotations

import asyncio
import gc
import sys
from threading import Event
from typing import TYPE_CHECKING, TypeVar

from lsprotocol import types
from pygls.io_ import StdoutWriter, run_async
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
from .turns import Protocol, Turns, keep_quiet
from .wire import reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from .documents import Project

P = TypeVar("P")

FEATURES = (
    actions, completion, diagnostics, formatting, hints, hover, lenses, links, navigation, outline, rename, signature, tokens,
)  # fmt: skip
#: Seconds without a keystroke before diagnostics are sent on their own accord.
PAUSE = 0.05
#: And before the linter is asked, by an editor that asks for diagnostics and can be told to do so again.
IDLE = 0.3


class Server(LanguageServer):
    """A language server for mlp files."""

    def __init__(
        self,
        version: str,
        open_project: Callable[[str], tuple[Project, str]],
        specs_below: Callable[[str], Iterator[str]],
    ) -> None:
        super().__init__(
            "mlpc",
            version,
            text_document_sync_kind=types.TextDocumentSyncKind.Incremental,
            protocol_cls=Protocol,
        )
        keep_quiet()
        self.documents = Documents(open_project, specs_below)
        self.turns = Turns(self.documents)
        self.pulls = False
        #: Whether the editor asks anew when it is told that there is more to say.
        self.refreshes = False
        self._pushing: asyncio.Task[None] | None = None
        self._linting: asyncio.Task[None] | None = None
        self._listen()
        for feature in FEATURES:
            feature.register(self)

    def answers(self, method: str, options: object = None) -> Callable[[Callable[[P], object]], None]:
        """Register what answers a request: a function, or a generator that yields where it can be interrupted."""

        def register(handler: Callable[[P], object]) -> None:
            self.feature(method, options)(self.turns.answering(handler))

        return register

    def start_io(self, stdin: BinaryIO | None = None, stdout: BinaryIO | None = None) -> None:
        """Serve the editor at the other end of two pipes, by default the standard ones."""
        stop = self._stop_event = Event()
        self.protocol.set_writer(StdoutWriter(stdout or sys.stdout.buffer))

        async def serve() -> None:
            await run_async(stop, reader(stdin or sys.stdin.buffer), self.protocol)

        try:
            asyncio.run(serve())
        except (BrokenPipeError, asyncio.IncompleteReadError, KeyboardInterrupt, SystemExit):
            pass  # the editor has gone, in one way or another
        finally:
            self.shutdown()  # type: ignore[no-untyped-call]

    @property
    def positions(self) -> Positions:
        """Converts places, in the encoding that was agreed on."""
        return Positions(self.workspace.position_encoding or types.PositionEncodingKind.Utf16)

    def _listen(self) -> None:
        server = self

        @self.feature(types.INITIALIZED)
        def _initialized(params: types.InitializedParams) -> None:
            # What was loaded stays: looking through it for garbage at every other keystroke would take longer than a check.
            gc.freeze()
            about = server.client_capabilities.text_document
            server.pulls = about is not None and about.diagnostic is not None
            workspace = server.client_capabilities.workspace
            again = workspace.diagnostics if workspace is not None else None
            server.refreshes = server.pulls and again is not None and bool(again.refresh_support)

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
        self.push(PAUSE)

    def lint_later(self, uri: str) -> None:
        """Ask the linter about a file once nobody types, and the editor to ask again where it finds something."""
        if self._linting is not None:
            self._linting.cancel()
        self._linting = asyncio.get_running_loop().create_task(self._lint(uri))

    async def _lint(self, uri: str) -> None:
        changes = self.documents.changes
        await asyncio.sleep(IDLE)
        await self.turns.after_what_came()
        known = len(self.documents.found(uri, linted=False))
        if self.documents.changes == changes and len(self.documents.found(uri)) > known:
            self.workspace_diagnostic_refresh(None)

    def push(self, pause: float = 0.0) -> None:
        """Send what is wrong in every open file, unless the editor asks for it, once nobody has typed for ``pause`` seconds."""
        if self.pulls:
            return
        if self._pushing is not None:
            self._pushing.cancel()
        self._pushing = asyncio.get_running_loop().create_task(self._push(pause))

    async def _push(self, pause: float) -> None:
        await asyncio.sleep(pause)
        for uri in list(self.workspace.text_documents):
            await self.turns.after_what_came()
            changes = self.documents.changes
            found = diagnostics.of(self, uri)
            # While it was looked for, another version may have come. Then nothing is said of this one: the next push has begun.
            await self.turns.after_what_came()
            document = self.workspace.text_documents.get(uri)
            if document is None or self.documents.changes != changes:
                return
            self.tell(uri, found, document.version)

    def tell(self, uri: str, found: list[types.Diagnostic], version: int | None) -> None:
        """Send diagnostics of one file."""
        if not self.pulls:
            self.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(uri=uri, diagnostics=found, version=version)
            )
