"""What work on another engine has to say when it cannot go on, said as the command says it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from .errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def reported() -> Iterator[None]:
    """Turn a SubmitError into what the command prints.

    Raises:
        CommandError: in its place.
    """
    from mlpc_engines.errors import SubmitError

    try:
        yield
    except SubmitError as error:
        raise CommandError(error.code, error.message, help=error.help, exit_code=error.exit_code) from None
