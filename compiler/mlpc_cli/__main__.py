"""The `mlpc` command: answers plain calls of `check` and `compile` itself, hands the rest to click, lets no traceback out."""

from __future__ import annotations

import errno
import gc
import os
import sys

from . import errors
from .terminal import close_output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

#: Commands that go on for long; all others end before it would pay to collect garbage.
_LONG = frozenset({"run", "up", "gc", "lock", "lsp", "submit"})
#: What the system says of standard output where it leads to a file that cannot grow.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
#: Commands that leave nothing to be closed or waited for.
_SHORT = frozenset({"check", "compile"})


def program() -> int:
    """Run the command as the process that it is: what it made is left to the system, which frees it at once."""
    code = main()
    if not _SHORT.isdisjoint(sys.argv[1:2]):
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except OSError:
            return code
        # Python would take every object apart first, which is a tenth of the time of a check.
        os._exit(code)
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with ``arguments``, by default those of the process, and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] not in _LONG:
        gc.disable()
    try:
        for stream in (sys.stdout, sys.stderr):
            # A terminal that knows no `…`, and a path that is no text, are no reason to fail.
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        code = _answer(given)
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            close_output()
        return code
    except KeyboardInterrupt:
        _say("interrupted")
        return errors.INTERRUPTED
    except BrokenPipeError:
        # Who read our output has seen enough of it.
        close_output()
        return errors.OK
    except errors.Findings:
        return errors.FINDINGS
    except errors.CommandError as error:
        from .say import problem

        problem(error.diagnostic())
        return error.exit_code
    except errors.UsageError as error:
        from .say import usage

        usage(error)
        return errors.USAGE
    except Exception as error:  # noqa: BLE001 - the last guard
        engine = sys.modules.get("mlpc_run.errors")
        if engine is not None and isinstance(error, engine.EngineError):
            from .say import problem

            problem(error.diagnostic)
            return int(error.exit_code)
        if isinstance(error, OSError) and error.filename is None and error.errno in _FULL:
            from mlpc.codes import CANNOT_WRITE

            from .say import problem

            close_output()
            message = f"the output cannot be written: {errors.reason(error)}"
            problem(errors.CommandError(CANNOT_WRITE, message).diagnostic())
            return errors.FILE_OR_NETWORK
        from .fault import report

        report(error)
        return errors.FAULT


def _answer(arguments: list[str]) -> int:
    if arguments[:1] == ["check"]:
        from .check import check, read_arguments

        plain = read_arguments(arguments[1:])
        if plain is not None:
            return check(*plain)
    elif arguments[:1] == ["compile"]:
        from . import compile_

        asked = compile_.read_arguments(arguments[1:])
        if asked is not None:
            return compile_.compile_to(*asked)
    from .group import run

    return run(arguments)


def _say(text: str) -> None:
    try:
        sys.stderr.write(f"\n{text}\n")
    except OSError:
        pass


if __name__ == "__main__":
    sys.exit(program())
