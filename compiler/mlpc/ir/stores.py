"""Object stores: by which scheme data in one is named, and by which variables of the environment a step is told of it.

Nothing of what these variables hold is ever written down: an engine passes them on by name, when a step starts.
"""

from __future__ import annotations

from .nodes import External

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from .nodes import Service, Task

#: The store that a scheme names.
SCHEMES = {"s3": "s3", "gs": "gs", "gcs": "gs", "abfs": "azure", "abfss": "azure"}
#: Variables that hold what they say. Those of other names, such as of a profile, mean nothing on another machine.
VARIABLES: dict[str, tuple[str, ...]] = {
    "s3": (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
    ),
    "gs": ("CLOUD_STORAGE_EMULATOR_ENDPOINT",),
    "azure": ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"),
}
#: Variables that name a file with credentials.
FILES = {"gs": "GOOGLE_APPLICATION_CREDENTIALS"}
#: Where a step in a container finds such a file; there it needs no variable.
FOLDER = "/run/mlpc/stores"
#: What the variables of a store begin with, on the machine where they were set.
PREFIXES: dict[str, tuple[str, ...]] = {
    "s3": ("AWS_",),
    "gs": ("GOOGLE_", "CLOUDSDK_", "CLOUD_STORAGE_"),
    "azure": ("AZURE_",),
}


def store_of(location: str) -> str:
    """Return the store that an address lies in; empty where that is none."""
    scheme, sign, _ = location.partition("://")
    return SCHEMES.get(scheme.lower(), "") if sign else ""


def read_by(node: Task | Service) -> list[str]:
    """Return the stores that a node reads, each once, in the order of its inputs."""
    found = (
        store_of(source.location)
        for port in node.inputs.values()
        for source in port.sources
        if isinstance(source, External) and source.url
    )
    return list(dict.fromkeys(filter(None, found)))


def variables(stores: Iterable[str]) -> list[str]:
    """Return the names of the variables that tell of some stores."""
    return [name for store in stores for name in VARIABLES[store]]


def files(stores: Iterable[str]) -> dict[str, str]:
    """Return where in a container the files lie that variables name, by variable."""
    return {FILES[store]: f"{FOLDER}/{store}.json" for store in stores if store in FILES}
