"""The texts that editors have open, laid over the files of their projects."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from pygls.uris import from_fs_path, to_fs_path

from mlpc.assist.again import follow
from mlpc.assist.view import View
from mlpc.compilation import Compilation
from mlpc.lint import read_settings
from mlpc.syntax.parser import decode, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlpc.assist.again import Sound
    from mlpc.diagnostics import Diagnostic
    from mlpc.resolve.modules import Module
    from mlpc.source import Source
    from mlpc.syntax.tree import File

#: Who found a diagnostic.
CHECKER, LINTER = "mlpc", "mlpc lint"
#: How the name of a spec ends.
SPEC = ".mlp"
#: Specs of a project that are searched for references, at most.
MOST_SPECS = 2_000


class Project(Protocol):
    """A loader that knows where its project lies."""

    @property
    def root(self) -> str:
        """The folder, absolute."""

    def read(self, path: str) -> bytes | None:
        """Return the bytes of a file of the project or of the library."""

    def names(self, folder: str) -> list[str]:
        """Return the names of the files in a folder."""

    def what(self, path: str) -> str:
        """Return what stands at a path where it is nothing that can be read."""

    def place(self, path: str) -> str | None:
        """Return where a file of the project or of the library lies on disk; None where there is none."""


class Overlay:
    """Gives the compiler a project in which open texts stand for their files."""

    def __init__(self, project: Project, open_text: Callable[[str], str | None]) -> None:
        self.project = project
        self._open_text = open_text

    def read(self, path: str) -> bytes | None:
        """Return the bytes of ``path``, as an editor has them where it is open."""
        place = self.project.place(path)
        text = self._open_text(place) if place is not None else None
        return text.encode("utf-8", "surrogatepass") if text is not None else self.project.read(path)

    def names(self, folder: str) -> list[str]:
        """Return the sorted file names in ``folder``."""
        return self.project.names(folder)

    def what(self, path: str) -> str:
        """Return what stands at ``path`` where it is nothing that can be read."""
        return self.project.what(path)


class Documents:
    """Views of the open files; all of them are made anew when any text changes, since files use each other."""

    def __init__(
        self, open_project: Callable[[str], tuple[Project, str]], specs_below: Callable[[str], Iterator[str]]
    ) -> None:
        """``open_project`` gives the project of a file and the file's path in it; ``specs_below`` the specs of a folder."""
        self._open_project = open_project
        self._specs_below = specs_below
        #: Texts by place on disk, and their versions.
        self.texts: dict[str, str] = {}
        self._views: dict[str, tuple[View, Project]] = {}
        #: By what the next text of a file is checked; see :mod:`mlpc.assist.again`.
        self._sound: dict[str, Sound] = {}
        self._trees: dict[str, tuple[bytes, File]] = {}
        self._found: dict[str, list[tuple[Diagnostic, str]]] = {}
        self._linted: dict[str, list[tuple[Diagnostic, str]]] = {}
        #: How many changes of texts there were, and with which of them each text, by its URI, changed last.
        self.changes = 0
        self._changed: dict[str, int] = {}

    def changed(self, uri: str) -> int:
        """Return the number of the change with which a text changed last."""
        return self._changed.get(uri, 0)

    def put(self, uri: str, text: str) -> None:
        """Take over what an editor has."""
        self._count(uri)
        place = _place(uri)
        if place is None:
            return
        known = place in self.texts
        self.texts[place] = text
        if known and place.endswith(SPEC):
            self._forget_who_reads(place)
        else:
            self.forget()

    def close(self, uri: str) -> None:
        """Go back to the file."""
        self._count(uri)
        self.texts.pop(_place(uri) or "", None)
        self.forget()

    def _count(self, uri: str) -> None:
        self.changes += 1
        self._changed[uri] = self.changes

    def forget(self) -> None:
        """Make everything anew: files on disk have changed, or what is open."""
        self._views.clear()
        self._found.clear()
        self._linted.clear()
        self._sound.clear()

    def _forget_who_reads(self, place: str) -> None:
        """Make what depends on a spec anew whose text has changed, and was open before."""
        for owner, (view, project) in list(self._views.items()):
            asked = view.modules.asked
            if owner == place or any(project.place(path) == place for path in asked if path.endswith(SPEC)):
                del self._views[owner]
                self._found.pop(owner, None)
                self._linted.pop(owner, None)
                if owner != place:
                    self._sound.pop(owner, None)

    def view(self, uri: str) -> View | None:
        """Return the view of a file; None for what is no file."""
        found = self._of(_place(uri))
        return found[0] if found is not None else None

    def file(self, uri: str) -> tuple[View, Module] | None:
        """Return the view of a file and what it declares; None for what is no file, or is not there."""
        view = self.view(uri)
        return (view, view.module) if view is not None and view.module is not None else None

    def tree(self, uri: str) -> File | None:
        """Return the tree of a file, without what it uses: made anew where its text has changed."""
        place = _place(uri)
        if place is None:
            return None
        loader, path = self._overlay(place)
        data = loader.read(path)
        if data is None:
            self._trees.pop(place, None)
            return None
        known = self._trees.get(place)
        if known is None or known[0] != data:
            source, _ = decode(path, data)
            known = self._trees[place] = data, parse(source).file
        return known[1]

    def found(self, uri: str, *, linted: bool = True) -> list[tuple[Diagnostic, str]]:
        """Return the diagnostics that stand in a file, each with who found it; looked for once, however often it is asked.

        Without ``linted`` the linter is not asked; what it found before is among them all the same.
        """
        place = _place(uri) or ""
        if place not in self._found:
            self._found[place] = self._look(uri)
        if linted and place not in self._linted:
            self._linted[place] = self._lint(uri)
        return [*self._found[place], *self._linted.get(place, ())]

    def is_linted(self, uri: str) -> bool:
        """Return whether the linter was asked about a file as it is."""
        return (_place(uri) or "") in self._linted

    def _look(self, uri: str) -> list[tuple[Diagnostic, str]]:
        opened = self.file(uri)
        if opened is None:
            return []
        view, module = opened
        return [(item, CHECKER) for item in view.compilation.check() if _stands_in(item, module)]

    def _lint(self, uri: str) -> list[tuple[Diagnostic, str]]:
        opened = self.file(uri)
        if opened is None or any(item.severity == "error" for item in opened[0].compilation.check()):
            return []
        view, module = opened
        settings = read_settings(view.modules.loader)
        told = (*settings.diagnostics, *view.compilation.lint(settings))
        return [(item, LINTER) for item in told if _stands_in(item, module)]

    def _of(self, place: str | None) -> tuple[View, Project] | None:
        if place is None:
            return None
        known = self._views.get(place)
        if known is None:
            overlay, path = self._overlay(place)
            known = self._views[place] = View(self._compiled(place, overlay, path)), overlay.project
        return known

    def _compiled(self, place: str, overlay: Overlay, path: str) -> Compilation:
        """Return the compilation of a file, if it was sound before by what is new in it."""
        before = self._sound.get(place)
        data = overlay.read(path) if before is not None else None
        made = before.next(data) if before is not None and data is not None else None
        found = made if made is not None else Compilation(overlay, path, follows=place in self.texts)
        sound = follow(found, before if made is not None else None)
        if sound is not None:
            self._sound[place] = sound
        return found

    def _overlay(self, place: str) -> tuple[Overlay, str]:
        project, path = self._open_project(place)
        return Overlay(project, self.texts.get), path

    def uri(self, uri: str, source: Source) -> str | None:
        """Return the URI of a text that the view of ``uri`` was made from."""
        return self.uri_of(uri, source.path)

    def uri_of(self, uri: str, path: str) -> str | None:
        """Return the URI of a file that the project of ``uri``, or its library, calls ``path``."""
        found = self._of(_place(uri))
        place = found[1].place(path) if found is not None else None
        return from_fs_path(place) if place is not None else None

    def others(self, uri: str) -> Iterator[str]:
        """Yield the URIs of the other specs in the project of a file."""
        own = _place(uri)
        found = self._of(own)
        if found is None:
            return
        for count, place in enumerate(self._specs_below(found[1].root)):
            if count >= MOST_SPECS:
                return
            other = os.path.realpath(place)
            made = from_fs_path(other)
            if other != own and made is not None:
                yield made


def _stands_in(item: Diagnostic, module: Module) -> bool:
    return item.span is None or item.span.source.path == module.source.path


def _place(uri: str) -> str | None:
    if not uri.startswith("file:"):
        return None
    path = to_fs_path(uri)
    return os.path.realpath(path) if path else None
