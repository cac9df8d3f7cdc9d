"""The code quality report of GitLab: a JSON array, for `artifacts:reports:codequality`.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
import os

from .fingerprints import fingerprints
from .report import Document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .report import Finding

_SEVERITIES = {"error": "major", "warning": "minor", "note": "info"}


class CodeQuality(Document):
    """Writes one object for each finding; fingerprints tell GitLab which are new."""

    __slots__ = ()

    def document(self, findings: Sequence[Finding], checked: Sequence[str]) -> str:
        """Return the array."""
        return json.dumps(list(map(_issue, findings, fingerprints(findings))), indent=2) + "\n"


def _issue(finding: Finding, fingerprint: str) -> dict[str, object]:
    item = finding.item
    line, _, end_line, _ = finding.place
    return {
        "description": "; ".join([item.message, *finding.told]),
        "check_name": item.code.name,
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[item.severity],
        "location": {
            # GitLab takes no `./` before it.
            "path": os.path.normpath(finding.path).replace(os.sep, "/"),
            "lines": {"begin": line, "end": end_line},
        },
    }


FORMAT = CodeQuality
