"""What happens when mlpc itself is wrong: a few words and a log, never a traceback on the terminal."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback

from mlpc import __version__, codes
from mlpc.diagnostics import Diagnostic

from .render import render
from .terminal import wants_colour


def report(error: BaseException) -> None:
    """Write a log about ``error`` and tell the person where it is."""
    what = traceback.format_exception_only(type(error), error)[-1].strip()
    first = what.splitlines()[0] if what else type(error).__name__
    try:
        path = _log(error)
    except OSError as problem:
        kept = f"no log could be written to `{tempfile.gettempdir()}`: {problem.strerror}"
    else:
        kept = f"what happened is written in {path}"
    item = Diagnostic(
        codes.INTERNAL_FAULT,
        "mlpc has a fault of its own",
        help=[first[:300], kept, "please report it, with that log and the spec that brought it about"],
    )
    sys.stderr.write(render(item, colour=wants_colour(sys.stderr)))


def _log(error: BaseException) -> str:
    descriptor, path = tempfile.mkstemp(prefix="mlpc-fault-", suffix=".log")
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as log:
        log.write(f"mlpc {__version__}, Python {sys.version}, {sys.platform}\n")
        log.write(f"command: {sys.argv[1:2]}\n\n")
        log.write("".join(traceback.format_exception(type(error), error, error.__traceback__)))
    return path
