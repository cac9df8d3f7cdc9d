"""`mlpc fmt`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from mlpc import codes, limits
from mlpc_cli import errors
from mlpc_cli.errors import CommandError, UsageError
from mlpc_cli.files import write_atomically
from mlpc_cli.loader import specs_below, unreadable
from mlpc_cli.options import Command
from mlpc_cli.say import problem, tell
from mlpc_cli.terminal import CYAN, GREEN, RED, Paint, emit, harmless, wants_colour

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command(
    cls=Command,
    examples=[
        ("mlpc fmt main.mlp", "lay the file out"),
        ("mlpc fmt --check .", "exit code 1 where something is not laid out"),
        ("mlpc fmt --diff main.mlp", "show what would change, change nothing"),
        ("mlpc fmt - < in.mlp > out.mlp", "as a filter, for editors"),
    ],
)
@click.argument("files", nargs=-1, type=click.Path(readable=False))
@click.option("--check", "check_only", is_flag=True, help="Change nothing; tell which files would change.")
@click.option("--diff", is_flag=True, help="Change nothing; show what would change.")
def command(files: Sequence[str], check_only: bool, diff: bool) -> int:
    """Lay specs out in the one layout that there is.

    The order of things never changes and comments stay where they are. A file with syntax errors is left as
    it is. A folder stands for all specs in it; `-` reads standard input and writes standard output.
    """
    if not files:
        raise UsageError("no file was named", help=["`mlpc fmt .` lays out every spec in this folder"])
    if "-" in files and len(files) > 1:
        raise UsageError("`-` stands alone", help=["`mlpc fmt - < main.mlp`"])
    totals = _Totals(check_only or diff, diff)
    for text in files:
        try:
            for path in _expand(text):
                totals.format(path)
        except CommandError as error:
            # The other files are laid out all the same.
            problem(error.diagnostic())
            totals.unread += 1
    return totals.close(quiet="-" in files)


def _expand(text: str) -> list[str]:
    if text == "-" or not os.path.isdir(text):
        return [text]
    try:
        found = list(specs_below(text))
    except OSError as error:
        raise unreadable(text, error) from None
    if not found:
        raise CommandError(codes.NO_SUCH_FILE, f"the folder `{text}` holds no `.mlp` file")
    return found


class _Totals:
    def __init__(self, keep: bool, diff: bool) -> None:
        self.keep = keep
        self.diff = diff
        self.changed = 0
        self.same = 0
        self.refused = 0
        self.unread = 0

    def format(self, path: str) -> None:
        from mlpc.diagnostics import ERROR
        from mlpc.format import format_source
        from mlpc.syntax.parser import decode

        data = _standard_input() if path == "-" else _bytes(path)
        shown = "<stdin>" if path == "-" else path
        source, found = decode(shown, data)
        if not any(item.severity == ERROR for item in found):
            formatted = format_source(source)
            found = [*found, *formatted.diagnostics]
        if any(item.severity == ERROR for item in found):
            for item in found:
                problem(item)
                sys.stderr.write("\n")
            self.refused += 1
            if path == "-" and not self.keep:
                # A filter that fails gives back what it got, so that an editor loses nothing.
                sys.stdout.buffer.write(data)
            return
        new = formatted.text.encode()
        if new == data:
            self.same += 1
        else:
            self.changed += 1
        if self.diff and new != data:
            _show_difference(shown, data.decode("utf-8", "replace"), formatted.text)
        elif path == "-" and not self.keep:
            sys.stdout.buffer.write(new)
        elif new != data and not self.keep:
            write_atomically(path, new)
            tell(f"{harmless(path)}: laid out")
        elif new != data:
            tell(f"{harmless(shown)}: not laid out")

    def close(self, *, quiet: bool) -> int:
        if not quiet:
            words = [
                (self.changed, "would change" if self.keep else "changed"),
                (self.same, "left as it is" if self.same == 1 else "left as they are"),
                (self.refused, "with errors, not touched"),
            ]
            parts = [f"{count} file{'s' if count != 1 else ''} {what}" for count, what in words if count]
            if parts and not self.diff:
                tell(", ".join(parts))
        if self.unread:
            return errors.FILE_OR_NETWORK
        if self.refused or (self.keep and self.changed):
            return errors.FINDINGS
        return errors.OK


def _standard_input() -> bytes:
    data = sys.stdin.buffer.read(limits.FILE_BYTES + 1)
    if len(data) > limits.FILE_BYTES:
        raise CommandError(
            codes.UNREADABLE_FILE, f"standard input is larger than {limits.FILE_BYTES // (1024 * 1024)} MiB"
        )
    return data


def _bytes(path: str) -> bytes:
    from mlpc_cli.loader import read_file

    try:
        return read_file(path)
    except OSError as error:
        raise unreadable(path, error) from None


def _show_difference(path: str, old: str, new: str) -> None:
    from difflib import unified_diff

    paint = Paint(wants_colour(sys.stdout))
    styles = {"+": GREEN, "-": RED, "@": CYAN}
    before = [line + "\n" for line in old.split("\n")]
    after = [line + "\n" for line in new.split("\n")]
    if before[-1] == after[-1] == "\n":
        before.pop()
        after.pop()
    for line in unified_diff(before, after, harmless(path), f"{harmless(path)} (laid out)"):
        text = harmless(line.rstrip("\n"))
        emit(paint(styles.get(line[0], ""), text) + "\n" if line[0] in styles else text + "\n")
