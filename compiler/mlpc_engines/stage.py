"""An object store, under one address: data of the project is put there, and what steps told is read from there.

What is put has its digest in its address, so that what did not change is there already, and a run names what it read.
"""

from __future__ import annotations

import json
import os
import re
import sys

from mlpc.codes import INPUT_CHANGED, NO_STAGE, NO_SUCH_INPUT, STAGING_FAILED

from .errors import FINDINGS, SubmitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

#: Schemes that Kubeflow brings to a task; `minio` is S3 at an address of its own.
_SCHEMES = ("s3", "gs", "minio")
_ADDRESS = re.compile(r"([a-z0-9]+)://([A-Za-z0-9][A-Za-z0-9._-]*)((?:/[A-Za-z0-9._=-]+)*)/*\Z")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_BLOCK = 1 << 20
#: Modules whose exceptions say that a store does not do what it is asked to, and their names there.
_ERRORS = {
    "botocore.exceptions": ("BotoCoreError", "ClientError", "HTTPClientError"),
    "aiohttp": ("ClientError",),
    "gcsfs.retry": ("HttpError",),
    "google.auth.exceptions": ("GoogleAuthError",),
}


class Staged:
    """What was put: ``path`` in the project, ``digest``, its address ``uri``; ``new`` says whether it was uploaded."""

    __slots__ = ("digest", "new", "path", "uri")

    def __init__(self, path: str, digest: str, uri: str, new: bool) -> None:
        self.path = path
        self.digest = digest
        self.uri = uri
        self.new = new


class Stage:
    """The store at ``url``, such as `s3://bucket/folder`."""

    def __init__(self, url: str) -> None:
        """Look at the address; nothing is asked yet.

        Raises:
            SubmitError: it is none, or what speaks to such a store is not installed.
        """
        found = _ADDRESS.match(url)
        if not found or found[1] not in _SCHEMES or {".", ".."}.intersection(found[3].split("/")):
            raise SubmitError(
                NO_STAGE,
                f"`{url}` is no address of an object store"
                if "@" not in url
                else "the address of the object store holds a user",
                "it looks like `s3://bucket/folder`, `gs://bucket/folder` or `minio://bucket/folder`",
                exit_code=FINDINGS,
            )
        self.url = url.rstrip("/")
        self._scheme = found[1]
        try:
            import fsspec

            protocol = "s3" if self._scheme == "minio" else self._scheme
            self._files: Any = fsspec.filesystem(protocol, **_options(self._scheme))
        except ImportError as error:
            needed = getattr(error, "name", None) or str(error)
            raise SubmitError(
                STAGING_FAILED,
                f"what speaks to a store like `{self._scheme}://` is not installed ({needed})",
                "pip install gcsfs" if self._scheme == "gs" else 'pip install "mlpc[kubeflow]"',
            ) from None
        self._root = found[2] + found[3]

    @property
    def runs(self) -> str:
        """The address under which runs put what they make."""
        return f"{self.url}/runs"

    def put(self, root: str, path: str) -> Staged:
        """Upload a file or folder of the project at ``root``, if its content is not there yet.

        Raises:
            SubmitError: it cannot be read, changes meanwhile, or the store does not take it.
        """
        whole = os.path.join(root, *path.split("/"))
        try:
            digest, files = _digest(whole)
        except OSError as error:
            raise SubmitError(
                NO_SUCH_INPUT, f"`{path}` cannot be read: {error.strerror} ({error.filename})"
            ) from None
        name = _UNSAFE.sub("-", path.rpartition("/")[2]).strip(".-") or "data"
        inner = f"data/{digest.replace(':', '-')}/{name}"
        base = f"{self._root}/{inner}"
        with self._asked("does not take the data"):
            self._files.invalidate_cache()
            there = {
                str(found["name"]): int(found["size"] or 0)
                for found in self._files.find(base, detail=True).values()
            }
            todo = [
                (file, target)
                for inside, (file, seen) in files.items()
                if there.get(target := f"{base}/{inside}" if inside else base) != seen.st_size
            ]
            for file, target in todo:
                self._files.put_file(file, target)
        for file, seen in files.values():
            if _changed(file, seen):
                raise SubmitError(INPUT_CHANGED, f"`{path}` changed while it was uploaded", "submit again")
        return Staged(path, digest, f"{self.url}/{inner}", bool(todo))

    def records(self, pipeline: str, run: str, name: str) -> dict[str, dict[str, Any]]:
        """Return what the tasks of a run told in artefacts called ``name``, where this is the root of the pipeline: by
        node, ``record`` and ``given``.

        Raises:
            SubmitError: the store does not let it be read.
        """
        found: dict[str, dict[str, Any]] = {}
        with self._asked("does not tell what the steps measured"):
            self._files.invalidate_cache()
            paths = [
                path
                for path in self._files.find(f"{self._root}/{pipeline}/{run}")
                if path.rpartition("/")[2] == name
            ]
            for content in self._files.cat(paths).values() if paths else ():
                try:
                    told = json.loads(content)
                    found[str(told["node"])] = {"record": {**told["record"]}, "given": {**told["given"]}}
                except (ValueError, TypeError, KeyError):
                    continue  # it is not ours
        return found

    def _asked(self, what: str) -> _Asked:
        return _Asked(f"the store at {self.url} {what}")


class _Asked:
    """Turns what libraries of stores raise into a SubmitError."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if error is None or not isinstance(error, tuple(_known())):
            return
        said = " ".join(str(error).split())[:300] or type(error).__name__
        help = [
            "are its address and the credentials right? `AWS_ENDPOINT_URL` says where a store other than AWS is"
        ]
        if isinstance(error, FileNotFoundError):
            help = ["the bucket has to be there: it is not made"]
        raise SubmitError(STAGING_FAILED, f"{self._what}: {said}", *help) from None


def _known() -> Iterator[type[BaseException]]:
    yield from (OSError, ValueError, TimeoutError)
    for module, names in _ERRORS.items():
        found = sys.modules.get(module)
        for name in names:
            error = getattr(found, name, None)
            if isinstance(error, type):
                yield error


def _options(scheme: str) -> dict[str, Any]:
    """Return what a file system is told: attempts are few, and what was listed once is asked anew.

    Raises:
        SubmitError: MinIO is to be used, and nothing says where it is.
    """
    if scheme == "gs":
        return {"use_listings_cache": False}
    if scheme == "minio" and not (
        os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    ):
        raise SubmitError(
            NO_STAGE,
            "nothing says where MinIO is reached from here",
            "set AWS_ENDPOINT_URL, such as http://localhost:9000",
        )
    return {
        "use_listings_cache": False,
        "config_kwargs": {"connect_timeout": 10, "read_timeout": 60, "retries": {"max_attempts": 3}},
    }


def _digest(path: str) -> tuple[str, dict[str, tuple[str, os.stat_result]]]:
    """Return the digest of a file or folder as steps compute it, and its files with what they looked like before.

    Raises:
        OSError: something in it cannot be read, or is neither file nor folder.
    """
    from hashlib import sha256

    if not os.path.isdir(path):
        seen = os.stat(path)
        return f"sha256:{_of_file(path, seen)}", {"": (path, seen)}
    files: dict[str, tuple[str, os.stat_result]] = {}
    lines: list[tuple[str, str]] = []
    pending = [""]
    while pending:
        inside = pending.pop()
        entries = list(os.scandir(os.path.join(path, inside)))
        if not entries and inside:
            lines.append((inside, "-"))
        for entry in entries:
            name = inside + entry.name
            if entry.is_dir(follow_symlinks=False):
                pending.append(name + "/")
                continue
            files[name] = (entry.path, entry.stat())
            lines.append((name, _of_file(entry.path, entry.stat())))
    listing = "".join(f"{digest} {name}\n" for name, digest in sorted(lines))
    return f"tree:{sha256(listing.encode('utf-8', 'surrogatepass')).hexdigest()}", files


def _of_file(path: str, seen: os.stat_result) -> str:
    import stat
    from hashlib import sha256

    if not stat.S_ISREG(seen.st_mode):
        raise OSError(22, "this is neither a file nor a folder", path)
    found = sha256()
    with open(path, "rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


def _changed(path: str, seen: os.stat_result) -> bool:
    try:
        now = os.stat(path)
    except OSError:
        return True
    return (now.st_size, now.st_mtime_ns, now.st_ino) != (seen.st_size, seen.st_mtime_ns, seen.st_ino)
