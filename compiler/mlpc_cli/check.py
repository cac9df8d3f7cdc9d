"""`mlpc check`: the command that people and hooks run most, answered before click is imported."""

from __future__ import annotations

import os

from mlpc import codes
from mlpc.diagnostics import ERROR

from . import errors
from .errors import CommandError
from .formats import NAMES, report
from .loader import open_spec, specs_below, unreadable
from .plain import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_COLOURS = ("auto", "always", "never")


def read_arguments(arguments: Sequence[str]) -> tuple[list[str], str, str, str] | None:
    """Return files, environment, format and colour; None where click has to look at ``arguments``."""
    options = {"--env": "", "--error-format": "text", "--color": "auto"}
    found = read(arguments, options)
    if found is None:
        return None
    files, values = found
    if not files or values["--error-format"] not in NAMES or values["--color"] not in _COLOURS:
        return None
    return files, values["--env"], values["--error-format"], values["--color"]


def check(
    files: Sequence[str], environment: str = "", error_format: str = "text", colour: str = "auto"
) -> int:
    """Check ``files`` (a folder: the specs in it), print what was found and return the exit code.

    ``error_format`` is one of :data:`mlpc_cli.formats.NAMES`, ``colour`` is ``auto``, ``always`` or ``never``.
    """
    from mlpc.compilation import Compilation

    found = report(error_format, colour)
    failed = False
    checked: dict[str, str] = {}
    for text in files:
        spec = text
        try:
            for spec in specs_of(text):
                place = os.path.realpath(spec)
                if place in checked:
                    continue
                loader, path = open_spec(spec)
                checked[place] = spec
                for item in Compilation(loader, path, environment).check():
                    found.add(item, loader, spec)
        except CommandError as error:
            failed = True
            found.add(error.diagnostic(), None, spec)
    found.close(list(checked.values()))
    if failed:
        return errors.FILE_OR_NETWORK
    return errors.FINDINGS if found.counts[ERROR] else errors.OK


def specs_of(text: str) -> list[str]:
    """Return the specs that ``text`` names: itself, or all in the folder that it is.

    Raises:
        CommandError: the folder cannot be read, or holds none.
    """
    if not os.path.isdir(text):
        return [text]
    try:
        found = list(specs_below(text))
    except OSError as error:
        raise unreadable(text, error) from None
    if not found:
        raise CommandError(codes.NO_SUCH_FILE, f"the folder `{text}` holds no `.mlp` file")
    return found
