"""`mlpc run`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from mlpc.ir.nodes import Service, Task
from mlpc_cli import complete
from mlpc_cli.errors import UsageError
from mlpc_cli.loader import relative
from mlpc_cli.options import Command, assignments, at, environment, optional_file, project, times
from mlpc_cli.outcome import Outcome
from mlpc_cli.progress import progress
from mlpc_cli.say import tell
from mlpc_cli.spec import compile_spec, parameters, project_here, the_file
from mlpc_cli.terminal import emit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlpc.ir.nodes import Json
    from mlpc_cli.spec import Spec
    from mlpc_cli.watching import View
    from mlpc_run.summary import Options


@click.command(
    cls=Command,
    examples=[
        ("mlpc run main.mlp", "train, judge and promote"),
        ("mlpc run main.mlp --set trees=50", "with another value for a param"),
        ("mlpc run main.mlp --at 2026-01-31T03:00:00Z", "as the schedule would have run it then"),
        ("mlpc run main.mlp --env ci", "as the environment `ci` has it"),
        ("mlpc run main.mlp --dry-run", "tell what would run, and why"),
        ("mlpc run main.mlp --only forest", "`forest` and what it needs"),
        ("mlpc run main.mlp --from forest", "`forest` anew, and what follows"),
        ("mlpc run main.mlp --watch", "and again whenever a file changes that it depends on"),
        ("mlpc run main.mlp --json", "the summary as JSON"),
    ],
)
@optional_file
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Value of a param; may be repeated.",
    shell_complete=complete.assignments,
)
@at
@environment
@click.option(
    "--only",
    multiple=True,
    metavar="STEP",
    help="Run this step and what it needs; may be repeated.",
    shell_complete=complete.steps,
)
@click.option(
    "--from",
    "from_",
    multiple=True,
    metavar="STEP",
    help="Run this step anew, and what follows; may be repeated.",
    shell_complete=complete.steps,
)
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Steps at once; by default one a core."
)
@click.option("--dry-run", is_flag=True, help="Run nothing; tell what would run, and why.")
@click.option("--no-isolation", is_flag=True, help="Run steps in the environment that mlpc is in.")
@click.option("--offline", is_flag=True, help="Fetch nothing from the network.")
@click.option("-v", "--verbose", is_flag=True, help="Show what the steps print.")
@click.option(
    "-w",
    "--watch",
    is_flag=True,
    help="Run again whenever the spec, its code or its data changes; Ctrl-C ends.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON, and nothing else.")
@project
def command(
    file: str | None,
    settings: Sequence[str],
    at: str | None,
    environment: str,
    only: Sequence[str],
    from_: Sequence[str],
    jobs: int | None,
    dry_run: bool,
    no_isolation: bool,
    offline: bool,
    verbose: bool,
    watch: bool,
    as_json: bool,
    project: str,
) -> int:
    """Run the pipeline of FILE on this machine: train, judge, and promote what passes its gates.

    What has not changed is not run again. FILE may be left out where one pipeline stands in the current folder.
    Exit code 1 means that a gate was not passed, 5 that a step failed.

    With --watch it goes on: whenever the spec changes, or what it uses, its code or its data, by content, what depends on
    that runs again.
    """
    texts = assignments(settings)
    if as_json and (dry_run or verbose):
        raise UsageError(
            f"--json says what a run came to, and {'--dry-run' if dry_run else '--verbose'} does not fit"
        )
    if watch and (dry_run or as_json):
        raise UsageError(f"--watch goes on, and {'--dry-run' if dry_run else '--json'} is about one run")

    name = the_file(file, "run")

    def once(view: View | None = None) -> int:
        # What --from asks for is made anew the first time; after that, what has changed says what runs.
        forced = () if view is not None and not view.is_first else tuple(from_)
        spec = compile_spec(
            name, "run", environment, project, through=view.through if view is not None else None
        )
        params = parameters(spec, texts)
        params.update(times(at, spec.workflow.times(), spec.name))
        if view is not None:
            view.add(spec.workflow, spec.root)
        from mlpc_run.summary import Options

        options = Options(
            jobs=jobs,
            only=tuple(only),
            from_=forced,
            isolation=not no_isolation,
            offline=offline,
            others=tuple(spec.compilation.environments()),
        )
        again = [f"--env {shlex.quote(environment)}"] if environment else []
        again += [f"--project {shlex.quote(project)}"] if project else []
        return _run(spec, params, options, " ".join(again), dry_run=dry_run, verbose=verbose, as_json=as_json)

    if not watch:
        return once()
    from mlpc_cli import watching

    return watching.watch(once)


def _run(
    spec: Spec,
    params: dict[str, Json],
    options: Options,
    again: str,
    *,
    dry_run: bool,
    verbose: bool,
    as_json: bool,
) -> int:
    """Run a pipeline that was compiled, once, and tell what came of it; ``again`` is what commands about it need besides."""
    from mlpc_run.run import plan, run

    home = "" if project_here("") == spec.root else f"--project {shlex.quote(relative(spec.root))}"
    effects = any(isinstance(node, Task) and node.effect for node in spec.workflow.nodes)
    serves = any(isinstance(node, Service) for node in spec.workflow.nodes)
    outcome = Outcome(emit, spec.name, again, home=home, serves=serves, promotes=serves or effects)
    if dry_run:
        outcome.plan(plan(spec.workflow, spec.root, params=params, spec_label=spec.label, options=options))
        return 0
    from mlpc_cli.report import keep

    if as_json:
        import json

        summary = run(
            spec.workflow,
            spec.root,
            params=params,
            spec_label=spec.label,
            options=options,
            listen=lambda event: None,
        )
        keep(spec.root, summary.run, spec.workflow)
        tell(json.dumps(summary.to_json(), sort_keys=True, default=str))
        return summary.exit_code
    with progress(verbose=verbose) as listen:
        summary = run(
            spec.workflow, spec.root, params=params, spec_label=spec.label, options=options, listen=listen
        )
    outcome.show(summary, listen.told, keep(spec.root, summary.run, spec.workflow))
    return summary.exit_code
