"""What a person gives a run: values of parameters, and secrets."""

from __future__ import annotations

import os

from mlpc.codes import MISSING_SECRET, UNKNOWN_PARAMETER

from .errors import FINDINGS, SubmitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import Any

    from .directory import Compiled


def look_at_params(given: Iterable[str], known: Collection[str]) -> None:
    """See to it that all parameters which are given exist.

    Raises:
        SubmitError: one does not.
    """
    from difflib import get_close_matches

    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            listed = ", ".join(f"`{each}`" for each in known)
            raise SubmitError(
                UNKNOWN_PARAMETER,
                f"the pipeline has no parameter `{name}`",
                f"did you mean `{near[0]}`?" if near else f"it has: {listed}",
                exit_code=FINDINGS,
            )


def secret(compiled: Compiled, name: str, told: dict[str, Any], root: str) -> bytes:
    """Return the value of the secret ``name``, whose source stands in ``told``; ``root`` is the project's folder.

    Raises:
        SubmitError: it is not where it should be.
    """
    source = told["source"] or {}
    if "env" in source:
        value = os.environ.get(str(source["env"]))
        if value is None:
            raise SubmitError(
                MISSING_SECRET,
                f"the secret `{name}` comes from the environment variable {source['env']}, which is not set",
                f"export {source['env']}=…",
            )
        return value.encode("utf-8", "surrogateescape")
    if "file" in source:
        path = os.path.join(root, os.path.expanduser(str(source["file"])))
    else:
        folder = os.environ.get("MLPC_SECRETS") or os.path.join(compiled.folder, "secrets")
        path = os.path.join(folder, str(told["file"]))
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise SubmitError(
            MISSING_SECRET, f"the secret `{name}` cannot be read from {path}: {error.strerror}"
        ) from None
