"""What one request may ask for, and how many may ask at once."""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path

import pytest

from .servers import Server, serving
from .test_predictions import ROW


def test_a_body_that_is_too_large(server: Server) -> None:
    answer = server.client.post("/predict", content=b" " * 20_001)
    assert (answer.status_code, answer.json()) == (413, {"detail": "the body is larger than 20000 bytes"})


def test_a_body_that_just_fits(server: Server) -> None:
    body = json.dumps(ROW).encode()
    assert server.client.post("/predict", content=body + b" " * (20_000 - len(body))).status_code == 200


def test_a_body_of_unsaid_length(server: Server) -> None:
    """A chunked body is counted as it arrives."""
    chunks = [json.dumps(ROW).encode(), *[b" " * 1000] * 30]
    assert server.client.post("/predict", content=iter(chunks)).status_code == 413
    assert server.client.post("/predict", content=iter(chunks[:10])).status_code == 200


def test_a_large_body_does_not_break_the_connection(server: Server) -> None:
    """The answer is read by a client that sends all before it reads, and the connection goes on."""
    for _ in range(3):
        assert server.client.post("/predict", content=b"x" * 300_000).status_code == 413
        assert server.ask(ROW).status_code == 200


def send_head(port: int) -> socket.socket:
    """Open a request and keep its body back."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.sendall(
        b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"
    )
    return connection


def test_too_many_at_once_are_told_to_try_again(bundle: Path, tmp_path: Path) -> None:
    with serving(bundle, tmp_path, limits__concurrency=2, limits__time=20) as server:
        waiting = [send_head(server.port) for _ in range(2)]
        deadline = time.monotonic() + 10
        while "mlpc_requests_in_flight 2.0" not in server.client.get("/metrics").text:
            assert time.monotonic() < deadline
        answer = server.ask(ROW)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.json() == {"detail": "2 predictions are being answered; try again"}
        assert server.client.get("/health").status_code == 200
        for connection in waiting:
            connection.close()
        while server.ask(ROW).status_code != 200:
            assert time.monotonic() < deadline
    assert "Traceback" not in server.log


def test_a_body_that_does_not_arrive(bundle: Path, tmp_path: Path) -> None:
    with serving(bundle, tmp_path, limits__time=0.3) as server:
        connection = send_head(server.port)
        start = time.monotonic()
        answer = b""
        while not answer.endswith(b"}"):
            answer += connection.recv(4096)
        assert 0.2 < time.monotonic() - start < 5
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert answer.endswith(b'{"detail": "the body did not arrive within 0.3 s"}')
        connection.close()
        assert server.ask(ROW).status_code == 200


def test_a_large_batch_does_not_hold_up_small_requests(bundle: Path, tmp_path: Path) -> None:
    with serving(bundle, tmp_path, limits__rows=100_000, limits__body=50_000_000, limits__time=60) as server:
        batch = json.dumps({"rows": [ROW] * 40_000}).encode()
        done = threading.Event()
        statuses = []

        def ask() -> None:
            statuses.append(server.client.post("/predict", content=batch).status_code)
            done.set()

        thread = threading.Thread(target=ask)
        thread.start()
        answered = 0
        while not done.is_set():
            assert server.ask(ROW).status_code == 200
            answered += 1
        thread.join()
        assert statuses == [200]
        assert answered > 3


@pytest.mark.parametrize("threads", [1, 2])
def test_many_clients_at_once(bundle: Path, tmp_path: Path, threads: int) -> None:
    with serving(bundle, tmp_path, threads=threads) as server:
        answers: list[bytes] = []

        def ask() -> None:
            answers.extend(server.ask(ROW).content for _ in range(20))

        clients = [threading.Thread(target=ask) for _ in range(8)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        assert len(answers) == 160
        assert len(set(answers)) == 1
