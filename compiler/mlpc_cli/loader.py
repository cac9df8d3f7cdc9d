"""Gives the compiler its modules from the disk, and from nowhere but the project and the standard library."""

from __future__ import annotations

import os
import stat

from mlpc import limits

from .errors import CommandError, reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT_FILE = "mlpc.toml"
#: Names the files of an earlier `compile` in its folder, so that another one may replace them.
MARK = ".mlpc-compiled"
#: Where a backend declares what a `backend` block may say, in the folder of its package.
SETTINGS = "settings.mlp"
_STANDARD, _BACKEND = "std:", "backend:"
#: As :data:`mlpc.source.INSTALLED`, which what answers from earlier results has no need to load.
INSTALLED = (_STANDARD, _BACKEND)


class DiskLoader:
    """Reads modules of one project.

    ``root`` is the project's folder. What lies outside of it, also by way of a symbolic link, is not there.
    """

    __slots__ = ("_given", "_library", "_places", "_root", "_standard")

    def __init__(
        self, root: str, *, real: bool = False, library: dict[str, bytes | None] | None = None
    ) -> None:
        self._root = root if real else os.path.realpath(root)
        #: What was read of the library and of backends, by path, where several loaders read it once.
        self._library = library
        self._standard = ""
        self._given: dict[str, str] = {}
        self._places: dict[str, str] = {}

    @property
    def root(self) -> str:
        """The project's folder, absolute and without symbolic links."""
        return self._root

    def given(self, path: str, text: str, place: str) -> None:
        """Remember that the person calls the project's file ``path`` by ``text``, and that it truly lies at ``place``."""
        self._given[path] = text
        self._places[path] = place

    def shown(self, path: str) -> str:
        """Return the path of a module as a person at the current folder would write it."""
        if path.startswith(_STANDARD):
            return f"<std>/{path[len(_STANDARD) :]}.mlp"
        if path.startswith(_BACKEND):
            return f"<backend>/{path[len(_BACKEND) :]}/settings.mlp"
        known = self._given.get(path)
        if known is None:
            known = self._given[path] = relative(os.path.join(self._root, path))
        return known

    def read(self, path: str) -> bytes | None:
        """Return the bytes of ``path``; None where there is no such file or it is not the project's."""
        if self._library is None or not path.startswith(INSTALLED):
            return self._from_disk(path)
        if path not in self._library:
            self._library[path] = self._from_disk(path)
        return self._library[path]

    def _from_disk(self, path: str) -> bytes | None:
        place = self.place(path)
        if place is None:
            return None
        try:
            return read_file(place)
        except OSError:
            return None

    def names(self, folder: str) -> list[str]:
        """Return the names of the files in ``folder``, sorted."""
        if folder == _BACKEND:
            return _backends()
        place = self._standard_folder() if folder.startswith(_STANDARD) else self.place(folder or ".")
        if place is None:
            return []
        try:
            return sorted(entry.name for entry in os.scandir(place) if entry.is_file())
        except OSError:
            return []

    def what(self, path: str) -> str:
        """Return what stands at ``path`` where it is nothing that can be read; empty where nothing does, or a file."""
        folder, _, name = path.rpartition("/")
        above = None if path.startswith((_STANDARD, _BACKEND)) else self.place(folder or ".")
        if above is None:
            return ""
        place = os.path.join(above, name)
        linked = os.path.islink(place)
        if self.place(path or ".") is None:
            return "a link that leads out of the project" if linked else ""
        try:
            about = os.stat(place)
        except PermissionError:
            return "in a folder that may not be looked into"
        except (OSError, ValueError):
            return "a link to what is not there" if linked else ""
        return _kind(about) or ("" if os.access(place, os.R_OK) else "a file that may not be read")

    def place(self, path: str) -> str | None:
        """Return where a module lies on disk, whether it is there or not; None where it would lie outside the project."""
        if "\0" in path:
            return None
        if path.startswith(_STANDARD):
            name = path[len(_STANDARD) :]
            return os.path.join(self._standard_folder(), name + ".mlp") if name.isidentifier() else None
        if path.startswith(_BACKEND):
            name = path[len(_BACKEND) :]
            return _settings(name) if name.isidentifier() else None
        known = self._places.get(path)
        if known is not None:
            return known
        place = os.path.realpath(os.path.join(self._root, path))
        inside = place == self._root or place.startswith(self._root.rstrip(os.sep) + os.sep)
        return place if inside else None

    def _standard_folder(self) -> str:
        if not self._standard:
            # importlib.metadata would find it as well, and costs more than parsing.
            import mlpc_stdlib

            self._standard = mlpc_stdlib.__path__[0]
        return self._standard


def _kind(about: os.stat_result) -> str:
    """Return what something is that is no file, or none of a size that is read; else nothing."""
    mode = about.st_mode
    if stat.S_ISREG(mode):
        return f"a file of more than {limits.FILE_BYTES:,} bytes" if about.st_size > limits.FILE_BYTES else ""
    if stat.S_ISDIR(mode):
        return "a folder"
    if stat.S_ISFIFO(mode):
        return "a named pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"


def _settings(name: str) -> str | None:
    """Return the file in which the backend ``name`` declares its settings; its code is not loaded."""
    import mlpc_backends

    own = os.path.join(mlpc_backends.__path__[0], name, SETTINGS)
    if os.path.isfile(own):
        return own
    from .backends import folder_of

    folder = folder_of(name)
    return os.path.join(folder, SETTINGS) if folder else None


def _backends() -> list[str]:
    """Return the names of the installed backends that declare settings."""
    from .backends import names

    return [name for name in names() if (place := _settings(name)) is not None and os.path.isfile(place)]


def read_file(place: str) -> bytes:
    """Return the bytes of a regular file of at most :data:`mlpc.limits.FILE_BYTES` bytes.

    Raises:
        OSError: it is none, or cannot be read.
    """
    # A named pipe or a device would be waited for without end.
    descriptor = os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        about = os.fstat(descriptor)
        if stat.S_ISDIR(about.st_mode):
            raise IsADirectoryError(21, "Is a directory")
        if not stat.S_ISREG(about.st_mode):
            raise OSError(22, "Not a regular file")
        if about.st_size > limits.FILE_BYTES:
            raise OSError(27, f"File is larger than {limits.FILE_BYTES // (1024 * 1024)} MiB")
        parts = []
        left = limits.FILE_BYTES
        # As much as there is by now, and a byte more, by which the end is known.
        while left > 0 and (part := os.read(descriptor, min(left, about.st_size + 1))):
            parts.append(part)
            left -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)
    finally:
        os.close(descriptor)


def relative(place: str) -> str:
    """Return ``place`` from the current folder, or as it is where that is shorter."""
    place = os.path.abspath(place)
    text = os.path.relpath(place)
    return text if len(text) <= len(place) else place


def project_root(spec: str) -> str:
    """Return the folder of the nearest `mlpc.toml` at or above ``spec``, else that of ``spec`` itself."""
    own = folder = os.path.dirname(os.path.realpath(spec))
    while True:
        if os.path.isfile(os.path.join(folder, PROJECT_FILE)):
            return folder
        above = os.path.dirname(folder)
        if above == folder:
            return own
        folder = above


class Places:
    """Where specs truly lie, and in which projects: what holds for all specs of a folder is looked up once.

    The library is read once as well.
    """

    __slots__ = ("_folders", "_roots", "library")

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}
        self._roots: dict[str, str] = {}
        self.library: dict[str, bytes | None] = {}

    def real(self, text: str) -> str:
        """Return the path of the spec that a person calls ``text``, absolute and without symbolic links."""
        folder, name = os.path.split(text)
        if name in ("", ".", "..") or os.path.islink(text):
            return os.path.realpath(text)
        known = self._folders.get(folder)
        if known is None:
            known = self._folders[folder] = os.path.realpath(folder or ".")
        return os.path.join(known, name)

    def root(self, place: str) -> str:
        """Return the folder of the project of the spec that truly lies at ``place``."""
        folder = os.path.dirname(place)
        known = self._roots.get(folder)
        if known is None:
            known = self._roots[folder] = project_root(place)
        return known


def open_spec(text: str, root: str = "", places: Places | None = None) -> tuple[DiskLoader, str]:
    """Return a loader for the project of the spec that a person calls ``text``, and its path in that project.

    ``places`` is for those who open many.

    Raises:
        CommandError: there is no such file, or it cannot be read.
    """
    places = places or Places()
    place = places.real(text)
    try:
        _probe(place)
    except OSError as error:
        raise unreadable(text, error) from None
    folder = root or places.root(place)
    loader = DiskLoader(folder, real=not root, library=places.library)
    above = loader.root.rstrip(os.sep) + os.sep
    if not place.startswith(above):
        from mlpc import codes

        raise CommandError(
            codes.OUTSIDE_PROJECT,
            f"`{text}` does not lie in the project `{root}`",
            help=["name a folder above it with `--project`, or leave that out"],
        )
    path = place[len(above) :].replace(os.sep, "/")
    loader.given(path, text, place)
    return loader, path


def _probe(place: str) -> None:
    about = os.stat(place)
    if stat.S_ISDIR(about.st_mode):
        raise IsADirectoryError(21, "Is a directory")
    if not stat.S_ISREG(about.st_mode):
        raise OSError(22, "Not a regular file")
    if about.st_size > limits.FILE_BYTES:
        raise OSError(27, f"File is larger than {limits.FILE_BYTES // (1024 * 1024)} MiB")
    if not os.access(place, os.R_OK):
        raise PermissionError(13, "Permission denied")


def unreadable(text: str, error: OSError) -> CommandError:
    """Return what to say about a spec that cannot be read, with the names that it might be."""
    from mlpc import codes

    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        return CommandError(codes.UNREADABLE_FILE, f"`{text}` cannot be read: {reason(error)}")
    folder, name = os.path.split(text)
    try:
        others = sorted(entry for entry in os.listdir(folder or ".") if entry.endswith(".mlp"))
    except OSError:
        others = []
        if folder:
            return CommandError(
                codes.NO_SUCH_FILE, f"there is no file `{text}`", help=[f"there is no folder `{folder}`"]
            )
    from mlpc.resolve.similar import nearest

    near = nearest(name, others) or (others[0] if len(others) == 1 else None)
    found = [f"did you mean `{os.path.join(folder, near)}`?"] if near else []
    if others and not near:
        found = ["here stand " + ", ".join(f"`{os.path.join(folder, other)}`" for other in others[:5])]
    return CommandError(codes.NO_SUCH_FILE, f"there is no file `{text}`", help=found)


def specs_below(folder: str) -> Iterator[str]:
    """Yield the specs in ``folder`` and below, sorted.

    Hidden folders (the store `.mlpc` is one), those that a tool made and what `mlpc compile` wrote are left out, unless
    they are ``folder`` itself.

    Raises:
        OSError: ``folder`` cannot be read.
    """
    entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    above = os.path.normpath(folder)
    for entry in entries:
        if entry.name.endswith(".mlp") and entry.is_file():
            yield entry.name if above == "." else os.path.join(above, entry.name)
    for entry in entries:
        if not entry.name.startswith((".", "__")) and entry.is_dir(follow_symlinks=False):
            inner = os.path.join(folder, entry.name)
            if not _made(inner, entry.name):
                yield from specs_below(inner)


def _made(folder: str, name: str) -> bool:
    """Return whether a tool made ``folder``: a virtual environment, packages of npm, an output of `mlpc compile`."""
    if name == "node_modules" or os.path.exists(os.path.join(folder, "pyvenv.cfg")):
        return True
    return os.path.exists(os.path.join(folder, MARK))
