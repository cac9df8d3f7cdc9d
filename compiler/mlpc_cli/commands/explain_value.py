"""`mlpc explain-value`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from mlpc_cli import complete, errors
from mlpc_cli.errors import Findings
from mlpc_cli.options import Command, environment, project
from mlpc_cli.spec import compile_spec, show
from mlpc_cli.terminal import BOLD, DIM, Paint, emit, harmless, wants_colour

if TYPE_CHECKING:
    from mlpc.check.origins import Origin
    from mlpc_cli.loader import DiskLoader


@click.command(
    cls=Command,
    examples=[
        ("mlpc explain-value api.replicas", "of the only pipeline in this folder"),
        ("mlpc explain-value api.replicas --env prod", "as the environment `prod` has it"),
        ("mlpc explain-value forest.resources.memory main.mlp", "of a nested block"),
        ("mlpc explain-value trees main.mlp --env ci", "a param, a let or a secret"),
    ],
)
@click.argument("name", metavar="VALUE", shell_complete=complete.values)
@click.argument("file", required=False, type=click.Path(readable=False))
@environment
@project
def command(name: str, file: str | None, environment: str, project: str) -> int:
    """Tell what VALUE is in the pipeline of FILE, and what gave it.

    VALUE is a param, a let, a secret, or a value of a block such as `api.replicas`. The place that counts comes first, below
    it those that it is in place of, and the names that its expression leads to. FILE may be left out where one pipeline
    stands in the current folder.
    """
    if file is not None and name.endswith(".mlp") and not file.endswith(".mlp"):
        name, file = file, name  # the file first, as other commands have it
    spec = compile_spec(file, "explain-value VALUE", environment, project, quiet=True, whole=True)
    found, problems = spec.compilation.origins(name)
    if problems:
        show(problems, spec.loader)
        raise Findings
    emit(_told(name, found, spec.loader))
    return errors.OK


def _told(name: str, found: list[Origin], loader: DiskLoader) -> str:
    paint = Paint(wants_colour(sys.stdout))
    first = next((origin for origin in found if origin.counts), None)
    value = (first.value or first.text) if first is not None else "none"
    lines = [f"{paint(BOLD, harmless(name))} = {harmless(value)}", ""]
    rows = []
    for origin in found:
        line, column = origin.span.source.position(origin.span.start)
        place = f"{loader.shown(origin.span.source.path)}:{line}:{column}"
        text = origin.text if origin.name == name else f"{origin.name} = {origin.text}"
        text = text if len(text) <= 60 else f"{text[:59]}…"
        rows.append((origin, "  " * (origin.depth + 1) + place, harmless(text)))
    wide = max((len(place) for _, place, _ in rows), default=0)
    broad = max((len(text) for _, _, text in rows), default=0)
    for origin, place, text in rows:
        said = origin.what if origin.counts else f"{origin.what}; not used"
        row = f"{place:{wide}}  {text:{broad}}  {harmless(said)}"
        lines.append(row if origin.counts else paint(DIM, row))
    return "\n".join(lines) + "\n"
