"""A client for any language server over standard input and output, that types and waits for diagnostics."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.measure import environment


class Keystroke:
    """What one keystroke cost the server: ``cpu`` seconds until its diagnostics were there, ``wall`` seconds until they came."""

    def __init__(self, cpu: float, wall: float) -> None:
        self.cpu = cpu
        self.wall = wall


class Client:
    """Has one file open. ``settings`` answer what the server asks for by ``workspace/configuration``."""

    def __init__(
        self, command: list[str], file: Path, language: str, settings: dict[str, object], *, pulls: bool
    ) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=file.parent,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._settings = settings
        self._uri = file.as_uri()
        self._number = 0
        self._pulls = pulls
        self.version = 1
        self.found: list[dict[str, Any]] = []
        abilities: dict[str, object] = {
            "textDocument": {
                "publishDiagnostics": {"versionSupport": True},
                **({"diagnostic": {}} if pulls else {}),
            },
            "workspace": {
                "configuration": True,
                "workspaceFolders": True,
                "diagnostics": {"refreshSupport": True},
            },
        }
        root = file.parent.as_uri()
        self.ask(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": root,
                "capabilities": abilities,
                "workspaceFolders": [{"uri": root, "name": "project"}],
            },
        )
        self.tell("initialized", {})
        self.tell("workspace/didChangeConfiguration", {"settings": settings})
        text = file.read_text(encoding="utf-8")
        item = {"uri": self._uri, "languageId": language, "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": item})
        self.diagnostics()

    def type(self, text: str, line: int, column: int, until: tuple[int, int] | None = None) -> Keystroke:
        """Put ``text`` in place of what stands up to ``until``, and wait for the diagnostics of the text as it is then."""
        before, start = self._cpu(), time.perf_counter()
        self.version += 1
        last, behind = until if until is not None else (line, column)
        place = {
            "start": {"line": line, "character": column},
            "end": {"line": last, "character": behind},
        }
        about = {"uri": self._uri, "version": self.version}
        self.tell(
            "textDocument/didChange",
            {"textDocument": about, "contentChanges": [{"range": place, "text": text}]},
        )
        self.found = self.diagnostics()
        return Keystroke(self._cpu() - before, time.perf_counter() - start)

    def diagnostics(self) -> list[dict[str, Any]]:
        """Return what the server says of the file as it is now, asked for or awaited."""
        if self._pulls:
            found = self.ask("textDocument/diagnostic", {"textDocument": {"uri": self._uri}})
            items: list[dict[str, Any]] = found["items"]
            return items
        while True:
            message = self._read()
            told = (
                message.get("params", {})
                if message.get("method") == "textDocument/publishDiagnostics"
                else {}
            )
            if told.get("uri") == self._uri and told.get("version", self.version) == self.version:
                items = told["diagnostics"]
                return items

    def ask(self, method: str, params: object) -> Any:
        """Return the answer to a request.

        Raises:
            RuntimeError: the server refuses it, or ends.
        """
        self._number += 1
        self._write({"id": self._number, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("id") == self._number and "method" not in message:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message.get("result")

    def tell(self, method: str, params: object) -> None:
        """Send a notification."""
        self._write({"method": method, "params": params})

    def close(self) -> None:
        """End the server."""
        self._process.kill()
        self._process.wait()

    def _write(self, message: dict[str, object]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        """Return the next message; what the server asks meanwhile is answered."""
        out = self._process.stdout
        assert out is not None
        length = 0
        while line := out.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if not length:
            raise RuntimeError("the language server has ended")
        message: dict[str, Any] = json.loads(out.read(length))
        if "method" in message and "id" in message:
            result: object = None
            if message["method"] == "workspace/configuration":
                result = [self._settings.get(item.get("section", "")) for item in message["params"]["items"]]
            self._write({"id": message["id"], "result": result})
        return message

    def _cpu(self) -> float:
        """Return the CPU seconds that the server has used, all its threads together."""
        with open(f"/proc/{self._process.pid}/schedstat", encoding="utf-8") as file:
            first = int(file.read().split()[0])
        total = 0
        for thread in os.listdir(f"/proc/{self._process.pid}/task"):
            try:
                with open(f"/proc/{self._process.pid}/task/{thread}/schedstat", encoding="utf-8") as file:
                    total += int(file.read().split()[0])
            except OSError:
                continue  # it has ended
        return max(first, total) / 1e9
