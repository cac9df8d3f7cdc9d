"""`mlpc completion`."""

from __future__ import annotations

import click

from mlpc_cli import errors
from mlpc_cli.options import Command
from mlpc_cli.terminal import emit


@click.command(
    cls=Command,
    examples=[
        ("mlpc completion bash > ~/.local/share/bash-completion/completions/mlpc", "for bash"),
        ("mlpc completion zsh > ~/.zfunc/_mlpc", "for zsh, with ~/.zfunc in fpath"),
        ("mlpc completion fish > ~/.config/fish/completions/mlpc.fish", "for fish"),
    ],
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print the script that lets SHELL complete commands, options, files and codes."""
    from click.shell_completion import get_completion_class

    from mlpc_cli.group import group

    made = get_completion_class(shell)
    assert made is not None
    completion = made(group, {}, "mlpc", "_MLPC_COMPLETE")
    # Not `source()`, which for bash runs that shell to look at its version.
    emit(completion.source_template % completion.source_vars())
    return errors.OK
