"""Results of `mlpc check` and `mlpc lint`, used again where nothing that they depend on has changed.

The compiler sees nothing but what its loader answers. So a result is kept with every question that was asked, in order,
and a digest of every answer: bytes, a list of names, or that there is no such file. It holds as long as the loader gives
these answers: the compiler, which does no input of its own, would then ask the same questions and come to the same end.
That a file appears, goes, or is looked for in vain is such an answer, like the text of an import, of a Python file that is
looked at, of `mlpc.toml`, `mlpc.lock`, of the standard library and of what a backend declares.

What the compiler is made of is part of the key, as are the path of the spec in its project, its text, and what was asked
for; the place of the project is not. How a result is printed is not kept: it is printed anew.
"""

from __future__ import annotations

import os
import sys
from _blake2 import blake2b

from .loader import INSTALLED
from .result_file import ResultFiles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlpc.diagnostics import Diagnostic

    from .loader import DiskLoader

#: Goes up when results are written in another way.
_FORM = 1
_FOLDER = "results"
#: Folders of the package `mlpc` from which the result of a check is made, and those that make one of the linter besides.
_CODE = ("", "check", "ir", "resolve", "syntax")
LINTER = ("lint", "lint/rules")
_READ, _NAMES, _WHAT, _NONE = "r", "n", "w", "-"


class Recorder:
    """Asks a loader for the compiler, each question once, and keeps the answers."""

    __slots__ = ("_names", "_read", "_what", "digests", "loader")

    def __init__(self, loader: DiskLoader) -> None:
        self.loader = loader
        self.digests: dict[tuple[str, str], str] = {}
        self._read: dict[str, bytes | None] = {}
        self._names: dict[str, list[str]] = {}
        self._what: dict[str, str] = {}

    def read(self, path: str) -> bytes | None:
        """Return the bytes of ``path``, or None where there is no such file."""
        if path not in self._read:
            found = self._read[path] = self.loader.read(path)
            self.digests[_READ, path] = _of_bytes(found)
        return self._read[path]

    def names(self, folder: str) -> list[str]:
        """Return the sorted file names in ``folder``."""
        if folder not in self._names:
            found = self._names[folder] = self.loader.names(folder)
            self.digests[_NAMES, folder] = _of_names(found)
        return list(self._names[folder])

    def what(self, path: str) -> str:
        """Return what stands at ``path`` where it is nothing that can be read."""
        if path not in self._what:
            found = self._what[path] = self.loader.what(path)
            self.digests[_WHAT, path] = _of_text(found)
        return self._what[path]


class Results:
    """Results of one command, within one call of it.

    What is read of files that several specs use is read once.
    """

    __slots__ = ("_holds", "_known", "_made_by", "files")

    def __init__(self, files: ResultFiles, made_by: str) -> None:
        self.files = files
        self._made_by = made_by
        #: Digests of answers, by the project's folder where they are of the project.
        self._known: dict[tuple[str, str, str], str] = {}
        #: Lines about the standard library that hold: most results have the same.
        self._holds: set[str] = set()

    def key(self, loader: DiskLoader, path: str, asked: Sequence[str]) -> str:
        """Return the key under which the result for the spec at ``path`` is kept; ``asked`` are the options that matter."""
        spec = self._answer(loader, _READ, path)
        return digest(_line(self._made_by, path, spec, *asked).encode("utf-8", "surrogatepass"))

    def get(self, key: str, loader: DiskLoader) -> list[Diagnostic] | None:
        """Return what was found when all that was asked then had the answers of now; else None."""
        return self._judged(self.files.read(key), loader)

    def _judged(self, data: bytes | None, loader: DiskLoader) -> list[Diagnostic] | None:
        if data is None:
            return None
        try:
            return self._still(data, loader)
        except (ValueError, KeyError, IndexError, UnicodeError):
            return None  # written by who knows the digest, and nothing that we write

    def get_asked(
        self, key: str, loader: DiskLoader
    ) -> tuple[list[Diagnostic], list[tuple[str, str]]] | None:
        """Return what :meth:`get` does, and what was asked for it: kinds (`r` for bytes, `n` for names) and paths."""
        data = self.files.read(key)
        found = self._judged(data, loader)
        if data is None or found is None:
            return None
        questions = data.decode("utf-8", "surrogatepass").partition("\n\n")[0].split("\n")
        return found, [(kind, path) for kind, path, _ in map(fields, questions)]

    def put(self, key: str, recorder: Recorder, found: Sequence[Diagnostic]) -> None:
        """Keep what was found, unless it cannot be had again exactly."""
        more: list[str] | None = []
        if found:
            from .result_text import written

            more = written(found, recorder.read)
            if more is None:
                return
        lines = [_line(kind, path, value) for (kind, path), value in recorder.digests.items()]
        if more:
            lines += ["", *more]
        self.files.write(key, "\n".join(lines).encode("utf-8", "surrogatepass"))

    def _still(self, data: bytes, loader: DiskLoader) -> list[Diagnostic] | None:
        questions, parted, found = data.decode("utf-8", "surrogatepass").partition("\n\n")
        lines = questions.split("\n")
        for line in lines:
            if line in self._holds:
                continue
            kind, path, value = fields(line)
            if self._answer(loader, kind, path) != value:
                return None
            if path.startswith("std:"):
                self._holds.add(line)
        if not parted:
            return []
        from .result_text import read

        answers = {(kind, path): value for kind, path, value in map(fields, lines)}

        def again(path: str) -> bytes | None:
            text = loader.read(path)
            if _of_bytes(text) != answers[_READ, path]:
                raise ValueError(path)  # changed since we looked
            return text

        return read(found, again)

    def _answer(self, loader: DiskLoader, kind: str, path: str) -> str:
        place = (kind, path, "" if path.startswith(INSTALLED) else loader.root)
        known = self._known.get(place)
        if known is None:
            if kind == _READ:
                known = _of_bytes(loader.read(path))
            elif kind == _NAMES:
                known = _of_names(loader.names(path))
            else:
                known = _of_text(loader.what(path))
            self._known[place] = known
        return known


def open_results(more: Sequence[str] = ()) -> Results | None:
    """Return the results of the user, or None where there is no place for them, or it is not known what made them.

    ``more`` are folders of the package `mlpc` that make them beside those of a check.
    """
    from mlpc_run.layout import cache_folder

    folder = cache_folder()
    made_by = _compiler(more)
    if not made_by or not os.path.isabs(folder):
        return None
    return Results(ResultFiles(os.path.join(folder, _FOLDER)), made_by)


def digest(data: bytes) -> str:
    """Return 64 hexadecimal digits for ``data``."""
    return blake2b(data, digest_size=32).hexdigest()


def _of_bytes(data: bytes | None) -> str:
    return _NONE if data is None else digest(data)


def _of_names(names: Sequence[str]) -> str:
    return _of_text("\0".join(names))


def _of_text(text: str) -> str:
    return digest(text.encode("utf-8", "surrogatepass"))


def _compiler(more: Sequence[str]) -> str:
    """Return what tells this compiler from every other one: its version, its files and what runs them; nothing if unknown.

    Of the files, what the system keeps of each: it notes every change, also one that keeps size and time. To read them
    would take longer than to read a spec.
    """
    import mlpc

    parts = [str(_FORM), mlpc.__version__, sys.version, str(sys.flags), str(sys.getrecursionlimit())]
    package = mlpc.__path__[0]
    try:
        for folder in (*_CODE, *more):
            with os.scandir(f"{package}/{folder}") as entries:
                for entry in sorted(entries, key=lambda entry: entry.name):
                    # No folders: byte code is put into them.
                    if "." in entry.name:
                        about = entry.stat()
                        parts.append(
                            f"{entry.name} {about.st_ino} {about.st_size} {about.st_mtime_ns} {about.st_ctime_ns}"
                        )
    except OSError:
        return ""
    return digest("\n".join(parts).encode("utf-8", "surrogatepass"))


def _line(*texts: str) -> str:
    """Return ``texts`` as one line."""
    return "\t".join([escaped(text) for text in texts])


def escaped(text: str) -> str:
    """Return ``text`` without tabs and line feeds."""
    if "\\" in text or "\t" in text or "\n" in text:
        return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
    return text


def fields(line: str) -> list[str]:
    """Return the texts that make up ``line``."""
    found = line.split("\t")
    return [_plain(text) for text in found] if "\\" in line else found


def _plain(text: str) -> str:
    return "\\".join(part.replace("\\t", "\t").replace("\\n", "\n") for part in text.split("\\\\"))
