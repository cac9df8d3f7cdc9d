"""`mlpc targets`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlpc.backend import CONSTRUCTS, LOWERED, NATIVE, uses
from mlpc_cli import backends, errors
from mlpc_cli.options import Command, environment, optional_file, project
from mlpc_cli.outcome import table
from mlpc_cli.say import tell
from mlpc_cli.spec import compile_spec
from mlpc_cli.terminal import CYAN, DIM, GREEN, RED, Paint, harmless, wants_colour

if TYPE_CHECKING:
    from mlpc.backend import Backend, Capability

_STYLES = {NATIVE: GREEN, LOWERED: CYAN}


@click.command(
    cls=Command,
    examples=[
        ("mlpc targets main.mlp", "what this spec uses, by target"),
        ("mlpc targets main.mlp --to compose", "of one target"),
        ("mlpc targets --all", "everything that a spec can use"),
    ],
)
@optional_file
@click.option("--to", "target", metavar="TARGET", help="Only this one.")
@click.option("--all", "whole", is_flag=True, help="Not of a spec: everything that a spec can use.")
@environment
@project
def command(file: str | None, target: str | None, whole: bool, environment: str, project: str) -> int:
    """Tell what each target does with what FILE uses: natively, in another way, or not at all."""
    import sys

    chosen = [backends.named(target)] if target else backends.every()
    owners: dict[str, list[str]] = {construct: [] for construct in CONSTRUCTS} if whole else {}
    if not whole:
        for use in uses(compile_spec(file, "targets", environment, project).workflow):
            owners.setdefault(use.construct, []).append(use.owner)
    paint = Paint(wants_colour(sys.stdout))
    used = {construct: owners[construct] for construct in CONSTRUCTS if construct in owners}
    text = table(_rows(chosen, used, paint), indent=0)
    tell(text.rstrip("\n"))
    for backend in chosen:
        _explain(backend, used, paint)
    return errors.OK


def _rows(chosen: list[Backend], used: dict[str, list[str]], paint: Paint) -> list[tuple[str, ...]]:
    rows = [("", *(backend.name for backend in chosen), "")]
    for construct, owners in used.items():
        words = [_word(backend.capabilities[construct], paint) for backend in chosen]
        listed = ", ".join(owners[:3]) + (f" and {len(owners) - 3} more" if len(owners) > 3 else "")
        rows.append((CONSTRUCTS[construct], *words, paint(DIM, harmless(listed))))
    return rows


def _word(capability: Capability, paint: Paint) -> str:
    return paint(_STYLES.get(capability.support, RED), capability.support)


def _explain(backend: Backend, used: dict[str, list[str]], paint: Paint) -> None:
    lines = [
        f"  {CONSTRUCTS[construct]}: {_word(backend.capabilities[construct], paint)}: {backend.capabilities[construct].text}"
        for construct in used
        if backend.capabilities[construct].support != NATIVE
    ]
    if lines:
        tell(f"\n{backend.name} (table {backend.capabilities.version})")
        for line in lines:
            tell(line)
