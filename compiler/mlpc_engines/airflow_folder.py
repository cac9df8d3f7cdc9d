"""The folder of Airflow's DAG files: what was compiled is put there whole, with data and secrets, or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import stat

from mlpc.codes import CANNOT_WRITE, NO_DAG_FOLDER, OCCUPIED_FOLDER

from .directory import MANIFEST
from .errors import SubmitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from .directory import Compiled

#: What mlpc knows of the folder that it wrote: a folder without it is somebody else's.
RECORD = "submission.json"
DATA, SECRETS = "data", "secrets"
#: In a folder that is being written, which Airflow must not look into; read alike as globs and regular expressions.
_IGNORE, _IGNORED = ".airflowignore", b"new\nold\n"
_CHUNK = 1 << 20


class Staged:
    """What is put beside the DAG file: the project's files in ``root``, if any, and secrets by the name of their file."""

    __slots__ = ("paths", "root", "secrets")

    def __init__(self, root: str, paths: list[str], secrets: Mapping[str, bytes]) -> None:
        self.root = root
        self.paths = paths
        self.secrets = secrets


def find(told: str) -> str:
    """Return the folder in which Airflow looks for DAG files: ``told``, or where Airflow's own settings have it.

    Raises:
        SubmitError: there is none.
    """
    home = os.environ.get("AIRFLOW_HOME") or os.path.join(os.path.expanduser("~"), "airflow")
    variable = os.environ.get("AIRFLOW__CORE__DAGS_FOLDER", "")
    if told:
        place, source = told, "--dags"
    elif variable:
        place, source = variable, "AIRFLOW__CORE__DAGS_FOLDER"
    else:
        place = os.path.join(home, "dags")
        source = "AIRFLOW_HOME" if os.environ.get("AIRFLOW_HOME") else "the default of AIRFLOW_HOME"
    found = os.path.abspath(os.path.expanduser(place))
    if not os.path.isdir(found):
        tried = "" if told or variable else "; neither --dags nor AIRFLOW__CORE__DAGS_FOLDER is given"
        raise SubmitError(
            NO_DAG_FOLDER,
            f"there is no folder {found} (from {source}){tried}",
            "say where Airflow looks for DAG files: `--dags FOLDER`; `airflow config get-value core dags_folder` tells",
        )
    return found


def record(dags: str, dag: str) -> dict[str, Any] | None:
    """Return what is known of what was put there for ``dag``; None where it was not mlpc that did."""
    place = os.path.join(dags, dag)
    try:
        if os.path.islink(place):
            return None
        with open(os.path.join(place, RECORD), "rb") as file:
            found = json.loads(file.read())
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict) or found.get("dag") != dag or not isinstance(found.get("files"), list):
        return None
    return found


def look(dags: str, dag: str) -> None:
    """See to it that nothing of somebody else's stands where the folder of ``dag`` goes.

    Raises:
        SubmitError: it does.
    """
    place = os.path.join(dags, dag)
    if not os.path.lexists(place):
        return
    known = record(dags, dag)
    if known is None:
        raise SubmitError(
            OCCUPIED_FOLDER,
            f"{place} was not written by `mlpc submit`, and is left as it is",
            "move it away, or compile the pipeline under another name",
        )
    foreign = sorted(set(_listed(place)) - set(known["files"]))
    if foreign:
        shown = ", ".join(f"`{each}`" for each in foreign[:3])
        more = f" and {len(foreign) - 3} more" if len(foreign) > 3 else ""
        raise SubmitError(
            OCCUPIED_FOLDER,
            f"{place} holds what `mlpc submit` did not put there, which would be lost: {shown}{more}",
            "move that away",
        )


def put(compiled: Compiled, dags: str, dag: str, staged: Staged) -> dict[str, Any]:
    """Put what was compiled where Airflow finds it, all at once, and return the record that lies there.

    Data is copied to `data`, secrets are written to `secrets`. The container's user is another one than ours, so single
    files can be read by all; but nobody can enter `secrets`, nor `data` where a file of it is not for all to read.

    Raises:
        SubmitError: something of somebody else's stands there, or it cannot be written.
    """
    look(dags, dag)
    try:
        with _aside(dags, dag) as aside:
            new = os.path.join(aside, "new")
            os.mkdir(new)
            for path in sorted([*compiled.facts["files"], MANIFEST]):
                _copy(os.path.join(compiled.folder, *path.split("/")), os.path.join(new, *path.split("/")))
            digests = _stage(staged, new)
            _hide(staged.secrets, new)
            found: dict[str, Any] = {"version": 1, "dag": dag, "run": "", "data": digests, "files": []}
            found["files"] = sorted({*_listed(new), RECORD})
            _write(os.path.join(new, RECORD), found)
            os.chmod(new, 0o755)
            _swap(new, os.path.join(dags, dag), aside)
            return found
    except OSError as error:
        raise _unwritable(os.path.join(dags, dag), error) from None


def note(dags: str, dag: str, known: dict[str, Any]) -> None:
    """Change the record.

    Raises:
        SubmitError: it cannot be written.
    """
    place = os.path.join(dags, dag, RECORD)
    try:
        _write(f"{place}.new", known)
        os.replace(f"{place}.new", place)
    except OSError as error:
        raise _unwritable(place, error) from None


@contextlib.contextmanager
def _aside(dags: str, dag: str) -> Iterator[str]:
    """Make a folder beside that of the DAG, which only we can enter, and remove it in the end.

    Those of processes that were killed hold data and secrets, so they are removed, too; the system frees their lock.
    """
    import fcntl
    import shutil
    import tempfile

    prefix = f".{dag}.mlpc-"
    for name in os.listdir(dags):
        old = os.path.join(dags, name)
        if name.startswith(prefix) and os.path.isdir(old) and not os.path.islink(old):
            left = os.open(old, os.O_RDONLY)
            try:
                fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(old, ignore_errors=True)
            except OSError:
                pass  # another submission works there at this moment
            finally:
                os.close(left)
    aside = tempfile.mkdtemp(prefix=prefix, dir=dags)
    held = os.open(aside, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with open(os.path.join(aside, _IGNORE), "xb") as file:
            file.write(_IGNORED)
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        os.close(held)


def _swap(new: str, place: str, aside: str) -> None:
    """Put the folder ``new`` where ``place`` is; what stood there is moved aside."""
    if not os.path.lexists(place):
        os.rename(new, place)
        return
    old = os.path.join(aside, "old")
    os.rename(place, old)
    try:
        os.rename(new, place)
    except OSError:
        os.rename(old, place)
        raise


def _stage(staged: Staged, new: str) -> dict[str, str]:
    """Copy the project's files, and return their digests by path."""
    if not staged.paths:
        return {}
    folder = os.path.join(new, DATA)
    os.mkdir(folder, 0o700)
    digests, for_all = {}, True
    for path in staged.paths:
        source = os.path.join(staged.root, *path.split("/"))
        digest, readable = _copy(source, os.path.join(folder, *path.split("/")))
        digests[path] = digest
        for_all = for_all and readable
    os.chmod(folder, 0o755 if for_all else 0o700)
    return digests


def _hide(secrets: Mapping[str, bytes], new: str) -> None:
    if not secrets:
        return
    folder = os.path.join(new, SECRETS)
    os.mkdir(folder, 0o700)
    os.chmod(folder, 0o700)
    for name, value in secrets.items():
        handle = os.open(os.path.join(folder, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
        with open(handle, "wb") as file:
            file.write(value)
            os.fchmod(file.fileno(), 0o444)


def _copy(source: str, target: str) -> tuple[str, bool]:
    """Copy a file or a folder with all that is in it; return its digest, and whether all may read it.

    The digest of a folder is that of the paths in it with the digests of their files.
    """
    from hashlib import sha256

    _make_folders(os.path.dirname(target))
    if os.path.isdir(source):
        _make_folders(target)
        whole, for_all = sha256(), True
        for name in sorted(os.listdir(source)):
            digest, readable = _copy(os.path.join(source, name), os.path.join(target, name))
            whole.update(os.fsencode(name) + b"\0" + digest.encode("ascii") + b"\n")
            for_all = for_all and readable
        return f"sha256:{whole.hexdigest()}", for_all
    content = sha256()
    with open(source, "rb") as file, open(target, "xb") as copy:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        while chunk := file.read(_CHUNK):
            content.update(chunk)
            copy.write(chunk)
        os.fchmod(copy.fileno(), 0o755 if mode & 0o100 else 0o644)
    return f"sha256:{content.hexdigest()}", bool(mode & 0o004)


def _make_folders(folder: str) -> None:
    """Make a folder and those above it, readable by all whatever the umask is."""
    if not os.path.isdir(folder):
        _make_folders(os.path.dirname(folder))
        os.mkdir(folder)
        os.chmod(folder, 0o755)


def _listed(folder: str) -> Iterator[str]:
    """Yield the paths of the files in a folder, but for what Python leaves there."""
    for above, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in files:
            yield os.path.relpath(os.path.join(above, name), folder).replace(os.sep, "/")


def _write(path: str, content: dict[str, Any]) -> None:
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=True, sort_keys=True, indent=1)
        file.write("\n")
        os.fchmod(file.fileno(), 0o644)


def _unwritable(place: str, error: OSError) -> SubmitError:
    named = f" ({error.filename})" if error.filename and error.filename != place else ""
    return SubmitError(CANNOT_WRITE, f"{place} cannot be written: {error.strerror or error}{named}")
