"""Writing files so that nobody ever sees half of one."""

from __future__ import annotations

import os
import stat

from mlpc import codes

from .errors import CommandError, reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


#: A file of one's own that nobody wrote before.
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


def write_atomically(path: str, data: bytes, mode: int | None = None, *, durable: bool = True) -> None:
    """Write ``data`` to ``path``: the old content or the new one, never half of it.

    A symbolic link stays one. ``mode`` is by default that of the file that stands there, else 0o644. What is not
    ``durable`` may be cut off when the machine loses its power.

    Raises:
        CommandError: it cannot be written; what stood there still stands.
    """
    place = os.path.realpath(path)
    if mode is None:
        try:
            mode = stat.S_IMODE(os.stat(place).st_mode)
        except OSError:
            mode = 0o644
    temporary = _beside(place)
    made = False
    try:
        descriptor = os.open(temporary, _NEW, 0o600)
        made = True
        try:
            _fill(descriptor, data, mode)
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, place)
        made = False
    except OSError as error:
        raise CommandError(codes.CANNOT_WRITE, f"`{path}` cannot be written: {reason(error)}") from None
    finally:
        if made:
            try:
                os.unlink(temporary)
            except OSError:
                pass


def write_folder(folder: str, files: Mapping[str, bytes], modes: Mapping[str, int] | None = None) -> None:
    """Make ``folder`` with ``files`` (bytes by relative POSIX path) all at once.

    Raises:
        CommandError: it cannot be written, or a path would leave it; nothing of it is left behind.
    """
    place = os.path.abspath(folder)
    making = _beside(place)
    made = False
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        os.mkdir(making, 0o700)
        made = True
        folders = {""}
        for path, data in files.items():
            if os.path.isabs(path) or ".." in path.split("/"):
                raise CommandError(codes.CANNOT_WRITE, f"`{path}` does not lie in `{folder}`")
            _make_folders(making, path, folders)
            descriptor = os.open(os.path.join(making, path), _NEW, 0o600)
            try:
                _fill(descriptor, data, modes.get(path, 0o644) if modes else 0o644)
            finally:
                os.close(descriptor)
        os.chmod(making, 0o755)
        if os.path.isdir(place):
            _swap(making, place)
        else:
            os.rename(making, place)
        made = False
    except OSError as error:
        raise CommandError(codes.CANNOT_WRITE, f"`{folder}` cannot be written: {reason(error)}") from None
    finally:
        if made:
            _discard(making)


def _beside(place: str) -> str:
    """Return a path that nobody else comes upon, hidden beside ``place``."""
    # tempfile takes as long to import as it takes to write a directory.
    folder, name = os.path.split(place)
    return os.path.join(folder, f".{name}.{os.urandom(8).hex()}")


def _fill(descriptor: int, data: bytes, mode: int) -> None:
    """Write ``data`` into a new file; ``mode`` counts, whatever the umask is."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.fchmod(descriptor, mode)


def _make_folders(making: str, path: str, made: set[str]) -> None:
    """Make the folders of ``path`` below ``making`` that are not among ``made``, readable by all whatever the umask is."""
    folder = os.path.dirname(path)
    if folder in made:
        return
    _make_folders(making, folder, made)
    os.mkdir(os.path.join(making, folder))
    os.chmod(os.path.join(making, folder), 0o755)
    made.add(folder)


def _swap(new: str, place: str) -> None:
    """Put the folder ``new`` where ``place`` is; the old one is away only when the new one is there."""
    old = _beside(place)
    os.rename(place, old)
    try:
        os.rename(new, place)
    except OSError:
        os.rename(old, place)
        raise
    _discard(old)


def _discard(folder: str) -> None:
    """Remove a folder with all that is in it, as far as that goes."""
    # shutil brings every compressor along.
    for place, folders, names in os.walk(folder, topdown=False):
        for name in names:
            _tried(os.unlink, os.path.join(place, name))
        for name in folders:
            inside = os.path.join(place, name)
            _tried(os.unlink if os.path.islink(inside) else os.rmdir, inside)
    _tried(os.rmdir, folder)


def _tried(remove: Callable[[str], None], path: str) -> None:
    try:
        remove(path)
    except OSError:
        pass
