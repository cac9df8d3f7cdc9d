"""What is known of the last submission of a project on an engine, so that it can be followed by another process.

It lies in the user's state folder, never in the directory that was compiled, and holds no value of a secret.
"""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def folder() -> str:
    """Return where submissions are remembered."""
    state = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(state, "mlpc", "submissions")


def remember(engine: str, project: str, what: dict[str, Any]) -> None:
    """Keep ``what`` (plain JSON) of a submission; an earlier one of the same project is forgotten.

    A state folder that cannot be written to is no reason not to run.
    """
    path = _path(engine, project)
    part = f"{path}.{os.getpid()}.part"
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(part, "w", encoding="utf-8") as file:
            json.dump(what, file, sort_keys=True)
        os.replace(part, path)
    except OSError:
        pass


def recall(engine: str, project: str) -> dict[str, Any]:
    """Return what was kept of the last submission; empty where nothing was."""
    try:
        with open(_path(engine, project), encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def forget(engine: str, project: str) -> None:
    """Forget the last submission."""
    try:
        os.unlink(_path(engine, project))
    except OSError:
        pass


def _path(engine: str, project: str) -> str:
    from hashlib import sha256

    return os.path.join(folder(), f"{engine}-{sha256(project.encode()).hexdigest()[:32]}.json")
