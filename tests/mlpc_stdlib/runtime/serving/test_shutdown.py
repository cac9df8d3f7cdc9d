"""SIGTERM: what has arrived is answered, clients are told to leave, and the status is 0."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from .servers import serving
from .test_limits import send_head
from .test_predictions import ROW

BODY = json.dumps(ROW).encode()
REQUEST = (
    b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: "
    + str(len(BODY)).encode()
    + b"\r\n\r\n"
    + BODY
)


class Client(threading.Thread):
    """Asks again and again, on one connection as long as it is let, until nobody takes connections any more.

    ``lost`` counts requests that were sent on an accepted connection, of which nothing came back.
    """

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port = port
        self.answered = 0
        self.lost: list[str] = []

    def run(self) -> None:
        while True:
            try:
                connection = socket.create_connection(("127.0.0.1", self.port), timeout=20)
            except OSError:
                return
            with connection:
                while self.ask(connection):
                    pass

    def ask(self, connection: socket.socket) -> bool:
        """Send one request; say whether the connection may be used again."""
        received = b""
        first = self.answered
        try:
            connection.sendall(REQUEST)
            while True:
                more = connection.recv(65536)
                received += more
                head, end, body = received.partition(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]) if end else 0
                if end and len(body) >= length:
                    break
                if not more:
                    raise ConnectionError("closed without an answer")
        except OSError as error:
            self.lost.append(f"after {first}: {error!r} {received!r}")
            return False
        assert head.startswith(b"HTTP/1.1 200"), received
        self.answered += 1
        return b"connection: close" not in head.lower()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_shutdown_under_load_loses_no_accepted_request(
    bundle: Path, tmp_path: Path, full: bool, workers: int
) -> None:
    for round in range(10 if full else 2):
        with serving(bundle, tmp_path / str(round), workers=workers) as server:
            clients = [Client(server.port) for _ in range(8)]
            for client in clients:
                client.start()
            time.sleep(0.5)
            start = time.monotonic()
            assert server.end() == 0
            assert time.monotonic() - start < 10
            for client in clients:
                client.join(20)
            assert [client.lost for client in clients] == [[]] * 8
            assert all(client.answered > 5 for client in clients)
        assert "Traceback" not in server.log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_server_ends_at_once(bundle: Path, tmp_path: Path, number: signal.Signals) -> None:
    with serving(bundle, tmp_path) as server:
        server.ask(ROW)
        start = time.monotonic()
        server.process.send_signal(number)
        assert server.process.wait(10) == 0
        assert time.monotonic() - start < 3
    result = json.loads((tmp_path / "result.json").read_bytes())
    assert result["status"] == "done"


def test_a_request_that_is_being_sent_is_answered(bundle: Path, tmp_path: Path) -> None:
    with serving(bundle, tmp_path) as server:
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        with connection:
            connection.sendall(REQUEST[:-10])
            time.sleep(0.2)
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.8)
            connection.sendall(REQUEST[-10:])
            answer = connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200 OK")
            assert b"connection: close" in answer.lower()
        assert server.process.wait(10) == 0


def test_on_the_way_out_it_is_not_ready(bundle: Path, tmp_path: Path) -> None:
    with serving(bundle, tmp_path) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.1)
            connection.sendall(b"GET /ready HTTP/1.1\r\nhost: x\r\n\r\n")
            answer = b""
            while more := connection.recv(4096):
                answer += more
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"\r\nconnection: close\r\n" in answer.lower()
        assert answer.endswith(b'{"detail": "on the way out"}')
        assert server.process.wait(10) == 0


def test_a_client_that_never_finishes_does_not_hold_it_up(bundle: Path, tmp_path: Path) -> None:
    with serving(bundle, tmp_path, limits__time=60) as server:
        connection = send_head(server.port)
        time.sleep(0.2)
        start = time.monotonic()
        assert server.end() == 0
        assert time.monotonic() - start < 10
        connection.close()
