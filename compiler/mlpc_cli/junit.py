"""The JUnit report of `mlpc test`, in the form that GitLab, Jenkins and GitHub's actions read."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlpc.spectest.judge import Result

#: What XML 1.0 has no way to write.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def report(suites: Sequence[tuple[str, Sequence[Result]]], took: float) -> bytes:
    """Return the report on the tests of several specs, each by its name; ``took`` seconds in all.

    What does not hold is a failure, what is not known an error.
    """
    everything = [result for _, results in suites for result in results]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="mlpc test" {_counts(everything)} time="{took:.3f}">',
    ]
    for name, results in suites:
        lines.append(
            f'  <testsuite name="{_attribute(name)}" {_counts(results)} time="{took / max(len(suites), 1):.3f}">'
        )
        for result in results:
            lines += _case(name, result)
        lines.append("  </testsuite>")
    lines.append("</testsuites>\n")
    return "\n".join(lines).encode()


def _case(name: str, result: Result) -> list[str]:
    line, _ = result.test.span.source.position(result.test.span.start)
    shown = _attribute(name)
    head = f'    <testcase classname="{shown}" name="{_attribute(result.test.name)}" file="{shown}" line="{line}" time="0"'
    wrong = [outcome for outcome in result.outcomes if outcome.state != "passed"]
    if not wrong:
        return [f"{head}/>"]
    lines = [f"{head}>"]
    # One of the two in a test: what does not hold weighs more.
    element, state = ("failure", "failed") if result.state == "failed" else ("error", "undecided")
    told = [outcome for outcome in wrong if outcome.state == state]
    code = next((outcome.code for outcome in told if outcome.code is not None), None)
    kind = code.name if code is not None else state
    message = _attribute("; ".join(outcome.expectation.text for outcome in told))
    body = []
    for outcome in told:
        place = outcome.expectation.span.source.position(outcome.expectation.span.start)
        body.append(f"{name}:{place[0]}:{place[1]}: {outcome.expectation.text}")
        body += [f"  {note}" for note in outcome.notes]
    lines.append(
        f'      <{element} type="{_attribute(kind)}" message="{message}">'
        + _text("\n".join(body))
        + f"</{element}>"
    )
    lines.append("    </testcase>")
    return lines


def _counts(results: Sequence[Result]) -> str:
    states = [result.state for result in results]
    return f'tests="{len(states)}" failures="{states.count("failed")}" errors="{states.count("undecided")}" skipped="0"'


def _text(text: str) -> str:
    """Return ``text`` for XML, in an attribute or between tags."""
    made = _NOT_XML.sub("\ufffd", text)
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        made = made.replace(sign, name)
    return made.replace("\r", "&#13;")


def _attribute(text: str) -> str:
    return _text(text).replace("\n", "&#10;").replace("\t", "&#9;")
