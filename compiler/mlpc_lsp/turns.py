"""Requests take turns: one is answered after the other, and between two pieces of work what came meanwhile is read.

So a request that is cancelled stops at its next piece, one about a text that has changed since it was asked is refused and not
answered from another text, and a long one does not keep the short ones waiting. The work itself is synchronous: a handler is a
plain function, or a generator that yields where it can be interrupted.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Generator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified, JsonRpcException
from pygls.protocol import LanguageServerProtocol

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from pygls.protocol.json_rpc import RPCMessage

    from .documents import Documents

P = TypeVar("P")

#: How many changes had come when the message arrived that is being handled.
_ARRIVED: ContextVar[int] = ContextVar("arrived", default=0)
#: Steps of the loop until what lies in the pipe has come to a handler: the reader is woken, reads, and starts it.
_STEPS = 3


class Outdated(JsonRpcContentModified):
    """The text has changed since something was asked about it; the editor asks anew."""


class OutdatedDiagnostics(JsonRpcException):
    """The same of a request for diagnostics, which have an error of their own for it."""

    CODE = types.LSPErrorCodes.ServerCancelled.value


class Protocol(LanguageServerProtocol):
    """Remembers with every message what was known when it arrived."""

    def handle_message(self, message: RPCMessage) -> None:
        """Handle a message."""
        _ARRIVED.set(self._server.documents.changes)  # type: ignore[attr-defined]
        super().handle_message(message)


class Turns:
    """Hands out turns, one at a time, in the order in which they are asked for."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._turn = asyncio.Lock()

    def answering(self, handler: Callable[[P], object]) -> Callable[[P], Coroutine[Any, Any, object]]:
        """Return what answers a request by ``handler``, piece by piece."""

        async def answer(params: P) -> object:
            arrived = _ARRIVED.get()
            uri = getattr(getattr(params, "text_document", None), "uri", "")
            pull = isinstance(params, types.DocumentDiagnosticParams)
            async with self._turn:
                await self._look(uri, arrived, pull)
                begun = handler(params)
            if not isinstance(begun, Generator):
                return begun
            while True:
                async with self._turn:
                    await self._look(uri, arrived, pull)
                    if self._documents.changes > arrived:
                        # What it found so far may be of an older text of any of the files that it looks into.
                        raise Outdated("a text has changed")
                    try:
                        next(begun)
                    except StopIteration as ended:
                        result: object = ended.value
                        return result

        return answer

    async def after_what_came(self) -> None:
        """Wait until what has come is read: then nothing is known to be older than it is."""
        for _ in range(_STEPS):
            await asyncio.sleep(0)

    async def _look(self, uri: str, arrived: int, pull: bool) -> None:
        """Read what came.

        Raises:
            asyncio.CancelledError: the request was cancelled.
            JsonRpcException: the text that it is about has changed since.
        """
        await self.after_what_came()
        if self._documents.changed(uri) > arrived:
            if pull:
                raise OutdatedDiagnostics("the text has changed", data={"retriggerRequest": True})
            raise Outdated("the text has changed")


def keep_quiet() -> None:
    """Leave out of the log what is no mistake of anyone's: that a request was refused because its text has changed."""
    logging.getLogger("pygls.protocol.json_rpc").addFilter(_is_mistake)


def _is_mistake(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    late = "Cancel notification for unknown message id" in str(record.msg)
    return not late and not isinstance(error, Outdated | OutdatedDiagnostics)
