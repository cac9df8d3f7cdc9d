"""Writing files so that nobody ever sees half of one."""

from __future__ import annotations

import os
import stat
import tempfile

from mlpc import codes

from .errors import CommandError, reason


def write_atomically(path: str, data: bytes, mode: int | None = None) -> None:
    """Write ``data`` to ``path``: the old content or the new one, never half of it.

    A symbolic link stays one. ``mode`` is by default that of the file that stands there, else 0o644.

    Raises:
        CommandError: it cannot be written; what stood there still stands.
    """
    place = os.path.realpath(path)
    if mode is None:
        try:
            mode = stat.S_IMODE(os.stat(place).st_mode)
        except OSError:
            mode = 0o644
    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(
            prefix=f".{os.path.basename(place)}.", dir=os.path.dirname(place)
        )
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(temporary, place)
        temporary = ""
    except OSError as error:
        raise CommandError(codes.CANNOT_WRITE, f"`{path}` cannot be written: {reason(error)}") from None
    finally:
        if temporary:
            try:
                os.unlink(temporary)
            except OSError:
                pass


def write_folder(folder: str, files: dict[str, bytes], modes: dict[str, int] | None = None) -> None:
    """Make ``folder`` with ``files`` (bytes by relative POSIX path) all at once.

    Raises:
        CommandError: it cannot be written, or a path would leave it; nothing of it is left behind.
    """
    place = os.path.abspath(folder)
    above = os.path.dirname(place)
    made = ""
    try:
        os.makedirs(above, exist_ok=True)
        made = tempfile.mkdtemp(prefix=f".{os.path.basename(place)}.", dir=above)
        os.chmod(made, 0o755)
        for path, data in files.items():
            if os.path.isabs(path) or ".." in path.split("/"):
                raise CommandError(codes.CANNOT_WRITE, f"`{path}` does not lie in `{folder}`")
            target = os.path.join(made, *path.split("/"))
            _make_folders(made, path)
            with open(target, "xb") as file:
                file.write(data)
            os.chmod(target, (modes or {}).get(path, 0o644))
        if os.path.isdir(place):
            _swap(made, place)
        else:
            os.rename(made, place)
        made = ""
    except OSError as error:
        raise CommandError(codes.CANNOT_WRITE, f"`{folder}` cannot be written: {reason(error)}") from None
    finally:
        if made:
            import shutil

            shutil.rmtree(made, ignore_errors=True)


def _make_folders(made: str, path: str) -> None:
    """Make the folders of ``path`` below ``made``, readable by all whatever the umask is."""
    for part in path.split("/")[:-1]:
        made = os.path.join(made, part)
        if not os.path.isdir(made):
            os.mkdir(made)
            os.chmod(made, 0o755)


def _swap(new: str, place: str) -> None:
    """Put the folder ``new`` where ``place`` is; the old one is away only when the new one is there."""
    import shutil

    old = tempfile.mkdtemp(prefix=f".{os.path.basename(place)}.", dir=os.path.dirname(place))
    aside = os.path.join(old, "old")
    os.rename(place, aside)
    try:
        os.rename(new, place)
    except OSError:
        os.rename(aside, place)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)
