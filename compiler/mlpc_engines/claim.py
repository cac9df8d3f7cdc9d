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
    """Keeps two submissions of one directory apart; the system frees it when its owner dies."""

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self._file: Any = None

    def __enter__(self) -> None:
        import fcntl

        self._file = open(os.path.join(self._compiled.folder, MANIFEST), "rb")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise SubmitError(
                SUBMISSION_FAILED,
                f"another `mlpc submit {self._compiled.shown}` goes on",
                "wait until it has ended",
            ) from None

    def __exit__(self, *exception: object) -> None:
        self._file.close()
