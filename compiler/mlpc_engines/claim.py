"""One submission of a directory at a time."""

from __future__ import annotations

import os

from mlpc.codes import SUBMISSION_FAILED

from .directory import MANIFEST
from .errors import SubmitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .directory import Compiled


class Claim:
    """Keeps two submissions of one directory apart; the system frees it when all that hold it are gone: this process,
    and the Compose that it started.
    """

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self._file: Any = None

    def __enter__(self) -> int:
        if not self._take():
            raise SubmitError(
                SUBMISSION_FAILED,
                f"another `mlpc submit {self._compiled.shown}` goes on",
                f"`mlpc submit {self._compiled.shown} --follow` sees it to its end",
            )
        return int(self._file.fileno())

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    def held(self) -> bool:
        """Return whether somebody holds it."""
        if not self._take():
            return True
        self._file.close()
        return False

    def _take(self) -> bool:
        import fcntl

        # It stays open as long as the claim is held.
        self._file = open(os.path.join(self._compiled.folder, MANIFEST), "rb")  # noqa: SIM115
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            return False
        return True
