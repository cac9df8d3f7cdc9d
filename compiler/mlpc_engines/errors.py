"""The exception with which work on an engine stops: a diagnostic, and the exit status that it stands for."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlpc.codes import Code

#: Exit statuses of the command (findings, a file or the network, a step, an interruption).
FINDINGS, ENVIRONMENT, STEP, INTERRUPTED = 1, 4, 5, 130


class SubmitError(Exception):
    """Something that keeps a build or a submission from going on; ``help`` says what would work."""

    def __init__(self, code: Code, message: str, *help: str, exit_code: int = ENVIRONMENT) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = help
        self.exit_code = exit_code
