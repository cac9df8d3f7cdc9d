"""`mlpc docs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlpc.diagnostics import Diagnostics
from mlpc.resolve.modules import Modules
from mlpc.resolve.similar import nearest
from mlpc_cli import errors
from mlpc_cli.commands.explain import show
from mlpc_cli.errors import UsageError
from mlpc_cli.handbook import Handbook, names_in, page_of_file
from mlpc_cli.loader import DiskLoader, open_spec
from mlpc_cli.options import Command, environment, project
from mlpc_cli.outcome import table
from mlpc_cli.say import tell
from mlpc_cli.terminal import harmless

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def _complete(_context: click.Context, _argument: click.Parameter, begun: str) -> list[CompletionItem]:
    """Complete names of components and kinds."""
    from click.shell_completion import CompletionItem

    found = [CompletionItem(entry.name, help=entry.summary) for entry in Handbook(DiskLoader(".")).entries]
    return [item for item in found if item.value.startswith(begun)]


@click.command(
    cls=Command,
    examples=[
        ("mlpc docs sklearn.random_forest", "of a component"),
        ("mlpc docs train", "of a kind, with its components"),
        ("mlpc docs main.mlp", "of what a file declares"),
        ("mlpc docs main.mlp ridge", "of one declaration in it"),
        ("mlpc docs main.mlp -o page.html", "a page of its pipeline, for people who only read"),
        ("mlpc docs", "everything that there is"),
    ],
)
@click.argument("name", required=False, shell_complete=_complete)
@click.argument("declared", required=False)
@click.option(
    "-o", "--output", metavar="PATH", help="Write the page of a pipeline there, as HTML in one file."
)
@environment
@project
def command(
    name: str | None, declared: str | None, output: str | None, environment: str, project: str
) -> int:
    """Show what NAME is for and what may be said of it: a component, a kind, `devices`, or a file of one's own.

    With --output, write a page of the pipeline of a file: data, model, what must hold, where it goes, who owns it.
    """
    if output is not None:
        if declared is not None or (name is not None and not name.endswith(".mlp")):
            raise UsageError(
                f"`{declared or name}` has no page of its own",
                help=[
                    f"a page is of a whole pipeline: `mlpc docs main.mlp -o {output}`",
                    f"`mlpc docs {name}` shows it here",
                ],
            )
        return _page(name, output, environment, project)
    if environment or project:
        raise UsageError(
            f"{'--env' if environment else '--project'} is about a page",
            help=["say where the page goes: `mlpc docs main.mlp -o page.html`"],
        )
    if name is not None and name.endswith(".mlp"):
        show(_of_file(name, declared))
        return errors.OK
    if declared is not None:
        raise UsageError(
            f"`{name}` is no file", help=[f"write `mlpc docs {name}`, or `mlpc docs main.mlp {declared}`"]
        )
    handbook = Handbook(DiskLoader("."))
    if name is None:
        _list(handbook)
        return errors.OK
    if name == "devices":
        show(handbook.devices_page())
        return errors.OK
    found = handbook.named(name)
    if not found:
        known = ["devices", *(entry.name for entry in handbook.entries)]
        raise UsageError(
            f"there is no component and no kind `{name}`", help=[_hint(name, known, "mlpc docs")]
        )
    show("\n".join(handbook.page(entry) for entry in found))
    return errors.OK


def _page(file: str | None, output: str, environment: str, project: str) -> int:
    from mlpc_cli.files import write_atomically
    from mlpc_cli.pages import spec_page
    from mlpc_cli.spec import compile_spec

    spec = compile_spec(file, f"docs -o {output}", environment, project, quiet=True, whole=True)
    compilation = spec.compilation
    typed = compilation.typed
    assert typed is not None, "it has a workflow"
    others = [
        (each, found)
        for each in compilation.environments()
        if (found := compilation.program(each)) is not None
    ]
    write_atomically(output, spec_page.page(typed, spec.workflow, others, spec.label))
    tell(harmless(output))
    return errors.OK


def _of_file(path: str, declared: str | None) -> str:
    loader, inside = open_spec(path)
    module = Modules(loader, Diagnostics()).load(inside)
    assert module is not None, "it was there a moment ago"
    page = page_of_file(module, path, declared or "")
    if declared and not page:
        raise UsageError(
            f"`{path}` declares nothing called `{declared}`",
            help=[_hint(declared, names_in(module), f"mlpc docs {path}")],
        )
    return "\n".join(harmless(line) for line in page.split("\n"))


def _hint(name: str, known: list[str], all_of_it: str) -> str:
    near = nearest(name, known)
    return f"did you mean `{near}`?" if near else f"`{all_of_it}` shows what there is"


def _list(handbook: Handbook) -> None:
    kinds = [entry for entry in handbook.entries if entry.kind == "kind"]
    for kind in kinds:
        players = handbook.players(kind.name)
        if players:
            tell(f"{kind.name}: {kind.summary}")
            tell(table([(entry.name, entry.summary) for entry in players], indent=2).rstrip("\n"))
            tell()
    tell("`mlpc docs NAME` tells more, `mlpc docs devices` which devices there are")
