"""What Linux and Docker take of a name or an argument, whatever the engine is."""

from __future__ import annotations

from mlpc.codes import NAME_TOO_LONG, OUTSIDE_LIMIT
from mlpc.diagnostics import Diagnostic

from .names import VARIABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlpc.ir.nodes import Workflow

    from .names import Rule

#: The most bytes of one argument or variable of a process: 32 pages, with the NUL at its end.
ARGUMENT = 32 * 4096 - 1
#: The most characters of a name that becomes one of a file or an object of an engine; the least of theirs.
NAME = 200
#: The most characters of a name of a volume or of a repository of images.
DOCKER = 255


def long_names(workflow: Workflow, target: str, rule: Rule) -> Iterator[Diagnostic]:
    """Yield an error for each parameter whose variable, and each secret whose name by ``rule``, is too long."""
    for param in workflow.params:
        yield from _too_long(param.name, "parameter", target, len(VARIABLE.mangle(param.name)), ARGUMENT // 2)
    for secret in workflow.secrets:
        yield from _too_long(secret.name, "secret", target, len(rule.mangle(secret.name)), NAME)


def _too_long(name: str, what: str, target: str, length: int, longest: int) -> Iterator[Diagnostic]:
    if length > longest:
        yield Diagnostic(
            NAME_TOO_LONG,
            f"`{name[:40]}…` is too long a name for a {what} on {target}: {length} characters",
            help=(f"files, variables and arguments are called after it; {longest} characters are safe",),
        )


def unnameable(what: str, name: str) -> Iterator[Diagnostic]:
    """Yield an error if Docker could not call something ``name``."""
    if len(name) > DOCKER:
        yield Diagnostic(
            NAME_TOO_LONG,
            f"{what} would have a name of {len(name)} characters",
            help=(f"Docker: `repository name must not be more than {DOCKER} characters`",),
        )


def outside(name: str, problem: str, *help: str) -> Diagnostic:
    """Return the error for the default of a parameter that the engine could not hand to a step."""
    shown = name if len(name) <= 60 else f"{name[:40]}…"
    return Diagnostic(OUTSIDE_LIMIT, f"the default of the parameter `{shown}` {problem}", help=help)
