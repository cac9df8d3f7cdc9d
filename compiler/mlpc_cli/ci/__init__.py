"""Files with which a CI looks at specs; `mlpc ci` writes them. One template a system, in a file beside this one.

What is written begins with a mark: who wrote it, and a digest of what follows. So a file that a person changed, or wrote
from the beginning, is told from one that may be replaced. The bytes are a matter of mlpc's version alone.
"""

from __future__ import annotations

import json
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
_INSTALL = b"@INSTALL@"
#: What is installed unless something else is said: this version.
THIS = f"mlpc=={__version__}"
#: What pip takes as one requirement, and no CI as anything else: no variable, no expression, no option, no second line.
_PLAIN = re.compile(r"(?!-)[^$`\x00-\x1f\x7f-\x9f\u2028\u2029]{1,500}")
_MARK = re.compile(rb"# Written by `mlpc ci [a-z-]+`[^\n]*\n# mlpc [^ \n]+ ([0-9a-f]{32})\n")


def is_plain(install: str) -> bool:
    """Return whether ``install`` can stand in the files as what pip is to install."""
    return _PLAIN.fullmatch(install) is not None


def written(name: str, install: str = THIS) -> bytes:
    """Return the file for the system called ``name`` of :data:`SYSTEMS`, in which pip gets ``install``, which is plain."""
    with open(os.path.join(__path__[0], SYSTEMS[name].template), "rb") as file:
        # A text of JSON is one of YAML.
        body = file.read().replace(_INSTALL, json.dumps(install).encode())
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
