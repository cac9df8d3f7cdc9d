"""What a run came to, for a person: steps, gates with their figures, promotion, artefacts, and what to type next."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from mlpc import codes
from mlpc.diagnostics import Diagnostic
from mlpc_run.figures import measured, seconds

from .loader import relative
from .render import clipped, length, render
from .terminal import BOLD, CYAN, DIM, GREEN, RED, YELLOW, Paint, harmless, wants_colour, width_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from mlpc_run.summary import GateResult, Planned, Step, Summary

#: How a state is called and coloured.
STATES = {
    "ran": ("ran", GREEN),
    "cached": ("cached", CYAN),
    "not-passed": ("not passed", RED),
    "failed": ("failed", RED),
    "interrupted": ("interrupted", YELLOW),
    "blocked": ("blocked", YELLOW),
    "skipped": ("skipped", YELLOW),
}
_ACTIONS = {
    "run": ("would run", GREEN),
    "cached": ("cached", CYAN),
    "verify": ("would look", CYAN),
    "unknown": ("depends", YELLOW),
}
#: Lines of its log that are shown of a step that failed without saying why.
_LOG_LINES = 12
#: Artefacts that are listed one by one.
_MANY = 12


class Marks:
    """Signs that the output can show."""

    __slots__ = ("bad", "dot", "good", "warn")

    def __init__(self, encoding: str | None) -> None:
        try:
            "✓✗·".encode(encoding or "ascii")
        except (UnicodeEncodeError, LookupError):
            self.good, self.bad, self.warn, self.dot = "+", "x", "!", "-"
        else:
            self.good, self.bad, self.warn, self.dot = "✓", "✗", "!", "·"


class Outcome:
    """Writes what a run came to.

    ``spec`` is how the person called the spec, ``again`` what is to be added to a command about it, such as
    ``--env ci``, and ``home`` to a command about its project, such as ``--project demo``; ``serves`` says whether the
    pipeline has something that `mlpc up` would serve, ``promotes`` whether it has anything to promote; ``write``
    takes text.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        spec: str,
        again: str = "",
        *,
        home: str = "",
        serves: bool = False,
        promotes: bool = True,
    ) -> None:
        self._serves = serves
        self._promotes = promotes
        self._home = home
        self._paint = Paint(wants_colour(sys.stdout))
        self._marks = Marks(sys.stdout.encoding)
        self._write = write
        self._spec = spec
        self._again = again

    def _line(self, text: str = "") -> None:
        self._write(text.rstrip() + "\n")

    # A run

    def show(self, summary: Summary, told: Collection[str] = (), report: str = "") -> None:
        """Write all of it, but for notes that were ``told`` already; ``report`` is the path of the page about it."""
        self._steps(summary)
        self._gates(summary.gates)
        for step in summary.steps:
            for message in step.messages:
                if message.get("level") == "warning":
                    said = harmless(str(message.get("text", "")))
                    self._line(f"{self._paint(YELLOW, 'warning')} {step.node}: {said}")
        for step in summary.steps:
            if state(step) == "failed":
                self._failure(step)
        for note in summary.notes:
            if note not in told:
                self._line(f"{self._paint(CYAN, 'note')} {harmless(note)}")
        self._line()
        self._promotion(summary)
        self._artefacts(summary)
        if report:
            self._line(f"report {harmless(relative(report))}")
        self._next(summary)

    def past(self, summary: Summary) -> None:
        """Write what a run came to that ended some time ago: nothing of it is to be done next."""
        self._steps(summary)
        self._gates(summary.gates)
        for step in summary.steps:
            if state(step) == "failed":
                self._failure(step)
        self._line()
        self._promotion(summary)

    def _steps(self, summary: Summary) -> None:
        title = self._paint(BOLD, harmless(summary.pipeline))
        under = f" in `{harmless(summary.environment)}`" if summary.environment else ""
        number = f", run {summary.run}" if summary.run else ""
        self._line(f"\n{title}{under}{number}, {seconds(summary.seconds)}\n")
        rows = []
        for step in summary.steps:
            word, style = STATES.get(state(step), (step.state, ""))
            time = seconds(step.seconds) if step.state in ("ran", "failed", "not-passed") else ""
            more = ""
            if step.by:
                more = "by " + ", ".join(step.by)
            elif step.attempts > 1:
                more = f"{step.attempts} attempts"
            rows.append((step.node, self._paint(style, word), time, self._paint(DIM, harmless(more))))
        self._table(rows)
        if summary.steps and all(step.state == "cached" for step in summary.steps):
            self._line("\n  nothing has changed: no step was executed")

    def _gates(self, gates: Sequence[GateResult]) -> None:
        for gate in gates:
            if gate.passed is None:
                word = self._paint(YELLOW, "not judged: a figure is missing")
            elif gate.passed:
                word = self._paint(GREEN, "passed")
            else:
                word = self._paint(RED, "not passed")
            self._line(f"\n  {gate.node} {word}")
            self._table([self._verdict(verdict) for verdict in gate.verdicts], indent=4)

    def _verdict(self, verdict: Mapping[str, Any]) -> tuple[str, ...]:
        warns = verdict.get("severity") == "warn"
        if verdict["passed"]:
            mark = self._paint(GREEN, self._marks.good)
        elif warns:
            mark = self._paint(YELLOW, self._marks.warn)
        else:
            mark = self._paint(RED, self._marks.bad)
        name = f"{verdict['name']}: " if verdict.get("name") else ""
        more = [harmless(str(verdict["message"]))] if verdict.get("message") and not verdict["passed"] else []
        if warns and not verdict["passed"]:
            more.append("(blocks nothing)")
        text = " ".join(harmless(str(verdict["text"])).split())
        return f"{mark} {name}{text}", harmless(measured(verdict)), " ".join(more)

    def _failure(self, step: Step) -> None:
        self._line()
        self._write(failure(step, self._paint.on))

    def _promotion(self, summary: Summary) -> None:
        if summary.promoted:
            what = ", ".join(summary.promoted)
            same = "" if summary.new else " (the same as before)"
            self._line(f"{self._paint(GREEN, 'promoted')} {harmless(what)}{same}")
        if summary.reasons:
            if self._promotes:
                self._line(f"{self._paint(RED, 'not promoted')}; what was promoted before stays as it was")
            else:
                how = {1: "not passed", 130: "interrupted"}.get(summary.exit_code, "failed")
                self._line(self._paint(RED, how))
            for reason in summary.reasons:
                # What failed is told in full above, and the gates stand there with all their figures.
                self._line(f"  {self._marks.dot} {harmless(clipped(reason, width_of(sys.stdout) - 4))}")

    def _artefacts(self, summary: Summary) -> None:
        paths = [
            (f"{node}.{port}", relative(path))
            for node, ports in summary.artefacts.items()
            for port, path in ports.items()
        ]
        if len(paths) > _MANY:
            folder = relative(os.path.commonpath([path for _, path in paths]))
            self._line(f"artefacts ({len(paths)}) in {harmless(folder)}")
        elif paths:
            self._line("artefacts")
            self._table([(name, harmless(path)) for name, path in paths])

    def _next(self, summary: Summary) -> None:
        failed = [step.node for step in summary.steps if step.state == "failed" and step.log]
        command = ""
        if summary.exit_code == 130:
            command = self.command("run")  # what is done stays done
        elif failed:
            command = self.command("logs", failed[0])
        elif summary.exit_code == 0 and summary.promoted and self._serves:
            command = self.command("up")
        if command:
            self._line(f"\nnext: {self._paint(BOLD, command)}")

    def command(self, name: str, *arguments: str) -> str:
        """Return a command about the same spec, to be typed next."""
        import shlex

        logs = name == "logs"
        words = ["mlpc", name, *arguments, *([] if logs else [self._spec])]
        more = self._home if logs else self._again
        return harmless(" ".join(map(shlex.quote, words)) + (f" {more}" if more else ""))

    # A plan

    def plan(self, planned: Sequence[Planned]) -> None:
        """Write what a run would do, and why."""
        rows = []
        for step in planned:
            word, style = _ACTIONS.get(step.action, (step.action, ""))
            first, *others = [harmless(reason) for reason in step.why] or [""]
            rows.append((step.node, self._paint(style, word), self._paint(DIM, first)))
            rows += [("", "", self._paint(DIM, reason)) for reason in others]
        self._table(rows)
        runs = sum(step.action == "run" for step in planned)
        depends = sum(step.action == "unknown" for step in planned)
        if not runs and not depends:
            self._line("\nnothing has changed: no step would be executed")
        else:
            more = f", {depends} more if what they need changes" if depends else ""
            self._line(f"\n{runs} of {len(planned)} steps would be executed{more}; nothing was")

    def _table(self, rows: Sequence[tuple[str, ...]], indent: int = 2) -> None:
        self._write(table(rows, indent))


def state(step: Step) -> str:
    """Return the state of a step: one that was ended because the run was did not fail."""
    code = (step.error or {}).get("code")
    return "interrupted" if step.state == "failed" and code == codes.INTERRUPTED.code else step.state


def table(rows: Iterable[tuple[str, ...]], indent: int = 2) -> str:
    """Return rows as text, columns under each other; colours take no room."""
    rows = list(rows)
    if not rows:
        return ""
    sizes = [max(shown(row[at]) for row in rows if at < len(row)) for at in range(max(map(len, rows)))]
    lines = []
    for row in rows:
        cells = [cell + " " * (sizes[at] - shown(cell)) for at, cell in enumerate(row)]
        lines.append((" " * indent + "  ".join(cells)).rstrip() + "\n")
    return "".join(lines)


def shown(text: str) -> int:
    """Return how many columns a text takes, colours left out."""
    if "\x1b" in text:
        import re

        text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    return length(text)


def failure(step: Step, colour: bool) -> str:
    """Return why a step failed, as a diagnostic, with the end of its log where it did not say so itself."""
    error = step.error or {}
    code = codes.find(str(error.get("code", ""))) or codes.STEP_FAILED
    place = error.get("place") or {}
    help = []
    if place.get("file"):
        line = f":{place['line']}" if place.get("line") else ""
        help.append(f"at {place['file']}{line}")
    help += [str(text) for text in error.get("help") or () if not step.log or step.log not in str(text)]
    if code is codes.STEP_FAILED or code.name in ("step-crashed", "user-code-failed"):
        tail = last_lines(step.log, before=f"error[{code.code} {code.name}]")
        if tail:
            help.append("it printed last:\n" + "\n".join(tail))
    if step.log:
        help.append(f"the log is {relative(step.log)}")
    message = str(error.get("message") or "the step failed")
    if f"`{step.node}`" not in message:
        message = f"{step.node}: {message}"
    return render(Diagnostic(code, message, help=help), colour=colour)


def last_lines(path: str, count: int = _LOG_LINES, before: str = "") -> list[str]:
    """Return the last lines of a log that are not blank; none where it cannot be read.

    With ``before``, those before the last one that begins with it: what a step says of its own end is said already.
    """
    if not path:
        return []
    try:
        with open(path, "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(file.tell() - 64 * 1024, 0))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return []
    ends = [at for at, line in enumerate(lines) if before and line.startswith(before)]
    return [line for line in lines[: ends[-1] if ends else None] if line.strip()][-count:]
