"""`mlpc lint`: what is no error, and yet most likely a mistake; and what can be mended without a person."""

from __future__ import annotations

import os

from . import errors
from .check import specs_of
from .errors import CommandError
from .formats import report
from .loader import open_spec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlpc.diagnostics import Diagnostic
    from mlpc.source import Loader

    from .loader import DiskLoader
    from .results import Results

#: What some editors put before a text in UTF-8; it is none of ours to take away.
_MARK = b"\xef\xbb\xbf"
_SETTINGS = "mlpc.toml"


def lint(
    files: Sequence[str],
    *,
    error_format: str = "text",
    colour: str = "auto",
    strict: bool = False,
    fix: bool = False,
    unsafe: bool = False,
    cache: bool = False,
) -> int:
    """Lint ``files`` (a folder: the specs in it), print what was found and return the exit code.

    ``fix`` applies what is safe first, and with ``unsafe`` the rest as well. The code is 1 where anything has the level of an
    error, and with ``strict``, or where a project's settings say so, where there is anything at all. With ``cache``, results
    of earlier calls are used where nothing changed, and new ones are kept; not for what is fixed.
    """
    results = None
    if cache and not fix:
        from .results import LINTER, open_results

        results = open_results(LINTER)
    made = report(error_format, colour)
    failed = False
    looked_at = []
    changed: dict[str, int] = {}
    refused = 0
    for text in files:
        spec = text
        try:
            for spec in specs_of(text):
                loader, path = open_spec(spec)
                looked_at.append(spec)
                if fix:
                    applied, not_applied = _mend(loader, path, unsafe)
                    refused += not_applied
                    for name, count in applied.items():
                        changed[name] = changed.get(name, 0) + count
                found = _findings(results, loader, path)
                # Where the spec has errors it makes no difference.
                strict = strict or _is_strict(loader)
                for item in found:
                    made.add(item, loader, spec)
        except CommandError as error:
            failed = True
            made.add(error.diagnostic(), None, spec)
    if error_format == "text" and changed:
        from .say import tell
        from .terminal import harmless

        for name in changed:
            tell(f"{harmless(name)}: mended")
    if refused:
        from mlpc import codes
        from mlpc.diagnostics import Diagnostic

        what = "a fix was" if refused == 1 else f"{refused} fixes were"
        message = f"{what} not applied: there would have been errors afterwards"
        made.add(Diagnostic(codes.REFUSED_FIX, message), None)
    made.close(looked_at)
    if failed:
        return errors.FILE_OR_NETWORK
    total = sum(count for severity, count in made.counts.items() if severity != "note")
    return errors.FINDINGS if made.counts["error"] or (strict and total) else errors.OK


def _findings(results: Results | None, loader: DiskLoader, path: str) -> list[Diagnostic]:
    """Return what there is to say about a spec, from an earlier call if it would be the same."""
    if results is None:
        return look(loader, path)[1]
    key = results.key(loader, path, ("lint",))
    found = results.get(key, loader)
    if found is None:
        from .results import Recorder

        recorder = Recorder(loader)
        found = look(recorder, path)[1]
        results.put(key, recorder, found)
    return found


def _is_strict(loader: Loader) -> bool:
    """Return whether the settings of the project let warnings fail the command."""
    text = loader.read(_SETTINGS)
    # A key may be written with escapes. The linter is not loaded for what does not concern it.
    if text is None or not (b"strict" in text or b"\\" in text):
        return False
    from mlpc.lint import read_settings

    return read_settings(loader).strict


def look(loader: Loader, path: str) -> tuple[bool, list[Diagnostic]]:
    """Return whether the spec has errors, and these or what the linter finds.

    A mistake in the settings is one of the latter.
    """
    from mlpc.compilation import Compilation
    from mlpc.lint import read_settings

    compilation = Compilation(loader, path)
    wrong = [item for item in compilation.check() if item.severity == "error"]
    if wrong:
        return True, wrong
    settings = read_settings(loader)
    return False, [*settings.diagnostics, *compilation.lint(settings)]


def _mend(loader: DiskLoader, path: str, unsafe: bool) -> tuple[dict[str, int], int]:
    """Apply the fixes of a spec; return the files that changed, and how many fixes were refused."""
    from mlpc.lint.fixing import mend

    from .files import write_atomically

    mended = mend(loader, lambda over: look(over, path), lay_out, unsafe=unsafe)
    written = {}
    for name, text in mended.texts.items():
        place = os.path.join(loader.root, name)
        before = loader.read(name) or b""
        write_atomically(place, _MARK + text.encode() if before.startswith(_MARK) else text.encode())
        written[loader.shown(name)] = 1
    return written, mended.refused


def lay_out(path: str, text: str) -> str:
    """Return ``text`` in the one layout; what is no spec, and what has errors, as it is."""
    from mlpc.format import format_source
    from mlpc.source import Source

    return format_source(Source(path, text)).text if path.endswith(".mlp") else text
