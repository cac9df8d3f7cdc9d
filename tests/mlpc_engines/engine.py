"""Installs and starts what the tests of engines need. Nothing that was there before is changed or stopped."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.engines import made
from tests.mlpc_cli.command import EXECUTABLE, Answer, environment
from tests.system import install

ROOT = Path(__file__).resolve().parents[2]
BASE = "python:3.11-slim"


def call(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def mlpc(*arguments: str, cwd: Path, variables: dict[str, str]) -> Answer:
    """Run the command for as long as builds and runs in containers take."""
    done = subprocess.run(
        [EXECUTABLE, *arguments],
        cwd=cwd,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=2400,
        check=False,
    )
    return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())


@contextlib.contextmanager
def running(log: Path) -> Iterator[None]:
    """See to it that an engine answers, until the end of the block."""
    if shutil.which("docker") is None:
        install("docker.io")
    if call("docker", "info").returncode == 0:
        yield
        return
    if shutil.which("dockerd") is None:
        install("docker.io")
    with log.open("wb") as output, subprocess.Popen(["dockerd"], stdout=output, stderr=output) as process:
        try:
            for _ in range(240):
                if call("docker", "info").returncode == 0:
                    break
                if process.poll() is not None:
                    break
                time.sleep(0.25)
            else:
                process.terminate()
            if process.poll() is not None:
                raise RuntimeError(f"dockerd does not start:\n{log.read_text(errors='replace')[-2000:]}")
            yield
        finally:
            process.terminate()


def make_base_image() -> None:
    """Pull the base image, or make it of this machine's own files where no registry answers."""
    if call("docker", "image", "inspect", BASE).returncode == 0:
        return
    if call("docker", "pull", "--quiet", BASE).returncode == 0:
        return
    done = call("sh", str(ROOT / "tools" / "make_python_base_image.sh"))
    if done.returncode != 0:
        raise RuntimeError(f"{BASE} cannot be made:\n{done.stderr[-2000:]}")


@contextlib.contextmanager
def registry(folder: Path) -> Iterator[str]:
    """Serve a registry of images on this machine, which Debian has, until the end of the block; give its address."""
    program = "/usr/bin/docker-registry"
    if not Path(program).exists():
        install("docker-registry")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    config = folder / "config.yml"
    config.write_text(
        f"version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {folder}/images\nhttp:\n  addr: {address}\n",
        encoding="utf-8",
    )
    log = folder / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen([program, "serve", str(config)], stdout=output, stderr=output) as process,
    ):
        try:
            for _ in range(200):
                with contextlib.suppress(OSError), urllib.request.urlopen(f"http://{address}/v2/"):
                    break
                if process.poll() is not None:
                    raise RuntimeError(f"the registry does not start:\n{log.read_text(errors='replace')}")
                time.sleep(0.05)
            yield address
        finally:
            process.terminate()


def compose_2() -> str:
    """Return the program of Compose v2, from the Python package that carries it."""
    python = made("compose-2.40.3", ROOT / "requirements" / "compose.txt")
    folder = call(str(python), "-c", "import compose; print(compose.__path__[0])").stdout.strip()
    return str(Path(folder) / "docker-compose")


def compose_1() -> str:
    """Return the program of Compose 1.29, which Debian has."""
    for path in map(shutil.which, ("/usr/bin/docker-compose", "docker-compose")):
        if path and call(path, "version", "--short").stdout.startswith("1."):
            return path
    install("docker-compose")
    return "/usr/bin/docker-compose"
