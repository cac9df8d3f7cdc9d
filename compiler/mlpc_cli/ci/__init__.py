"""Files with which a CI looks at specs; `mlpc ci` writes them. One template a system, in a file beside this one.

What is written begins with a mark: who wrote it, and a digest of what follows. So a file that a person changed, or wrote
from the beginning, is told from one that may be replaced. The bytes are a matter of mlpc's version alone.
"""

from __future__ import annotations

import os
import re
from hashlib import blake2b

from mlpc import __version__


class System:
    """A CI: its template, and where it looks for the file."""

    __slots__ = ("about", "path", "template")

    def __init__(self, template: str, path: str, about: str) -> None:
        self.template = template
        self.path = path
        self.about = about


#: By the name that people give.
SYSTEMS = {
    "github": System("github.yml", ".github/workflows/mlpc.yml", "GitHub Actions"),
    "gitlab": System("gitlab.yml", ".gitlab-ci.yml", "GitLab CI"),
    "azure": System("azure.yml", "azure-pipelines.yml", "Azure Pipelines"),
    "pre-commit": System("pre-commit.yaml", ".pre-commit-config.yaml", "pre-commit, before each commit"),
}
_VERSION = b"@VERSION@"
_MARK = re.compile(rb"# Written by `mlpc ci [a-z-]+`[^\n]*\n# mlpc [^ \n]+ ([0-9a-f]{32})\n")


def written(name: str) -> bytes:
    """Return the file for the system called ``name`` of :data:`SYSTEMS`."""
    with open(os.path.join(__path__[0], SYSTEMS[name].template), "rb") as file:
        body = file.read().replace(_VERSION, __version__.encode())
    mark = (
        f"# Written by `mlpc ci {name}`; `mlpc ci {name} --check` tells whether it is up to date.\n"
        f"# mlpc {__version__} {_digest(body)}\n"
    )
    return mark.encode() + body


def may_be_replaced(data: bytes) -> bool:
    """Return whether `mlpc ci`, of any version, wrote ``data`` and nobody changed it since."""
    mark = _MARK.match(data)
    return mark is not None and mark[1].decode() == _digest(data[mark.end() :])


def _digest(body: bytes) -> str:
    return blake2b(body, digest_size=16).hexdigest()
