"""The server against a minimal FastAPI app over the same model: requests per second and p99, as ratios.

Both run under uvicorn with the same settings and one thread of onnxruntime, both answer the same row; rounds
alternate, and the medians of the ratios of neighbouring rounds are printed.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.benchmarks.load import Load, put
from tests.benchmarks.measure import ROOT, environment

CONNECTIONS = (1, 16)
ROUNDS = 7
SECONDS = 2.0


def free_port() -> int:
    """Return a port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start_ours(bundle: Path, folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Start the server through the step contract."""
    task = {
        "contract": 1,
        "task": "api",
        "action": {"kind": "runtime", "target": "mlpc_stdlib.runtime.serve", "function": "server"},
        "inputs": {"model": {"path": str(bundle), "type": {"type": "model"}, "digest": ""}},
        "result": str(folder / "result.json"),
        "service": {"host": "127.0.0.1", "port": port},
        "threads": 1,
    }
    file = folder / "task.json"
    file.write_text(json.dumps(task), encoding="utf-8")
    return _start(folder / "ours.log", "mlpc_stdlib.runtime", "--task", str(file))


def start_minimal(bundle: Path, folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Start the app that ours is measured against."""
    return _start(folder / "minimal.log", "tests.benchmarks.minimal_app", str(bundle), str(port))


def _start(log: Path, *arguments: str) -> subprocess.Popen[bytes]:
    with log.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, "-m", *arguments], cwd=ROOT, env=environment(), stdout=file, stderr=file
        )


def wait(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    """Wait until something answers on ``port``.

    Raises:
        RuntimeError: the process ended, or nothing answers within a minute.
    """
    for _ in range(600):
        if process.poll() is not None:
            logs = "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.log")))
            raise RuntimeError(f"a server ended with status {process.returncode}\n{logs}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
                probe.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
                if probe.recv(1):
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the server does not answer")


def compare(bundle: Path, rounds: int = ROUNDS, seconds: float = SECONDS) -> list[str]:
    """Return a line for each number of connections."""
    body = json.dumps(json.loads((bundle / "signature.json").read_bytes())["example"]).encode()
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        ports = free_port(), free_port()
        processes = [
            start_ours(bundle, Path(folder), ports[0]),
            start_minimal(bundle, Path(folder), ports[1]),
        ]
        try:
            for process, port in zip(processes, ports, strict=True):
                wait(process, port, Path(folder))
                put(port, body, connections=4, seconds=min(1.0, seconds))
            for connections in CONNECTIONS:
                pairs: list[tuple[Round, Round]] = []
                for number in range(rounds):
                    # Who goes first alternates.
                    order = (0, 1) if number % 2 == 0 else (1, 0)
                    found = {
                        which: _measured(processes[which], ports[which], body, connections, seconds)
                        for which in order
                    }
                    pairs.append((found[0], found[1]))
                lines.append(_line(connections, pairs))
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(15)
    return lines


class Round:
    """One round against one server: ``rate`` in requests/s, ``p99`` and ``cpu`` (a request) in seconds."""

    def __init__(self, load: Load, cpu: float) -> None:
        self.rate = load.rate
        self.p99 = load.quantile(0.99)
        self.cpu = cpu / len(load.latencies)


def _measured(
    process: subprocess.Popen[bytes], port: int, body: bytes, connections: int, seconds: float
) -> Round:
    before = _cpu(process.pid)
    load = put(port, body, connections=connections, seconds=seconds)
    return Round(load, _cpu(process.pid) - before)


def _cpu(pid: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _line(connections: int, pairs: list[tuple[Round, Round]]) -> str:
    rate = median(ours.rate / theirs.rate for ours, theirs in pairs)
    late = median(theirs.p99 / ours.p99 for ours, theirs in pairs)
    cpu = median(theirs.cpu / ours.cpu for ours, theirs in pairs)
    ours_p99, theirs_p99 = (1000 * median(pair[which].p99 for pair in pairs) for which in (0, 1))
    ours_cpu, theirs_cpu = (1e6 * median(pair[which].cpu for pair in pairs) for which in (0, 1))
    ours_rate, theirs_rate = (median(pair[which].rate for pair in pairs) for which in (0, 1))
    return (
        f"server against minimal FastAPI, {connections:2} connections (at least 0.90x each): "
        f"requests/s {rate:.2f}x ({ours_rate:.0f}, {theirs_rate:.0f}); "
        f"p99 {late:.2f}x ({ours_p99:.2f} ms, {theirs_p99:.2f} ms); "
        f"CPU a request {cpu:.2f}x ({ours_cpu:.0f} us, {theirs_cpu:.0f} us)"
    )


def main(bundle: Path) -> None:
    """Print the ratios for the bundle in a folder."""
    for line in compare(bundle):
        print(line, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
