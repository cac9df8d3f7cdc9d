"""Exit codes of the command, and what it says when it cannot go on."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlpc.codes import Code
    from mlpc.diagnostics import Diagnostic

OK = 0
FINDINGS = 1
USAGE = 2
FAULT = 3
FILE_OR_NETWORK = 4
STEP_FAILED = 5
INTERRUPTED = 130


class CommandError(Exception):
    """The command cannot do what it was asked to: printed as a diagnostic without a place.

    ``exit_code`` is one of the above.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        help: Sequence[str] = (),
        exit_code: int = FILE_OR_NETWORK,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = tuple(help)
        self.exit_code = exit_code

    def diagnostic(self) -> Diagnostic:
        """Return it as a diagnostic."""
        from mlpc.diagnostics import Diagnostic

        return Diagnostic(self.code, self.message, help=self.help)


class Findings(Exception):
    """Errors were found and have been printed; the command ends with :data:`FINDINGS`."""


class UsageError(Exception):
    """The command was called in a way that makes no sense; ``help`` says what would."""

    def __init__(self, message: str, *, help: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.help = tuple(help)


def reason(error: OSError) -> str:
    """Return why a file or a connection did not work, in lower case and without numbers or paths."""
    text = error.strerror or type(error).__name__
    return text[:1].lower() + text[1:]
