"""Real servers that speak as object stores do, each in a process and an environment of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.engines import python_with

REGION = "eu-central-1"
#: A bucket that is there.
BUCKET = "clinic"


class S3:
    """The server: ``port`` on every address of this machine, credentials as variables by who they are of."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.port = int(told["port"])
        self.reader: dict[str, str] = told["reader"]
        self.session: dict[str, str] = told["session"]
        self.stranger: dict[str, str] = told["stranger"]

    def variables(self, host: str = "127.0.0.1", who: dict[str, str] | None = None) -> dict[str, str]:
        """What tells a step of the store: credentials (of the reader unless told), endpoint, region."""
        address = f"http://{host}:{self.port}"
        return {**(who or self.reader), "AWS_ENDPOINT_URL": address, "AWS_REGION": REGION}

    def put(self, key: str, content: bytes) -> str:
        """Put an object into the bucket; return its address."""
        from pyarrow import fs

        store = fs.S3FileSystem(
            access_key=self.reader["AWS_ACCESS_KEY_ID"],
            secret_key=self.reader["AWS_SECRET_ACCESS_KEY"],
            endpoint_override=f"127.0.0.1:{self.port}",
            region=REGION,
            scheme="http",
        )
        with store.open_output_stream(f"{BUCKET}/{key}") as file:
            file.write(content)
        return f"s3://{BUCKET}/{key}"


class Google:
    """A server that asks for no credentials."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.port = int(told["port"])

    def variables(self, host: str = "127.0.0.1") -> dict[str, str]:
        """What tells a step of it."""
        return {"CLOUD_STORAGE_EMULATOR_ENDPOINT": f"http://{host}:{self.port}"}

    def put(self, key: str, content: bytes) -> str:
        """Put an object into the bucket; return its address."""
        from pyarrow import fs

        store = fs.GcsFileSystem(anonymous=True, scheme="http", endpoint_override=f"127.0.0.1:{self.port}")
        with store.open_output_stream(f"{BUCKET}/{key}") as file:
            file.write(content)
        return f"gs://{BUCKET}/{key}"


@contextmanager
def s3(folder: Path) -> Iterator[S3]:
    """Serve until the end of the block; the log lies in ``folder``."""
    with _serving("s3", "serve_s3.py", folder / "s3.log") as told:
        yield S3(told)


@contextmanager
def google(folder: Path) -> Iterator[Google]:
    """The same for Google's."""
    with _serving("gcs", "serve_gcs.py", folder / "gcs.log") as told:
        yield Google(told)


@contextmanager
def _serving(lock: str, script: str, log: Path) -> Iterator[dict[str, Any]]:
    command = [str(python_with(lock)), str(Path(__file__).with_name(script))]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            line = next((line for line in process.stdout if line.startswith(b"{")), b"")
            assert line, log.read_text(errors="replace")
            yield json.loads(line)
        finally:
            process.stdin.close()
            process.wait(30)
