"""Runs what pages show: the commands of a `console` block, beside the files above it, and compares what comes out.

In what is shown, `…` stands for anything within a line, a line of `…` alone for any lines. `(exit code 1)` is the last
line where a command ends with another code than 0. A command that ends with `&` goes on until the page ends. The port 8000 is
replaced by one that is free.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.mlpc_cli.command import environment
from tools.documentation.examples import Fence

PORT = "8000"


class Told(Exception):
    """A page shows something else than what comes out."""


class Story:
    """One page, told in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self._running: list[subprocess.Popen[bytes]] = []
        self._variables = environment(
            COLUMNS="100", PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        )

    def tell(self, fence: Fence) -> None:
        """Write a file that the page shows, or run its commands.

        Raises:
            Told: what comes out is not what the page shows.
        """
        if fence.path:
            file = self.folder / fence.path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(fence.text, encoding="utf-8")
        elif fence.language == "console":
            for command, shown in _commands(fence.text):
                self._run(command, shown, fence)

    def _run(self, command: str, shown: str, fence: Fence) -> None:
        command, shown = (text.replace(PORT, str(self.port)) for text in (command, shown))
        if command.startswith("cd "):
            self.folder = self.folder / command[3:].strip()
            return
        if command.endswith("&"):
            process = subprocess.Popen(
                ["bash", "-c", f"exec {command[:-1]}"],
                cwd=self.folder,
                env=self._variables,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._running.append(process)
            self._wait()
            return
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self._variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=900,
            check=False,
        )
        found = done.stdout.decode()
        if done.returncode:
            found += f"(exit code {done.returncode})\n"
        if not matches(shown, found):
            raise Told(f"line {fence.line}: `{command}` is shown as\n{shown}\nand comes to\n{found}")

    def _wait(self) -> None:
        """Wait until something listens where the page says."""
        for _ in range(1200):
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self._running[-1].poll() is not None:
                break
            time.sleep(0.1)
        output = self._running[-1].stdout
        raise Told(f"nothing listens on {self.port}: {output.read().decode() if output else ''}")

    def end(self) -> None:
        """Stop what was started."""
        for process in self._running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.communicate(timeout=60)


def matches(shown: str, found: str) -> bool:
    """Return whether ``found`` is what a page shows."""
    lines = shown.rstrip("\n").split("\n")
    pattern = ""
    for line in lines:
        inside = r"[^\n]*".join(map(re.escape, line.rstrip().split("…")))
        pattern += r"(?:[^\n]*\n)*?" if line.strip() == "…" else inside + r"\n"
    text = "".join(f"{line.rstrip()}\n" for line in found.rstrip("\n").split("\n"))
    return re.fullmatch(pattern, text) is not None


def _commands(text: str) -> list[tuple[str, str]]:
    """Return each command of a block with what is shown below it."""
    found: list[tuple[str, str]] = []
    for line in text.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append((line[2:].rstrip("\n"), ""))
        elif found and found[-1][0].endswith("\\") and not found[-1][1]:
            found[-1] = (found[-1][0][:-1] + line.strip(), "")
        else:
            command, shown = found[-1]
            found[-1] = (command, shown + line)
    return found


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
    assert isinstance(port, int)
    return port
