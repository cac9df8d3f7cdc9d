"""What one server is told, besides its model."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Limits:
    """How much one request may ask for, and how many may ask at once.

    ``body`` in bytes; ``rows`` of one request; ``concurrency`` predictions that are being answered at once by
    one process; ``time`` in seconds, for the body to arrive and again for the answer.
    """

    __slots__ = ("body", "concurrency", "rows", "time")

    def __init__(
        self, body: int = 4 * 2**20, rows: int = 1000, concurrency: int = 128, time: float = 10.0
    ) -> None:
        self.body = int(body)
        self.rows = int(rows)
        self.concurrency = int(concurrency)
        self.time = float(time)

    def to_json(self) -> dict[str, Any]:
        """Return the limits as `/model` shows them."""
        return {"body": self.body, "rows": self.rows, "concurrency": self.concurrency, "time": self.time}


class Settings:
    """Where to serve what.

    ``folder`` holds the model; ``threads`` is how many onnxruntime may use in all, shared by ``workers``
    processes; ``log`` is ``quiet`` or ``json`` (one line a request on standard output); ``facts`` are shown at
    `/model` (``figures`` among them).
    """

    __slots__ = ("facts", "folder", "host", "limits", "log", "port", "threads", "title", "workers")

    def __init__(
        self,
        folder: str,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        title: str = "model",
        workers: int = 1,
        threads: int = 1,
        limits: Limits | None = None,
        log: str = "quiet",
        facts: dict[str, Any] | None = None,
    ) -> None:
        self.folder = folder
        self.host = host
        self.port = port
        self.title = title
        self.workers = workers
        self.threads = threads
        self.limits = limits or Limits()
        self.log = log
        self.facts = facts or {}

    @property
    def url(self) -> str:
        """Where a person on this machine finds the server."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"
