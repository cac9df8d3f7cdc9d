"""A load generator: many connections, one request after another on each, every answer read whole and checked."""

from __future__ import annotations

import asyncio
import time


class Load:
    """What a run of load saw: ``seconds`` in all, the latency of each request in seconds."""

    def __init__(self, seconds: float, latencies: list[float]) -> None:
        self.seconds = seconds
        self.latencies = sorted(latencies)

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.latencies) / self.seconds

    def quantile(self, share: float) -> float:
        """Latency in seconds that ``share`` of the requests did not exceed."""
        return self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


class _Client(asyncio.Protocol):
    """One connection that sends the same request again as soon as it was answered."""

    def __init__(self, request: bytes, until: float, latencies: list[float]) -> None:
        self._request = request
        self._until = until
        self._latencies = latencies
        self._received = b""
        self._sent = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._received[:end].lower()
        at = head.index(b"content-length:") + 15
        length = int(head[at:].split(b"\r\n", 1)[0])
        if len(self._received) < end + 4 + length:
            return
        now = time.perf_counter()
        self._latencies.append(now - self._sent)
        if not head.startswith(b"http/1.1 200"):
            self._stop(RuntimeError(self._received[:500].decode()))
            return
        self._received = b""
        if now >= self._until:
            self._stop(None)
        else:
            self._send()

    def connection_lost(self, error: Exception | None) -> None:
        self._stop(error or ConnectionError("the server closed the connection"))

    def _stop(self, error: Exception | None) -> None:
        if not self.done.done():
            if error is None:
                self.done.set_result(None)
            else:
                self.done.set_exception(error)
            self._transport.close()


def request(port: int, body: bytes) -> bytes:
    """Return the bytes of a POST to `/predict`."""
    head = (
        f"POST /predict HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body


def put(port: int, body: bytes, *, connections: int, seconds: float) -> Load:
    """Keep ``connections`` busy for some seconds.

    Raises:
        RuntimeError: an answer had another status than 200.
        OSError: the server does not answer or closed a connection.
    """

    async def run() -> Load:
        loop = asyncio.get_running_loop()
        latencies: list[float] = []
        start = time.perf_counter()
        clients = [
            (
                await loop.create_connection(
                    lambda: _Client(request(port, body), start + seconds, latencies), "127.0.0.1", port
                )
            )[1]
            for _ in range(connections)
        ]
        await asyncio.gather(*(client.done for client in clients))
        return Load(time.perf_counter() - start, latencies)

    return asyncio.run(run())
