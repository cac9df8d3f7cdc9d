"""JUnit XML, which every CI shows: a file is a suite, an error a test that fails; a clean file is a test that passes.

The form is that of https://github.com/testmoapp/junitxml, without times: the same mistakes give the same bytes.
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from mlpc.diagnostics import ERROR

from ..render import render
from ..terminal import harmless
from .report import Document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .report import Finding

#: What XML 1.0 cannot hold in any way, beside what `harmless` takes out.
_FOREIGN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class JUnit(Document):
    """Writes a suite for each file."""

    __slots__ = ()

    def document(self, findings: Sequence[Finding], checked: Sequence[str]) -> str:
        """Return the document."""
        suites: dict[str, list[Finding]] = {path: [] for path in checked}
        for finding in findings:
            suites.setdefault(finding.path, []).append(finding)
        failures = sum(_fails(finding) for finding in findings)
        faults = sum(_faults(finding) for finding in findings)
        tests = sum(max(len(found), 1) for found in suites.values())
        lines = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<testsuites name="mlpc" tests="{tests}" failures="{failures}" errors="{faults}">',
        ]
        for path, found in suites.items():
            lines += _suite(path, found)
        lines.append("</testsuites>")
        return "\n".join(lines) + "\n"


def _faults(finding: Finding) -> bool:
    """Return whether a file could not be checked at all."""
    return finding.loader is None


def _fails(finding: Finding) -> bool:
    return finding.item.severity == ERROR and not _faults(finding)


def _suite(path: str, found: Sequence[Finding]) -> list[str]:
    failures, faults = sum(map(_fails, found)), sum(map(_faults, found))
    tests = max(len(found), 1)
    lines = [
        f'  <testsuite name={_value(path)} tests="{tests}" failures="{failures}" errors="{faults}">',
    ]
    if not found:
        lines.append(f'    <testcase name="check" classname={_value(path)} file={_value(path)}/>')
    for finding in found:
        lines += _case(path, finding)
    return [*lines, "  </testsuite>"]


def _case(path: str, finding: Finding) -> list[str]:
    item = finding.item
    line, column, _, _ = finding.place
    code = f"{item.code.code} {item.code.name}"
    place = f" {line}:{column}" if item.span is not None else ""
    at = f' line="{line}"' if item.span is not None else ""
    head = f"    <testcase name={_value(code + place)} classname={_value(path)} file={_value(path)}{at}>"
    text = escape(_clean(render(item, shown=finding.shown), lines=True))
    if _fails(finding) or _faults(finding):
        tag = "error" if _faults(finding) else "failure"
        body = f"      <{tag} type={_value(code)} message={_value(item.message)}>{text}</{tag}>"
    else:
        # A warning fails no build, and is no test that was left out.
        body = f"      <system-out>{text}</system-out>"
    return [head, body, "    </testcase>"]


def _value(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(text: str, *, lines: bool = False) -> str:
    return _FOREIGN.sub("\ufffd", harmless(text, lines=lines))


FORMAT = JUnit
