"""The `mlpc` command: answers `check` itself, hands everything else to click, and lets no traceback out."""

from __future__ import annotations

import errno
import gc
import sys

from . import errors
from .terminal import close_output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

#: Commands that go on for long; all others end before it would pay to collect garbage.
_LONG = frozenset({"run", "up", "gc", "lock"})
#: What the system says of standard output where it leads to a file that cannot grow.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


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
    from .group import run

    return run(arguments)


def _say(text: str) -> None:
    try:
        sys.stderr.write(f"\n{text}\n")
    except OSError:
        pass


if __name__ == "__main__":
    sys.exit(main())
