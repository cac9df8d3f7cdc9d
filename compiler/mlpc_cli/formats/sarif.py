"""SARIF 2.1.0, which code scanning and editors take.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
import os
from urllib.parse import quote

import mlpc

from .fingerprints import VERSION, fingerprints
from .report import Document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlpc.codes import Code
    from mlpc.diagnostics import Fix
    from mlpc.source import Span

    from .report import Finding

    Json = dict[str, object]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


class Sarif(Document):
    """Writes one run: the rules with their pages, the results with fixes and other places."""

    __slots__ = ()

    def document(self, findings: Sequence[Finding], checked: Sequence[str]) -> str:
        """Return the log."""
        # A file that cannot be read is no result about its text: the tool tells of it.
        results = [at for at, finding in enumerate(findings) if finding.loader is not None]
        told = [finding for finding in findings if finding.loader is None]
        used = {finding.item.code.code: finding.item.code for finding in findings}
        rules = [used[code] for code in sorted(used)]
        places = {code.code: at for at, code in enumerate(rules)}
        marks = fingerprints(findings)
        invocation: Json = {"executionSuccessful": not told}
        if told:
            invocation["toolExecutionNotifications"] = [_notification(finding, places) for finding in told]
        run: Json = {
            "tool": {
                "driver": {
                    "name": "mlpc",
                    "version": mlpc.__version__,
                    "semanticVersion": mlpc.__version__,
                    "rules": [_rule(code) for code in rules],
                }
            },
            "columnKind": "unicodeCodePoints",
            "invocations": [invocation],
            "artifacts": [{"location": {"uri": _uri(path)}} for path in checked],
            "results": [_result(findings[at], marks[at], places) for at in results],
        }
        log: Json = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
        return json.dumps(log, indent=2) + "\n"


def _rule(code: Code) -> Json:
    from ..commands.explain import page as page_of

    page = page_of(code).split("\n", 2)[2]
    means = " ".join(page.split("\n\n", 1)[0].split())
    return {
        "id": code.code,
        "name": code.name,
        "shortDescription": {"text": code.name.replace("-", " ")},
        "fullDescription": {"text": means},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": code.severity},
    }


def _result(finding: Finding, fingerprint: str, rules: dict[str, int]) -> Json:
    item = finding.item
    place: Json = {"artifactLocation": {"uri": _uri(finding.path)}}
    if item.span is not None:
        place["region"] = _region(item.span)
    result: Json = {
        "ruleId": item.code.code,
        "ruleIndex": rules[item.code.code],
        "level": item.severity,
        "message": {"text": _message(finding)},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {f"mlpc/v{VERSION}": fingerprint},
    }
    if item.labels:
        result["relatedLocations"] = [
            {
                "id": number,
                "message": {"text": label.message},
                "physicalLocation": _physical(label.span, finding.shown),
            }
            for number, label in enumerate(item.labels, 1)
        ]
    if item.fixes:
        result["fixes"] = [_fix(fix, finding.shown) for fix in item.fixes]
    return result


def _message(finding: Finding) -> str:
    return "\n".join([finding.item.message, *finding.told])


def _notification(finding: Finding, rules: dict[str, int]) -> Json:
    item = finding.item
    told: Json = {
        "descriptor": {"id": item.code.code, "index": rules[item.code.code]},
        "level": item.severity,
        "message": {"text": _message(finding)},
    }
    if finding.path:
        told["locations"] = [{"physicalLocation": {"artifactLocation": {"uri": _uri(finding.path)}}}]
    return told


def _fix(fix: Fix, shown: Callable[[str], str]) -> Json:
    changes: dict[str, list[Json]] = {}
    for span, text in fix.edits:
        replacement: Json = {"deletedRegion": _region(span), "insertedContent": {"text": text}}
        changes.setdefault(_uri(shown(span.source.path)), []).append(replacement)
    return {
        "description": {"text": fix.message},
        "artifactChanges": [
            {"artifactLocation": {"uri": uri}, "replacements": replacements}
            for uri, replacements in changes.items()
        ],
        "properties": {"safe": fix.safe},
    }


def _physical(span: Span, shown: Callable[[str], str]) -> Json:
    return {"artifactLocation": {"uri": _uri(shown(span.source.path))}, "region": _region(span)}


def _region(span: Span) -> Json:
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(max(span.end, span.start))
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _uri(path: str) -> str:
    """Return the address of a file: relative as the path is, of a scheme of its own for the standard library."""
    if path.startswith("<std>/"):
        return f"mlpc-std:{quote(path[len('<std>/') :])}"
    path = os.path.normpath(path).replace(os.sep, "/")
    address = quote(os.fsencode(path) if not path.isascii() else path)
    return f"file://{address}" if path.startswith("/") else address


FORMAT = Sarif
