"""`mlpc compile`, for calls that the quick way does not read."""

from __future__ import annotations

import click

from mlpc_cli.compile_ import compile_to
from mlpc_cli.options import Command, environment, optional_file, project


@click.command(
    cls=Command,
    examples=[
        ("mlpc compile main.mlp --to local -o build", "the plan for this machine"),
        ("mlpc compile main.mlp --to compose -o build", "for Docker Compose; then `mlpc submit build`"),
        ("mlpc compile main.mlp --to local --env ci -o build", "as the environment `ci` has it"),
        ("mlpc compile --to kubeflow --registry HOST/team -o build", "a cluster pulls its images there"),
    ],
)
@optional_file
@click.option(
    "--to",
    "target",
    required=True,
    metavar="TARGET",
    help="The engine to write for: `airflow`, `compose`, `kubeflow` or `local`.",
)
@click.option(
    "-o", "--output", required=True, metavar="FOLDER", help="Where to; new, or made by an earlier compile."
)
@click.option(
    "--registry", default="", metavar="REGISTRY", help="Where a cluster pulls images from; for `kubeflow`."
)
@environment
@project
def command(file: str | None, target: str, output: str, registry: str, environment: str, project: str) -> int:
    """Write what an engine takes to run the pipeline of FILE.

    Runs nothing and reads no data. The same spec gives the same bytes.
    """
    return compile_to(file, target, output, environment, project, registry)
