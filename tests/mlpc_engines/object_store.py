"""A real server that speaks S3, in a process and an environment of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.engines import python_with

BUCKET = "clinic"


class Objects:
    """What lies in the bucket of the server."""

    def __init__(self, port: int) -> None:
        self.variables = {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        }

    def _files(self) -> Any:
        import fsspec

        return fsspec.filesystem(
            "s3",
            key="test",
            secret="test",
            endpoint_url=self.variables["AWS_ENDPOINT_URL"],
            use_listings_cache=False,
            skip_instance_cache=True,
        )

    def all(self) -> dict[str, Any]:
        """When each object was written last, by key."""
        found = self._files().find(BUCKET, detail=True)
        return {path: each["LastModified"] for path, each in found.items()}

    def read(self, uri: str) -> bytes:
        content: bytes = self._files().cat_file(uri)
        return content

    def write(self, uri: str, content: bytes) -> None:
        self._files().pipe_file(uri, content)


@contextmanager
def serving(log: Path) -> Iterator[Objects]:
    """Serve until the end of the block."""
    command = [str(python_with("s3")), str(Path(__file__).parent / "inside" / "serve_s3.py"), BUCKET]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            told = process.stdout.readline()
            assert told, log.read_text(errors="replace")
            yield Objects(int(told))
        finally:
            process.stdin.close()
            process.wait(30)
