"""`mlpc submit`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from mlpc_cli.engines import reported
from mlpc_cli.errors import UsageError
from mlpc_cli.options import Command, assignments, at, times
from mlpc_cli.outcome import Outcome
from mlpc_cli.say import tell
from mlpc_cli.terminal import BOLD, CYAN, GREEN, RED, YELLOW, Paint, emit, harmless, wants_colour
from mlpc_run.figures import seconds

from .build import Shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlpc_engines.engine import Event
    from mlpc_run.summary import GateResult, Summary

_WORDS = {
    "started": ("started", ""),
    "done": ("done", GREEN),
    "not-passed": ("not passed", RED),
    "failed": ("failed", RED),
    "held-back": ("held back", YELLOW),
    "ready": ("ready", GREEN),
    "note": ("note", CYAN),
}


@click.command(
    cls=Command,
    examples=[
        ("mlpc submit build", "run what was compiled, serve what is promoted"),
        ("mlpc submit build --set trees=50", "with another value of a parameter"),
        ("mlpc submit build --url URL --dags FOLDER", "on a running Airflow"),
        ("mlpc submit build --url URL --stage s3://bucket/folder", "on Kubeflow Pipelines"),
        ("mlpc submit build --follow", "follow the last submission to its end"),
        ("mlpc submit build --json", "the summary as JSON"),
    ],
)
@click.argument("folder", type=click.Path())
@click.option(
    "--data", default="", metavar="FOLDER", help="Where the project's data lies; found by itself else."
)
@click.option("--set", "texts", multiple=True, metavar="NAME=VALUE", help="Value of a parameter.")
@at
@click.option("--url", default="", metavar="URL", help="Where the API of Airflow or Kubeflow answers.")
@click.option("--dags", default="", metavar="FOLDER", help="Where Airflow looks for DAG files.")
@click.option("--stage", default="", metavar="URL", help="Where Kubeflow finds data: `s3://bucket/folder`.")
@click.option("--follow", is_flag=True, help="Start nothing: follow what was submitted last to its end.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def command(
    folder: str,
    data: str,
    texts: tuple[str, ...],
    at: str | None,
    url: str,
    dags: str,
    stage: str,
    follow: bool,
    as_json: bool,
) -> int:
    """Run what `mlpc compile` wrote into FOLDER on its engine, and follow it to the end.

    Images that are not there are built first. Services are started only if every step and gate went well.
    A run whose submission was interrupted goes on where the engine drives it: `--follow` sees it to its end.
    """
    params = assignments(texts)
    if follow and (params or data or at):
        raise UsageError("--follow starts nothing, so --set, --at and --data have no meaning with it")
    with reported():
        from mlpc_engines.directory import Compiled
        from mlpc_engines.engine import Options, connect

        listen = _Listener(quiet=as_json)
        compiled = Compiled(folder)
        params = {**times(at, compiled.facts["times"], compiled.shown), **params}
        engine = connect(compiled, Options(url, dags, stage), listen.told, listen.built)
        summary = engine.follow() if follow else engine.submit(data, params)
    if as_json:
        import json

        tell(json.dumps(summary, sort_keys=True))
    else:
        made = _Submitted(emit, folder)
        made.is_up = bool(summary["urls"])
        made.untold = frozenset(summary.get("untold") or ())
        made.show(read(summary))
    return int(summary["exit_code"])


class _Listener:
    """Shows what happens on the engine."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._paint = Paint(wants_colour(sys.stdout))
        self._shown = Shown()

    def built(self, progress: Any) -> None:
        """Show how far builds are; those that are there already are of no interest here."""
        if not self._quiet and progress.state != "there":
            self._shown.show(progress)

    def told(self, event: Event) -> None:
        """Show one event."""
        if self._quiet:
            return
        word, style = _WORDS[event.kind]
        time = f"  {seconds(event.seconds)}" if event.seconds else ""
        text = f"  {event.text}" if event.kind in ("ready", "note") else ""
        tell(f"{harmless(event.node):16} {self._paint(style, word) if style else word}{time}{harmless(text)}")
        if event.kind in ("not-passed", "failed", "held-back"):
            for line in event.text.strip().splitlines()[-12:]:
                tell(f"  | {harmless(line)}")


class _Submitted(Outcome):
    """Writes what a run on another engine came to; ``is_up`` where it left something running, ``untold`` are gates of which
    the engine tells no more than that they were judged.
    """

    is_up = False
    untold: frozenset[str] = frozenset()

    def _gates(self, gates: Sequence[GateResult]) -> None:
        super()._gates([gate for gate in gates if gate.node not in self.untold])
        for gate in gates:
            if gate.node in self.untold:
                self._line(f"\n  {gate.node} {self._paint(YELLOW, 'judged: whether it passed is not told')}")

    def _next(self, summary: Summary) -> None:
        if summary.promoted and self.is_up:
            self._line(f"\nstop it: {self._paint(BOLD, self.command('down'))}")


def read(summary: dict[str, Any]) -> Summary:
    """Return the summary that an engine's store told as one of `mlpc run`."""
    from mlpc_run.summary import GateResult, Step, Summary

    made = Summary(0, summary["pipeline"], summary["environment"])
    for told in summary["steps"]:
        step = Step(told["node"], told["state"])
        for name in ("seconds", "attempts", "metrics", "rows", "messages", "report", "effect", "error", "by"):
            setattr(step, name, told[name])
        made.steps.append(step)
    made.gates = [GateResult(gate["node"], gate["passed"], gate["verdicts"]) for gate in summary["gates"]]
    made.promoted, made.reasons = summary["promoted"], summary["reasons"]
    made.new = bool(made.promoted)
    made.seconds, made.exit_code = summary["seconds"], summary["exit_code"]
    return made
