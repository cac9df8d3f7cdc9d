"""A directory that `mlpc compile` wrote, as its manifest tells it."""

from __future__ import annotations

import json
import os

from mlpc.codes import NO_SUCH_INPUT, NOT_COMPILED

from .errors import FINDINGS, SubmitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MANIFEST = "manifest.json"
VERSION = 1
#: What a person may change, and still have what was compiled.
_SETTINGS = frozenset({".env"})


class Compiled:
    """What lies in a directory: ``facts`` is its manifest."""

    def __init__(self, folder: str) -> None:
        """Read the manifest.

        Raises:
            SubmitError: this is no such directory, of another version, or changed since.
        """
        self.folder = os.path.abspath(folder)
        self.shown = folder
        try:
            with open(os.path.join(self.folder, MANIFEST), "rb") as file:
                self.facts: dict[str, Any] = json.loads(file.read())
            version, self.target = self.facts["version"], str(self.facts["target"]["name"])
        except (OSError, ValueError, KeyError, TypeError):
            raise SubmitError(
                NOT_COMPILED,
                f"`{folder}` is no folder that `mlpc compile` wrote for an engine",
                "make one: `mlpc compile main.mlp --to compose -o build`",
            ) from None
        if version != VERSION:
            raise SubmitError(
                NOT_COMPILED,
                f"`{folder}` was written by another mlpc (version {version})",
                "compile it again",
            )
        self._unchanged()

    def _unchanged(self) -> None:
        from hashlib import sha256

        changed = []
        for path, digest in self.facts["files"].items():
            try:
                with open(os.path.join(self.folder, *path.split("/")), "rb") as file:
                    now = f"sha256:{sha256(file.read()).hexdigest()}"
            except OSError:
                now = ""
            if now != digest and path not in _SETTINGS:
                changed.append(path)
        if changed:
            listed = ", ".join(f"`{path}`" for path in changed[:3])
            more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
            raise SubmitError(
                NOT_COMPILED,
                f"`{self.shown}` is not as it was compiled: {listed}{more} changed",
                "change the spec and compile again; values that may be set stand in `.env`",
                exit_code=FINDINGS,
            )

    def settings(self) -> dict[str, str]:
        """Return what `.env` sets."""
        found: dict[str, str] = {}
        try:
            with open(os.path.join(self.folder, ".env"), encoding="utf-8") as file:
                for line in file:
                    name, sign, value = line.strip().partition("=")
                    if sign and not name.startswith("#"):
                        found[name.strip()] = value.strip()
        except (OSError, UnicodeDecodeError):
            pass
        return found

    def data_root(self, asked: str = "") -> str:
        """Return the folder in which all data of the project lies that the pipeline reads.

        Where it is not told (by ``asked``, by `MLPC_DATA` in the environment or in `.env`), it is looked for in `data`
        in the directory, in the current folder and in the folders above the directory.

        Raises:
            SubmitError: it is in none of them.
        """
        told = asked or os.environ.get("MLPC_DATA", "")
        if told:
            places = [os.path.abspath(told)]
        else:
            own = os.path.normpath(os.path.join(self.folder, self.settings().get("MLPC_DATA") or "data"))
            places = [own, os.getcwd()]
            above = self.folder
            while os.path.dirname(above) != above:
                above = os.path.dirname(above)
                places.append(above)
        told_of = self.facts["staged"]
        staged = [str(path) for path in (told_of.values() if isinstance(told_of, dict) else told_of)]
        for place in places:
            if all(os.path.exists(os.path.join(place, path)) for path in staged):
                return place
        missing = next(path for path in staged if not os.path.exists(os.path.join(places[0], path)))
        raise SubmitError(
            NO_SUCH_INPUT,
            f"`{missing}`, which the pipeline reads, is not in "
            + (f"`{told}`" if told else "the project that this folder seems to belong to"),
            "say where the project's data lies: `--data FOLDER`",
        )
