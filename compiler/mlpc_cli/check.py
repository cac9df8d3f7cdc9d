"""`mlpc check`: the command that people and hooks run most, answered before click is imported."""

from __future__ import annotations

import os

from . import errors
from .errors import CommandError
from .formats import NAMES, report
from .loader import Places, open_spec, specs_below, unreadable
from .plain import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlpc.diagnostics import Diagnostic

    from .changed import Changes
    from .loader import DiskLoader
    from .results import Results

_COLOURS = ("auto", "always", "never")


def read_arguments(arguments: Sequence[str]) -> tuple[list[str], str, str, str, bool, str] | None:
    """Return what :func:`check` is called with; None where click has to look at ``arguments``."""
    options = {"--env": "", "--error-format": "text", "--color": "auto", "--changed": ""}
    found = read(arguments, options, flags=("--no-cache", "--changed"))
    if found is None:
        return None
    files, values = found
    if not files or values["--error-format"] not in NAMES or values["--color"] not in _COLOURS:
        return None
    changed = values["--changed"]
    if changed == "--changed":
        from .changed import HEAD

        changed = HEAD
    kept = "--no-cache" not in values
    return files, values["--env"], values["--error-format"], values["--color"], kept, changed


def check(
    files: Sequence[str],
    environment: str = "",
    error_format: str = "text",
    colour: str = "auto",
    cache: bool = False,
    changed: str = "",
) -> int:
    """Check ``files`` (a folder: the specs in it), print what was found and return the exit code.

    ``error_format`` is one of :data:`mlpc_cli.formats.NAMES`, ``colour`` is ``auto``, ``always`` or ``never``. With
    ``cache``, results of earlier calls are used where nothing changed, and new ones are kept. With ``changed``, a revision
    of git, only those specs count that are other ones since then, or that use what is.
    """
    results = changes = None
    if changed:
        from .changed import Changes

        changes = Changes(changed)
    if cache:
        from .results import open_results

        results = open_results()
    found = report(error_format, colour)
    failed = False
    checked: dict[str, str] = {}
    places = Places()
    for text in files:
        spec = text
        try:
            for spec in specs_of(text):
                place = places.real(spec)
                if place in checked:
                    continue
                loader, path = open_spec(spec, places=places)
                items = (
                    _findings(results, loader, path, environment)
                    if changes is None
                    else _touched(changes, results, loader, path, environment)
                )
                if items is None:
                    continue
                checked[place] = spec
                for item in items:
                    found.add(item, loader, spec)
        except CommandError as error:
            failed = True
            found.add(error.diagnostic(), None, spec)
    if changes is not None and not checked and not failed and error_format == "text":
        from .say import tell
        from .terminal import harmless

        tell(f"no spec is touched by what changed since {harmless(changed)}")
    else:
        found.close(list(checked.values()))
    if failed:
        return errors.FILE_OR_NETWORK
    return errors.FINDINGS if found.failed else errors.OK


def _touched(
    changes: Changes, results: Results | None, loader: DiskLoader, path: str, environment: str
) -> Iterable[Diagnostic] | None:
    """Return what there is to say about a spec, or None where nothing that its check reads changed."""
    if not changes.may_touch(loader, path):
        return None
    from .results import Recorder

    if results is not None:
        key = results.key(loader, path, ("check", environment))
        known = results.get_asked(key, loader)
        if known is not None:
            return known[0] if changes.touch(loader, path, known[1]) else None
    from mlpc.compilation import Compilation

    recorder = Recorder(loader)
    found = list(Compilation(recorder, path, environment).check())
    if results is not None:
        results.put(key, recorder, found)
    return found if changes.touch(loader, path, recorder.digests) else None


def _findings(
    results: Results | None, loader: DiskLoader, path: str, environment: str
) -> Iterable[Diagnostic]:
    """Return what there is to say about a spec, from an earlier call if it would be the same."""
    if results is None:
        from mlpc.compilation import Compilation

        return Compilation(loader, path, environment).check()
    key = results.key(loader, path, ("check", environment))
    found = results.get(key, loader)
    if found is None:
        from mlpc.compilation import Compilation

        from .results import Recorder

        recorder = Recorder(loader)
        found = list(Compilation(recorder, path, environment).check())
        results.put(key, recorder, found)
    return found


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
        from mlpc import codes

        raise CommandError(codes.NO_SUCH_FILE, f"the folder `{text}` holds no `.mlp` file")
    return found
