"""`mlpc ci`."""

from __future__ import annotations

import os

import click

from mlpc import __version__, codes
from mlpc_cli import errors
from mlpc_cli.ci import SYSTEMS, THIS, is_plain, may_be_replaced, written
from mlpc_cli.errors import CommandError, UsageError, reason
from mlpc_cli.files import write_atomically
from mlpc_cli.loader import read_file
from mlpc_cli.options import Command
from mlpc_cli.say import tell
from mlpc_cli.terminal import emit, harmless

#: How to go on where a file of that name is there already.
_BESIDE = {
    "github": "`-o .github/workflows/NAME.yml` writes it beside",
    "gitlab": "`-o .gitlab/mlpc.yml` writes it beside, to be included: `include: [{local: .gitlab/mlpc.yml}]`",
    "azure": "`-o NAME.yml` writes it beside, for a pipeline of its own",
    "pre-commit": "`-o -` prints it, to be put below the other hooks",
}


@click.command(
    cls=Command,
    examples=[
        ("mlpc ci github", "a workflow of GitHub Actions"),
        ("mlpc ci gitlab -o .gitlab/mlpc.yml", "a job of GitLab, to be included"),
        ("mlpc ci azure -o -", "print it, write nothing"),
        ("mlpc ci pre-commit", "hooks that run before each commit"),
        ("mlpc ci github --install ./mlpc.whl", "what is installed, if not this version"),
        ("mlpc ci github --check", "exit code 1 where it is out of date"),
    ],
)
@click.argument("system", type=click.Choice(list(SYSTEMS)))
@click.option("-o", "--output", default="", metavar="PATH", help="Where to; `-` is the standard output.")
@click.option(
    "--install",
    default=THIS,
    show_default=True,
    metavar="REQUIREMENT",
    help="What pip installs there: a version, a wheel, a repository.",
)
@click.option(
    "--check", "check_only", is_flag=True, help="Write nothing; tell whether the file is up to date."
)
@click.option("--force", is_flag=True, help="Replace a file that was written or changed by somebody else.")
def command(system: str, output: str, install: str, check_only: bool, force: bool) -> int:
    """Write what lets a CI check, lint and test all specs of this repository.

    It installs mlpc, this version unless --install says otherwise, shows what is found beside the code, and of a pull
    request checks what it changes. A file that `mlpc ci` did not write, or that was changed since, is left alone. Writing
    it again with a newer mlpc moves to that.
    """
    if check_only and (force or output == "-"):
        raise UsageError("`--check` writes nothing", help=["leave out `--force` and `-o -`"])
    if not is_plain(install):
        raise UsageError(
            f"`{install}` is no plain requirement",
            help=[
                "such as `mlpc==1.2.0` or `git+https://example.org/mlpc@COMMIT`: without `$`, and no option of pip"
            ],
        )
    path = output or SYSTEMS[system].path
    data = written(system, install)
    if path == "-":
        emit(data.decode())
        return errors.OK
    there = _there(path)
    if there == data:
        tell(f"{harmless(path)}: up to date")
        return errors.OK
    if check_only:
        what = "is not there" if there is None else f"is not what mlpc {__version__} writes"
        tell(
            f"{harmless(path)}: {what}: `mlpc ci {system}{_option('-o', output)}{_option('--install', install, THIS)}`"
        )
        return errors.FINDINGS
    if there is not None and not force and not may_be_replaced(there):
        raise CommandError(
            codes.OCCUPIED_FILE,
            f"`{path}` was written or changed by somebody else",
            help=[_BESIDE[system], "`--force` replaces it"],
        )
    folder = os.path.dirname(path)
    if folder:
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise CommandError(codes.CANNOT_WRITE, f"`{folder}` cannot be made: {reason(error)}") from None
    write_atomically(path, data)
    tell(f"{harmless(path)}: {'written' if there is None else 'replaced'}")
    if system == "pre-commit":
        tell("`pre-commit install` has git run it before each commit.")
    return errors.OK


def _option(name: str, value: str, default: str = "") -> str:
    import shlex

    return "" if value == default else f" {name} {harmless(shlex.quote(value))}"


def _there(path: str) -> bytes | None:
    """Return what stands at ``path``, or None where nothing does.

    Raises:
        CommandError: what stands there is no file that can be read.
    """
    try:
        return read_file(path)
    except FileNotFoundError:
        if os.path.islink(path):
            raise CommandError(codes.CANNOT_WRITE, f"`{path}` is a link to what is not there") from None
        return None
    except OSError as error:
        raise CommandError(codes.CANNOT_WRITE, f"`{path}` cannot be replaced: {reason(error)}") from None
