"""What lies in a real server that speaks S3, for those who write to it through fsspec."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.stores import server
from tests.stores.server import BUCKET

__all__ = ["BUCKET", "Objects", "serving"]


class Objects:
    """What lies in the bucket of the server."""

    def __init__(self, variables: dict[str, str]) -> None:
        self.variables = {**variables, "AWS_DEFAULT_REGION": variables["AWS_REGION"]}

    def _files(self) -> Any:
        import fsspec

        return fsspec.filesystem(
            "s3",
            key=self.variables["AWS_ACCESS_KEY_ID"],
            secret=self.variables["AWS_SECRET_ACCESS_KEY"],
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
def serving(folder: Path) -> Iterator[Objects]:
    """Serve until the end of the block; the log lies in ``folder``."""
    with server.s3(folder) as store:
        yield Objects(store.variables())
