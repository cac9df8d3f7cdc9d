"""Fetches objects from object stores: S3 and what speaks like it, Google Cloud Storage, Azure.

Arrow's file systems do the work: whatever reads a table has them, so no step needs a package for it. Credentials,
region and endpoint are those of the environment; an address that holds any is refused.
"""

from __future__ import annotations

import os
import re

from . import codes
from .contract import StepError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

#: Schemes of addresses.
SCHEMES = ("s3", "gs", "gcs", "abfs", "abfss")
#: Variables whose values are secrets.
SECRETS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AZURE_CLIENT_SECRET",
)
#: Where a container has a file with credentials that no variable could name, by the variable.
FILES = {"GOOGLE_APPLICATION_CREDENTIALS": "/run/mlpc/stores/gs.json"}
#: Seconds in which a store has to take a connection, and how often it is tried.
PATIENCE = 10.0
_ATTEMPTS = 3
_SHORTEST = 8
#: Words in what a store says by which a fault of the network is known, and that it does not take the credentials.
_OFFLINE = (
    "NETWORK_CONNECTION",
    "resolve host",
    "Could not connect",
    "CURL error",
    "connection error",
    "timed out",
)
_BUSY = ("SLOW_DOWN", "SERVICE_UNAVAILABLE", "INTERNAL_FAILURE", "THROTTLING", "HTTP status 5", "UNAVAILABLE")
_REFUSALS = {
    "INVALID_ACCESS_KEY_ID": "the store does not know the access key",
    "SIGNATURE_DOES_NOT_MATCH": "the secret key is not that of the access key",
    "InvalidToken": "the session token is not valid",
    "ExpiredToken": "the session token has expired",
    "invalid_grant": "the credentials are not valid",
    "OAuth2 access token": "no credentials were found that are valid",
    "ACCESS_DENIED": "these credentials have no access to it",
    "PERMISSION_DENIED": "these credentials have no access to it",
    "UNAUTHENTICATED": "no credentials were found that are valid",
    "HTTP status 401": "no credentials were found that are valid",
    "HTTP status 403": "these credentials have no access to it",
}


def secrets(environment: Mapping[str, str]) -> list[str]:
    """Return the values in an environment that no log may hold.

    What is shorter than any provider's is that of a store for trials, such as `test`; masked, it would spoil what is told.
    """
    return [environment[name] for name in SECRETS if len(environment.get(name, "")) >= _SHORTEST]


def found_files() -> dict[str, str]:
    """Return the variables of the files with credentials that this container was given."""
    return {name: path for name, path in FILES.items() if os.path.isfile(path) and os.path.getsize(path)}


def fetch(url: str, path: str) -> None:
    """Copy the object at ``url`` to the local ``path``.

    Raises:
        StepError: it cannot be had; the code says whether the store cannot be reached, refuses, or has no such thing.
    """
    import shutil

    import pyarrow

    place = Place(url)
    try:
        store = _open(place)
    except (OSError, pyarrow.ArrowException, ValueError) as error:
        raise _refused(place, str(error)) from None
    try:
        with store.open_input_stream(f"{place.bucket}/{place.key}") as stream, open(path, "wb") as file:
            shutil.copyfileobj(stream, file, 1 << 20)
    except FileNotFoundError as error:
        raise _missing(place, store, str(error)) from None
    except (OSError, pyarrow.ArrowException, ValueError) as error:
        if getattr(error, "errno", None):
            raise  # of the local disk
        raise _refused(place, _reason(place, store, str(error))) from None


class Place:
    """An address in parts: ``scheme``, ``bucket``, ``key``; ``shown`` is what messages call it."""

    __slots__ = ("account", "bucket", "key", "scheme", "shown")

    def __init__(self, url: str) -> None:
        """Take an address apart.

        Raises:
            StepError: it lacks a part, or holds what belongs elsewhere.
        """
        from urllib.parse import unquote

        scheme, _, rest = url.partition("://")
        self.scheme = scheme.lower()
        host, _, path = rest.partition("/")
        path, query, _ = path.partition("?")
        self.account = ""
        before, at, after = host.rpartition("@")
        self.shown = f"{self.scheme}://{host if self.scheme.startswith('abfs') else after}/{path}"
        if at and self.scheme.startswith("abfs"):
            host, self.account = before, after
        elif at:
            raise StepError(
                codes.IMPOSSIBLE_SETTING,
                f"{self.shown} holds credentials, which do not belong into an address",
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment",
            )
        if query:
            raise StepError(
                codes.IMPOSSIBLE_SETTING,
                f"{self.shown} goes on with `?`, and an object store takes no options there",
                "region and endpoint are set by AWS_REGION and AWS_ENDPOINT_URL; a `?` in a name is written %3F",
            )
        self.bucket, self.key = unquote(host), unquote(path)
        if not self.bucket or not self.key or self.key.endswith("/"):
            raise StepError(
                codes.IMPOSSIBLE_SETTING,
                f"{self.shown} names no object: a bucket and a path are needed",
                f"it looks like {self.scheme}://bucket/folder/cells.csv",
            )


def _open(place: Place) -> Any:
    if place.scheme == "s3":
        return _s3(place)
    from pyarrow import fs

    if place.scheme in ("gs", "gcs"):
        from datetime import timedelta

        emulator = os.environ.get("CLOUD_STORAGE_EMULATOR_ENDPOINT")
        # Without a limit it goes on for a quarter of an hour.
        limit = timedelta(seconds=PATIENCE)
        if emulator:
            scheme, address = _endpoint("CLOUD_STORAGE_EMULATOR_ENDPOINT", emulator)
            return fs.GcsFileSystem(
                anonymous=True, scheme=scheme, endpoint_override=address, retry_time_limit=limit
            )
        return fs.GcsFileSystem(retry_time_limit=limit)
    account = place.account.partition(".")[0]
    if not account:
        raise StepError(
            codes.IMPOSSIBLE_SETTING,
            f"{place.shown} names no account",
            "it looks like abfs://container@account.dfs.core.windows.net/folder/cells.csv",
        )
    return fs.AzureFileSystem(account)


def _s3(place: Place) -> Any:
    from pyarrow import fs

    options: dict[str, Any] = {}
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"):
        if os.environ.get(name):
            options["scheme"], options["endpoint_override"] = _endpoint(name, os.environ[name])
            break
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region and not options:
        region = fs.resolve_s3_region(place.bucket)
    # What speaks like S3 elsewhere has one region, whatever it is called.
    options["region"] = region or "us-east-1"
    authorities = os.environ.get("AWS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
    if authorities:
        options["tls_ca_file_path"] = authorities
    # Buckets of an endpoint of one's own stand in the path: nothing resolves `bucket.host` there.
    return fs.S3FileSystem(
        connect_timeout=PATIENCE,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS),
        **options,
    )


def _endpoint(variable: str, value: str) -> tuple[str, str]:
    found = re.fullmatch(r"(https?)://([^/?#@\s]+)/?", value.strip(), re.IGNORECASE)
    if found is None:
        raise StepError(
            codes.IMPOSSIBLE_SETTING,
            f"{variable} holds no address of a server",
            "it looks like https://storage.example.org:9000",
        )
    return found[1].lower(), found[2]


def _missing(place: Place, store: Any, said: str) -> StepError:
    """Return the error of an object that is not there: is it only that, or the bucket as well?"""
    from pyarrow import fs

    try:
        bucket = store.get_file_info(place.bucket).type
        found = store.get_file_info(f"{place.bucket}/{place.key}").type
    except Exception:  # noqa: BLE001 - who may read objects may not be allowed to ask for more
        return StepError(codes.MISSING_DATA, f"{place.shown} is not there: {said}")
    if bucket == fs.FileType.NotFound:
        return StepError(
            codes.NO_SUCH_BUCKET,
            f"{place.shown} is not there: there is no bucket `{place.bucket}`",
            "look at its name; a store other than that of the provider is set by AWS_ENDPOINT_URL"
            if place.scheme == "s3"
            else "look at its name",
        )
    if found == fs.FileType.Directory:
        return StepError(codes.MISSING_DATA, f"{place.shown} is a folder", "name one object in it")
    return StepError(
        codes.MISSING_DATA,
        f"{place.shown} is not there: the bucket `{place.bucket}` has no object `{place.key}`",
        "look at its name: large and small letters are told apart",
    )


def _reason(place: Place, store: Any, said: str) -> str:
    """Return what a store says of a failure; what answers a question about one object has no room for a reason."""
    if place.scheme != "s3" or any(word in said for word in _OFFLINE):
        return said
    from pyarrow import fs

    try:
        store.get_file_info(fs.FileSelector(f"{place.bucket}/{place.key}", allow_not_found=True))
    except OSError as error:
        return str(error)
    except Exception:  # noqa: BLE001 - then what was said first is the best that there is
        pass
    return said


def _refused(place: Place, said: str) -> StepError:
    if f"Bucket '{place.bucket}' not found" in said:
        return StepError(
            codes.NO_SUCH_BUCKET,
            f"{place.shown} is not there: there is no bucket `{place.bucket}`",
            "look at its name; a store other than that of the provider is set by AWS_ENDPOINT_URL",
        )
    if any(word in said for word in _OFFLINE) and "OAuth2 access token" not in said:
        return StepError(
            codes.UNREACHABLE_DATA,
            f"{place.shown} cannot be reached: {_short(said)}",
            "check the network; another endpoint is set by AWS_ENDPOINT_URL"
            if place.scheme == "s3"
            else "check the network",
            final=False,
        )
    for word, reason in _REFUSALS.items():
        if word in said:
            return StepError(codes.ACCESS_REFUSED, f"{place.shown} may not be read: {reason}", _help(place))
    busy = any(word in said for word in _BUSY)
    return StepError(
        codes.UNREACHABLE_DATA,
        f"{place.shown} cannot be read: {_short(said)}",
        () if busy or "HTTP status 301" not in said else "set AWS_REGION to the region of the bucket",
        final=not busy,
    )


def _help(place: Place) -> str:
    if place.scheme == "s3":
        return (
            "the credentials are AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN where the step runs; "
            "for an object that is not there, a store answers the same to who may not list the bucket"
        )
    if place.scheme in ("gs", "gcs"):
        return "the credentials are in the file that GOOGLE_APPLICATION_CREDENTIALS names where the step runs"
    return "the credentials are AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET where the step runs"


def _short(said: str) -> str:
    """Return what a library said without what differs each time, on one line."""
    text = " ".join(re.sub(r"\(Request ID: [^)]*\)| error_info=.*", "", said).split())
    return text if len(text) <= 300 else f"{text[:300]}…"
