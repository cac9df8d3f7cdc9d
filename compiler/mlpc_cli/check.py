"""`mlpc check`: the command that people and hooks run most, answered before click is imported."""

from __future__ import annotations

import os
import sys

from mlpc import codes
from mlpc.diagnostics import ERROR

from . import errors
from .errors import CommandError
from .loader import open_spec, specs_below, unreadable
from .plain import read
from .render import counted, render
from .terminal import GREEN, Paint, emit, harmless, wants_colour, width_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlpc.diagnostics import Diagnostic

    from .loader import DiskLoader

_FORMATS = ("text", "json")
_COLOURS = ("auto", "always", "never")


def read_arguments(arguments: Sequence[str]) -> tuple[list[str], str, str, str] | None:
    """Return files, environment, format and colour; None where click has to look at ``arguments``."""
    options = {"--env": "", "--error-format": "text", "--color": "auto"}
    found = read(arguments, options)
    if found is None:
        return None
    files, values = found
    if not files or values["--error-format"] not in _FORMATS or values["--color"] not in _COLOURS:
        return None
    return files, values["--env"], values["--error-format"], values["--color"]


def check(
    files: Sequence[str], environment: str = "", error_format: str = "text", colour: str = "auto"
) -> int:
    """Check ``files`` (a folder: the specs in it), print what was found and return the exit code.

    ``error_format`` is ``text`` or ``json``, ``colour`` is ``auto``, ``always`` or ``never``.
    """
    from mlpc.compilation import Compilation

    out = sys.stdout
    report = _Json() if error_format == "json" else _Text(wants_colour(out, colour), width_of(out))
    failed = False
    checked = []
    for text in files:
        try:
            for spec in _specs(text):
                loader, path = open_spec(spec)
                checked.append(spec)
                for item in Compilation(loader, path, environment).check():
                    report.add(item, loader)
        except CommandError as error:
            failed = True
            report.add(error.diagnostic(), None)
    report.close(checked)
    if failed:
        return errors.FILE_OR_NETWORK
    return errors.FINDINGS if report.counts[ERROR] else errors.OK


def _specs(text: str) -> list[str]:
    if not os.path.isdir(text):
        return [text]
    try:
        found = list(specs_below(text))
    except OSError as error:
        raise unreadable(text, error) from None
    if not found:
        raise CommandError(codes.NO_SUCH_FILE, f"the folder `{text}` holds no `.mlp` file")
    return found


class _Report:
    """Gathers what was found; a mistake in a file that two specs use is one mistake."""

    __slots__ = ("_seen", "counts", "files", "lines")

    def __init__(self) -> None:
        self.counts = {ERROR: 0, "warning": 0, "note": 0}
        self.files: set[str] = set()
        self.lines: list[str] = []
        self._seen: set[tuple[str, str, int, int, str]] = set()

    def add(self, item: Diagnostic, loader: DiskLoader | None) -> None:
        path = start = end = None
        if item.span is not None and loader is not None:
            path, start, end = loader.shown(item.span.source.path), item.span.start, item.span.end
            self.files.add(path)
        identity = (item.code.code, path or "", start or 0, end or 0, item.message)
        if identity in self._seen:
            return
        self._seen.add(identity)
        self.counts[item.severity] += 1
        self.write(item, loader)

    def write(self, item: Diagnostic, loader: DiskLoader | None) -> None:
        raise NotImplementedError

    def close(self, checked: Sequence[str]) -> None:
        raise NotImplementedError


class _Text(_Report):
    __slots__ = ("_colour", "_columns")

    def __init__(self, colour: bool, columns: int) -> None:
        super().__init__()
        self._colour = colour
        self._columns = columns

    def write(self, item: Diagnostic, loader: DiskLoader | None) -> None:
        shown = loader.shown if loader is not None else str
        self.lines.append(render(item, colour=self._colour, columns=self._columns, shown=shown))

    def close(self, checked: Sequence[str]) -> None:
        closing = counted(self.counts, len(self.files), colour=self._colour)
        if not closing:
            ok = Paint(self._colour)(GREEN, "ok")
            closing = f"{harmless(checked[0]) if len(checked) == 1 else f'{len(checked)} files'}: {ok}"
        self.lines.append(closing + "\n")
        emit("\n".join(self.lines))


class _Json(_Report):
    __slots__ = ()

    def write(self, item: Diagnostic, loader: DiskLoader | None) -> None:
        from .jsonlines import line

        self.lines.append(line(item, loader.shown if loader is not None else str))

    def close(self, checked: Sequence[str]) -> None:
        emit("".join(self.lines))
