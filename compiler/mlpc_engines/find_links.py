"""What `PIP_FIND_LINKS` names, for builds of images: pages, which pip asks itself, and folders of wheels, which it does not see
from there.

Of the folders those wheels go along that the requirements of an image name, by hash where they are locked. They lie beside the
requirements in the context of the build, so that no path of this machine reaches an image or what was compiled.
"""

from __future__ import annotations

import os
import re
import urllib.parse
import urllib.request

VARIABLE = "PIP_FIND_LINKS"
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def pages() -> str:
    """Return the addresses as pip takes them; empty where there are none."""
    return " ".join(each for each in _told() if _folder(each) is None)


def wheels(requirements: str) -> list[str]:
    """Return the paths of the wheels that a text of requirements names, sorted by the names of their files.

    A wheel is taken that may be installed on Linux, and whose name is that of a requirement; where this one has hashes, it has to
    have one of them. Of two files with one name the one in the folder that is named first counts.

    Raises:
        OSError: a wheel cannot be read.
    """
    wanted = _wanted(requirements)
    found: dict[str, str] = {}
    for folder in filter(None, map(_folder, _told())):
        # As pip, which says of a folder that is not there that it is ignored.
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            # NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM.whl, each without a `-` (PyPA's binary distribution format).
            parts = name.removesuffix(".whl").split("-")
            if not name.endswith(".whl") or len(parts) < 5 or not _of_linux(parts[-1]) or name in found:
                continue
            hashes = wanted.get(_normal(parts[0]))
            path = os.path.join(folder, name)
            if hashes is not None and (not hashes or _digest(path) in hashes):
                found[name] = path
    return [found[name] for name in sorted(found)]


def _told() -> list[str]:
    return os.environ.get(VARIABLE, "").split()


def _folder(told: str) -> str | None:
    """Return the folder that a word of the variable names, or None for the address of a page."""
    if "://" not in told:
        return os.path.abspath(told)
    address = urllib.parse.urlsplit(told)
    return urllib.request.url2pathname(address.path) if address.scheme == "file" else None


def _wanted(requirements: str) -> dict[str, set[str]]:
    """Return the hashes of each package by its normal name; none where it is not locked."""
    wanted: dict[str, set[str]] = {}
    for line in requirements.replace("\\\n", " ").splitlines():
        name = re.match(r"[A-Za-z0-9._-]+", line)
        if name:
            # One package may stand on several lines, each for other machines.
            wanted.setdefault(_normal(name[0]), set()).update(_HASH.findall(line))
    return wanted


def _normal(name: str) -> str:
    """Return a package's name as an index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _of_linux(platform: str) -> bool:
    return platform == "any" or "linux" in platform


def _digest(path: str) -> str:
    import hashlib

    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
