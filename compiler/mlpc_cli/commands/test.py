"""`mlpc test`."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from mlpc_cli import errors
from mlpc_cli.check import specs_of
from mlpc_cli.errors import Findings
from mlpc_cli.loader import open_spec
from mlpc_cli.options import Command, project
from mlpc_cli.outcome import Marks
from mlpc_cli.spec import project_folder, show, the_file
from mlpc_cli.terminal import DIM, GREEN, RED, YELLOW, Paint, emit, harmless, wants_colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlpc.source import Span
    from mlpc.spectest.judge import Outcome, Result
    from mlpc_cli.loader import DiskLoader


@click.command(
    cls=Command,
    examples=[
        ("mlpc test main.mlp", "every test of the file"),
        ("mlpc test", "of the only pipeline in this folder"),
        ("mlpc test .", "of every spec in this folder and below"),
        ("mlpc test main.mlp -k deployed", "tests with this word in their names"),
        ("mlpc test main.mlp --junit report.xml", "a report for continuous integration"),
    ],
)
@click.argument("files", nargs=-1, type=click.Path(readable=False))
@click.option("-k", "word", default="", metavar="TEXT", help="Only tests that have TEXT in their names.")
@click.option("--junit", default="", metavar="FILE", help="Write a JUnit report to FILE as well.")
@project
def command(files: Sequence[str], word: str, junit: str, project: str) -> int:
    """Judge the tests of the specs FILES: what follows from what they give.

    Nothing is trained, read or deployed: a test is judged by the graph that its pipeline is compiled to. A folder stands for
    all specs in it; FILES may be left out where one pipeline stands in the current folder. Exit code 1 means that an
    expectation does not hold, or that it is not known whether it holds.
    """
    from mlpc.compilation import Compilation

    begun = time.perf_counter()
    folder = project_folder(project)
    suites: list[tuple[str, DiskLoader, list[Result]]] = []
    failed = False
    for name in [spec for text in files for spec in specs_of(text)] or [the_file(None, "test")]:
        loader, label = open_spec(name, folder)
        compilation = Compilation(loader, label)
        found = compilation.check()
        if found.has_errors:
            show(found, loader)
            failed = True
            continue
        chosen = [result for result in compilation.tests() if word in result.test.name]
        suites.append((name, loader, chosen))
    took = time.perf_counter() - begun
    if junit and not failed:
        from mlpc_cli.files import write_atomically
        from mlpc_cli.junit import report

        write_atomically(junit, report([(name, results) for name, _, results in suites], took))
    if failed:
        if suites:
            _tell(suites, word, took)
        raise Findings
    return _tell(suites, word, took)


def _tell(suites: list[tuple[str, DiskLoader, list[Result]]], word: str, took: float) -> int:
    paint, marks = Paint(wants_colour(sys.stdout)), Marks(sys.stdout.encoding)
    signs = {
        "passed": paint(GREEN, marks.good),
        "failed": paint(RED, marks.bad),
        "undecided": paint(YELLOW, "?"),
    }
    counts = dict.fromkeys(signs, 0)
    lines: list[str] = []
    for name, loader, results in suites:
        if results:
            lines.append(harmless(name))
        for result in results:
            counts[result.state] += 1
            lines.append(f"  {signs[result.state]} {harmless(result.test.name)}")
            for outcome in result.outcomes:
                if outcome.state != "passed":
                    lines += [f"      {line}" for line in _about(outcome, loader, paint)]
    total = sum(counts.values())
    if not total:
        lines.append(
            "no test"
            + (f" has `{harmless(word)}` in its name" if word else ': write `test "…" { expect … }`')
        )
    else:
        if lines:
            lines.append("")
        said = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
        lines.append(
            f"{total} test{'s' if total != 1 else ''}: {said} {paint(DIM, f'({took * 1000:.0f} ms)')}"
        )
    emit("\n".join(lines) + "\n")
    return errors.OK if counts["passed"] == total else errors.FINDINGS


def _about(outcome: Outcome, loader: DiskLoader, paint: Paint) -> list[str]:
    expectation = outcome.expectation
    code = f" [{outcome.code.code} {outcome.code.name}]" if outcome.code is not None else ""
    said = "does not hold" if outcome.state == "failed" else "is not decided"
    head = f"{place(expectation.span, loader)}: `{harmless(expectation.text)}` {said}{code}"
    return [head, *(f"  {harmless(note)}" for note in outcome.notes)]


def place(span: Span, loader: DiskLoader) -> str:
    """Return where something stands, as editors understand it."""
    line, column = span.source.position(span.start)
    return f"{loader.shown(span.source.path)}:{line}:{column}"
