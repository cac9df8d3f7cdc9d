"""`mlpc lint`: what is no error, and yet most likely a mistake; and what can be mended without a person."""

from __future__ import annotations

import os

from mlpc import codes
from mlpc.compilation import Compilation
from mlpc.diagnostics import ERROR, NOTE, Diagnostic
from mlpc.format import format_source
from mlpc.lint import read_settings
from mlpc.lint.fixing import mend
from mlpc.source import Source

from . import errors
from .check import specs_of
from .errors import CommandError
from .files import write_atomically
from .formats import report
from .loader import open_spec
from .say import tell
from .terminal import harmless

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlpc.source import Loader

    from .loader import DiskLoader

#: What some editors put before a text in UTF-8; it is none of ours to take away.
_MARK = b"\xef\xbb\xbf"


def lint(
    files: Sequence[str],
    *,
    error_format: str = "text",
    colour: str = "auto",
    strict: bool = False,
    fix: bool = False,
    unsafe: bool = False,
) -> int:
    """Lint ``files`` (a folder: the specs in it), print what was found and return the exit code.

    ``fix`` applies what is safe first, and with ``unsafe`` the rest as well. The code is 1 where anything has the level of an
    error, and with ``strict``, or where a project's settings say so, where there is anything at all.
    """
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
                broken, found = look(loader, path)
                strict = strict or (not broken and read_settings(loader).strict)
                for item in found:
                    made.add(item, loader, spec)
        except CommandError as error:
            failed = True
            made.add(error.diagnostic(), None, spec)
    if error_format == "text":
        for name in changed:
            tell(f"{harmless(name)}: mended")
    if refused:
        what = "a fix was" if refused == 1 else f"{refused} fixes were"
        message = f"{what} not applied: there would have been errors afterwards"
        made.add(Diagnostic(codes.REFUSED_FIX, message), None)
    made.close(looked_at)
    if failed:
        return errors.FILE_OR_NETWORK
    total = sum(count for severity, count in made.counts.items() if severity != NOTE)
    return errors.FINDINGS if made.counts[ERROR] or (strict and total) else errors.OK


def look(loader: Loader, path: str) -> tuple[bool, list[Diagnostic]]:
    """Return whether the spec has errors, and these or what the linter finds.

    A mistake in the settings is one of the latter.
    """
    compilation = Compilation(loader, path)
    wrong = [item for item in compilation.check() if item.severity == ERROR]
    if wrong:
        return True, wrong
    settings = read_settings(loader)
    return False, [*settings.diagnostics, *compilation.lint(settings)]


def _mend(loader: DiskLoader, path: str, unsafe: bool) -> tuple[dict[str, int], int]:
    """Apply the fixes of a spec; return the files that changed, and how many fixes were refused."""
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
    return format_source(Source(path, text)).text if path.endswith(".mlp") else text
