"""The exception with which the engine stops: a diagnostic, and the exit status that it stands for."""

from __future__ import annotations

from mlpc.diagnostics import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlpc.codes import Code

#: Exit statuses of the command (a spec or a gate, usage, a file or the network, a step, an interruption).
FINDINGS, USAGE, ENVIRONMENT, STEP, INTERRUPTED = 1, 2, 4, 5, 130


class EngineError(Exception):
    """Something that keeps a run, or a step of it, from going on; ``diagnostic`` says what would help."""

    def __init__(
        self,
        code: Code,
        message: str,
        *help: str,
        exit_code: int = ENVIRONMENT,
        final: bool = True,
        place: dict[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.diagnostic = Diagnostic(code, message, help=help)
        self.exit_code = exit_code
        #: Whether another attempt would fail in the same way.
        self.final = final
        #: Where in the spec, or in code, it is: `file`, `line`, `column`.
        self.place = place

    @property
    def help(self) -> Sequence[str]:
        """What would work."""
        return self.diagnostic.help

    def to_json(self) -> dict[str, object]:
        """Return the ``error`` object of the step contract."""
        return {
            "code": self.diagnostic.code.code,
            "name": self.diagnostic.code.name,
            "message": self.diagnostic.message,
            "help": list(self.diagnostic.help),
            "place": self.place,
            "final": self.final,
        }
