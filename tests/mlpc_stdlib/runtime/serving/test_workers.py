"""Several processes answer on one port, and are one server to the outside."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .servers import Server, serving
from .test_metrics import of, scrape
from .test_predictions import ROW
from .test_shutdown import REQUEST


def children(pid: int) -> list[int]:
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.fixture
def pair(bundle: Path, tmp_path: Path) -> Iterator[Server]:
    with serving(bundle, tmp_path, replicas=[2, 4], threads=2) as server:
        yield server


def ask_anew(server: Server) -> int:
    """Ask on a connection of its own."""
    import httpx

    return httpx.post(f"{server.url}/predict", json=ROW, timeout=20).status_code


def test_a_scrape_of_any_tells_of_all(pair: Server) -> None:
    assert len(children(pair.process.pid)) == 2
    for _ in range(30):
        assert ask_anew(pair) == 200
    samples = scrape(pair)
    assert of(samples, "mlpc_rows_total") == 30
    assert of(samples, "mlpc_requests_total", path="/predict", status="200") == 30
    assert of(samples, "mlpc_request_duration_seconds_count", path="/predict") == 30
    assert of(samples, "mlpc_requests_in_flight") == 0
    assert [value for (name, _), value in samples.items() if name == "mlpc_build_info"] == [1]


def test_one_that_dies_is_replaced(pair: Server) -> None:
    before = children(pair.process.pid)
    os.kill(before[0], signal.SIGKILL)
    deadline = time.monotonic() + 20
    while len(children(pair.process.pid)) < 2 or before[0] in children(pair.process.pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert f"worker {before[0]} ended with status -9; another takes its place" in pair.log
    while True:
        # A connection that the dead one held is lost; new ones are answered.
        try:
            assert ask_anew(pair) == 200
            break
        except OSError:
            assert time.monotonic() < deadline
    before_cpu = cpu(pair.process.pid)
    time.sleep(0.5)
    assert cpu(pair.process.pid) - before_cpu < 0.2
    assert pair.end() == 0


def cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_ctrl_c_on_the_whole_group_still_answers_what_has_arrived(pair: Server) -> None:
    workers = children(pair.process.pid)
    with socket.create_connection(("127.0.0.1", pair.port), timeout=20) as connection:
        for pid in (pair.process.pid, *workers):
            os.kill(pid, signal.SIGINT)
        connection.sendall(REQUEST)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 OK")
    assert pair.process.wait(10) == 0
    assert "Traceback" not in pair.log


def test_none_outlives_the_first(pair: Server) -> None:
    workers = children(pair.process.pid)
    pair.process.kill()
    pair.process.wait()
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() and not zombie(pid) for pid in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_nothing_is_left_in_the_temporary_directory(pair: Server) -> None:
    import tempfile

    before = {path.name for path in Path(tempfile.gettempdir()).glob("mlpc-metrics-*")}
    assert pair.end() == 0
    after = {path.name for path in Path(tempfile.gettempdir()).glob("mlpc-metrics-*")}
    assert len(before - after) >= 1
