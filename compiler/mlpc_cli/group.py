"""All commands but the quick way of `check`, by click; a command is imported when it is asked for."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import click

from mlpc import __version__
from mlpc.resolve.similar import nearest

from . import errors
from .errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Every command by section, with the line that `mlpc --help` has for it.
SECTIONS: dict[str, dict[str, str]] = {
    "Write": {
        "new": "Start a project that runs at once.",
        "infer": "Write the schema of a file or of a table of a database.",
        "check": "Find every mistake of a spec, with places and help.",
        "lint": "Find what is most likely a mistake, and mend it.",
        "fmt": "Lay a spec out.",
        "test": "Judge the tests of a spec: what follows from what they give.",
        "ci": "Write what lets a CI look at the specs.",
        "explain-value": "Tell what a value is, and what gave it.",
        "graph": "Draw what depends on what.",
        "explain": "Tell what a code means, with a wrong and a right example.",
        "docs": "Show what a component is for, and what may be said of it.",
        "lsp": "Serve an editor by the Language Server Protocol.",
    },
    "Run and serve": {
        "run": "Train, judge and promote on this machine.",
        "up": "Serve what was promoted.",
        "promote": "Go back to what was promoted before.",
        "lock": "Pin what the steps need, with hashes.",
    },
    "Other engines": {
        "targets": "Tell what each engine does with a spec.",
        "compile": "Write what an engine takes.",
        "build": "Build the images of what was compiled.",
        "submit": "Run what was compiled on its engine, and follow it to the end.",
        "down": "Stop what was submitted.",
    },
    "Look and clean": {
        "status": "Tell what is promoted, and how the last run ended.",
        "runs": "List the runs, show one, or compare two.",
        "logs": "Show what a step printed.",
        "gc": "Free space in the store.",
        "doctor": "Tell what is installed, and what is missing.",
        "completion": "Print the completion script of a shell.",
    },
}
COMMANDS = {name: text for section in SECTIONS.values() for name, text in section.items()}
_MODULES = {"compile": "compile_", "explain-value": "explain_value"}


class Group(click.Group):
    """Finds commands in `mlpc_cli.commands` by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of `--help`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command called ``cmd_name``, or None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"mlpc_cli.commands.{_MODULES.get(cmd_name, cmd_name)}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that ``args`` name.

        Raises:
            UsageError: there is no such command.
        """
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            near = nearest(name, COMMANDS)
            if name.endswith(".mlp"):
                hint = f"say what to do with it: `mlpc check {name}`, `mlpc run {name}`"
            elif near:
                hint = f"did you mean `mlpc {near}`?"
            else:
                hint = "`mlpc --help` lists the commands"
            raise UsageError(f"there is no command `{name}`", help=[hint])
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, by section."""
        for section, commands in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl(list(commands.items()))


def _version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"mlpc {__version__}")
        ctx.exit(errors.OK)


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`mlpc COMMAND --help` says more, with examples.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
def group() -> None:
    """One .mlp file from data to a served model: check it, run it, serve it."""


def run(arguments: Sequence[str]) -> int:
    """Run the command that ``arguments`` name and return its exit code.

    Raises:
        UsageError: the arguments make no sense.
        CommandError: the command cannot do what it was asked to.
    """
    if not arguments:
        arguments = ["--help"]
    try:
        code = group.main(list(arguments), prog_name="mlpc", standalone_mode=False)
    except click.exceptions.Abort:
        raise KeyboardInterrupt from None
    except (click.FileError, click.UsageError) as error:
        raise _plain(error, arguments[0]) from None
    return code if isinstance(code, int) else errors.OK


def _plain(error: click.ClickException, command: str) -> UsageError:
    context = getattr(error, "ctx", None)
    path = f"mlpc {command}" if command in COMMANDS else "mlpc"
    if context is not None:
        path = context.command_path
    more = f"`{path} --help` says how it is called"
    if isinstance(error, click.NoSuchOption):
        known = {name.replace("-", "_"): name for name in _options(context)}
        near = nearest(error.option_name.replace("-", "_"), known)
        hint = f"did you mean `{known[near]}`?" if near else more
        return UsageError(f"`{path}` has no option `{error.option_name}`", help=[hint])
    message = error.format_message().rstrip(".").replace("'", "`")
    choices = getattr(getattr(error, "param", None), "type", None)
    if isinstance(error, click.BadParameter) and isinstance(choices, click.Choice) and context is not None:
        # click says what was given in its message alone.
        given = message.partition(": `")[2].partition("` is not one of ")[0]
        near = nearest(given, map(str, choices.choices)) if given else None
        if near:
            more = f"did you mean `{near}`?"
    if isinstance(error, click.MissingParameter) and isinstance(
        getattr(error.param, "type", None), click.Choice
    ):
        # click's own text has line ends and tabs.
        assert error.param is not None
        message = (
            f"missing argument: one of {', '.join(f'`{choice}`' for choice in error.param.type.choices)}"  # type: ignore[attr-defined]
        )
    return UsageError(message[:1].lower() + message[1:], help=[more])


def _options(context: Any) -> list[str]:
    if context is None:
        return []
    return [name for param in context.command.get_params(context) for name in param.opts if name[:1] == "-"]
